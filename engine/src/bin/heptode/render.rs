//! `heptode render`: one note of one sound.

use engine::Latent;
use engine::sample::write_wav;
use serde_json::json;

use crate::args::{Point, RenderArgs};
use crate::failure::Failure;
use crate::output::{latent_text, result};
use crate::player::Player;
use crate::points::Points;
use crate::studio::{Studio, open_pack};

pub(crate) fn run(args: &RenderArgs) -> Result<(), Failure> {
    // A wrong name is told before graphs are loaded.
    if let Some(name) = &args.point.sound {
        open_pack(&args.common)?.sound(name)?;
    }
    let studio = Studio::open(&args.common)?;
    let latent = point(&studio, &args.point)?;
    let samples = Player::new(studio.model.clone())?.play(&latent, &args.playing)?;
    let rate_hz = args.playing.rate;
    write_wav(&args.out, &samples, 1, rate_hz)?;
    let seconds = samples.len() as f64 / f64::from(rate_hz);
    let peak = samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
    let text = format!(
        "{}: {seconds:.3} s at {rate_hz} Hz, key {}, peak {peak:.3}\nlatent {}",
        args.out.display(),
        args.playing.key,
        latent_text(&latent)
    );
    let json = json!({
        "command": "render", "pack": studio.pack_json(), "out": args.out, "sound": args.point.sound, "latent": latent,
        "key": args.playing.key, "rate_hz": rate_hz, "samples": samples.len(), "seconds": seconds, "peak": peak,
    });
    result(args.common.json, &text, &json)
}

fn point(studio: &Studio, point: &Point) -> Result<Latent, Failure> {
    Ok(match point {
        Point { latent: Some(latent), .. } => *latent,
        Point { sound: Some(name), .. } => studio.pack.sound(name)?.latent,
        Point { random: Some(seed), .. } => Points::new(*seed).anywhere(),
        _ => Latent::default(),
    })
}
