//! The instrument's controls for sounds of a pack: on the knobs and on the pad, with what their recordings add.

use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::link::SourceId;
use engine::params::Controls;

use super::named_point::NamedPoint;

/// The source of decodes that have no instance.
pub const ONLY_SOURCE: SourceId = SourceId(0);

/// Controls whose knobs stand at a sound and whose pad is another one, `morph` parts of it; its residuals go to `table`.
pub fn between(model: &Model, table: &AssetTable, knobs: &NamedPoint, pad: &NamedPoint, morph: f32) -> Controls {
    let zones = |place: &NamedPoint| model.residuals().of(&place.name);
    let mixed = [zones(pad), &[], &[], &[], zones(knobs)];
    let assets = table.set_residuals(mixed, knobs.latent);
    // The pad rests on its first corner.
    let (corners, pad_x, pad_y, gain_db) = ([pad.latent; 4], 0.0, 0.0, 0.0);
    let mut controls =
        Controls { knobs: knobs.latent, corners, pad_x, pad_y, morph, gain_db, assets, ..Controls::default() };
    // What is measured is the sound in the middle.
    controls.voices.width = 0.0;
    controls
}
