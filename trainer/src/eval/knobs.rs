//! Smoothness of the knobs: the largest jump per percent of a knob's range, recordings and how they fade included.

use std::sync::Arc;

use anyhow::Result;
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::decode::latent::decode;
use engine::units::{LATENT_LIMIT, MODEL_LATENTS};
use serde::Serialize;

use super::instrument::{ONLY_SOURCE, between};
use super::named_point::NamedPoint;
use super::parallel::{Tools, parallel_map};
use super::sound_features::SoundFeatures;
use crate::statistics::{median, quantile};

/// Steps of one percent.
pub const STEPS: usize = 100;

/// How one knob behaves over all sounds that it was turned from.
#[derive(Clone, Debug, Serialize)]
pub struct Knob {
    /// Its name.
    pub name: String,
    /// Median jump per percent of its range, in dB.
    pub median_db: f64,
    /// 95th percentile of the jumps.
    pub percentile_95_db: f64,
    /// Largest jump.
    pub largest_db: f64,
    /// The sound that it was turned from there.
    pub largest_from: String,
    /// Where on the knob, in σ.
    pub largest_at_sigma: f32,
}

/// Turns every knob through its range in steps of a percent, the others standing where each of `places` has them, at the
/// middle root of the pack.
///
/// # Errors
/// Decoding fails.
pub fn measure(model: &Arc<Model>, places: &[NamedPoint]) -> Result<Vec<Knob>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let roots = &model.manifest().root_keys;
    let key = f32::from(roots[roots.len() / 2]);
    let turns: Vec<(usize, &NamedPoint)> =
        (0..MODEL_LATENTS).flat_map(|axis| places.iter().map(move |place| (axis, place))).collect();
    let work = |tools: &mut Tools, (axis, place): &(usize, &NamedPoint)| turn(tools, *axis, place, key);
    let jumps = parallel_map("knobs", model, &turns, work)?;
    let knobs = model.manifest().controls.iter().enumerate().map(|(axis, latent)| {
        let of_axis = turns.iter().zip(&jumps).filter(|((other, _), _)| *other == axis);
        summarise(&latent.name, &of_axis.map(|((_, place), jumps)| (*place, jumps.as_slice())).collect::<Vec<_>>())
    });
    Ok(knobs.collect())
}

/// The jumps of all turns of one knob.
fn summarise(name: &str, turns: &[(&NamedPoint, &[f64])]) -> Knob {
    let all: Vec<f64> = turns.iter().flat_map(|(_, jumps)| jumps.iter().copied()).collect();
    let steps = turns.iter().flat_map(|(place, jumps)| jumps.iter().enumerate().map(move |jump| (*place, jump)));
    let worst = steps.max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b));
    Knob {
        name: name.to_owned(),
        median_db: median(&all),
        percentile_95_db: quantile(&all, 0.95),
        largest_db: quantile(&all, 1.0),
        largest_from: worst.map_or_else(String::new, |(place, _)| place.name.clone()),
        largest_at_sigma: worst.map_or(0.0, |(_, (step, _))| position(step)),
    }
}

fn turn(tools: &mut Tools, axis: usize, place: &NamedPoint, key: f32) -> Result<Vec<f64>> {
    let shape = tools.shape();
    let (mut jumps, mut before) = (Vec::with_capacity(STEPS), None::<SoundFeatures>);
    let (model, table) = (Arc::clone(tools.pipeline.model()), AssetTable::default());
    let mut controls = between(&model, &table, place, place, 0.0);
    for step in 0..=STEPS {
        controls.knobs[axis] = position(step);
        let spec = controls.spec(ONLY_SOURCE, key);
        let samples = decode(&mut tools.pipeline, &spec, &table.resolve(&spec.assets)?)?;
        let heard = SoundFeatures::new(&mut tools.analysis, &shape, &samples);
        jumps.extend(before.map(|before| before.jump_db(&heard)));
        before = Some(heard);
    }
    Ok(jumps)
}

/// Value of a knob in σ after some percent of its range.
pub fn position(step: usize) -> f32 {
    LATENT_LIMIT * (2.0 * step as f32 / STEPS as f32 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_goes_from_one_end_of_the_range_to_the_other_in_equal_steps() {
        assert_eq!((position(0), position(STEPS / 2), position(STEPS)), (-LATENT_LIMIT, 0.0, LATENT_LIMIT));
        let percent = 2.0 * LATENT_LIMIT / 100.0;
        assert!((0..STEPS).all(|step| (position(step + 1) - position(step) - percent).abs() < 1e-5));
    }

    #[test]
    fn the_largest_jump_is_told_with_its_sound_and_its_place() {
        let [even, leaping] = ["Even", "Leaping"].map(|name| NamedPoint { name: name.to_owned(), latent: [0.0; 7] });
        let (mut jumps, steady) = (vec![0.5; STEPS], vec![0.25; STEPS]);
        jumps[75] = 6.0;
        let knob = summarise("Brightness", &[(&even, &steady), (&leaping, &jumps)]);
        assert_eq!((knob.largest_db, knob.largest_from.as_str()), (6.0, "Leaping"));
        assert_eq!(knob.largest_at_sigma, position(75));
        assert!((0.25..=0.5).contains(&knob.median_db) && knob.percentile_95_db < 1.0, "{knob:?}");
        assert_eq!(summarise("None", &[]).largest_from, "");
    }
}
