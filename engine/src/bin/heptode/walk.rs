//! `heptode walk`: footsteps on a floor, every one another.

use std::path::Path;

use engine::decode::{Pipeline, Shaping};
use engine::sample::resample;
use engine::walk::{Footfall, WalkSettings, floors_of, plan, sounds_of};
use serde_json::json;

use crate::args::WalkArgs;
use crate::failure::Failure;
use crate::output::{noted, progress};
use crate::studio::{Studio, open_pack};

/// Pack that walks unless another is given.
const PACK: &str = "footsteps";
/// Level of a step against its own, so that two that overlap stay below full scale.
const HEADROOM: f32 = 0.7;
/// Fade at the end of the file, in seconds.
const END_FADE_S: f64 = 0.02;

pub(crate) fn run(args: &WalkArgs) -> Result<(), Failure> {
    let common = args.common.or_pack(PACK);
    args.out.check(&[common.pack()], args.rate)?;
    // A floor that is not there is reported before graphs are loaded, which takes longer.
    let manifest = open_pack(common.pack())?.latents()?.manifest().clone();
    let sounds = sounds_of(&manifest, &args.floor, args.pace);
    if sounds.is_empty() {
        return Err(no_floor(args, common.pack(), &floors_of(&manifest)));
    }
    let settings = WalkSettings { pace: args.pace, seconds: f64::from(args.seconds), seed: args.seed };
    let steps = plan(&settings, &sounds);
    let studio = Studio::open(&common)?;
    let samples = rendered(args, &studio, &steps)?;
    let notes = args.out.write(&samples, 2, args.rate)?;
    let text = format!(
        "{}: {:.2} s at {} Hz, {} steps on {}, seed {}\n{}",
        args.out.text(),
        args.seconds,
        args.rate,
        steps.len(),
        args.floor,
        args.seed,
        noted(&notes)
    );
    let json = json!({
        "command": "walk", "pack": studio.pack_json(), "out": args.out.text(), "floor": args.floor, "pace": args.pace,
        "seed": args.seed, "rate_hz": args.rate, "channels": 2, "samples": samples.len() / 2,
        "sounds": sounds.iter().map(|sound| &sound.name).collect::<Vec<_>>(),
        "steps": steps.iter().map(|step| json!({
            "at_s": step.at_s, "latent": step.latent, "gain": step.gain, "pan": step.pan,
        })).collect::<Vec<_>>(),
        "notes": notes,
    });
    args.out.report(args.common.json, &text, &json)
}

fn no_floor(args: &WalkArgs, pack: &Path, floors: &[String]) -> Failure {
    let pack = pack.display();
    let known = match floors {
        [] => "it has none at all; give a pack of footsteps by --pack FILE".to_owned(),
        some => format!("it has {}; another pack is given by --pack FILE", some.join(", ")),
    };
    Failure::usage(format!("the pack {pack} has no footsteps on {:?}: {known}", args.floor))
}

/// All steps, interleaved.
fn rendered(args: &WalkArgs, studio: &Studio, steps: &[Footfall]) -> Result<Vec<f32>, Failure> {
    let model = studio.latents()?;
    let own_hz = model.shape().sample_rate_hz;
    let mut pipeline = Pipeline::new(model)?;
    let root = studio.pack.info().nearest_root(60.0);
    let rate_hz = f64::from(args.rate);
    let length = (f64::from(args.seconds) * rate_hz).round() as usize;
    let mut out = vec![0.0f32; 2 * length];
    let bar = progress(steps.len(), "walking");
    for step in steps {
        let sound = pipeline.decode(&step.latent, f32::from(root), &Shaping::default())?;
        let sound = resample(&sound, own_hz, args.rate)?;
        // Equal power: the angle goes from 0, left alone, to π/2, right alone.
        let angle = (step.pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
        let (left, right) = (HEADROOM * step.gain * angle.cos(), HEADROOM * step.gain * angle.sin());
        let start = ((step.at_s * rate_hz).round() as usize).min(length);
        for (frame, sample) in out[2 * start..].chunks_exact_mut(2).zip(&sound) {
            frame[0] += left * sample;
            frame[1] += right * sample;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let fade = (END_FADE_S * rate_hz) as usize;
    for (from_end, frame) in out.chunks_exact_mut(2).rev().take(fade).enumerate() {
        frame.iter_mut().for_each(|sample| *sample *= from_end as f32 / fade as f32);
    }
    let peak = out.iter().fold(1.0f32, |peak, sample| peak.max(sample.abs()));
    out.iter_mut().for_each(|sample| *sample /= peak);
    Ok(out)
}
