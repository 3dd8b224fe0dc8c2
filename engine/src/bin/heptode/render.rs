//! `heptode render`: one note of one sound.

use std::ffi::OsStr;

use serde_json::json;

use crate::args::RenderArgs;
use crate::failure::Failure;
use crate::output::{latent_text, noted};
use crate::player::{Place, Player};
use crate::point::latent_of;
use crate::rig::{Rig, find_preset, for_preset};
use crate::studio::{Studio, open_pack};

pub(crate) fn run(args: &RenderArgs) -> Result<(), Failure> {
    args.out.check(&[args.common.pack()], args.playing.rate)?;
    if let Some(word) = &args.preset {
        return run_preset(args, word);
    }
    // A wrong name is reported before graphs are loaded, which takes longer.
    if let Some(name) = &args.point.sound {
        open_pack(args.common.pack())?.sound(name)?;
    }
    let studio = Studio::open(&args.common)?;
    let sound = args.point.sound.as_deref().map(|name| studio.pack.sound(name)).transpose()?;
    let sound = sound.map(|sound| studio.of_pack(sound));
    let latent = latent_of(&args.point, studio.pack.info())?;
    let samples = Player::new(studio.model.clone(), sound.as_ref(), None)?.play(&Place::at(latent), &args.playing)?;
    let rate_hz = args.playing.rate;
    let mut notes = args.out.write(&samples, 1, rate_hz)?;
    if args.playing.is_shaped() && !studio.pack.info().kind.is_shaped() {
        notes.push("stretch, formant and tilt do not change the sounds of this pack".to_owned());
    }
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

/// The same note by a preset, in stereo.
fn run_preset(args: &RenderArgs, word: &OsStr) -> Result<(), Failure> {
    let preset = find_preset(word)?;
    let studio = Studio::open(&for_preset(&args.common, &preset))?;
    let rig = Rig::new(&studio)?;
    let [left, right] = Player::of_document(&rig, &preset.document)?.play_preset(&args.playing)?;
    let samples: Vec<f32> = left.iter().zip(&right).flat_map(|(left, right)| [*left, *right]).collect();
    let rate_hz = args.playing.rate;
    let mut notes: Vec<String> = rig.remark(&preset.document).into_iter().collect();
    notes.extend(args.out.write(&samples, 2, rate_hz)?);
    let seconds = left.len() as f64 / f64::from(rate_hz);
    let peak = samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
    let (key, name) = (args.playing.key, &preset.label.name);
    let text = format!(
        "{}: {seconds:.3} s at {rate_hz} Hz, preset “{name}”, key {key}, peak {peak:.3}\n{}",
        args.out.text(),
        noted(&notes)
    );
    let json = json!({
        "command": "render", "pack": studio.pack_json(), "out": args.out.text(), "preset": name, "key": key, "rate_hz": rate_hz,
        "channels": 2, "samples": left.len(), "seconds": seconds, "peak": peak, "notes": notes,
    });
    args.out.report(args.common.json, &text, &json)
}
