//! Statistics of the latent space. A pack's encoder gives means only; what needs the log-variance comes from the run.

use std::path::Path;

use anyhow::Result;
use engine::Latent;
use engine::decode::Pipeline;
use engine::units::MODEL_LATENTS;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use tch::Kind;

use crate::corpus::{Corpus, Item, Split};
use crate::features::Dataset;
use crate::statistics::mean;
use crate::trained_model::TrainedModel;

/// A dimension is active when its mean varies by more than this over the data (Burda, Grosse and Salakhutdinov,
/// "Importance weighted autoencoders", 2016, section 5.2: Var over x of E[u | x] > 0.01).
pub const ACTIVE_VARIANCE: f64 = 0.01;
/// A knob of a pack counts as active when one unit moves the frames by more than this, in dB: half of the level difference that trained listeners notice.
pub const HEARD_DB: f64 = 0.5;
/// Random points over which a knob's effect is averaged.
const EFFECT_POINTS: usize = 64;
const SEED: u64 = 5;

/// One dimension over the sounds of one split.
#[derive(Clone, Debug, Serialize)]
pub struct Dimension {
    /// Mean of the encoder's means.
    pub mean: f64,
    /// Their standard deviation.
    pub sigma: f64,
    /// Whether their variance is above [`ACTIVE_VARIANCE`].
    pub active: bool,
    /// Mean Kullback-Leibler divergence from the prior in nats; only from a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence_nats: Option<f64>,
    /// Mean posterior deviation; only from a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posterior_sigma: Option<f64>,
}

/// The dimensions over one split.
#[derive(Clone, Debug, Serialize)]
pub struct OfSplit {
    /// Which.
    pub split: Split,
    /// Sounds of it.
    pub sounds: usize,
    /// One entry per dimension.
    pub dimensions: Vec<Dimension>,
    /// Active ones.
    pub active_dimensions: usize,
    /// Part of the coordinates at the limits of ±3 σ; only of a pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_limit_part: Option<f64>,
}

/// Everything about the latents.
#[derive(Clone, Debug, Serialize)]
pub struct LatentStatistics {
    /// What the figures mean.
    pub definition: String,
    /// Names of the knobs.
    pub names: Vec<String>,
    /// The pack's encoder, in units of the knobs: a healthy dimension has a mean near 0 and a σ of 1 or a little less over the training
    /// split.
    pub pack: Vec<OfSplit>,
    /// Mean change of the decoded frames per unit of each knob, in dB.
    pub effect_db_per_unit: Vec<f64>,
    /// Active knobs.
    pub heard_knobs: usize,
    /// The run's encoder, in its own units: a pack's are these, scaled.
    pub run: Option<Vec<OfSplit>>,
}

/// Statistics of points of a pack, and of the run when there is one.
///
/// # Errors
/// Decoding fails, or the run cannot be read.
pub fn measure(
    pipeline: &mut Pipeline,
    points: &[(Split, Latent)],
    run: Option<(&Path, &Corpus, &[&Item])>,
) -> Result<LatentStatistics> {
    let effect_db_per_unit = effects(pipeline)?;
    Ok(LatentStatistics {
        definition: format!(
            "Active: variance of the encoder's means above {ACTIVE_VARIANCE} (Burda et al. 2016). A pack's axes are scaled to \
             about σ 1, so there this tells only dead axes; that it is heard means: one unit of the knob moves the frames by more \
             than {HEARD_DB} dB on average. KL in nats needs the log-variance, which a pack's encoder does not give: see the run."
        ),
        names: pipeline.model().manifest().controls.iter().map(|latent| latent.name.clone()).collect(),
        pack: [Split::Train, Split::HeldOut].into_iter().filter_map(|split| of_pack(split, points)).collect(),
        heard_knobs: effect_db_per_unit.iter().filter(|effect| **effect > HEARD_DB).count(),
        effect_db_per_unit,
        run: run.map(|(folder, corpus, items)| of_run(folder, corpus, items)).transpose()?,
    })
}

fn of_pack(split: Split, points: &[(Split, Latent)]) -> Option<OfSplit> {
    let members: Vec<&Latent> = points.iter().filter(|(of, _)| *of == split).map(|(_, latent)| latent).collect();
    let coordinates = |axis: usize| members.iter().map(|latent| f64::from(latent[axis])).collect::<Vec<_>>();
    let limit = engine::units::LATENT_LIMIT;
    let at_limit = members.iter().flat_map(|latent| latent.iter()).filter(|value| value.abs() >= limit).count();
    let dimensions = (0..MODEL_LATENTS).map(|axis| dimension(&coordinates(axis), None)).collect();
    (!members.is_empty()).then(|| {
        let at_limit_part = Some(at_limit as f64 / (members.len() * MODEL_LATENTS) as f64);
        OfSplit::new(split, members.len(), dimensions, at_limit_part)
    })
}

impl OfSplit {
    fn new(split: Split, sounds: usize, dimensions: Vec<Dimension>, at_limit_part: Option<f64>) -> Self {
        let active_dimensions = dimensions.iter().filter(|dimension| dimension.active).count();
        Self { split, sounds, dimensions, active_dimensions, at_limit_part }
    }
}

/// `posterior`: mean divergence and mean deviation.
fn dimension(means: &[f64], posterior: Option<(f64, f64)>) -> Dimension {
    let centre = mean(means);
    let variance = mean(&means.iter().map(|value| (value - centre).powi(2)).collect::<Vec<_>>());
    Dimension {
        mean: centre,
        sigma: variance.sqrt(),
        active: variance > ACTIVE_VARIANCE,
        divergence_nats: posterior.map(|(divergence, _)| divergence),
        posterior_sigma: posterior.map(|(_, sigma)| sigma),
    }
}

/// Mean absolute change of the decoded frames, in dB over all bands, when a knob moves half a unit up and down from random points.
fn effects(pipeline: &mut Pipeline) -> Result<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let shape = *pipeline.model().shape();
    let half_range_db = f64::from(-shape.floor_db / 2.0);
    let mut sums = vec![0.0; MODEL_LATENTS];
    for _ in 0..EFFECT_POINTS {
        let point: Latent = std::array::from_fn(|_| StandardNormal.sample(&mut rng));
        for (axis, sum) in sums.iter_mut().enumerate() {
            let (mut low, mut high) = (point, point);
            low[axis] -= 0.5;
            high[axis] += 0.5;
            let (low, high) = (pipeline.decode_frames(&low, 60.0)?, pipeline.decode_frames(&high, 60.0)?);
            let change = low.values.iter().zip(&high.values).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>();
            *sum += change / low.values.len() as f64 * half_range_db / EFFECT_POINTS as f64;
        }
    }
    Ok(sums)
}

fn of_run(folder: &Path, corpus: &Corpus, items: &[&Item]) -> Result<Vec<OfSplit>> {
    let trained = TrainedModel::load(folder)?;
    let mut splits = Vec::new();
    for split in [Split::Train, Split::HeldOut] {
        let members: Vec<&Item> = items.iter().filter(|item| item.split == split).copied().collect();
        if members.is_empty() {
            continue;
        }
        let (means, log_variances) = trained.posterior(&Dataset::load(corpus, &members)?);
        let columns = |tensor: &tch::Tensor| -> Result<Vec<Vec<f64>>> {
            let columns = (0..MODEL_LATENTS as i64).map(|axis| tensor.select(1, axis).to_kind(Kind::Double));
            columns.map(|column| Ok(Vec::<f64>::try_from(column.contiguous())?)).collect()
        };
        let columns = columns(&means)?.into_iter().zip(columns(&log_variances)?);
        let dimensions = columns.map(|(means, log_variances)| {
            // Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B.
            let nats = means.iter().zip(&log_variances).map(|(m, v)| 0.5 * (m * m + v.exp() - 1.0 - v));
            let sigma = mean(&log_variances.iter().map(|v| (0.5 * v).exp()).collect::<Vec<_>>());
            dimension(&means, Some((mean(&nats.collect::<Vec<_>>()), sigma)))
        });
        splits.push(OfSplit::new(split, members.len(), dimensions.collect(), None));
    }
    Ok(splits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dimension_that_says_nothing_of_the_sound_is_not_active() {
        let spread: Vec<f64> = (0..100).map(|index| f64::from(index) / 50.0 - 1.0).collect();
        let still: Vec<f64> = spread.iter().map(|value| 0.3 + 0.05 * value).collect();
        assert!(dimension(&spread, None).active);
        let still = dimension(&still, None);
        assert!(!still.active && (still.mean - 0.3).abs() < 0.01);
    }
}
