//! The report as one page: tables, charts, pictures and players. No file beside it, no script.

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

use super::Options;
use super::input::Input;
use super::report::Report;
use crate::corpus::Split;
use table::escape;

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
    /// What was asked for.
    pub options: &'a Options,
}

/// The whole page.
pub fn html(content: &Content) -> Result<String> {
    let Content { report, input, .. } = content;
    let header = &report.header;
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Heptode evaluation</title><style>{}</style><h1>{}</h1>\
         <p>{} rounds of Griffin-Lim, held to the frames, after the vocoder. Corpus: {}.</p>\
         <p class=\"note\">Pack <code>{}</code><br>Corpus <code>{}</code><br>Command <code>trainer {}</code></p>",
        style::STYLE,
        escape(&input.pack.manifest().name),
        header.griffin_lim_iterations,
        escape(&header.sources.join("; ")),
        escape(&header.pack),
        escape(&header.corpus),
        escape(&header.command)
    );
    page += &headline::section(report)?;
    page += &sounds::section(content)?;
    page += &interpolation::section(report)?;
    page += &pitch::section(report)?;
    page += &latents::section(content)?;
    page += &training::section(content.options.run.as_deref())?;
    page += &judgement::section(report);
    page += "</html>\n";
    Ok(page)
}
