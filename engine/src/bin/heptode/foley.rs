//! `heptode foley`: clips of everyday sounds by class. Main thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use engine::decode::end_fade::{END_FADE_SAMPLES, fade_end};
use engine::decode::foley::{Clip, ClipWish, FoleyError, FoleyModel};
use serde_json::json;

use crate::args::FoleyArgs;
use crate::class::class_weights;
use crate::failure::Failure;
use crate::output::{path_text, progress, result};
use crate::series::{Stage, check_places, numbered};
use crate::studio::open_pack;

pub(crate) fn run(args: &FoleyArgs) -> Result<(), Failure> {
    let names = numbered(args.count as usize);
    let places: Vec<PathBuf> = names.iter().map(|name| args.out.join(name)).collect();
    check_places(&[&args.pack], &places)?;
    let pack = open_pack(&args.pack)?.into_foley()?;
    let manifest = pack.manifest();
    let rate_hz = manifest.shape.sample_rate_hz;
    let wish = ClipWish {
        class_weights: class_weights(args.class.as_deref(), &args.weights, &manifest.classes)?,
        temperature: args.temperature.unwrap_or(manifest.temperature),
        keep: args.keep.unwrap_or(manifest.keep),
        guidance: args.guidance.unwrap_or(manifest.guidance),
        seed: args.seed,
        seconds: args.seconds.unwrap_or(manifest.seconds()),
    };
    let model = Arc::new(FoleyModel::load(&pack)?);
    // What cannot be made is refused before the folder is.
    Clip::new(Arc::clone(&model), &wish)?;
    let stage = Stage::open(&args.out)?;
    let bar = progress(names.len(), "making clips");
    let started = Instant::now();
    let mut files = Vec::new();
    for (number, (name, place)) in names.iter().zip(&places).enumerate() {
        let seed = args.seed.wrapping_add(number as u64);
        let samples = made(&stage, Clip::new(Arc::clone(&model), &ClipWish { seed, ..wish.clone() })?)?;
        stage.write(name, &samples, rate_hz)?;
        files.push(json!({ "file": path_text(place), "seed": seed, "samples": samples.len() }));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0 / files.len() as f64;
    stage.finish(&names)?;
    let text = format!(
        "{} clips of {:.2} s at {rate_hz} Hz in {}, seeds from {}, {milliseconds:.0} ms each",
        files.len(),
        wish.seconds,
        args.out.display(),
        args.seed
    );
    let json = json!({
        "command": "foley", "pack": { "id": manifest.id, "hash": pack.hash() }, "classes": manifest.classes,
        "class_weights": wish.class_weights, "temperature": wish.temperature, "keep": wish.keep, "guidance": wish.guidance,
        "seconds": wish.seconds, "end_fade_samples": END_FADE_SAMPLES, "rate_hz": rate_hz, "channels": 1, "milliseconds": milliseconds, "files": files,
    });
    result(args.json, &text, &json)
}

/// The samples of a clip, faded out at its end as the instrument plays it; an error when the user interrupts it.
fn made(stage: &Stage, mut clip: Clip) -> Result<Vec<f32>, Failure> {
    loop {
        stage.check()?;
        if let Some(mut samples) = clip.advance()? {
            fade_end(&mut samples);
            return Ok(samples);
        }
    }
}

impl From<FoleyError> for Failure {
    fn from(error: FoleyError) -> Self {
        Self::failed(error)
    }
}
