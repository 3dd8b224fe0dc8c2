//! Host events as engine events. Audio thread: no allocation after [`Batch::new`], no lock, no wait.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::unreachable)
)]

use engine::audio::{EndedNote, Event, EventKind, Expression, NoteAddress};
use engine::midi::wheel_position;
use engine::params::NoteModulated;
use engine::tuning::{MOST_MESSAGE_BYTES, TuningMessage};
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::*;

/// Events of one call to the synth. A denser block is rendered in several calls, so none is lost.
const BATCH: usize = 512;
/// Velocity of a note-on of CLAP that tells 0, which is a note like any other (clap/events.h). MIDI's own message, which ends a note, has become a
/// note-off before; VST3 hosts are to do the same, and where one does not, it ends its note all the same.
const LEAST_VELOCITY: f32 = 1e-4;
/// Largest 14-bit value, to which the framework scales the wheel.
const BEND_STEPS: f32 = 16_383.0;

/// A tuning message, the one kind of system-exclusive message that is heard.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemMessage(TuningMessage);

impl SysExMessage for SystemMessage {
    type Buffer = [u8; MOST_MESSAGE_BYTES];

    fn from_buffer(buffer: &[u8]) -> Option<Self> {
        TuningMessage::read(buffer).map(Self)
    }

    fn as_buffer(&self) -> (Self::Buffer, usize) {
        let (mut buffer, bytes) = ([0; MOST_MESSAGE_BYTES], self.0.bytes());
        buffer.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        (buffer, bytes.len())
    }
}

/// A tuning message whose changes go one after the other into the batch.
#[derive(Default)]
pub struct Retuning {
    message: Option<(usize, TuningMessage)>,
    next: usize,
}

impl Retuning {
    /// Takes a message that came at sample `place` of the block. Safe on the audio thread.
    pub fn begin(&mut self, place: usize, message: &SystemMessage) {
        (self.message, self.next) = (Some((place, message.0)), 0);
    }

    /// The next change, with the sample of its message. Safe on the audio thread.
    pub fn next_change(&mut self) -> Option<(usize, EventKind)> {
        let (place, message) = self.message.as_ref()?;
        let change = message.next_change(&mut self.next).map(|change| (*place, EventKind::Retune(change)));
        if change.is_none() {
            self.message = None;
        }
        change
    }
}

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
    /// where the stretch ends: at `end`, or earlier if the batch is full or an event comes with which `begins` says that a stretch begins.
    /// Safe on the audio thread.
    pub fn gather(
        &mut self,
        start: usize,
        end: usize,
        begins: impl Fn(&EventKind) -> bool,
        mut source: impl FnMut() -> Option<(usize, EventKind)>,
    ) -> usize {
        self.events.clear();
        while let Some((place, kind)) = self.waiting.take().or_else(&mut source) {
            let place = place.clamp(start, end);
            let begins_later = (start + 1..end).contains(&place) && begins(&kind);
            if self.events.len() == BATCH || begins_later {
                self.waiting = Some((place, kind));
                return place;
            }
            self.events.push(Event { offset: place - start, kind });
        }
        end
    }
}

/// The engine's event for a host event, with its offset in the block; `None` for what the instrument does not use.
/// Safe on the audio thread.
pub fn translate(event: &NoteEvent<SystemMessage>, api: PluginApi) -> Option<(usize, EventKind)> {
    match event {
        NoteEvent::PolyTuning { .. }
        | NoteEvent::PolyVolume { .. }
        | NoteEvent::PolyPan { .. }
        | NoteEvent::PolyBrightness { .. }
        | NoteEvent::PolyExpression { .. }
            if api == PluginApi::Vst3 =>
        {
            translate_as_named(&mended(event)?)
        }
        NoteEvent::NoteOn { voice_id, key, velocity, channel, .. } if api == PluginApi::Clap => {
            let note = address(*voice_id, *channel, *key);
            Some((event.timing() as usize, EventKind::NoteOn { note, velocity: velocity.max(LEAST_VELOCITY) }))
        }
        _ => translate_as_named(event),
    }
}

/// A note expression as a VST3 host means it. nice-plug 0.4.2 exchanges the types "brightness" and "expression", the latter of which is not used
/// here, and takes the key from the oldest of the notes that had the id: the id alone tells the note.
fn mended(event: &NoteEvent<SystemMessage>) -> Option<NoteEvent<SystemMessage>> {
    let (channel, key) = (Channel::Wildcard, Key::Wildcard);
    Some(match *event {
        NoteEvent::PolyTuning { timing, voice_id, tuning, .. } => {
            NoteEvent::PolyTuning { timing, voice_id, channel, key, tuning }
        }
        NoteEvent::PolyVolume { timing, voice_id, gain, .. } => {
            NoteEvent::PolyVolume { timing, voice_id, channel, key, gain }
        }
        NoteEvent::PolyPan { timing, voice_id, pan, .. } => NoteEvent::PolyPan { timing, voice_id, channel, key, pan },
        NoteEvent::PolyExpression { timing, voice_id, expression, .. } => {
            NoteEvent::PolyBrightness { timing, voice_id, channel, key, brightness: expression }
        }
        _ => return None,
    })
}

fn translate_as_named(event: &NoteEvent<SystemMessage>) -> Option<(usize, EventKind)> {
    let kind = match *event {
        NoteEvent::NoteOn { voice_id, key, velocity, channel, .. } => {
            EventKind::NoteOn { note: address(voice_id, channel, key), velocity }
        }
        NoteEvent::NoteOff { voice_id, key, channel, velocity, .. } => {
            EventKind::NoteOff { notes: address(voice_id, channel, key), velocity }
        }
        NoteEvent::Choke { voice_id, key, channel, .. } => EventKind::Choke { notes: address(voice_id, channel, key) },
        NoteEvent::PolyTuning { voice_id, key, channel, tuning, .. } => {
            expression((voice_id, channel, key), Expression::TuningSemitones, tuning)
        }
        NoteEvent::PolyVolume { voice_id, key, channel, gain, .. } => {
            expression((voice_id, channel, key), Expression::Gain, gain)
        }
        NoteEvent::PolyPan { voice_id, key, channel, pan, .. } => {
            expression((voice_id, channel, key), Expression::Pan, pan)
        }
        NoteEvent::PolyPressure { voice_id, key, channel, pressure, .. } => {
            expression((voice_id, channel, key), Expression::Pressure, pressure)
        }
        NoteEvent::PolyBrightness { voice_id, key, channel, brightness, .. } => {
            expression((voice_id, channel, key), Expression::Timbre, brightness)
        }
        NoteEvent::PolyModulation { voice_id, poly_modulation_id, normalized_offset: offset, .. } => {
            let parameter = NoteModulated::at(poly_modulation_id as usize)?;
            let notes = NoteAddress { port: None, channel: None, key: None, id: Some(voice_id) };
            EventKind::Modulate { notes, parameter, offset }
        }
        NoteEvent::MidiPitchBend { channel, value, .. } => {
            EventKind::PitchWheel { channel, position: wheel_position(wheel_steps(value)) }
        }
        NoteEvent::MidiChannelPressure { channel, pressure, .. } => EventKind::ChannelPressure { channel, pressure },
        NoteEvent::MidiCC { channel, cc, value, .. } => EventKind::Controller { channel, controller: cc, value },
        _ => return None,
    };
    Some((event.timing() as usize, kind))
}

/// What the host is told of a note that has ended in the stretch that begins at sample `start` of a block of `length_samples`.
/// A note may end with the block, one sample after the last that an event can name. Safe on the audio thread.
pub fn voice_terminated(ended: &EndedNote, start: usize, length_samples: usize) -> NoteEvent<SystemMessage> {
    let EndedNote { offset, note } = *ended;
    NoteEvent::VoiceTerminated {
        timing: u32::try_from((start + offset).min(length_samples.saturating_sub(1))).unwrap_or(u32::MAX),
        voice_id: note.id.map_or(VoiceID::Wildcard, VoiceID::ID),
        channel: note.channel.map_or(Channel::Wildcard, Channel::Number),
        key: note.key.map_or(Key::Wildcard, Key::Number),
    }
}

/// The framework names no port: notes of all ports are one.
fn address(voice_id: VoiceID, channel: Channel, key: Key) -> NoteAddress {
    NoteAddress { port: None, channel: channel.number(), key: key.number(), id: voice_id.id() }
}

fn expression((voice_id, channel, key): (VoiceID, Channel, Key), expression: Expression, value: f32) -> EventKind {
    EventKind::Expression { notes: address(voice_id, channel, key), expression, value }
}

/// The wheel's 0…1 as MIDI's own number.
fn wheel_steps(wheel: f32) -> u16 {
    (wheel * BEND_STEPS).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuning_message_becomes_its_changes_at_its_sample() {
        let bytes = [0xf0, 0x7f, 0x7f, 8, 2, 0, 2, 60, 61, 0, 0, 62, 62, 64, 0, 0xf7];
        let event = NoteEvent::<SystemMessage>::from_midi(33, &bytes).expect("a message");
        let NoteEvent::MidiSysEx { timing, message } = event else { panic!("{event:?}") };
        assert_eq!(message.as_buffer().0[..message.as_buffer().1], bytes);
        let mut retuning = Retuning::default();
        assert_eq!(retuning.next_change(), None);
        retuning.begin(timing as usize, &message);
        let changes: Vec<_> = std::iter::from_fn(|| retuning.next_change()).collect();
        let key = |key, pitch| EventKind::Retune(engine::params::Retune::Key { key, pitch, moves_notes: true });
        assert_eq!(changes, [(33, key(60, 61 << 14)), (33, key(62, 62 << 14 | 64 << 7))]);
        assert!(SystemMessage::from_buffer(&[0xf0, 0x7e, 0x7f, 9, 1, 0xf7]).is_none(), "General MIDI on");
    }

    #[test]
    fn a_note_on_without_velocity_is_a_note_in_clap_and_ends_one_in_midi() {
        let (timing, voice_id, channel, key) = (5, VoiceID::ID(7), Channel::Number(3), Key::Number(60));
        let event = NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: 0.0 };
        let heard = translate(&event, PluginApi::Clap);
        assert!(matches!(heard, Some((5, EventKind::NoteOn { velocity, .. })) if velocity > 0.0), "{heard:?}");
        let midi = NoteEvent::<SystemMessage>::from_midi(5, &[0x93, 60, 0]).expect("a message");
        assert!(matches!(translate(&midi, PluginApi::Clap), Some((5, EventKind::NoteOff { .. }))));
    }

    #[test]
    fn note_expressions_of_vst3_are_those_that_the_host_means() {
        let (timing, voice_id) = (5, VoiceID::ID(7));
        let (channel, key) = (Channel::Number(3), Key::Number(60));
        let named = NoteAddress { port: None, channel: Some(3), key: Some(60), id: Some(7) };
        let by_id = NoteAddress { port: None, channel: None, key: None, id: Some(7) };
        let bright = NoteEvent::PolyBrightness { timing, voice_id, channel, key, brightness: 0.25 };
        let expressive = NoteEvent::PolyExpression { timing, voice_id, channel, key, expression: 0.25 };
        let timbre = |notes| Some((5, EventKind::Expression { notes, expression: Expression::Timbre, value: 0.25 }));
        assert_eq!(translate(&bright, PluginApi::Clap), timbre(named));
        assert_eq!(translate(&expressive, PluginApi::Clap), None);
        assert_eq!(translate(&expressive, PluginApi::Vst3), timbre(by_id));
        assert_eq!(translate(&bright, PluginApi::Vst3), None);
        let tuning = NoteEvent::PolyTuning { timing, voice_id, channel, key, tuning: -5.0 };
        let tuned = |notes| (5, EventKind::Expression { notes, expression: Expression::TuningSemitones, value: -5.0 });
        assert_eq!(translate(&tuning, PluginApi::Vst3), Some(tuned(by_id)));
        assert_eq!(translate(&tuning, PluginApi::Clap), Some(tuned(named)));
    }

    /// What a host hands over of MIDI is what a MIDI file gives.
    #[test]
    fn every_channel_message_is_the_same_event_from_a_host_and_from_a_file() {
        use engine::midi::ChannelMessage;
        let same = |bytes: [u8; 3], message: ChannelMessage| {
            let event = NoteEvent::<SystemMessage>::from_midi(0, &bytes).expect("a message");
            assert_eq!(translate(&event, PluginApi::Clap), Some((0, message.event(bytes[0] & 15))), "{bytes:?}");
        };
        for value in 0..128 {
            let key = 127 - value;
            same([0x92, key, value.max(1)], ChannelMessage::NoteOn { key, velocity: value.max(1) });
            same([0x8f, key, value], ChannelMessage::NoteOff { key, velocity: value });
            same([0xa0, key, value], ChannelMessage::KeyPressure { key, value });
            same([0xb9, key, value], ChannelMessage::Controller { number: key, value });
            same([0xd1, value, 0], ChannelMessage::ChannelPressure { value });
            let wheel = u16::from(key) << 7 | u16::from(value);
            same([0xe4, value, key], ChannelMessage::PitchWheel { value: wheel });
        }
    }

    #[test]
    fn a_dense_block_is_split_and_keeps_every_event_in_order() {
        let mut batch = Batch::new();
        let total = 3 * BATCH + 7;
        let mut sent = 0;
        let mut source = || {
            let event = (sent < total).then_some((
                sent / 4,
                EventKind::NoteOff { notes: NoteAddress::key(0, (sent % 128) as u8), velocity: 0.0 },
            ));
            sent += usize::from(event.is_some());
            event
        };
        let (mut start, mut seen, end) = (0, 0, total);
        loop {
            let stop = batch.gather(start, end, |_| false, &mut source);
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

    #[test]
    fn a_stretch_begins_with_every_event_that_says_so() {
        let release = |key| EventKind::NoteOff { notes: NoteAddress::key(0, key), velocity: 0.0 };
        let is_sixty = |event: &EventKind| *event == release(60);
        let mut events =
            [(0, 60), (3, 1), (5, 60), (5, 60), (7, 2), (9, 60)].map(|(at, key)| (at, release(key))).into_iter();
        let mut batch = Batch::new();
        let (mut start, mut found) = (0, Vec::new());
        while start < 9 {
            let stop = batch.gather(start, 9, is_sixty, || events.next());
            found.push((start, stop, batch.events().len()));
            start = stop;
        }
        assert_eq!(found, [(0, 5, 2), (5, 9, 4)]);
    }
}
