//! What the points of named sounds leave out of them, in every key zone that the corpus has a recording for.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use engine::decode::{Model, Pipeline};
use engine::import::at_root;
use engine::pack::{NamedResiduals, NamedSound};
use engine::residual::{Pair, Residual, ZoneResidual};
use engine::spectral::Frames;

use super::sounds::Candidate;
use crate::eval::parallel::parallel_map;
use crate::features::Dataset;

/// Farther from a root than this, in semitones, a recording no longer describes the sound.
const REACH_SEMITONES: f32 = 6.0;

/// A sound and its recordings at some of the roots.
struct Recorded<'a> {
    sound: &'a NamedSound,
    zones: Vec<(u8, Recording)>,
}

/// What a sound is to be like at a root.
enum Recording {
    /// As it was learned.
    Frames(Frames),
    /// Samples of another key, brought to the root.
    Moved(Vec<f32>),
}

/// The residuals of `sounds`, whose recordings are those of the candidates by the same name.
///
/// # Errors
/// A recording cannot be decoded or coded.
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
    let coded = parallel_map("residuals", model, &recorded, |tools, recorded| code(&mut tools.pipeline, recorded))?;
    Ok(NamedResiduals::new(recorded.iter().map(|recorded| recorded.sound).zip(coded)))
}

fn code(pipeline: &mut Pipeline, recorded: &Recorded) -> Result<Vec<ZoneResidual>> {
    let mut frames = Vec::with_capacity(recorded.zones.len());
    for (root, recording) in &recorded.zones {
        let wanted = match recording {
            Recording::Frames(frames) => frames.clone(),
            Recording::Moved(samples) => pipeline.analyse(samples)?,
        };
        frames.push((wanted, pipeline.decode_frames(&recorded.sound.latent, f32::from(*root))?));
    }
    let pairs: Vec<Pair> = frames.iter().map(|(wanted, made)| Pair { wanted, made }).collect();
    let residuals = Residual::sharing(&pairs, pipeline.model().shape());
    let roots = recorded.zones.iter().map(|(root, _)| *root);
    Ok(roots.zip(residuals).map(|(root_key, residual)| ZoneResidual { root_key, residual }).collect())
}

/// The recording of a candidate at each root that has one near it: the nearest.
fn zones(model: &Model, data: &Dataset, candidate: &Candidate) -> Result<Vec<(u8, Recording)>> {
    let (manifest, rate_hz) = (model.manifest(), model.shape().sample_rate_hz);
    let mut zones = Vec::new();
    for (zone, root) in manifest.root_keys.iter().enumerate() {
        let away = |index: &usize| (f32::from(data.items[*index].key) - f32::from(*root)).abs();
        let near = candidate.items().iter().copied().filter(|index| {
            manifest.nearest_root(f32::from(data.items[*index].key)) == zone && away(index) <= REACH_SEMITONES
        });
        let Some(index) = near.min_by(|a, b| away(a).total_cmp(&away(b))) else { continue };
        let key = data.items[index].key;
        let recording = if key == *root {
            Recording::Frames(data.frames_of(index)?)
        } else {
            Recording::Moved(at_root(&data.samples_of(index)?, f32::from(key), *root, rate_hz)?)
        };
        zones.push((*root, recording));
    }
    Ok(zones)
}
