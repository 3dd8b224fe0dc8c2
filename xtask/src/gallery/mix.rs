//! Mixes an example's notes and stores the result.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::error::Verify;
use flacenc::source::MemSource;

use super::player::{Player, RATE_HZ};
use super::score::Example;
use crate::recording::Recording;

/// RMS level of every example, −19 dBFS, unless its peak would exceed [`PEAK`].
const RMS: f32 = 0.112;
/// Highest peak, −2 dBFS: headroom for the overshoot of lossy encoders and converters.
const PEAK: f32 = 0.794;
/// Release time after note-off, in seconds: a half cosine from 1 to 0.
const RELEASE_S: f32 = 0.09;
/// The end of a sound is cut where it stays below this part of its peak: −60 dB.
const AUDIBLE: f32 = 1e-3;
/// Fade-out of an example, in seconds.
const END_S: f32 = 0.02;

/// Plays an example.
///
/// # Errors
///
/// Fails if `heptode` fails, or gives fewer sounds than the example asks for.
pub fn mix(example: &Example, player: &mut Player) -> Result<Recording> {
    let mut samples = Vec::new();
    for note in &example.notes {
        let sounds = player.sounds(&note.call)?;
        let sound =
            sounds.get(note.index).with_context(|| format!("{}: there is no sound {}", example.file, note.index))?;
        let first = frames(note.at_s);
        let held = note.long_s.map_or(usize::MAX, frames).min(audible_end(sound));
        let length = sound.len().min(held + frames(RELEASE_S));
        samples.resize(samples.len().max(first + length), 0.0);
        for (n, (mixed, value)) in samples[first..].iter_mut().zip(&sound[..length]).enumerate() {
            *mixed += note.gain * release(n, held) * value;
        }
    }
    finish(&mut samples);
    Ok(Recording::of(samples, RATE_HZ))
}

fn frames(seconds: f32) -> usize {
    (seconds.max(0.0) * RATE_HZ as f32).round() as usize
}

/// 1 while a note is held, then half a cosine to 0.
fn release(n: usize, held: usize) -> f32 {
    let part = n.saturating_sub(held) as f32 / frames(RELEASE_S) as f32;
    0.5 + 0.5 * (std::f32::consts::PI * part.min(1.0)).cos()
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(f32::MIN_POSITIVE, |peak, value| peak.max(value.abs()))
}

fn audible_end(samples: &[f32]) -> usize {
    let floor = AUDIBLE * peak(samples);
    samples.iter().rposition(|value| value.abs() > floor).map_or(0, |last| last + 1)
}

/// Brings to the common level, cuts the silent end, and fades the last milliseconds.
fn finish(samples: &mut Vec<f32>) {
    let end = audible_end(samples);
    samples.truncate(end);
    let rms = (samples.iter().map(|value| value * value).sum::<f32>() / end.max(1) as f32).sqrt();
    let gain = (PEAK / peak(samples)).min(RMS / rms.max(f32::MIN_POSITIVE));
    samples.iter_mut().for_each(|value| *value *= gain);
    let fade = frames(END_S).min(end);
    for (n, value) in samples.iter_mut().rev().take(fade).enumerate() {
        *value *= n as f32 / fade as f32;
    }
}

/// Writes FLAC, mono, 16 bit; gives the size in bytes.
///
/// # Errors
///
/// Fails if the recording cannot be encoded or written.
pub fn write(path: &Path, recording: &Recording) -> Result<usize> {
    let steps: Vec<i32> = recording.samples.iter().map(|value| (value * 32_767.0).round() as i32).collect();
    let bytes = flac(&steps).map_err(|error| anyhow!("cannot store {}: {error}", path.display()))?;
    fs::write(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(bytes.len())
}

fn flac(steps: &[i32]) -> Result<Vec<u8>, String> {
    let config = flacenc::config::Encoder::default().into_verified().map_err(|(_, error)| error.to_string())?;
    let source = MemSource::from_samples(steps, 1, 16, RATE_HZ as usize);
    let block = config.block_size;
    let mut stream = flacenc::encode_with_fixed_block_size(&config, source, block).map_err(|e| e.to_string())?;
    // The encoder counts the shorter last block as the smallest one, by which some readers find no frame.
    stream.stream_info_mut().set_block_sizes(block, block).map_err(|error| error.to_string())?;
    let mut sink = ByteSink::new();
    stream.write(&mut sink).map_err(|error| error.to_string())?;
    Ok(sink.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_level_and_end_in_silence() {
        for (loudness, ticks) in [(0.01, 1), (3.0, 1), (0.5, 400)] {
            // A tone, or single ticks whose peaks forbid the level.
            let value = |n: usize| if n.is_multiple_of(ticks) { loudness * (n as f32 * 0.05).cos() } else { 0.0 };
            let mut samples: Vec<f32> = (0..32_000).map(value).collect();
            samples.extend([0.0; 5000]);
            finish(&mut samples);
            let rms = (samples.iter().map(|value| value * value).sum::<f32>() / samples.len() as f32).sqrt();
            assert!(peak(&samples) <= 1.001 * PEAK && rms <= 1.001 * RMS, "peak {}, RMS {rms}", peak(&samples));
            assert!(peak(&samples) > 0.99 * PEAK || rms > 0.97 * RMS, "peak {}, RMS {rms}", peak(&samples));
            assert!(samples.len() <= 32_000 && samples.last() == Some(&0.0));
        }
    }

    #[test]
    fn a_note_is_let_go_without_a_step() {
        let gains: Vec<f32> = (0..2000 + frames(RELEASE_S)).map(|n| release(n, 2000)).collect();
        assert!(gains[..2000].iter().all(|gain| *gain == 1.0));
        assert!(
            gains.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-3)
                && gains.iter().rev().take(1).all(|last| *last < 1e-3)
        );
    }
}
