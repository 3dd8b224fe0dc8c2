//! What the points of named sounds leave out of them, in every key zone that the corpus has a recording for.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use engine::decode::Model;
use engine::import::at_root;
use engine::pack::{NamedResiduals, NamedSound};
use engine::residual::{Pair, Residual, ZoneResidual};
use engine::sample::even_out;
use engine::spectral::{FrameAnalysis, Frames};

use super::sounds::Candidate;
use crate::eval::spread::spread;
use crate::features::Dataset;

/// Farther from a root than this, in semitones, a recording tells little of how the sound is there.
const REACH_SEMITONES: f32 = 6.0;

/// A sound and what it is to sound like at some of the roots.
struct Recorded<'a> {
    sound: &'a NamedSound,
    zones: Vec<(u8, Frames)>,
}

/// The residuals of `sounds`, whose recordings are those of the candidates by the same name.
pub fn of(
    model: &Arc<Model>,
    data: &Dataset,
    sounds: &[NamedSound],
    candidates: &BTreeMap<String, &Candidate>,
) -> Result<NamedResiduals> {
    let recorded = sounds.iter().filter_map(|sound| Some((sound, *candidates.get(&sound.name)?)));
    let recorded: Vec<Recorded> = recorded
        .map(|(sound, candidate)| Ok(Recorded { sound, zones: zones(model, data, candidate)? }))
        .collect::<Result<_>>()?;
    let coded = spread("residuals", model, &recorded, |tools, recorded| {
        let made: Vec<Frames> = recorded
            .zones
            .iter()
            .map(|(root, _)| tools.pipeline.decode_frames(&recorded.sound.latent, f32::from(*root)))
            .collect::<Result<_, _>>()?;
        let pairs: Vec<Pair> =
            recorded.zones.iter().zip(&made).map(|((_, wanted), made)| Pair { wanted, made }).collect();
        let roots = recorded.zones.iter().map(|(root, _)| *root);
        let residuals = Residual::sharing(&pairs, model.shape());
        Ok(roots.zip(residuals).map(|(root_key, residual)| ZoneResidual { root_key, residual }).collect::<Vec<_>>())
    })?;
    Ok(NamedResiduals::new(recorded.iter().map(|recorded| recorded.sound.name.clone()).zip(coded).collect()))
}

/// The frames of a candidate at each root that has a recording near it, the nearest one brought to the root.
fn zones(model: &Model, data: &Dataset, candidate: &Candidate) -> Result<Vec<(u8, Frames)>> {
    let (manifest, shape) = (model.manifest(), model.shape());
    let mut analysis = FrameAnalysis::new(shape);
    let mut zones = Vec::new();
    for (zone, root) in manifest.root_keys.iter().enumerate() {
        let away = |index: &usize| (f32::from(data.items[*index].key) - f32::from(*root)).abs();
        let near = candidate.items().iter().copied().filter(|index| {
            manifest.nearest_root(f32::from(data.items[*index].key)) == zone && away(index) <= REACH_SEMITONES
        });
        let Some(index) = near.min_by(|a, b| away(a).total_cmp(&away(b))) else { continue };
        let key = data.items[index].key;
        let frames = if key == *root {
            data.frames_of(index)?
        } else {
            let mut moved = at_root(&data.samples_of(index)?, f32::from(key), *root, shape.sample_rate_hz)?;
            even_out(&mut moved, shape.sample_rate_hz);
            analysis.frames(&moved)
        };
        zones.push((*root, frames));
    }
    Ok(zones)
}
