//! One note of a sound font, and the same sound played faster or slower.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};

const PROGRAM_CHANGE: i32 = 0xC0;

/// A key and how hard it is struck.
#[derive(Clone, Copy)]
pub struct Stroke {
    pub key: u8,
    pub velocity: u8,
}

/// One held note, both channels mixed.
///
/// # Errors
/// The synthesizer refuses the rate.
pub fn play(
    font: &Arc<SoundFont>,
    channel: i32,
    program: u8,
    stroke: Stroke,
    length: usize,
    rate_hz: u32,
) -> Result<Vec<f32>> {
    let mut settings = SynthesizerSettings::new(rate_hz as i32);
    settings.enable_reverb_and_chorus = false;
    let mut synthesizer =
        Synthesizer::new(font, &settings).map_err(|error| anyhow!("the sound font cannot be played: {error}"))?;
    synthesizer.process_midi_message(channel, PROGRAM_CHANGE, i32::from(program), 0);
    synthesizer.note_on(channel, i32::from(stroke.key), i32::from(stroke.velocity));
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    synthesizer.render(&mut left, &mut right);
    Ok(left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect())
}

/// Plays `samples` `ratio` times faster, by windowed-sinc interpolation band-limited to the lower of both Nyquists.
pub fn resample(samples: &[f32], ratio: f64, length: usize) -> Vec<f32> {
    const HALF_WIDTH: f64 = 16.0;
    let cutoff = (1.0 / ratio).min(1.0);
    let reach = HALF_WIDTH / cutoff;
    let kernel = |distance: f64| {
        let x = std::f64::consts::PI * distance * cutoff;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        cutoff * sinc * (0.5 + 0.5 * (std::f64::consts::PI * distance / reach).cos())
    };
    if ratio == 1.0 {
        return samples.iter().take(length).copied().collect();
    }
    let sample_at = |position: f64| -> f32 {
        let first = (position - reach).ceil().max(0.0) as usize;
        let last = ((position + reach).floor() as usize).min(samples.len().saturating_sub(1));
        (first..=last).map(|index| samples[index] * kernel(index as f64 - position) as f32).sum()
    };
    (0..length).map(|index| index as f64 * ratio).take_while(|at| *at < samples.len() as f64).map(sample_at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_moves_pitch_by_the_ratio() {
        let sine = |step: f64| -> Vec<f32> { (0..4000).map(|n| (step * n as f64).sin() as f32).collect() };
        let faster = resample(&sine(0.1), 2.0, 1500);
        let wanted = sine(0.2);
        assert!((100..1400).all(|n| (faster[n] - wanted[n]).abs() < 5e-3));
    }
}
