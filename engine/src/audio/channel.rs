//! State of one MIDI channel: pitch wheel and its range, volume, pan, expression, sustain pedal, pressure, timbre. AUDIO THREAD: plain
//! arithmetic.
//!
//! Sources: MIDI 1.0 detailed specification (coarse and fine parts of a controller, registered parameters), General MIDI 2 (laws of volume
//! and expression), and the MMA's recommended practices 015 (Reset All Controllers), 018 (data increment and decrement) and 036 (pan).

/// Largest value of a controller's coarse part.
const LARGEST: f32 = 127.0;
/// Distance to a whole step below which a controller's value counts as that step: a host may send n/127 rounded.
const ROUNDING_STEPS: f32 = 1e-3;

/// The registered parameter that data entry sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registered {
    /// None that the synth knows, or a non-registered one.
    None,
    /// Range of the pitch wheel.
    BendRange,
    /// Number of member channels of an MPE zone.
    MpeZone,
}

/// Range of a pitch wheel, at most 96 semitones (MPE 1.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BendRange {
    cents: u16,
}

impl BendRange {
    /// Default of a channel (General MIDI): 2 semitones.
    pub(super) const CHANNEL: Self = Self { cents: 200 };
    /// Default of a member channel of an MPE zone: 48 semitones.
    pub(super) const MEMBER: Self = Self { cents: 4_800 };
    const LARGEST_CENTS: u16 = 9_600;

    fn of_cents(cents: u16) -> Self {
        Self { cents: cents.min(Self::LARGEST_CENTS) }
    }

    /// A whole number of semitones: what the coarse part of data entry sets.
    pub(super) fn of_semitones(semitones: u8) -> Self {
        Self::of_cents(u16::from(semitones) * 100)
    }

    /// The same semitones and `cents`, [0, 99], more: what the fine part of data entry sets.
    pub(super) fn with_cents(self, cents: u8) -> Self {
        Self::of_cents(self.cents / 100 * 100 + u16::from(cents.min(99)))
    }

    /// A cent more (data increment).
    pub(super) fn incremented(self) -> Self {
        Self::of_cents(self.cents + 1)
    }

    /// A cent less (data decrement).
    pub(super) fn decremented(self) -> Self {
        Self::of_cents(self.cents.saturating_sub(1))
    }

    fn semitones(self) -> f32 {
        f32::from(self.cents) / 100.0
    }
}

/// A controller's value, [0, 1], in steps, [0, 127].
fn steps(value: f32) -> f32 {
    let steps = value * LARGEST;
    let whole = steps.round();
    if (steps - whole).abs() < ROUNDING_STEPS { whole } else { steps }
}

/// Offset of a controller, whose value is in [0, 1], from its middle, the step 64: [−1, 1].
pub(super) fn from_middle(value: f32) -> f32 {
    ((steps(value) - 64.0) / 63.0).max(-1.0)
}

/// A controller with a coarse and a fine part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FineController {
    /// [0, 127].
    coarse: f32,
    /// In units of the coarse part, [0, 1).
    fine: f32,
}

impl FineController {
    const fn at(coarse: f32) -> Self {
        Self { coarse, fine: 0.0 }
    }

    /// Sets the coarse part to `value`, [0, 1], of its range; the fine part becomes 0.
    pub(super) fn set_coarse(&mut self, value: f32) {
        *self = Self::at(steps(value));
    }

    /// Sets the fine part to `step`, [0, 127].
    pub(super) fn set_fine(&mut self, step: u8) {
        self.fine = f32::from(step) / 128.0;
    }

    /// [0, 127]: the fine part cannot lead beyond the coarse one's largest value.
    fn value(self) -> f32 {
        (self.coarse + self.fine).min(LARGEST)
    }

    /// Part of its range, [0, 1].
    pub(super) fn part(self) -> f32 {
        self.value() / LARGEST
    }

    /// As volume or expression: 40·log₁₀(value / 127) dB as a linear gain, 1 at 127.
    fn gain(self) -> f32 {
        (self.value() / LARGEST).powi(2)
    }

    /// As pan: position in [−1, 1]. 0 and 1 are left, 64 is the centre, 127 is right.
    fn position(self) -> f32 {
        (self.value() - 1.0).max(0.0) / 63.0 - 1.0
    }
}

/// Gain and pan of a channel's notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ChannelMix {
    /// Linear, [0, 1].
    pub(super) gain: f32,
    /// From left, −1, to right, 1.
    pub(super) pan: f32,
}

impl ChannelMix {
    /// Full level in the middle.
    pub(super) const NEUTRAL: Self = Self { gain: 1.0, pan: 0.0 };

    /// Both together: gains are multiplied, pan positions added.
    pub(super) fn with(self, other: Self) -> Self {
        Self { gain: self.gain * other.gain, pan: (self.pan + other.pan).clamp(-1.0, 1.0) }
    }
}

/// State of one channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    /// Position of the pitch wheel, [−1, 1].
    pub(super) wheel: f32,
    /// As a registered parameter or a zone has set it; else the instrument's.
    pub(super) bend_range: Option<BendRange>,
    pub(super) volume: FineController,
    pub(super) pan: FineController,
    pub(super) expression: FineController,
    /// The modulation wheel, [0, 1].
    pub(super) modulation: f32,
    /// Breath controller, [0, 1].
    pub(super) breath: f32,
    /// [0, 1].
    pub(super) pressure: f32,
    /// Controller 74, [0, 1].
    pub(super) timbre: f32,
    /// The same as an offset of the cut-off, [−1, 1].
    pub(super) brightness: f32,
    /// Controller 71 as an offset of the resonance, [−1, 1].
    pub(super) resonance: f32,
    /// Controller 5 as the place of the glide time on its range, [0, 1]; none before it was moved.
    pub(super) glide_place: Option<f32>,
    /// Whether the sustain pedal is down.
    pub(super) pedal: bool,
    /// Whether the sostenuto pedal is down.
    pub(super) sostenuto: bool,
    /// Whether the soft pedal is down.
    pub(super) soft: bool,
    /// Most and least significant 7 bits of the selected registered parameter; (127, 127) is none.
    pub(super) selected: (u8, u8),
}

impl Channel {
    /// A channel that has received nothing. Volume and expression are full, so that its notes have the level of the sound itself.
    pub(super) const NEW: Self = Self {
        wheel: 0.0,
        bend_range: None,
        volume: FineController::at(LARGEST),
        pan: FineController::at(64.0),
        expression: FineController::at(LARGEST),
        modulation: 0.0,
        breath: 0.0,
        pressure: 0.0,
        timbre: 64.0 / 127.0,
        brightness: 0.0,
        resonance: 0.0,
        glide_place: None,
        pedal: false,
        sostenuto: false,
        soft: false,
        selected: (127, 127),
    };

    pub(super) fn registered(&self) -> Registered {
        match self.selected {
            (0, 0) => Registered::BendRange,
            (0, 6) => Registered::MpeZone,
            _ => Registered::None,
        }
    }

    /// Bend in semitones; `range` is the instrument's, downward and upward.
    pub(super) fn bend_semitones(&self, [down, up]: [f32; 2]) -> f32 {
        let range = self.bend_range.map(BendRange::semitones);
        self.wheel * range.unwrap_or(if self.wheel < 0.0 { down } else { up })
    }

    pub(super) fn mix(&self) -> ChannelMix {
        ChannelMix { gain: self.volume.gain() * self.expression.gain(), pan: self.pan.position() }
    }

    /// Reset All Controllers: wheels, breath, glide time, expression, pressure, pedal and the selected parameter; volume, pan, the sound controllers
    /// (timbre and resonance) and the range of the wheel stay.
    pub(super) fn reset_controllers(&mut self) {
        let Self { bend_range, volume, pan, timbre, brightness, resonance, .. } = *self;
        *self = Self { bend_range, volume, pan, timbre, brightness, resonance, ..Self::NEW };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_follows_the_general_midi_curve_and_pan_its_three_fixed_points() {
        const TOLERANCE_DB: f32 = 1e-3;
        let at = |step: u8| {
            let mut controller = FineController::at(0.0);
            controller.set_coarse(f32::from(step) / 127.0);
            controller
        };
        for step in 1..=127 {
            let level_db = 20.0 * at(step).gain().log10();
            let wanted_db = 40.0 * (f32::from(step) / 127.0).log10();
            assert!((level_db - wanted_db).abs() < TOLERANCE_DB, "{step}: {level_db} dB");
        }
        assert_eq!((at(127).gain(), at(0).gain()), (1.0, 0.0));
        assert_eq!([0, 1, 64, 127].map(|step| at(step).position()), [-1.0, -1.0, 0.0, 1.0]);
        assert_eq!(Channel::NEW.mix(), ChannelMix::NEUTRAL);
    }

    #[test]
    fn the_fine_part_lies_between_two_coarse_steps_and_ends_with_a_coarse_one() {
        let mut controller = FineController::at(0.0);
        controller.set_coarse(100.0 / 127.0);
        controller.set_fine(64);
        assert_eq!(controller.value(), 100.5);
        controller.set_coarse(127.0 / 127.0);
        assert_eq!(controller.value(), 127.0);
        controller.set_fine(127);
        assert_eq!((controller.gain(), controller.position()), (1.0, 1.0));
    }

    #[test]
    fn a_range_counts_cents_and_stays_within_its_bounds() {
        let range = BendRange::of_semitones(2).with_cents(99);
        assert_eq!(range.semitones(), 2.99);
        assert_eq!(range.incremented(), BendRange::of_semitones(3));
        assert_eq!(BendRange::of_semitones(3).decremented(), range);
        assert_eq!(BendRange::of_semitones(0).decremented(), BendRange::of_semitones(0));
        assert_eq!(BendRange::of_semitones(127).with_cents(127).incremented(), BendRange::of_semitones(96));
    }
}
