//! A pack of manifest version 3 as an older Heptode wrote it, kept in `tests/fixtures/pack-v3` with the sound that it gave then.
//!
//! The folder was written at commit 5cc697e by `cargo test -p engine --test frozen_pack -- --ignored`, when version 3 was the newest. It is
//! never written again, since the stored samples are what later engines are compared with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::Latent;
use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::Pack;

/// Largest difference of a sample from the stored one, of full scale: other processors round sums in another order.
const TOLERANCE: f32 = 1e-4;
/// What was rendered: point, key and length factor.
const NOTES: [(Latent, f32, f32); 3] = [
    ([0.5; 7], 60.0, 1.0),
    ([1.0, -2.0, 0.5, 0.0, 3.0, -0.25, 0.75], 48.0, 1.0),
    ([-1.5, 0.5, 0.0, 2.0, -3.0, 1.25, -0.5], 72.0, 2.0),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/pack-v3")
}

fn render(pack: &Pack) -> Vec<Vec<f32>> {
    let model = Arc::new(Model::load(pack).expect("the graphs are valid"));
    let mut pipeline = Pipeline::new(model).expect("memory");
    let sound = |(latent, key, stretch): &(Latent, f32, f32)| {
        let shaping = Shaping { stretch: *stretch, ..Shaping::default() };
        pipeline.decode(latent, *key, &shaping).expect("the graphs run")
    };
    NOTES.iter().map(sound).collect()
}

fn sound_file(number: usize) -> PathBuf {
    folder().join(format!("sound-{number}.wav"))
}

#[test]
fn a_pack_of_version_3_loads_and_sounds_as_it_did() {
    let pack = Pack::open(&folder()).expect("version 3 is read");
    for (number, samples) in render(&pack).iter().enumerate() {
        let mut reader = hound::WavReader::open(sound_file(number)).expect("stored");
        let stored: Vec<f32> = reader.samples::<f32>().map(|sample| sample.expect("whole")).collect();
        assert_eq!(samples.len(), stored.len());
        let worst = samples.iter().zip(&stored).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        let peak = stored.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!(peak > 0.01, "sound {number} is silent");
        assert!(worst <= TOLERANCE * peak.max(1.0), "sound {number} differs by {worst}");
    }
}
