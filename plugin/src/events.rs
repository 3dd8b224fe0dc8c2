//! Host events as engine events. Audio thread: no allocation after [`Batch::new`], no lock, no wait.

use engine::audio::{Event, EventKind};
use nice_plug::prelude::*;

/// Events of one call to the synth. A denser block is rendered in several calls, so none is lost.
const BATCH: usize = 512;
/// Range of the pitch wheel either way, the default of General MIDI.
const BEND_SEMITONES: f32 = 2.0;
/// Largest 14-bit value, to which the framework scales the wheel.
const BEND_STEPS: f32 = 16_383.0;

/// A batch of engine events with offsets from the start of the stretch that is rendered next.
pub struct Batch {
    events: Vec<Event>,
    waiting: Option<(usize, EventKind)>,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// Empty, with room for the fullest batch.
    pub fn new() -> Self {
        Self { events: Vec::with_capacity(BATCH), waiting: None }
    }

    /// Forgets everything. Safe on the audio thread.
    pub fn clear(&mut self) {
        self.events.clear();
        self.waiting = None;
    }

    /// The events gathered last. Safe on the audio thread.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Gathers what comes next from `source` (offset in the block, event) for the stretch from `start` on, and returns
    /// where the stretch ends: at `end`, or earlier if the batch is full. Safe on the audio thread.
    pub fn gather(
        &mut self,
        start: usize,
        end: usize,
        mut source: impl FnMut() -> Option<(usize, EventKind)>,
    ) -> usize {
        self.events.clear();
        while let Some((place, kind)) = self.waiting.take().or_else(&mut source) {
            let place = place.clamp(start, end);
            if self.events.len() == BATCH {
                self.waiting = Some((place, kind));
                return place;
            }
            self.events.push(Event { offset: place - start, kind });
        }
        end
    }
}

/// The engine's word for a host event, with its offset in the block; `None` for what the instrument does not hear.
/// Safe on the audio thread.
pub fn translate(event: &NoteEvent<()>) -> Option<(usize, EventKind)> {
    let kind = match *event {
        NoteEvent::NoteOn { key, velocity, channel, .. } => {
            EventKind::NoteOn { key: key.number()?, velocity, channel: channel.number().unwrap_or(0) }
        }
        NoteEvent::NoteOff { key, channel, .. } => match key.number() {
            Some(key) => EventKind::NoteOff { key, channel: channel.number().unwrap_or(0) },
            None => EventKind::AllNotesOff,
        },
        NoteEvent::Choke { key, channel, .. } => match key.number() {
            Some(key) => EventKind::Choke { key, channel: channel.number().unwrap_or(0) },
            None => EventKind::AllSoundOff,
        },
        NoteEvent::MidiPitchBend { value, .. } => EventKind::PitchBend { semitones: bend_semitones(value) },
        NoteEvent::MidiCC { cc: control_change::DAMPER_PEDAL, channel, value, .. } => {
            EventKind::Sustain { channel, down: value >= 0.5 }
        }
        NoteEvent::MidiCC { cc: control_change::RESET_ALL_CONTROLLERS, channel, .. } => {
            EventKind::Sustain { channel, down: false }
        }
        NoteEvent::MidiCC { cc: control_change::ALL_SOUND_OFF, .. } => EventKind::AllSoundOff,
        NoteEvent::MidiCC { cc: control_change::ALL_NOTES_OFF, .. } => EventKind::AllNotesOff,
        _ => return None,
    };
    Some((event.timing() as usize, kind))
}

/// The wheel's 0…1 in semitones. MIDI's centre, 8192 of 16383, is exactly no bend.
fn bend_semitones(wheel: f32) -> f32 {
    let from_centre = (wheel * BEND_STEPS).round() - (BEND_STEPS + 1.0) / 2.0;
    from_centre / ((BEND_STEPS + 1.0) / 2.0) * BEND_SEMITONES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheel_rests_at_zero_and_reaches_two_semitones() {
        assert_eq!(bend_semitones(8192.0 / 16_383.0), 0.0);
        assert_eq!(bend_semitones(0.0), -2.0);
        assert!((bend_semitones(1.0) - 2.0).abs() < 1e-3);
    }

    #[test]
    fn a_dense_block_is_split_and_keeps_every_event_in_order() {
        let mut batch = Batch::new();
        let total = 3 * BATCH + 7;
        let mut sent = 0;
        let mut source = || {
            let event =
                (sent < total).then_some((sent / 4, EventKind::NoteOff { key: (sent % 128) as u8, channel: 0 }));
            sent += usize::from(event.is_some());
            event
        };
        let (mut start, mut seen, end) = (0, 0, total);
        loop {
            let stop = batch.gather(start, end, &mut source);
            for event in batch.events() {
                assert_eq!(start + event.offset, seen / 4);
                seen += 1;
            }
            start = stop;
            if stop == end {
                break;
            }
        }
        assert_eq!(seen, total);
    }
}
