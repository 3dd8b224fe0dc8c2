//! ADSR envelope: linear attack, exponential decay and release. AUDIO THREAD: plain arithmetic.

/// Level below which a released note has ended: −80 dB.
const SILENT_GAIN: f32 = 1e-4;
/// Fall of the level within the decay or release time: −60 dB.
const FALL_GAIN: f32 = 1e-3;
/// Shortest decay and release, in seconds; shorter ones click.
const SHORTEST_S: f32 = 0.002;

/// Exponent of the attack at the end of its curve's range; its inverse at the other end.
const STEEPEST_ATTACK: f32 = 4.0;

/// Per-sample rates of all envelopes, from the controls' times.
#[derive(Clone, Copy, Debug)]
pub(super) struct EnvelopeRates {
    attack_step: f32,
    /// Exponent of the attack: 1 is linear.
    attack_exponent: f32,
    hold_samples: u32,
    decay_factor: f32,
    sustain: f32,
    release_factor: f32,
}

impl EnvelopeRates {
    /// With a linear attack and no time at full level.
    pub(super) fn new(attack_s: f32, decay_s: f32, sustain: f32, release_s: f32, rate_hz: f32) -> Self {
        let factor = |time_s: f32| FALL_GAIN.powf(1.0 / (time_s.max(SHORTEST_S) * rate_hz));
        let attack_samples = attack_s * rate_hz;
        Self {
            attack_step: if attack_samples > 1.0 { 1.0 / attack_samples } else { 1.0 },
            attack_exponent: 1.0,
            hold_samples: 0,
            decay_factor: factor(decay_s),
            sustain,
            release_factor: factor(release_s),
        }
    }

    /// With an attack of another curve, [−1, 1], and a time at full level.
    pub(super) fn with(self, attack_curve: f32, hold_s: f32, rate_hz: f32) -> Self {
        Self { attack_exponent: STEEPEST_ATTACK.powf(attack_curve), hold_samples: (hold_s * rate_hz) as u32, ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Attack,
    Hold,
    Decay,
    Release,
    Ended,
}

/// Envelope of one voice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    stage: Stage,
    level: f32,
    /// Part of the attack that is over.
    rise: f32,
    /// Samples since full level.
    held_samples: u32,
}

impl Envelope {
    /// The envelope of a note that starts; an attack of 0 gives full level at the first sample.
    pub(super) fn start() -> Self {
        Self { stage: Stage::Attack, level: 0.0, rise: 0.0, held_samples: 0 }
    }

    pub(super) fn release(&mut self) {
        if self.stage != Stage::Ended {
            self.stage = Stage::Release;
        }
    }

    pub(super) fn is_released(&self) -> bool {
        matches!(self.stage, Stage::Release | Stage::Ended)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    pub(super) fn level(&self) -> f32 {
        self.level
    }

    /// Advances by one sample; returns its level, [0, 1].
    pub(super) fn next(&mut self, rates: &EnvelopeRates) -> f32 {
        match self.stage {
            Stage::Attack => {
                self.rise += rates.attack_step;
                let is_linear = rates.attack_exponent == 1.0;
                self.level = if is_linear { self.rise } else { self.rise.powf(rates.attack_exponent) };
                if self.rise >= 1.0 {
                    self.level = 1.0;
                    self.stage = if rates.hold_samples > 0 { Stage::Hold } else { Stage::Decay };
                }
            }
            Stage::Hold => {
                self.held_samples += 1;
                if self.held_samples >= rates.hold_samples {
                    self.stage = Stage::Decay;
                }
            }
            Stage::Decay => {
                self.level = rates.sustain + (self.level - rates.sustain) * rates.decay_factor;
                if rates.sustain < SILENT_GAIN && self.level < SILENT_GAIN {
                    self.end();
                }
            }
            Stage::Release => {
                self.level *= rates.release_factor;
                if self.level < SILENT_GAIN {
                    self.end();
                }
            }
            Stage::Ended => {}
        }
        self.level
    }

    fn end(&mut self) {
        self.stage = Stage::Ended;
        self.level = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_falls_by_60_db_in_its_time() {
        let rates = EnvelopeRates::new(0.0, 1.0, 1.0, 0.1, 48_000.0);
        let mut envelope = Envelope::start();
        assert_eq!(envelope.next(&rates), 1.0);
        envelope.release();
        let level = (0..4800).map(|_| envelope.next(&rates)).last().unwrap_or(0.0);
        assert!((level / FALL_GAIN - 1.0).abs() < 0.01, "level {level}");
    }

    #[test]
    fn a_curved_attack_takes_its_time_and_full_level_its_own() {
        for curve in [-1.0, 0.0, 1.0] {
            let rates = EnvelopeRates::new(0.1, 0.01, 0.0, 0.1, 10_000.0).with(curve, 0.05, 10_000.0);
            let mut envelope = Envelope::start();
            let levels: Vec<f32> = (0..2_000).map(|_| envelope.next(&rates)).collect();
            let full = levels.iter().position(|level| *level == 1.0).unwrap_or(0);
            assert!((999..=1_001).contains(&full), "full after {full} samples");
            assert_eq!(levels.iter().filter(|level| **level == 1.0).count(), 501);
            assert!((levels[499] - 0.5_f32.powf(4_f32.powf(curve))).abs() < 2e-3);
        }
    }

    #[test]
    fn a_note_released_at_once_ends() {
        let rates = EnvelopeRates::new(5.0, 1.0, 1.0, 0.0, 8_000.0);
        let mut envelope = Envelope::start();
        envelope.release();
        envelope.next(&rates);
        assert!(envelope.has_ended());
    }
}
