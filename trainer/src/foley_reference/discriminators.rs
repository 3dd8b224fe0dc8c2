//! The discriminators of HiFi-GAN (Kong, Kim and Bae 2020): several periods, each hearing samples that far apart, and several scales, each hearing
//! samples averaged over a longer time. All have weight normalisation; the published first scale has spectral normalisation in its place.

use tch::Tensor;
use tch::nn::Path;

use super::generator::leaky;
use super::layers::Layer;

const PERIODS: [i64; 5] = [2, 3, 5, 7, 11];
const SCALES: usize = 3;
/// Channels and steps of the layers of a period.
const PERIOD_LAYERS: [(i64, i64); 5] = [(32, 3), (128, 3), (512, 3), (1024, 3), (1024, 1)];
/// Channels, kernels, steps and groups of the layers of a scale.
const SCALE_LAYERS: [(i64, i64, i64, i64); 7] = [
    (128, 15, 1, 1),
    (128, 41, 2, 4),
    (256, 41, 2, 16),
    (512, 41, 4, 16),
    (1024, 41, 4, 16),
    (1024, 41, 1, 16),
    (1024, 5, 1, 1),
];

/// What the layers of a discriminator say; the last is its judgement.
pub type Heard = Vec<Tensor>;

/// A discriminator of one period.
#[derive(Debug)]
struct Period {
    period: i64,
    layers: Vec<Layer>,
    last: Layer,
}

impl Period {
    fn new(path: &Path, period: i64, thinner: i64) -> Self {
        let mut input = 1;
        let mut layers = Vec::new();
        for (index, (channels, _)) in PERIOD_LAYERS.iter().enumerate() {
            let channels = (channels / thinner).max(1);
            layers.push(Layer::normed(&(path / format!("layer{index}")), &[channels, input, 5, 1], channels));
            input = channels;
        }
        Self { period, layers, last: Layer::normed(&(path / "last"), &[1, input, 3, 1], 1) }
    }

    fn forward(&self, samples: &Tensor) -> Heard {
        let length = samples.size()[2];
        let missing = (self.period - length % self.period) % self.period;
        let whole = samples.reflection_pad1d([0, missing]);
        let mut x = whole.view([samples.size()[0], 1, -1, self.period]);
        let mut heard = Vec::new();
        for (layer, (_, step)) in self.layers.iter().zip(PERIOD_LAYERS) {
            x = leaky(&layer.conv_rows(&x, step, 2));
            heard.push(x.shallow_clone());
        }
        heard.push(self.last.conv_rows(&x, 1, 1));
        heard
    }

    fn fixed(&self) -> Self {
        Self { period: self.period, layers: self.layers.iter().map(Layer::fixed).collect(), last: self.last.fixed() }
    }
}

/// A discriminator of one scale.
#[derive(Debug)]
struct Scale {
    layers: Vec<Layer>,
    /// Groups of each layer.
    groups: Vec<i64>,
    last: Layer,
}

impl Scale {
    fn new(path: &Path, thinner: i64) -> Self {
        let mut input = 1;
        let (mut layers, mut all_groups) = (Vec::new(), Vec::new());
        for (index, (channels, kernel, _, groups)) in SCALE_LAYERS.iter().enumerate() {
            let channels = (channels / thinner).max(1);
            let groups = (*groups).min(input).min(channels);
            let place = path / format!("layer{index}");
            layers.push(Layer::normed(&place, &[channels, input / groups, *kernel], channels));
            all_groups.push(groups);
            input = channels;
        }
        Self { layers, groups: all_groups, last: Layer::normed(&(path / "last"), &[1, input, 3], 1) }
    }

    fn forward(&self, samples: &Tensor) -> Heard {
        let mut x = samples.shallow_clone();
        let mut heard = Vec::new();
        for ((layer, groups), (_, kernel, step, _)) in self.layers.iter().zip(&self.groups).zip(SCALE_LAYERS) {
            x = leaky(&layer.conv1d(&x, step, kernel / 2, *groups));
            heard.push(x.shallow_clone());
        }
        heard.push(self.last.conv1d(&x, 1, 1, 1));
        heard
    }

    fn fixed(&self) -> Self {
        Self {
            layers: self.layers.iter().map(Layer::fixed).collect(),
            groups: self.groups.clone(),
            last: self.last.fixed(),
        }
    }
}

/// All of them.
#[derive(Debug)]
pub struct Discriminators {
    periods: Vec<Period>,
    scales: Vec<Scale>,
}

impl Discriminators {
    /// Fresh weights with the published number of channels divided by `thinner`, a power of 2 up to 32.
    pub fn new(path: &Path, thinner: i64) -> Self {
        let period = |period: &i64| Period::new(&(path / format!("period{period}")), *period, thinner);
        let scale = |index: usize| Scale::new(&(path / format!("scale{index}")), thinner);
        Self { periods: PERIODS.iter().map(period).collect(), scales: (0..SCALES).map(scale).collect() }
    }

    /// What each hears of `[clip, 1, sample]`.
    pub fn forward(&self, samples: &Tensor) -> Vec<Heard> {
        let mut heard: Vec<Heard> = self.periods.iter().map(|period| period.forward(samples)).collect();
        let mut scaled = samples.shallow_clone();
        for (index, scale) in self.scales.iter().enumerate() {
            if index > 0 {
                scaled = scaled.avg_pool1d(4, 2, 2, false, true);
            }
            heard.push(scale.forward(&scaled));
        }
        heard
    }

    /// With constant weights: gradients go through them to the samples alone.
    pub fn fixed(&self) -> Self {
        Self {
            periods: self.periods.iter().map(Period::fixed).collect(),
            scales: self.scales.iter().map(Scale::fixed).collect(),
        }
    }
}
