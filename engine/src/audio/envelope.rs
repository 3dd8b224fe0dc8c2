//! Amplitude envelope: delay, attack, hold, decay, sustain, release. AUDIO THREAD: plain arithmetic.
//!
//! Decay and release fall exponentially, by 60 dB in their times; with a curve they follow an exponential that ends exactly after its time.
//!
//! Levels are `f64`: an `f32` would round the steps of long stages by percents at high rates, and with them the times.

use crate::params::AmpControls;

/// Level below which a released note has ended: −80 dB.
const SILENT_GAIN: f64 = 1e-4;
/// Fall of the level within the decay or release time: −60 dB.
const FALL_GAIN: f64 = 1e-3;
/// Shortest decay and release, in seconds; shorter ones click.
const SHORTEST_S: f32 = 0.002;

/// What an attack of no time lasts, in seconds, where it comes in the midst of a longer one, as with another preset; a shorter one clicks.
const HASTENED_S: f32 = 0.01;

/// ln 1000: a fall of 60 dB.
const FALL_NEPER: f64 = 6.907_755_278_982_137;
/// Smallest bend of a fall, in neper over its time: what is left at the end of the curve's range, where the line looks straight.
const STRAIGHTEST_NEPER: f64 = 0.02;

/// Exponent of the attack at the end of its curve's range; its inverse at the other end.
const STEEPEST_ATTACK: f32 = 4.0;

/// Per-sample rates of all envelopes, from the controls' times.
#[derive(Clone, Copy, Debug)]
pub(super) struct EnvelopeRates {
    attack_step: f64,
    /// Step of an attack of no time that has begun as a longer one.
    hastened_step: f64,
    /// Exponent of the attack: 1 is linear.
    attack_exponent: f32,
    delay_samples: u32,
    hold_samples: u32,
    decay_factor: f64,
    sustain: f64,
    release_factor: f64,
    /// How far below its end a fall heads, as a part of its height; 0 for a fall that never ends exactly.
    undershoot: f64,
}

impl EnvelopeRates {
    /// With a linear attack, exponential falls, and neither delay nor time at full level.
    pub(super) fn new(attack_s: f32, decay_s: f32, sustain: f32, release_s: f32, rate_hz: f32) -> Self {
        let factor = |time_s: f32| FALL_GAIN.powf(1.0 / (f64::from(time_s.max(SHORTEST_S)) * f64::from(rate_hz)));
        let attack_samples = f64::from(attack_s) * f64::from(rate_hz);
        Self {
            attack_step: if attack_samples > 1.0 { 1.0 / attack_samples } else { 1.0 },
            hastened_step: 1.0 / (f64::from(HASTENED_S) * f64::from(rate_hz)).max(1.0),
            attack_exponent: 1.0,
            delay_samples: 0,
            hold_samples: 0,
            decay_factor: factor(decay_s),
            sustain: f64::from(sustain),
            release_factor: factor(release_s),
            undershoot: 0.0,
        }
    }

    /// With a delay, a time at full level, and curves.
    pub(super) fn with(self, amp: &AmpControls, rate_hz: f32) -> Self {
        let samples = |time_s: f32| (f64::from(time_s) * f64::from(rate_hz)).round() as u32;
        Self {
            attack_exponent: STEEPEST_ATTACK.powf(amp.attack_curve),
            delay_samples: samples(amp.delay_s),
            hold_samples: samples(amp.hold_s),
            ..self.bent(amp.fall_curve)
        }
    }

    /// Falls of another curve, [−1, 1]: straight at 1, faster at first below 0, exponential without an end at 0.
    fn bent(self, curve: f32) -> Self {
        if curve == 0.0 {
            return self;
        }
        let share = (1.0 - f64::from(curve)).max(STRAIGHTEST_NEPER / FALL_NEPER);
        let end = (-FALL_NEPER * share).exp();
        let bent = |factor: f64| factor.powf(share);
        Self {
            decay_factor: bent(self.decay_factor),
            release_factor: bent(self.release_factor),
            undershoot: end / (1.0 - end),
            ..self
        }
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
    level: f64,
    /// Part of the attack that is over.
    rise: f64,
    /// Samples since note-on, at most those of the delay.
    waited_samples: u32,
    /// Samples since full level.
    held_samples: u32,
    /// Level at which the release began.
    release_level: f64,
}

impl Envelope {
    /// The envelope of a note that starts; an attack of 0 gives full level at the first sample.
    pub(super) fn start() -> Self {
        Self { stage: Stage::Attack, level: 0.0, rise: 0.0, waited_samples: 0, held_samples: 0, release_level: 0.0 }
    }

    pub(super) fn release(&mut self) {
        if !self.is_released() {
            (self.stage, self.release_level) = (Stage::Release, self.level);
        }
    }

    /// Whether the note stands still in its delay.
    pub(super) fn is_delayed(&self) -> bool {
        self.stage == Stage::Attack && self.waited_samples > 0 && self.rise == 0.0
    }

    /// How many of the next `samples` belong to the delay, in which the note stands still; they are passed.
    pub(super) fn wait(&mut self, rates: &EnvelopeRates, samples: usize) -> usize {
        if self.stage != Stage::Attack {
            return 0;
        }
        let waits = rates.delay_samples.saturating_sub(self.waited_samples).min(samples as u32);
        self.waited_samples += waits;
        waits as usize
    }

    pub(super) fn is_released(&self) -> bool {
        matches!(self.stage, Stage::Release | Stage::Ended)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    pub(super) fn level(&self) -> f32 {
        self.level as f32
    }

    /// Advances by as many samples as `levels` holds, or to its end, and writes the level of each. Returns how many lie before the end.
    pub(super) fn fill(&mut self, rates: &EnvelopeRates, levels: &mut [f32]) -> usize {
        for index in 0..levels.len() {
            if self.is_still(rates) {
                levels.iter_mut().skip(index).for_each(|level| *level = self.level as f32);
                break;
            }
            let next = self.next(rates);
            if self.has_ended() {
                return index;
            }
            if let Some(level) = levels.get_mut(index) {
                *level = next;
            }
        }
        levels.len()
    }

    /// Whether the level has arrived where it stays until the release.
    fn is_still(&self, rates: &EnvelopeRates) -> bool {
        self.stage == Stage::Decay && self.level == rates.sustain && rates.sustain >= SILENT_GAIN
    }

    /// Advances by one sample; returns its level, [0, 1].
    fn next(&mut self, rates: &EnvelopeRates) -> f32 {
        match self.stage {
            Stage::Attack => {
                let is_hastened = rates.attack_step >= 1.0 && self.rise > 0.0;
                self.rise += if is_hastened { rates.hastened_step } else { rates.attack_step };
                let is_linear = rates.attack_exponent == 1.0;
                self.level =
                    if is_linear { self.rise } else { f64::from((self.rise as f32).powf(rates.attack_exponent)) };
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
                let target = rates.sustain - (1.0 - rates.sustain) * rates.undershoot;
                self.level = target + (self.level - target) * rates.decay_factor;
                if rates.undershoot > 0.0 {
                    self.level = self.level.max(rates.sustain);
                }
                if rates.sustain < SILENT_GAIN && self.level < SILENT_GAIN {
                    self.end();
                }
            }
            Stage::Release => {
                let target = -self.release_level * rates.undershoot;
                self.level = target + (self.level - target) * rates.release_factor;
                if self.level < SILENT_GAIN {
                    self.end();
                }
            }
            Stage::Ended => {}
        }
        self.level as f32
    }

    fn end(&mut self) {
        self.stage = Stage::Ended;
        self.level = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f32 = 10_000.0;

    fn levels(amp: AmpControls, samples: usize) -> Vec<f32> {
        let rates = EnvelopeRates::new(0.1, 0.1, 0.0, 0.1, RATE_HZ).with(&amp, RATE_HZ);
        let mut envelope = Envelope::start();
        (0..samples).map(|_| envelope.next(&rates)).collect()
    }

    #[test]
    fn release_falls_by_60_db_in_its_time() {
        let rates = EnvelopeRates::new(0.0, 1.0, 1.0, 0.1, 48_000.0);
        let mut envelope = Envelope::start();
        assert_eq!(envelope.next(&rates), 1.0);
        envelope.release();
        let level = (0..4800).map(|_| envelope.next(&rates)).last().unwrap_or(0.0);
        assert!((f64::from(level) / FALL_GAIN - 1.0).abs() < 0.01, "level {level}");
    }

    #[test]
    fn a_curved_attack_takes_its_time_and_full_level_its_own() {
        for curve in [-1.0, 0.0, 1.0] {
            let levels = levels(AmpControls { hold_s: 0.05, attack_curve: curve, ..AmpControls::default() }, 2_000);
            let full = levels.iter().position(|level| *level == 1.0).unwrap_or(0);
            assert!((999..=1_001).contains(&full), "full after {full} samples");
            // The last sample of the attack may round to full level.
            let held = levels.iter().filter(|level| **level == 1.0).count();
            assert!((501..=502).contains(&held), "{held} samples at full level");
            assert!((levels[499] - 0.5_f32.powf(4_f32.powf(curve))).abs() < 2e-3);
        }
    }

    #[test]
    fn a_curved_fall_follows_its_formula_and_ends_after_its_time() {
        for curve in [-1.0, -0.4, 0.3, 1.0_f32] {
            let levels = levels(AmpControls { fall_curve: curve, ..AmpControls::default() }, 2_200);
            // The last sample of the attack may round to full level, too.
            let full = levels.iter().rposition(|level| *level == 1.0).unwrap_or(0);
            let neper = (FALL_NEPER * f64::from(1.0 - curve).max(STRAIGHTEST_NEPER / FALL_NEPER)) as f32;
            for part in [0.1, 0.5, 0.9_f32] {
                let wanted = ((-neper * part).exp() - (-neper).exp()) / (1.0 - (-neper).exp());
                let level = levels[full + (1_000.0 * part) as usize];
                assert!((level - wanted).abs() < 2e-3, "{curve}, {part}: {level} for {wanted}");
            }
            let last = levels.iter().rposition(|level| *level > 0.0).unwrap_or(0);
            assert!(last <= 2_001, "curve {curve} ends at {last}");
        }
    }

    #[test]
    fn a_delay_is_passed_once_and_not_after_a_release() {
        let amp = AmpControls { delay_s: 0.01, ..AmpControls::default() };
        let rates = EnvelopeRates::new(0.0, 1.0, 1.0, 0.1, RATE_HZ).with(&amp, RATE_HZ);
        let mut envelope = Envelope::start();
        assert_eq!([30, 60, 60, 60].map(|samples| envelope.wait(&rates, samples)), [30, 60, 10, 0]);
        let mut released = Envelope::start();
        released.release();
        assert_eq!(released.wait(&rates, 60), 0);
    }

    #[test]
    fn levels_are_the_same_in_whatever_pieces() {
        for (sustain, fall_curve) in [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.0, 0.4), (0.5, -0.4)] {
            let amp = AmpControls { hold_s: 0.005, fall_curve, ..AmpControls::default() };
            let rates = EnvelopeRates::new(0.01, 0.05, sustain, 0.05, RATE_HZ).with(&amp, RATE_HZ);
            let (mut alone, mut whole, mut levels) = (Envelope::start(), Envelope::start(), [0.0; 64]);
            for (index, length) in [1, 7, 64].into_iter().cycle().enumerate().take(120) {
                if index == 60 {
                    [&mut alone, &mut whole].into_iter().for_each(Envelope::release);
                }
                let count = whole.fill(&rates, &mut levels[..length]);
                levels[..count].iter().for_each(|level| assert_eq!(*level, alone.next(&rates)));
                if count < length {
                    alone.next(&rates);
                    break;
                }
            }
            assert!(alone.has_ended() && whole.has_ended(), "sustain {sustain}, curve {fall_curve}");
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
