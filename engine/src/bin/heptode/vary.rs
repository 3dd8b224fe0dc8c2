//! `heptode vary`: variations of a sound.

use engine::pack::RandomPoints;
use serde_json::json;

use crate::args::VaryArgs;
use crate::failure::Failure;
use crate::player::{Place, Player};
use crate::series::Series;
use crate::studio::Studio;

pub(crate) fn run(args: &VaryArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.output.common)?;
    let sound = studio.resolve(&args.sound)?;
    let mut random = RandomPoints::new(args.seed);
    let places: Vec<Place> = (0..args.count).map(|_| Place::at(random.near(&sound.latent, args.amount))).collect();
    let json = json!({
        "command": "vary", "pack": studio.pack_json(), "sound": sound.name, "latent": sound.latent, "amount": args.amount, "seed": args.seed,
        "notes": sound.notes,
    });
    let player = Player::new(studio.model, Some(&sound), None)?;
    Series { places: &places, output: &args.output }.render(player, json, &sound.notes)
}
