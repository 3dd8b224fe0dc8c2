//! Which sound each voice plays: the first one of a note, newer and nearer ones, and back at a gap. AUDIO THREAD.

use super::lookahead::Lookahead;
use super::planner::RequestPlanner;
use super::playback::Play;
use super::slots::{Slots, SoundRef};
use super::sound_buffer::SoundBuffer;
use super::tick::Ramp;
use super::voice::Voice;
use super::voices::{Timing, Voices};
use crate::link::SoundSpec;

/// An octave between keys counts as much as this distance between points, in σ.
const SEMITONES_PER_SIGMA: f32 = 12.0;
/// Distance of a sound of another source: farther than any of the same one.
const OTHER_SOURCE: f32 = 1e6;

/// What is known of the present tick.
pub(super) struct TickContext<'a> {
    pub(super) planner: &'a RequestPlanner,
    pub(super) timing: &'a Timing,
    /// Playback ratio of each channel's tuning.
    pub(super) tunes: &'a [Ramp],
}

impl TickContext<'_> {
    /// Samples of a sound per output sample when `key` plays it, without the tuning.
    fn step(&self, key: u8, buffer: &SoundBuffer) -> f64 {
        let Some(head) = buffer.head() else { return 1.0 };
        let semitones = f64::from(key) - f64::from(head.spec.key);
        (semitones / 12.0).exp2() * f64::from(head.sample_rate_hz) / f64::from(self.timing.rate_hz)
    }

    fn lookahead(&self, voice: &Voice, step: f64) -> Lookahead {
        Lookahead::new(step * voice.tune(self.tunes).maximum(), self.timing.fade_samples)
    }
}

/// Gives every note the slot of its zone anew.
pub(super) fn reassign_zones(voices: &mut Voices, slots: &mut Slots, planner: &RequestPlanner) {
    for voice in voices.active_mut() {
        let Some(zone_slot) = slots.slot_for(planner.slot_key(voice.key)) else { continue };
        if let Some(slot) = slots.get_mut(voice.zone_slot) {
            slot.voices = slot.voices.saturating_sub(1);
        }
        if let Some(slot) = slots.get_mut(zone_slot) {
            slot.voices += 1;
        }
        voice.zone_slot = zone_slot;
    }
}

/// Moves voices to newer and nearer sounds, and those at a gap back. Returns how often a sound was late.
pub(super) fn follow(voices: &mut Voices, slots: &mut Slots, context: &TickContext) -> u64 {
    let mut late = 0;
    for voice in voices.active_mut().filter(|voice| voice.is_living() && !voice.is_crossfading()) {
        if voice.is_waiting() {
            begin(voice, slots, context);
        } else if !move_on(voice, slots, context) {
            late += u64::from(hold(voice, slots, context));
        }
    }
    late
}

/// Gives a voice the sound that is nearest to the wanted one in key and point. False when there is none.
pub(super) fn begin(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let wanted = context.planner.spec(context.planner.slot_key(voice.key));
    let mut best: Option<(f32, SoundRef, f64)> = None;
    for (index, slot) in slots.iter() {
        let place = |buffer: &SoundBuffer| (0, context.lookahead(voice, context.step(voice.key, buffer)).need);
        let Some(buffer) = slot.newest_playable(place) else { continue };
        let sound = SoundRef { slot: index, buffer };
        let Some(buffer) = slots.buffer(sound) else { continue };
        let Some(head) = buffer.live_head() else { continue };
        let distance = distance(&wanted, &head.spec);
        if best.is_none_or(|(least, ..)| distance < least) {
            best = Some((distance, sound, context.step(voice.key, buffer)));
        }
    }
    let Some((_, sound, step)) = best else { return false };
    slots.acquire(sound);
    voice.play(Play { sound, cursor: 0.0, step });
    true
}

/// How far a sound is from the wanted one, in σ.
fn distance(wanted: &SoundSpec, spec: &SoundSpec) -> f32 {
    let squared: f32 = wanted.controls.iter().zip(&spec.controls).map(|(a, b)| (a - b) * (a - b)).sum();
    let source = if wanted.source == spec.source { 0.0 } else { OTHER_SOURCE };
    squared.sqrt() + (spec.key - wanted.key).abs() / SEMITONES_PER_SIGMA + source
}

/// Crosses to the newest sound of the note's own zone, else of the zone that it plays. False when there is nothing new.
fn move_on(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(from) = slots.buffer(play.sound) else { return false };
    let moved = |buffer: &SoundBuffer, sound| play.moved_to(sound, context.step(voice.key, buffer), from, buffer);
    let target = [voice.zone_slot, play.sound.slot].into_iter().find_map(|slot| {
        let nowhere = SoundRef { slot, buffer: 0 };
        let place = |buffer: &SoundBuffer| {
            let there = moved(buffer, nowhere);
            (there.cursor as usize, context.lookahead(voice, there.step).need)
        };
        let sound = SoundRef { slot, buffer: slots.get(slot)?.newest_playable(place)? };
        let buffer = slots.buffer(sound)?;
        let is_news = slot != play.sound.slot || buffer.generation() > from.generation();
        is_news.then(|| moved(buffer, sound))
    });
    let Some(to) = target else { return false };
    let correlation = slots.correlation(play.sound, to.sound);
    slots.acquire(to.sound);
    voice.cross_to(to, correlation);
    true
}

/// A voice that nears a gap crosses back into what is there, so that the sound is held. True when it did.
fn hold(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(buffer) = slots.buffer(play.sound) else { return false };
    let length = buffer.head().map_or(0, |head| head.length_samples);
    let lookahead = context.lookahead(voice, play.step);
    let end = buffer.available_end(play.cursor as usize);
    if end >= length || end as f64 - play.cursor >= lookahead.margin as f64 {
        return false;
    }
    let cursor = (play.cursor - lookahead.need as f64 / 2.0).max(0.0);
    slots.acquire(play.sound);
    voice.cross_to(Play { cursor, ..play }, 0.0);
    true
}
