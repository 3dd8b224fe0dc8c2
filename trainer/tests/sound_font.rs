//! A sound font of three presets and a drum kit, made here, becomes a corpus: keys, strokes, drums, what is left out, and what may
//! not lie in both splits.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const RATE_HZ: u32 = 44_100;
const DRUM_BANK: u16 = 128;
/// Zeros that the format wants behind every recording.
const GAP_SAMPLES: usize = 46;

// Generators of a zone (SoundFont 2.04, section 8.1.2).
const KEY_RANGE: u16 = 43;
const VELOCITY_RANGE: u16 = 44;
const INSTRUMENT: u16 = 41;
const SAMPLE: u16 = 53;
const SCALE_TUNING: u16 = 56;

/// The recordings of the font.
const BRIGHT: u16 = 0;
const DULL: u16 = 1;
const SILENT: u16 = 2;
const DRUM: u16 = 3;
const OTHER_DRUM: u16 = 4;

/// Keys or velocities, lowest and highest.
type Range = (u8, u8);

/// What a zone plays: keys, velocities, recording.
type Zone = (Range, Range, u16);

/// A preset: name, bank, number, zones of its instrument.
type Preset = (&'static str, u16, u16, &'static [Zone]);

const ALL: Range = (0, 127);
const PRESETS: [Preset; 4] = [
    ("Two strokes", 0, 0, &[(ALL, (0, 80), DULL), (ALL, (81, 127), BRIGHT)]),
    ("One stroke", 0, 1, &[(ALL, ALL, BRIGHT)]),
    ("Nothing", 0, 2, &[(ALL, ALL, SILENT)]),
    // Two keys of one recording, and one of another.
    ("Kit", DRUM_BANK, 0, &[((35, 36), ALL, DRUM), ((38, 38), ALL, OTHER_DRUM)]),
];

/// One second of a recording.
fn recorded(sample: u16) -> Vec<i16> {
    let mut state = u32::from(sample) + 1;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    let tone = |n: u32, harmonics: u32| -> f32 {
        (1..=harmonics).map(|h| (std::f32::consts::TAU * 261.63 * (n * h) as f32 / RATE_HZ as f32).sin()).sum::<f32>()
            / 4.0
    };
    let value = |n: u32| match sample {
        BRIGHT => tone(n, 8),
        DULL => tone(n, 1),
        SILENT => 0.0,
        DRUM => noise() * (-(n as f32) / 2000.0).exp(),
        _ => noise() * (-(n as f32) / 9000.0).exp(),
    };
    (0..RATE_HZ).map(value).map(|value| (value * 12_000.0) as i16).collect()
}

fn chunk(name: &str, body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [name.as_bytes(), &(body.len() as u32).to_le_bytes(), body, &padding].concat()
}

fn list(name: &str, chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk("LIST", &[name.as_bytes(), &chunks.concat()].concat())
}

/// A name in twenty bytes, then numbers of 16 bits.
fn named(name: &str, numbers: &[u16]) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(20, 0);
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

fn numbers(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The whole file (SoundFont 2.04, sections 4 to 7); every list ends with a closing record.
fn sound_font() -> Vec<u8> {
    let (mut samples, mut headers) = (Vec::new(), Vec::new());
    for sample in [BRIGHT, DULL, SILENT, DRUM, OTHER_DRUM] {
        let start = samples.len() as u32;
        samples.extend(recorded(sample));
        let end = samples.len() as u32;
        samples.extend([0; GAP_SAMPLES]);
        headers.extend(named(&format!("recording {sample}"), &[]));
        headers.extend([start, end, start, end, RATE_HZ].iter().flat_map(|number| number.to_le_bytes()));
        // Root key 60, no correction, no partner, mono.
        headers.extend([60, 0, 0, 0, 1, 0]);
    }
    headers.extend(named("EOS", &[0; 13]));

    let (mut presets, mut preset_bags, mut preset_generators) = (Vec::new(), Vec::new(), Vec::new());
    let (mut instruments, mut bags, mut generators) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bag, mut generator) = (0_u16, 0_u16);
    for (number, (name, bank, program, zones)) in PRESETS.iter().enumerate() {
        let number = number as u16;
        // Behind these three numbers come three of 32 bits that nothing reads.
        presets.extend(named(name, &[*program, *bank, number, 0, 0, 0, 0, 0, 0]));
        preset_bags.extend(numbers(&[number, 0]));
        preset_generators.extend(numbers(&[INSTRUMENT, number]));
        instruments.extend(named(name, &[bag]));
        for (keys, velocities, sample) in *zones {
            let range = |(low, high): &Range| u16::from_le_bytes([*low, *high]);
            bags.extend(numbers(&[generator, 0]));
            // A drum sounds as it was recorded, whatever its key.
            let cents_per_key = if *bank == DRUM_BANK { 0 } else { 100 };
            generators.extend(numbers(&[KEY_RANGE, range(keys), VELOCITY_RANGE, range(velocities)]));
            generators.extend(numbers(&[SCALE_TUNING, cents_per_key, SAMPLE, *sample]));
            (bag, generator) = (bag + 1, generator + 4);
        }
    }
    let count = PRESETS.len() as u16;
    presets.extend(named("EOP", &[0, 0, count, 0, 0, 0, 0, 0, 0]));
    preset_bags.extend(numbers(&[count, 0]));
    preset_generators.extend(numbers(&[0, 0]));
    instruments.extend(named("EOI", &[bag]));
    bags.extend(numbers(&[generator, 0]));
    generators.extend(numbers(&[0, 0]));
    let modulators = [0_u8; 10];
    let information =
        list("INFO", &[chunk("ifil", &numbers(&[2, 4])), chunk("isng", b"EMU8000\0"), chunk("INAM", b"Tiny\0\0")]);
    let data: Vec<u8> = samples.iter().flat_map(|sample: &i16| sample.to_le_bytes()).collect();
    let hydra = [
        chunk("phdr", &presets),
        chunk("pbag", &preset_bags),
        chunk("pmod", &modulators),
        chunk("pgen", &preset_generators),
        chunk("inst", &instruments),
        chunk("ibag", &bags),
        chunk("imod", &modulators),
        chunk("igen", &generators),
        chunk("shdr", &headers),
    ];
    let body = [b"sfbk".to_vec(), information, list("sdta", &[chunk("smpl", &data)]), list("pdta", &hydra)].concat();
    chunk("RIFF", &body)
}

fn corpus_of(folder: &Path) -> Value {
    let (font, corpus) = (folder.join("tiny.sf2"), folder.join("corpus"));
    fs::write(&font, sound_font()).expect("a file can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["corpus", "--held-out", "0.3", "--sound-font"]).arg(&font).arg("--out").arg(&corpus);
    let output = command.output().expect("the trainer starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&fs::read(corpus.join("corpus.json")).expect("a corpus has a manifest")).expect("JSON")
}

#[test]
fn a_sound_font_gives_every_key_stroke_and_drum_once() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let manifest = corpus_of(folder.path());
    let items = manifest["items"].as_array().expect("a list");
    let of = |name: &str| -> Vec<&Value> { items.iter().filter(|item| item["name"] == name).collect() };
    let keys = |items: &[&Value]| -> BTreeSet<u64> { items.iter().filter_map(|item| item["key"].as_u64()).collect() };
    let strokes =
        |items: &[&Value]| -> BTreeSet<u64> { items.iter().filter_map(|item| item["velocity"].as_u64()).collect() };

    let octaves: BTreeSet<u64> = (24..=96).step_by(12).collect();
    let (two, one) = (of("Two strokes"), of("One stroke"));
    assert_eq!((two.len(), keys(&two), strokes(&two).len()), (14, octaves.clone(), 2));
    assert_eq!(
        (one.len(), keys(&one), strokes(&one).len()),
        (7, octaves, 1),
        "a softer stroke that differs in level only"
    );
    let dropped: Vec<&str> = manifest["dropped"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let told = |of: &str, why: &str| dropped.iter().filter(|line| line.starts_with(of) && line.ends_with(why)).count();
    assert_eq!(told("One stroke", "only the level differs from velocity 112"), 7, "{dropped:?}");
    assert_eq!((of("Nothing").len(), told("Nothing", "silent")), (0, 14), "{dropped:?}");

    let drums: Vec<&Value> = items
        .iter()
        .filter(|item| item["source"].as_str().is_some_and(|source| source.starts_with("bank 128")))
        .collect();
    let names: BTreeSet<&str> = drums.iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!(names.len(), 2, "two keys of one recording are one drum: {names:?}");
    assert_eq!((drums.len(), keys(&drums)), (10, [36, 48, 60, 72, 84].into()));

    let group = |items: &[&Value]| -> BTreeSet<String> { items.iter().map(|item| item["group"].to_string()).collect() };
    assert_eq!(group(&two), group(&one), "what shares a recording shares a group");
    for item in items {
        let same = items.iter().filter(|other| other["group"] == item["group"]);
        assert!(same.clone().all(|other| other["split"] == item["split"]), "a group lies in both splits: {item}");
    }
}
