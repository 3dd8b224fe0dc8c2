//! Statistics of sound textures after McDermott and Simoncelli (2011): moments of cochlear envelopes, their correlations, the power of their
//! modulations.

mod cochlea;

use cochlea::{ENVELOPE_RATE_HZ, envelopes};
use realfft::RealFftPlanner;

/// Distances in band number between the bands whose envelopes are correlated.
const BAND_STEPS: [usize; 8] = [1, 2, 3, 5, 8, 11, 16, 21];
/// Modulation bands and the range of their centres in Hz.
const MODULATIONS: usize = 20;
const MODULATION_HZ: [f64; 2] = [0.5, 200.0];
/// Half the width of a modulation band in octaves.
const MODULATION_OCTAVES: f64 = 0.75;

/// Names of the classes of statistics, in the order of [`Statistics::classes`].
pub const CLASSES: [&str; 6] = ["mean", "variance", "skewness", "kurtosis", "correlation", "modulation"];

/// The statistics of one channel.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// Of each class: the mean of each envelope, its variance against the squared mean, skewness, kurtosis, correlations between bands, and
    /// the modulation in each band and modulation band against the standard deviation.
    pub classes: [Vec<f64>; 6],
}

impl Statistics {
    /// Of mono samples, at most the first minute.
    #[must_use]
    pub fn of(samples: &[f32], rate_hz: u32) -> Self {
        let envelopes = envelopes(samples, f64::from(rate_hz));
        let mut classes: [Vec<f64>; 6] = Default::default();
        let mut normal = Vec::new();
        for envelope in &envelopes {
            let count = envelope.len().max(1) as f64;
            let mean = envelope.iter().sum::<f64>() / count;
            let moment = |power: i32| envelope.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
            let deviation = moment(2).sqrt() + 1e-12;
            classes[0].push(mean);
            classes[1].push(moment(2) / (mean * mean + 1e-24));
            classes[2].push(moment(3) / deviation.powi(3));
            classes[3].push(moment(4) / deviation.powi(4));
            normal.push(envelope.iter().map(|value| (value - mean) / deviation).collect::<Vec<f64>>());
        }
        for step in BAND_STEPS {
            let pairs = normal.iter().zip(normal.iter().skip(step));
            classes[4]
                .extend(pairs.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len().max(1) as f64));
        }
        classes[5] = modulations(&normal);
        Self { classes }
    }

    /// Distance in each class: the norm of the difference against the mean norm.
    #[must_use]
    pub fn distances(&self, other: &Self) -> [f64; 6] {
        std::array::from_fn(|class| {
            let (a, b) = (&self.classes[class], &other.classes[class]);
            let norm = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>().sqrt();
            let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            norm(&difference) / (0.5 * (norm(a) + norm(b))).max(1e-9)
        })
    }
}

/// Root of the power of each envelope, mean 0 and variance 1, in each modulation band.
fn modulations(envelopes: &[Vec<f64>]) -> Vec<f64> {
    let length = envelopes.first().map_or(0, Vec::len);
    if length < 2 {
        return Vec::new();
    }
    let forward = RealFftPlanner::<f64>::new().plan_fft_forward(length);
    let mut spectrum = forward.make_output_vec();
    let bin_hz = ENVELOPE_RATE_HZ / length as f64;
    let centre = |band: usize| {
        MODULATION_HZ[0] * (MODULATION_HZ[1] / MODULATION_HZ[0]).powf(band as f64 / (MODULATIONS - 1) as f64)
    };
    let mut out = Vec::new();
    for envelope in envelopes {
        let mut time = envelope.clone();
        forward.process(&mut time, &mut spectrum).expect("plan and buffers are made together");
        for band in 0..MODULATIONS {
            let [low, high] = [-1.0, 1.0].map(|side| centre(band) * (side * MODULATION_OCTAVES).exp2() / bin_hz);
            let bins = (low.ceil() as usize).max(1)..=(high as usize).min(spectrum.len() - 1);
            let power: f64 = bins
                .map(|bin| {
                    let octaves = (bin as f64 * bin_hz / centre(band)).log2().abs();
                    spectrum[bin].norm_sqr() * (1.0 - octaves / MODULATION_OCTAVES).powi(2)
                })
                .sum();
            out.push((2.0 * power).sqrt() / length as f64);
        }
    }
    out
}
