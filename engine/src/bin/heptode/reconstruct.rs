//! `heptode reconstruct`: a sound through the model and back.

use engine::decode::{Pipeline, Shaping};
use engine::measure::LogMelMeter;
use engine::sample::{resample, write_wav};
use serde_json::json;

use crate::args::{ReconstructArgs, Via};
use crate::failure::Failure;
use crate::output::{latent_text, noted, result};
use crate::studio::Studio;

pub(crate) fn run(args: &ReconstructArgs) -> Result<(), Failure> {
    if args.via == Via::Residual {
        return Err(Failure::usage("this pack keeps no residuals: use --via latent or --via frames"));
    }
    let studio = Studio::open(&args.common)?;
    let sound = studio.import(&args.input)?;
    let mut pipeline = Pipeline::new(studio.model.clone())?;
    let samples = if args.via == Via::Frames {
        let frames = pipeline.analyse(&sound.samples);
        pipeline.vocode(&frames, sound.key)?
    } else {
        pipeline.decode(&sound.latent, sound.key, &Shaping::default())?
    };
    let error_db = LogMelMeter::default().measure(&sound.samples, &samples).mean_db();
    let samples = resample(&samples, studio.model.shape().sample_rate_hz, args.rate)?;
    write_wav(&args.out, &samples, 1, args.rate)?;
    let seconds = samples.len() as f64 / f64::from(args.rate);
    let text = format!(
        "{}: {seconds:.3} s at {} Hz, key {:.2}, via {}\nlatent {}\nlog-mel error {error_db:.2} dB\n{}",
        args.out.display(),
        args.rate,
        sound.key,
        args.via.name(),
        latent_text(&sound.latent),
        noted(&sound.notes)
    );
    let json = json!({
        "command": "reconstruct", "pack": studio.pack_json(), "file": args.input.file, "out": args.out,
        "via": args.via.name(), "latent": sound.latent, "key": sound.key, "category": sound.category, "log_mel_error_db": error_db,
        "rate_hz": args.rate, "samples": samples.len(), "seconds": seconds, "notes": sound.notes,
    });
    result(args.common.json, &text, &json)
}
