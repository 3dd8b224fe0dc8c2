//! A phrase with automation, played in blocks of any size as a host would.

use engine::audio::{Event, EventKind, NoteAddress, Synth};
use engine::params::{Controls, Hold};

/// Block sizes over which laws hold.
pub const BLOCK_SIZES: [usize; 6] = [1, 17, 64, 333, 1024, 8192];

/// What happens at which sample.
#[derive(Clone, Debug)]
pub struct Script {
    /// Events, sorted by sample.
    pub events: Vec<(usize, EventKind)>,
    /// Controls from a sample on, sorted; the first at sample 0.
    pub controls: Vec<(usize, Controls)>,
    /// Samples to render.
    pub length: usize,
}

impl Script {
    /// With controls that do not move.
    pub fn still(controls: Controls, events: Vec<(usize, EventKind)>, length: usize) -> Script {
        Script { events, controls: vec![(0, controls)], length }
    }

    /// Renders in blocks of `block` samples, cut at the changes of the controls; both sides must be equal.
    pub fn play(&self, synth: &mut Synth, block: usize) -> Vec<f32> {
        let [left, right] = self.play_stereo(synth, block);
        assert!(left == right, "a mono sound in the middle is the same on both sides");
        left
    }

    /// The same, with a side for each ear.
    pub fn play_stereo(&self, synth: &mut Synth, block: usize) -> [Vec<f32>; 2] {
        let [mut left, mut right] = [vec![0.0; self.length], vec![0.0; self.length]];
        let mut position = 0;
        while position < self.length {
            let change = self.controls.iter().map(|(at, _)| *at).find(|at| *at > position).unwrap_or(self.length);
            let host_block_end = (position / block + 1) * block;
            let end = host_block_end.min(change).min(self.length);
            self.play_piece(synth, position, &mut left[position..end], &mut right[position..end]);
            position = end;
        }
        [left, right]
    }

    /// Renders one call that starts at `position`.
    fn play_piece(&self, synth: &mut Synth, position: usize, left: &mut [f32], right: &mut [f32]) {
        let end = position + left.len();
        let here = self.events.iter().filter(|(at, _)| (position..end).contains(at));
        let events: Vec<Event> = here.map(|(at, kind)| Event { offset: at - position, kind: *kind }).collect();
        let controls = self.controls.iter().rev().find(|(at, _)| *at <= position).map(|(_, controls)| *controls);
        synth.render(&events, &controls.unwrap_or_default(), left, right);
    }
}

/// A note-on on channel 0.
pub fn on(key: u8, velocity: f32) -> EventKind {
    EventKind::NoteOn { note: NoteAddress::key(0, key), velocity }
}

/// A note-off on channel 0.
pub fn off(key: u8) -> EventKind {
    EventKind::NoteOff { notes: NoteAddress::key(0, key) }
}

/// A choke on channel 0.
pub fn choke(key: u8) -> EventKind {
    EventKind::Choke { notes: NoteAddress::key(0, key) }
}

/// The sustain pedal of a channel.
pub fn pedal(channel: u8, down: bool) -> EventKind {
    EventKind::Controller { channel, controller: 64, value: f32::from(u8::from(down)) }
}

/// The wheel of channel 0, for its range of two semitones.
pub fn bend(semitones: f32) -> EventKind {
    EventKind::PitchWheel { channel: 0, position: semitones / 2.0 }
}

/// All notes of channel 0 are released.
pub fn all_notes_off() -> EventKind {
    EventKind::Controller { channel: 0, controller: 123, value: 0.0 }
}

/// All notes of channel 0 end.
pub fn all_sound_off() -> EventKind {
    EventKind::Controller { channel: 0, controller: 120, value: 0.0 }
}

/// Controls at full level whose first knob stands at `first`; a note ends with its sound, and a mono sound stays in the middle.
pub fn point(first: f32) -> Controls {
    let (knobs, hold) = ([first, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], Hold::Gated.value());
    let mut controls = Controls { knobs, hold, gain_db: 0.0, ..Controls::default() };
    controls.voices.width = 0.0;
    controls
}
