//! Cutting a one-shot out of a recording: beginning, length, level, fades.
//!
//! Worker and main threads only.

use super::high_pass::remove_offset;
use super::onset::onset;
use super::{Recording, SampleError, resample};

/// Kept in front of the onset, so that the rise of the attack is not cut, in seconds.
const PRE_ROLL_S: f64 = 0.001;
/// The same where the onset is hidden in noise, which leaves it uncertain by about as much.
const PRE_ROLL_IN_NOISE_S: f64 = 0.005;
/// Fade where a sound is cut off at its end, in seconds.
const CUT_FADE_S: f64 = 0.005;
/// Audio beyond the wanted length that goes through the rate conversion, in seconds:
/// the converter's filter then sees real neighbours at the cut instead of silence.
const MARGIN_S: f64 = 0.05;
/// A peak below this is silence: −120 dB of full scale.
const SILENT_PEAK: f32 = 1e-6;

/// Makes a one-shot of exactly `length` samples at `rate_hz` with a peak of 1.
///
/// It starts 1 ms before the first sample within 40 dB of the recording's peak; where the recording begins with noise or clicks, before the
/// first sound above them. A constant offset is taken off. A longer sound is cut with a 5 ms fade, and a note says so; a shorter one is
/// followed by silence.
///
/// # Errors
/// [`SampleError`] for silence, samples that are not finite, and a sample rate that cannot be converted.
pub fn one_shot(mut rec: Recording, rate_hz: u32, length: usize) -> Result<Recording, SampleError> {
    let from_hz = f64::from(rec.sample_rate_hz);
    remove_offset(&mut rec.samples);
    let (start, onset) = start_and_onset(&rec)?;
    let wanted_s = length as f64 / f64::from(rate_hz);
    let source_samples = ((wanted_s + MARGIN_S) * from_hz).ceil() as usize;
    let end = rec.samples.len().min(start.saturating_add(source_samples));
    let mut head = rec.samples[start..end].to_vec();
    if start > 0 {
        fade_in(&mut head, onset - start);
    }
    let mut samples = resample(&head, rec.sample_rate_hz, rate_hz)?;
    let mut notes = rec.notes;
    if samples.len() > length {
        samples.truncate(length);
        fade_out(&mut samples, (CUT_FADE_S * f64::from(rate_hz)).round() as usize);
        let onset_s = rec.start_s + onset as f64 / from_hz;
        notes.push(format!("used the first {wanted_s:.1} s after the onset at {onset_s:.2} s"));
    }
    samples.resize(length, 0.0);
    set_peak(&mut samples)?;
    let start_s = rec.start_s + start as f64 / from_hz;
    Ok(Recording { samples, sample_rate_hz: rate_hz, start_s, root_key: rec.root_key, notes })
}

/// Where [`one_shot`] would let the sound begin, in seconds from the start of its file.
///
/// # Errors
/// [`SampleError::Silent`] and [`SampleError::NotFinite`].
pub fn start_s(rec: &Recording) -> Result<f64, SampleError> {
    let (start, _) = start_and_onset(rec)?;
    Ok(rec.start_s + start as f64 / f64::from(rec.sample_rate_hz))
}

/// Where a one-shot begins and where it is first heard, as places in the recording's samples.
fn start_and_onset(rec: &Recording) -> Result<(usize, usize), SampleError> {
    if let Some(place) = rec.samples.iter().position(|v| !v.is_finite()) {
        return Err(SampleError::NotFinite(place));
    }
    if peak(&rec.samples) < SILENT_PEAK {
        return Err(SampleError::Silent);
    }
    let onset = onset(&rec.samples, rec.sample_rate_hz);
    let pre_roll_s = if onset.is_in_noise { PRE_ROLL_IN_NOISE_S } else { PRE_ROLL_S };
    let pre_roll = (pre_roll_s * f64::from(rec.sample_rate_hz)).round() as usize;
    Ok((onset.at.saturating_sub(pre_roll), onset.at))
}

/// Makes a one-shot of exactly `length` samples at `rate_hz` with a peak of 1 out of the very beginning of a recording.
///
/// A longer recording is cut with a 5 ms fade; a shorter one is followed by silence.
///
/// # Errors
/// [`SampleError`] for silence, samples that are not finite, and a sample rate that cannot be converted.
pub fn region(mut rec: Recording, rate_hz: u32, length: usize) -> Result<Recording, SampleError> {
    let from_hz = f64::from(rec.sample_rate_hz);
    remove_offset(&mut rec.samples);
    let source_samples = ((length as f64 / f64::from(rate_hz) + MARGIN_S) * from_hz).ceil() as usize;
    let head = &rec.samples[..rec.samples.len().min(source_samples)];
    let mut samples = resample(head, rec.sample_rate_hz, rate_hz)?;
    let is_cut = samples.len() > length;
    samples.resize(length, 0.0);
    if is_cut {
        fade_out(&mut samples, (CUT_FADE_S * f64::from(rate_hz)).round() as usize);
    }
    set_peak(&mut samples)?;
    Ok(Recording { samples, sample_rate_hz: rate_hz, ..rec })
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, v| peak.max(v.abs()))
}

fn set_peak(samples: &mut [f32]) -> Result<(), SampleError> {
    let peak = peak(samples);
    if peak < SILENT_PEAK {
        return Err(SampleError::Silent);
    }
    // Dividing, not multiplying by the reciprocal: the loudest sample is then exactly 1.
    samples.iter_mut().for_each(|v| *v /= peak);
    Ok(())
}

fn fade_in(samples: &mut [f32], length: usize) {
    for (i, sample) in samples.iter_mut().take(length).enumerate() {
        *sample *= i as f32 / length as f32;
    }
}

fn fade_out(samples: &mut [f32], length: usize) {
    for (i, sample) in samples.iter_mut().rev().take(length).enumerate() {
        *sample *= i as f32 / length as f32;
    }
}
