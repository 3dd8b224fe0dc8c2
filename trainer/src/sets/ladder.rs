//! `--ladder`: does every figure order known damage? Held-out clips are damaged in rising amounts and compared as sets. Main thread.

use std::path::Path;

use anyhow::Result;
use engine::pack::hex_sha256;
use serde::Serialize;

use super::change::Change;
use super::clips::{Clip, ClipSet};
use super::compare::{ByClass, Depth, Measures, Part, Reference, compare};
use super::features::Features;
use super::quality::Quality;
use super::reading::Format;
use crate::eval::ladder::{AMOUNTS, Kind};
use crate::statistics::{evenly, mean};

/// A kind of damage of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// White noise is added.
    Noise,
    /// Highs are filtered off.
    LowPass,
    /// A part of each class is of the next one.
    WrongClass,
    /// A part of the clips is one and the same.
    Collapse,
    /// A part of the clips is of the training part.
    Copies,
}

use Damage::{Collapse, Copies, LowPass, Noise, WrongClass};

/// A figure: its name, how it is found, whether damage makes it larger, and the damage that it claims to order.
type Metric = (&'static str, fn(&Measures) -> Option<f64>, bool, &'static [Damage]);

const METRICS: [Metric; 7] = [
    ("KAD", |m| m.kad, true, &[Noise, LowPass, WrongClass, Collapse]),
    ("FAD∞", |m| m.fad, true, &[Noise, LowPass, WrongClass, Collapse]),
    ("precision", |m| m.precision, false, &[Noise, LowPass, WrongClass]),
    ("recall", |m| m.recall, false, &[Noise, LowPass, Collapse]),
    ("NDB/K", |m| m.different_bins, true, &[Noise, LowPass, WrongClass, Collapse]),
    ("memorised", |m| m.memorised, true, &[Copies]),
    ("diversity", |m| m.diversity, false, &[Collapse]),
];

/// How often a figure orders two amounts of damage rightly.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The embedding; none for figures without one.
    pub embedding: Option<String>,
    /// The figure.
    pub metric: &'static str,
    /// The damage.
    pub damage: Damage,
    /// Readings from no damage to the most.
    pub readings: Vec<Option<f64>>,
    /// Part of the pairs of amounts that are ordered rightly; equal readings count half. None where a reading is missing.
    pub ordered: Option<f64>,
}

/// Damages at most `limit` held-out clips of each class, and compares.
///
/// # Errors
/// Clips cannot be read or the cache cannot be written.
pub fn climb(
    reference: &Reference,
    source: &ClipSet,
    format: &Format,
    limit: usize,
    (threads, cache): (usize, &Path),
) -> Result<Vec<Answer>> {
    let base = subjects(reference, limit);
    let mut rungs: Vec<(Damage, Vec<Part>)> = Vec::new();
    for (damage, kind) in [(Noise, Kind::Noise), (LowPass, Kind::LowPass)] {
        let rung = |amount: f64| {
            let clips =
                base.features.clips.iter().map(|clip| Clip { change: Change::Damage(kind, amount), ..clip.clone() });
            let name = format!("{} {amount}", kind.describe().0);
            let id = hex_sha256(format!("{} {name} {limit}", source.id).as_bytes());
            let set = ClipSet { name, clips: clips.collect(), id, left_out: Vec::new(), corpus: source.corpus.clone() };
            Ok(Part::new(Features::of(&set, format, threads, cache)?, &reference.classes))
        };
        rungs.push((damage, kind.amounts().into_iter().map(rung).collect::<Result<_>>()?));
    }
    let parts = |make: &dyn Fn(f64) -> Part| (1..=AMOUNTS).map(|step| make(step as f64 / AMOUNTS as f64)).collect();
    if reference.classes.len() > 1 {
        rungs.push((
            WrongClass,
            parts(&|part| mixed(&base, part, &base, |class| (class + 1) % reference.classes.len())),
        ));
    }
    rungs.push((Collapse, parts(&|part| collapsed(&base, part))));
    rungs.push((Copies, parts(&|part| mixed(&base, part, &reference.train, |class| class))));
    let sets: Vec<&Part> = std::iter::once(&base).chain(rungs.iter().flat_map(|(_, parts)| parts)).collect();
    let figures = compare(reference, &sets, Depth::Means);
    let useful: Vec<Option<f64>> = sets.iter().map(|set| Some(Quality::new(reference, set).all.useful)).collect();
    Ok(answers(reference, &rungs, &figures, &useful))
}

fn answers(
    reference: &Reference,
    rungs: &[(Damage, Vec<Part>)],
    figures: &[Vec<ByClass>],
    useful: &[Option<f64>],
) -> Vec<Answer> {
    let mut out = Vec::new();
    let mut first = 1;
    for (damage, parts) in rungs {
        let places: Vec<usize> = std::iter::once(0).chain(first..first + parts.len()).collect();
        first += parts.len();
        let mut add = |embedding: Option<String>, metric, rises, readings: Vec<Option<f64>>| {
            let ordered = ordered(&readings, rises);
            out.push(Answer { embedding, metric, damage: *damage, readings, ordered });
        };
        for (place, embedding) in reference.embeddings.iter().enumerate() {
            for (metric, pick, rises, claims) in METRICS {
                if claims.contains(damage) {
                    let readings = places.iter().map(|set| pick(figures[*set][place].headline())).collect();
                    add(Some(embedding.description.name.clone()), metric, rises, readings);
                }
            }
        }
        if [Noise, LowPass].contains(damage) {
            add(None, "useful", false, places.iter().map(|set| useful[*set]).collect());
        }
    }
    out
}

/// An even choice of held-out clips of each class.
fn subjects(reference: &Reference, limit: usize) -> Part {
    let of_class = |class: usize| evenly(&reference.held_out.rows(Some(class)), limit);
    let rows: Vec<usize> = (0..reference.classes.len()).flat_map(of_class).collect();
    Part::new(reference.held_out.features.select("held-out", &rows), &reference.classes)
}

/// The first `part` of each class's clips are those of `other`, of the class that `from` names, in the order of their rows.
fn mixed(base: &Part, part: f64, other: &Part, from: impl Fn(usize) -> usize) -> Part {
    replaced(base, part, |class, number| {
        let rows = other.rows(Some(from(class)));
        (other, rows[number % rows.len()])
    })
}

/// The first `part` of each class's clips are its last one.
fn collapsed(base: &Part, part: f64) -> Part {
    replaced(base, part, |class, _| {
        let rows = base.rows(Some(class));
        (base, rows[rows.len() - 1])
    })
}

/// Each of the first `part` of a class's clips gives way to a clip of another set, and keeps its class.
fn replaced<'a>(base: &Part, part: f64, other: impl Fn(usize, usize) -> (&'a Part, usize)) -> Part {
    let classes = base.targets.iter().flatten().max().map_or(0, |last| last + 1);
    let mut pieces = Vec::new();
    let (mut targets, mut groups) = (Vec::new(), Vec::new());
    for class in 0..classes {
        let rows = base.rows(Some(class));
        let count = (part * rows.len() as f64).round() as usize;
        for (number, row) in rows.into_iter().enumerate() {
            let piece = if number < count {
                let (part, row) = other(class, number);
                part.features.select("", &[row])
            } else {
                base.features.select("", &[row])
            };
            pieces.push(piece);
            targets.push(Some(class));
            groups.push(groups.len());
        }
    }
    Part { features: Features::joined("ladder", &pieces), targets, groups }
}

/// Part of the pairs whose later reading is larger, or smaller if damage makes it so; equal ones count half.
fn ordered(readings: &[Option<f64>], rises: bool) -> Option<f64> {
    let readings = readings.iter().copied().collect::<Option<Vec<f64>>>()?;
    let pairs = readings.iter().enumerate().flat_map(|(place, a)| readings[place + 1..].iter().map(move |b| (*a, *b)));
    let right = |(a, b): (f64, f64)| if a == b { 0.5 } else { f64::from(u8::from((b > a) == rises)) };
    Some(mean(&pairs.map(right).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_in_the_direction_of_the_damage() {
        let some = |values: [f64; 4]| values.map(Some);
        assert_eq!(ordered(&some([0.0, 1.0, 2.0, 3.0]), true), Some(1.0));
        assert_eq!(ordered(&some([0.0, 1.0, 2.0, 3.0]), false), Some(0.0));
        assert_eq!(ordered(&some([1.0, 0.5, 0.0, 0.0]), false), Some(5.5 / 6.0));
        assert_eq!(ordered(&[Some(1.0), None], true), None);
    }
}
