//! Laws of the arpeggiator: which notes, when, and that none hangs.

use std::collections::BTreeMap;

use engine::audio::{Event, EventKind, NoteAddress};
use engine::params::{Controls, Transport, division_beats};
use engine::units::key_to_hz;
use support::Random;
use support::fake::{Rig, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{BLOCK_SIZES, Script, off, on, pedal, point};

const RATE_HZ: f32 = 48_000.0;
/// A sixteenth note at 120 beats per minute.
const STEP: usize = 6_000;
/// Where a note is heard against where its step lies: a sine begins at 0, and its interpolation rings before it.
const TIMING_SAMPLES: usize = 3;

/// Values of the mode.
const MODES: [(f32, &str); 6] =
    [(1.0, "up"), (2.0, "down"), (3.0, "up-down"), (4.0, "as played"), (5.0, "random"), (6.0, "chord")];

fn rig() -> Rig {
    let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

/// Value of the rate for a note value of a length in beats.
fn rate(beats: f64) -> f32 {
    (0..20).map(|value| value as f32).find(|value| division_beats(value + 1.0) == Some(beats)).expect("a note value")
}

fn arp(mode: f32, octaves: f32, gate: f32) -> Controls {
    let mut controls = Controls { release_s: 0.002, ..point(0.0) };
    (controls.arp.mode, controls.arp.rate, controls.arp.octaves, controls.arp.gate) = (mode, rate(0.25), octaves, gate);
    controls
}

/// Key of the note that sounds, `None` for silence.
fn key_at(samples: &[f32]) -> Option<u8> {
    (rms_db(samples) > -40.0).then(|| {
        (24..=108).min_by_key(|key| {
            let cents = 1200.0 * (frequency_hz(samples, RATE_HZ) / key_to_hz(f64::from(*key))).log2();
            cents.abs() as u32
        })
    })?
}

/// Keys of the steps from sample `first` on; every step but those of silence sounds for its first half.
fn keys(out: &[f32], first: usize) -> Vec<Option<u8>> {
    out[first..].chunks_exact(STEP).map(|step| key_at(&step[200..STEP / 2 - 200])).collect()
}

fn play(rig: &mut Rig, controls: Controls, events: Vec<(usize, EventKind)>, steps: usize) -> Vec<f32> {
    rig.synth.reset();
    Script::still(controls, events, steps * STEP).play(&mut rig.synth, 512)
}

fn some(keys: &[u8]) -> Vec<Option<u8>> {
    keys.iter().copied().map(Some).collect()
}

#[test]
fn each_mode_plays_its_order_from_the_first_key_on() {
    let mut rig = rig();
    let chord = vec![(100, on(64, 1.0)), (100, on(60, 1.0)), (101, on(67, 1.0))];
    // Without a transport the first step falls on the first key: 64 and 60 are there, 67 comes a sample later.
    for (mode, octaves, wanted) in [
        (1.0, 1.0, &[60, 64, 67, 60, 64][..]),
        (2.0, 1.0, &[64, 64, 60, 67]),
        (3.0, 1.0, &[60, 64, 67, 64, 60]),
        (4.0, 1.0, &[64, 60, 67, 64]),
        (1.0, 2.0, &[60, 64, 67, 72, 76, 79, 60]),
    ] {
        let out = play(&mut rig, arp(mode, octaves, 0.5), chord.clone(), 8);
        assert_eq!(keys(&out, 100)[..wanted.len()], some(wanted), "mode {mode}, {octaves} octaves");
    }
    let random = |rig: &mut Rig| keys(&play(rig, arp(5.0, 1.0, 0.5), chord.clone(), 20), 100);
    let first = random(&mut rig);
    assert_eq!(first, random(&mut rig), "the seed repeats");
    assert!([60, 64, 67].iter().all(|key| first.contains(&Some(*key))), "{first:?}");
    let one = rms_db(&play(&mut rig, arp(4.0, 1.0, 0.5), chord.clone(), 2)[STEP + 200..STEP + 2_800]);
    let all = rms_db(&play(&mut rig, arp(6.0, 1.0, 0.5), chord, 2)[STEP + 200..STEP + 2_800]);
    assert!((all - one - 4.77).abs() < 1.0, "three notes at once: {all} dB, one {one} dB");
}

#[test]
fn notes_last_for_their_gate_and_steps_follow_the_tempo() {
    let mut rig = rig();
    for (tempo_bpm, gate) in [(120.0, 0.25), (120.0, 0.75), (75.0, 0.5), (200.0, 0.5)] {
        let controls = Controls { transport: Transport { tempo_bpm, beat: None }, ..arp(1.0, 1.0, gate) };
        let step = 0.25 * 60.0 / tempo_bpm * f64::from(RATE_HZ);
        let out = play(&mut rig, controls, vec![(77, on(60, 1.0))], 12);
        for index in 0..5 {
            let start = 77 + (f64::from(index) * step).round() as usize;
            let end = start + (step * f64::from(gate)).round() as usize;
            let found = (start.saturating_sub(300)..start + 300).find(|sample| out[*sample].abs() > 1e-4);
            let late = found.unwrap_or(0) as i64 - start as i64;
            assert!(late.unsigned_abs() as usize <= TIMING_SAMPLES, "{tempo_bpm}, step {index}: {late} samples");
            assert!(rms_db(&out[end - 300..end]) > -20.0, "{tempo_bpm}, gate {gate}: it ends too early");
            let next = 77 + (f64::from(index + 1) * step) as usize;
            assert!(
                rms_db(&out[end + 200..next - TIMING_SAMPLES]) < -60.0,
                "{tempo_bpm}, gate {gate}: it does not end"
            );
        }
    }
}

#[test]
fn steps_lie_on_the_hosts_beats_in_any_blocks() {
    let length = 10 * STEP;
    for (tempo_bpm, first_beat) in [(120.0, 0.0), (97.3, 16.4), (140.0, -0.7)] {
        let per_sample = tempo_bpm / 60.0 / f64::from(RATE_HZ);
        let render = |block: usize| {
            let mut rig = rig();
            let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
            for first in (0..length).step_by(block) {
                let end = (first + block).min(length);
                let beat = Some(first_beat + first as f64 * per_sample);
                let controls = Controls { transport: Transport { tempo_bpm, beat }, ..arp(1.0, 1.0, 0.5) };
                let events: &[Event] = if first == 0 { &[Event { offset: 0, kind: on(60, 1.0) }] } else { &[] };
                rig.synth.render(events, &controls, &mut left[first..end], &mut right[first..end]);
            }
            left
        };
        let reference = render(length);
        let mut beat = (first_beat * 4.0).ceil() / 4.0;
        for _ in 0..6 {
            let place = ((beat - first_beat) / per_sample).round() as usize;
            let found = (place.saturating_sub(400)..place + 400).find(|sample| reference[*sample].abs() > 1e-4);
            let late = found.unwrap_or(0) as i64 - place as i64;
            assert!(late.unsigned_abs() as usize <= TIMING_SAMPLES, "beat {beat} at {tempo_bpm}: {late} samples");
            beat += 0.25;
        }
        for block in BLOCK_SIZES {
            assert!(render(block) == reference, "{tempo_bpm}, blocks of {block}");
        }
    }
}

#[test]
fn it_sounds_the_same_in_any_blocks() {
    for (mode, name) in MODES {
        let events = vec![
            (5, on(60, 1.0)),
            (1_000, on(67, 0.6)),
            (7_003, pedal(0, true)),
            (9_000, off(60)),
            (20_001, on(72, 0.9)),
            (30_000, pedal(0, false)),
            (41_000, off(67)),
        ];
        let off_at = (50_000, Controls { release_s: 0.002, ..point(0.0) });
        let script = Script { events, controls: vec![(0, arp(mode, 3.0, 0.8)), off_at], length: 60_000 };
        let mut rig = rig();
        let reference = script.play(&mut rig.synth, 60_000);
        for block in BLOCK_SIZES {
            rig.synth.reset();
            assert!(script.play(&mut rig.synth, block) == reference, "{name}, blocks of {block}");
        }
    }
}

#[test]
fn the_pedal_holds_the_chord_and_keys_change_while_it_runs() {
    let mut rig = rig();
    let events = vec![
        (0, on(60, 1.0)),
        (0, on(64, 1.0)),
        (STEP + 3_500, pedal(0, true)),
        (STEP + 3_600, off(60)),
        (STEP + 3_700, off(64)),
        (5 * STEP + 3_500, pedal(0, false)),
        (7 * STEP, on(72, 1.0)),
        (8 * STEP + 3_500, on(74, 1.0)),
        (8 * STEP + 3_600, off(72)),
    ];
    let out = play(&mut rig, arp(1.0, 1.0, 0.5), events, 10);
    let mut wanted = some(&[60, 64, 60, 64, 60, 64]);
    wanted.extend([None, Some(72), Some(72), Some(74)]);
    assert_eq!(keys(&out, 0), wanted);
}

#[test]
fn switched_while_keys_are_held_no_note_hangs() {
    let plain = Controls { release_s: 0.002, ..point(0.0) };
    let sustained = Controls { hold: 2.0, ..plain };
    let mut rig = rig();
    let mut levels = |controls: Vec<(usize, Controls)>, events: Vec<(usize, EventKind)>| {
        rig.synth.reset();
        let out = Script { events, controls, length: 10 * STEP }.play(&mut rig.synth, 512);
        out.chunks_exact(STEP).map(|step| key_at(&step[200..STEP / 2 - 200])).collect::<Vec<_>>()
    };
    let held = vec![(0, on(60, 1.0))];
    let on_at = 4 * STEP - 64;
    let arped = Controls { hold: 2.0, ..arp(1.0, 2.0, 0.5) };
    let switched_on = levels(vec![(0, sustained), (on_at, arped)], held.clone());
    assert_eq!(switched_on[..6], some(&[60, 60, 60, 60, 60, 72]), "the held key goes on as an arpeggio");
    let switched_off = levels(vec![(0, arped), (on_at, sustained)], held);
    assert_eq!(switched_off[..4], some(&[60, 72, 60, 72]));
    assert_eq!(switched_off[5..], [None; 5], "off ends it");
    let pedalled = vec![(0, on(60, 1.0)), (10, pedal(0, true)), (20, off(60)), (6 * STEP, pedal(0, false))];
    let released = levels(vec![(0, sustained), (on_at, arped)], pedalled);
    assert_eq!(released[7..], [None; 3], "a note of the pedal ends with it");
}

/// Whatever happens at a sample of a session.
fn anything(random: &mut Random, id: &mut i32, held: &mut Vec<NoteAddress>) -> EventKind {
    match random.below(12) {
        0..=4 => {
            *id += 1;
            let note =
                NoteAddress { id: Some(*id), ..NoteAddress::key(random.below(2) as u8, 50 + random.below(20) as u8) };
            held.push(note);
            EventKind::NoteOn { note, velocity: 0.7 }
        }
        5..=8 if !held.is_empty() => EventKind::NoteOff { notes: held.swap_remove(random.below(held.len())) },
        9 if !held.is_empty() => EventKind::Choke { notes: held.swap_remove(random.below(held.len())) },
        10 => EventKind::Controller {
            channel: random.below(2) as u8,
            controller: [120, 121, 123][random.below(3)],
            value: 0.0,
        },
        _ => pedal(random.below(2) as u8, random.below(2) == 0),
    }
}

#[test]
fn after_any_session_no_note_hangs_and_the_host_is_told_of_each_end_once() {
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let mut rig = rig();
        let (mut id, mut held, mut told) = (0, Vec::new(), BTreeMap::new());
        let mut controls = Controls { hold: 2.0, ..arp(0.0, 1.0, 0.5) };
        let (mut left, mut right) = (vec![0.0; 2_000], vec![0.0; 2_000]);
        let mut render = |rig: &mut Rig, events: &[Event], controls: &Controls| {
            rig.synth.render(events, controls, &mut left, &mut right);
            for ended in rig.synth.ended_notes() {
                *told.entry(ended.note.id).or_insert(0) += 1;
            }
        };
        for block in 0..150 {
            if random.below(6) == 0 {
                (controls.arp.mode, controls.arp.octaves) = (random.below(7) as f32, 1.0 + random.below(4) as f32);
                (controls.arp.rate, controls.arp.gate) = (rate([0.25, 0.0625, 1.0][random.below(3)]), 1.0);
                let beat = (random.below(2) == 0).then_some(f64::from(block));
                controls.transport = Transport { tempo_bpm: 60.0 + random.below(300) as f64, beat };
            }
            let mut events: Vec<Event> = (0..random.below(4))
                .map(|_| Event { offset: random.below(2_000), kind: anything(&mut random, &mut id, &mut held) })
                .collect();
            // A note must not end before it starts.
            let mut offsets: Vec<usize> = events.iter().map(|event| event.offset).collect();
            offsets.sort_unstable();
            events.iter_mut().zip(offsets).for_each(|(event, offset)| event.offset = offset);
            render(&mut rig, &events, &controls);
        }
        let mut last: Vec<Event> = [0, 1].map(|channel| Event { offset: 0, kind: pedal(channel, false) }).to_vec();
        last.push(Event { offset: 1, kind: EventKind::NoteOff { notes: NoteAddress::ALL } });
        render(&mut rig, &last, &controls);
        for _ in 0..6 {
            render(&mut rig, &[], &controls);
        }
        assert!(rig.synth.is_idle(), "seed {seed}");
        let wanted: BTreeMap<Option<i32>, i32> = (1..=id).map(|id| (Some(id), 1)).collect();
        assert_eq!(told, wanted, "seed {seed}");
    }
}
