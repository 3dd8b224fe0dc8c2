//! `heptode reconstruct`: a sound through the model and back.

use std::sync::Arc;

use engine::decode::{Pipeline, Shaping};
use engine::measure::LogMelMeter;
use engine::sample::resample;
use serde_json::json;

use crate::args::{ReconstructArgs, Via};
use crate::failure::Failure;
use crate::output::{latent_text, noted, path_text};
use crate::recording::{Recorded, key_text};
use crate::studio::Studio;

pub(crate) fn run(args: &ReconstructArgs) -> Result<(), Failure> {
    args.out.check(&[&args.input.file, args.common.pack()], args.rate)?;
    let studio = Studio::open(&args.common)?;
    let model = studio.latents()?;
    let mut sound = studio.import(&args.input.file, args.input.choice())?;
    let mut pipeline = Pipeline::new(Arc::clone(&model))?;
    let mut residual = None;
    let samples = match args.via {
        Via::Frames => {
            let frames = pipeline.analyse(&sound.samples)?;
            pipeline.vocode(&frames, sound.key)?
        }
        Via::Latent => pipeline.decode(&sound.latent, sound.key, &Shaping::default())?,
        Via::Residual => {
            let found = pipeline.residual(&sound.samples, &sound.latent, sound.key)?;
            pipeline.decode_recorded(&sound.latent, sound.key, residual.insert(found))?
        }
    };
    let error_db = LogMelMeter::default().measure(&sound.samples, &samples).mean_db();
    let samples = resample(&samples, model.shape().sample_rate_hz, args.rate)?;
    sound.notes.extend(args.out.write(&samples, 1, args.rate)?);
    let seconds = samples.len() as f64 / f64::from(args.rate);
    let residual_bytes = residual.as_ref().map(|residual| residual.bytes().len());
    let kept = residual_bytes.map_or_else(String::new, |bytes| format!("\nresidual {bytes} bytes"));
    let text = format!(
        "{}: {seconds:.3} s at {} Hz, from {:.3} s, key {}, via {}\nlatent {}{kept}\nlog-mel error {error_db:.2} dB\n{}",
        args.out.text(),
        args.rate,
        sound.start_s,
        key_text(&sound),
        args.via.name(),
        latent_text(&sound.latent),
        noted(&sound.notes)
    );
    let json = json!({
        "command": "reconstruct", "pack": studio.pack_json(), "file": path_text(&args.input.file), "out": args.out.text(),
        "via": args.via.name(), "latent": sound.latent, "start_s": sound.start_s, "key": sound.key, "key_origin": sound.key_origin,
        "found_key": sound.found_key,
        "category": sound.category, "log_mel_error_db": error_db,
        "residual_bytes": residual_bytes, "rate_hz": args.rate, "samples": samples.len(), "seconds": seconds,
        "recording": Recorded::new(&args.input.file, &sound).json, "notes": sound.notes,
    });
    args.out.report(args.common.json, &text, &json)
}
