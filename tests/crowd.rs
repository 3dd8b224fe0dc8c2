//! Laws of crowds: thousands of notes at once, and random sessions with everything on that holds notes. Each note ends with its key. A fake
//! source stands at the worker's border.

use engine::audio::{Event, EventKind, NoteAddress, UNKNOWN_RELEASE};
use engine::params::{Controls, Hold, ModDestination, ModSource, Route};
use support::Random;
use support::fake::{Rig, Timbre};
use support::script::point;

const BLOCK: usize = 512;
const CHANNELS: u8 = 16;
/// Note-ons of a crowd, in [`CROWDED_BLOCKS`] blocks.
const CROWD: usize = 6_000;
const CROWDED_BLOCKS: usize = 6;
/// Blocks in which every released note ends: ten times the release, and the stolen ones' fades.
const ENDING_BLOCKS: usize = 40;
/// No sample is larger: 48 voices at full level.
const BOUND: f32 = 50.0;

fn controller(channel: u8, controller: u8, value: f32) -> EventKind {
    EventKind::Controller { channel, controller, value }
}

fn crowded(hold: Hold, mode: f32, unison: f32) -> Controls {
    let mut controls = Controls { hold: hold.value(), release_s: 0.03, ..point(0.3) };
    (controls.voices.mode, controls.voices.unison, controls.voices.glide_s) = (mode, unison, 0.02);
    controls
}

/// Renders a block; returns the numbers of the notes whose end is told.
fn block(rig: &mut Rig, events: &[Event], controls: &Controls) -> Vec<i32> {
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    rig.synth.render(events, controls, &mut left, &mut right);
    let is_bounded = left.iter().chain(&right).all(|sample| sample.is_finite() && sample.abs() < BOUND);
    assert!(is_bounded, "finite and bounded");
    rig.synth.ended_notes().iter().filter_map(|ended| ended.note.id).collect()
}

fn assert_all_ended(rig: &mut Rig, controls: &Controls, what: &str) -> Vec<i32> {
    let told = (0..ENDING_BLOCKS).flat_map(|_| block(rig, &[], controls)).collect();
    assert_eq!(rig.instance.status().playing_voices, 0, "{what}: no voice is left");
    assert!(rig.synth.is_idle(), "{what}: nothing is held");
    told
}

/// A crowd of random keys on all channels, then the note-offs of all keys in random order.
fn play_crowd(rig: &mut Rig, controls: &Controls, random: &mut Random) {
    let per_block = CROWD / CROWDED_BLOCKS;
    for _ in 0..CROWDED_BLOCKS {
        let events: Vec<Event> = (0..per_block)
            .map(|nth| {
                let note = NoteAddress::key(random.below(usize::from(CHANNELS)) as u8, random.below(128) as u8);
                let velocity = (1 + random.below(127)) as f32 / 127.0;
                Event { offset: nth * BLOCK / per_block, kind: EventKind::NoteOn { note, velocity } }
            })
            .collect();
        block(rig, &events, controls);
    }
    let mut keys: Vec<(u8, u8)> = (0..CHANNELS).flat_map(|channel| (0..128).map(move |key| (channel, key))).collect();
    (1..keys.len()).rev().for_each(|last| keys.swap(last, random.below(last + 1)));
    let offs = keys.iter().map(|(channel, key)| Event {
        offset: BLOCK / 2,
        kind: EventKind::NoteOff { notes: NoteAddress::key(*channel, *key), velocity: UNKNOWN_RELEASE },
    });
    block(rig, &offs.collect::<Vec<_>>(), controls);
}

#[test]
fn thousands_of_notes_at_once_end_with_their_keys() {
    let mut random = Random::new(5);
    for is_offline in [false, true] {
        for hold in [Hold::Gated, Hold::Sustained] {
            for (mode, unison) in [(0.0, 1.0), (0.0, 8.0), (1.0, 1.0), (1.0, 3.0), (2.0, 2.0)] {
                let mut rig = Rig::new(Timbre::Noise, 48_000.0);
                rig.synth.set_offline(is_offline);
                let controls = crowded(hold, mode, unison);
                let what = format!("{hold:?}, mode {mode}, unison {unison}, offline {is_offline}");
                play_crowd(&mut rig, &controls, &mut random);
                assert_all_ended(&mut rig, &controls, &what);
            }
        }
    }
}

#[test]
fn thousands_of_keys_of_an_arpeggio_end_with_their_keys() {
    let mut random = Random::new(6);
    for arp in 1..=6 {
        let mut rig = Rig::new(Timbre::Noise, 48_000.0);
        rig.synth.set_offline(true);
        let mut controls = crowded(Hold::Gated, 0.0, 1.0);
        (controls.arp.mode, controls.arp.rate, controls.arp.octaves) = (arp as f32, 17.0, 4.0);
        play_crowd(&mut rig, &controls, &mut random);
        assert_all_ended(&mut rig, &controls, &format!("arpeggiator {arp}"));
    }
}

/// Controls with everything on that gives notes further voices, sounds or holders.
fn everything(mode: f32, unison: f32, arp: f32) -> Controls {
    let mut controls = crowded(Hold::Sustained, mode, unison);
    // Short sounds, some of which end before their keys go up.
    (controls.voices.zone_crossfade, controls.stretch) = (0.7, 0.25);
    (controls.variation.amount, controls.variation.count) = (0.5, 4.0);
    controls.arp.mode = arp;
    // Notes of other velocities and pressures have sounds of their own.
    let sources = [ModSource::Velocity, ModSource::Pressure, ModSource::Timbre];
    for (nth, (source, destination)) in
        sources.into_iter().zip([ModDestination::Latent1, ModDestination::Latent3, ModDestination::PadX]).enumerate()
    {
        controls.routes[nth] = Route { source, via: ModSource::None, destination };
        controls.motion.amounts[nth] = 0.5;
    }
    controls
}

/// Registered parameter 6 of channel 0: a zone of `members` channels.
fn zone(members: u8) -> [EventKind; 3] {
    [(101, 0), (100, 6), (6, members)].map(|(number, value)| controller(0, number, f32::from(value) / 127.0))
}

/// Anything but a note-on.
fn gesture(random: &mut Random, channel: u8, key: u8) -> EventKind {
    let value = random.below(128) as f32 / 127.0;
    let switch = random.below(2) as f32;
    match random.below(12) {
        0 => controller([0, channel][random.below(2)], 64, switch),
        1 => controller([0, channel][random.below(2)], 66, switch),
        2 => EventKind::PitchWheel { channel, position: 2.0 * value - 1.0 },
        3 => EventKind::ChannelPressure { channel, pressure: value },
        4 => controller(channel, 74, value),
        _ => EventKind::NoteOff { notes: NoteAddress::key(channel, key), velocity: value },
    }
}

/// What ends every note: all pedals up, and the note-offs of all keys.
fn ending() -> Vec<Event> {
    let pedals = (0..CHANNELS).flat_map(|channel| [64, 66].map(|number| controller(channel, number, 0.0)));
    let keys = (0..CHANNELS).flat_map(|channel| (0..128).map(move |key| NoteAddress::key(channel, key)));
    let offs = keys.map(|notes| EventKind::NoteOff { notes, velocity: UNKNOWN_RELEASE });
    pedals.chain(offs).map(|kind| Event { offset: 0, kind }).collect()
}

/// Plays a session; returns how many notes were started, which are numbered from 1, and the numbers of those whose end was told.
fn play_session(rig: &mut Rig, controls: &Controls, random: &mut Random) -> (i32, Vec<i32>) {
    const STEPS: usize = 300;
    let (mut started, mut told) = (0, Vec::new());
    for step in 0..STEPS {
        let mut events: Vec<Event> = if step % 100 == 0 {
            zone([0, 7, 15][random.below(3)]).map(|kind| Event { offset: 0, kind }).to_vec()
        } else {
            Vec::new()
        };
        for _ in 0..random.below(5) {
            let (channel, key) = (random.below(usize::from(CHANNELS)) as u8, 40 + random.below(40) as u8);
            let kind = if random.below(2) == 0 {
                started += 1;
                let note = NoteAddress { id: Some(started), ..NoteAddress::key(channel, key) };
                EventKind::NoteOn { note, velocity: (1 + random.below(127)) as f32 / 127.0 }
            } else {
                gesture(random, channel, key)
            };
            events.push(Event { offset: random.below(BLOCK), kind });
        }
        events.sort_by_key(|event| event.offset);
        told.extend(block(rig, &events, controls));
    }
    told.extend(block(rig, &ending(), controls));
    (started, told)
}

#[test]
fn every_note_of_a_random_session_ends_with_its_key_and_is_told_with_zones_pedals_variations_and_lanes() {
    let mut random = Random::new(9);
    for is_offline in [true, false] {
        for mode in [0.0, 1.0, 2.0] {
            for unison in [1.0, 3.0] {
                let mut rig = Rig::new(Timbre::Noise, 48_000.0);
                rig.synth.set_offline(is_offline);
                let controls = everything(mode, unison, 0.0);
                let what = format!("mode {mode}, unison {unison}, offline {is_offline}");
                let (started, mut told) = play_session(&mut rig, &controls, &mut random);
                told.extend(assert_all_ended(&mut rig, &controls, &what));
                told.sort_unstable();
                let odd = (1..=started).find(|id| told.iter().filter(|told| *told == id).count() != 1);
                assert_eq!(odd, None, "{what}: each note is told once");
            }
        }
    }
}

#[test]
fn every_note_of_a_random_session_with_an_arpeggio_ends_with_its_key() {
    let mut random = Random::new(10);
    for arp in 1..=6 {
        let mut rig = Rig::new(Timbre::Noise, 48_000.0);
        rig.synth.set_offline(true);
        let controls = everything(0.0, 1.0, arp as f32);
        play_session(&mut rig, &controls, &mut random);
        assert_all_ended(&mut rig, &controls, &format!("arpeggiator {arp}"));
    }
}
