//! The ladder: which figures order known damage.

use maud::{Markup, html};

use super::table::{Cell, table};
use crate::eval::ladder::{Answer, Judged};
use crate::eval::report::Report;

/// The table of correlations.
pub fn section(report: &Report) -> Markup {
    let Some(ladder) = &report.findings.ladder else { return Markup::default() };
    let kinds: Vec<&str> = ladder
        .metrics
        .first()
        .map_or_else(Vec::new, |judged| judged.answers.iter().map(|answer| answer.kind.as_str()).collect());
    let heads: Vec<&str> = ["<figure", "<trusted"].into_iter().chain(kinds.iter().copied()).collect();
    let row = |judged: &Judged| {
        let verdict =
            if judged.trusted { Cell::text("yes").class("text good") } else { Cell::text("no").class("text bad") };
        let of_kind =
            |kind: &&str| judged.answers.iter().find(|answer| answer.kind == *kind).map_or_else(Cell::none, cell);
        [Cell::text(&judged.name), verdict].into_iter().chain(kinds.iter().map(of_kind)).collect::<Vec<_>>()
    };
    let damage = ladder.metrics.first().map_or_else(Vec::new, |judged| judged.answers.iter().map(amounts).collect());
    html! {
        h2 { "Can the figures be believed?" }
        p {
            (ladder.sounds.len()) " sounds were damaged in rising amounts. A cell is Spearman's rank correlation between the damage and \
            the figure, mean over the sounds. Coloured cells are the kinds of damage that a figure claims to measure: it must reach "
            (format!("{:.2}", ladder.orders_from))
            ". A change of level is no damage, and no figure may move with it. A figure that fails is left out of the headline."
        }
        (table(&heads, ladder.metrics.iter().map(row)))
        p class="note" { "Sounds: " (ladder.sounds.join(", ")) "." }
        h3 { "The damage" }
        (table(&["<kind", "<amounts"], damage))
    }
}

fn cell(answer: &Answer) -> Cell {
    let class = match (answer.claimed, answer.passed) {
        (true, true) => "good",
        (true, false) => "bad",
        (false, _) => "faint",
    };
    if answer.kind == "level" {
        return Cell::text(if answer.passed { "unmoved" } else { "moves" }).class(class);
    }
    Cell::number(answer.correlation, 2).class(class)
}

fn amounts(answer: &Answer) -> Vec<Cell> {
    let listed: Vec<String> = answer.amounts.iter().map(super::chart::tidy).collect();
    vec![Cell::text(&answer.kind), Cell::text(&format!("{} {}", listed.join(", "), answer.unit))]
}
