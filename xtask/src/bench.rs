//! `cargo xtask bench`: latent to samples, beside ONNX Runtime on the same graphs in one interleaved run, and the cost of
//! 32 voices. Prints a table and writes `target/bench.json`.

mod side;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::paths::{Paths, short};
use crate::process::{capture, cargo, run, say};
use crate::setup::{apt, python};
use side::{Side, median};

/// Rounds whose times are thrown away: first runs touch cold memory.
const WARM_UP_ROUNDS: usize = 4;
/// Measured rounds of five decodes each.
const ROUNDS: usize = 12;
/// Parts of a decode, as the engine names them.
const PARTS: [&str; 5] = ["decoder", "vocoder", "bins", "griffin_lim", "synthesis"];
const ONNX_RUNTIME: &str = include_str!("bench/onnxruntime_side.py");

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// A pack file or folder; without it, the factory pack
    #[arg(long)]
    pack: Option<std::path::PathBuf>,
}

/// Sets up, builds, measures, reports.
pub fn bench(paths: &Paths, options: &Options) -> Result<()> {
    apt::ensure(&[apt::BUILD, &["python3", "python3-venv"]])?;
    let python = python::ensure()?;
    run(cargo(&paths.root).args(["build", "--release", "--package", "engine", "--examples"]))?;
    let folder = paths.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let example = |name: &str| {
        let mut command = Command::new(paths.target.join("release").join("examples").join(name));
        command.current_dir(&paths.root);
        command
    };
    let mut ours = example("bench_decode");
    ours.arg(&folder).args(&options.pack);
    let (mut ours, about) = Side::start(&mut ours)?;
    let script = folder.join("onnxruntime_side.py");
    fs::write(&script, ONNX_RUNTIME)?;
    let mut theirs = Command::new(python);
    theirs.arg(&script).arg(&folder);
    theirs.args(["mel_bands", "vocoder_frames", "vocoder_runs"].map(|name| about[name].to_string()));
    let (mut theirs, version) = Side::start(&mut theirs)?;
    interleave(&mut ours, &mut theirs)?;
    say("32 voices");
    let voices: Value = serde_json::from_str(&capture(&mut example("bench_voices"))?)?;
    let report = report(&about, &version, &ours, &theirs, &voices);
    print(&report);
    let file = paths.target.join("bench.json");
    fs::write(&file, serde_json::to_string_pretty(&report)?)?;
    println!("\n  as JSON: {}", short(&file));
    Ok(())
}

/// Turn by turn, so that a busy machine slows both alike; who goes first alternates.
fn interleave(ours: &mut Side, theirs: &mut Side) -> Result<()> {
    let bar = indicatif::ProgressBar::new((WARM_UP_ROUNDS + ROUNDS) as u64);
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        let keep = round >= WARM_UP_ROUNDS;
        if round % 2 == 0 {
            ours.round(keep)?;
            theirs.round(keep)?;
        } else {
            theirs.round(keep)?;
            ours.round(keep)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn report(about: &Value, version: &Value, ours: &Side, theirs: &Side, voices: &Value) -> Value {
    let parts: serde_json::Map<String, Value> =
        PARTS.iter().map(|part| ((*part).to_owned(), json!(median(&ours.times(part))))).collect();
    let graph = |name: &str| {
        let (tract, ort) = (median(&ours.times(name)), median(&theirs.times(name)));
        json!({ "tract_ms": tract, "onnxruntime_ms": ort, "ratio": tract / ort })
    };
    let total = ours.times("total");
    json!({
        "about": about,
        "onnxruntime": version["onnxruntime"],
        "decodes": total.len(),
        "latent_to_samples_ms": { "median": median(&total), "worst": total.iter().copied().fold(0.0, f64::max) },
        "parts_ms": parts,
        "graphs": { "decoder": graph("decoder"), "vocoder": graph("vocoder") },
        "voices": voices,
    })
}

fn print(report: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let total = number(&report["latent_to_samples_ms"]["median"]);
    let audio_s = number(&report["about"]["audio_s"]);
    println!("\n  latent to {audio_s:.2} s of samples, one core, median of {}", report["decodes"]);
    println!("    whole            {total:8.2} ms   ({:.0} times real time)", audio_s * 1e3 / total);
    for part in PARTS {
        println!("    {part:<16} {:8.2} ms", number(&report["parts_ms"][part]));
    }
    println!("    import of a file, from reading it to its residual: {:.0} ms", number(&report["about"]["import_ms"]));
    println!(
        "\n  graphs, one thread      tract   ONNX Runtime {}   ratio",
        report["onnxruntime"].as_str().unwrap_or("?")
    );
    for name in ["decoder", "vocoder"] {
        let graph = &report["graphs"][name];
        let (tract, ort, ratio) = (&graph["tract_ms"], &graph["onnxruntime_ms"], &graph["ratio"]);
        println!("    {name:<16} {:8.2} ms {:14.2} ms {:10.2}", number(tract), number(ort), number(ratio));
    }
    let voices = &report["voices"];
    println!(
        "\n  {} voices at {} Hz: {:.2} % of a core",
        voices["voices"],
        voices["sample_rate_hz"],
        number(&voices["percent_of_a_core"])
    );
}
