//! Velocity response of a note: softer notes are quieter and darker. AUDIO THREAD: plain arithmetic on values of the voice.
//!
//! The darkening is a first-order high shelf per voice. Its corner and depth are measured: over 861 pairs of the factory corpus'
//! training split (same instrument and key, MIDI velocity 112 and 48) the mean difference of the spectra, 2.5 dB (root mean square over
//! bands), follows this curve to within 0.3 dB.

use std::f32::consts::PI;

use super::playback::Piece;
use crate::link::MAX_CHANNELS;

/// Corner frequency of the shelf in hertz, measured as above.
const CORNER_HZ: f32 = 1200.0;
/// Attenuation of the highs in dB for each dB by which the velocity, as an amplitude, lies below 1; measured: 7 dB from 112 to 48.
const SHELF_DB_PER_DB: f32 = 0.95;
/// Largest attenuation of the highs. Limits the extrapolation to velocities far below the measured ones.
const DEEPEST_DB: f32 = 36.0;
/// Filter states below this magnitude are set to 0, since denormal numbers are slow.
const INAUDIBLE: f32 = 1e-15;
/// Highest corner as a fraction of the sample rate, for rates at which the corner would lie above the Nyquist frequency.
const HIGHEST_PART: f32 = 0.45;

/// Exponent of velocities at the end of the curve's range; its inverse at the other end.
const STEEPEST_CURVE: f32 = 3.0;
/// What the soft pedal makes of a velocity: with the square law 8.9 dB quieter, and darker as a softer stroke is. Not tuned.
const SOFT_PEDAL: f32 = 0.6;

/// The velocity that a note is played with. `curve`, [−1, 1]: 0 leaves it, above 0 soft strokes become softer, below 0 harder.
pub(super) fn played_velocity(velocity: f32, curve: f32, is_soft: bool) -> f32 {
    let velocity = velocity.min(1.0);
    let shaped = if curve == 0.0 { velocity } else { velocity.powf(STEEPEST_CURVE.powf(curve)) };
    if is_soft { shaped * SOFT_PEDAL } else { shaped }
}

/// The velocity response of one note, with its filter state.
#[derive(Clone, Copy, Debug)]
pub(super) struct VelocityResponse {
    /// Linear gain of the note.
    pub(super) gain: f32,
    /// Linear gain far above the corner; 1 leaves the sound bit for bit as it is.
    shelf: f32,
    /// Coefficient of the low-pass: g / (1 + g) with g = tan(π · corner / rate).
    pace: f32,
    /// State of the low-pass of each channel.
    low: [f32; MAX_CHANNELS],
}

impl VelocityResponse {
    /// Silence.
    pub(super) const NONE: Self = Self { gain: 0.0, shelf: 1.0, pace: 0.0, low: [0.0; MAX_CHANNELS] };

    /// For `velocity` in (0, 1] at the host's rate. `touch`, [0, 2]: 0 does not darken, 1 darkens as measured. `level`, [0, 1]: 0 leaves the
    /// level, 1 lowers it by the square law.
    pub(super) fn new(velocity: f32, touch: f32, level: f32, rate_hz: f32) -> Self {
        let below_db = -20.0 * velocity.max(1e-3).log10();
        let shelf_db = (below_db * SHELF_DB_PER_DB * touch).clamp(0.0, DEEPEST_DB);
        let warped = (PI * (CORNER_HZ / rate_hz).min(HIGHEST_PART)).tan();
        // Square law: half the velocity is 12 dB quieter.
        let gain = if level == 1.0 { velocity * velocity } else { velocity.powf(2.0 * level) };
        Self { gain, shelf: 10f32.powf(-shelf_db / 20.0), pace: warped / (1.0 + warped), low: [0.0; MAX_CHANNELS] }
    }

    /// Filters the first `count` samples of each channel in place; they follow those of the previous call. The low-pass is a trapezoidal
    /// integrator (Zavalishin 2012, 3.10), so its corner is the same at every rate. `ends_tick` is whether they are the last ones of a tick: where a
    /// state is set to 0 must not depend on where a call ends.
    pub(super) fn darken(&mut self, sound: &mut Piece, channels: usize, count: usize, ends_tick: bool) {
        if self.shelf == 1.0 {
            return;
        }
        // The next state is on the only way from one sample to the next: a multiplication and an addition.
        let (keep, take) = (1.0 - 2.0 * self.pace, 2.0 * self.pace);
        let (half_rest, shelf) = (0.5 * (1.0 - self.shelf), self.shelf);
        for (samples, low) in sound.iter_mut().zip(&mut self.low).take(channels) {
            let mut state = *low;
            for sample in samples.iter_mut().take(count) {
                let next = state * keep + *sample * take;
                *sample = (state + next) * half_rest + *sample * shelf;
                state = next;
            }
            // Keeps a decayed state from becoming a denormal number.
            *low = if ends_tick && state.abs() < INAUDIBLE { 0.0 } else { state };
        }
        if channels == 1 {
            // If the voice moves to a stereo sound, both channels continue from this state.
            let [first, ..] = self.low;
            self.low = [first; MAX_CHANNELS];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tick::TICK_SAMPLES;
    use super::*;

    const RATES_HZ: [f32; 4] = [8_000.0, 44_100.0, 96_000.0, 384_000.0];

    /// Darkens a mono sound tick by tick.
    fn darken(response: &mut VelocityResponse, samples: &mut [f32]) {
        for samples in samples.chunks_mut(TICK_SAMPLES) {
            let mut piece = [[0.0; TICK_SAMPLES]; MAX_CHANNELS];
            piece[0][..samples.len()].copy_from_slice(samples);
            response.darken(&mut piece, 1, samples.len(), true);
            samples.copy_from_slice(&piece[0][..samples.len()]);
        }
    }

    /// Factor on a sine of full level once it has settled.
    fn response_at(response: &VelocityResponse, frequency_hz: f32, rate_hz: f32) -> f32 {
        let mut response = *response;
        let count = (rate_hz * 0.1) as usize;
        let step = std::f64::consts::TAU * f64::from(frequency_hz / rate_hz);
        let mut samples: Vec<f32> = (0..2 * count).map(|n| (step * n as f64).sin() as f32).collect();
        darken(&mut response, &mut samples);
        let power: f32 = samples[count..].iter().map(|sample| sample * sample).sum();
        (2.0 * power / count as f32).sqrt()
    }

    #[test]
    fn soft_strokes_are_darker_by_the_measured_shelf_at_every_rate() {
        const TOLERANCE_DB: f32 = 0.2;
        for rate_hz in RATES_HZ {
            let response = VelocityResponse::new(48.0 / 112.0, 1.0, 1.0, rate_hz);
            let shelf_db = 20.0 * response.shelf.log10();
            assert!((shelf_db + 7.0).abs() < TOLERANCE_DB, "{shelf_db} dB");
            for frequency_hz in [60.0, 600.0, 1200.0, 2400.0, 9600.0, 19_200.0] {
                // Near the Nyquist frequency the bilinear transform warps the curve.
                if frequency_hz > rate_hz * 0.1 {
                    continue;
                }
                let ratio = (frequency_hz / CORNER_HZ).powi(2);
                let expected = ((1.0 + response.shelf.powi(2) * ratio) / (1.0 + ratio)).sqrt();
                let found = response_at(&response, frequency_hz, rate_hz);
                let error_db = 20.0 * (found / expected).log10();
                assert!(error_db.abs() < TOLERANCE_DB, "{frequency_hz} Hz at {rate_hz} Hz: {error_db} dB");
            }
        }
    }

    #[test]
    fn full_velocity_and_zero_touch_leave_every_sample_unchanged() {
        let before: Vec<f32> = (0..100).map(|n| (n as f32 * 0.7).sin()).collect();
        for (velocity, touch) in [(1.0, 1.0), (1.0, 2.0), (0.3, 0.0)] {
            let mut after = before.clone();
            darken(&mut VelocityResponse::new(velocity, touch, 1.0, 44_100.0), &mut after);
            assert_eq!(before, after);
        }
    }

    #[test]
    fn softer_is_never_brighter_and_never_louder() {
        let strokes: Vec<VelocityResponse> =
            (1..=127).map(|v| VelocityResponse::new(v as f32 / 127.0, 1.5, 1.0, 48_000.0)).collect();
        assert!(strokes.windows(2).all(|pair| pair[0].shelf <= pair[1].shelf && pair[0].gain < pair[1].gain));
        assert!(strokes.iter().all(|response| response.shelf > 0.0));
    }
}
