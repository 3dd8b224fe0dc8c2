//! Notes in the built CLAP, bounced by a real host: MIDI on several channels, events whose address leaves something open, note
//! expressions, and what the host is told of the notes that end.

use clack_host::events::event_types::NoteExpressionType;
use clack_host::events::{Match, Pckn};
use engine::measure::pitch_offset_cents;
use engine::params::Hold;
use engine::units::key_to_hz;
use support::bundles::{parameter_number, pitched_sound, plainly};
use support::clap::built_entry;
use support::listen::rms_db;
use support::offline::{BOUNCE_RATE_HZ, HostEvent, OfflineHost, Recording};

const PITCH_TOLERANCE_CENTS: f64 = 10.0;
/// Sample at which the notes of a test begin.
const START: usize = 64;
/// Sample of the event that is tested: the notes sound by then.
const EVENT: usize = 9_600;
/// Sample by which a note with the shortest release, or a choked one, has ended after [`EVENT`].
const AFTER: usize = 12_000;
/// End of a recording, at which a note that was let be still sounds.
const LENGTH: usize = 24_000;
/// Level that every sounding note has.
const AUDIBLE_DB: f32 = -45.0;
/// Level of what two equal sounds may differ by: sums of floats in another order.
const EQUAL_DB: f32 = -90.0;
/// Tolerance of a level that was asked for.
const LEVEL_TOLERANCE_DB: f32 = 0.2;

/// With a pitched sound on the knobs, and the release at `release` of its range (0: the shortest).
fn host_with_release(release: f64) -> OfflineHost {
    let mut host = OfflineHost::open(&built_entry(), None);
    let set = |id: &str, value| (0, HostEvent::Parameter(parameter_number(id), value));
    let mut sound: Vec<_> = plainly(&pitched_sound()).iter().map(|(id, value)| set(id, *value)).collect();
    sound.push(set("release", release));
    host.render(&sound, 9_600);
    host
}

/// What a new instance with the shortest release plays.
fn play(events: &[(usize, HostEvent)]) -> Recording {
    let mut host = host_with_release(0.0);
    let recording = host.render(events, LENGTH);
    host.close();
    recording
}

/// The address of one note.
fn note(channel: u16, key: u16, id: u32) -> Pckn {
    Pckn::new(0_u16, channel, key, id)
}

fn start(note: Pckn) -> (usize, HostEvent) {
    (START, HostEvent::NoteOn(note))
}

/// A MIDI message of status `status` (its channel's bits 0) on a channel.
fn midi(status: u8, channel: u8, data: [u8; 2]) -> HostEvent {
    HostEvent::Midi([status | channel, data[0], data[1]])
}

fn controller(channel: u8, controller: u8, value: u8) -> HostEvent {
    midi(0xB0, channel, [controller, value])
}

/// The pitch wheel at a position of [−1, 1).
fn wheel(channel: u8, position: f64) -> HostEvent {
    let steps = (8192.0 + position * 8192.0) as u16;
    midi(0xE0, channel, [(steps & 127) as u8, (steps >> 7) as u8])
}

/// Registered parameter `parameter` (below 128) of a channel becomes `value`.
fn registered(channel: u8, parameter: u8, value: u8) -> Vec<HostEvent> {
    vec![controller(channel, 101, 0), controller(channel, 100, parameter), controller(channel, 6, value)]
}

/// Pitch of the left channel after [`AFTER`] against a key, in cents.
fn cents_from(recording: &Recording, key: f64) -> f64 {
    let offset = pitch_offset_cents(&recording.left[AFTER..], BOUNCE_RATE_HZ, key_to_hz(key));
    offset.unwrap_or_else(|| panic!("no pitch near key {key}"))
}

/// Level of the difference of two sides.
fn difference_db(a: &[f32], b: &[f32]) -> f32 {
    let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    rms_db(&difference)
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// Ids of the notes that ended up to a sample.
fn ended_ids(recording: &Recording, until: usize) -> Vec<u32> {
    let told = recording.ended.iter().filter(|(at, _)| *at < until);
    let mut ids: Vec<u32> = told.filter_map(|(_, note)| note.note_id.into_specific()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn bend_follows_the_channel_its_range_and_its_zone() {
    let plain = play(&[start(note(2, 60, 1))]);
    let others = (0..16).filter(|channel| *channel != 2);
    // Events before a note of key 60 on channel 2, and its bend in semitones.
    let cases: [(&str, Vec<HostEvent>, f64); 8] = [
        ("the wheels of all other channels", others.map(|channel| wheel(channel, 0.5)).collect(), 0.0),
        ("its own wheel", vec![wheel(2, 0.5)], 1.0),
        ("a range of 12", [registered(2, 0, 12), vec![wheel(2, 0.5)]].concat(), 6.0),
        ("another channel's range", [registered(3, 0, 12), vec![wheel(2, 0.5)]].concat(), 1.0),
        ("a member of an MPE zone", [registered(0, 6, 7), vec![wheel(2, -0.125)]].concat(), -6.0),
        ("its zone's manager", [registered(0, 6, 7), vec![wheel(2, -0.125), wheel(0, 0.5)]].concat(), -5.0),
        ("no member of the zone", [registered(0, 6, 1), vec![wheel(2, 0.5)]].concat(), 1.0),
        ("reset", [registered(2, 0, 12), vec![wheel(2, 0.5), controller(2, 121, 0)]].concat(), 0.0),
    ];
    for (what, before, semitones) in cases {
        let mut events: Vec<_> = before.into_iter().map(|event| (0, event)).collect();
        events.push(start(note(2, 60, 1)));
        let recording = play(&events);
        let cents = cents_from(&recording, 60.0 + semitones);
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{what}: {cents:+.1} cents off");
        assert_eq!(recording == plain, semitones == 0.0, "{what}: bit-identical to a note without bend");
    }
}

#[test]
fn a_bent_note_and_one_on_another_channel_sound_together_as_alone() {
    let (bent, straight) = (note(1, 60, 1), note(2, 62, 2));
    let bend = (EVENT, wheel(1, 0.75));
    let together = play(&[start(bent), start(straight), bend]);
    let (alone, other) = (play(&[start(bent), bend]), play(&[start(straight), bend]));
    assert!(
        cents_from(&alone, 61.5).abs() < PITCH_TOLERANCE_CENTS
            && cents_from(&other, 62.0).abs() < PITCH_TOLERANCE_CENTS
    );
    let difference = difference_db(&together.left, &sum(&alone.left, &other.left));
    assert!(difference < EQUAL_DB, "the notes together differ from their sum by {difference} dB");
}

/// Notes that sound at once: two of one key and channel, one of the same key and one of another key on another channel.
fn chord() -> [Pckn; 4] {
    [note(0, 60, 1), note(0, 60, 2), note(1, 60, 3), note(1, 62, 4)]
}

/// Plays the chord with an event: the notes with the ids of `ends` end, each told to the host once; the others go on as if they
/// had been alone all the time.
fn assert_ends(what: &str, event: HostEvent, ends: &[u32]) {
    let mut events: Vec<_> = chord().map(start).to_vec();
    let stay: Vec<_> = events.iter().zip(1..).filter(|(_, id)| !ends.contains(id)).map(|(event, _)| *event).collect();
    events.push((EVENT, event));
    let recording = play(&events);
    assert_eq!(ended_ids(&recording, LENGTH), ends, "{what}: ids of the ended notes");
    for (at, told) in &recording.ended {
        assert!((EVENT..AFTER).contains(at), "{what}: {told:?} ended at {at}");
        assert!(chord().contains(told), "{what}: {told:?} is a note that was played");
    }
    let alone = play(&stay);
    let difference = difference_db(&recording.left[AFTER..], &alone.left[AFTER..]);
    assert!(difference < EQUAL_DB, "{what}: what goes on differs by {difference} dB from those notes alone");
    let level = rms_db(&alone.left[AFTER..]);
    assert!(stay.is_empty() || level > AUDIBLE_DB, "{what}: what goes on is at {level} dB");
}

#[test]
fn note_off_and_choke_reach_the_notes_that_their_address_names_and_no_others() {
    let any = Pckn::match_all();
    let cases: [(Pckn, &[u32]); 7] = [
        (Pckn { note_id: Match::Specific(3), ..any }, &[3]),
        (Pckn { note_id: Match::Specific(2), key: Match::Specific(60), ..any }, &[2]),
        (Pckn { channel: Match::Specific(1), ..any }, &[3, 4]),
        (Pckn { key: Match::Specific(60), ..any }, &[1, 2, 3]),
        (Pckn { note_id: Match::Specific(9), ..any }, &[]),
        (note(0, 60, 1), &[1]),
        (any, &[1, 2, 3, 4]),
    ];
    for (address, ends) in cases {
        assert_ends(&format!("note-off of {address:?}"), HostEvent::NoteOff(address), ends);
        assert_ends(&format!("choke of {address:?}"), HostEvent::Choke(address), ends);
    }
}

#[test]
fn channel_messages_that_end_notes_act_on_their_channel() {
    assert_ends("All Sound Off", controller(1, 120, 0), &[3, 4]);
    assert_ends("All Notes Off", controller(0, 123, 0), &[1, 2]);
    assert_ends("All Notes Off on a channel without notes", controller(7, 123, 0), &[]);
    assert_ends("MIDI's note-off", midi(0x80, 1, [62, 64]), &[4]);
}

#[test]
fn a_choked_note_does_not_wait_for_its_release_and_a_released_one_does() {
    let end_of = |event| {
        let mut host = host_with_release(0.5);
        let recording = host.render(&[start(note(0, 60, 1)), (EVENT, event)], LENGTH);
        host.close();
        ended_ids(&recording, AFTER)
    };
    assert_eq!(end_of(HostEvent::Choke(note(0, 60, 1))), [1]);
    assert_eq!(end_of(controller(0, 120, 0)), [1]);
    assert!(end_of(HostEvent::NoteOff(note(0, 60, 1))).is_empty());
    assert!(end_of(controller(0, 123, 0)).is_empty());
}

#[test]
fn the_host_is_told_of_each_voice_that_ends_once() {
    // More than there are voices: the last ones take the places of the first.
    let notes: Vec<Pckn> = (0..40).map(|index| note(index % 16, 40 + index, 100 + u32::from(index))).collect();
    let mut events: Vec<_> = notes.iter().map(|note| start(*note)).collect();
    events.push((EVENT, HostEvent::Choke(Pckn::match_all())));
    let recording = play(&events);
    let mut told: Vec<Pckn> = recording.ended.iter().map(|(_, note)| *note).collect();
    told.sort_by_key(|note| note.raw_note_id());
    assert_eq!(told, notes);
    let stolen = recording.ended.iter().filter(|(at, _)| *at < EVENT).count();
    assert_eq!(stolen, 40 - 32, "voices beyond 32 end before the choke");
}

#[test]
fn the_end_of_a_note_without_an_id_names_its_channel_and_key() {
    let on = (START, midi(0x90, 3, [60, 100]));
    let recording = play(&[on, (EVENT, midi(0x80, 3, [60, 0]))]);
    let told: Vec<Pckn> = recording.ended.iter().map(|(_, note)| *note).collect();
    assert_eq!(told, [Pckn::new(0_u16, 3_u16, 60_u16, Match::All)]);
}

#[test]
fn a_sound_that_runs_out_ends_its_note() {
    let mut host = host_with_release(0.0);
    let gated = Hold::Gated.value() / Hold::Auto.value();
    let hold = (0, HostEvent::Parameter(parameter_number("hold"), f64::from(gated)));
    let recording = host.render(&[hold, start(note(4, 60, 7))], 20 * BOUNCE_RATE_HZ as usize);
    host.close();
    let told: Vec<Pckn> = recording.ended.iter().map(|(_, note)| *note).collect();
    assert_eq!(told, [note(4, 60, 7)]);
}

/// Two notes of one key, and an expression of the first, named by its id alone, from their start on.
fn express(expression: NoteExpressionType, value: f64) -> [Recording; 2] {
    apart(|address| HostEvent::Expression(address, expression, value), EQUAL_DB)
}

/// Two notes of one key, and an event for the first, named by its id alone, from their start on: each alone with the event. Together they are their
/// sum, but for `most_db`.
fn apart(event: impl Fn(Pckn) -> HostEvent, most_db: f32) -> [Recording; 2] {
    let (first, second) = (note(0, 60, 1), note(0, 60, 2));
    let event = (START, event(Pckn { note_id: Match::Specific(1), ..Pckn::match_all() }));
    let together = play(&[start(first), start(second), event]);
    let (alone, other) = (play(&[start(first), event]), play(&[start(second), event]));
    for (side, [a, b]) in
        [(&together.left, [&alone.left, &other.left]), (&together.right, [&alone.right, &other.right])]
    {
        let difference = difference_db(side, &sum(a, b));
        assert!(difference < most_db, "{event:?}: the notes together differ from their sum by {difference} dB");
    }
    [alone, other]
}

/// What a latent changes at least, relative to the sound, in dB.
const LEAST_CHANGE_DB: f32 = -20.0;
/// What the first milliseconds of a note may differ by in dB, before it has a decoded sound of its own.
const DECODED_DB: f32 = -50.0;

#[test]
fn tuning_volume_and_pan_of_a_note_are_its_own() {
    let plain = play(&[start(note(0, 60, 2))]);
    let plain_db = rms_db(&plain.left[AFTER..]);
    let [tuned, other] = express(NoteExpressionType::Tuning, -5.0);
    let cents = cents_from(&tuned, 55.0);
    assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{cents:+.1} cents off");
    assert_eq!(other, plain, "a note of another id");
    let [soft, other] = express(NoteExpressionType::Volume, 0.5);
    assert_level(&soft.left, plain_db - 6.02);
    assert_level(&soft.right, plain_db - 6.02);
    assert_eq!(other, plain, "a note of another id");
    // Constant power: 1 is the right side alone, a quarter is half-way to the left.
    let [right, other] = express(NoteExpressionType::Pan, 1.0);
    assert_level(&right.right, plain_db + 3.01);
    assert!(rms_db(&right.left[AFTER..]) < EQUAL_DB, "{} dB on the left", rms_db(&right.left[AFTER..]));
    assert_eq!(other, plain, "a note of another id");
    let [left, _] = express(NoteExpressionType::Pan, 0.25);
    let eighth = std::f32::consts::FRAC_PI_8;
    assert_level(&left.left, plain_db + 3.01 + 20.0 * eighth.cos().log10());
    assert_level(&left.right, plain_db + 3.01 + 20.0 * eighth.sin().log10());
}

#[test]
fn a_parameter_is_modulated_for_one_note() {
    let plain = play(&[start(note(0, 60, 2))]);
    let plain_db = rms_db(&plain.left[AFTER..]);
    let modulate = |id: &str, amount: f64, most_db: f32| {
        let number = parameter_number(id);
        let [modulated, other] = apart(|address| HostEvent::Modulation(address, number, amount), most_db);
        assert_eq!(other, plain, "{id}: a note of another id");
        modulated
    };
    let cents = cents_from(&modulate("fine", 0.2, EQUAL_DB), 60.0) - 40.0;
    assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{cents:+.1} cents off");
    assert_level(&modulate("gain", -6.02 / 72.0, EQUAL_DB).left, plain_db - 6.02);
    // What is decoded moves too: the note has a sound of its own.
    let moved = modulate("z1", 0.3, DECODED_DB);
    let change_db = difference_db(&moved.left[AFTER..], &plain.left[AFTER..]) - plain_db;
    assert!(change_db > LEAST_CHANGE_DB, "the first latent changes the note by {change_db} dB");
}

fn assert_level(samples: &[f32], wanted_db: f32) {
    let level_db = rms_db(&samples[AFTER..]);
    assert!((level_db - wanted_db).abs() < LEVEL_TOLERANCE_DB, "{level_db} dB in place of {wanted_db} dB");
}
