//! Random points: do they repeat the training sounds, and do they differ from each other?
//!
//! All sounds are compared at peak 1, very quiet ones raised by 12 dB: how loud a model plays is no difference.

use std::sync::Arc;

use anyhow::Result;
use engine::Latent;
use engine::decode::{Model, Shaping};
use engine::pack::LatentDistribution;
use engine::spectral::{FrameAnalysis, SpectralShape};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::parallel::{Tools, parallel_map, parallel_map_with};
use super::sound_features::SoundFeatures;
use crate::corpus::{Corpus, Item};
use crate::reference::transform::bring_to_peak;
use crate::statistics::{interval, mean, median, quantile, share_within};

const SEED: u64 = 4;
/// Closer than this part of the training sounds are to their neighbours, a random sound repeats one.
const REPEATS_BELOW: f64 = 0.05;

/// A sound that is known, and where it belongs.
#[derive(Debug)]
pub struct Known {
    /// Group whose members share recordings.
    pub group: String,
    /// Its key.
    pub key: u8,
    /// How it sounds.
    pub heard: SoundFeatures,
}

/// Distances are jumps as in [`SoundFeatures::jump_db`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomSounds {
    /// Number of random points, each at the key of a training sound.
    pub points: usize,
    /// Training sounds that they were compared with.
    pub training_sounds: usize,
    /// Median distance of a random sound from the nearest training sound, in dB.
    pub to_nearest_training_db: f64,
    /// Its 95 % interval.
    pub to_nearest_training_interval_db: [f64; 2],
    /// Median distance of a training sound from the nearest one of another group.
    pub training_to_nearest_db: f64,
    /// Median distance of a held-out sound from the nearest training sound.
    pub held_out_to_nearest_db: Option<f64>,
    /// Part of the random sounds that lie closer to a training sound than 5 % of the training sounds do: memorised ones.
    pub memorised_part: f64,
    /// Mean distance between two random sounds.
    pub among_random_db: f64,
    /// Mean distance between two training sounds.
    pub among_training_db: f64,
    /// The former over the latter: 1 is as diverse as the training sounds.
    pub diversity: f64,
}

/// Listens to sounds of the corpus by the given analysis.
///
/// # Errors
/// A sound cannot be read.
pub fn known(corpus: &Corpus, items: &[&Item], shape: &SpectralShape) -> Result<Vec<Known>> {
    parallel_map_with(
        "corpus",
        items,
        || Ok(FrameAnalysis::new(shape)),
        |analysis, item| {
            let heard = at_peak(analysis, shape, corpus.samples(item)?);
            Ok(Known { group: item.group.clone(), key: item.key, heard })
        },
    )
}

/// Listens to a sound at peak 1.
pub fn at_peak(analysis: &mut FrameAnalysis, shape: &SpectralShape, mut samples: Vec<f32>) -> SoundFeatures {
    bring_to_peak(&mut samples);
    SoundFeatures::new(analysis, shape, &samples)
}

/// Decodes `count` seeded random points, scattered as the sounds of the pack are, and compares.
///
/// # Errors
/// Decoding fails.
pub fn measure(model: &Arc<Model>, train: &[Known], held_out: &[Known], count: usize) -> Result<RandomSounds> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let distribution = LatentDistribution::of(model.manifest().kind, model.sounds());
    let points: Vec<(Latent, u8)> = (0..count)
        .map(|_| {
            let normal = std::array::from_fn(|_| StandardNormal.sample(&mut rng));
            let kernel = if distribution.has_kernels() { rng.random() } else { 0 };
            let point = distribution.point(&normal, kernel);
            (point, train[rng.random_range(0..train.len())].key)
        })
        .collect();
    let heard = parallel_map("random sounds", model, &points, |tools: &mut Tools, (point, key)| {
        let samples = tools.pipeline.decode(point, f32::from(*key), &Shaping::default())?;
        let shape = tools.shape();
        Ok(at_peak(&mut tools.analysis, &shape, samples))
    })?;
    compare(&heard, train, held_out)
}

/// Compares random sounds with those of the corpus.
///
/// # Errors
/// There is nothing to compare with.
pub fn compare(heard: &[SoundFeatures], train: &[Known], held_out: &[Known]) -> Result<RandomSounds> {
    let nearest = |heard: &SoundFeatures, but: Option<&str>| {
        let others = train.iter().filter(|other| but != Some(other.group.as_str()));
        others.map(|other| heard.jump_db(&other.heard)).fold(f64::INFINITY, f64::min)
    };
    let random = parallel_map_with("nearest", heard, || Ok(()), |(), sound| Ok(nearest(sound, None)))?;
    let among =
        parallel_map_with("nearest", train, || Ok(()), |(), sound| Ok(nearest(&sound.heard, Some(&sound.group))))?;
    // A training split of one group has no neighbours.
    let among: Vec<f64> = among.into_iter().filter(|distance| distance.is_finite()).collect();
    let unseen = parallel_map_with("nearest", held_out, || Ok(()), |(), sound| Ok(nearest(&sound.heard, None)))?;
    let numbered: Vec<String> = (0..heard.len()).map(|index| index.to_string()).collect();
    let alone: Vec<(&str, f64)> = numbered.iter().map(String::as_str).zip(random.iter().copied()).collect();
    let training: Vec<&SoundFeatures> = train.iter().map(|sound| &sound.heard).collect();
    let among_random_db = pairwise_db(&heard.iter().collect::<Vec<_>>(), heard.len());
    let among_training_db = pairwise_db(&training, heard.len());
    Ok(RandomSounds {
        points: heard.len(),
        training_sounds: train.len(),
        to_nearest_training_db: median(&random),
        to_nearest_training_interval_db: interval(&alone, &median),
        training_to_nearest_db: median(&among),
        held_out_to_nearest_db: (!unseen.is_empty()).then(|| median(&unseen)),
        memorised_part: share_within(&random, quantile(&among, REPEATS_BELOW)),
        among_random_db,
        among_training_db,
        diversity: among_random_db / among_training_db.max(1e-9),
    })
}

/// Mean distance of seeded random pairs of different sounds, ten for each of `count`.
fn pairwise_db(sounds: &[&SoundFeatures], count: usize) -> f64 {
    if sounds.len() < 2 {
        return 0.0;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED + 1);
    let distances: Vec<f64> = (0..count * 10)
        .map(|_| {
            let one = rng.random_range(0..sounds.len());
            let other = (one + rng.random_range(1..sounds.len())) % sounds.len();
            sounds[one].jump_db(sounds[other])
        })
        .collect();
    mean(&distances)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn tone(step: f32, level: f32) -> Vec<f32> {
        (0..SHAPE.sound_samples()).map(|n| level * (n as f32 * step).sin()).collect()
    }

    fn heard(samples: Vec<f32>) -> SoundFeatures {
        at_peak(&mut FrameAnalysis::new(&SHAPE), &SHAPE, samples)
    }

    #[test]
    fn repeated_sounds_are_called_memorised_and_equal_ones_not_diverse() {
        let steps = [0.02, 0.05, 0.1, 0.2, 0.4];
        let known = |(index, step): (usize, &f32)| Known {
            group: format!("group {index}"),
            key: 60,
            heard: heard(tone(*step, 1.0)),
        };
        let train: Vec<Known> = steps.iter().enumerate().map(known).collect();
        // At another level: only how it sounds counts.
        let repeats: Vec<SoundFeatures> = steps.iter().map(|step| heard(tone(*step, 0.3))).collect();
        let found = compare(&repeats, &train, &train[..1]).expect("sounds");
        assert!(found.memorised_part == 1.0 && found.to_nearest_training_db < 0.1, "{found:?}");
        assert!(found.held_out_to_nearest_db.is_some_and(|distance| distance < 0.01), "{found:?}");
        assert!((0.6..1.7).contains(&found.diversity), "{found:?}");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let noise: Vec<f32> = (0..SHAPE.sound_samples()).map(|_| rng.random_range(-1.0..1.0)).collect();
        let others: Vec<SoundFeatures> = (0..5).map(|_| heard(noise.clone())).collect();
        let found = compare(&others, &train, &[]).expect("sounds");
        assert!(found.memorised_part == 0.0 && found.diversity == 0.0, "{found:?}");
        assert!(found.to_nearest_training_db > 10.0 && found.held_out_to_nearest_db.is_none(), "{found:?}");
    }
}
