//! The report of an evaluation: every sound's figures, their summaries by split and path, and what was found beyond single sounds.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::artefacts::survey::Survey;
use super::axis_correlation::AxisCorrelation;
use super::interpolation::Lines;
use super::knobs::Knob;
use super::ladder::Ladder;
use super::latents::LatentStatistics;
use super::measured_sound::MeasuredSound;
use super::measures::Measures;
use super::pitch_accuracy::KeyRow;
use super::random::RandomSounds;
use super::resynthesis_path::ResynthesisPath;
use super::visqol::Visqol;
use crate::corpus::{Split, category};
use crate::statistics::{interval, mean, median, quantile, share_within};

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

/// Figures of one split and path.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Training or held out.
    pub split: Split,
    /// How sounds were made again.
    #[serde(rename = "way")]
    pub path: &'static str,
    /// Number of sounds.
    pub sounds: usize,
    /// Groups of sounds that share recordings: what the intervals are drawn over.
    pub groups: usize,
    /// Log-mel error, mean over the sounds.
    pub mean_db: f64,
    /// Its median.
    pub median_db: f64,
    /// The value that 95 % of the sounds stay below.
    pub percentile_95_db: f64,
    /// Its mean for N = 512, 2048 and 8192.
    pub by_size_db: [f64; 3],
    /// Mean multi-resolution STFT distance.
    pub stft_distance: f64,
    /// Mean spectral convergence.
    pub spectral_convergence: f64,
    /// Mean of the report's loss.
    pub report_loss: f64,
    /// The same with every remake at its best level, mean.
    pub report_loss_at_best_level: f64,
    /// Mean of the report's deviation.
    pub report_deviation_percent: f64,
    /// Median attack-time error.
    pub attack_error_median_ms: f64,
    /// The same over drums only.
    pub attack_error_drums_median_ms: Option<f64>,
    /// Number of drums.
    pub drums: usize,
    /// Median decay-time error.
    pub decay_error_median_ms: f64,
    /// Mean absolute loudness error.
    pub loudness_error_db: f64,
    /// Median absolute offset of pitched remakes from their keys.
    pub pitch_median_cents: Option<f64>,
    /// Part of the pitched remakes within 5 cents of their keys.
    pub pitch_within_5_cents: Option<f64>,
    /// Part of the pitched remakes within 10 cents of their keys.
    pub pitch_within_10_cents: Option<f64>,
    /// The same part of the sounds themselves.
    pub true_pitch_within_10_cents: Option<f64>,
    /// Part of the pitched remakes that lie more than a quarter tone from their sounds, octaves included.
    pub transposed_part: Option<f64>,
    /// 95 % bootstrap intervals of the figures above by name, over groups.
    pub intervals: BTreeMap<&'static str, [f64; 2]>,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What and how.
    #[serde(flatten)]
    pub header: Header,
    /// Per split and path.
    pub summaries: Vec<Summary>,
    /// What goes beyond single sounds.
    #[serde(flatten)]
    pub findings: Findings,
    /// Per sound and path.
    pub results: Vec<MeasuredSound>,
}

/// What goes beyond single sounds.
#[derive(Debug, Serialize)]
pub struct Findings {
    /// The rules by which silence, noise and jumps are recognised.
    pub rules: String,
    /// The latent space.
    pub latents: LatentStatistics,
    /// Returns, cut ends, flicker and decay of what the instrument plays.
    pub artefacts: Option<Survey>,
    /// Straight lines between sounds.
    pub lines: Option<Lines>,
    /// Jumps per percent of each knob.
    pub knobs: Vec<Knob>,
    /// How well knobs follow their names.
    pub followed: Vec<AxisCorrelation>,
    /// Random points against the training sounds.
    pub random: Option<RandomSounds>,
    /// Pitch of the corpus's sounds by key, through the seven latents.
    pub pitch_by_key: Vec<KeyRow>,
    /// The same of the originals: what cannot be blamed on the model.
    pub true_pitch_by_key: Vec<KeyRow>,
    /// Pitch of named sounds played by the instrument.
    pub played_pitch_by_key: Vec<KeyRow>,
    /// Which figures order known damage.
    pub ladder: Option<Ladder>,
    /// ViSQOL, or why there is none.
    pub visqol: Visqol,
}

impl Report {
    /// Summarises results.
    pub fn new(header: Header, results: Vec<MeasuredSound>, findings: Findings) -> Self {
        let mut summaries = Vec::new();
        for split in [Split::Train, Split::HeldOut] {
            for path in ResynthesisPath::ALL {
                let of_both = |result: &&MeasuredSound| result.split == split && result.path == path.describe();
                let chosen: Vec<&MeasuredSound> = results.iter().filter(of_both).collect();
                if !chosen.is_empty() {
                    summaries.push(summarise(split, path, &chosen));
                }
            }
        }
        Self { header, summaries, findings, results }
    }

    /// The summaries for a terminal.
    pub fn summary(&self) -> String {
        let mut text = String::from(
            "split     path                     sounds   mean  95 % interval  median  512    2048   8192  pitch ≤ 5 ct\n",
        );
        // Writing to a string cannot fail.
        for row in &self.summaries {
            let [small, middle, large] = row.by_size_db;
            let [low, high] = row.intervals["mean_db"];
            let pitch = row.pitch_within_5_cents.map_or("–".into(), |part| format!("{:.0} %", part * 100.0));
            let _ = writeln!(
                text,
                "{:<9} {:<24} {:>6} {:>6.2}  {low:>5.2} to {high:>5.2} {:>6.2} {small:>6.2} {middle:>6.2} {large:>6.2}  {pitch:>6}",
                split_name(row.split),
                row.path,
                row.sounds,
                row.mean_db,
                row.median_db
            );
        }
        for row in self.findings.artefacts.iter().flat_map(|survey| &survey.rows) {
            let _ = writeln!(text, "{row}");
        }
        if let Some(lines) = &self.findings.lines {
            let breaking = &lines.lines_breaking;
            let _ = writeln!(
                text,
                "{} lines of {} steps: {} with silence, {} with a burst of noise, {} with clipping, {} with a jump above {} × the \
                 median, of these {} above 1 dB (median ratio {:.1}, largest {:.1})",
                lines.lines,
                lines.steps,
                breaking.silence,
                breaking.noise,
                breaking.clipping,
                breaking.jump,
                lines.ratio_limit,
                breaking.audible_jump,
                lines.ratio_median,
                lines.ratio_largest
            );
        }
        if let Some(all) = self.findings.played_pitch_by_key.last() {
            let _ = writeln!(
                text,
                "{} played keys: {:.1} % within 5 cents, {:.1} % within 10, median {:.2} cents",
                all.sounds,
                all.within_5_cents * 100.0,
                all.within_10_cents * 100.0,
                all.median_cents
            );
        }
        text
    }

    /// Names of the figures that failed the ladder.
    pub fn untrusted(&self) -> Vec<&str> {
        let metrics = self.findings.ladder.iter().flat_map(|ladder| &ladder.metrics);
        metrics.filter(|metric| !metric.trusted).map(|metric| metric.name.as_str()).collect()
    }
}

/// What a report calls a split.
pub fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::HeldOut => "held out",
    }
}

/// A figure of one sound, where the sound has it.
type Pick<'a> = &'a dyn Fn(&MeasuredSound) -> Option<f64>;

/// Values of one figure over the sounds that have it, each with its group.
fn values<'a>(results: &[&'a MeasuredSound], pick: Pick) -> Vec<(&'a str, f64)> {
    results.iter().filter_map(|result| Some((result.group.as_str(), pick(result)?))).collect()
}

/// Computes figures and notes their intervals.
struct Figures<'a> {
    results: &'a [&'a MeasuredSound],
    intervals: BTreeMap<&'static str, [f64; 2]>,
}

impl Figures<'_> {
    fn figure(&mut self, name: &'static str, pick: Pick, of: &dyn Fn(&[f64]) -> f64) -> Option<f64> {
        let values = values(self.results, pick);
        if values.is_empty() {
            return None;
        }
        self.intervals.insert(name, interval(&values, of));
        Some(of(&values.iter().map(|(_, value)| *value).collect::<Vec<_>>()))
    }

    fn always(&mut self, name: &'static str, pick: &dyn Fn(&Measures) -> f32, of: &dyn Fn(&[f64]) -> f64) -> f64 {
        self.figure(name, &|result| Some(f64::from(pick(&result.measures))), of).unwrap_or(0.0)
    }
}

fn summarise(split: Split, path: ResynthesisPath, results: &[&MeasuredSound]) -> Summary {
    let mut figures = Figures { results, intervals: BTreeMap::new() };
    let drum_attack = |result: &MeasuredSound| {
        category::is_drum(&result.category).then_some(f64::from(result.measures.attack_error_ms))
    };
    let pitch = |result: &MeasuredSound| result.measures.pitch_offset_cents.map(f64::abs);
    let true_pitch = |result: &MeasuredSound| result.measures.true_pitch_offset_cents.map(f64::abs);
    let transposition = |result: &MeasuredSound| result.measures.transposition_cents.map(f64::abs);
    let by_size_db =
        [0, 1, 2].map(|size| mean(&plain(results, &|result| f64::from(result.measures.log_mel_by_size_db[size]))));
    Summary {
        split,
        path: path.describe(),
        sounds: results.len(),
        groups: results.iter().map(|result| &result.group).collect::<std::collections::BTreeSet<_>>().len(),
        mean_db: figures.always("mean_db", &|m| m.log_mel_db, &mean),
        median_db: figures.always("median_db", &|m| m.log_mel_db, &median),
        percentile_95_db: figures.always("percentile_95_db", &|m| m.log_mel_db, &|errors| quantile(errors, 0.95)),
        by_size_db,
        stft_distance: figures.always("stft_distance", &|m| m.stft_distance, &mean),
        spectral_convergence: figures.always("spectral_convergence", &|m| m.spectral_convergence, &mean),
        report_loss: figures.always("report_loss", &|m| m.report_loss, &mean),
        report_loss_at_best_level: figures.always("report_loss_at_best_level", &|m| m.report_loss_at_best_level, &mean),
        report_deviation_percent: figures.always("report_deviation_percent", &|m| m.report_deviation_percent, &mean),
        attack_error_median_ms: figures.always("attack_error_median_ms", &|m| m.attack_error_ms, &median),
        attack_error_drums_median_ms: figures.figure("attack_error_drums_median_ms", &drum_attack, &median),
        drums: values(results, &drum_attack).len(),
        decay_error_median_ms: figures.always("decay_error_median_ms", &|m| m.decay_error_ms, &median),
        loudness_error_db: figures.always("loudness_error_db", &|m| m.loudness_error_db.abs(), &mean),
        pitch_median_cents: figures.figure("pitch_median_cents", &pitch, &median),
        pitch_within_5_cents: figures.figure("pitch_within_5_cents", &pitch, &|cents| share_within(cents, 5.0)),
        pitch_within_10_cents: figures.figure("pitch_within_10_cents", &pitch, &|cents| share_within(cents, 10.0)),
        true_pitch_within_10_cents: figures
            .figure("true_pitch_within_10_cents", &true_pitch, &|cents| share_within(cents, 10.0)),
        transposed_part: figures.figure("transposed_part", &transposition, &|cents| 1.0 - share_within(cents, 50.0)),
        intervals: figures.intervals,
    }
}

fn plain(results: &[&MeasuredSound], pick: &dyn Fn(&MeasuredSound) -> f64) -> Vec<f64> {
    results.iter().map(|result| pick(result)).collect()
}
