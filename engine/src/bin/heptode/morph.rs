//! `heptode morph`: the way from one sound to another.

use engine::Latent;
use serde_json::json;

use crate::args::MorphArgs;
use crate::failure::Failure;
use crate::points::between;
use crate::series::Series;
use crate::studio::Studio;

pub(crate) fn run(args: &MorphArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.output.common)?;
    let (from, to) = (studio.resolve(&args.from)?, studio.resolve(&args.to)?);
    let last = (args.steps - 1) as f32;
    let points: Vec<Latent> = (0..args.steps).map(|n| between(&from.latent, &to.latent, n as f32 / last)).collect();
    let notes = [from.notes, to.notes].concat();
    let json = json!({ "command": "morph", "from": from.name, "to": to.name, "notes": notes });
    Series { points: &points, output: &args.output }.render(&studio, json, &notes)
}
