//! `heptode blend`: the superposed latents of several sounds.

use engine::Latent;
use serde_json::json;

use crate::args::BlendArgs;
use crate::failure::Failure;
use crate::output::{latent_text, noted};
use crate::player::{Place, Player};
use crate::studio::{Named, Studio};

pub(crate) fn run(args: &BlendArgs) -> Result<(), Failure> {
    let parts = parts_of_whole(args)?;
    let studio = Studio::open(&args.common)?;
    let sources = args.sounds.iter().map(|word| studio.find(word)).collect::<Result<Vec<_>, _>>()?;
    let files: Vec<_> = sources.iter().filter_map(|source| source.file()).collect();
    args.out.check(&[files.as_slice(), &[args.common.pack()]].concat(), args.playing.rate)?;
    let sounds =
        sources.iter().map(|source| studio.load(source, None, "--key")).collect::<Result<Vec<Named>, Failure>>()?;
    let latent = superposed(&sounds, &parts);
    let samples = Player::new(studio.model.clone(), None, None)?.play(&Place::at(latent), &args.playing)?;
    let rate_hz = args.playing.rate;
    let mut notes: Vec<String> = sounds.iter().flat_map(|sound| sound.notes.clone()).collect();
    notes.extend(args.out.write(&samples, 1, rate_hz)?);
    let seconds = samples.len() as f64 / f64::from(rate_hz);
    let of = |(sound, part): (&Named, &f32)| format!("{part:.3} {}", sound.name);
    let recipe = sounds.iter().zip(&parts).map(of).collect::<Vec<_>>().join(" + ");
    let text = format!(
        "{}: {seconds:.3} s at {rate_hz} Hz, key {}\n{recipe}\nlatent {}\n{}",
        args.out.text(),
        args.playing.key,
        latent_text(&latent),
        noted(&notes)
    );
    let json = json!({
        "command": "blend", "pack": studio.pack_json(), "out": args.out.text(), "latent": latent, "key": args.playing.key,
        "sounds": sounds.iter().zip(&parts).map(|(sound, part)| json!({
            "name": sound.name, "weight": part, "latent": sound.latent, "recording": sound.recording_json(),
        })).collect::<Vec<_>>(),
        "rate_hz": rate_hz, "samples": samples.len(), "seconds": seconds, "notes": notes,
    });
    args.out.report(args.common.json, &text, &json)
}

/// The weights divided by their sum; equal ones where none are given.
fn parts_of_whole(args: &BlendArgs) -> Result<Vec<f32>, Failure> {
    let count = args.sounds.len();
    let weights = if args.weights.is_empty() { vec![1.0; count] } else { args.weights.clone() };
    if weights.len() != count {
        return Err(Failure::usage(format!("--weights has {} values, and there are {count} sounds", weights.len())));
    }
    let sum: f32 = weights.iter().sum();
    if sum <= 0.0 {
        return Err(Failure::usage("--weights are all 0, and at least one must be above"));
    }
    Ok(weights.iter().map(|weight| weight / sum).collect())
}

fn superposed(sounds: &[Named], parts: &[f32]) -> Latent {
    std::array::from_fn(|axis| sounds.iter().zip(parts).map(|(sound, part)| part * sound.latent[axis]).sum())
}
