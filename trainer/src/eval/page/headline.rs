//! The figures at a glance, sorted errors, and categories.

use std::collections::BTreeMap;

use anyhow::Result;
use maud::{Markup, html};

use super::chart::{self, SERIES};
use super::table::{Cell, table};
use crate::corpus::Split;
use crate::eval::measured_sound::MeasuredSound;
use crate::eval::report::{Report, Summary, split_name};
use crate::eval::resynthesis_path::ResynthesisPath;
use crate::eval::visqol::Score;
use crate::statistics::{mean, median, quantile};

/// The figures of the summary: name in tables, name in the ladder, and how to show it.
type Column = (&'static str, &'static str, fn(&Summary) -> Cell);

const COLUMNS: [Column; 13] = [
    ("log-mel dB", "log-mel error", |row| with(row, Cell::number(row.mean_db, 2).class("lead"), "mean_db", 2, 1.0)),
    ("median", "log-mel error", |row| with(row, Cell::number(row.median_db, 2), "median_db", 2, 1.0)),
    ("95 %", "log-mel error", |row| with(row, Cell::number(row.percentile_95_db, 2), "percentile_95_db", 2, 1.0)),
    ("STFT distance", "STFT distance", |row| with(row, Cell::number(row.stft_distance, 2), "stft_distance", 2, 1.0)),
    ("report loss", "report loss", |row| with(row, Cell::number(row.report_loss, 1), "report_loss", 1, 1.0)),
    ("at best level", "report loss at best level", |row| {
        with(row, Cell::number(row.report_loss_at_best_level, 1), "report_loss_at_best_level", 1, 1.0)
    }),
    ("deviation %", "report loss", |row| {
        with(row, Cell::number(row.report_deviation_percent, 2), "report_deviation_percent", 2, 1.0)
    }),
    ("attack ms", "attack error", |row| {
        with(row, Cell::number(row.attack_error_median_ms, 1), "attack_error_median_ms", 1, 1.0)
    }),
    ("on drums", "attack error", |row| {
        with(row, Cell::maybe(row.attack_error_drums_median_ms, 1), "attack_error_drums_median_ms", 1, 1.0)
    }),
    ("decay ms", "decay error", |row| {
        with(row, Cell::number(row.decay_error_median_ms, 0), "decay_error_median_ms", 0, 1.0)
    }),
    ("loudness dB", "loudness error", |row| {
        with(row, Cell::number(row.loudness_error_db, 2), "loudness_error_db", 2, 1.0)
    }),
    ("within 5 ¢", "pitch offset", |row| {
        with(row, Cell::percent(row.pitch_within_5_cents), "pitch_within_5_cents", 1, 100.0)
    }),
    ("transposed", "transposition", |row| with(row, Cell::percent(row.transposed_part), "transposed_part", 1, 100.0)),
];

fn with(row: &Summary, cell: Cell, name: &str, digits: usize, scale: f64) -> Cell {
    cell.with_interval(row.intervals.get(name), digits, scale)
}

/// Summary, resolutions, sorted errors, categories.
///
/// # Errors
/// A chart cannot be drawn.
pub fn section(report: &Report) -> Result<Markup> {
    let untrusted = report.untrusted();
    let columns: Vec<&Column> = COLUMNS.iter().filter(|(_, metric, _)| !untrusted.contains(metric)).collect();
    let heads: Vec<&str> =
        ["<split", "<path", "sounds"].into_iter().chain(columns.iter().map(|column| column.0)).collect();
    let row = |row: &Summary| {
        let known = [Cell::text(split_name(row.split)), Cell::text(row.path), Cell::count(row.sounds)];
        known.into_iter().chain(columns.iter().map(|(_, _, cell)| cell(row))).collect::<Vec<_>>()
    };
    Ok(html! {
        h2 { "Headline" }
        p {
            "Log-mel error in dB is the mean of three resolutions over active frames. Attack, decay: medians. Small figures are 95 % \
            bootstrap intervals over groups of sounds that share recordings."
        }
        (table(&heads, report.summaries.iter().map(row)))
        @if !untrusted.is_empty() {
            p class="bad" {
                "Left out, since the ladder below shows that they do not order known damage: " (untrusted.join(", ")) "."
            }
        }
        (resolutions(report))
        (sorted_errors(report)?)
        (categories(report))
    })
}

fn resolutions(report: &Report) -> Markup {
    let heads = ["<split", "<path", "N = 512", "2048", "8192", "convergence", "within 10 ¢", "originals within 10 ¢"];
    let row = |row: &Summary| {
        let mut cells = vec![Cell::text(split_name(row.split)), Cell::text(row.path)];
        cells.extend(row.by_size_db.map(|error| Cell::number(error, 2)));
        cells.push(Cell::number(row.spectral_convergence, 3));
        cells.extend([row.pitch_within_10_cents, row.true_pitch_within_10_cents].map(Cell::percent));
        cells
    };
    let visqol = &report.findings.visqol;
    let scored = !visqol.scores.is_empty() && !report.untrusted().contains(&"ViSQOL");
    let of_score =
        |score: &Score| vec![Cell::text(&score.of), Cell::count(score.sounds), Cell::number(score.mean_score, 2)];
    html! {
        h3 { "By resolution" }
        (table(&heads, report.summaries.iter().map(row)))
        @if scored { (table(&["<ViSQOL", "sounds", "score"], visqol.scores.iter().map(of_score))) }
        p class="note" { (visqol.remark) }
    }
}

fn sorted_errors(report: &Report) -> Result<Markup> {
    let mut curves = Vec::new();
    for row in &report.summaries {
        let members = report.results.iter().filter(|result| result.split == row.split && result.path == row.path);
        let mut errors: Vec<f64> = members.map(|result| f64::from(result.measures.log_mel_db)).collect();
        errors.sort_by(f64::total_cmp);
        let name = format!("{}: {}", split_name(row.split), row.path);
        let colour = ResynthesisPath::ALL.iter().position(|path| path.describe() == row.path).unwrap_or(0);
        // The held-out half of the palette, so that a path keeps its place in both.
        let colour = if row.split == Split::HeldOut {
            (colour + ResynthesisPath::ALL.len()) % SERIES.len()
        } else {
            colour % SERIES.len()
        };
        curves.push((name, colour, errors));
    }
    let top = curves.iter().flat_map(|(_, _, errors)| errors.last().copied()).fold(1.0, f64::max) * 1.05;
    let names: Vec<(&str, usize)> = curves.iter().map(|(name, colour, _)| (name.as_str(), *colour)).collect();
    let drawn = chart::figure((1000, 340), "", |area| {
        let mut plane = chart::plane(area, "", 0.0..100.0, 0.0..top, ("percent of the sounds", "dB"))?;
        for (_, colour, errors) in &curves {
            let scale = 100.0 / errors.len().saturating_sub(1).max(1) as f64;
            let points = errors.iter().enumerate().map(|(index, error)| (index as f64 * scale, *error));
            chart::line(&mut plane, points, SERIES[*colour], 2)?;
        }
        Ok(())
    })?;
    Ok(html! { h3 { "Log-mel error of every sound, sorted" } (chart::key(&names)) (drawn) })
}

fn categories(report: &Report) -> Markup {
    let mut by_category = BTreeMap::<&str, [Vec<&MeasuredSound>; 2]>::new();
    for result in report.results.iter().filter(|result| result.path == ResynthesisPath::Latent.describe()) {
        by_category.entry(&result.category).or_default()[usize::from(result.split == Split::HeldOut)].push(result);
    }
    let heads = [
        "<category",
        "train",
        "mean dB",
        "95 %",
        "attack ms",
        "decay ms",
        "held out",
        "mean dB",
        "95 %",
        "attack ms",
        "decay ms",
    ];
    let cells = |members: &Vec<&MeasuredSound>| {
        let all =
            |pick: fn(&MeasuredSound) -> f32| members.iter().map(|result| f64::from(pick(result))).collect::<Vec<_>>();
        let errors = all(|result| result.measures.log_mel_db);
        let known = |value: f64, digits| if members.is_empty() { Cell::none() } else { Cell::number(value, digits) };
        [
            Cell::count(members.len()),
            known(mean(&errors), 2).class("lead"),
            known(quantile(&errors, 0.95), 2),
            known(median(&all(|result| result.measures.attack_error_ms)), 1),
            known(median(&all(|result| result.measures.decay_error_ms)), 0),
        ]
    };
    let rows = by_category.iter().map(|(name, splits)| {
        std::iter::once(Cell::text(name)).chain(splits.iter().flat_map(cells)).collect::<Vec<_>>()
    });
    html! { h3 { "Categories, " (ResynthesisPath::Latent.describe()) } (table(&heads, rows)) }
}
