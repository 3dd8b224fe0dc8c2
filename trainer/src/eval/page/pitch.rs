//! Pitch by key.

use anyhow::Result;
use maud::{Markup, html};

use super::chart::{self, MUTED, SERIES};
use super::table::{Cell, table};
use crate::eval::pitch_accuracy::KeyRow;
use crate::eval::report::Report;

/// Errors beyond this are drawn at the edge, in cents.
const TOP_CENTS: f64 = 30.0;
/// A goal of the instrument, in cents.
const GOAL_CENTS: f64 = 5.0;

/// Chart and tables.
///
/// # Errors
/// A chart cannot be drawn.
pub fn section(report: &Report) -> Result<Markup> {
    let findings = &report.findings;
    let sets = [
        ("played by the instrument", &findings.played_pitch_by_key),
        ("remakes of the corpus", &findings.pitch_by_key),
        ("originals of the corpus", &findings.true_pitch_by_key),
    ];
    if sets.iter().all(|(_, rows)| rows.is_empty()) {
        return Ok(Markup::default());
    }
    let names: Vec<(&str, usize)> = sets.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let drawn = chart::figure((1000, 300), "", |area| {
        let mut plane = chart::plane(area, "", 22.0..98.0, 0.0..TOP_CENTS, ("MIDI key", "cents"))?;
        chart::line(&mut plane, [(22.0, GOAL_CENTS), (98.0, GOAL_CENTS)], MUTED, 1)?;
        for (index, (_, rows)) in sets.iter().enumerate() {
            let curve = |pick: fn(&KeyRow) -> f64| {
                rows.iter().filter_map(move |row| Some((f64::from(row.key?), pick(row).min(TOP_CENTS))))
            };
            chart::line(&mut plane, curve(|row| row.median_cents), SERIES[index], 3)?;
            chart::line(&mut plane, curve(|row| row.percentile_95_cents), SERIES[index], 1)?;
        }
        Ok(())
    })?;
    Ok(html! {
        h2 { "Pitch by key" }
        p {
            "Distance from equal temperament of pitched sounds. Thick: median; thin: 95th percentile. The rule is at " (GOAL_CENTS)
            " cents; beyond " (TOP_CENTS) " cents is drawn at the top."
        }
        (chart::key(&names))
        (drawn)
        @for (name, rows) in sets.iter().filter(|(_, rows)| !rows.is_empty()) {
            h3 { (capital(name)) }
            (of_rows(rows))
        }
    })
}

fn of_rows(rows: &[KeyRow]) -> Markup {
    let heads = ["<key", "sounds", "without pitch", "median ¢", "95 % ¢", "within 5 ¢", "within 10 ¢"];
    let row = |row: &KeyRow| {
        vec![
            Cell::text(&row.key.map_or("all".into(), |key| key.to_string())),
            Cell::count(row.sounds),
            Cell::count(row.without_pitch),
            Cell::number(row.median_cents, 2),
            Cell::number(row.percentile_95_cents, 1),
            Cell::percent(Some(row.within_5_cents)).with_interval(Some(&row.within_5_cents_interval), 1, 100.0),
            Cell::percent(Some(row.within_10_cents)),
        ]
    };
    // All keys first: it is what most readers want.
    table(&heads, rows.iter().rev().take(1).chain(rows.iter().take(rows.len().saturating_sub(1))).map(row))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
