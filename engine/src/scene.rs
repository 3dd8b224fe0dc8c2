//! From a saved document to the values that the synth reads. Main and worker threads: it locks the table of assets.

use crate::decode::assets::{AssetTable, Recorded};
use crate::pack::NamedResiduals;
use crate::params::{AssetSet, Controls, LearnedElsewhere, TABLE};
use crate::state::{Prime, SoundState, StateDocument};
use crate::units::Latent;

/// What a sound brings beside its point: an endless one its loop, an imported one its residual; of a sound of the loaded pack `pack` knows
/// the residuals.
#[must_use]
pub fn recorded_of<'a>(sound: &'a SoundState, pack: Option<&'a NamedResiduals>) -> Recorded<'a> {
    if let (Some(endless), Some(key)) = (&sound.endless, sound.recorded_key()) {
        return Recorded::Loop(endless, key);
    }
    let is_imported = sound.audio.is_some() || sound.residual.is_some() || sound.cut.is_some();
    Recorded::Residuals(match pack.filter(|_| !is_imported) {
        Some(pack) => pack.at(&sound.name, &sound.latent),
        None => sound.residual.as_slice(),
    })
}

/// Puts what corners and knobs bring beside their points, and the prime, into the workers' table.
pub fn assets(
    corners: [&SoundState; 4],
    knobs: Option<&SoundState>,
    pack: Option<&NamedResiduals>,
    prime: Option<&Prime>,
    table: &AssetTable,
) -> AssetSet {
    let [a, b, c, d] = corners.map(|sound| recorded_of(sound, pack));
    let of_knobs = knobs.map_or(Recorded::Residuals(&[]), |sound| recorded_of(sound, pack));
    let knobs_point = knobs.map_or_else(Latent::default, |sound| sound.latent);
    table.set([a, b, c, d, of_knobs], prime, knobs_point)
}

/// All that the synth reads of a document, whose residuals, loops and prime go to the workers' table.
pub fn controls(document: &StateDocument, pack: Option<&NamedResiduals>, table: &AssetTable) -> Controls {
    let corners = document.corners.each_ref();
    let mut controls = Controls {
        corners: corners.map(|sound| sound.latent),
        assets: assets(corners, document.knobs.as_ref(), pack, document.prime.as_ref(), table),
        seed: document.seed,
        routes: document.routes,
        steps: document.steps,
        pad_path: document.pad_path,
        learned: LearnedElsewhere::of(&document.controllers),
        ..Controls::default()
    };
    TABLE.iter().for_each(|row| row.set(&mut controls, row.saved(&document.params)));
    controls
}
