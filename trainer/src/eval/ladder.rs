//! The degradation ladder: does every figure order known damage? One that does not is not to be trusted and leaves the headline.

mod damage;
mod metric;

use anyhow::Result;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::envelope::Envelope;
use super::full_scale::at_full_scale;
use super::measures::{Measurer, Measures};
use super::visqol;
use crate::corpus::category::is_pitched;
use crate::corpus::{Corpus, Item};
use crate::statistics::{mean, rank_correlation};
pub use damage::{AMOUNTS, Kind};
pub use metric::{METRICS, Metric};

const SEED: u64 = 7;
/// Mean rank correlation between damage and figure from which a figure orders a kind of damage. A sound that is ordered but for
/// one pair of neighbours has 0.94.
const ORDERS_FROM: f64 = 0.9;
/// Part of a figure's largest reading that a mere change of level may reach.
const UNMOVED_BELOW: f64 = 0.02;

/// A sound that rises in less than this can be given a softer onset; in a slower one the damage is hidden by its own rise.
const SHARP_ONSET_MS: f32 = 10.0;

/// A sound to damage.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Name for people.
    pub name: String,
    /// Key, where it names the pitch.
    pub key: Option<u8>,
    /// Samples at the corpus's rate.
    pub samples: Vec<f32>,
}

/// How one figure answers one kind of damage.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Name of the damage.
    pub kind: String,
    /// Unit of the amounts.
    pub unit: String,
    /// The amounts, from none (not listed) to the most.
    pub amounts: [f64; AMOUNTS],
    /// Mean reading at each amount.
    pub readings: Vec<f64>,
    /// Mean over the sounds of Spearman's correlation between damage (none included) and reading.
    pub correlation: f64,
    /// Lowest correlation of a single sound.
    pub worst_correlation: f64,
    /// Whether the figure claims to order this kind.
    pub claimed: bool,
    /// Whether it does what it claims; for the level, whether it stays unmoved.
    pub passed: bool,
}

/// One figure's answers and whether it may be believed.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// Name of the figure.
    pub name: String,
    /// Whether it orders every kind that it claims to.
    pub trusted: bool,
    /// Kinds that it claims and does not order.
    pub failed: Vec<String>,
    /// Answers to every kind that could be measured.
    pub answers: Vec<Answer>,
}

/// The whole ladder.
#[derive(Clone, Debug, Serialize)]
pub struct Ladder {
    /// The sounds that were damaged.
    pub sounds: Vec<String>,
    /// Limit on the correlation.
    pub orders_from: f64,
    /// The figures.
    pub metrics: Vec<Judged>,
}

/// Readings of one sound under one kind: undamaged first.
pub struct Rungs {
    kind: Kind,
    measures: Vec<Measures>,
    quality: Vec<f64>,
}

/// Up to `count` sounds of a corpus, drawn by a fixed seed.
///
/// # Errors
/// A sound cannot be read.
pub fn subjects(corpus: &Corpus, items: &[Item], count: usize) -> Result<Vec<Subject>> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let chosen = items.choose_multiple(&mut rng, count);
    chosen
        .map(|item| {
            Ok(Subject {
                name: format!("{} (key {})", item.name, item.key),
                key: is_pitched(&item.category).then_some(item.key),
                samples: corpus.samples(item)?,
            })
        })
        .collect()
}

/// Readings of one sound under every kind of damage. `visqol` asks for that as well, which takes about a second a reading.
///
/// # Errors
/// A sound cannot be resampled, or ViSQOL fails.
pub fn damage(
    subject: &Subject,
    rate_hz: u32,
    measurer: &mut Measurer,
    visqol: Option<&visqol::Package>,
) -> Result<Vec<Rungs>> {
    let truth = at_full_scale(&subject.samples);
    let is_sharp = Envelope::new(&truth, f64::from(rate_hz)).attack_ms() < SHARP_ONSET_MS;
    let falls = damage::falls(&truth);
    let suits = |kind: &Kind| match kind {
        Kind::SoftOnset => is_sharp,
        Kind::ReversedDecay => falls,
        _ => true,
    };
    let kinds = Kind::ALL.into_iter().filter(suits);
    kinds.map(|kind| damage_and_measure(subject, kind, rate_hz, measurer, visqol)).collect()
}

/// Judges figures by the readings of all subjects.
pub fn judge_all(subjects: &[Subject], rungs: &[Rungs], metrics: &[Metric]) -> Ladder {
    Ladder {
        sounds: subjects.iter().map(|subject| subject.name.clone()).collect(),
        orders_from: ORDERS_FROM,
        metrics: metrics.iter().filter_map(|metric| judge(metric, rungs)).collect(),
    }
}

fn damage_and_measure(
    subject: &Subject,
    kind: Kind,
    rate_hz: u32,
    measurer: &mut Measurer,
    visqol: Option<&visqol::Package>,
) -> Result<Rungs> {
    let truth = at_full_scale(&subject.samples);
    let damaged = kind.amounts().map(|amount| kind.apply(&truth, f64::from(rate_hz), amount));
    let steps: Vec<&[f32]> = std::iter::once(truth.as_slice()).chain(damaged.iter().map(Vec::as_slice)).collect();
    let quality = match visqol.filter(|_| metric::is_heard_by_visqol(kind)) {
        Some(package) => {
            package.measure(&steps.iter().map(|made| (truth.as_slice(), *made)).collect::<Vec<_>>(), rate_hz)?
        }
        None => Vec::new(),
    };
    let measures = steps.iter().map(|made| measurer.compare_at(subject.key, &truth, made)).collect();
    Ok(Rungs { kind, measures, quality })
}

fn judge(metric: &Metric, rungs: &[Rungs]) -> Option<Judged> {
    let mut answers: Vec<(Kind, Answer)> = Kind::ALL
        .into_iter()
        .filter_map(|kind| {
            let of_kind = rungs.iter().filter(|rungs| rungs.kind == kind);
            let readings: Vec<Vec<f64>> =
                of_kind.filter_map(|rungs| metric.readings(&rungs.measures, &rungs.quality)).collect();
            (!readings.is_empty()).then(|| (kind, answer(metric, kind, &readings)))
        })
        .collect();
    if answers.is_empty() {
        return None;
    }
    let claimed = answers.iter().filter(|(_, answer)| answer.claimed);
    let largest = claimed.flat_map(|(_, answer)| answer.readings.iter().copied()).fold(0.0, f64::max);
    for (_, answer) in answers.iter_mut().filter(|(kind, _)| *kind == Kind::Level) {
        answer.claimed = true;
        answer.passed = answer.readings.iter().all(|reading| *reading <= UNMOVED_BELOW * largest);
    }
    let failed: Vec<String> = answers
        .iter()
        .filter(|(_, answer)| answer.claimed && !answer.passed)
        .map(|(_, answer)| answer.kind.clone())
        .collect();
    Some(Judged {
        name: metric.name.to_owned(),
        trusted: failed.is_empty(),
        failed,
        answers: answers.into_iter().map(|(_, answer)| answer).collect(),
    })
}

fn answer(metric: &Metric, kind: Kind, readings: &[Vec<f64>]) -> Answer {
    let rising: Vec<f64> = (0..=AMOUNTS).map(|step| step as f64).collect();
    let correlations: Vec<f64> = readings.iter().map(|of_sound| rank_correlation(&rising, of_sound)).collect();
    let correlation = mean(&correlations);
    let at = |step: usize| mean(&readings.iter().map(|of_sound| of_sound[step]).collect::<Vec<_>>());
    let (name, unit) = kind.describe();
    Answer {
        kind: name.to_owned(),
        unit: unit.to_owned(),
        amounts: kind.amounts(),
        readings: (1..=AMOUNTS).map(at).collect(),
        correlation,
        worst_correlation: correlations.iter().copied().fold(1.0, f64::min),
        claimed: metric.claims.contains(&kind),
        passed: correlation >= ORDERS_FROM,
    }
}

#[cfg(test)]
mod tests {
    use engine::spectral::SpectralShape;

    use super::*;

    const RATE_HZ: u32 = 44_100;

    /// Decaying tones, a bell and a noisy stroke, 1.2 s each.
    fn synthetic() -> Vec<Subject> {
        let tone = |name: &str, key: u8, partials: &[f32], decay_s: f32| {
            let step = std::f32::consts::TAU * engine::units::key_to_hz(f64::from(key)) as f32 / RATE_HZ as f32;
            let at = |n: u32| {
                // Without the fades each end is a click in all bands, which gates would take away.
                let fade = (n as f32 / 400.0).min((52_920 - n) as f32 / 8000.0).min(1.0);
                let level = fade * (-(n as f32) / (decay_s * RATE_HZ as f32)).exp();
                level
                    * partials
                        .iter()
                        .enumerate()
                        .map(|(h, part)| part * (step * ((h as u32 + 1) * n) as f32).sin())
                        .sum::<f32>()
            };
            Subject { name: name.to_owned(), key: Some(key), samples: (0..52_920).map(at).collect() }
        };
        let mut state = 1_u32;
        let stroke = (0..52_920).map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state as f32 / u32::MAX as f32 - 0.5) * (-(n as f32) / 6000.0).exp()
        });
        vec![
            tone("bright", 57, &[1.0, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.1, 0.08], 0.8),
            tone("hollow", 69, &[1.0, 0.0, 0.4, 0.0, 0.2, 0.0, 0.1, 0.0, 0.08], 0.5),
            tone("low", 45, &[1.0, 0.8, 0.7, 0.5, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2, 0.2, 0.1], 1.0),
            Subject { name: "stroke".to_owned(), key: None, samples: stroke.collect() },
        ]
    }

    fn climb_with(metrics: &[Metric]) -> Ladder {
        let mut measurer = Measurer::new(&SpectralShape::DEFAULT);
        let subjects = synthetic();
        let rungs =
            subjects.iter().map(|subject| damage(subject, RATE_HZ, &mut measurer, None).expect("can be damaged"));
        judge_all(&subjects, &rungs.flatten().collect::<Vec<_>>(), metrics)
    }

    #[test]
    fn the_log_mel_error_orders_what_it_claims_and_a_broken_one_is_dropped() {
        let whole = METRICS.iter().find(|metric| metric.name == "log-mel error").expect("the leading figure is judged");
        let upside_down =
            Metric { name: "upside down", read: |measures| Some(-f64::from(measures.log_mel_db)), ..*whole };
        let deaf = Metric { name: "deaf", read: |_| Some(1.0), ..*whole };
        let ladder = climb_with(&[*whole, upside_down, deaf]);
        let [whole, upside_down, deaf] = ladder.metrics.as_slice() else { panic!("three figures are judged") };
        assert!(whole.trusted, "fails {:?}", whole.failed);
        assert!(!upside_down.trusted && !deaf.trusted);
        let noise =
            |judged: &Judged| judged.answers.iter().find(|answer| answer.kind == "added noise").map(|a| a.correlation);
        assert_eq!(noise(whole), Some(1.0));
        assert_eq!(noise(upside_down), Some(-1.0));
        assert_eq!(noise(deaf), Some(0.0));
    }

    #[test]
    fn damaged_endings_are_ordered_by_their_figures_and_by_these_alone() {
        // Flicker is judged on sounds of a corpus only: of these tones too few bands sound for gates to be counted.
        let names = ["returns", "cut ends", "rising part"];
        let metrics: Vec<Metric> = METRICS.iter().copied().filter(|metric| names.contains(&metric.name)).collect();
        let ladder = climb_with(&metrics);
        assert_eq!(ladder.metrics.len(), names.len());
        for judged in &ladder.metrics {
            let claims: Vec<&Answer> = judged.answers.iter().filter(|answer| answer.claimed).collect();
            assert!(judged.trusted, "{} fails {claims:?}", judged.name);
            let claimed = judged.answers.iter().filter(|answer| answer.claimed && answer.kind != "level").count();
            assert_eq!(claimed, 1, "{}", judged.name);
        }
    }

    #[test]
    fn octaves_are_heard_as_transposition() {
        let metric = METRICS.iter().find(|metric| metric.name == "transposition").expect("transposition is judged");
        let ladder = climb_with(&[*metric]);
        let answers = &ladder.metrics[0].answers;
        let answer = answers.iter().find(|answer| answer.kind == "transposed").expect("tones are transposed");
        assert_eq!(answer.correlation, 1.0, "{:?}", answer.readings);
        assert!((answer.readings[4] - 1200.0).abs() < 5.0, "an octave reads {} cents", answer.readings[4]);
    }
}
