//! `cargo xtask bench`: the figures of DESIGN.md section 7 that can be measured on this machine. Prints each beside its goal and writes
//! `target/bench.json`.
//!
//! Every figure comes from a program of its own, which prints JSON. What is compared with another program is measured in turn with it,
//! so that a busy machine slows both alike.

mod decode;
mod report;
mod side;
mod voices;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::bundle;
use crate::paths::{Paths, short};
use crate::process::{capture, cargo, run, say};
use crate::setup::{apt, python};
use crate::statistics::{median, quantile};

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// A pack file or folder for the decodes; without it, the factory pack
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Moves of the knob: 10 000 take about ten minutes
    #[arg(long, default_value_t = 10_000)]
    moves: u32,
}

/// The measuring programs.
struct Programs<'a> {
    paths: &'a Paths,
    /// The interpreter with ONNX Runtime.
    python: PathBuf,
    /// Scripts, and the graphs for the other side.
    folder: PathBuf,
}

/// Sets up, builds, measures, reports.
///
/// # Errors
///
/// Fails if something cannot be set up or built, or if a measuring program fails.
pub fn bench(paths: &Paths, options: &Options) -> Result<()> {
    apt::ensure(&[apt::BUILD, apt::PEERS, apt::FACTORY_SOUNDS])?;
    let programs = Programs { paths, python: python::ensure()?, folder: paths.target.join("bench") };
    fs::create_dir_all(&programs.folder).with_context(|| format!("cannot create {}", programs.folder.display()))?;
    build(paths)?;

    let mut report = decode::measure(&programs, options.pack.as_deref())?;
    say("first region");
    report["first_region_ms"] = first_region(programs.example("bench_first_region").args(&options.pack))?;
    say("32 voices and those of peers");
    report["voices"] = voices::measure(&programs)?;
    say(&format!("{} moves of a knob", options.moves));
    report["knob_to_sound_ms"] = knob(programs.example("bench_knob").arg(options.moves.to_string()))?;
    say("instances in a host");
    let host = read(programs.program("bench_host").arg(paths.clap()))?;
    report["idle"] = host["idle"].clone();
    report["load_ms"] = host["load_ms"].clone();
    report["open_ms"] = host["open_ms"]["first"].clone();
    report["open_further_ms"] = json!(median(&numbers(&host["open_ms"]["further"])));
    report["instance_mb"] = host["instance_mb"].clone();

    report::print(&report);
    let file = paths.target.join("bench.json");
    fs::write(&file, serde_json::to_string_pretty(&report)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("\n  as JSON: {}", short(&file));
    Ok(())
}

/// The bundles that a host loads, and the measuring programs with the same features.
fn build(paths: &Paths) -> Result<()> {
    bundle::bundle(paths)?;
    run(cargo(&paths.root).args(["build", "--release", "--package", "engine", "--examples"]))?;
    run(bundle::product(paths).args([
        "--package",
        "tests",
        "--features",
        "tests/bench",
        "--bin",
        "bench_peers",
        "--bin",
        "bench_host",
    ]))
}

impl Programs<'_> {
    /// An example of the engine.
    fn example(&self, name: &str) -> Command {
        self.at(&["examples", name])
    }

    /// A program of the tests' package.
    fn program(&self, name: &str) -> Command {
        self.at(&[name])
    }

    fn at(&self, place: &[&str]) -> Command {
        let mut path = self.paths.target.join("release");
        path.extend(place);
        let mut command = Command::new(path.with_extension(std::env::consts::EXE_EXTENSION));
        command.current_dir(&self.paths.root);
        command
    }

    /// A script in Python, whose text is part of this program.
    fn script(&self, name: &str, text: &str) -> Result<Command> {
        let script = self.folder.join(name);
        fs::write(&script, text).with_context(|| format!("cannot write {}", script.display()))?;
        let mut command = Command::new(&self.python);
        command.arg(script);
        Ok(command)
    }
}

/// The one line of JSON that a program prints.
fn read(command: &mut Command) -> Result<Value> {
    let text = capture(command)?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", text.trim()))
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn first_region(command: &mut Command) -> Result<Value> {
    let answer = read(command)?;
    let (first, whole) = (numbers(&answer["first_ms"]), numbers(&answer["whole_ms"]));
    Ok(json!({ "median": median(&first), "p99": quantile(&first, 0.99), "whole_median": median(&whole) }))
}

fn knob(command: &mut Command) -> Result<Value> {
    let answer = read(command)?;
    let times = numbers(&answer["times_ms"]);
    Ok(json!({
        "moves": times.len(), "voices": answer["voices"], "zones": answer["zones"], "block_samples": answer["block_samples"],
        "median": median(&times), "p99": quantile(&times, 0.99), "worst": quantile(&times, 1.0),
    }))
}
