//! Routes to what is decoded: they move the controls that the requests follow from. AUDIO THREAD: plain arithmetic.
//!
//! A note with a sound of its own (see [`super::note_lanes`]) moves that. All others hear the same decoded sound, which the newest note's
//! sources move, and the last note's while none sounds. Moves are read at even distances of whole ticks and in whole steps, so that the
//! worker can follow and the block size makes no difference.

use super::Synth;
use super::motion::Motion;
use super::note_motion::NoteMotion;
use super::tick::TICK_SAMPLES;
use crate::params::{Controls, ModDestination, Smoothing, TABLE};

/// Shortest time between two moves: about that of a decode.
const INTERVAL_S: f32 = 0.02;
/// Steps of a destination's amount 1. Finer decodes differences that nobody hears.
const STEPS: f32 = 128.0;
/// The first destination that is decoded; those behind it are decoded too.
const FIRST: usize = ModDestination::Stretch as usize;
/// Number of destinations that are decoded.
const COUNT: usize = ModDestination::Variation as usize - FIRST + 1;
/// Octaves of the stretch, semitones of the formant, dB per octave of the tilt, and σ of a latent at amount 1.
const STRETCH_OCTAVES: f32 = 2.0;
const FORMANT_SEMITONES: f32 = 12.0;
const TILT_DB_PER_OCTAVE: f32 = 6.0;
const LATENT_SIGMA: f32 = 3.0;

fn place_of(destination: ModDestination) -> Option<usize> {
    (destination as usize).checked_sub(FIRST).filter(|place| *place < COUNT)
}

/// What the routes of a note add to its decoded sound, in units of each destination's amount 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct SoundOffsets([f32; COUNT]);

impl SoundOffsets {
    /// Of a note as it is now.
    pub(super) fn of(motion: &Motion, note: &NoteMotion) -> Self {
        let mut sums = [0.0; COUNT];
        note.each_route(motion, |destination, value| {
            if let Some(sum) = place_of(destination).and_then(|place| sums.get_mut(place)) {
                *sum += value;
            }
        });
        Self(sums.map(|sum: f32| (sum * STEPS).round() / STEPS))
    }

    fn of_destination(&self, destination: ModDestination) -> f32 {
        place_of(destination).and_then(|place| self.0.get(place)).copied().unwrap_or(0.0)
    }

    /// `controls` with these offsets, within their ranges.
    pub(super) fn moved(&self, controls: &Controls) -> Controls {
        if *self == Self::default() {
            return *controls;
        }
        let mut moved = *controls;
        moved.stretch *= (STRETCH_OCTAVES * self.of_destination(ModDestination::Stretch)).exp2();
        moved.formant_semitones += FORMANT_SEMITONES * self.of_destination(ModDestination::Formant);
        moved.tilt_db_per_octave += TILT_DB_PER_OCTAVE * self.of_destination(ModDestination::Tilt);
        let first = ModDestination::Latent1 as usize - FIRST;
        for (knob, sum) in moved.knobs.iter_mut().zip(self.0.iter().skip(first)) {
            *knob += LATENT_SIGMA * sum;
        }
        moved.pad_x += self.of_destination(ModDestination::PadX);
        moved.pad_y += self.of_destination(ModDestination::PadY);
        moved.morph += self.of_destination(ModDestination::Morph);
        moved.fidelity += self.of_destination(ModDestination::Fidelity);
        let vary = &mut moved.variation.amount;
        *vary = (*vary + self.of_destination(ModDestination::Variation)).clamp(0.0, 1.0);
        // The parameters of the decoded sound are those that are read on the grid.
        for row in TABLE.iter().filter(|row| row.smoothing == Smoothing::Grid) {
            let value = row.field(&mut moved);
            *value = row.limited(*value, row.default);
        }
        moved
    }
}

/// What routes add to the sound that notes share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SoundMotion {
    offsets: SoundOffsets,
    /// The newest note, as it last was.
    note: NoteMotion,
}

impl SoundMotion {
    /// Takes the values of `note`, or of the last one.
    fn update(&mut self, motion: &Motion, note: Option<&NoteMotion>) {
        self.note = note.copied().unwrap_or(self.note);
        self.offsets = SoundOffsets::of(motion, &self.note);
    }
}

impl Synth {
    /// Whether the moves of a lane are read in this tick. Lanes take turns, so that their requests do not come at once.
    pub(super) fn is_move_due(&self, lane: u64, lanes: u64) -> bool {
        let interval_ticks = (INTERVAL_S * self.timing.rate_hz / TICK_SAMPLES as f32).ceil().max(1.0) as u64;
        (self.tick + lane * interval_ticks / lanes).is_multiple_of(interval_ticks)
    }

    /// Gives the planner the controls of the tick, with what routes add to them.
    pub(super) fn move_sound(&mut self) {
        if self.is_move_due(0, 1) {
            self.sound_motion.update(&self.motion, self.voices.newest_motion());
        }
        self.plan_sound();
        self.split_lanes();
        self.move_lanes();
    }

    /// Moves the decoded sound for a note that starts.
    pub(super) fn move_sound_for(&mut self, note: &NoteMotion) {
        if !self.motion.is_idle() || self.sound_motion.offsets != SoundOffsets::default() {
            let before = self.sound_motion.offsets;
            self.sound_motion.update(&self.motion, Some(note));
            if before != self.sound_motion.offsets {
                self.plan_sound();
            }
        }
    }

    fn plan_sound(&mut self) {
        if self.sound_motion.offsets == SoundOffsets::default() {
            self.planner.set_controls(&self.controls);
        } else {
            self.planner.set_controls(&self.sound_motion.offsets.moved(&self.controls));
        }
    }
}
