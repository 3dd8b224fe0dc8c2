//! Known damage in increasing amounts.

mod ending;

pub use ending::falls;

use engine::spectral::{Complex32, Stft};
use engine::units::db_to_gain;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const SEED: u64 = 6;
/// Amounts of each kind, rising.
pub const AMOUNTS: usize = 5;
/// Length of one gap, in seconds.
const GAP_S: f64 = 0.02;
/// Echoes of a smeared onset, how far they spread, and how long the onset is taken to be, in seconds.
const ECHOES: usize = 24;
const SPREAD_S: f64 = 0.03;
const ONSET_S: f64 = 0.15;
/// One-pole filters in a row: 24 dB an octave.
const POLES: usize = 4;

/// A kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Highs are filtered off.
    LowPass,
    /// White noise is added.
    Noise,
    /// The phases of a transform of 512 samples are turned at random.
    PhaseShort,
    /// The same at 2048 samples.
    PhaseMiddle,
    /// The same at 8192 samples.
    PhaseLong,
    /// The sound fades in.
    SoftOnset,
    /// The onset is smeared by short echoes.
    SmearedOnset,
    /// Played faster by cents.
    Detune,
    /// Played faster by semitones, up to an octave.
    Transpose,
    /// Mains hum is added.
    Hum,
    /// A constant is added.
    Offset,
    /// Pieces are missing.
    Gaps,
    /// Too loud for its range.
    Clipping,
    /// Dies away sooner.
    ShortDecay,
    /// Fades to silence and comes back with a burst.
    Return,
    /// A gate shuts.
    Gate,
    /// Bands are silenced for a moment again and again.
    BandGates,
    /// The end is played backwards.
    ReversedDecay,
    /// Softer as a whole: no damage at all, and none may be reported.
    Level,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::LowPass,
        Self::Noise,
        Self::PhaseShort,
        Self::PhaseMiddle,
        Self::PhaseLong,
        Self::SoftOnset,
        Self::SmearedOnset,
        Self::Detune,
        Self::Transpose,
        Self::Hum,
        Self::Offset,
        Self::Gaps,
        Self::Clipping,
        Self::ShortDecay,
        Self::Return,
        Self::Gate,
        Self::BandGates,
        Self::ReversedDecay,
        Self::Level,
    ];

    /// Name and unit of the amounts.
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::LowPass => ("low-pass", "kHz"),
            Self::Noise => ("added noise", "dB"),
            Self::PhaseShort => ("random phase, 512", "turns"),
            Self::PhaseMiddle => ("random phase, 2048", "turns"),
            Self::PhaseLong => ("random phase, 8192", "turns"),
            Self::SoftOnset => ("softened onset", "ms"),
            Self::SmearedOnset => ("smeared onset", "part of echoes"),
            Self::Detune => ("detuned", "cents"),
            Self::Transpose => ("transposed", "semitones"),
            Self::Hum => ("hum", "dB"),
            Self::Offset => ("constant offset", "of full scale"),
            Self::Gaps => ("gaps of 20 ms", "gaps"),
            Self::Clipping => ("clipping", "times too loud"),
            Self::ShortDecay => ("shortened decay", "1/s"),
            Self::Return => ("burst after silence", "dB"),
            Self::Gate => ("gate", "dB in 12 ms"),
            Self::BandGates => ("gated bands", "gates per band and second"),
            Self::ReversedDecay => ("reversed decay", "of the last half"),
            Self::Level => ("level", "dB"),
        }
    }

    /// The amounts, from the least damage to the most, in the unit of [`Self::describe`].
    pub fn amounts(self) -> [f64; AMOUNTS] {
        match self {
            Self::LowPass => [12.0, 8.0, 5.0, 3.0, 1.5],
            Self::Noise | Self::Hum => [-60.0, -50.0, -40.0, -30.0, -20.0],
            Self::PhaseShort | Self::PhaseMiddle | Self::PhaseLong => [0.05, 0.1, 0.2, 0.35, 0.5],
            Self::SmearedOnset => [0.05, 0.1, 0.2, 0.35, 0.6],
            Self::SoftOnset => [2.0, 5.0, 10.0, 20.0, 40.0],
            Self::Detune => [3.0, 6.0, 12.0, 25.0, 50.0],
            Self::Transpose => [1.0, 2.0, 4.0, 7.0, 12.0],
            Self::Offset => [0.003, 0.01, 0.03, 0.1, 0.3],
            Self::Gaps => [1.0, 2.0, 4.0, 8.0, 16.0],
            Self::Clipping => [1.4, 2.0, 3.0, 5.0, 8.0],
            Self::ShortDecay => [0.5, 1.0, 2.0, 4.0, 8.0],
            Self::Return => [-50.0, -44.0, -38.0, -30.0, -20.0],
            Self::Gate => [10.0, 20.0, 30.0, 40.0, 55.0],
            Self::BandGates => [0.5, 1.0, 2.0, 3.0, 4.5],
            Self::ReversedDecay => [0.2, 0.4, 0.6, 0.8, 1.0],
            Self::Level => [-1.0, -3.0, -6.0, -12.0, -24.0],
        }
    }

    /// The sound, damaged by one of the amounts. `samples` have peak 1. Random parts are the same for every amount.
    pub fn apply(self, samples: &[f32], rate_hz: f64, amount: f64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        match self {
            Self::LowPass => low_pass(samples, amount * 1e3 / rate_hz),
            Self::Noise => noise(samples, amount, &mut rng),
            Self::PhaseShort => turn_phases(samples, 512, amount, &mut rng),
            Self::PhaseMiddle => turn_phases(samples, 2048, amount, &mut rng),
            Self::PhaseLong => turn_phases(samples, 8192, amount, &mut rng),
            Self::SoftOnset => weighted(samples, |n| (n / (amount * 1e-3 * rate_hz)).min(1.0)),
            Self::SmearedOnset => smear(samples, rate_hz, amount, &mut rng),
            Self::Detune => faster(samples, (amount / 1200.0).exp2()),
            Self::Transpose => faster(samples, (amount / 12.0).exp2()),
            Self::Hum => hum(samples, rate_hz, amount),
            Self::Offset => samples.iter().map(|sample| sample + amount as f32).collect(),
            Self::Gaps => gaps(samples, rate_hz, amount as usize, &mut rng),
            Self::Clipping => samples.iter().map(|sample| (sample * amount as f32).clamp(-1.0, 1.0)).collect(),
            Self::ShortDecay => weighted(samples, |n| (-amount * n / rate_hz).exp()),
            Self::Return => ending::come_back(samples, rate_hz, amount, &mut rng),
            Self::Gate => ending::gate(samples, rate_hz, amount),
            Self::BandGates => ending::gate_bands(samples, rate_hz, amount, &mut rng),
            Self::ReversedDecay => ending::reverse_end(samples, amount),
            Self::Level => weighted(samples, |_| gain(amount)),
        }
    }
}

fn gain(level_db: f64) -> f64 {
    f64::from(db_to_gain(level_db as f32))
}

fn weighted(samples: &[f32], weight: impl Fn(f64) -> f64) -> Vec<f32> {
    samples.iter().enumerate().map(|(n, sample)| sample * weight(n as f64) as f32).collect()
}

/// `corner`: cycles per sample.
fn low_pass(samples: &[f32], corner: f64) -> Vec<f32> {
    let pole = (-std::f64::consts::TAU * corner).exp();
    let mut out: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
    for _ in 0..POLES {
        let mut state = 0.0;
        for sample in &mut out {
            state = *sample + (state - *sample) * pole;
            *sample = state;
        }
    }
    out.into_iter().map(|sample| sample as f32).collect()
}

fn noise(samples: &[f32], level_db: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let level = gain(level_db) as f32;
    let mut draw = || -> f32 { StandardNormal.sample(rng) };
    samples.iter().map(|sample| sample + level * draw()).collect()
}

/// Turns every bin by a random part of up to ± `turns` of a full turn.
fn turn_phases(samples: &[f32], size: usize, turns: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut stft = Stft::with_sizes(size, size / 4, size - size / 4);
    let mut spectrogram = stft.analyse(samples);
    for bin in &mut spectrogram.values {
        let angle = std::f64::consts::TAU * turns * rng.random_range(-1.0..1.0);
        *bin *= Complex32::from_polar(1.0, angle as f32);
    }
    let mut out = stft.synthesise(&spectrogram);
    out.resize(samples.len(), 0.0);
    out
}

/// A part of the onset is replaced by echoes of random sign; what follows fades back to the sound itself.
fn smear(samples: &[f32], rate_hz: f64, part: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let echoes: Vec<(usize, f32)> = (0..ECHOES)
        .map(|_| {
            let delay = (rng.random_range(0.0..SPREAD_S) * rate_hz) as usize;
            (delay, if rng.random_bool(0.5) { 1.0 } else { -1.0 })
        })
        .collect();
    let scale = (ECHOES as f32).sqrt().recip();
    let smeared = |n: usize| -> f32 {
        let parts = echoes.iter().filter_map(|(delay, sign)| Some(sign * samples.get(n.checked_sub(*delay)?)?));
        parts.sum::<f32>() * scale
    };
    let onset = ONSET_S * rate_hz;
    let mix = |n: usize| (part * (1.0 - ((n as f64 - onset) / onset).clamp(0.0, 1.0))) as f32;
    let of = |n: usize| if mix(n) > 0.0 { smeared(n) * mix(n) + samples[n] * (1.0 - mix(n)) } else { samples[n] };
    (0..samples.len()).map(of).collect()
}

/// Plays `ratio` times as fast: four-point third-order Hermite interpolation.
fn faster(samples: &[f32], ratio: f64) -> Vec<f32> {
    let at = |index: isize| usize::try_from(index).ok().and_then(|index| samples.get(index)).copied().unwrap_or(0.0);
    (0..samples.len())
        .map(|n| {
            let position = n as f64 * ratio;
            let (whole, part) = (position.floor() as isize, (position.fract()) as f32);
            let (a, b, c, d) = (at(whole - 1), at(whole), at(whole + 1), at(whole + 2));
            let slope = (c - a) / 2.0;
            let curve = a - 2.5 * b + 2.0 * c - 0.5 * d;
            let bend = (d - a) / 2.0 + 1.5 * (b - c);
            ((bend * part + curve) * part + slope) * part + b
        })
        .collect()
}

/// 50 Hz and its first odd and even overtones.
fn hum(samples: &[f32], rate_hz: f64, level_db: f64) -> Vec<f32> {
    let level = gain(level_db);
    let step = std::f64::consts::TAU * 50.0 / rate_hz;
    let wave = |n: usize| (1..=4).map(|h| (step * (n * h) as f64).sin() / h as f64).sum::<f64>();
    samples.iter().enumerate().map(|(n, sample)| sample + (level * wave(n)) as f32).collect()
}

/// Silences pieces where the sound is loud enough for them to be missed: above −40 dB of its peak.
fn gaps(samples: &[f32], rate_hz: f64, count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let length = (GAP_S * rate_hz) as usize;
    let end = samples.iter().rposition(|sample| sample.abs() > 0.01).unwrap_or(0);
    let mut out = samples.to_vec();
    for _ in 0..count {
        let start = rng.random_range(0..end.saturating_sub(length).max(1));
        let to = (start + length).min(out.len());
        out[start..to].fill(0.0);
    }
    out
}
