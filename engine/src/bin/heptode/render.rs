//! `heptode render`: one note of one sound.

use engine::Latent;
use engine::pack::{LatentDistribution, Manifest, RandomPoints};
use serde_json::json;

use crate::args::{Point, RenderArgs};
use crate::failure::Failure;
use crate::output::{latent_text, noted};
use crate::player::{Place, Player};
use crate::studio::{Studio, open_pack};

pub(crate) fn run(args: &RenderArgs) -> Result<(), Failure> {
    args.out.check(&[&args.common.pack], args.playing.rate)?;
    // A wrong name is reported before graphs are loaded, which takes longer.
    if let Some(name) = &args.point.sound {
        open_pack(&args.common)?.sound(name)?;
    }
    let studio = Studio::open(&args.common)?;
    let sound = args.point.sound.as_deref().map(|name| studio.pack.sound(name)).transpose()?;
    let sound = sound.map(|sound| studio.of_pack(sound));
    let latent = sound.as_ref().map_or_else(|| point(&args.point, studio.pack.manifest()), |sound| sound.latent);
    let samples = Player::new(studio.model.clone(), sound.as_ref(), None)?.play(&Place::at(latent), &args.playing)?;
    let rate_hz = args.playing.rate;
    let notes = args.out.write(&samples, rate_hz)?;
    let seconds = samples.len() as f64 / f64::from(rate_hz);
    let peak = samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
    let text = format!(
        "{}: {seconds:.3} s at {rate_hz} Hz, key {}, peak {peak:.3}\nlatent {}\n{}",
        args.out.text(),
        args.playing.key,
        latent_text(&latent),
        noted(&notes)
    );
    let json = json!({
        "command": "render", "pack": studio.pack_json(), "out": args.out.text(), "sound": args.point.sound, "latent": latent,
        "key": args.playing.key, "rate_hz": rate_hz, "samples": samples.len(), "seconds": seconds, "peak": peak, "notes": notes,
    });
    args.out.report(args.common.json, &text, &json)
}

/// The point to render when no sound is named.
fn point(point: &Point, manifest: &Manifest) -> Latent {
    match point {
        Point { latent: Some(latent), .. } => *latent,
        Point { random: Some(seed), .. } => {
            RandomPoints::new(*seed).anywhere(&LatentDistribution::of(&manifest.sounds))
        }
        _ => Latent::default(),
    }
}

#[cfg(test)]
mod tests {
    use engine::pack::Pack;

    use super::*;

    #[test]
    fn a_random_point_lies_where_the_sounds_of_the_pack_do() {
        let (mut manifest, _) = Pack::factory_manifest().expect("the factory pack");
        manifest.sounds.iter_mut().for_each(|sound| sound.latent = [1.5; 7]);
        let random = Point { latent: None, sound: None, random: Some(3) };
        let found = point(&random, &manifest);
        assert!(found.iter().all(|place| (place - 1.5).abs() < 0.1), "{found:?}");
    }
}
