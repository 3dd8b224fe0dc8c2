//! Artefacts of what the instrument plays, set by set, beside those of the sounds that it learned from.

use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::decode::latent::decode;
use engine::pack::{LatentDistribution, NamedSound, RandomPoints};
use engine::params::Controls;
use engine::units::{LATENT_LIMIT, MODEL_LATENTS};
use serde::Serialize;

use super::Artefacts;
use crate::eval::instrument::{ONLY_SOURCE, between};
use crate::eval::interpolation;
use crate::eval::named_point::NamedPoint;
use crate::eval::parallel::{Tools, parallel_map};
use crate::statistics::mean;

/// A set may have this many times as many returns and cut ends as the sounds it is compared with. Rates of 200 sounds vary by more
/// than a tenth by chance.
const EVENTS_AT_MOST: f64 = 1.2;
/// A set may flicker this many times as much. Above, noise of the decoder at the threshold is heard as bubbling.
const FLICKER_AT_MOST: f64 = 1.5;
/// Key at which random sounds are played: the default of the command line.
const RANDOM_KEY: u8 = 60;
/// Places along a line at which it is measured; both ends are named or encoded sounds, which are measured by themselves.
const LINE_PARTS: [f32; 3] = [0.25, 0.5, 0.75];
/// Sounds from which every knob is turned to both ends.
const KNOB_SOUNDS: usize = 12;

/// Mean figures of a set of sounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rates {
    /// Number of sounds.
    pub sounds: usize,
    /// How many return after silence.
    pub returns: usize,
    /// How many end abruptly.
    pub cut_ends: usize,
    /// Mean of their flicker, changes per band and second.
    pub flicker_per_band_s: f64,
    /// Mean of their rising parts.
    pub rising_part: f64,
}

impl Rates {
    /// The figures of these sounds.
    pub fn of(found: &[Artefacts]) -> Self {
        let count = |fault: fn(&Artefacts) -> bool| found.iter().filter(|sound| fault(sound)).count();
        let average =
            |pick: fn(&Artefacts) -> f32| mean(&found.iter().map(|sound| f64::from(pick(sound))).collect::<Vec<_>>());
        Self {
            sounds: found.len(),
            returns: count(Artefacts::returns),
            cut_ends: count(Artefacts::is_cut),
            flicker_per_band_s: average(|sound| sound.flicker_per_band_s),
            rising_part: average(|sound| sound.rising_part),
        }
    }

    /// A number of sounds as a part of all.
    pub fn part(&self, count: usize) -> f64 {
        count as f64 / self.sounds.max(1) as f64
    }
}

/// One set of sounds beside those it is compared with.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What the sounds are.
    pub of: &'static str,
    /// Their figures.
    pub made: Rates,
    /// What the sounds are compared with.
    pub against: &'static str,
    /// The figures of those.
    pub own: Rates,
    /// Whether returns keep to 1.2 times the rate of those.
    pub returns_kept: bool,
    /// Whether cut ends keep to 1.2 times the rate of those.
    pub cut_ends_kept: bool,
    /// Whether flicker keeps to 1.5 times that of those.
    pub flicker_kept: bool,
}

impl Row {
    fn new(of: &'static str, made: &[Artefacts], (against, own): (&'static str, Rates)) -> Self {
        let made = Rates::of(made);
        let kept = |pick: fn(&Rates) -> usize| made.part(pick(&made)) <= EVENTS_AT_MOST * own.part(pick(&own));
        Self {
            of,
            against,
            returns_kept: kept(|rates| rates.returns),
            cut_ends_kept: kept(|rates| rates.cut_ends),
            flicker_kept: made.flicker_per_band_s <= FLICKER_AT_MOST * own.flicker_per_band_s,
            made,
            own,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let (made, own) = (&self.made, &self.own);
        write!(
            out,
            "{} {}: {:.1} % return ({} {:.1} %), {:.1} % cut ({:.1} %), flicker {:.2} ({:.2}), rising {:.1} % ({:.1} %)",
            made.sounds,
            self.of,
            made.part(made.returns) * 100.0,
            self.against,
            own.part(own.returns) * 100.0,
            made.part(made.cut_ends) * 100.0,
            own.part(own.cut_ends) * 100.0,
            made.flicker_per_band_s,
            own.flicker_per_band_s,
            made.rising_part * 100.0,
            own.rising_part * 100.0
        )
    }
}

/// All sets.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    /// The rules of the figures, in words.
    pub rules: String,
    /// The sets.
    pub rows: Vec<Row>,
}

/// How many sounds are played.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    /// Random points.
    pub random: usize,
    /// Random lines between sounds.
    pub lines: usize,
}

/// What the instrument's sounds are compared with.
pub struct Truths<'a> {
    /// The artefacts of the sounds of the corpus.
    pub corpus: &'a [Artefacts],
    /// Artefacts of the recordings behind the named sounds, at their keys.
    pub named: &'a [Artefacts],
}

/// Plays the named sounds with and without their recordings, random points as the command line draws them, lines between `places`
/// and the ends of the knobs. `None` where the corpus has no sound to compare with.
///
/// # Errors
/// Decoding fails.
pub fn measure(model: &Arc<Model>, places: &[NamedPoint], truths: &Truths, amounts: Amounts) -> Result<Option<Survey>> {
    if truths.corpus.is_empty() {
        return Ok(None);
    }
    let corpus = ("the corpus", Rates::of(truths.corpus));
    let named = if truths.named.is_empty() { corpus } else { ("their recordings", Rates::of(truths.named)) };
    let sets = [
        ("named sounds, fidelity 1", named, named_sounds(model.sounds(), 1.0)),
        ("named sounds, fidelity 0", named, named_sounds(model.sounds(), 0.0)),
        ("random sounds", corpus, random_sounds(model, amounts.random)),
        ("on lines between sounds", corpus, on_lines(model, places, amounts.lines)),
        ("knobs at their ends", corpus, knob_ends(model, places)),
    ];
    let mut rows = Vec::new();
    for (of, own, played) in sets.into_iter().filter(|(_, _, played)| !played.is_empty()) {
        rows.push(Row::new(of, &parallel_map(of, model, &played, play)?, own));
    }
    Ok(Some(Survey { rules: super::rules(), rows }))
}

/// One rendering: points of knobs and pad, morph [0, 1], a knob that is moved to a value, fidelity [0, 1] and MIDI key.
struct Played {
    knobs: NamedPoint,
    pad: NamedPoint,
    morph: f32,
    turned: Option<(usize, f32)>,
    fidelity: f32,
    key: u8,
}

impl Played {
    fn at(place: NamedPoint, key: u8) -> Self {
        Self { knobs: place.clone(), pad: place, morph: 0.0, turned: None, fidelity: 1.0, key }
    }
}

fn play(tools: &mut Tools, played: &Played) -> Result<Artefacts> {
    let (model, table) = (Arc::clone(tools.pipeline.model()), AssetTable::default());
    let controls = between(&model, &table, &played.knobs, &played.pad, played.morph);
    let mut controls = Controls { fidelity: played.fidelity, ..controls };
    if let Some((axis, value)) = played.turned {
        controls.knobs[axis] = value;
    }
    let spec = controls.spec(ONLY_SOURCE, f32::from(played.key));
    let samples = decode(&mut tools.pipeline, &spec, &table.resolve(&spec.assets)?)?;
    Ok(tools.measurer.artefacts(&samples))
}

fn named_sounds(sounds: &[NamedSound], fidelity: f32) -> Vec<Played> {
    let place = |sound: &NamedSound| NamedPoint { name: sound.name.clone(), latent: sound.latent };
    sounds.iter().map(|sound| Played { fidelity, ..Played::at(place(sound), sound.key) }).collect()
}

fn random_sounds(model: &Model, count: usize) -> Vec<Played> {
    let distribution = LatentDistribution::of(model.manifest().kind, model.sounds());
    let place = |seed: u64| {
        let latent = RandomPoints::new(seed).anywhere(&distribution);
        NamedPoint { name: format!("random {seed}"), latent }
    };
    (1..=count as u64).map(|seed| Played::at(place(seed), RANDOM_KEY)).collect()
}

fn on_lines(model: &Model, places: &[NamedPoint], count: usize) -> Vec<Played> {
    let drawn = interpolation::draw(&model.manifest().root_keys, places.len(), count);
    let along = |(from, to, key): (usize, usize, u8)| {
        LINE_PARTS.map(|morph| Played { pad: places[to].clone(), morph, ..Played::at(places[from].clone(), key) })
    };
    drawn.into_iter().flat_map(along).collect()
}

fn knob_ends(model: &Model, places: &[NamedPoint]) -> Vec<Played> {
    let roots = &model.manifest().root_keys;
    let key = roots[roots.len() / 2];
    let turned = |place: &NamedPoint, axis: usize, value: f32| Played {
        turned: Some((axis, value)),
        ..Played::at(place.clone(), key)
    };
    let places = crate::statistics::evenly(places, KNOB_SOUNDS);
    let axes = || (0..MODEL_LATENTS).flat_map(|axis| [(axis, -LATENT_LIMIT), (axis, LATENT_LIMIT)]);
    places.iter().flat_map(|place| axes().map(|(axis, value)| turned(place, axis, value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds(returning: usize, cut: usize, of: usize, flicker: f32) -> Vec<Artefacts> {
        let sound = |index: usize| Artefacts {
            return_db: if index < returning { 12.0 } else { 0.0 },
            end_fall_db: if index < cut { 40.0 } else { 3.0 },
            flicker_per_band_s: flicker,
            rising_part: 0.1,
        };
        (0..of).map(sound).collect()
    }

    #[test]
    fn goals_are_kept_up_to_their_factors() {
        let own = ("the corpus", Rates::of(&sounds(10, 5, 100, 2.0)));
        let kept = Row::new("random", &sounds(6, 3, 50, 3.0), own);
        assert!(kept.returns_kept && kept.cut_ends_kept && kept.flicker_kept, "{kept:?}");
        let broken = Row::new("random", &sounds(7, 4, 50, 3.1), own);
        assert!(!broken.returns_kept && !broken.cut_ends_kept && !broken.flicker_kept, "{broken:?}");
        let clean = ("the corpus", Rates::of(&sounds(0, 0, 100, 2.0)));
        assert!(!Row::new("random", &sounds(1, 0, 50, 1.0), clean).returns_kept, "nothing is 1.2 times nothing");
        assert!((broken.made.part(broken.made.returns) - 0.14).abs() < 1e-9);
    }
}
