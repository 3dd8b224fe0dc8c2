//! What 32 voices cost, in turn with the same notes in other synthesizers.

use std::process::Command;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::Programs;
use super::side::{Side, take_turns};
use crate::process::say;
use crate::statistics::median;
use crate::train::SOUND_FONT;

/// Measured rounds of one second of 32 notes each.
const ROUNDS: usize = 30;
const FLUIDSYNTH: &str = include_str!("fluidsynth_side.py");

/// Measures ours and every peer that starts.
///
/// # Errors
///
/// Fails if our program fails, or a peer's after it has started.
pub fn measure(programs: &Programs) -> Result<Value> {
    let mut names = Vec::new();
    let mut sides = Vec::new();
    let mut add = |command: &mut Command| -> Result<()> {
        let (side, about) = Side::start(command)?;
        sides.push(side);
        names.push(about);
        Ok(())
    };
    add(&mut programs.example("bench_voices"))?;
    add(programs.example("bench_voices").arg("full"))?;
    for peer in ["rustysynth", "oxisynth"] {
        let started = add(programs.program("bench_peers").args([peer, SOUND_FONT]));
        started.unwrap_or_else(|error| say(&format!("without {peer}: {error:#}")));
    }
    let started = add(programs.script("fluidsynth_side.py", FLUIDSYNTH)?.arg(SOUND_FONT));
    started.unwrap_or_else(|error| say(&format!("without FluidSynth: {error:#}")));
    take_turns(&mut sides, ROUNDS)?;

    let percents = sides.iter().map(|side| median(&side.values("percent"))).collect::<Vec<f64>>();
    let [ours, full, theirs @ ..] = percents.as_slice() else { bail!("nothing was measured") };
    let fastest = theirs.iter().copied().reduce(f64::min);
    let peers: Vec<Value> = names[2..]
        .iter()
        .zip(theirs)
        .map(|(about, percent)| {
            json!({
                "name": about["name"], "interpolation": about["interpolation"], "percent_of_a_core": percent,
                "ratio": ours / percent,
            })
        })
        .collect();
    Ok(json!({
        "voices": names[0]["voices"],
        "sample_rate_hz": names[0]["sample_rate_hz"],
        "percent_of_a_core": ours,
        "full_percent_of_a_core": full,
        "ratio_to_fastest_peer": fastest.map(|percent| ours / percent),
        "peers": peers,
    }))
}
