//! The instrument's controls for sounds of a pack: on the knobs and on the pad, with what their recordings add.

use engine::audio::Controls;
use engine::decode::Model;
use engine::decode::residuals::Residuals;
use engine::instrument::set_residuals;

use super::named_point::NamedPoint;

/// Controls whose knobs stand at a sound and whose pad is another one, `morph` parts of it; its residuals go to `table`.
pub fn between(model: &Model, table: &Residuals, knobs: &NamedPoint, pad: &NamedPoint, morph: f32) -> Controls {
    let zones = |place: &NamedPoint| model.residuals().of(&place.name);
    let mixed = [zones(pad), &[], &[], &[], zones(knobs)];
    let residuals = set_residuals(table, mixed, knobs.latent);
    Controls { knobs: knobs.latent, corners: [pad.latent; 4], morph, residuals, ..Controls::default() }
}
