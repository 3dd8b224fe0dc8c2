//! Straight lines between sounds of the corpus through the latents of any model, judged as `trainer eval` judges those of a pack.

use anyhow::{Result, ensure};
use engine::spectral::{FrameAnalysis, SpectralShape};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::codec::SoundCodec;
use crate::corpus::{Corpus, Item};
use crate::eval::interpolation::{LARGEST_OVER_MEDIAN, STEPS, judge};
use crate::eval::parallel::bar;
use crate::eval::sound_features::SoundFeatures;
use crate::statistics::median;

const SEED: u64 = 4;

/// How many lines hold what they must not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InterpolationFigures {
    /// Lines that were walked.
    pub lines: usize,
    /// Lines with a silent step.
    pub silent: usize,
    /// Lines with a burst of noise.
    pub noisy: usize,
    /// Lines with a clipped step, or one that is not finite.
    pub broken: usize,
    /// Lines whose largest jump is more than [`LARGEST_OVER_MEDIAN`] times their median jump.
    pub leaping: usize,
    /// Median over the lines of their median jump, in dB.
    pub jump_db: f64,
}

/// Measures `count` seeded lines between different `sounds`, each at the key of its first one.
///
/// # Errors
/// There are fewer than two sounds, or encoding or decoding fails.
pub fn measure(
    codec: &mut dyn SoundCodec,
    corpus: &Corpus,
    sounds: &[&Item],
    count: usize,
) -> Result<InterpolationFigures> {
    ensure!(sounds.len() >= 2, "lines need at least two sounds");
    let shape = SpectralShape::DEFAULT;
    let (mut rng, mut analysis) = (ChaCha8Rng::seed_from_u64(SEED), FrameAnalysis::new(&shape));
    let bar = bar("lines", count);
    let mut found = InterpolationFigures { lines: count, silent: 0, noisy: 0, broken: 0, leaping: 0, jump_db: 0.0 };
    let mut jumps = Vec::with_capacity(count);
    for _ in 0..count {
        let from = rng.random_range(0..sounds.len());
        let to = (from + rng.random_range(1..sounds.len())) % sounds.len();
        let key = f32::from(sounds[from].key);
        let mut latent = |item: &Item| codec.encode(&corpus.samples(item)?, key);
        let (start, end) = (latent(sounds[from])?, latent(sounds[to])?);
        let heard = (0..STEPS)
            .map(|step| {
                let part = step as f32 / (STEPS - 1) as f32;
                let point: Vec<f32> = start.iter().zip(&end).map(|(a, b)| a + (b - a) * part).collect();
                Ok(SoundFeatures::new(&mut analysis, &shape, &codec.decode(&point, key)?))
            })
            .collect::<Result<Vec<SoundFeatures>>>()?;
        let line = judge(&heard, &sounds[from].name, &sounds[to].name, sounds[from].key);
        found.silent += usize::from(line.silent_steps > 0);
        found.noisy += usize::from(line.noise_steps > 0);
        found.broken += usize::from(line.clipped_steps + line.not_finite_steps > 0);
        found.leaping += usize::from(line.ratio > LARGEST_OVER_MEDIAN);
        jumps.push(line.median_jump_db);
        bar.inc(1);
    }
    bar.finish_and_clear();
    found.jump_db = median(&jumps);
    Ok(found)
}
