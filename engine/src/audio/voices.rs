//! The voices: note-on, note-off, voice stealing, and the list of ended notes. AUDIO THREAD.

mod listening;
mod starting;

use super::channel::ChannelMix;
use super::motion::Motion;
use super::note::{EndedNote, Expression, NoteAddress};
use super::note_lanes::SHARED_LANE;
use super::note_motion::NoteMotion;
use super::slots::Slots;
use super::voice::{Freed, Scratch, Span, Voice};
use super::zones::is_in;
use crate::params::NoteModulated;

pub(super) use listening::Listening;
pub(super) use starting::NoteOn;

/// Largest number of notes that sound at once, those that fade out not counted.
pub const POLYPHONY: usize = 32;
/// Largest number of their voices: a note has one for each of its zones and for each voice of its unison. With fewer, notes between two zones
/// would take others away; more cost more where unison is used.
const VOICES: usize = 48;
/// Further voices for notes that fade out, so that a new note starts on its sample while a stolen one fades.
const FADING: usize = 16;
/// Duration of a crossfade between two sounds. A shorter one makes the change audible as a click; a longer one delays moving controls,
/// since a voice finishes one crossfade before it starts another.
const CROSSFADE_S: f32 = 0.010;
/// Duration of a crossfade within a held sound. A shorter one makes the change of partials that are not in phase audible; a longer one
/// delays moving controls.
const JUMP_S: f32 = 0.020;
/// Fade-out of a stolen note. A shorter one clicks; a longer one occupies its voice for longer, see [`FADING`].
const STEAL_S: f32 = 0.003;
/// Fade-out of a choked note. A shorter one clicks; a longer one blurs the choke.
const CHOKE_S: f32 = 0.005;
/// Capacity of the list of ended notes of one call: 512 events that each end one, and every voice.
const ENDED_NOTES: usize = 512 + VOICES + FADING;

/// Durations in samples at the host's rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) rate_hz: f32,
    pub(super) fade_samples: u32,
    pub(super) jump_samples: u32,
    steal_samples: u32,
    choke_samples: u32,
}

impl Timing {
    pub(super) fn new(rate_hz: f32) -> Self {
        let samples = |time_s: f32| ((time_s * rate_hz) as u32).max(1);
        Self {
            rate_hz,
            fade_samples: samples(CROSSFADE_S),
            jump_samples: samples(JUMP_S),
            steal_samples: samples(STEAL_S),
            choke_samples: samples(CHOKE_S),
        }
    }
}

/// All voices.
pub(super) struct Voices {
    voices: Vec<Voice>,
    next_order: u64,
    ended: Vec<EndedNote>,
    /// Sample of the call at which the current span or event lies.
    offset: usize,
}

impl Voices {
    /// Allocates; not audio-thread safe.
    pub(super) fn new() -> Self {
        Self {
            voices: (0..VOICES + FADING).map(|_| Voice::idle()).collect(),
            next_order: 1,
            ended: Vec::with_capacity(ENDED_NOTES),
            offset: 0,
        }
    }

    /// Number of voices that sound or wait for their sound.
    pub(super) fn active(&self) -> usize {
        self.voices.iter().filter(|voice| voice.is_active()).count()
    }

    /// Whether any voice sounds.
    pub(super) fn are_sounding(&self) -> bool {
        self.voices.iter().any(|voice| voice.is_active() && !voice.is_waiting())
    }

    /// Notes that have ended since [`Self::begin_call`]. Beyond the capacity the last ones are omitted.
    pub(super) fn ended(&self) -> &[EndedNote] {
        &self.ended
    }

    /// The same list, for notes that end without a voice of their own.
    pub(super) fn ended_mut(&mut self) -> &mut Vec<EndedNote> {
        &mut self.ended
    }

    /// Sample of the call at which notes end now.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// Clears the list of ended notes.
    pub(super) fn begin_call(&mut self) {
        self.ended.clear();
        self.offset = 0;
    }

    /// Sets the sample of the call at which notes end from now on.
    pub(super) fn set_offset(&mut self, offset: usize) {
        self.offset = offset;
    }

    /// Position of the newest voice in its sound, [0, 1].
    pub(super) fn playhead(&self, slots: &Slots) -> Option<f32> {
        let newest = self.voices.iter().filter(|voice| voice.is_active()).max_by_key(|voice| voice.order)?;
        let play = newest.place()?;
        let length = slots.buffer(play.sound)?.head()?.length_samples;
        Some((play.cursor_samples / length.max(1) as f64).min(1.0) as f32)
    }

    /// Number that the next note will have.
    pub(super) fn next_order(&self) -> u64 {
        self.next_order
    }

    /// What moves in the newest note that is neither stolen nor choked.
    pub(super) fn newest_motion(&self) -> Option<&NoteMotion> {
        self.voices.iter().filter(|voice| voice.is_living()).max_by_key(|voice| voice.order).map(Voice::motion)
    }

    /// The lanes of notes that are neither stolen nor choked, as a bit mask.
    pub(super) fn living_lanes(&self) -> u32 {
        self.voices.iter().filter(|voice| voice.is_living()).fold(0, |mask, voice| mask | 1 << voice.lane)
    }

    /// The newest note before the one with number `before` that has no lane and is neither stolen nor choked: its number, what moves in it, its
    /// key and its variation.
    pub(super) fn newest_sharing(&self, before: u64) -> Option<(u64, NoteMotion, u8, u32)> {
        let sharing = |voice: &&Voice| voice.is_living() && voice.lane == SHARED_LANE && voice.order < before;
        let newest = self.voices.iter().filter(sharing).max_by_key(|voice| voice.order)?;
        Some((newest.order, *newest.motion(), newest.key, newest.variation))
    }

    /// Lane and what moves of each voice that is neither stolen nor choked.
    pub(super) fn motions_of_lanes(&self) -> impl Iterator<Item = (u8, &NoteMotion)> {
        self.voices.iter().filter(|voice| voice.is_living()).map(|voice| (voice.lane, voice.motion()))
    }

    /// Fades out the notes of a channel as a stolen note is. The ends of those that `goes_on` are not told.
    pub(super) fn steal_channel(
        &mut self,
        slots: &mut Slots,
        timing: &Timing,
        channel: u8,
        goes_on: impl Fn(&NoteAddress) -> bool,
    ) {
        let is_there = |voice: &Voice| voice.is_living() && voice.channel() == usize::from(channel);
        self.fade_out_as_stolen(slots, timing, is_there, goes_on);
    }

    fn fade_out_as_stolen(
        &mut self,
        slots: &mut Slots,
        timing: &Timing,
        which: impl Fn(&Voice) -> bool,
        goes_on: impl Fn(&NoteAddress) -> bool,
    ) {
        self.each(slots, which, |voice| {
            if goes_on(&voice.note) {
                voice.end_untold();
            }
            voice.fade_out(timing.steal_samples)
        });
    }

    /// Whether the voice of a note that tells its end sounds or waits for its sound, those that fade out not counted.
    pub(super) fn plays(&self, note: &NoteAddress) -> bool {
        self.voices.iter().any(|voice| voice.is_living() && voice.is_first() && voice.note == *note)
    }

    /// The newest note of a channel whose key is down, as its first voice.
    pub(super) fn newest_held(&self, channel: u8) -> Option<&Voice> {
        let held = self.voices.iter().filter(|voice| voice.is_key_down() && voice.is_first());
        held.filter(|voice| voice.channel() == usize::from(channel)).max_by_key(|voice| voice.order)
    }

    /// The newest note of a channel that sounds with its key up, as its first voice.
    pub(super) fn newest_on_pedal(&self, channel: u8) -> Option<&Voice> {
        let left = self.voices.iter().filter(|voice| voice.is_living() && voice.is_first() && !voice.is_released());
        let left = left.filter(|voice| voice.is_left_to_pedal() && voice.channel() == usize::from(channel));
        left.max_by_key(|voice| voice.order)
    }

    /// The voices of the note with a number.
    pub(super) fn of_order(&mut self, order: u64) -> impl Iterator<Item = &mut Voice> {
        self.active_mut().filter(move |voice| voice.order == order)
    }

    /// Adds a note to those that have ended.
    pub(super) fn report_end(&mut self, note: NoteAddress) {
        // Pushing beyond the capacity would allocate.
        if self.ended.len() < self.ended.capacity() {
            self.ended.push(EndedNote { offset: self.offset, note });
        }
    }

    /// Ends the quietest fading voice at once: more notes are fading out than [`FADING`] has voices for.
    fn cut_one(&mut self, slots: &mut Slots) -> Option<usize> {
        let fading = self.voices.iter_mut().enumerate().filter(|(_, voice)| !voice.is_living());
        let (index, voice) = fading.min_by(|(_, a), (_, b)| a.level().total_cmp(&b.level()))?;
        let freed = voice.end();
        settle(voice, slots, freed, &mut self.ended, self.offset);
        Some(index)
    }

    /// Marks the notes of `channels`, a bit mask, whose keys are down as held by the sostenuto pedal.
    pub(super) fn sostenuto_down(&mut self, channels: u16) {
        let down = self.voices.iter_mut().filter(|voice| voice.is_key_down() && is_in(channels, voice.channel()));
        down.for_each(|voice| voice.set_on_sostenuto(true));
    }

    /// Releases the notes that the sostenuto pedal of `channels`, a bit mask, has held, unless the sustain pedal holds them.
    pub(super) fn sostenuto_up(&mut self, slots: &mut Slots, channels: u16, is_sustained: impl Fn(usize) -> bool) {
        let concerned = |voice: &Voice| voice.is_on_sostenuto() && is_in(channels, voice.channel());
        self.each(slots, concerned, |voice| {
            voice.set_on_sostenuto(false);
            let goes = voice.is_left_to_pedal() && !is_sustained(voice.channel());
            if goes { voice.release() } else { [None; 2] }
        });
    }

    /// Releases notes with a velocity in [0, 1]; those that the sostenuto pedal holds, and those on channels for which `is_sustained` is true, are held until their
    /// pedal is up.
    pub(super) fn note_off(
        &mut self,
        slots: &mut Slots,
        notes: &NoteAddress,
        velocity: f32,
        is_sustained: impl Fn(usize) -> bool,
    ) {
        self.each(
            slots,
            |voice| notes.matches(&voice.note),
            |voice| {
                voice.set_release_velocity(velocity);
                let is_held = voice.is_on_sostenuto() || is_sustained(voice.channel());
                if is_held { voice.leave_to_pedal() } else { voice.release() }
            },
        );
    }

    /// Releases the notes that the pedals of `channels`, a bit mask, have held.
    pub(super) fn pedal_up(&mut self, slots: &mut Slots, channels: u16) {
        let is_held =
            |voice: &Voice| voice.is_left_to_pedal() && !voice.is_on_sostenuto() && is_in(channels, voice.channel());
        self.each(slots, is_held, Voice::release);
    }

    /// Fades notes out within [`CHOKE_S`].
    pub(super) fn choke(&mut self, slots: &mut Slots, timing: &Timing, notes: &NoteAddress) {
        self.each(slots, |voice| notes.matches(&voice.note), |voice| voice.fade_out(timing.choke_samples));
    }

    /// Sets an expression value of sounding notes.
    pub(super) fn express(&mut self, notes: &NoteAddress, expression: Expression, value: f32) {
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active() && notes.matches(&voice.note)) {
            voice.express(expression, value);
        }
    }

    /// Sets what the host's modulation adds to a parameter of sounding notes.
    pub(super) fn modulate(&mut self, notes: &NoteAddress, parameter: NoteModulated, offset: f32) {
        // An id names one note: one without an id is another.
        let is_meant = |note: &NoteAddress| notes.matches(note) && (notes.id.is_none() || notes.id == note.id);
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active() && is_meant(&voice.note)) {
            voice.modulate(parameter, offset);
        }
    }

    /// Whether the host moves the sound of any living note apart from that of others.
    pub(super) fn are_modulated_apart(&self) -> bool {
        self.voices.iter().any(|voice| voice.is_living() && voice.motion().is_modulated_apart())
    }

    /// Sets gain and pan of every sounding note to those of its channel.
    pub(super) fn follow_channels(&mut self, mix: impl Fn(usize) -> ChannelMix) {
        self.active_mut().for_each(|voice| voice.set_channel_mix(mix(voice.channel())));
    }

    /// Whether a note of a channel sounds or waits for its sound.
    pub(super) fn plays_on(&self, channel: usize) -> bool {
        self.voices.iter().any(|voice| voice.is_active() && voice.channel() == channel)
    }

    /// Ends all notes at once, without a fade.
    pub(super) fn reset(&mut self, slots: &mut Slots) {
        self.each(slots, |_| true, Voice::end);
        self.next_order = 1;
    }

    fn each(&mut self, slots: &mut Slots, which: impl Fn(&Voice) -> bool, what: impl Fn(&mut Voice) -> Freed) {
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active() && which(voice)) {
            let freed = what(voice);
            settle(voice, slots, freed, &mut self.ended, self.offset);
        }
    }

    /// The voices that sound or wait for their sound.
    pub(super) fn active_mut(&mut self) -> impl Iterator<Item = &mut Voice> {
        self.voices.iter_mut().filter(|voice| voice.is_active())
    }

    /// Moves the smoothed expression values, the glides and what is modulated in all voices by one tick.
    pub(super) fn begin_tick(&mut self, pace: f64, motion: &Motion) {
        self.active_mut().for_each(|voice| voice.begin_tick(pace, motion));
    }

    /// Adds `length` samples of all voices to the buses of `scratch`. Of the notes whose sound ends, or begins to fade out at its end, while their key is
    /// down the ends of those that `goes_on` are not told.
    pub(super) fn render(
        &mut self,
        slots: &mut Slots,
        span: &Span,
        scratch: &mut Scratch,
        length: usize,
        goes_on: impl Fn(&NoteAddress) -> bool,
    ) {
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active()) {
            let is_key_down = voice.is_key_down();
            let freed = voice.render(slots, span, scratch, length);
            if is_key_down && !voice.is_key_down() && goes_on(&voice.note) {
                voice.end_untold();
            }
            settle(voice, slots, freed, &mut self.ended, self.offset + length);
        }
    }
}

/// Releases the sounds that a voice no longer reads. If the voice has ended, also leaves its slot and lists the note as ended.
fn settle(voice: &Voice, slots: &mut Slots, freed: Freed, ended: &mut Vec<EndedNote>, offset: usize) {
    for sound in freed.into_iter().flatten() {
        slots.release(sound);
    }
    if voice.is_active() {
        return;
    }
    if let Some(slot) = slots.get_mut(voice.zone_slot) {
        slot.voices = slot.voices.saturating_sub(1);
    }
    // Pushing beyond the capacity would allocate.
    if voice.is_first() && ended.len() < ended.capacity() {
        ended.push(EndedNote { offset, note: voice.note });
    }
}
