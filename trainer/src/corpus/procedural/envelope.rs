//! Envelopes as functions of the time since the onset.

/// Natural logarithm of 1000: a decay by 60 dB.
const LN_60_DB: f64 = 6.907_755;

/// Exponential decay that has fallen by 60 dB after `t60_s`; 0 before the onset.
pub fn decay(time_s: f64, t60_s: f64) -> f64 {
    if time_s < 0.0 { 0.0 } else { (-LN_60_DB * time_s / t60_s).exp() }
}

/// Smooth rise from 0 to 1 within `length_s`, a half period of a raised cosine.
pub fn rise(time_s: f64, length_s: f64) -> f64 {
    let part = (time_s / length_s).clamp(0.0, 1.0);
    0.5 - 0.5 * (std::f64::consts::PI * part).cos()
}

/// Smooth bump from 0 over 1 to 0 within `length_s`.
pub fn bump(time_s: f64, length_s: f64) -> f64 {
    if (0.0..length_s).contains(&time_s) { 0.5 - 0.5 * (std::f64::consts::TAU * time_s / length_s).cos() } else { 0.0 }
}

/// Attack, decay, sustain and release with exponential segments.
#[derive(Clone, Copy)]
pub struct Adsr {
    pub attack_s: f64,
    pub decay_s: f64,
    /// Level that is held, 0 to 1.
    pub sustain: f64,
    /// When the key is let go.
    pub hold_s: f64,
    pub release_s: f64,
}

impl Adsr {
    /// Level at a time.
    pub fn at(&self, time_s: f64) -> f64 {
        let held = self.held(time_s.min(self.hold_s));
        held * decay((time_s - self.hold_s).max(0.0), self.release_s)
    }

    fn held(&self, time_s: f64) -> f64 {
        if time_s < self.attack_s {
            return rise(time_s, self.attack_s);
        }
        self.sustain + (1.0 - self.sustain) * decay(time_s - self.attack_s, self.decay_s)
    }
}
