//! Random points: do they repeat the training sounds, and do they differ from each other?

use std::sync::Arc;

use anyhow::Result;
use engine::Latent;
use engine::decode::{Model, Shaping};
use engine::units::LATENT_LIMIT;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use super::levels::Heard;
use super::spread::{Tools, spread};
use super::statistics::{interval, mean, median, quantile, share_within};

const SEED: u64 = 4;
/// Closer than this part of the training sounds are to their neighbours, a random sound repeats one.
const REPEATS_BELOW: f64 = 0.05;

/// A sound that is known, and where it belongs.
pub struct Known {
    /// Group whose members share recordings.
    pub group: String,
    /// Its key.
    pub key: u8,
    /// How it sounds.
    pub heard: Heard,
}

/// Distances are jumps as in [`Heard::jump_db`].
#[derive(Clone, Debug, Serialize)]
pub struct RandomSounds {
    /// Number of random points, drawn from the unit normal distribution within ±3, each at the key of a training sound.
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

/// Decodes `count` seeded random points and compares.
pub fn measure(model: &Arc<Model>, train: &[Known], held_out: &[Known], count: usize) -> Result<RandomSounds> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let points: Vec<(Latent, u8)> = (0..count)
        .map(|_| {
            let mut coordinate = || {
                let value: f32 = StandardNormal.sample(&mut rng);
                value.clamp(-LATENT_LIMIT, LATENT_LIMIT)
            };
            let point = std::array::from_fn(|_| coordinate());
            (point, train[rng.random_range(0..train.len())].key)
        })
        .collect();
    let heard = spread("random sounds", model, &points, |tools: &mut Tools, (point, key)| {
        let samples = tools.pipeline.decode(point, f32::from(*key), &Shaping::default())?;
        let shape = tools.shape();
        Ok(Heard::new(&mut tools.analysis, &shape, &samples))
    })?;
    let nearest = |heard: &Heard, group: &str| {
        let others = train.iter().filter(|other| other.group != group);
        others.map(|other| heard.jump_db(&other.heard)).fold(f64::INFINITY, f64::min)
    };
    let random = spread("nearest", model, &heard, |_, sound| Ok(nearest(sound, "")))?;
    let among = spread("nearest", model, train, |_, sound| Ok(nearest(&sound.heard, &sound.group)))?;
    // A training split of one group has no neighbours.
    let among: Vec<f64> = among.into_iter().filter(|distance| distance.is_finite()).collect();
    let unseen: Vec<f64> = held_out.iter().map(|sound| nearest(&sound.heard, "")).collect();
    let numbered: Vec<String> = (0..count).map(|index| index.to_string()).collect();
    let alone: Vec<(&str, f64)> = numbered.iter().map(String::as_str).zip(random.iter().copied()).collect();
    let training: Vec<&Heard> = train.iter().map(|sound| &sound.heard).collect();
    let (among_random_db, among_training_db) =
        (pairwise_db(&heard.iter().collect::<Vec<_>>(), count), pairwise_db(&training, count));
    Ok(RandomSounds {
        points: count,
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
fn pairwise_db(sounds: &[&Heard], count: usize) -> f64 {
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
