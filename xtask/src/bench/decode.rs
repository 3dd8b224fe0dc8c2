//! Latent to samples, in turn with ONNX Runtime on the same graphs.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::Programs;
use super::side::{Side, take_turns};
use crate::statistics::{median, quantile};

/// Measured rounds of five decodes each.
const ROUNDS: usize = 12;
/// Parts of a decode, as the engine names them.
pub const PARTS: [&str; 5] = ["decoder", "vocoder", "bins", "griffin_lim", "synthesis"];
const ONNX_RUNTIME: &str = include_str!("onnxruntime_side.py");

/// Measures both sides.
///
/// # Errors
///
/// Fails if one of the two programs fails.
pub fn measure(programs: &Programs, pack: Option<&Path>) -> Result<Value> {
    let (ours, about) = Side::start(programs.example("bench_decode").arg(&programs.folder).args(pack))?;
    let mut script = programs.script("onnxruntime_side.py", ONNX_RUNTIME)?;
    script.arg(&programs.folder);
    script.args(["mel_bands", "vocoder_frames", "vocoder_runs"].map(|name| about[name].to_string()));
    let (theirs, version) = Side::start(&mut script)?;
    let mut sides = [ours, theirs];
    take_turns(&mut sides, ROUNDS)?;
    let [ours, theirs] = sides;
    let parts: serde_json::Map<String, Value> =
        PARTS.iter().map(|part| ((*part).to_owned(), json!(median(&ours.values(part))))).collect();
    let graph = |name: &str| {
        let (tract, ort) = (median(&ours.values(name)), median(&theirs.values(name)));
        json!({ "tract_ms": tract, "onnxruntime_ms": ort, "ratio": tract / ort })
    };
    let total = ours.values("total");
    Ok(json!({
        "about": about,
        "onnxruntime": version["onnxruntime"],
        "decodes": total.len(),
        "latent_to_samples_ms": { "median": median(&total), "worst": quantile(&total, 1.0) },
        "parts_ms": parts,
        "graphs": { "decoder": graph("decoder"), "vocoder": graph("vocoder") },
    }))
}
