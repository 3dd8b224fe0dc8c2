//! `heptode morph`: the way from one sound to another.

use serde_json::json;

use crate::args::MorphArgs;
use crate::failure::Failure;
use crate::player::{Place, Player};
use crate::series::Series;
use crate::studio::Studio;

pub(crate) fn run(args: &MorphArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.output.common)?;
    let (from, to) = (studio.resolve(&args.from)?, studio.resolve(&args.to)?);
    let last = (args.steps - 1) as f32;
    let places: Vec<Place> = (0..args.steps).map(|n| Place { knobs: from.latent, morph: n as f32 / last }).collect();
    let notes = [from.notes.clone(), to.notes.clone()].concat();
    let json = json!({
        "command": "morph", "pack": studio.pack_json(), "from": from.name, "to": to.name, "notes": notes,
    });
    let player = Player::new(studio.model, Some(&from), Some(&to))?;
    Series { places: &places, output: &args.output }.render(player, json, &notes)
}
