//! The figures that the ladder judges, and which kinds of damage each claims to order.

use super::super::artefacts::Artefacts;
use super::super::measures::Measures;
use super::damage::Kind;

/// A figure: larger must mean worse.
#[derive(Clone, Copy)]
pub struct Metric {
    /// Name for people.
    pub name: &'static str,
    /// Kinds of damage that it must order.
    pub claims: &'static [Kind],
    /// Its reading, where the sound has one.
    pub read: fn(&Measures) -> Option<f64>,
    /// Whether it is read from ViSQOL instead.
    pub is_quality: bool,
}

impl Metric {
    /// Readings along one ladder; `None` when the sound has none.
    pub fn readings(&self, measures: &[Measures], quality: &[f64]) -> Option<Vec<f64>> {
        if self.is_quality {
            // A quality falls where an error rises.
            return (!quality.is_empty()).then(|| quality.iter().map(|quality| QUALITY_BEST - quality).collect());
        }
        measures.iter().map(self.read).collect()
    }
}

/// Best quality that ViSQOL gives.
const QUALITY_BEST: f64 = 5.0;

/// Damage of any spectrum.
const SPECTRAL: &[Kind] = &[
    Kind::LowPass,
    Kind::Noise,
    Kind::PhaseShort,
    Kind::PhaseMiddle,
    Kind::PhaseLong,
    Kind::SmearedOnset,
    Kind::Detune,
    Kind::Hum,
    Kind::Gaps,
    Kind::Clipping,
    Kind::ShortDecay,
];

/// Damage that ViSQOL scores; each reading takes more than a second.
const QUALITY: &[Kind] =
    &[Kind::LowPass, Kind::Noise, Kind::PhaseMiddle, Kind::Detune, Kind::Transpose, Kind::Gaps, Kind::Clipping];

/// Whether ViSQOL scores this damage.
pub fn is_heard_by_visqol(kind: Kind) -> bool {
    QUALITY.contains(&kind)
}

const fn metric(name: &'static str, claims: &'static [Kind], read: fn(&Measures) -> Option<f64>) -> Metric {
    Metric { name, claims, read, is_quality: false }
}

/// By how much a remake has more of an artefact than the sound itself.
fn excess(measures: &Measures, pick: fn(&Artefacts) -> f32) -> f64 {
    f64::from((pick(&measures.artefacts) - pick(&measures.true_artefacts)).max(0.0))
}

/// The figures of a report.
pub const METRICS: &[Metric] = &[
    metric("log-mel error", SPECTRAL, |m| Some(f64::from(m.log_mel_db))),
    metric(
        "log-mel error, 512",
        &[Kind::LowPass, Kind::Noise, Kind::PhaseShort, Kind::SmearedOnset, Kind::Gaps],
        |m| Some(f64::from(m.log_mel_by_size_db[0])),
    ),
    metric("log-mel error, 2048", &[Kind::LowPass, Kind::Noise, Kind::PhaseMiddle, Kind::Detune, Kind::Gaps], |m| {
        Some(f64::from(m.log_mel_by_size_db[1]))
    }),
    metric("log-mel error, 8192", &[Kind::LowPass, Kind::Noise, Kind::PhaseLong, Kind::Detune, Kind::Hum], |m| {
        Some(f64::from(m.log_mel_by_size_db[2]))
    }),
    metric("STFT distance", SPECTRAL, |m| Some(f64::from(m.stft_distance))),
    metric("spectral convergence", SPECTRAL, |m| Some(f64::from(m.spectral_convergence))),
    metric("report loss", SPECTRAL, |m| Some(f64::from(m.report_loss))),
    metric("report loss at best level", SPECTRAL, |m| Some(f64::from(m.report_loss_at_best_level))),
    metric("attack error", &[Kind::SoftOnset], |m| Some(f64::from(m.attack_error_ms))),
    metric("decay error", &[Kind::ShortDecay], |m| Some(f64::from(m.decay_error_ms))),
    metric("loudness error", &[Kind::Clipping, Kind::ShortDecay], |m| Some(f64::from(m.loudness_error_db.abs()))),
    metric("pitch offset", &[Kind::Detune], |m| Some((m.pitch_offset_cents? - m.true_pitch_offset_cents?).abs())),
    metric("transposition", &[Kind::Detune, Kind::Transpose], |m| m.transposition_cents.map(f64::abs)),
    metric("returns", &[Kind::Return], |m| Some(excess(m, |found| found.return_db))),
    metric("cut ends", &[Kind::Gate], |m| Some(excess(m, |found| found.end_fall_db))),
    metric("flicker", &[Kind::BandGates], |m| Some(excess(m, |found| found.flicker_per_band_s))),
    metric("rising part", &[Kind::ReversedDecay], |m| Some(excess(m, |found| found.rising_part))),
    Metric { name: "ViSQOL", claims: QUALITY, read: |_| None, is_quality: true },
];
