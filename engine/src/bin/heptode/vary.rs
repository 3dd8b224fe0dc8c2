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
    let source = studio.find(&args.sound)?;
    let series = Series::new(args.count as usize, &args.output, source.file().as_slice())?;
    let sound = studio.load(&source, args.sound_key, "--sound-key")?;
    let mut random = RandomPoints::new(args.seed);
    let places: Vec<Place> = (0..args.count).map(|_| Place::at(random.near(&sound.latent, args.amount))).collect();
    let json = json!({
        "command": "vary", "pack": studio.pack_json(), "sound": sound.name, "latent": sound.latent, "amount": args.amount,
        "seed": args.seed, "recording": sound.recording_json(),
    });
    let player = Player::new(studio.model, Some(&sound), None)?;
    series.render(&places, player, &[&sound], json)
}
