//! The arpeggiator: the keys that are held, and the notes that it plays of them, step by step. AUDIO THREAD: fixed arrays, work bounded by
//! their size.
//!
//! It follows the keys while it is off, too, so that it can begin with keys that are held already.

mod clock;
mod order;

use super::fixed_list::FixedList;
use super::note::{Expression, NoteAddress};
use super::zones::is_in;
use crate::params::{ArpControls, Transport, division_beats};
use clock::Clock;
use order::{Mode, Step};

/// Most keys that it follows, and most notes that sound at once.
pub(super) const KEYS: usize = 128;
/// Note id of the notes that it plays; hosts use none below −1.
const OWN_ID: i32 = i32::MIN;
/// The expressions that it keeps for the notes of a key.
const EXPRESSIONS: [Expression; 5] =
    [Expression::TuningSemitones, Expression::Gain, Expression::Pan, Expression::Pressure, Expression::Timbre];
/// Length of a step of a rate that is none, in beats.
const FALLBACK_BEATS: f64 = 0.25;

/// A key that is held, by a finger or by the sustain pedal.
#[derive(Clone, Copy, Debug)]
struct Key {
    note: NoteAddress,
    velocity: f32,
    is_down: bool,
    /// Whether the host is told elsewhere that its note ends.
    is_reported: bool,
    expressions: [Option<f32>; EXPRESSIONS.len()],
}

/// A note that it plays.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlayedNote {
    /// Its own address.
    pub(super) note: NoteAddress,
    /// The key that it belongs to.
    source: NoteAddress,
    pub(super) velocity: f32,
    expressions: [Option<f32>; EXPRESSIONS.len()],
}

impl PlayedNote {
    /// The expressions that the host has given its key.
    pub(super) fn expressions(&self) -> impl Iterator<Item = (Expression, f32)> {
        EXPRESSIONS.into_iter().zip(self.expressions).filter_map(|(expression, value)| Some((expression, value?)))
    }
}

/// Notes of the host or of the arpeggiator.
pub(super) type Notes = FixedList<NoteAddress, KEYS>;

/// The arpeggiator with its state.
pub(super) struct Arpeggiator {
    mode: Option<Mode>,
    controls: ArpControls,
    seed: u64,
    /// In the order in which they were pressed.
    keys: FixedList<Key, KEYS>,
    sounding: FixedList<PlayedNote, KEYS>,
    /// Bit mask of the channels whose sustain pedal is down.
    pub(super) pedals: u16,
    clock: Clock,
    /// Steps played since the first key.
    steps: u64,
    /// Samples until the sounding notes end.
    end_in_samples: usize,
}

impl Arpeggiator {
    pub(super) fn new() -> Self {
        Self {
            mode: None,
            controls: ArpControls::default(),
            seed: 0,
            keys: FixedList::new(),
            sounding: FixedList::new(),
            pedals: 0,
            clock: Clock::new(),
            steps: 0,
            end_in_samples: 0,
        }
    }

    /// Forgets all keys and notes.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    pub(super) fn is_on(&self) -> bool {
        self.mode.is_some()
    }

    /// Whether it plays or is going to.
    pub(super) fn is_playing(&self) -> bool {
        self.is_on() && !self.keys.is_empty()
    }

    /// Whether a note is one that it plays.
    pub(super) fn is_own(note: &NoteAddress) -> bool {
        note.id == Some(OWN_ID)
    }

    /// Takes tempo and position at the first sample of a call.
    pub(super) fn begin_call(&mut self, transport: Transport, rate_hz: f32) {
        self.clock.begin_call(transport, rate_hz);
    }

    /// Takes the controls of a tick. Returns whether it was switched on, or off.
    pub(super) fn begin_tick(
        &mut self,
        controls: ArpControls,
        transport: &Transport,
        rate_hz: f32,
        seed: u64,
    ) -> Option<bool> {
        self.clock.begin_tick(transport, rate_hz);
        (self.controls, self.seed) = (controls, seed);
        let was_on = self.is_on();
        self.mode = Mode::of(controls.mode);
        if self.is_on() && !was_on {
            self.start();
        }
        (self.is_on() != was_on).then_some(self.is_on())
    }

    /// The next step is the first one.
    fn start(&mut self) {
        self.steps = 0;
        self.clock.start();
    }

    /// A key is pressed. Returns the host's notes that end by it: one of the same key, or this one if there is no room for it.
    pub(super) fn press(&mut self, note: NoteAddress, velocity: f32) -> Notes {
        let mut ended = self.remove(|key| is_same_key(&key.note, &note));
        if self.keys.is_empty() {
            self.start();
        }
        let key = Key { note, velocity, is_down: true, is_reported: !self.is_on(), expressions: Default::default() };
        if !self.keys.push(key) {
            ended.push(note);
        }
        ended
    }

    /// Keys are let go; those on channels of the bit mask `sustained` are held on. Returns the host's notes that end.
    pub(super) fn let_go(&mut self, notes: &NoteAddress, sustained: u16) -> Notes {
        for key in self.keys.iter_mut().filter(|key| notes.matches(&key.note)) {
            key.is_down = false;
        }
        self.follow_pedals(sustained)
    }

    /// Removes the keys that neither a finger nor a pedal of the bit mask holds. Returns the host's notes that end.
    pub(super) fn follow_pedals(&mut self, sustained: u16) -> Notes {
        self.remove(|key| !key.is_down && !is_in(sustained, usize::from(key.note.channel.unwrap_or(0))))
    }

    /// Removes keys, held or not. Returns the host's notes that end.
    pub(super) fn drop_keys(&mut self, notes: &NoteAddress) -> Notes {
        self.remove(|key| notes.matches(&key.note))
    }

    fn remove(&mut self, which: impl Fn(&Key) -> bool) -> Notes {
        let mut ended = Notes::new();
        self.keys.retain(|key| {
            let goes = which(key);
            if goes && !key.is_reported {
                ended.push(key.note);
            }
            !goes
        });
        ended
    }

    /// When it is switched: the keys that are held have their ends reported elsewhere. Returns those whose end nobody has reported.
    pub(super) fn take_unreported(&mut self) -> Notes {
        let mut notes = Notes::new();
        for key in self.keys.iter_mut() {
            if !std::mem::replace(&mut key.is_reported, true) {
                notes.push(key.note);
            }
        }
        notes
    }

    /// Keeps an expression value for the notes of keys.
    pub(super) fn express(&mut self, notes: &NoteAddress, expression: Expression, value: f32) {
        for key in self.keys.iter_mut().filter(|key| notes.matches(&key.note)) {
            for (kept, slot) in EXPRESSIONS.into_iter().zip(&mut key.expressions) {
                if kept == expression {
                    *slot = Some(value);
                }
            }
        }
    }

    /// The notes that it plays of the host's notes `notes`.
    pub(super) fn played_of(&self, notes: &NoteAddress) -> Notes {
        let mut played = Notes::new();
        for note in self.sounding.iter().filter(|note| notes.matches(&note.source)) {
            played.push(note.note);
        }
        played
    }

    /// Takes the notes whose key is no longer held: a note ends with its key at the latest.
    pub(super) fn take_orphans(&mut self) -> Notes {
        let keys = &self.keys;
        let mut orphans = Notes::new();
        self.sounding.retain(|note| {
            let has_key = keys.iter().any(|key| key.note == note.source);
            if !has_key {
                orphans.push(note.note);
            }
            has_key
        });
        orphans
    }

    /// Takes all notes that sound.
    pub(super) fn take_sounding(&mut self) -> Notes {
        let mut notes = Notes::new();
        self.sounding.iter().for_each(|note| {
            notes.push(note.note);
        });
        self.sounding.clear();
        notes
    }

    /// Samples until the notes that sound end, and until the next step; `usize::MAX` without one.
    pub(super) fn due_samples(&self) -> [usize; 2] {
        let end = if self.sounding.is_empty() { usize::MAX } else { self.end_in_samples };
        [end, if self.is_playing() { self.clock.due_samples(self.step_beats()) } else { usize::MAX }]
    }

    fn step_beats(&self) -> f64 {
        // The parameter's values leave the free rate out.
        division_beats(self.controls.rate + 1.0).unwrap_or(FALLBACK_BEATS)
    }

    /// Plays a step: the notes that start now. Those before it have ended.
    pub(super) fn step(&mut self) -> &FixedList<PlayedNote, KEYS> {
        self.clock.step();
        self.sounding.clear();
        let Some(mode) = self.mode else { return &self.sounding };
        let gate_beats = self.step_beats() * f64::from(self.controls.gate);
        self.end_in_samples = self.clock.length_samples(gate_beats);
        let keys = self.keys.iter().map(|key| key.note.key.unwrap_or(0));
        let octaves = self.controls.octaves.round().max(1.0) as u64;
        let Step { keys, octave } = order::step(mode, keys, octaves, self.steps, self.seed);
        self.steps += 1;
        for place in keys.iter() {
            let Some(key) = self.keys.get(*place) else { continue };
            let sounded = raised(key.note.key.unwrap_or(0), octave);
            let note = NoteAddress { key: Some(sounded), id: Some(OWN_ID), ..key.note };
            let Key { note: source, velocity, expressions, .. } = *key;
            self.sounding.push(PlayedNote { note, source, velocity, expressions });
        }
        &self.sounding
    }

    /// `count` samples go by.
    pub(super) fn advance(&mut self, count: usize) {
        self.clock.advance(count);
        self.end_in_samples = self.end_in_samples.saturating_sub(count);
    }
}

/// A key some octaves higher; beyond the highest key it is the highest that sounds the same.
fn raised(key: u8, octaves: u64) -> u8 {
    let wanted = u64::from(key) + 12 * octaves;
    let too_high = wanted.saturating_sub(127).div_ceil(12);
    u8::try_from(wanted - 12 * too_high).unwrap_or(key)
}

/// Whether a new note replaces an old one: same port, channel and key, unless both have ids and these differ.
fn is_same_key(old: &NoteAddress, new: &NoteAddress) -> bool {
    let told_apart = matches!((old.id, new.id), (Some(old), Some(new)) if old != new);
    !told_apart && (old.port, old.channel, old.key) == (new.port, new.channel, new.key)
}
