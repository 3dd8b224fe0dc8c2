//! Routes to what is decoded: they move the controls that the requests follow from. AUDIO THREAD: plain arithmetic.
//!
//! All notes hear the same decoded sound, so the newest note's sources move it, and the last note's while none sounds. Moves are read at
//! even distances of whole ticks and in whole steps, so that the worker can follow and the block size makes no difference.

use super::Synth;
use super::motion::Motion;
use super::note_motion::NoteMotion;
use super::tick::TICK_SAMPLES;
use crate::params::{Controls, ModDestination};

/// Shortest time between two moves: about that of a decode.
const INTERVAL_S: f32 = 0.02;
/// Steps of a destination's amount 1. Finer decodes differences that nobody hears.
const STEPS: f32 = 128.0;
/// The first destination that is decoded; those behind it are decoded too.
const FIRST: usize = ModDestination::Stretch as usize;
/// Number of destinations that are decoded.
const COUNT: usize = ModDestination::Fidelity as usize - FIRST + 1;
/// Octaves of the stretch, semitones of the formant, dB per octave of the tilt, and σ of a latent at amount 1.
const STRETCH_OCTAVES: f32 = 2.0;
const FORMANT_SEMITONES: f32 = 12.0;
const TILT_DB_PER_OCTAVE: f32 = 6.0;
const LATENT_SIGMA: f32 = 3.0;

/// What routes add to the decoded sound.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SoundMotion {
    /// In units of each destination's amount 1.
    sums: [f32; COUNT],
    /// The newest note, as it last was.
    note: NoteMotion,
}

impl SoundMotion {
    /// Takes the values of `note`, or of the last one.
    fn update(&mut self, motion: &Motion, note: Option<&NoteMotion>) {
        self.note = note.copied().unwrap_or(self.note);
        self.sums = [0.0; COUNT];
        let sums = &mut self.sums;
        self.note.each_route(motion, |destination, value| {
            let place = (destination as usize).checked_sub(FIRST);
            if let Some(sum) = place.and_then(|place| sums.get_mut(place)) {
                *sum += value;
            }
        });
        self.sums.iter_mut().for_each(|sum| *sum = (*sum * STEPS).round() / STEPS);
    }

    /// Whether it adds nothing.
    fn is_still(&self) -> bool {
        self.sums.iter().all(|sum| *sum == 0.0)
    }

    fn sum(&self, destination: ModDestination) -> f32 {
        let place = (destination as usize).checked_sub(FIRST);
        place.and_then(|place| self.sums.get(place)).copied().unwrap_or(0.0)
    }

    /// `controls` with what routes add, within their ranges.
    fn moved(&self, controls: &Controls) -> Controls {
        let mut moved = *controls;
        moved.stretch *= (STRETCH_OCTAVES * self.sum(ModDestination::Stretch)).exp2();
        moved.formant_semitones += FORMANT_SEMITONES * self.sum(ModDestination::Formant);
        moved.tilt_db_per_octave += TILT_DB_PER_OCTAVE * self.sum(ModDestination::Tilt);
        let first = ModDestination::Latent1 as usize - FIRST;
        for (knob, sum) in moved.knobs.iter_mut().zip(self.sums.iter().skip(first)) {
            *knob += LATENT_SIGMA * sum;
        }
        moved.pad_x += self.sum(ModDestination::PadX);
        moved.pad_y += self.sum(ModDestination::PadY);
        moved.morph += self.sum(ModDestination::Morph);
        moved.fidelity += self.sum(ModDestination::Fidelity);
        moved.checked(controls)
    }
}

impl Synth {
    /// Gives the planner the controls of the tick, with what routes add to them.
    pub(super) fn move_sound(&mut self) {
        let interval_ticks = (INTERVAL_S * self.timing.rate_hz / TICK_SAMPLES as f32).ceil().max(1.0) as u64;
        if self.tick.is_multiple_of(interval_ticks) {
            self.sound_motion.update(&self.motion, self.voices.newest_motion());
        }
        self.plan_sound();
    }

    /// Moves the decoded sound for a note that starts.
    pub(super) fn move_sound_for(&mut self, note: &NoteMotion) {
        if !self.motion.is_idle() {
            let before = self.sound_motion.sums;
            self.sound_motion.update(&self.motion, Some(note));
            if before != self.sound_motion.sums {
                self.plan_sound();
            }
        }
    }

    fn plan_sound(&mut self) {
        if self.sound_motion.is_still() {
            self.planner.set_controls(&self.controls);
        } else {
            self.planner.set_controls(&self.sound_motion.moved(&self.controls));
        }
    }
}
