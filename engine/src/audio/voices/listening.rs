//! Which part of a decoded sound the voices need next. AUDIO THREAD.

use super::super::lookahead::Lookahead;
use super::super::slots::Slots;
use super::super::tick::Ramp;
use super::{Timing, Voices};
use crate::link::{SoundSpec, SustainMap};

/// The region of a slot's sound that its voices need, in samples of the sound.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Listening {
    /// Position of the earliest cursor.
    pub(in super::super) first_sample: u32,
    /// Largest end of the regions that the voices need from their cursors on.
    pub(in super::super) region_end_sample: u32,
}

impl Voices {
    /// The region of the sound `wanted` in a slot that the voices of its zone need; `tunes` are the playback ratios of the channels. Positions
    /// in a sound of another root or stretch are scaled; that an attack is not stretched is within the lookahead's reserve.
    pub(in super::super) fn listening(
        &self,
        slot: usize,
        wanted: &SoundSpec,
        (slots, timing, tunes): (&Slots, &Timing, &[Ramp]),
    ) -> Listening {
        let sustain = slots.get(slot).map_or_else(SustainMap::default, |slot| slot.expected_sustain(wanted));
        let here = self.voices.iter().filter(|voice| voice.is_living() && voice.zone_slot == slot);
        let parts = here.map(|voice| {
            let play = voice.place();
            let head = play.and_then(|play| slots.buffer(play.sound)?.head());
            let scale = head.map_or(1.0, |head| position_scale(&head.spec, wanted));
            // See [`super::super::playback::Play::moved_to`]: a note that has gone on at another key keeps its time between roots.
            let scale = match (head, play) {
                (Some(head), Some(play)) if head.spec.key != wanted.key => scale * play.step / play.first_step,
                _ => scale,
            };
            let cursor = play.map_or(0.0, |play| play.cursor_samples * scale);
            let transposition = ((voice.pitch().key - f64::from(wanted.key)) / 12.0).exp2();
            let step = play.map_or(transposition, |play| play.step * root_scale(head.map(|head| &head.spec), wanted));
            let need = Lookahead::new(step * voice.tune(tunes).maximum(), timing.fade_samples).need_samples;
            // Where the voice will take up a draft.
            let (cursor, _) = voice.taken_up(&sustain, cursor, need as f64);
            (cursor as u32, (cursor as u32).saturating_add(u32::try_from(need).unwrap_or(u32::MAX)))
        });
        let all = parts.reduce(|(first, end), (cursor, need_end)| (first.min(cursor), end.max(need_end)));
        all.map_or_else(Listening::default, |(first_sample, region_end_sample)| Listening {
            first_sample,
            region_end_sample,
        })
    }
}

/// Factor from a position in the sound of `from` to the same moment of `to`: by their roots and stretches.
fn position_scale(from: &SoundSpec, to: &SoundSpec) -> f64 {
    let stretch = f64::from(to.shaping.stretch) / f64::from(from.shaping.stretch).max(f64::EPSILON);
    root_scale(Some(from), to) * stretch
}

/// Factor from the playback step of a sound to that of `to`, by their roots; 1 for equal ones.
fn root_scale(from: Option<&SoundSpec>, to: &SoundSpec) -> f64 {
    from.map_or(1.0, |from| ((f64::from(from.key) - f64::from(to.key)) / 12.0).exp2())
}
