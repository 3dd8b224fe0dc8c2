//! One note of a sound font, and the same sound played faster or slower.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction};
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};

const PROGRAM_CHANGE: i32 = 0xC0;
const CONTROL_CHANGE: i32 = 0xB0;
/// The controller that selects a bank of presets.
const BANK_SELECT: i32 = 0x00;

/// A key and how hard it is struck.
#[derive(Clone, Copy)]
pub struct Stroke {
    pub key: u8,
    pub velocity: u8,
}

/// One held note of a bank's program, both channels mixed. On the drums' channel the program is the kit and the bank is 0.
///
/// # Errors
/// The synthesizer refuses the rate.
pub fn play(
    font: &Arc<SoundFont>,
    channel: i32,
    (bank, program): (i32, i32),
    stroke: Stroke,
    length: usize,
    rate_hz: u32,
) -> Result<Vec<f32>> {
    let mut settings = SynthesizerSettings::new(rate_hz as i32);
    settings.enable_reverb_and_chorus = false;
    let mut synthesizer =
        Synthesizer::new(font, &settings).map_err(|error| anyhow!("the sound font cannot be played: {error}"))?;
    synthesizer.process_midi_message(channel, CONTROL_CHANGE, BANK_SELECT, bank);
    synthesizer.process_midi_message(channel, PROGRAM_CHANGE, program, 0);
    synthesizer.note_on(channel, i32::from(stroke.key), i32::from(stroke.velocity));
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    synthesizer.render(&mut left, &mut right);
    Ok(left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect())
}

/// Length of the resampler's filter in samples of the lower rate: sines that are moved by up to two octaves deviate by less than −66 dB (the
/// test below). A longer one rings longer before an attack.
const FILTER_SAMPLES: f64 = 64.0;
/// Fractions of a sample at which the filter is tabulated, with cubic interpolation between them: its error is below 16-bit rounding.
const OVERSAMPLING: usize = 256;
/// Input samples of one step of the resampler; any number gives the same result.
const CHUNK_SAMPLES: usize = 1024;

/// Plays `samples` `ratio` times faster, band-limited to the lower of both Nyquist frequencies; at most `length` samples. The result begins
/// up to one of its samples early.
///
/// # Errors
/// The resampler refuses the ratio.
pub fn resample(samples: &[f32], ratio: f64, length: usize) -> Result<Vec<f32>> {
    if ratio == 1.0 {
        return Ok(samples.iter().take(length).copied().collect());
    }
    let converted = || -> Result<Vec<f32>> {
        let filter = SincInterpolationParameters {
            sinc_len: (FILTER_SAMPLES * ratio.max(1.0)).ceil() as usize,
            f_cutoff: None,
            oversampling_factor: OVERSAMPLING,
            interpolation: SincInterpolationType::Cubic,
            window: WindowFunction::BlackmanHarris2,
        };
        let mut resampler = Async::<f32>::new_sinc(1.0 / ratio, 1.0, &filter, CHUNK_SAMPLES, 1, FixedAsync::Input)?;
        let input = InterleavedSlice::new(samples, 1, samples.len())?;
        Ok(resampler.process_all(&input, samples.len(), None)?.take_data())
    };
    let mut converted = converted().with_context(|| format!("cannot play a note {ratio} times faster"))?;
    converted.truncate(length.min((samples.len() as f64 / ratio).ceil() as usize));
    Ok(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest deviation from a sine of amplitude 1 at the moved pitch, at the time that fits best: −66 dB.
    const TOLERANCE: f64 = 5e-4;
    /// How much earlier than ideal the result may be, in samples of it: the resampler cuts its delay to whole samples.
    const EARLIEST_SAMPLES: f64 = 1.05;

    fn sine(step: f64, length: usize) -> Vec<f32> {
        (0..length).map(|n| (step * n as f64).sin() as f32).collect()
    }

    /// The sine and cosine parts of `x` at `step` radians a sample by least squares, and the largest deviation from them.
    fn fitted(x: &[f32], step: f64) -> (f64, f64, f64) {
        let (mut ss, mut sc, mut cc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let points = || x.iter().enumerate().map(|(n, x)| ((step * n as f64).sin_cos(), f64::from(*x)));
        for ((sine, cosine), x) in points() {
            (ss, sc, cc) = (ss + sine * sine, sc + sine * cosine, cc + cosine * cosine);
            (xs, xc) = (xs + x * sine, xc + x * cosine);
        }
        let determinant = ss * cc - sc * sc;
        let (a, b) = ((xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant);
        let worst = points().map(|((sine, cosine), x)| (x - a * sine - b * cosine).abs()).fold(0.0, f64::max);
        (a, b, worst)
    }

    #[test]
    fn resampling_moves_pitch_by_the_ratio_and_keeps_time_and_level() {
        for semitones in [-24, -7, -1, 1, 5, 12, 24] {
            let ratio = 2.0_f64.powf(f64::from(semitones) / 12.0);
            let moved = resample(&sine(0.1, 7000), ratio, 1500).expect("a sound");
            assert_eq!(moved.len(), 1500, "{semitones} semitones");
            let step = 0.1 * ratio;
            // Without the ends, where the filter reaches beyond the sound.
            let (a, b, worst) = fitted(&moved[200..1400], step);
            let early = (b.atan2(a) - step * 200.0 + 1e-6).rem_euclid(std::f64::consts::TAU) / step;
            assert!(worst < TOLERANCE && (a.hypot(b) - 1.0).abs() < TOLERANCE, "{semitones} semitones: {worst}");
            assert!(early < EARLIEST_SAMPLES, "{semitones} semitones: {early} samples early");
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_left_out() {
        let aliased = resample(&sine(2.5, 4000), 2.0, 1500).expect("a sound");
        assert!(aliased[100..1400].iter().all(|sample| sample.abs() < 1e-3));
        assert_eq!(resample(&sine(0.1, 400), 2.0, 1500).expect("a sound").len(), 200, "no more than there is");
    }
}
