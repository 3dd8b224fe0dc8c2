//! The voices: who begins, who ends, who makes room. AUDIO THREAD.

use super::slot::SlotKey;
use super::slots::{Slots, SoundRef};
use super::stroke::Stroke;
use super::tick::Ramp;
use super::voice::{Freed, Play, Reach, Scratch, Span, Voice};
use super::wants::Wants;

/// Notes that sound at once.
pub(super) const POLYPHONY: usize = 32;
/// Places for notes on their way out, so that a new note begins on its sample while the old one fades.
const FADING: usize = 16;
/// Crossfade between sounds.
const CROSSFADE_S: f32 = 0.010;
/// Fade of a note that makes room.
const STEAL_S: f32 = 0.003;
/// Fade of a choked note.
const CHOKE_S: f32 = 0.005;

/// Durations at the host's rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) rate_hz: f32,
    pub(super) fade_samples: u32,
    steal_samples: u32,
    choke_samples: u32,
}

impl Timing {
    pub(super) fn new(rate_hz: f32) -> Self {
        let samples = |time_s: f32| ((time_s * rate_hz) as u32).max(1);
        Self {
            rate_hz,
            fade_samples: samples(CROSSFADE_S),
            steal_samples: samples(STEAL_S),
            choke_samples: samples(CHOKE_S),
        }
    }
}

/// A note-on event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) key: u8,
    pub(super) stroke: Stroke,
    pub(super) channel: u8,
}

/// What the voices need to know of the present tick.
pub(super) struct Moment<'a> {
    pub(super) wants: &'a Wants,
    pub(super) timing: &'a Timing,
    pub(super) tune: Ramp,
}

/// All voices.
pub(super) struct Voices {
    voices: Vec<Voice>,
    next_order: u64,
    /// Channels whose sustain pedal is down, as bits.
    pedals: u16,
}

impl Voices {
    /// Allocates: not for the audio thread.
    pub(super) fn new() -> Self {
        Self { voices: (0..POLYPHONY + FADING).map(|_| Voice::idle()).collect(), next_order: 1, pedals: 0 }
    }

    /// Voices that sound or wait.
    pub(super) fn active(&self) -> usize {
        self.voices.iter().filter(|voice| voice.is_active()).count()
    }

    /// First and last cursor, in samples, of the voices that belong to a slot.
    pub(super) fn cursors(&self, slot: usize) -> (u32, u32) {
        let places = self.voices.iter().filter(|voice| voice.is_living() && voice.home == slot);
        let cursors = places.map(|voice| voice.place().map_or(0, |play| play.cursor as u32));
        cursors
            .fold(None, |range: Option<(u32, u32)>, cursor| {
                Some(range.map_or((cursor, cursor), |(first, last)| (first.min(cursor), last.max(cursor))))
            })
            .unwrap_or((0, 0))
    }

    /// Position of the newest voice in its sound, [0, 1].
    pub(super) fn playhead(&self, slots: &Slots) -> Option<f32> {
        let newest = self.voices.iter().filter(|voice| voice.is_active()).max_by_key(|voice| voice.order)?;
        let play = newest.place()?;
        let length = slots.bank(play.sound)?.head()?.length_samples;
        Some((play.cursor / length.max(1) as f64).min(1.0) as f32)
    }

    /// Begins a note in the slot `home`. False when there is no sound for it yet.
    pub(super) fn note_on(&mut self, slots: &mut Slots, moment: &Moment, note: Note, home: usize) -> bool {
        self.each(slots, |voice| voice.key == note.key && voice.channel == note.channel, Voice::release);
        let Some(index) = self.free_place(slots, moment.timing) else { return true };
        let order = self.next_order;
        self.next_order += 1;
        let Some(voice) = self.voices.get_mut(index) else { return true };
        voice.start(note, home, order);
        if let Some(slot) = slots.get_mut(home) {
            slot.homes += 1;
        }
        begin(voice, slots, moment)
    }

    /// A place for a new note, taken from the quietest released or the oldest note when all sound.
    fn free_place(&mut self, slots: &mut Slots, timing: &Timing) -> Option<usize> {
        if self.voices.iter().filter(|voice| voice.is_living()).count() >= POLYPHONY {
            let living = self.voices.iter_mut().filter(|voice| voice.is_living());
            let victim = living.min_by(|a, b| {
                let rank =
                    |voice: &Voice| if voice.is_released() { (0, voice.level(), 0) } else { (1, 0.0, voice.order) };
                rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal)
            })?;
            let home = victim.home;
            let freed = victim.die(timing.steal_samples);
            settle(victim, slots, home, freed);
        }
        let idle = self.voices.iter().position(|voice| !voice.is_active());
        idle.or_else(|| self.cut_one(slots))
    }

    /// More notes end within milliseconds than there are places to fade them in: the quietest of those goes at once.
    fn cut_one(&mut self, slots: &mut Slots) -> Option<usize> {
        let dying = self.voices.iter_mut().enumerate().filter(|(_, voice)| !voice.is_living());
        let (index, voice) = dying.min_by(|(_, a), (_, b)| a.level().total_cmp(&b.level()))?;
        let home = voice.home;
        let freed = voice.end();
        settle(voice, slots, home, freed);
        Some(index)
    }

    /// Releases the notes of a key, or leaves that to the pedal.
    pub(super) fn note_off(&mut self, slots: &mut Slots, key: u8, channel: u8) {
        let sustained = self.pedals & pedal(channel) != 0;
        let what = if sustained { Voice::leave_to_pedal } else { Voice::release };
        self.each(slots, |voice| voice.key == key && voice.channel == channel, what);
    }

    /// Moves the sustain pedal of a channel; up, it releases what it held.
    pub(super) fn sustain(&mut self, slots: &mut Slots, channel: u8, down: bool) {
        if down {
            self.pedals |= pedal(channel);
        } else {
            self.pedals &= !pedal(channel);
            self.each(slots, |voice| voice.channel == channel && voice.is_left_to_pedal(), Voice::release);
        }
    }

    /// Fades the notes of a key.
    pub(super) fn choke(&mut self, slots: &mut Slots, timing: &Timing, key: u8, channel: u8) {
        self.each(slots, |voice| voice.key == key && voice.channel == channel, |voice| voice.die(timing.choke_samples));
    }

    /// Releases all notes.
    pub(super) fn all_notes_off(&mut self, slots: &mut Slots) {
        self.each(slots, |_| true, Voice::release);
    }

    /// Fades all notes.
    pub(super) fn all_sound_off(&mut self, slots: &mut Slots, timing: &Timing) {
        self.each(slots, |_| true, |voice| voice.die(timing.choke_samples));
    }

    /// Ends all notes at once.
    pub(super) fn reset(&mut self, slots: &mut Slots) {
        self.each(slots, |_| true, Voice::end);
        self.next_order = 1;
        self.pedals = 0;
    }

    fn each(&mut self, slots: &mut Slots, which: impl Fn(&Voice) -> bool, what: impl Fn(&mut Voice) -> Freed) {
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active() && which(voice)) {
            let home = voice.home;
            let freed = what(voice);
            settle(voice, slots, home, freed);
        }
    }

    /// Gives every note the slot of its zone anew.
    pub(super) fn rehome(&mut self, slots: &mut Slots, wants: &Wants, tick: u64) {
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active()) {
            let Some(home) = slots.slot_for(wants.slot_key(voice.key), tick) else { continue };
            if let Some(slot) = slots.get_mut(voice.home) {
                slot.homes = slot.homes.saturating_sub(1);
            }
            if let Some(slot) = slots.get_mut(home) {
                slot.homes += 1;
            }
            voice.home = home;
        }
    }

    /// Moves voices to newer and nearer sounds, and those at a gap back. Returns how often a sound was late.
    pub(super) fn follow(&mut self, slots: &mut Slots, moment: &Moment) -> u64 {
        let mut late = 0;
        for voice in self.voices.iter_mut().filter(|voice| voice.is_living() && !voice.is_fading()) {
            if voice.is_waiting() {
                begin(voice, slots, moment);
            } else if !move_on(voice, slots, moment) {
                late += u64::from(hold(voice, slots, moment));
            }
        }
        late
    }

    /// Adds all voices to `out`.
    pub(super) fn render(&mut self, slots: &mut Slots, span: &Span, scratch: &mut Scratch, out: &mut [f32]) {
        for voice in self.voices.iter_mut().filter(|voice| voice.is_active()) {
            let home = voice.home;
            let freed = voice.render(slots, span, scratch, out);
            settle(voice, slots, home, freed);
        }
    }
}

/// A channel's bit among the pedals.
fn pedal(channel: u8) -> u16 {
    1 << (channel % 16)
}

/// Books what a voice has let go: sounds, and its home if it has ended.
fn settle(voice: &Voice, slots: &mut Slots, home: usize, freed: Freed) {
    for sound in freed.into_iter().flatten() {
        slots.release(sound);
    }
    if let Some(slot) = slots.get_mut(home).filter(|_| !voice.is_active()) {
        slot.homes = slot.homes.saturating_sub(1);
    }
}

/// Samples of a sound per output sample when `key` plays a sound of root `root`.
fn step_of(key: u8, root: f32, sample_rate_hz: f32, timing: &Timing) -> f64 {
    let semitones = f64::from(key) - f64::from(root);
    (semitones / 12.0).exp2() * f64::from(sample_rate_hz) / f64::from(timing.rate_hz)
}

/// Gives a voice the sound that is nearest to the wanted one in key and point. False when there is none.
fn begin(voice: &mut Voice, slots: &mut Slots, moment: &Moment) -> bool {
    let wanted = moment.wants.slot_key(voice.key);
    let mut best: Option<(f32, SoundRef, f64)> = None;
    for (index, slot) in slots.iter() {
        let place = |bank: &super::bank::Bank| (0, reach_in(bank, voice.key, moment).need);
        let Some(bank) = slot.newest_playable(place) else { continue };
        let sound = SoundRef { slot: index, bank };
        let Some(head) = slots.bank(sound).and_then(|bank| bank.live_head()) else { continue };
        let distance = distance(&wanted, moment, &head.spec);
        if best.is_none_or(|(least, ..)| distance < least) {
            best = Some((distance, sound, step_of(voice.key, head.spec.key, head.sample_rate_hz, moment.timing)));
        }
    }
    let Some((_, sound, step)) = best else { return false };
    slots.acquire(sound);
    voice.play(Play { sound, cursor: 0.0, step });
    true
}

/// How far a sound is from the wanted one: an octave of key counts as much as 1 σ of the point.
fn distance(wanted: &SlotKey, moment: &Moment, spec: &crate::link::SoundSpec) -> f32 {
    let point = moment.wants.spec(wanted.root);
    let squared: f32 = point.latent.iter().zip(&spec.latent).map(|(a, b)| (a - b) * (a - b)).sum();
    squared.sqrt() + (spec.key - f32::from(wanted.root)).abs() / 12.0
}

fn reach_in(bank: &super::bank::Bank, key: u8, moment: &Moment) -> Reach {
    let step = bank.head().map_or(1.0, |head| step_of(key, head.spec.key, head.sample_rate_hz, moment.timing));
    Reach::new(step * moment.tune.maximum(), moment.timing.fade_samples)
}

/// Crosses to the newest sound of the note's own zone, else of the zone that it plays. False when there is nothing new.
fn move_on(voice: &mut Voice, slots: &mut Slots, moment: &Moment) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(from) = slots.bank(play.sound) else { return false };
    let moved = |bank: &super::bank::Bank, sound: SoundRef| {
        let head = bank.head()?;
        let step = step_of(voice.key, head.spec.key, head.sample_rate_hz, moment.timing);
        Some(play.moved_to(sound, step, from, bank))
    };
    let target = [voice.home, play.sound.slot].into_iter().find_map(|slot| {
        let nowhere = SoundRef { slot, bank: 0 };
        let place = |bank: &super::bank::Bank| {
            let cursor = moved(bank, nowhere).map_or(0.0, |play| play.cursor);
            (cursor as usize, reach_in(bank, voice.key, moment).need)
        };
        let sound = SoundRef { slot, bank: slots.get(slot)?.newest_playable(place)? };
        let bank = slots.bank(sound)?;
        let is_news = slot != play.sound.slot || bank.generation() > from.generation();
        is_news.then(|| moved(bank, sound)).flatten().map(|to| (to, bank.head().map_or(0.0, |head| head.correlation)))
    });
    let Some((to, correlation)) = target else { return false };
    // The correlation was measured within the slot.
    let correlation = if to.sound.slot == play.sound.slot { correlation } else { 0.0 };
    slots.acquire(to.sound);
    voice.cross_to(to, correlation);
    true
}

/// A voice that nears a gap crosses back into what is there, so that the sound is held. True when it did.
fn hold(voice: &mut Voice, slots: &mut Slots, moment: &Moment) -> bool {
    let Some(play) = voice.place() else { return false };
    let Some(bank) = slots.bank(play.sound) else { return false };
    let length = bank.head().map_or(0, |head| head.length_samples);
    let reach = Reach::new(play.step * moment.tune.maximum(), moment.timing.fade_samples);
    let end = bank.available_end(play.cursor as usize);
    if end >= length || end as f64 - play.cursor >= reach.margin as f64 {
        return false;
    }
    let cursor = (play.cursor - reach.need as f64 / 2.0).max(0.0);
    slots.acquire(play.sound);
    voice.cross_to(Play { cursor, ..play }, 0.0);
    true
}
