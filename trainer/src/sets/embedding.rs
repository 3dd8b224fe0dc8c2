//! The fixed embeddings, fitted on the reference's training part alone.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use tch::{Kind, Tensor};

use super::classifier::{Network, WIDTH};
use super::features::{Features, VERSION};

/// Dimensions that are kept of the statistics and of the scattering.
const STAT_DIMENSIONS: i64 = 64;
const SCATTERING_DIMENSIONS: i64 = 128;
/// Leading principal components in which Fréchet distances are taken: covariances of fewer clips than dimensions are singular.
const LEADING: i64 = 32;
/// Single statistics are held to this many standard deviations of the reference: a few have long tails.
const FARTHEST: f64 = 5.0;
/// Training clips that a whitened dimension needs: with fewer, whitening fits them and no new clip.
const CLIPS_PER_DIMENSION: i64 = 5;
/// Variances below this part of the largest one are not made larger by whitening.
const LEAST_VARIANCE: f64 = 1e-4;
/// Sizes of the six classes of texture statistics for 30 bands: four moments of each band, the correlations, the modulations.
const TEXTURE_MOMENTS: i64 = 30;
const TEXTURE_MODULATIONS: i64 = 600;

/// What an embedding is called, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Name with version, e.g. `stat-64/1`.
    pub name: String,
    /// In words.
    pub meaning: &'static str,
    /// Number of its values.
    pub dimensions: i64,
}

/// One embedding of a set of clips, in 64 bits.
#[derive(Debug)]
pub struct Embedded {
    /// `[clip, dimension]`.
    pub values: Tensor,
    /// `[clip, component]`: the leading principal components of the reference.
    pub leading: Tensor,
}

impl Embedded {
    /// Some of the clips.
    pub fn select(&self, rows: &[usize]) -> Self {
        let index = Tensor::from_slice(&rows.iter().map(|row| *row as i64).collect::<Vec<_>>());
        Self { values: self.values.index_select(0, &index), leading: self.leading.index_select(0, &index) }
    }
}

/// A linear map that centres.
#[derive(Debug)]
struct Projection {
    mean: Tensor,
    /// What dimensions are multiplied with before the map.
    scale: Tensor,
    /// Farthest that a dimension counts after that.
    farthest: f64,
    /// `[in, out]`.
    map: Tensor,
}

impl Projection {
    /// The leading principal components, after each dimension is divided by its deviation if `scaled`, each component divided by its
    /// own if `whitened`.
    fn principal(values: &Tensor, dimensions: i64, scaled: bool, whitened: bool) -> Self {
        let mean = values.mean_dim([0i64].as_slice(), true, Kind::Double);
        let centred = values - &mean;
        let count = (centred.size()[0] - 1).max(1) as f64;
        let deviation = (centred.square().sum_dim_intlist([0i64].as_slice(), false, Kind::Double) / count).sqrt();
        let scale = if scaled { deviation.clamp_min(1e-6).reciprocal() } else { deviation.ones_like() };
        let scale = scale.unsqueeze(0);
        let farthest = if scaled { FARTHEST } else { f64::INFINITY };
        let centred = (centred * &scale).clamp(-farthest, farthest);
        let (variances, vectors) = (centred.tr().matmul(&centred) / count).linalg_eigh("L");
        let most = if whitened { (values.size()[0] / CLIPS_PER_DIMENSION).max(1) } else { dimensions };
        let kept = dimensions.min(most).min(variances.size()[0]);
        let last = variances.size()[0] - kept;
        let vectors = vectors.narrow(1, last, kept).flip([1]);
        let variances = variances.narrow(0, last, kept).flip([0]);
        let least = variances.max().double_value(&[]).max(1e-12) * LEAST_VARIANCE;
        let vectors = if whitened { vectors / variances.clamp_min(least).sqrt().unsqueeze(0) } else { vectors };
        Self { mean, scale, farthest, map: vectors }
    }

    fn apply(&self, values: &Tensor) -> Tensor {
        ((values - &self.mean) * &self.scale).clamp(-self.farthest, self.farthest).matmul(&self.map)
    }
}

/// Every statistic against its mean and deviation in the reference, every class of them with the same weight.
#[derive(Debug)]
struct Scaling {
    mean: Tensor,
    deviation: Tensor,
    weight: Tensor,
}

impl Scaling {
    fn new(values: &Tensor) -> Self {
        let mean = values.mean_dim([0i64].as_slice(), true, Kind::Double);
        let deviation =
            (values - &mean).square().mean_dim([0i64].as_slice(), true, Kind::Double).sqrt().clamp_min(1e-6);
        let correlations = values.size()[1] - 4 * TEXTURE_MOMENTS - TEXTURE_MODULATIONS;
        let sizes = [TEXTURE_MOMENTS; 4].into_iter().chain([correlations, TEXTURE_MODULATIONS]);
        let weights: Vec<f64> = sizes.flat_map(|size| vec![1.0 / (size as f64).sqrt(); size as usize]).collect();
        Self { mean, deviation, weight: Tensor::from_slice(&weights) }
    }

    fn apply(&self, values: &Tensor) -> Tensor {
        ((values - &self.mean) / &self.deviation).clamp(-FARTHEST, FARTHEST) * &self.weight
    }
}

/// What gives the values of an embedding.
#[derive(Debug)]
enum Source {
    Stat(Projection),
    Texture(Scaling),
    Scattering(Projection),
    Network(Network),
}

impl Source {
    fn values(&self, features: &Features) -> Tensor {
        match self {
            Self::Stat(projection) => projection.apply(&double(&features.stat)),
            Self::Texture(scaling) => scaling.apply(&double(&features.texture)),
            Self::Scattering(projection) => projection.apply(&double(&features.scattering)),
            Self::Network(network) => double(&network.embed(&features.pictures)),
        }
    }
}

/// An embedding.
#[derive(Debug)]
pub struct Embedding {
    /// What it is.
    pub description: Description,
    source: Source,
    /// To the leading components, where the values are not in their order already.
    leading: Option<Projection>,
}

impl Embedding {
    fn new(name: &str, meaning: &'static str, source: Source, train: &Features) -> Self {
        let is_ordered = matches!(source, Source::Stat(_) | Source::Scattering(_));
        let values = source.values(train);
        let leading = (!is_ordered).then(|| Projection::principal(&values, LEADING, false, false));
        let description = Description { name: format!("{name}/{VERSION}"), meaning, dimensions: values.size()[1] };
        Self { description, source, leading }
    }

    /// Of a set.
    pub fn of(&self, features: &Features) -> Embedded {
        let values = self.source.values(features);
        let leading = match &self.leading {
            Some(projection) => projection.apply(&values),
            None => values.narrow(1, 0, LEADING.min(values.size()[1])),
        };
        Embedded { values, leading }
    }

    /// The network that tells the classes, if this is it.
    pub fn classifier(&self) -> Option<&Network> {
        match &self.source {
            Source::Network(network) if self.description.name.starts_with(CLASSIFIER) => Some(network),
            _ => None,
        }
    }
}

const CLASSIFIER: &str = "classifier";

/// The embeddings in the order of the report; without the classifier where there are no classes to tell.
///
/// # Errors
/// The classifier's training diverges or the cache cannot be written.
pub fn fit(train: &Features, targets: &[i64], classes: usize, id: &str, cache: &Path) -> Result<Vec<Embedding>> {
    let stat = Projection::principal(&double(&train.stat), STAT_DIMENSIONS, true, true);
    let scattering = Projection::principal(&double(&train.scattering), SCATTERING_DIMENSIONS, false, false);
    let mut out = vec![
        Embedding::new(
            "stat-64",
            "statistics of cepstra, spectral shape, onsets and envelope, whitened on the reference",
            Source::Stat(stat),
            train,
        ),
        Embedding::new(
            "texture",
            "moments and correlations of cochlear envelopes and their modulations, each class with the same weight",
            Source::Texture(Scaling::new(&double(&train.texture))),
            train,
        ),
        Embedding::new(
            "scattering-128",
            "logarithms of scattering coefficients of order two over the whole clip, leading principal components of the reference",
            Source::Scattering(scattering),
            train,
        ),
    ];
    if classes > 1 {
        let network = Network::trained(train, targets, classes, id, cache)?;
        let meaning = "last layer but one of a convolutional network that tells the reference's classes";
        out.push(Embedding::new(&format!("{CLASSIFIER}-{WIDTH}"), meaning, Source::Network(network), train));
    }
    let meaning = "the same network of a fixed seed, untrained: the control";
    out.push(Embedding::new(&format!("random-{WIDTH}"), meaning, Source::Network(Network::untrained()), train));
    Ok(out)
}

fn double(tensor: &Tensor) -> Tensor {
    tensor.to_kind(Kind::Double)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn whitened_components_have_unit_variance_and_are_uncorrelated() {
        tch::manual_seed(3);
        let mix = Tensor::randn([12, 20], (Kind::Double, Device::Cpu));
        let values = Tensor::randn([400, 12], (Kind::Double, Device::Cpu)).matmul(&mix) + 5.0;
        let white = Projection::principal(&values, 8, true, true).apply(&values);
        let covariance = white.tr().matmul(&white) / 399.0;
        let error = (covariance - Tensor::eye(8, (Kind::Double, Device::Cpu))).abs().max().double_value(&[]);
        assert!(white.size() == [400, 8] && error < 1e-8, "{error}");
    }
}
