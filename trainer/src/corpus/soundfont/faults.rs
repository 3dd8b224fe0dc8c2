//! Renders that add nothing to a corpus: silence, clicks, and strokes that differ from another in level only.

/// A render whose peak stays below this is silence or an artefact.
const QUIET_PEAK: f32 = 1e-4;
/// A melodic render that is shorter than this is a fault of the font at that key, in seconds.
const SHORTEST_NOTE_S: f64 = 0.01;
/// Renders at two velocities that differ by less than this, relative to their root mean square, differ only in level.
const SAME_SOUND: f32 = 0.01;

/// Renders of one key that were kept, with their velocities.
#[derive(Default)]
pub struct Strokes(Vec<(u8, Vec<f32>)>);

impl Strokes {
    /// Whether none was kept yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps a render.
    pub fn keep(&mut self, velocity: u8, samples: Vec<f32>) {
        self.0.push((velocity, samples));
    }

    /// Says which earlier stroke a render repeats, levels apart.
    pub fn same_as(&self, samples: &[f32]) -> Option<String> {
        let same = |earlier: &[f32]| {
            let scale = peak(samples) / peak(earlier).max(f32::MIN_POSITIVE);
            let power: f32 = samples.iter().map(|sample| sample * sample).sum();
            let error: f32 = samples.iter().zip(earlier).map(|(now, then)| (now - scale * then).powi(2)).sum();
            error <= SAME_SOUND * SAME_SOUND * power
        };
        let (velocity, _) = self.0.iter().find(|(_, earlier)| same(earlier))?;
        Some(format!("only the level differs from velocity {velocity}"))
    }
}

/// Why a melodic render cannot be used.
pub fn fault(samples: &[f32], rate_hz: u32) -> Option<String> {
    silence(samples).or_else(|| {
        let threshold = 0.01 * peak(samples);
        let first = samples.iter().position(|sample| sample.abs() > threshold)?;
        let last = samples.iter().rposition(|sample| sample.abs() > threshold)?;
        let short = ((last - first) as f64) < SHORTEST_NOTE_S * f64::from(rate_hz);
        short.then(|| "no more than a click".to_owned())
    })
}

/// Why a render is unusable.
pub fn silence(samples: &[f32]) -> Option<String> {
    (peak(samples) < QUIET_PEAK).then(|| "silent".to_owned())
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 44_100;

    /// A decaying tone of a gain, a frequency in Hz and a length in samples, within a second of silence.
    fn tone(gain: f32, hz: f32, length: usize) -> Vec<f32> {
        let rate_hz = RATE_HZ as f32;
        (0..RATE_HZ as usize)
            .map(|at| {
                let seconds = at as f32 / rate_hz;
                if at < length {
                    gain * (-3.0 * seconds).exp() * (std::f32::consts::TAU * hz * seconds).sin()
                } else {
                    0.0
                }
            })
            .collect()
    }

    #[test]
    fn silence_and_clicks_are_faults_and_faint_or_short_notes_are_not() {
        for (gain, length, wanted) in [
            (0.5, 20_000, None),
            (2e-3, 20_000, None),
            (0.5, 1_000, None),
            (5e-5, 20_000, Some("silent")),
            (0.0, 20_000, Some("silent")),
            (0.5, 300, Some("no more than a click")),
        ] {
            let found = fault(&tone(gain, 440.0, length), RATE_HZ);
            assert_eq!(found.as_deref(), wanted, "gain {gain}, {length} samples");
        }
        assert_eq!(silence(&[]).as_deref(), Some("silent"));
    }

    #[test]
    fn a_stroke_that_differs_in_level_only_repeats_another() {
        let mut strokes = Strokes::default();
        assert!(strokes.is_empty() && strokes.same_as(&tone(0.5, 440.0, 20_000)).is_none());
        strokes.keep(112, tone(0.5, 440.0, 20_000));
        let repeated = strokes.same_as(&tone(0.1, 440.0, 20_000));
        assert_eq!(repeated.as_deref(), Some("only the level differs from velocity 112"));
        // Another colour, and another length.
        assert_eq!(strokes.same_as(&tone(0.1, 443.0, 20_000)), None);
        assert_eq!(strokes.same_as(&tone(0.5, 440.0, 4_000)), None);
    }
}
