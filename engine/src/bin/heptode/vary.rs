//! `heptode vary`: variations of a sound.

use engine::Latent;
use serde_json::json;

use crate::args::VaryArgs;
use crate::failure::Failure;
use crate::points::Points;
use crate::series::Series;
use crate::studio::Studio;

pub(crate) fn run(args: &VaryArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.output.common)?;
    let sound = studio.resolve(&args.sound)?;
    let mut random = Points::new(args.seed);
    let points: Vec<Latent> = (0..args.count).map(|_| random.near(&sound.latent, args.amount)).collect();
    let json = json!({
        "command": "vary", "sound": sound.name, "latent": sound.latent, "amount": args.amount, "seed": args.seed,
        "notes": sound.notes,
    });
    Series { points: &points, output: &args.output }.render(&studio, json, &sound.notes)
}
