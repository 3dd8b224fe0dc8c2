//! Moving through the space: lines between sounds, knobs, random points.

use anyhow::Result;
use maud::{Markup, html};

use super::chart::{self, MUTED, SERIES};
use super::table::{Cell, table};
use crate::eval::axis_correlation::AxisCorrelation;
use crate::eval::interpolation::{Line, Lines};
use crate::eval::knobs::Knob;
use crate::eval::random::RandomSounds;
use crate::eval::report::Report;

/// Lines, knobs, random sounds.
///
/// # Errors
/// A chart cannot be drawn.
pub fn section(report: &Report) -> Result<Markup> {
    let findings = &report.findings;
    let lines = findings.lines.as_ref().map(of_lines).transpose()?;
    Ok(html! {
        h2 { "Moving between sounds" }
        p { (findings.rules) }
        @if let Some(lines) = &lines { (lines) }
        @if !findings.knobs.is_empty() { (of_knobs(&findings.knobs)) }
        @if !findings.followed.is_empty() { (of_axes(&findings.followed)) }
        @if let Some(random) = &findings.random { (of_random(random)) }
    })
}

fn of_knobs(knobs: &[Knob]) -> Markup {
    let rows = knobs.iter().map(|knob| {
        vec![
            Cell::text(&knob.name),
            Cell::number(knob.median_db, 2),
            Cell::number(knob.percentile_95_db, 2),
            Cell::number(knob.largest_db, 2).class("lead"),
            Cell::text(&knob.largest_from),
            Cell::number(f64::from(knob.largest_at_sigma), 2),
        ]
    });
    let heads = ["<knob", "median dB", "95 %", "largest", "<from", "at σ"];
    html! { h3 { "Jump per percent of a knob" } (table(&heads, rows)) }
}

fn of_axes(axes: &[AxisCorrelation]) -> Markup {
    let rows = axes.iter().map(|knob| {
        let mut cells = vec![Cell::text(knob.name), Cell::text(knob.meaning)];
        cells.extend(knob.by_key.iter().map(|correlation| Cell::number(*correlation, 2)));
        cells.push(Cell::number(knob.correlation, 2).class("lead"));
        cells
    });
    let heads = ["<knob", "<what it stands for", "key 48", "60", "72", "mean"];
    html! { h3 { "Rank correlation of a knob and what it stands for, over random points" } (table(&heads, rows)) }
}

fn of_lines(lines: &Lines) -> Result<Markup> {
    let breaking = lines.lines_breaking;
    let laws = [
        ("a silent step", breaking.silence, Some(lines.silent_rate)),
        ("a burst of noise", breaking.noise, Some(lines.noise_rate)),
        ("a sample that is no number", breaking.not_finite, Some(lines.not_finite_rate)),
        ("a clipped step", breaking.clipping, Some(lines.clipped_rate)),
        ("a jump above 3 × the median", breaking.jump, None),
        ("such a jump above 1 dB", breaking.audible_jump, None),
    ];
    let rows = laws.map(|(law, count, rate)| {
        let class = if count == 0 { "good" } else { "bad" };
        vec![Cell::text(law), Cell::count(count).class(class), Cell::percent(rate)]
    });
    let count = lines.ratios.len().max(2) as f64;
    let drawn = chart::figure((1000, 260), "Every line, sorted; the rule is the limit.", |area| {
        let top = lines.ratio_largest.max(lines.ratio_limit) * 1.1;
        let mut plane =
            chart::plane(area, "", 0.0..100.0, 0.0..top, ("percent of the lines", "largest over median jump"))?;
        let points =
            lines.ratios.iter().enumerate().map(|(index, ratio)| (100.0 * index as f64 / (count - 1.0), *ratio));
        chart::line(&mut plane, [(0.0, lines.ratio_limit), (100.0, lines.ratio_limit)], MUTED, 1)?;
        chart::line(&mut plane, points, SERIES[0], 2)
    })?;
    let row = |line: &Line| {
        vec![
            Cell::text(&line.from),
            Cell::text(&line.to),
            Cell::count(usize::from(line.key)),
            Cell::number(line.ratio, 2).class("lead"),
            Cell::number(line.largest_jump_db, 2),
            Cell::count(line.largest_at_step),
            Cell::count(line.silent_steps),
            Cell::count(line.noise_steps),
            Cell::count(line.clipped_steps),
        ]
    };
    let heads = ["<from", "<to", "key", "ratio", "largest dB", "at step", "silent", "noise", "clipped"];
    let [low, high] = lines.ratio_median_interval;
    let ratios = format!(
        "Largest jump over median jump: median {:.2} ({low:.2} to {high:.2}), 95th percentile {:.2}, largest {:.2}. The mean median jump \
         is {:.2} dB.",
        lines.ratio_median, lines.ratio_percentile_95, lines.ratio_largest, lines.median_jump_db
    );
    Ok(html! {
        h3 { (lines.lines) " straight lines of " (lines.steps) " steps" }
        (table(&["<lines with", "lines", "of all steps"], rows))
        p { (ratios) }
        (drawn)
        h3 { "The worst lines" }
        (table(&heads, lines.worst.iter().map(row)))
    })
}

fn of_random(random: &RandomSounds) -> Markup {
    let [low, high] = random.to_nearest_training_interval_db;
    let rows = vec![
        vec![
            Cell::text("random sound to the nearest training sound, median"),
            Cell::number(random.to_nearest_training_db, 2).with_interval(Some(&[low, high]), 2, 1.0),
        ],
        vec![
            Cell::text("training sound to the nearest of another group, median"),
            Cell::number(random.training_to_nearest_db, 2),
        ],
        vec![
            Cell::text("held-out sound to the nearest training sound, median"),
            Cell::maybe(random.held_out_to_nearest_db, 2),
        ],
        vec![Cell::text("random sounds that repeat a training sound"), Cell::percent(Some(random.memorised_part))],
        vec![Cell::text("between two random sounds, mean"), Cell::number(random.among_random_db, 2)],
        vec![Cell::text("between two training sounds, mean"), Cell::number(random.among_training_db, 2)],
        vec![Cell::text("diversity: the former over the latter"), Cell::number(random.diversity, 2).class("lead")],
    ];
    html! {
        h3 { (random.points) " random points against " (random.training_sounds) " training sounds" }
        p class="note" {
            "Distances as jumps, in dB. A random sound repeats a training sound when it lies closer to one than 5 % of the training \
            sounds lie to their nearest."
        }
        (table(&["<distance", "dB"], rows))
    }
}
