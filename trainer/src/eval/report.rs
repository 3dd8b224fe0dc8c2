//! The report of an evaluation: every sound's figures and their summaries by split and way.

use std::fmt::Write;

use serde::Serialize;

use super::Way;
use super::measures::Measures;
use crate::corpus::{Item, Split};

/// What was measured, and how to measure it again.
#[derive(Debug, Serialize)]
pub struct Header {
    /// Arguments of this program.
    pub command: String,
    /// Name and hash of the pack.
    pub pack: String,
    /// Hash of the corpus manifest.
    pub corpus: String,
    /// Sources of the corpus.
    pub sources: Vec<String>,
    /// Iterations of fast Griffin-Lim after the vocoder.
    pub griffin_lim_iterations: usize,
}

/// One sound, made again one way.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Name of the sound.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Its key.
    pub key: u8,
    /// Its split.
    pub split: Split,
    /// How it was made again.
    pub way: &'static str,
    /// The differences.
    #[serde(flatten)]
    pub measures: Measures,
}

impl Measured {
    /// The result for an item.
    pub fn new(item: &Item, way: Way, measures: Measures) -> Self {
        Self {
            name: item.name.clone(),
            category: item.category.clone(),
            key: item.key,
            split: item.split,
            way: way.describe(),
            measures,
        }
    }
}

/// Figures of one split and way.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Training or held out.
    pub split: Split,
    /// How sounds were made again.
    pub way: &'static str,
    /// Number of sounds.
    pub sounds: usize,
    /// Log-mel error, mean over the sounds.
    pub mean_db: f64,
    /// Its median.
    pub median_db: f64,
    /// The value that 95 % of the sounds stay below.
    pub percentile_95_db: f64,
    /// Its mean for N = 512, 2048 and 8192.
    pub by_size_db: [f64; 3],
    /// Mean spectral convergence.
    pub spectral_convergence: f64,
    /// Mean of the report's loss.
    pub report_loss: f64,
    /// Mean of the report's deviation.
    pub report_deviation_percent: f64,
    /// Median attack-time error.
    pub attack_error_median_ms: f64,
    /// Median decay-time error.
    pub decay_error_median_ms: f64,
    /// Mean absolute loudness error.
    pub loudness_error_db: f64,
    /// Median absolute offset of pitched remakes from their keys.
    pub pitch_median_cents: Option<f64>,
    /// Part of the pitched remakes within 10 cents of their keys.
    pub pitch_within_10_cents: Option<f64>,
    /// The same part of the sounds themselves.
    pub true_pitch_within_10_cents: Option<f64>,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What and how.
    #[serde(flatten)]
    pub header: Header,
    /// Per split and way.
    pub summaries: Vec<Summary>,
    /// Per sound and way.
    pub results: Vec<Measured>,
}

impl Report {
    /// Summarises results.
    pub fn new(header: Header, results: Vec<Measured>) -> Self {
        let mut summaries = Vec::new();
        for split in [Split::Train, Split::HeldOut] {
            for way in Way::ALL {
                let of_both = |result: &&Measured| result.split == split && result.way == way.describe();
                let chosen: Vec<&Measured> = results.iter().filter(of_both).collect();
                if !chosen.is_empty() {
                    summaries.push(summarise(split, way, &chosen));
                }
            }
        }
        Self { header, summaries, results }
    }

    /// The summaries for a terminal.
    pub fn summary(&self) -> String {
        let mut text = String::from(
            "split     way                      sounds   mean  median  512    2048   8192  pitch ≤ 10 ct\n",
        );
        for row in &self.summaries {
            let [small, middle, large] = row.by_size_db;
            let pitch = row.pitch_within_10_cents.map_or("–".into(), |part| format!("{:.0} %", part * 100.0));
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:<9} {:<24} {:>6} {:>6.2} {:>6.2} {small:>6.2} {middle:>6.2} {large:>6.2}  {pitch:>6}",
                split_name(row.split),
                row.way,
                row.sounds,
                row.mean_db,
                row.median_db
            );
        }
        text
    }
}

/// What a report calls a split.
pub fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::HeldOut => "held out",
    }
}

fn summarise(split: Split, way: Way, results: &[&Measured]) -> Summary {
    let all = |pick: &dyn Fn(&Measures) -> f64| results.iter().map(|result| pick(&result.measures)).collect::<Vec<_>>();
    let errors = all(&|m| f64::from(m.log_mel_db));
    let offsets = |pick: &dyn Fn(&Measures) -> Option<f64>| {
        results.iter().filter_map(|result| pick(&result.measures)).map(f64::abs).collect::<Vec<_>>()
    };
    let made = offsets(&|m| m.pitch_offset_cents);
    let within = |offsets: &[f64]| {
        let inside = offsets.iter().filter(|offset| **offset <= 10.0).count();
        (!offsets.is_empty()).then(|| inside as f64 / offsets.len() as f64)
    };
    Summary {
        split,
        way: way.describe(),
        sounds: results.len(),
        mean_db: mean(&errors),
        median_db: quantile(errors.clone(), 0.5),
        percentile_95_db: quantile(errors, 0.95),
        by_size_db: [0, 1, 2].map(|size| mean(&all(&|m| f64::from(m.log_mel_by_size_db[size])))),
        spectral_convergence: mean(&all(&|m| f64::from(m.spectral_convergence))),
        report_loss: mean(&all(&|m| f64::from(m.report_loss))),
        report_deviation_percent: mean(&all(&|m| f64::from(m.report_deviation_percent))),
        attack_error_median_ms: quantile(all(&|m| f64::from(m.attack_error_ms)), 0.5),
        decay_error_median_ms: quantile(all(&|m| f64::from(m.decay_error_ms)), 0.5),
        loudness_error_db: mean(&all(&|m| f64::from(m.loudness_error_db.abs()))),
        pitch_median_cents: (!made.is_empty()).then(|| quantile(made.clone(), 0.5)),
        pitch_within_10_cents: within(&made),
        true_pitch_within_10_cents: within(&offsets(&|m| m.true_pitch_offset_cents)),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * part).round() as usize).copied().unwrap_or(0.0)
}
