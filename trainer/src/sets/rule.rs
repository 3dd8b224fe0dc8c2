//! Simple figures of a clip as it is, and the rule by which a generated clip counts as useful. Pure.

use engine::units::gain_to_db;
use serde::Serialize;

use super::reading::{Format, Read};
use super::spectra::Spectra;
use crate::eval::envelope::{Envelope, rms};
use crate::eval::sound_features::{SILENT_DB, loudness_db};
use crate::statistics::quantile;

/// Quantiles of the reference between which a useful clip lies.
const TAILS: [f64; 2] = [0.01, 0.99];
/// Envelope: the part of the time within this of the loudest 10 ms, in dB.
const ACTIVE_DB: f32 = 20.0;
const STEP_S: f64 = 0.01;
/// An offset up to this is never against the rule: it is not heard. In dB of full scale.
const HARMLESS_OFFSET_DB: f64 = -60.0;
/// An offset from this on is a runaway. In dB of full scale.
const RUNAWAY_OFFSET_DB: f32 = -26.0;

/// Names of the figures that the rule compares.
pub const NAMES: [&str; 6] = ["level", "offset", "onset", "centroid", "envelope", "duration"];
/// Place of the offset among them.
const OFFSET: usize = 1;

/// Figures of one clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// In the order of [`NAMES`]: loudest 50 ms in dB of full scale; size of the mean in dB of full scale; time until half the peak of the
    /// envelope in ms; octaves of the centroid above 100 Hz; part of the time within 20 dB of the loudest 10 ms; time of the last moment within
    /// 40 dB of the peak in ms.
    pub rule: [f64; 6],
    /// Root mean square in dB of full scale.
    pub mean_db: f64,
    /// Whether nothing is heard.
    pub silent: bool,
    /// Whether it is clipped, beyond full scale, or has a large offset.
    pub runaway: bool,
}

impl Figures {
    /// Values of one clip as numbers.
    pub const VALUES: usize = 9;

    /// Measures a clip.
    pub fn new(sound: &Read, spectra: &Spectra, format: &Format) -> Self {
        let (own, compared, rate_hz) = (&sound.own, &sound.compared, f64::from(format.rate_hz));
        let envelope = Envelope::new(compared, rate_hz);
        let rule = [
            loudness_db(compared, rate_hz),
            offset_db(compared),
            envelope.attack_ms(),
            (spectra.centroid_hz.max(10.0) / 100.0).log2(),
            active_part(compared, rate_hz),
            envelope.end_ms(),
        ];
        Self {
            rule: rule.map(f64::from),
            mean_db: f64::from(level_db(rms(own))),
            silent: loudness_db(own, rate_hz) < SILENT_DB,
            runaway: sound.clipped || offset_db(own) > RUNAWAY_OFFSET_DB,
        }
    }

    /// As numbers.
    pub fn values(&self) -> [f64; Self::VALUES] {
        let [a, b, c, d, e, f] = self.rule;
        [a, b, c, d, e, f, self.mean_db, f64::from(u8::from(self.silent)), f64::from(u8::from(self.runaway))]
    }

    /// From [`Self::values`].
    pub fn of_values(values: &[f64]) -> Option<Self> {
        let &[a, b, c, d, e, f, mean_db, silent, runaway] = values else { return None };
        Some(Self { rule: [a, b, c, d, e, f], mean_db, silent: silent > 0.5, runaway: runaway > 0.5 })
    }
}

/// At least −120 dB of full scale.
fn level_db(value: f32) -> f32 {
    gain_to_db(value.max(1e-6))
}

fn offset_db(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample)).sum();
    level_db((sum / samples.len().max(1) as f64).abs() as f32)
}

fn active_part(samples: &[f32], rate_hz: f64) -> f32 {
    let step = ((STEP_S * rate_hz) as usize).max(1);
    let levels: Vec<f32> = samples.chunks(step).map(|part| level_db(rms(part))).collect();
    let loudest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    levels.iter().filter(|level| **level > loudest - ACTIVE_DB).count() as f32 / levels.len().max(1) as f32
}

/// The ranges of a class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Lowest and highest value of each figure, in the order of [`NAMES`].
    pub ranges: [[f64; 2]; 6],
}

impl Rule {
    /// The 1st to 99th percentile of the reference's clips. Of the offset only the upper end counts, and one below −60 dB never does.
    pub fn new(reference: &[Figures]) -> Self {
        let ranges = std::array::from_fn(|figure| {
            let values: Vec<f64> = reference.iter().map(|figures| figures.rule[figure]).collect();
            let [low, high] = TAILS.map(|tail| quantile(&values, tail));
            if figure == OFFSET { [f64::NEG_INFINITY, high.max(HARMLESS_OFFSET_DB)] } else { [low, high] }
        });
        Self { ranges }
    }

    /// Whether each figure lies within its range.
    pub fn judge(&self, figures: &Figures) -> [bool; 6] {
        std::array::from_fn(|figure| {
            let [low, high] = self.ranges[figure];
            (low..=high).contains(&figures.rule[figure])
        })
    }

    /// Whether the clip counts as useful: it is neither silent nor a runaway, and all figures lie within their ranges.
    pub fn is_useful(&self, figures: &Figures) -> bool {
        !figures.silent && !figures.runaway && self.judge(figures).iter().all(|within| *within)
    }
}

/// The rule in words, for reports.
pub const RULE: &str = "A clip is useful when it is neither silent nor a runaway, and its level (loudest 50 ms), offset (size of the mean; only the \
upper end counts, and one below −60 dBFS never does), onset (time until half the peak of the envelope), centroid of its mean power spectrum, \
envelope (part of the time within 20 dB of the loudest 10 ms) and duration (last moment within 40 dB of the peak) each lie between the 1st and \
the 99th percentile of the training clips of its class. Silent: the loudest 50 ms below −46 dBFS. Runaway: clipped, beyond full scale, or an \
offset above −26 dBFS.";
