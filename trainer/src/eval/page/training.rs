//! How the run went: errors over time and how far held-out sounds fell behind.

use std::path::Path;

use anyhow::{Context, Result};
use maud::{Markup, html};
use serde_json::Value;

use super::chart::{self, MUTED, SERIES};

const LOG_NAME: &str = "log.jsonl";
/// Points of the loss curve: each a mean over its share of the steps.
const LOSS_POINTS: usize = 200;
const STAGES: [(&str, &str); 2] = [("vae", "Auto-encoder"), ("vocoder", "Vocoder")];

/// One evaluation of a stage.
struct Evaluation {
    minutes: f64,
    train_db: f64,
    held_out_db: Option<f64>,
}

/// Charts of a run's log; nothing without one.
///
/// # Errors
/// The log cannot be read, or a chart cannot be drawn.
pub fn section(run: Option<&Path>) -> Result<Markup> {
    let Some(run) = run else { return Ok(Markup::default()) };
    let path = run.join(LOG_NAME);
    let log = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    // The last line of a killed run may be cut off.
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let charts = STAGES.iter().map(|(stage, name)| of_stage(&lines, stage, name)).collect::<Result<Vec<_>>>()?;
    Ok(html! {
        h2 { "Training" }
        p {
            "Error of log-mel frames on both splits, the overfitting ratio (held out over training; 1 is none) and the loss that was \
            minimised."
        }
        @for chart in &charts { (chart) }
    })
}

fn of_stage(lines: &[Value], stage: &str, name: &str) -> Result<Markup> {
    let of_kind = |kind: &'static str| lines.iter().filter(move |line| line["stage"] == stage && line["kind"] == kind);
    let minutes = |line: &Value| line["elapsed_s"].as_f64().map(|seconds| seconds / 60.0);
    let moments: Vec<Evaluation> = of_kind("evaluation")
        .filter_map(|line| {
            let (minutes, train_db) = (minutes(line)?, line["train_db"].as_f64()?);
            Some(Evaluation { minutes, train_db, held_out_db: line["held_out_db"].as_f64() })
        })
        .collect();
    let losses: Vec<(f64, f64)> =
        of_kind("train").filter_map(|line| Some((minutes(line)?, line["loss"].as_f64()?))).collect();
    let Some(end) = moments.last().map(|moment| moment.minutes.max(1e-3)) else { return Ok(Markup::default()) };
    let train: Vec<(f64, f64)> = moments.iter().map(|moment| (moment.minutes, moment.train_db)).collect();
    let held_out: Vec<(f64, f64)> =
        moments.iter().filter_map(|moment| Some((moment.minutes, moment.held_out_db?))).collect();
    let ratios: Vec<(f64, f64)> = moments
        .iter()
        .filter_map(|moment| Some((moment.minutes, moment.held_out_db? / moment.train_db.max(1e-6))))
        .collect();
    let drawn = chart::figure((1000, 300), "", |area| {
        let panels = area.split_evenly((1, 3));
        // The first error is that of a network that knows nothing; it would hide all others.
        let top = train
            .iter()
            .chain(&held_out)
            .skip(1)
            .map(|point| point.1)
            .filter(|error| *error < 4.0 * train[train.len() - 1].1);
        let top = top.fold(1.0, f64::max) * 1.1;
        let mut plane = chart::plane(&panels[0], "error", 0.0..end, 0.0..top, ("minutes", "dB"))?;
        let inside = |points: &[(f64, f64)]| points.iter().copied().filter(|point| point.1 <= top).collect::<Vec<_>>();
        chart::line(&mut plane, inside(&train), SERIES[0], 2)?;
        chart::line(&mut plane, inside(&held_out), SERIES[1], 2)?;
        let highest = ratios.iter().map(|point| point.1).fold(1.2, f64::max) * 1.05;
        let lowest = ratios.iter().map(|point| point.1).fold(1.0, f64::min) * 0.95;
        let mut plane = chart::plane(&panels[1], "overfitting ratio", 0.0..end, lowest..highest, ("minutes", ""))?;
        chart::line(&mut plane, [(0.0, 1.0), (end, 1.0)], MUTED, 1)?;
        chart::line(&mut plane, ratios.iter().copied(), SERIES[2], 2)?;
        let smooth = averaged(&losses);
        // The first means belong to the untrained network as well.
        let top = smooth.iter().skip(smooth.len() / 20).map(|point| point.1).fold(1e-6, f64::max) * 1.1;
        let mut plane = chart::plane(&panels[2], "loss", 0.0..end, 0.0..top, ("minutes", ""))?;
        chart::line(&mut plane, smooth.into_iter().filter(|point| point.1 <= top), SERIES[3], 2)
    })?;
    Ok(html! { h3 { (name) } (chart::key(&[("train", 0), ("held out", 1)])) (drawn) })
}

fn averaged(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(LOSS_POINTS).max(1);
    let mean = |part: &[(f64, f64)]| {
        let sum = part.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (sum.0 / part.len() as f64, sum.1 / part.len() as f64)
    };
    points.chunks(size).map(mean).collect()
}
