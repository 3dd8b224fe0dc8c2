//! Which sound each voice plays: the nearest one at its start, newer ones as they arrive, earlier samples before a gap. AUDIO THREAD.

use super::lookahead::Lookahead;
use super::planner::RequestPlanner;
use super::playback::Play;
use super::set_loop::SetLoop;
use super::slots::{Slots, SoundRef};
use super::sound_buffer::SoundBuffer;
use super::sustaining::Position;
use super::tick::{Ramp, TICK_SAMPLES};
use super::voice::Voice;
use super::voices::{Timing, Voices};
use crate::link::SoundSpec;
use crate::params::LoopControls;

/// Semitones between keys that count as much as 1 σ between points. Decides, while the wanted sound is missing, between a sound that is
/// transposed farther and one of another timbre.
const SEMITONES_PER_SIGMA: f32 = 12.0;
/// Added to the distance of a sound of another source: larger than any distance within a source.
const OTHER_SOURCE: f32 = 1e6;

/// Added to the distance of another variation, or of a sound of another seed: less than any distance that is heard, so that it decides only
/// between sounds of one point.
const OTHER_TAKE: f32 = 1e-3;

/// Longest crossfade of a loop in output samples: a minute at any rate. Only sounds that hardly move reach it.
const LONGEST_FADE_SAMPLES: f64 = 1e7;

/// State of the current tick.
pub(super) struct TickContext<'a> {
    pub(super) planner: &'a RequestPlanner,
    pub(super) timing: &'a Timing,
    /// Playback ratio of each channel's tuning.
    pub(super) tunes: &'a [Ramp],
    /// Loop of held notes.
    pub(super) looping: &'a LoopControls,
}

impl TickContext<'_> {
    /// Sound samples per output sample when a note plays the sound at a fractional key, without the tuning.
    fn step(&self, key: f64, buffer: &SoundBuffer) -> f64 {
        let Some(head) = buffer.head() else { return 1.0 };
        let semitones = key - f64::from(head.spec.key);
        (semitones / 12.0).exp2() * f64::from(head.sample_rate_hz) / f64::from(self.timing.rate_hz)
    }

    fn lookahead(&self, voice: &Voice, step: f64) -> Lookahead {
        Lookahead::new(step * voice.tune(self.tunes).maximum(), self.timing.fade_samples)
    }
}

/// Assigns every note to the slot of its zone in the current source.
pub(super) fn reassign_zones(voices: &mut Voices, slots: &mut Slots, planner: &RequestPlanner) {
    for voice in voices.active_mut() {
        let Some(zone_slot) = slots.slot_for(planner.voice_slot_key(voice)) else {
            continue;
        };
        assign(voice, slots, zone_slot);
    }
}

/// Makes a slot that of a voice's zone.
pub(super) fn assign(voice: &mut Voice, slots: &mut Slots, zone_slot: usize) {
    if let Some(slot) = slots.get_mut(voice.zone_slot) {
        slot.voices = slot.voices.saturating_sub(1);
    }
    if let Some(slot) = slots.get_mut(zone_slot) {
        slot.voices += 1;
    }
    voice.zone_slot = zone_slot;
}

/// Crossfades voices to newer sounds and to those of their own zone, and voices near a gap back to earlier samples. Returns how many
/// sounds were late.
pub(super) fn follow(voices: &mut Voices, slots: &mut Slots, context: &TickContext) -> u64 {
    let mut late = 0;
    for voice in voices.active_mut().filter(|voice| voice.is_living() && !voice.is_crossfading()) {
        if voice.is_waiting() {
            begin(voice, slots, context);
        } else if !move_on(voice, slots, context) && !go_on(voice, slots, context) {
            late += u64::from(hold(voice, slots, context));
        }
    }
    late
}

/// Starts a voice on the playable sound that is nearest to the wanted one in key and point; on one of a source that has just been removed, while
/// there is no other. Returns false if there is none.
pub(super) fn begin(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let found = nearest(voice, slots, context, false);
    let found = found.or_else(|| slots.awaits_first().then(|| nearest(voice, slots, context, true)).flatten());
    let Some(play) = found else { return false };
    slots.acquire(play.sound);
    voice.play(play);
    true
}

/// The start of the nearest sound, among stale ones too or not.
fn nearest(voice: &Voice, slots: &Slots, context: &TickContext, is_stale_too: bool) -> Option<Play> {
    let wanted = context.planner.spec(context.planner.voice_slot_key(voice));
    let start = |buffer: &SoundBuffer| {
        buffer.head().map_or(0.0, |head| voice.start_samples(head.length_samples, head.sample_rate_hz))
    };
    let place = |buffer: &SoundBuffer| {
        (start(buffer) as usize, context.lookahead(voice, context.step(voice.pitch().key, buffer)).need_samples)
    };
    let mut best: Option<(f32, Play)> = None;
    for (index, slot) in slots.iter() {
        let newest = if is_stale_too { slot.newest_stale(place) } else { slot.newest_playable(place) };
        let Some(buffer) = newest else { continue };
        let sound = SoundRef { slot: index, buffer };
        let Some(buffer) = slots.buffer(sound) else { continue };
        let Some(head) = buffer.live_head() else { continue };
        let distance = distance(&wanted, &head.spec);
        if best.is_none_or(|(least, _)| distance < least) {
            let (cursor_samples, step) = (start(buffer), context.step(voice.pitch().key, buffer));
            best =
                Some((distance, Play { sound, cursor_samples, step, first_step: step, gain: 1.0, held_level: None }));
        }
    }
    best.map(|(_, play)| play)
}

/// Distance of a sound from the wanted one, in σ.
fn distance(wanted: &SoundSpec, spec: &SoundSpec) -> f32 {
    let squared: f32 = wanted.controls.iter().zip(&spec.controls).map(|(a, b)| (a - b) * (a - b)).sum();
    let source = if wanted.source == spec.source { 0.0 } else { OTHER_SOURCE };
    let is_same_take = (wanted.seed, wanted.variation) == (spec.seed, spec.variation);
    let take = if is_same_take { 0.0 } else { OTHER_TAKE };
    squared.sqrt() + (spec.key - wanted.key).abs() / SEMITONES_PER_SIGMA + source + take
}

/// Crossfades to the newest sound of the note's own zone, else of the zone that it plays. Returns false if there is none.
fn move_on(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(from) = slots.buffer(play.sound) else { return false };
    let has_newer = slots.get(play.sound.slot).is_some_and(|slot| slot.newest_generation() > from.generation());
    if voice.zone_slot == play.sound.slot && !has_newer {
        return false;
    }
    let step = |buffer: &SoundBuffer| context.step(voice.pitch().key, buffer);
    let moved = |buffer: &SoundBuffer, sound| {
        let there = play.moved_to(sound, step(buffer), from, buffer);
        // A sound may be shorter than the one that is left. A draft has no exits, so a note leaves it ahead of the last one.
        let need = context.lookahead(voice, there.step).need_samples;
        let reserve = if buffer.has_arrived() { 0.0 } else { need as f64 };
        let (cursor_samples, gain) = voice.taken_up(buffer.sustain(), there.cursor_samples, reserve);
        Play { cursor_samples, gain: there.gain * gain, ..there }
    };
    let target = [voice.zone_slot, play.sound.slot].into_iter().find_map(|slot| {
        let nowhere = SoundRef { slot, buffer: 0 };
        let place = |buffer: &SoundBuffer| {
            let there = moved(buffer, nowhere);
            (there.cursor_samples as usize, context.lookahead(voice, there.step).need_samples)
        };
        let sound = SoundRef { slot, buffer: slots.get(slot)?.newest_playable(place)? };
        let buffer = slots.buffer(sound)?;
        let is_news = slot != play.sound.slot || buffer.generation() > from.generation();
        is_news.then(|| moved(buffer, sound))
    });
    let Some(to) = target else { return false };
    let correlation = slots.correlation(play.sound, to.sound);
    slots.acquire(to.sound);
    voice.cross_to(to, correlation, context.timing.fade_samples);
    true
}

/// Crossfades a voice of a held note, at an exit of its sound, back to one of the exit's landings, or within the loop that is set. Returns
/// whether it did.
fn go_on(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(buffer) = slots.buffer(play.sound) else { return false };
    let ratio = play.step * voice.tune(context.tunes).maximum();
    let position = Position {
        cursor_samples: play.cursor_samples,
        tick_samples: ratio * TICK_SAMPLES as f64,
        fade_samples: ratio * f64::from(context.timing.jump_samples),
        length_samples: buffer.head().map_or(0, |head| head.length_samples),
    };
    let set = buffer.head().and_then(|head| SetLoop::of(context.looping, head));
    let jump = match set.filter(|_| buffer.is_complete()) {
        Some(set) if voice.follows_set_loop() => set.jump(buffer, &position).map(|(jump, fade)| {
            // Counted in output samples, of which one is the least.
            (jump, (fade / ratio.max(f64::MIN_POSITIVE)).clamp(1.0, LONGEST_FADE_SAMPLES) as u32)
        }),
        Some(_) => None,
        None => {
            let jump = buffer.has_arrived().then(|| voice.jump(buffer.sustain(), buffer.generation(), &position));
            jump.flatten().map(|jump| (jump, context.timing.jump_samples))
        }
    };
    let Some((jump, fade_samples)) = jump else { return false };
    let level = buffer.sustain().course.at(play.cursor_samples);
    slots.acquire(play.sound);
    let held_level = play.held_level.or(jump.keeps_level.then_some(level));
    let to = Play { cursor_samples: jump.cursor_samples, gain: play.gain * jump.gain, held_level, ..play };
    voice.cross_to(to, jump.correlation, fade_samples);
    true
}

/// Crossfades a voice that nears a gap to earlier samples of the same sound, so that it continues to sound. Returns whether it did.
fn hold(voice: &mut Voice, slots: &mut Slots, context: &TickContext) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(buffer) = slots.buffer(play.sound) else { return false };
    let length = buffer.head().map_or(0, |head| head.length_samples);
    let end = buffer.available_end(play.cursor_samples as usize);
    if end >= length {
        return false;
    }
    let lookahead = context.lookahead(voice, play.step);
    if end as f64 - play.cursor_samples >= lookahead.margin_samples as f64 {
        return false;
    }
    let start = buffer.available_start(play.cursor_samples as usize) as f64;
    let cursor_samples = (play.cursor_samples - lookahead.need_samples as f64 / 2.0).max(start);
    slots.acquire(play.sound);
    voice.cross_to(Play { cursor_samples, ..play }, 0.0, context.timing.fade_samples);
    true
}
