//! `heptode morph`: the way from one sound to another.

use serde_json::json;

use crate::args::MorphArgs;
use crate::failure::Failure;
use crate::player::{Place, Player};
use crate::series::Series;
use crate::studio::Studio;

pub(crate) fn run(args: &MorphArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.output.common)?;
    let (from, to) = (studio.find(&args.from)?, studio.find(&args.to)?);
    let files: Vec<_> = [from.file(), to.file()].into_iter().flatten().collect();
    let series = Series::new(args.steps as usize, &args.output, &files)?;
    let from = studio.load(&from, args.from_key, "--from-key")?;
    let to = studio.load(&to, args.to_key, "--to-key")?;
    let last = (args.steps - 1) as f32;
    let places: Vec<Place> = (0..args.steps).map(|n| Place { knobs: from.latent, morph: n as f32 / last }).collect();
    let json = json!({
        "command": "morph", "pack": studio.pack_json(), "from": from.name, "to": to.name,
        "from_recording": from.recording_json(), "to_recording": to.recording_json(),
    });
    let player = Player::new(studio.model, Some(&from), Some(&to))?;
    series.render(&places, player, &[&from, &to], json)
}
