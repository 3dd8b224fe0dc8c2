//! What sounds wrong in the sounds that the instrument plays, beside the sounds that it learned from.

use maud::{Markup, html};

use super::table::{Cell, table};
use crate::eval::artefacts::survey::Row;
use crate::eval::report::Report;

/// The table of artefacts.
pub fn section(report: &Report) -> Markup {
    let Some(survey) = &report.findings.artefacts else { return Markup::default() };
    let heads = [
        "<sounds",
        "number",
        "returns",
        "of the others",
        "cut ends",
        "of the others",
        "flicker",
        "of the others",
        "rising part",
        "of the others",
        "<the others",
        "number",
    ];
    html! {
        h2 { "Ends and decays" }
        p { (survey.rules) }
        p class="note" {
            "The goals are at most 1.2 times the others' rate of returns and of cut ends, and 1.5 times their flicker."
        }
        (table(&heads, survey.rows.iter().map(cells)))
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    let (made, own) = (&row.made, &row.own);
    let judged = |cell: Cell, kept: bool| cell.class(if kept { "good" } else { "bad" });
    vec![
        Cell::text(row.of),
        Cell::count(made.sounds),
        judged(Cell::percent(Some(made.part(made.returns))), row.returns_kept),
        Cell::percent(Some(own.part(own.returns))),
        judged(Cell::percent(Some(made.part(made.cut_ends))), row.cut_ends_kept),
        Cell::percent(Some(own.part(own.cut_ends))),
        judged(Cell::number(made.flicker_per_band_s, 2), row.flicker_kept),
        Cell::number(own.flicker_per_band_s, 2),
        Cell::percent(Some(made.rising_part)),
        Cell::percent(Some(own.rising_part)),
        Cell::text(row.against),
        Cell::count(own.sounds),
    ]
}
