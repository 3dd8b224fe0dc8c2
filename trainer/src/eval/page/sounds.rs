//! The worst sounds and typical ones: spectrograms and players of each original and its remake.

use std::collections::HashSet;

use anyhow::Result;
use engine::spectral::FrameAnalysis;
use maud::{Markup, html};

use super::Content;
use super::media;
use crate::corpus::Item;
use crate::eval::full_scale::at_full_scale;
use crate::eval::measured_sound::MeasuredSound;
use crate::eval::parallel::{Tools, parallel_map};
use crate::eval::report::split_name;
use crate::eval::resynthesis_path::{ResynthesisPath, named_files, remake};

/// Sounds of each kind; a pair takes about 200 KB of the page.
const SHOWN: usize = 10;

/// Both lists.
///
/// # Errors
/// A sound cannot be read, decoded or stored.
pub fn section(content: &Content) -> Result<Markup> {
    let path = ResynthesisPath::Latent;
    let mut results: Vec<&MeasuredSound> =
        content.report.results.iter().filter(|result| result.path == path.describe()).collect();
    results.sort_by(|a, b| b.measures.log_mel_db.total_cmp(&a.measures.log_mel_db));
    let worst: Vec<&MeasuredSound> = results.iter().take(SHOWN).copied().collect();
    let typical = typical(&results);
    Ok(html! {
        h2 { "Listen" }
        p { "Each original beside its remake from seven latents. Low frequencies at the bottom, 2 s from left to right." }
        h3 { "The worst " (worst.len()) }
        (cards(content, &worst, path)?)
        h3 { (typical.len()) " typical ones" }
        p class="note" { "The nearest to the median error, one of each category." }
        (cards(content, &typical, path)?)
    })
}

/// The results nearest to the median, each of another category. `sorted`: by error.
fn typical<'a>(sorted: &[&'a MeasuredSound]) -> Vec<&'a MeasuredSound> {
    let Some(middle) = sorted.get(sorted.len() / 2).map(|result| result.measures.log_mel_db) else { return Vec::new() };
    let mut near = sorted.to_vec();
    let distance = |result: &MeasuredSound| (result.measures.log_mel_db - middle).abs();
    near.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let mut seen = HashSet::new();
    near.into_iter().filter(|result| seen.insert(&result.category)).take(SHOWN).collect()
}

fn cards(content: &Content, results: &[&MeasuredSound], path: ResynthesisPath) -> Result<Markup> {
    let named = named_files(&content.input.pack.manifest().sounds, &content.input.corpus.manifest.items);
    let rate_hz = content.input.corpus.manifest.sample_rate_hz;
    let made = parallel_map("listening", content.model, results, |tools: &mut Tools, result: &&MeasuredSound| {
        let Some(item) = item_of(content, result) else { return Ok(Markup::default()) };
        let truth = content.input.corpus.samples(item)?;
        let made = remake(&mut tools.pipeline, path, item, &truth, &named)?.unwrap_or_default();
        card(&mut tools.analysis, result, &at_full_scale(&truth), &at_full_scale(&made), rate_hz)
    })?;
    Ok(html! { div class="sounds" { @for card in &made { (card) } } })
}

fn item_of<'a>(content: &'a Content, result: &MeasuredSound) -> Option<&'a Item> {
    let mut items = content.input.items.iter();
    items.find(|item| item.file == result.file)
}

fn card(
    analysis: &mut FrameAnalysis,
    result: &MeasuredSound,
    truth: &[f32],
    made: &[f32],
    rate_hz: u32,
) -> Result<Markup> {
    let measures = &result.measures;
    let figures = format!(
        "{}, key {}, {}: {:.2} dB, attack {:.1} ms, decay {:.0} ms",
        result.category,
        result.key,
        split_name(result.split),
        measures.log_mel_db,
        measures.attack_error_ms,
        measures.decay_error_ms
    );
    let mut player = |samples: &[f32], caption: &str| -> Result<Markup> {
        let (picture, sound) = (media::spectrogram(&analysis.frames(samples))?, media::audio(samples, rate_hz)?);
        Ok(html! {
            figure {
                img alt={ "spectrogram, " (caption) } src=(picture);
                audio controls preload="none" src=(sound) {}
                figcaption { (caption) }
            }
        })
    };
    Ok(html! {
        div class="sound" {
            h3 { (result.name) }
            small { (figures) }
            div class="pair" { (player(truth, "original")?) (player(made, "remake")?) }
        }
    })
}
