//! How a note becomes voices, and which notes make room for it. AUDIO THREAD: bounded by the number of voices.

use super::super::channel::ChannelMix;
use super::super::fade_in::FadeIn;
use super::super::glide::Glide;
use super::super::key_tuning::NotePitch;
use super::super::note::NoteAddress;
use super::super::note_motion::NoteMotion;
use super::super::slots::Slots;
use super::super::unison::{self, UnisonPlace};
use super::super::velocity::VelocityResponse;
use super::super::voice::{NoteStart, Voice};
use super::super::zone_crossfade::NoteZones;
use super::{POLYPHONY, Timing, VOICES, Voices};
use crate::params::{Hold, VoiceControls};

/// A note-on event, checked.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct NoteOn {
    pub(in super::super) note: NoteAddress,
    pub(in super::super) pitch: NotePitch,
    pub(in super::super) zones: NoteZones,
    pub(in super::super) channel: u8,
    pub(in super::super) response: VelocityResponse,
    pub(in super::super) mix: ChannelMix,
    pub(in super::super) hold: Hold,
    pub(in super::super) glide: Glide,
    pub(in super::super) motion: NoteMotion,
}

impl Voices {
    /// Starts the voices of a note in the slots of its zones, without a sound yet. Returns the note's number in the order of starts. Of the notes that
    /// make room the ends of those that `goes_on` are not told.
    pub(in super::super) fn note_on(
        &mut self,
        slots: &mut Slots,
        timing: &Timing,
        note: NoteOn,
        controls: &VoiceControls,
        goes_on: impl Fn(&NoteAddress) -> bool,
    ) -> u64 {
        self.each(slots, |voice| is_retriggered(&voice.note, &note.note), Voice::release);
        self.make_room(slots, timing, controls, note.zones.count(), goes_on);
        let order = self.next_order;
        self.next_order += 1;
        let NoteOn { note, pitch, zones, channel, response, mix, hold, glide, motion } = note;
        for (nth, zone) in zones.iter().enumerate() {
            let start = NoteStart {
                note,
                pitch,
                zone,
                channel,
                response,
                mix,
                hold,
                glide,
                motion,
                start_part: f64::from(controls.start),
                fade_in: FadeIn::new(timing.rate_hz),
                order,
            };
            for place in 0..unison::voices(controls) {
                let idle = self.voices.iter().position(|voice| !voice.is_active());
                let Some(index) = idle.or_else(|| self.cut_one(slots)) else { continue };
                let Some(voice) = self.voices.get_mut(index) else { continue };
                voice.start(start, UnisonPlace::new(controls, place), nth == 0 && place == 0);
                if let Some(slot) = slots.get_mut(zone.slot) {
                    slot.voices += 1;
                }
            }
        }
        order
    }

    /// Fades notes out until another one that plays in `zones` zones has room: within the limit of notes, and all their voices within theirs.
    /// Notes that are released or fall on beyond the end of their sound go first, the quietest of them before the others, then the oldest one.
    fn make_room(
        &mut self,
        slots: &mut Slots,
        timing: &Timing,
        controls: &VoiceControls,
        zones: usize,
        goes_on: impl Fn(&NoteAddress) -> bool,
    ) {
        let most_voices = VOICES.saturating_sub(unison::voices(controls) * zones);
        let most_notes = (controls.limit.round() as usize).clamp(1, POLYPHONY) - 1;
        for _ in 0..VOICES {
            let living = || self.voices.iter().filter(|voice| voice.is_living());
            let notes = living().filter(|voice| voice.is_first()).count();
            if living().count() <= most_voices && notes <= most_notes {
                return;
            }
            let rank = |voice: &Voice| match voice.is_released() || voice.falls_on() {
                true => (0, voice.level(), 0),
                false => (1, 0.0, voice.order),
            };
            let victim = living().min_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
            let Some(order) = victim.map(|voice| voice.order) else { return };
            self.fade_out_as_stolen(slots, timing, |voice| voice.order == order, &goes_on);
        }
    }
}

/// Whether a new note releases an old one: same port, channel and key, unless both have ids and these differ.
fn is_retriggered(old: &NoteAddress, new: &NoteAddress) -> bool {
    let told_apart = matches!((old.id, new.id), (Some(old), Some(new)) if old != new);
    !told_apart && (old.port, old.channel, old.key) == (new.port, new.channel, new.key)
}
