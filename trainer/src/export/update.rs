//! A pack that takes the place of another one with the same encoder: decoder and vocoder are new, and everything that projects and
//! presets refer to stays, which is names, points, keys and the units of the knobs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::{Model, Pipeline};
use engine::pack::{Manifest, NamedResiduals, NamedSound, Pack, RESIDUALS_FILE};
use engine::residual::{Pair, Residual, ZoneResidual, add};

use super::{axes_of, graph_files, vocoder_info};
use crate::eval::parallel::parallel_map_with;
use crate::trained_model::TrainedModel;

/// How much of a residual its sound is coded with.
const WHOLE: f32 = 1.0;

/// A pack with the weights of `trained` in place of those of the pack at `path`. What recordings add to its sounds is coded anew, from
/// the sounds as that pack gives them, unless the decoder is the same.
///
/// # Errors
/// The run has another encoder, or a network gives what is no number.
pub fn pack(path: &Path, trained: &mut TrainedModel) -> Result<Pack> {
    let old = Pack::open(path)?;
    trained.halve_precision();
    let controls = axes_of(trained)?;
    let manifest = Manifest { controls, vocoder: vocoder_info(), files: BTreeMap::new(), ..old.manifest().clone() };
    let mut files = graph_files(trained)?;
    ensure!(
        files.get("encoder.onnx").map(Vec::as_slice) == Some(old.graph("encoder.onnx")),
        "the encoder of the run is not that of the pack {}, so points are other sounds; train with --from-pack and --vae-share 0, or \
         export without --update",
        old.manifest().name
    );
    let residuals = if files.get("decoder.onnx").map(Vec::as_slice) == Some(old.graph("decoder.onnx")) {
        Arc::clone(old.residuals())
    } else {
        let bare = Arc::new(Model::load(&Pack::assemble(manifest.clone(), files.clone())?)?);
        Arc::new(residuals(&Arc::new(Model::load(&old)?), &bare)?)
    };
    files.insert(RESIDUALS_FILE.to_owned(), residuals.to_bytes(&manifest));
    Ok(Pack::assemble(manifest, files)?)
}

/// The residuals by which the sounds of `old` stay what they are with the decoder of `new`.
fn residuals(old: &Arc<Model>, new: &Arc<Model>) -> Result<NamedResiduals> {
    let pipelines = || Ok([Pipeline::new(Arc::clone(old))?, Pipeline::new(Arc::clone(new))?]);
    let coded = parallel_map_with("residuals", old.sounds(), pipelines, |[before, after], sound| {
        moved(before, after, sound, old.residuals().of(&sound.name))
    })?;
    Ok(NamedResiduals::new(old.sounds().iter().zip(coded)))
}

fn moved(
    before: &mut Pipeline,
    after: &mut Pipeline,
    sound: &NamedSound,
    zones: &[ZoneResidual],
) -> Result<Vec<ZoneResidual>> {
    let shape = *before.model().shape();
    let mut frames = Vec::with_capacity(zones.len());
    for zone in zones {
        let key = f32::from(zone.root_key);
        let mut wanted = before.decode_frames(&sound.latent, key)?;
        add(&mut wanted, &zone.residual.difference(), WHOLE, &shape);
        frames.push((wanted, after.decode_frames(&sound.latent, key)?));
    }
    let pairs: Vec<Pair> = frames.iter().map(|(wanted, made)| Pair { wanted, made }).collect();
    let roots = zones.iter().map(|zone| zone.root_key);
    let residuals = Residual::sharing(&pairs, &shape);
    Ok(roots.zip(residuals).map(|(root_key, residual)| ZoneResidual { root_key, residual }).collect())
}
