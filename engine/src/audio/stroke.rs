//! What a stroke does to a note: softer is quieter and darker. AUDIO THREAD: plain arithmetic on values of the voice.
//!
//! The darkening is a first-order high shelf per voice. Its corner and depth are measured: over 861 pairs of the factory corpus'
//! training split (one instrument and key, struck at MIDI velocity 112 and 48) the mean difference of the spectra, 2.5 dB (root
//! mean square over bands), follows this curve to within 0.3 dB.

use std::f32::consts::PI;

/// Corner of the shelf: far below it a soft stroke loses nothing, far above it all that it loses, in Hz.
const CORNER_HZ: f32 = 1200.0;
/// What the highs lose for each dB by which the velocity, as an amplitude, lies below the hardest: 7 dB from 112 to 48.
const SHELF_DB_PER_DB: f32 = 0.95;
/// Most that the highs lose.
const DEEPEST_DB: f32 = 36.0;
/// A state below this is silence.
const INAUDIBLE: f32 = 1e-15;
/// Highest corner as a part of the rate, for rates at which the corner would lie beyond the spectrum.
const HIGHEST_PART: f32 = 0.45;

/// The stroke of one note.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    /// Factor on the note's level.
    pub(super) gain: f32,
    /// Factor on what lies above the corner; 1 leaves the sound as it is, to the bit.
    shelf: f32,
    /// Part of the way that the low-pass goes within half a sample.
    pace: f32,
    /// State of the low-pass.
    low: f32,
}

impl Stroke {
    /// Silence.
    pub(super) const NONE: Self = Self { gain: 0.0, shelf: 1.0, pace: 0.0, low: 0.0 };

    /// A stroke of `velocity` (above 0, up to 1) at the host's rate. `touch`: 0 changes the level alone, 1 darkens as measured.
    pub(super) fn new(velocity: f32, touch: f32, rate_hz: f32) -> Self {
        let below_db = -20.0 * velocity.max(1e-3).log10();
        let shelf_db = (below_db * SHELF_DB_PER_DB * touch).clamp(0.0, DEEPEST_DB);
        let warped = (PI * (CORNER_HZ / rate_hz).min(HIGHEST_PART)).tan();
        // Squared: half velocity is 12 dB down.
        let gain = velocity * velocity;
        Self { gain, shelf: 10f32.powf(-shelf_db / 20.0), pace: warped / (1.0 + warped), low: 0.0 }
    }

    /// Darkens the next samples of the note in place. The low-pass is a trapezoidal integrator (Zavalishin 2012, 3.10), so its
    /// corner is the same at every rate.
    pub(super) fn darken(&mut self, samples: &mut [f32]) {
        if self.shelf == 1.0 {
            return;
        }
        for sample in samples {
            let step = (*sample - self.low) * self.pace;
            let low = self.low + step;
            let next = low + step;
            // What has died away must not go on as numbers too small for fast arithmetic.
            self.low = if next.abs() < INAUDIBLE { 0.0 } else { next };
            *sample = low + (*sample - low) * self.shelf;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES_HZ: [f32; 4] = [8_000.0, 44_100.0, 96_000.0, 384_000.0];

    /// Factor on a sine of full level once it has settled.
    fn response(stroke: &Stroke, frequency_hz: f32, rate_hz: f32) -> f32 {
        let mut stroke = *stroke;
        let count = (rate_hz * 0.1) as usize;
        let step = std::f64::consts::TAU * f64::from(frequency_hz / rate_hz);
        let mut samples: Vec<f32> = (0..2 * count).map(|n| (step * n as f64).sin() as f32).collect();
        stroke.darken(&mut samples);
        let power: f32 = samples[count..].iter().map(|sample| sample * sample).sum();
        (2.0 * power / count as f32).sqrt()
    }

    #[test]
    fn soft_strokes_are_darker_by_the_measured_shelf_at_every_rate() {
        const TOLERANCE_DB: f32 = 0.2;
        for rate_hz in RATES_HZ {
            let stroke = Stroke::new(48.0 / 112.0, 1.0, rate_hz);
            let shelf_db = 20.0 * stroke.shelf.log10();
            assert!((shelf_db + 7.0).abs() < TOLERANCE_DB, "{shelf_db} dB");
            for frequency_hz in [60.0, 600.0, 1200.0, 2400.0, 9600.0, 19_200.0] {
                // Towards the Nyquist frequency the bilinear transform bends the curve.
                if frequency_hz > rate_hz * 0.1 {
                    continue;
                }
                let ratio = (frequency_hz / CORNER_HZ).powi(2);
                let expected = ((1.0 + stroke.shelf.powi(2) * ratio) / (1.0 + ratio)).sqrt();
                let found = response(&stroke, frequency_hz, rate_hz);
                let error_db = 20.0 * (found / expected).log10();
                assert!(error_db.abs() < TOLERANCE_DB, "{frequency_hz} Hz at {rate_hz} Hz: {error_db} dB");
            }
        }
    }

    #[test]
    fn the_hardest_stroke_and_no_touch_leave_every_sample_alone() {
        let before: Vec<f32> = (0..100).map(|n| (n as f32 * 0.7).sin()).collect();
        for (velocity, touch) in [(1.0, 1.0), (1.0, 2.0), (0.3, 0.0)] {
            let mut after = before.clone();
            Stroke::new(velocity, touch, 44_100.0).darken(&mut after);
            assert_eq!(before, after);
        }
    }

    #[test]
    fn softer_is_never_brighter_and_never_louder() {
        let strokes: Vec<Stroke> = (1..=127).map(|v| Stroke::new(v as f32 / 127.0, 1.5, 48_000.0)).collect();
        assert!(strokes.windows(2).all(|pair| pair[0].shelf <= pair[1].shelf && pair[0].gain < pair[1].gain));
        assert!(strokes.iter().all(|stroke| stroke.shelf > 0.0));
    }
}
