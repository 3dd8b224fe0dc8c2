//! The envelope of a sound: where its attack ends and where it is over.

/// Window and step in seconds.
const WINDOW_S: f64 = 0.005;
const STEP_S: f64 = 0.00025;
/// Level of the envelope that ends an attack, against its peak (−6 dB). Near the peak a plateau's ripple decides: at 90 % the
/// ladder saw 50 ms between sounds that differ in phase only.
const ATTACK_LEVEL: f64 = 0.5;
/// Level of the envelope that ends a sound (−40 dB).
const END_LEVEL: f64 = 0.01;

/// Root mean square over windows of 5 ms, four values a millisecond; the first window ends where the sound begins.
pub struct Envelope(Vec<f64>);

impl Envelope {
    /// The envelope of a sound.
    pub fn new(samples: &[f32], rate_hz: f64) -> Self {
        let window = WINDOW_S * rate_hz;
        let mut sums = vec![0.0; samples.len() + 1];
        for (index, sample) in samples.iter().enumerate() {
            sums[index + 1] = sums[index] + f64::from(*sample).powi(2);
        }
        let at = |position: f64| sums[(position.max(0.0) as usize).min(samples.len())];
        let count = (samples.len() as f64 / (STEP_S * rate_hz)) as usize;
        let ends = (0..count).map(|index| index as f64 * STEP_S * rate_hz);
        Self(ends.map(|end| ((at(end) - at(end - window)).max(0.0) / window).sqrt()).collect())
    }

    /// When the envelope first comes to half its peak, in milliseconds.
    pub fn attack_ms(&self) -> f32 {
        let level = ATTACK_LEVEL * self.largest();
        let Some(index) = self.0.iter().position(|value| *value >= level) else { return 0.0 };
        // Between two steps the envelope is a straight line.
        let before = index.checked_sub(1).map_or(0.0, |before| self.0[before]);
        let part = if self.0[index] > before { (level - before) / (self.0[index] - before) } else { 1.0 };
        ((index as f64 - 1.0 + part).max(0.0) * STEP_S * 1e3) as f32
    }

    /// When the envelope was last above −40 dB of its peak, in milliseconds.
    pub fn end_ms(&self) -> f32 {
        let level = END_LEVEL * self.largest();
        let last = self.0.iter().rposition(|value| *value >= level).unwrap_or(0);
        (last as f64 * STEP_S * 1e3) as f32
    }

    fn largest(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}

/// Root mean square.
pub fn rms(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_and_a_fall_are_timed() {
        let level = |n: usize| match n {
            0..4410 => n as f32 / 4410.0,
            4410..22_050 => 1.0,
            _ => 0.0,
        };
        let sound: Vec<f32> = (0..44_100).map(|n| level(n) * (n as f32 * 0.3).sin()).collect();
        let envelope = Envelope::new(&sound, 44_100.0);
        assert!((envelope.attack_ms() - 52.0).abs() < 4.0, "{} ms", envelope.attack_ms());
        assert!((envelope.end_ms() - 504.0).abs() < 3.0, "{} ms", envelope.end_ms());
    }
}
