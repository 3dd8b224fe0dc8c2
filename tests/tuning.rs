//! Laws of tunings: every key sounds at the frequency that its scale and map give, twelve equal degrees are no tuning at all, tuning messages
//! act when they should, and no text is taken that is not a tuning.

use engine::audio::{Event, EventKind};
use engine::midi::{BLOCK_SAMPLES, Part, Performance, Song};
use engine::params::{Controls, KeyPitches, Retune, VoiceControls};
use engine::state::{PackRef, StateDocument};
use engine::tuning::{MAX_FILE_BYTES, Tuning, TuningError, TuningFile, TuningKind};
use engine::units::key_to_hz;
use inputs::midi::{file, off, on as on_tick};
use support::Random;
use support::fake::{Rig, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{Script, bend, off as release, on, point};

const RATE_HZ: f32 = 48_000.0;
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
const SILENT_DB: f32 = -100.0;
/// Samples of a note, and of its beginning that is not measured.
const NOTE: usize = 24_000;
const BEGINNING: usize = 2_000;
const JUST: [(u32, u32); 12] =
    [(16, 15), (9, 8), (6, 5), (5, 4), (4, 3), (45, 32), (3, 2), (8, 5), (5, 3), (9, 5), (15, 8), (2, 1)];

fn tuned(scale: Option<&str>, map: Option<&str>) -> Result<Tuning, TuningError> {
    let named = |text: &str| TuningFile { name: "test".to_owned(), text: text.to_owned() };
    Tuning::new(scale.map(named), map.map(named))
}

fn scale(degrees: &[String]) -> String {
    format!("! test.scl\n!\ntest\n {}\n!\n {}\n", degrees.len(), degrees.join("\n "))
}

/// `count` equal parts of an interval in cents.
fn equal(count: usize, cents: f64) -> String {
    scale(&(1..=count).map(|degree| format!("{:.9}", cents * degree as f64 / count as f64)).collect::<Vec<_>>())
}

fn just() -> String {
    scale(&JUST.map(|(above, below)| if below == 1 { above.to_string() } else { format!("{above}/{below}") }))
}

/// A map of 24 keys over a scale of 24 degrees, of which one key is not mapped; key 69 is at 432 Hz, and keys below 30 are left alone.
fn map_of_24() -> String {
    let degrees: Vec<String> =
        (0..24).map(|key: i32| if key == 5 { "x".to_owned() } else { key.to_string() }).collect();
    format!("24\n30\n127\n60\n69\n432.0\n24\n{}\n", degrees.join("\n"))
}

fn play(pitches: &KeyPitches, controls: Controls, events: &[(usize, EventKind)], length: usize) -> Vec<f32> {
    let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.set_tuning(pitches);
    rig.synth.reset();
    Script::still(controls, events.to_vec(), length).play(&mut rig.synth, 512)
}

fn cents_off(samples: &[f32], hz: f64) -> f64 {
    1200.0 * (frequency_hz(samples, RATE_HZ) / hz).log2()
}

#[test]
fn every_key_sounds_at_the_frequency_of_its_degree() {
    let middle_hz = key_to_hz(60.0);
    let octaves = |key: i32, count: i32| f64::from((key - 60).div_euclid(count)).exp2();
    let just_hz = |key: i32| match (key - 60).rem_euclid(12) {
        0 => middle_hz * octaves(key, 12),
        degree => {
            let (above, below) = JUST[degree as usize - 1];
            middle_hz * octaves(key, 12) * f64::from(above) / f64::from(below)
        }
    };
    type Frequency<'a> = Box<dyn Fn(i32) -> f64 + 'a>;
    let cases: [(&str, Tuning, Frequency); 5] =
        [
            (
                "19 equal",
                tuned(Some(&equal(19, 1200.0)), None).unwrap(),
                Box::new(|key| middle_hz * (f64::from(key - 60) / 19.0).exp2()),
            ),
            ("just", tuned(Some(&just()), None).unwrap(), Box::new(just_hz)),
            (
                "24 keys",
                tuned(Some(&equal(24, 1200.0)), Some(&map_of_24())).unwrap(),
                Box::new(|key| {
                    if key < 30 { key_to_hz(f64::from(key)) } else { 432.0 * (f64::from(key - 69) / 24.0).exp2() }
                }),
            ),
            (
                "thirds of 3/1",
                tuned(Some(&equal(13, 1_901.955)), None).unwrap(),
                Box::new(|key| middle_hz * 3.0_f64.powf(f64::from(key - 60) / 13.0)),
            ),
            (
                "a map alone",
                tuned(None, Some("0\n0\n127\n60\n60\n256\n")).unwrap(),
                Box::new(|key| 256.0 * (f64::from(key - 60) / 12.0).exp2()),
            ),
        ];
    for (name, tuning, hz) in &cases {
        for key in [27, 40, 53, 59, 60, 61, 66, 69, 72, 79, 90] {
            let played = play(tuning.pitches(), point(0.0), &[(0, on(key, 1.0))], NOTE);
            let cents = cents_off(&played[BEGINNING..], hz(i32::from(key)));
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{name}, key {key}: {cents} cents");
        }
    }
}

#[test]
fn twelve_equal_degrees_are_bit_identical_to_no_tuning() {
    let map = "12\n0\n127\n60\n60\n261.6256\n12\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n";
    let voices = VoiceControls { mode: 2.0, glide_s: 0.1, ..point(0.0).voices };
    let controls = Controls { voices, ..point(0.3) };
    let events = [(0, on(41, 0.8)), (9_000, on(66, 1.0)), (9_500, bend(1.0)), (20_000, release(66))];
    let without = play(&KeyPitches::EQUAL, controls, &events, NOTE);
    for (scale, map) in [(Some(equal(12, 1200.0)), None), (None, Some(map)), (Some(equal(12, 1200.0)), Some(map))] {
        let tuning = tuned(scale.as_deref(), map).unwrap();
        assert!(play(tuning.pitches(), controls, &events, NOTE) == without);
    }
}

#[test]
fn glide_bend_and_unison_go_on_top_of_the_tuning() {
    let tuning = tuned(Some(&equal(19, 1200.0)), None).unwrap();
    let hz = |key: f64| key_to_hz(60.0) * ((key - 60.0) / 19.0).exp2();
    let bent = play(tuning.pitches(), point(0.0), &[(0, on(67, 1.0)), (1, bend(2.0))], NOTE);
    assert!(cents_off(&bent[BEGINNING..], hz(67.0) * (2.0_f64 / 12.0).exp2()).abs() < PITCH_TOLERANCE_CENTS);
    for mode in [0.0, 1.0, 2.0] {
        let voices = VoiceControls { mode, glide_s: 0.05, ..point(0.0).voices };
        let events = [(0, on(50, 1.0)), (12_000, on(71, 1.0)), (12_001, release(50))];
        let played = play(tuning.pitches(), Controls { voices, release_s: 0.01, ..point(0.0) }, &events, 2 * NOTE);
        let cents = cents_off(&played[20_000..], hz(71.0));
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "mode {mode}: {cents} cents");
    }
    let voices = VoiceControls { unison: 3.0, unison_spread: 0.0, unison_detune_cents: 0.0, ..point(0.0).voices };
    let three = play(tuning.pitches(), Controls { voices, ..point(0.0) }, &[(0, on(64, 1.0))], NOTE);
    assert!(cents_off(&three[BEGINNING..], hz(64.0)).abs() < PITCH_TOLERANCE_CENTS);
}

#[test]
fn a_key_that_is_not_mapped_is_silent_and_its_note_ends_at_once() {
    let tuning = tuned(Some(&equal(24, 1200.0)), Some(&map_of_24())).unwrap();
    for key in [41, 65, 89] {
        let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.set_tuning(tuning.pitches());
        rig.synth.reset();
        let (mut left, mut right) = (vec![0.0; 4_000], vec![0.0; 4_000]);
        rig.synth.render(&[Event { offset: 7, kind: on(key, 1.0) }], &point(0.0), &mut left, &mut right);
        let ended: Vec<_> = rig.synth.ended_notes().iter().map(|ended| (ended.offset, ended.note.key)).collect();
        assert_eq!((ended, rms_db(&left) < SILENT_DB, rig.synth.is_idle()), (vec![(7, Some(key))], true, true));
    }
}

#[test]
fn a_message_moves_notes_that_sound_only_if_it_is_meant_for_them() {
    let pitch = 61 << 14 | 1 << 13;
    let wanted = key_to_hz(61.5);
    for (moves_notes, sounding) in [(true, wanted), (false, key_to_hz(60.0))] {
        let retune = EventKind::Retune(Retune::Key { key: 60, pitch, moves_notes });
        let events = [(0, on(60, 1.0)), (12_000, retune), (36_000, release(60)), (48_000, on(60, 1.0))];
        let played = play(&KeyPitches::EQUAL, Controls { release_s: 0.01, ..point(0.0) }, &events, 72_000);
        let offs = [(13_000, 36_000, sounding), (50_000, 72_000, wanted)]
            .map(|(from, to, hz)| cents_off(&played[from..to], hz));
        assert!(offs.iter().all(|cents| cents.abs() < PITCH_TOLERANCE_CENTS), "{moves_notes}: {offs:?} cents");
        let step = played.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.03, "a change clicks: {step}");
    }
    let lower = Retune::Class { channels: 1, class: 0, offset: -50 * 8_192, moves_notes: true };
    let played = play(&KeyPitches::EQUAL, point(0.0), &[(0, EventKind::Retune(lower)), (0, on(72, 1.0))], NOTE);
    assert!(cents_off(&played[BEGINNING..], key_to_hz(71.5)).abs() < PITCH_TOLERANCE_CENTS);
}

#[test]
fn a_file_s_tuning_messages_are_heard_from_their_tick_on_and_damaged_ones_are_told() {
    let message = |tick, pitch: u8| (tick, vec![0xf0, 11, 0x7f, 0x7f, 8, 2, 0, 1, 60, pitch, 64, 0, 0xf7]);
    let mut damaged = message(0, 61);
    damaged.1[10] = 0x90;
    // Nothing else happens while the second message is due.
    let notes = vec![damaged, message(0, 61), on_tick(0, 0, 60, 100), message(96, 62), off(192, 0, 60)];
    let song = Song::parse(&file(0, 96, &[notes])).expect("a good file");
    assert_eq!((song.retunes.len(), &song.remarks[..]), (2, &["a damaged tuning message was left out".to_owned()][..]));
    let rig = Rig::new(Timbre::Sine, RATE_HZ);
    let mut performance = Performance::new(&song, RATE_HZ as u32, Part::new(rig.synth, point(0.0)));
    let (mut left, mut right) = ([0.0; BLOCK_SAMPLES], [0.0; BLOCK_SAMPLES]);
    let mut played = Vec::new();
    while performance.render(&mut left, &mut right) == BLOCK_SAMPLES {
        played.extend(left);
    }
    for (from, key) in [(2_000, 61.5), (26_000, 62.5)] {
        let cents = cents_off(&played[from..from + 20_000], key_to_hz(key));
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "from {from}: {cents} cents");
    }
    drop(performance);
    drop(rig.instance);
}

#[test]
fn a_document_keeps_a_tuning_by_its_text_and_a_damaged_one_is_refused() {
    let plain = StateDocument::new(Default::default(), PackRef::default(), Default::default());
    assert!(!plain.to_json().contains("tuning"), "a document without one is as before");
    let tuning = tuned(Some(&just()), Some(&map_of_24())).unwrap();
    let document = StateDocument { tuning: tuning.clone(), ..plain };
    let text = document.to_json();
    assert_eq!(StateDocument::parse(&text).unwrap().tuning, tuning);
    let error = StateDocument::parse(&text.replace("16/15", "16/0")).expect_err("damaged").to_string();
    assert!(error.contains("line 6: “16/0” is not an interval"), "{error}");
    assert!(tuning.with(TuningKind::Scale, None).unwrap().with(TuningKind::KeyboardMap, None).unwrap().is_none());
}

#[test]
fn files_that_are_no_tuning_are_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let load = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("writable");
        TuningFile::load(&path)
            .and_then(|file| Tuning::default().with(TuningKind::of(&path).expect("a kind"), Some(file)))
    };
    let too_long = vec![b'1'; MAX_FILE_BYTES as usize + 1];
    for (name, bytes) in [
        ("a.scl", &b""[..]),
        ("b.kbm", b"! none\n"),
        ("c.SCL", &too_long),
        ("d.kbm", &[0xff; 99]),
        ("e.scl", b"d\n2\n\0\n"),
    ] {
        let message = load(name, bytes).expect_err(name).to_string();
        assert!(message.lines().count() == 1 && message.len() < 120, "{name}: {message}");
    }
    assert!(matches!(TuningFile::load(folder.path()), Err(TuningError::NotAFile)));
    let latin = load("f.scl", b"d\xe9saccord\n1\n1200.0\n").expect("a scale in Latin-1");
    assert_eq!(latin.name(TuningKind::Scale), Some("f"));
}

/// Seeds 1 to 3000: a damaged text is a tuning whose pitches are heard, or a message.
#[test]
fn damaged_texts_give_a_tuning_or_a_message() {
    let (scale, map) = (just(), map_of_24());
    let mut read = 0;
    for seed in 1..=3_000 {
        let mut random = Random::new(seed);
        let mut damage = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..random.below(4) {
                let place = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[place] = b"0123456789./-x \n!"[random.below(17)],
                    1 => bytes.truncate(place.max(1)),
                    _ => bytes.insert(place, b"0123456789./-x \n!"[random.below(17)]),
                }
            }
            String::from_utf8(bytes).expect("ASCII")
        };
        let (scale, map) = (damage(&scale), damage(&map));
        if let Ok(tuning) = tuned(Some(&scale), Some(&map)) {
            read += 1;
            assert!(
                (0..128).filter_map(|key| tuning.pitches().pitch(key)).all(|pitch| pitch.abs() < 200.0),
                "seed {seed}"
            );
        }
    }
    assert!(read > 300, "{read} of the texts are still tunings");
}
