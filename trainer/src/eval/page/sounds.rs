//! The worst sounds and typical ones: spectrograms and players of each original and its remake.

use std::collections::HashSet;

use anyhow::Result;
use engine::spectral::FrameAnalysis;

use super::Content;
use super::media;
use super::table::escape;
use crate::corpus::Item;
use crate::eval::measured_sound::MeasuredSound;
use crate::eval::measures::at_full_scale;
use crate::eval::parallel::{Tools, parallel_map};
use crate::eval::report::split_name;
use crate::eval::resynthesis_path::{ResynthesisPath, named_files, remake};

/// Sounds of each kind; a pair takes about 200 KB of the page.
const SHOWN: usize = 10;

/// Both lists.
pub fn section(content: &Content) -> Result<String> {
    let path = ResynthesisPath::Latent;
    let mut results: Vec<&MeasuredSound> =
        content.report.results.iter().filter(|result| result.path == path.describe()).collect();
    results.sort_by(|a, b| b.measures.log_mel_db.total_cmp(&a.measures.log_mel_db));
    let worst: Vec<&MeasuredSound> = results.iter().take(SHOWN).copied().collect();
    let typical = typical(&results);
    Ok(format!(
        "<h2>Listen</h2><p>Each original beside its remake from seven latents. Low frequencies at the bottom, 2 s from left to \
         right.</p><h3>The worst {}</h3>{}<h3>{} typical ones</h3><p class=\"note\">The nearest to the median error, one of each \
         category.</p>{}",
        worst.len(),
        cards(content, &worst, path)?,
        typical.len(),
        cards(content, &typical, path)?
    ))
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

fn cards(content: &Content, results: &[&MeasuredSound], path: ResynthesisPath) -> Result<String> {
    let named = named_files(&content.input.pack.manifest().sounds, &content.input.corpus.manifest.items);
    let rate_hz = content.input.corpus.manifest.sample_rate_hz;
    let made = parallel_map("listening", content.model, results, |tools: &mut Tools, result: &&MeasuredSound| {
        let Some(item) = item_of(content, result) else { return Ok(String::new()) };
        let truth = content.input.corpus.samples(item)?;
        let made = remake(&mut tools.pipeline, path, item, &truth, &named)?.unwrap_or_default();
        card(&mut tools.analysis, result, &at_full_scale(&truth), &at_full_scale(&made), rate_hz)
    })?;
    Ok(format!("<div class=\"sounds\">{}</div>", made.concat()))
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
) -> Result<String> {
    let mut half = |samples: &[f32], caption: &str| -> Result<String> {
        Ok(format!(
            "<figure><img alt=\"spectrogram, {caption}\" src=\"{}\"><audio controls preload=\"none\" src=\"{}\"></audio>\
             <figcaption>{caption}</figcaption></figure>",
            media::spectrogram(&analysis.frames(samples))?,
            media::audio(samples, rate_hz)?
        ))
    };
    Ok(format!(
        "<div class=\"sound\"><h3>{}</h3><small>{}, key {}, {}: {:.2} dB, attack {:.1} ms, decay {:.0} ms</small>\
         <div class=\"pair\">{}{}</div></div>",
        escape(&result.name),
        escape(&result.category),
        result.key,
        split_name(result.split),
        result.measures.log_mel_db,
        result.measures.attack_error_ms,
        result.measures.decay_error_ms,
        half(truth, "original")?,
        half(made, "remake")?
    ))
}
