//! Converts the vocoder's output heads to complex bins: magnitude · normalise((a + ib)·reference + g·noise). WORKER side.
//!
//! From `phase_bins` on no phase is predicted, and the noise phase is used.
//!
//! Graphs output `[bin][frame]`, a spectrogram holds `[frame][bin]`. The transposition is done in tiles of one cache line of frames.

use multiversion::multiversion;

use crate::spectral::{Complex32, ReferencePhasors, Spectrogram, exp};

/// Largest natural log of a magnitude relative to full scale: +12 dB. Limits the output level of a faulty graph.
const MAX_LOG_MAGNITUDE: f32 = 1.4;
/// Smallest natural log of a magnitude: −521 dB, within the range of [`exp`].
const MIN_LOG_MAGNITUDE: f32 = -60.0;

/// Number of frames in a tile.
const TILE: usize = 16;

/// One run of the vocoder: its first input frame, the frames of the sound that are kept, and its width in frames.
#[derive(Debug, PartialEq)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) keep: std::ops::Range<usize>,
    pub(super) width: usize,
}

/// The outputs of one run, flat: log-magnitude `[bins, width]`, and a, b and g `[3, phase_bins, width]`.
pub(super) struct Heads<'a> {
    pub(super) log_magnitude: &'a [f32],
    pub(super) phase: &'a [f32],
    pub(super) phase_bins: usize,
    /// Frame of the sound at which the spectrogram begins.
    pub(super) first_frame: usize,
}

/// Splits `frames` frames into runs. Every kept frame is at least `context_frames` away from the inner edges of its run, so the result
/// equals that of a single run.
pub(super) fn chunks(frames: usize, vocoder: crate::pack::VocoderInfo) -> Vec<Chunk> {
    let (width, context) = (vocoder.chunk_frames, vocoder.context_frames);
    let mut chunks = Vec::new();
    let mut done = 0;
    while done < frames {
        let start = if done == 0 { 0 } else { (done - context).min(frames.saturating_sub(width)) };
        let reaches_end = start + width >= frames;
        let end = if reaches_end { frames } else { start + width - context };
        chunks.push(Chunk { start, keep: done..end, width });
        done = end;
    }
    chunks
}

/// Writes the bins of a run's kept frames to `out`; `scale` is the magnitude of full scale.
pub(super) fn write(heads: &Heads, phasors: &ReferencePhasors, chunk: &Chunk, scale: f32, out: &mut Spectrogram) {
    let mut first = chunk.keep.start;
    while first < chunk.keep.end {
        let count = TILE.min(chunk.keep.end - first);
        for bin in 0..out.bins {
            let tile = tile(heads, phasors, chunk, (bin, first, count));
            for (offset, (re, im)) in tile.re.iter().zip(&tile.im).take(count).enumerate() {
                out.values[(first + offset) * out.bins + bin] = Complex32::new(re * scale, im * scale);
            }
        }
        first += count;
    }
}

struct Tile {
    re: Lanes,
    im: Lanes,
}

/// One bin in `count` frames from `first` on; values beyond `count` are undefined.
fn tile(heads: &Heads, phasors: &ReferencePhasors, chunk: &Chunk, (bin, first, count): (usize, usize, usize)) -> Tile {
    let row = |values: &[f32], plane: usize| -> Lanes {
        let start = (plane * heads.phase_bins + bin) * chunk.width + first - chunk.start;
        // A whole tile is loaded by vector instructions instead of a call of memcpy.
        if let Some(whole) = values[start..].first_chunk().filter(|_| count == TILE) {
            return *whole;
        }
        let mut tile = [0.0f32; TILE];
        tile[..count].copy_from_slice(&values[start..start + count]);
        tile
    };
    let log_magnitude = row(heads.log_magnitude, 0);
    if bin >= heads.phase_bins {
        return noise(&log_magnitude, phasors, bin, heads.first_frame + first);
    }
    let (steady_re, steady_im) = lanes(count, |offset| phasors.reference(bin, heads.first_frame + first + offset));
    let (a, b, g) = (row(heads.phase, 0), row(heads.phase, 1), row(heads.phase, 2));
    combine(&log_magnitude, [&a, &b, &g], [&steady_re, &steady_im], (phasors, bin, heads.first_frame + first))
}

type Lanes = [f32; TILE];

fn lanes(count: usize, phasor: impl Fn(usize) -> Complex32) -> (Lanes, Lanes) {
    let (mut re, mut im) = ([0.0; TILE], [0.0; TILE]);
    for offset in 0..count {
        let value = phasor(offset);
        (re[offset], im[offset]) = (value.re, value.im);
    }
    (re, im)
}

/// The arithmetic of a tile; compiled a second time for processors with AVX2 and FMA.
#[multiversion(targets("x86_64+avx2+fma"))]
fn combine(
    log_magnitude: &Lanes,
    [a, b, g]: [&Lanes; 3],
    [steady_re, steady_im]: [&Lanes; 2],
    (phasors, bin, first): (&ReferencePhasors, usize, usize),
) -> Tile {
    let (noise_re, noise_im) = phasors.noise_run::<TILE>(bin, first);
    let mut out = Tile { re: [0.0; TILE], im: [0.0; TILE] };
    for i in 0..TILE {
        let re = a[i] * steady_re[i] - b[i] * steady_im[i] + g[i] * noise_re[i];
        let im = a[i] * steady_im[i] + b[i] * steady_re[i] + g[i] * noise_im[i];
        let length = (re * re + im * im).sqrt().max(1e-9);
        let gain = magnitude(log_magnitude[i]) / length;
        (out.re[i], out.im[i]) = (re * gain, im * gain);
    }
    out
}

/// A tile without predicted phases; compiled as [`combine`] is.
#[multiversion(targets("x86_64+avx2+fma"))]
fn noise(log_magnitude: &Lanes, phasors: &ReferencePhasors, bin: usize, first: usize) -> Tile {
    let (mut re, mut im) = phasors.noise_run::<TILE>(bin, first);
    for i in 0..TILE {
        let gain = magnitude(log_magnitude[i]);
        (re[i], im[i]) = (re[i] * gain, im[i] * gain);
    }
    Tile { re, im }
}

#[inline(always)]
fn magnitude(log: f32) -> f32 {
    exp(log.clamp(MIN_LOG_MAGNITUDE, MAX_LOG_MAGNITUDE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::VocoderInfo;

    #[test]
    fn bins_follow_the_formula_and_have_noise_phases_above_the_predicted_ones() {
        let shape = crate::spectral::SpectralShape::DEFAULT;
        let (bins, phase_bins) = (5, 3);
        for (width, keep, start) in [(TILE, 0..TILE, 0), (5, 0..5, 0), (2 * TILE + 5, 5..2 * TILE + 8, 3)] {
            let end = start + width;
            let phasors = ReferencePhasors::new(&shape, 60.0, end);
            let log_magnitude: Vec<f32> = (0..bins * width).map(|n| -0.01 * n as f32).collect();
            let phase: Vec<f32> = (0..3 * phase_bins * width).map(|n| (n as f32 * 0.7).sin()).collect();
            let heads = Heads { log_magnitude: &log_magnitude, phase: &phase, phase_bins, first_frame: 0 };
            let mut out = Spectrogram::zeros(bins, end);
            write(&heads, &phasors, &Chunk { start, keep: keep.clone(), width }, 2.0, &mut out);
            for (frame, values) in out.values.chunks_exact(bins).enumerate() {
                if !keep.contains(&frame) {
                    assert!(values.iter().all(|value| *value == Complex32::ZERO), "frame {frame} is not kept");
                    continue;
                }
                for (bin, value) in values.iter().enumerate() {
                    let noise = phasors.noise(bin, frame);
                    let head = |plane: usize| phase[(plane * phase_bins + bin) * width + frame - start];
                    let direction = if bin < phase_bins {
                        Complex32::new(head(0), head(1)) * phasors.reference(bin, frame) + noise * head(2)
                    } else {
                        noise
                    };
                    let wanted = direction / direction.norm() * log_magnitude[bin * width + frame - start].exp() * 2.0;
                    assert!((value - wanted).norm() < 1e-4, "bin {bin}, frame {frame}: {value} for {wanted}");
                }
            }
        }
    }

    #[test]
    fn runs_cover_every_frame_once_with_its_context() {
        let vocoder = VocoderInfo { chunk_frames: 172, context_frames: 21, phase_bins: None };
        for frames in [8, 43, 171, 172, 173, 200, 301, 344, 500, 688] {
            let mut expected = 0;
            for chunk in chunks(frames, vocoder) {
                assert_eq!(chunk.keep.start, expected, "{frames} frames");
                assert!(chunk.keep.start == 0 || chunk.keep.start >= chunk.start + 21, "{frames}: {chunk:?}");
                assert!(chunk.keep.end == frames || chunk.keep.end + 21 <= chunk.start + 172, "{frames}: {chunk:?}");
                expected = chunk.keep.end;
            }
            assert_eq!(expected, frames);
        }
    }
}
