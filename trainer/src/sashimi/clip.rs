//! What the rule of useful sounds looks at in a clip: its level, offset, onset, envelope, duration and spectrum. Pure arithmetic.

use tch::{Kind, Tensor};

/// Length of a window of the level's course, in seconds.
const WINDOW_S: f64 = 0.004;
/// A window this far below the loudest one is outside the sound: −40 dB.
const HEARD: f64 = 0.01;
/// Least level that is told, in dBFS.
const FLOOR_DB: f64 = -120.0;
/// A clip with a lower peak is silent, in dBFS.
const SILENT_DB: f64 = -40.0;
/// A clip with so much of its energy below so many hertz is a low sine.
const LOW_SINE: (f64, f64) = (0.8, 60.0);
/// A sample differs by more than this from both of its neighbours, on the same side, and the windows around its own are quieter by more than
/// 20 dB: a spike. Looked for from this many seconds after the onset, since an impact is no spike.
const SPIKE: (f32, f64, f64) = (0.5, 0.1, 0.03);

/// Names and units of [`Clip::values`].
pub const NAMES: [&str; 7] = [
    "peak, dBFS",
    "RMS level, dBFS",
    "onset, s",
    "centre of energy, s",
    "duration, s",
    "spectral centroid, Hz",
    "offset, dBFS",
];
/// Place of the offset among them.
pub const OFFSET: usize = 6;

/// What is measured of a clip.
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    /// In the order of [`NAMES`].
    pub values: [f64; NAMES.len()],
    /// Its peak is below −40 dBFS.
    pub is_silent: bool,
    /// Its last quarter is at least as loud as what precedes it.
    pub is_runaway: bool,
    /// Most of its energy lies below 60 Hz.
    pub is_low_sine: bool,
    /// It has a single sample far from its neighbours.
    pub has_spike: bool,
}

impl Clip {
    /// Of a clip's samples, full scale ±1; at least 8 windows of 4 ms.
    pub fn of(samples: &[f32], rate_hz: u32) -> Self {
        let window = (WINDOW_S * f64::from(rate_hz)).round() as usize;
        let levels: Vec<f64> = samples.chunks(window).map(rms).collect();
        let loudest = levels.iter().copied().fold(0.0, f64::max);
        let heard = |level: &f64| *level > HEARD * loudest;
        let first = levels.iter().position(heard).unwrap_or(0);
        let last = levels.iter().rposition(heard).unwrap_or(0);
        let window_s = window as f64 / f64::from(rate_hz);
        let energy: f64 = levels.iter().map(|level| level * level).sum();
        let moment: f64 = levels.iter().enumerate().map(|(place, level)| place as f64 * level * level).sum();
        let peak_db = decibels(samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())).into());
        let (centroid_hz, low_share) = spectrum(samples, rate_hz);
        let mean = samples.iter().map(|sample| f64::from(*sample)).sum::<f64>() / samples.len() as f64;
        let (before, end) = samples.split_at(samples.len() / 4 * 3);
        Self {
            values: [
                peak_db,
                decibels(rms(samples)),
                first as f64 * window_s,
                moment / energy.max(1e-30) * window_s,
                (last + 1) as f64 * window_s,
                centroid_hz,
                decibels(mean.abs()),
            ],
            is_silent: peak_db < SILENT_DB,
            is_runaway: peak_db >= SILENT_DB && rms(end) >= rms(before),
            is_low_sine: low_share > LOW_SINE.0,
            has_spike: has_spike(samples, &levels, window, first + (SPIKE.2 / window_s) as usize),
        }
    }
}

fn rms(samples: &[f32]) -> f64 {
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

fn decibels(amplitude: f64) -> f64 {
    (20.0 * amplitude.log10()).max(FLOOR_DB)
}

/// The centre of the energy over frequency in hertz, and the share of it that is low; without the offset.
fn spectrum(samples: &[f32], rate_hz: u32) -> (f64, f64) {
    let bins = Tensor::from_slice(samples).fft_rfft(None::<i64>, -1, "backward");
    let powers = Vec::<f32>::try_from(bins.abs().square().to_kind(Kind::Float)).unwrap_or_default();
    let step_hz = f64::from(rate_hz) / samples.len() as f64;
    let (mut sum, mut moment, mut low) = (1e-30, 0.0, 0.0);
    for (place, power) in powers.iter().enumerate().skip(1) {
        let (frequency_hz, power) = (place as f64 * step_hz, f64::from(*power));
        sum += power;
        moment += frequency_hz * power;
        low += if frequency_hz < LOW_SINE.1 { power } else { 0.0 };
    }
    (moment / sum, low / sum)
}

fn has_spike(samples: &[f32], levels: &[f64], window: usize, from: usize) -> bool {
    let is_alone = |place: usize| {
        let (one, other) = (samples[place] - samples[place - 1], samples[place] - samples[place + 1]);
        one.abs().min(other.abs()) > SPIKE.0 && one * other > 0.0
    };
    let is_quiet_around = |place: usize| {
        let own = place / window;
        let around = [own.wrapping_sub(2), own + 2].into_iter().filter_map(|other| levels.get(other));
        around.fold(0.0, |most: f64, level| most.max(*level)) < SPIKE.1 * levels[own]
    };
    (from.max(1) * window..samples.len().saturating_sub(1)).any(|place| is_alone(place) && is_quiet_around(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 8_000;

    fn decaying(length: usize, hertz: f64) -> Vec<f32> {
        let value = |place: usize| {
            let time_s = place as f64 / f64::from(RATE_HZ);
            0.8 * (-time_s * 20.0).exp() * (std::f64::consts::TAU * hertz * time_s).sin()
        };
        (0..length).map(|place| value(place) as f32).collect()
    }

    #[test]
    fn a_decaying_tone_is_measured_and_its_faults_are_told() {
        let good = decaying(8_000, 1_000.0);
        let clip = Clip::of(&good, RATE_HZ);
        let [peak, _, onset, centre, duration, centroid, offset] = clip.values;
        assert!((-3.0..-1.5).contains(&peak) && onset == 0.0 && offset < -50.0, "{clip:?}");
        // Energy falls by e⁻⁴⁰ᵗ, whose centre is 25 ms; a level of −40 dB is reached after 0.23 s.
        assert!((centre - 0.025).abs() < 0.003 && (duration - 0.23).abs() < 0.01, "{clip:?}");
        assert!((centroid - 1_000.0).abs() < 60.0, "{clip:?}");
        assert!(!(clip.is_silent || clip.is_runaway || clip.is_low_sine || clip.has_spike), "{clip:?}");
        let mut spiked = good.clone();
        spiked[4_000] = 0.9;
        assert!(Clip::of(&spiked, RATE_HZ).has_spike);
        let backwards: Vec<f32> = good.iter().rev().copied().collect();
        assert!(Clip::of(&backwards, RATE_HZ).is_runaway);
        assert!(Clip::of(&decaying(8_000, 30.0), RATE_HZ).is_low_sine);
        assert!(Clip::of(&vec![0.001; 8_000], RATE_HZ).is_silent);
        assert!(Clip::of(&vec![0.0; 8_000], RATE_HZ).values.iter().all(|value| value.is_finite()));
    }
}
