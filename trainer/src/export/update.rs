//! A pack that takes the place of the one that its run started from: the weights are new, and everything that projects and presets
//! refer to stays, which is names, points, keys and the units of the knobs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::{Model, Pipeline};
use engine::pack::{Manifest, NamedResiduals, NamedSound, Pack, RESIDUALS_FILE};
use engine::residual::{Pair, Residual, ZoneResidual, add};

use super::{axes_of, graph_files};
use crate::eval::parallel::parallel_map_with;
use crate::train::RunConfig;
use crate::trained_model::TrainedModel;

/// How much of a residual its sound is coded with.
const WHOLE: f32 = 1.0;

/// A pack with the weights of `trained` in place of those of the pack at `path`. What recordings add to its sounds is coded anew, from
/// the sounds as that pack gives them.
///
/// # Errors
/// The run did not start from that pack, changed what its latents mean, or a network gives what is no number.
pub fn pack(path: &Path, trained: &mut TrainedModel, config: &RunConfig) -> Result<Pack> {
    let old = Pack::open(path)?;
    ensure!(
        config.from_pack.as_deref() == Some(old.hash()),
        "the run did not start from the pack {}; give the --from-pack of its training as --update",
        old.manifest().name
    );
    ensure!(
        config.vae.is_empty(),
        "the run trained the auto-encoder, so points are other sounds now; export it without --update, or train with --vae-share 0"
    );
    trained.halve_precision();
    let manifest = Manifest { controls: axes_of(trained)?, files: BTreeMap::new(), ..old.manifest().clone() };
    let mut files = graph_files(trained)?;
    let bare = Arc::new(Model::load(&Pack::assemble(manifest.clone(), files.clone())?)?);
    let residuals = residuals(&Arc::new(Model::load(&old)?), &bare)?;
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
