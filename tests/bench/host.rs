//! One part of `cargo xtask bench`: the built CLAP in a host. How long it takes from opening to the first sound, what a further
//! instance takes of memory, and what idle instances take of a core. One line of JSON on standard output.
//!
//! usage: bench_host BUNDLE

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clack_host::prelude::PluginEntry;
use serde_json::json;
use support::clap::{BLOCK_SAMPLES, SAMPLE_RATE_HZ, TestHost};

const INSTANCES: usize = 16;
const KEY: u16 = 60;
/// Level that a sound has and silence has not.
const AUDIBLE: f32 = 1e-3;
/// Longest wait for the first sound.
const PATIENCE: Duration = Duration::from_secs(20);
/// A note's end, and what was asked for last is decoded.
const AFTERWARDS_S: f64 = 1.0;
/// The workers' poller slows down two seconds after the last request.
const REST: Duration = Duration::from_millis(3_300);
/// How often and for how long idle instances are looked at. The least counts: other programs disturb single looks.
const WINDOWS: usize = 5;
const WINDOW: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    let bundle = std::env::args_os().nth(1).map(PathBuf::from).context("usage: bench_host BUNDLE")?;
    let library = if cfg!(target_os = "macos") { bundle.join("Contents/MacOS/Heptode") } else { bundle };
    let started = Instant::now();
    // SAFETY: the library was built from this workspace and is loaded as any CLAP host loads it.
    let entry = unsafe { PluginEntry::load(library.as_os_str()) }.context("the bundle does not load")?;
    let load_ms = milliseconds(started);
    let (mut hosts, mut open_ms, mut memory_mb) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..INSTANCES {
        let started = Instant::now();
        let mut host = TestHost::open(&entry, |body| body());
        wait_for_sound(&mut host)?;
        open_ms.push(milliseconds(started));
        host.note_off(KEY);
        host.render(AFTERWARDS_S);
        hosts.push(host);
        memory_mb.push(resident_mb()?);
    }
    std::thread::sleep(REST);
    let shares = (0..WINDOWS).map(|_| share_of_a_core()).collect::<Result<Vec<_>>>()?;
    let further = (memory_mb[INSTANCES - 1] - memory_mb[0]) / (INSTANCES - 1) as f64;
    println!(
        "{}",
        json!({
            "load_ms": load_ms,
            "open_ms": { "first": open_ms[0], "further": &open_ms[1..] },
            "instance_mb": further,
            "idle": { "instances": INSTANCES, "percent_of_a_core": 100.0 * shares.into_iter().fold(f64::MAX, f64::min) },
        })
    );
    hosts.into_iter().for_each(TestHost::close);
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Holds a key until it sounds.
fn wait_for_sound(host: &mut TestHost) -> Result<()> {
    let started = Instant::now();
    host.note_on(KEY);
    while host.render(BLOCK_SAMPLES as f64 / SAMPLE_RATE_HZ).iter().all(|sample| sample.abs() < AUDIBLE) {
        ensure!(started.elapsed() < PATIENCE, "the plug-in stays silent");
    }
    Ok(())
}

/// Memory of this process that is in use, from Linux's `/proc`.
fn resident_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux says what this process takes")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc/self/status")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0 / 1e6)
}

/// Part of a core that this process takes over a window.
fn share_of_a_core() -> Result<f64> {
    let before = processor_time_s()?;
    std::thread::sleep(WINDOW);
    Ok((processor_time_s()? - before) / WINDOW.as_secs_f64())
}

/// Processor time of all threads so far. The first field of `schedstat` is nanoseconds.
fn processor_time_s() -> Result<f64> {
    let mut sum_s = 0.0;
    for task in std::fs::read_dir("/proc/self/task").context("only Linux says what this process takes")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split_whitespace().next().context("an empty schedstat")?;
        sum_s += first.parse::<f64>()? / 1e9;
    }
    Ok(sum_s)
}
