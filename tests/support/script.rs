//! A phrase with automation, played in blocks of any size as a host would.

use engine::audio::{Controls, Event, EventKind, Synth};

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

    /// Renders in blocks of `block` samples, cut at the changes of the controls.
    pub fn play(&self, synth: &mut Synth, block: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.length];
        let mut position = 0;
        while position < self.length {
            let change = self.controls.iter().map(|(at, _)| *at).find(|at| *at > position).unwrap_or(self.length);
            let host_block_end = (position / block + 1) * block;
            let end = host_block_end.min(change).min(self.length);
            self.play_piece(synth, position, &mut out[position..end]);
            position = end;
        }
        out
    }

    /// Renders one call that starts at `position`.
    pub fn play_piece(&self, synth: &mut Synth, position: usize, out: &mut [f32]) {
        let end = position + out.len();
        let here = self.events.iter().filter(|(at, _)| (position..end).contains(at));
        let events: Vec<Event> = here.map(|(at, kind)| Event { offset: at - position, kind: *kind }).collect();
        let controls = self.controls.iter().rev().find(|(at, _)| *at <= position).map(|(_, controls)| *controls);
        synth.render(&events, &controls.unwrap_or_default(), out);
    }
}

/// A note-on on channel 0.
pub fn on(key: u8, velocity: f32) -> EventKind {
    EventKind::NoteOn { key, velocity, channel: 0 }
}

/// A note-off on channel 0.
pub fn off(key: u8) -> EventKind {
    EventKind::NoteOff { key, channel: 0 }
}

/// Controls whose first knob stands at `first`.
pub fn point(first: f32) -> Controls {
    Controls { knobs: [first, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..Controls::default() }
}
