//! Laws of the packs as they ship: how large they are, and that the class generators' sounds are sounds whatever the seed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::decode::foley::{Clip, ClipWish, FoleyModel};
use engine::decode::raw::{Generator, RawModel, Wish};
use engine::pack::AnyPack;

const MIB: u64 = 1 << 20;

fn models(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)
}

/// Bytes of a file, or of all files of a folder.
fn bytes(place: &Path) -> u64 {
    if place.is_file() {
        return std::fs::metadata(place).expect("a file").len();
    }
    let entries = std::fs::read_dir(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    entries.map(|entry| bytes(&entry.expect("listed").path())).sum()
}

#[test]
fn packs_are_no_larger_than_promised() {
    // The foley pack's vocoder is the factory pack's.
    for (places, most) in
        [(&["factory"][..], 24 * MIB), (&["raw"], 8 * MIB), (&["foley", "factory/vocoder.onnx"], 20 * MIB)]
    {
        let found: u64 = places.iter().map(|place| bytes(&models(place))).sum();
        assert!((MIB..=most).contains(&found), "{places:?} has {found} bytes, and {most} are allowed");
    }
}

/// Peak of the samples.
fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Level of the mean of the samples, in dBFS.
fn offset_db(samples: &[f32]) -> f64 {
    let mean = samples.iter().map(|sample| f64::from(*sample)).sum::<f64>() / samples.len() as f64;
    20.0 * mean.abs().log10()
}

/// The share of the samples of each sound that also stand at the same place in the other, at least in one sound other than 0.
fn share_in_common(one: &[f32], other: &[f32]) -> f64 {
    let pairs = one.iter().zip(other).filter(|(one, other)| **one != 0.0 || **other != 0.0);
    let (count, same) = pairs.fold((0, 0), |(count, same), (one, other)| (count + 1, same + usize::from(one == other)));
    f64::from(same as u32) / f64::from(count.max(1) as u32)
}

#[test]
fn the_raw_packs_sounds_are_heard_and_have_no_offset_and_no_single_full_scale_sample() {
    const SEEDS: u64 = 50;
    const LEAST_PEAK: f32 = 0.01;
    /// Highest offset of a single sound; the middle one of many has −78 dBFS.
    const MOST_OFFSET_DB: f64 = -40.0;
    /// A sample of at least this is a spike if no other within 4 ms has this part of it.
    const FULL_SCALE: f32 = 0.9;
    const ALONE: f32 = 0.3;
    let pack = AnyPack::shipped("raw").expect("whole").expect("built in").into_raw().expect("of kind raw");
    let model = Arc::new(RawModel::load(&pack).expect("its own weights"));
    let manifest = model.manifest();
    let classes = manifest.classes.len();
    for seed in 0..SEEDS {
        let wish = Wish {
            class_weights: (0..classes).map(|class| if class == seed as usize % classes { 1.0 } else { 0.0 }).collect(),
            temperature: manifest.temperature,
            keep: manifest.keep,
            seed,
            prime: Vec::new(),
            with_prime: true,
        };
        let mut sound = vec![0.0; manifest.length_samples];
        Generator::new(Arc::clone(&model), &wish).expect("possible").fill(&mut sound);
        let (peak, offset_db) = (peak(&sound), offset_db(&sound));
        assert!(sound.iter().all(|sample| sample.is_finite()), "seed {seed}");
        assert!((LEAST_PEAK..=1.0).contains(&peak), "seed {seed}: peak {peak}");
        assert!(offset_db <= MOST_OFFSET_DB, "seed {seed}: an offset of {offset_db:.1} dBFS");
        let near = manifest.sample_rate_hz as usize / 250;
        let is_spike = |place: usize| {
            let around = &sound[place.saturating_sub(near)..(place + near + 1).min(sound.len())];
            let others = around.iter().filter(|sample| sample.abs() >= ALONE * sound[place].abs()).count();
            sound[place].abs() >= FULL_SCALE && others == 1
        };
        assert!(!(0..sound.len()).any(is_spike), "seed {seed}: a single sample stands out");
    }
}

#[test]
fn the_foley_packs_clips_are_heard_and_differ_by_class_and_seed() {
    const SEEDS: u64 = 2;
    const LEAST_PEAK: f32 = 0.01;
    const MOST_IN_COMMON: f64 = 0.01;
    const MOST_OFFSET_DB: f64 = -60.0;
    let pack = AnyPack::shipped("foley").expect("whole").expect("built in").into_foley().expect("of kind foley");
    let model = Arc::new(FoleyModel::load(&pack).expect("its own files"));
    let manifest = model.manifest();
    let classes = manifest.classes.len();
    let mut clips: Vec<(String, Vec<f32>)> = Vec::new();
    for class in 0..classes {
        for seed in 1..=SEEDS {
            let wish = ClipWish {
                class_weights: (0..classes).map(|other| if other == class { 1.0 } else { 0.0 }).collect(),
                temperature: manifest.temperature,
                keep: manifest.keep,
                guidance: manifest.guidance,
                seed,
                seconds: manifest.seconds(),
            };
            let name = format!("{} {seed}", manifest.classes[class]);
            let clip = Clip::new(Arc::clone(&model), &wish).expect("possible").finish().expect("it runs");
            assert!(clip.iter().all(|sample| sample.is_finite()), "{name}");
            assert!(peak(&clip) >= LEAST_PEAK, "{name}: peak {}", peak(&clip));
            assert!(offset_db(&clip) <= MOST_OFFSET_DB, "{name}: an offset of {:.1} dBFS", offset_db(&clip));
            for (other, samples) in &clips {
                let share = share_in_common(&clip, samples);
                assert!(share < MOST_IN_COMMON, "{name} and {other} have {share:.2} of their samples in common");
            }
            clips.push((name, clip));
        }
    }
}
