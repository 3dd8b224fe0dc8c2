//! The report as one page: tables, charts, pictures and players. No file beside it, no script.

mod artefacts;
mod chart;
mod headline;
mod interpolation;
mod judgement;
mod latents;
mod media;
mod pitch;
mod sounds;
mod style;
mod table;
mod training;

use std::sync::Arc;

use anyhow::Result;
use engine::decode::Model;
use engine::units::Latent;
use maud::{DOCTYPE, PreEscaped, html};

use super::Options;
use super::input::Input;
use super::report::Report;
use crate::corpus::Split;

/// What the page shows.
pub struct Content<'a> {
    /// The figures.
    pub report: &'a Report,
    /// The sounds behind them.
    pub input: &'a Input,
    /// The model, to make sounds again for listening.
    pub model: &'a Arc<Model>,
    /// Where the encoder puts the measured items, in their order.
    pub points: &'a [(Split, Latent)],
    /// Options of the evaluation.
    pub options: &'a Options,
}

/// The whole page as HTML.
///
/// # Errors
/// A sound cannot be decoded or stored, the log of the run cannot be read, or a chart cannot be drawn.
pub fn render(content: &Content) -> Result<String> {
    let Content { report, input, .. } = content;
    let header = &report.header;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width";
            title { "Heptode evaluation" }
            style { (PreEscaped(style::STYLE)) }
            h1 { (input.pack.manifest().name) }
            p {
                (header.griffin_lim_iterations) " rounds of Griffin-Lim, held to the frames, after the vocoder. Corpus: "
                (header.sources.join("; ")) "."
            }
            p class="note" {
                "Pack " code { (header.pack) } br; "Corpus " code { (header.corpus) } br;
                "Command " code { "trainer " (header.command) }
            }
            (headline::section(report)?)
            (sounds::section(content)?)
            (artefacts::section(report))
            (interpolation::section(report)?)
            (pitch::section(report)?)
            (latents::section(content)?)
            (training::section(content.options.run.as_deref())?)
            (judgement::section(report))
        }
    };
    Ok(page.into_string() + "\n")
}
