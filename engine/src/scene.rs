//! From a saved document to the values that the synth reads. Main and worker threads: it locks the table of assets.

use crate::decode::assets::AssetTable;
use crate::pack::NamedResiduals;
use crate::params::{AssetSet, Controls, TABLE};
use crate::residual::ZoneResidual;
use crate::state::{SoundState, StateDocument};
use crate::units::Latent;

/// What the point of a sound leaves out of it: an imported one brings it along, of a sound of the loaded pack `pack` knows it.
#[must_use]
pub fn residuals_of<'a>(sound: &'a SoundState, pack: Option<&'a NamedResiduals>) -> &'a [ZoneResidual] {
    let is_imported = sound.audio.is_some() || sound.residual.is_some() || sound.cut.is_some();
    match pack.filter(|_| !is_imported) {
        Some(pack) => pack.at(&sound.name, &sound.latent),
        None => sound.residual.as_slice(),
    }
}

/// Puts the residuals of corners and knobs into the workers' table.
pub fn assets(
    corners: [&SoundState; 4],
    knobs: Option<&SoundState>,
    pack: Option<&NamedResiduals>,
    table: &AssetTable,
) -> AssetSet {
    let [a, b, c, d] = corners.map(|sound| residuals_of(sound, pack));
    let of_knobs = knobs.map(|sound| residuals_of(sound, pack)).unwrap_or_default();
    let knobs_point = knobs.map_or_else(Latent::default, |sound| sound.latent);
    table.set_residuals([a, b, c, d, of_knobs], knobs_point)
}

/// All that the synth reads of a document, whose residuals go to the workers' table.
pub fn controls(document: &StateDocument, pack: Option<&NamedResiduals>, table: &AssetTable) -> Controls {
    let corners = document.corners.each_ref();
    let mut controls = Controls {
        corners: corners.map(|sound| sound.latent),
        assets: assets(corners, document.knobs.as_ref(), pack, table),
        seed: document.seed,
        ..Controls::default()
    };
    TABLE.iter().for_each(|row| row.set(&mut controls, row.saved(&document.params)));
    controls
}
