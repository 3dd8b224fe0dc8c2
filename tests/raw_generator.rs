//! The memory of the generator of raw audio: all of it is taken before the first sample, so that it does not grow with the length of a sound.
//! Its time for a sample, which does not grow either, is measured by the example `bench_raw`.

use std::sync::Arc;

use engine::decode::raw::{Generator, RawModel, Wish};
use engine::pack::{AnyPack, RawPack};
use support::guard::counted;
use support::raw::raw_pack;

/// Lengths of blocks, in samples.
const BLOCKS: [usize; 4] = [1, 7, 64, 512];

fn generator(model: &Arc<RawModel>, prime: Vec<f32>) -> Generator {
    let manifest = model.manifest();
    let wish = Wish {
        class_weights: vec![1.0; manifest.classes.len()],
        temperature: manifest.temperature,
        keep: manifest.keep,
        seed: 3,
        with_prime: prime.len().is_multiple_of(2),
        prime,
    };
    Generator::new(Arc::clone(model), &wish).expect("possible")
}

#[test]
fn no_sample_allocates_or_frees_however_long_the_sound() {
    let shipped = AnyPack::shipped("raw").expect("whole").expect("built in").into_raw().expect("of kind raw");
    assert!(shipped.manifest().envelopes.is_some() && shipped.manifest().sums > 0, "it is told levels and sums");
    let packs: [RawPack; 2] = [raw_pack(1_600), shipped];
    for model in packs.iter().map(|pack| Arc::new(RawModel::load(pack).expect("its own weights"))) {
        let length = 3 * model.manifest().length_samples;
        // Without a prime, with one that is part of the sound, and with one that the sound goes on from.
        for prime in [0, 40, 41] {
            let mut sound = generator(&model, vec![0.3; prime]);
            for block in BLOCKS {
                let mut samples = vec![0.0; block];
                let count = counted(|| (0..length / BLOCKS.len() / block).for_each(|_| sound.fill(&mut samples)));
                assert_eq!(count, 0, "{}, a prime of {prime}, blocks of {block}", model.manifest().name);
            }
        }
    }
}
