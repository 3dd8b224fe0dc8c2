//! Drafts: the region of a sound that voices need first, decoded before the whole sound. The vocoder runs over the frames around the
//! region only. WORKER side.
//!
//! A draft is close to the sound itself, which replaces it some milliseconds later by a crossfade of correlated sounds. It differs in what
//! depends on the whole sound: near the edges of its context, and in its level, which is estimated.

use std::ops::Range;

use ebur128::{EbuR128, Mode};

use super::bins;
use super::graph::GraphError;
use super::model::DRAFT_FRAMES;
use super::noisiness::{noisiness, randomise};
use super::peak::restore_part;
use super::pipeline::Pipeline;
use crate::link::BLOCK_SAMPLES;
use crate::pack::VocoderInfo;
use crate::sample::LOUDNESS_LUFS;
use crate::spectral::{Frames, SpectralShape, Spectrogram};

/// Frames beside the region that are decoded and discarded: the reach of one round of Griffin-Lim (3 frames) and the nearer part of the
/// vocoder's context (13 frames of the factory pack). More would need a second run of the vocoder.
const CONTEXT_FRAMES: usize = 8;
/// Least of them, where with fewer one run is enough: the reach of the round of Griffin-Lim. Voices of one zone drift apart while they sound.
const LEAST_CONTEXT_FRAMES: usize = 3;
/// Most rounds of Griffin-Lim. A second one takes a quarter of a millisecond and is heard for some ten milliseconds.
const MOST_ROUNDS: usize = 1;
/// Context on either side of a run, where a draft takes several. More makes the seams between runs more exact; less makes fewer runs.
const CHUNK_CONTEXT_FRAMES: usize = 8;
/// Largest fraction of the sound's frames for which a draft is made: beyond it the whole sound takes little longer.
pub(super) const LARGEST_PART: f32 = 0.6;
/// Window of momentary loudness (ITU-R BS.1770), in seconds.
const MOMENT_S: f32 = 0.4;

/// The decoded region of a sound.
pub(super) struct Draft {
    /// Position of its first sample in the sound.
    pub(super) start: usize,
    /// Its samples, mono.
    pub(super) samples: Vec<f32>,
}

/// Decodes the samples in `region` of the sound of `frames`, which were made for `key`. `None` if the model has no draft vocoder, or if the
/// region is too large a part of the sound.
///
/// # Errors
/// [`GraphError`] if the vocoder fails.
pub(super) fn draft(
    pipeline: &mut Pipeline,
    frames: &Frames,
    key: f32,
    noise_key: u32,
    region: Range<usize>,
) -> Result<Option<Draft>, GraphError> {
    let shape = *pipeline.model().shape();
    let window = frames_around(&region, frames.frames, &shape);
    if !pipeline.has_draft_vocoder() || window.len() as f32 > LARGEST_PART * frames.frames as f32 {
        return Ok(None);
    }
    let part = frames.crop(window.clone());
    let mut spectrogram = bins_of(pipeline, &part, key, noise_key, window.start)?;
    let rounds = pipeline.model().manifest().griffin_lim_iterations.min(MOST_ROUNDS);
    let (griffin_lim, stft) = pipeline.inversion();
    griffin_lim.run(stft, &part, &mut spectrogram, rounds);
    let samples = stft.synthesise(&spectrogram);
    let start = window.start * shape.hop_samples;
    let (from, to) = (region.start.saturating_sub(start), region.end.saturating_sub(start).min(samples.len()));
    let Some(wanted) = samples.get(from..to).filter(|wanted| !wanted.is_empty()) else { return Ok(None) };
    let mut wanted = wanted.to_vec();
    let level = LevelEstimate::of(frames, &wanted, &region, &shape);
    restore_part(&mut wanted, shape.sample_rate_hz, level.below_db, level.holds_loudest);
    Ok(Some(Draft { start: region.start, samples: wanted }))
}

/// Blocks whose draft takes one run of the vocoder: a longer region is drafted in parts, so that its first blocks do not wait for the others.
/// Voices of one zone, transposed, drift apart while they sound.
pub(super) fn part_blocks(shape: &SpectralShape) -> usize {
    let reach = shape.fft_size / shape.hop_samples;
    let frames = DRAFT_FRAMES.saturating_sub(2 * (reach + LEAST_CONTEXT_FRAMES));
    (frames * shape.hop_samples / BLOCK_SAMPLES).max(1)
}

/// The frames that overlap `region`, with their context, extended to one whole run of the draft vocoder.
fn frames_around(region: &Range<usize>, count: usize, shape: &SpectralShape) -> Range<usize> {
    let (hop, reach) = (shape.hop_samples, shape.fft_size / shape.hop_samples);
    let (first, last) = ((region.start / hop).saturating_sub(reach), region.end / hop + reach);
    let spare = DRAFT_FRAMES.saturating_sub(last - first) / 2;
    let context = if spare < LEAST_CONTEXT_FRAMES { CONTEXT_FRAMES } else { spare.min(CONTEXT_FRAMES) };
    let (first, last) = (first.saturating_sub(context), last + context);
    // Fewer frames would cost the same: a run has a fixed width.
    let last = last.max(first + DRAFT_FRAMES).min(count);
    first.min(count)..last
}

/// Complex bins of a part of a sound that begins at `first_frame`.
fn bins_of(
    pipeline: &mut Pipeline,
    part: &Frames,
    key: f32,
    noise_key: u32,
    first_frame: usize,
) -> Result<Spectrogram, GraphError> {
    let phase_bins = pipeline.model().manifest().phase_bins();
    let mut spectrogram = Spectrogram::zeros(pipeline.model().shape().bins(), part.frames);
    let layout = VocoderInfo {
        chunk_frames: DRAFT_FRAMES,
        context_frames: CHUNK_CONTEXT_FRAMES,
        ..pipeline.model().manifest().vocoder
    };
    for chunk in bins::chunks(part.frames, layout) {
        pipeline.draft_chunk(part, key, noise_key, (&chunk, first_frame), &mut spectrogram)?;
    }
    let noise = noisiness(part, pipeline.model().shape(), key);
    let phasors = pipeline.phasors(key, first_frame + part.frames, noise_key);
    randomise(&mut spectrogram, phase_bins, &noise, (phasors, first_frame));
    Ok(spectrogram)
}

/// Estimate of the whole sound's level from its frames and from the samples of a region.
struct LevelEstimate {
    /// Difference of [`LOUDNESS_LUFS`] and the estimated loudness, in dB.
    below_db: f32,
    /// Whether the loudest frame is in the region.
    holds_loudest: bool,
}

impl LevelEstimate {
    fn of(frames: &Frames, samples: &[f32], region: &Range<usize>, shape: &SpectralShape) -> Self {
        let powers = powers(frames, shape);
        let hop = shape.hop_samples;
        let here = (region.start / hop).min(powers.len())..(region.end / hop + 1).min(powers.len());
        let moment = ((MOMENT_S * shape.sample_rate_hz as f32) as usize / hop).max(1);
        let mean = |powers: &[f32]| powers.iter().sum::<f32>() / powers.len().max(1) as f32;
        let loudest_moment = powers.windows(moment.min(powers.len()).max(1)).map(mean).fold(0.0, f32::max);
        let here_power = if here.is_empty() { loudest_moment } else { mean(&powers[here.clone()]) };
        let ratio_db = 10.0 * (loudest_moment / here_power.max(f32::MIN_POSITIVE)).max(1e-9).log10();
        let loudest =
            powers.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(frame, _)| frame);
        let here_lufs = loudness_of(samples, shape.sample_rate_hz);
        let below_db = here_lufs.map_or(0.0, |lufs| (LOUDNESS_LUFS - lufs) as f32 - ratio_db);
        Self { below_db, holds_loudest: here.contains(&loudest) }
    }
}

/// Power of each frame in arbitrary units: band powers weighted by the widths of the bands.
fn powers(frames: &Frames, shape: &SpectralShape) -> Vec<f32> {
    let widths: Vec<f32> = shape.mel_bank().centres_hz().windows(2).map(|pair| (pair[1] - pair[0]) as f32).collect();
    let mut powers = vec![0.0; frames.frames];
    for (band, width) in widths.iter().enumerate() {
        for (power, value) in powers.iter_mut().zip(frames.band(band)) {
            *power += width * 10f32.powf(shape.denormalise_db(*value) / 10.0);
        }
    }
    powers
}

/// Loudness in LUFS of the first [`MOMENT_S`] of the samples; `None` for silence.
fn loudness_of(samples: &[f32], rate_hz: u32) -> Option<f64> {
    let mut meter = EbuR128::new(1, rate_hz, Mode::M).ok()?;
    let count = samples.len().min((MOMENT_S * rate_hz as f32) as usize);
    meter.add_frames_f32(samples.get(..count)?).ok()?;
    let window_ms = (count as u64 * 1000 / u64::from(rate_hz)).max(1);
    let lufs = meter.loudness_window(u32::try_from(window_ms).ok()?).ok()?;
    lufs.is_finite().then_some(lufs)
}
