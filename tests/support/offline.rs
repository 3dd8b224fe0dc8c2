//! A CLAP instance that a host bounces: blocks are rendered in offline mode, where the result depends on nothing but state and
//! events.

use std::io::Cursor;
use std::ops::Range;

use crate::clap::QuietHost;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteEndEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent,
    ParamModEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::{EventFlags, EventHeader};
use clack_host::factory::plugin::PluginFactory;
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};
use engine::params::Transport;

/// Rate of a bounce.
pub const BOUNCE_RATE_HZ: f64 = 48_000.0;
/// Samples of a block.
pub const BLOCK_SAMPLES: usize = 256;
/// Events that the plug-in may send back in one block.
const TOLD_EVENTS: usize = 1024;
/// Velocity of every note.
const VELOCITY: f64 = 0.8;

/// A note by its place in the bounce.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// MIDI key.
    pub key: u16,
    /// First sample.
    pub start: usize,
    /// Sample at which the key is let go.
    pub end: usize,
}

/// What a bounce gave.
#[derive(Debug)]
pub struct Bounce {
    /// The left channel.
    pub samples: Vec<f32>,
    /// The state that the plug-in saves afterwards, as the framework writes it behind its length.
    pub saved: Vec<u8>,
}

/// An event that a host sends.
#[derive(Clone, Copy, Debug)]
pub enum HostEvent {
    /// A note begins, with the velocity of every note.
    NoteOn(Pckn),
    /// Notes are released.
    NoteOff(Pckn),
    /// Notes end without their release.
    Choke(Pckn),
    /// A note expression with its value in CLAP's units.
    Expression(Pckn, NoteExpressionType, f64),
    /// What is added to a parameter, given by its number, on 0…1.
    Modulation(Pckn, u32, f64),
    /// A MIDI message.
    Midi([u8; 3]),
    /// A parameter's number and its normalised value.
    Parameter(u32, f64),
}

/// What an [`OfflineHost`] heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The left channel.
    pub left: Vec<f32>,
    /// The right channel.
    pub right: Vec<f32>,
    /// Sample and address of each note whose end the plug-in told.
    pub ended: Vec<(usize, Pckn)>,
}

/// A plug-in that renders offline, block after block.
pub struct OfflineHost {
    processor: StartedPluginAudioProcessor<QuietHost>,
    instance: PluginInstance<QuietHost>,
}

/// Loads `state` (the framework's JSON, without the length before it) into a new instance and renders `length` samples.
///
/// # Panics
/// If the plug-in refuses any part of it.
pub fn bounce(entry: &PluginEntry, state: &[u8], notes: &[Note], length: usize) -> Bounce {
    let name = |note: &Note| Pckn::new(0_u16, 0_u16, note.key, 1_u32);
    let ends = notes.iter().map(|note| (note.end, HostEvent::NoteOff(name(note))));
    let starts = notes.iter().map(|note| (note.start, HostEvent::NoteOn(name(note))));
    // At one sample, notes end before others begin.
    let events: Vec<_> = ends.chain(starts).collect();
    let mut host = OfflineHost::open(entry, Some(state));
    let samples = host.render(&events, length).left;
    Bounce { samples, saved: host.close() }
}

impl OfflineHost {
    /// Starts the one plug-in of an entry; with `state` (the framework's JSON, without the length before it) if there is one.
    ///
    /// # Panics
    /// If the plug-in refuses any part of it.
    pub fn open(entry: &PluginEntry, state: Option<&[u8]>) -> Self {
        let factory = entry.get_factory::<PluginFactory>().expect("a plug-in factory");
        let descriptor = factory.plugin_descriptors().next().expect("a plug-in");
        let host = HostInfo::new("Heptode tests", "Heptode", "", "1").expect("names without NUL");
        let id = descriptor.id().expect("an id");
        let mut instance =
            PluginInstance::<QuietHost>::new(|()| (), |_| (), entry, id, &host).expect("the plug-in starts");
        let handle = instance.plugin_handle();
        let mode = handle.get_extension::<PluginRender>().expect("the plug-in renders offline");
        mode.set(&handle, RenderMode::Offline).expect("offline mode is taken");
        if let Some(state) = state {
            let framed = [&(state.len() as u64).to_le_bytes()[..], state].concat();
            let states = handle.get_extension::<PluginState>().expect("the plug-in has a state");
            states.load(&handle, &mut Cursor::new(framed)).expect("the state is loaded");
        }
        let configuration = PluginAudioConfiguration {
            sample_rate: BOUNCE_RATE_HZ,
            min_frames_count: 1,
            max_frames_count: BLOCK_SAMPLES as u32,
        };
        let stopped = instance.activate(|(), ()| (), configuration).expect("the plug-in activates");
        let processor = stopped.start_processing().expect("processing starts");
        Self { processor, instance }
    }

    /// Renders `length` samples. Events are named by their sample from the start of this call; those of one sample are sent in the
    /// order given.
    ///
    /// # Panics
    /// If a block does not render.
    pub fn render(&mut self, events: &[(usize, HostEvent)], length: usize) -> Recording {
        self.render_in_time(events, length, |_| None)
    }

    /// The same with what the host tells of tempo and position at each block's first sample.
    ///
    /// # Panics
    /// If a block does not render.
    pub fn render_in_time(
        &mut self,
        events: &[(usize, HostEvent)],
        length: usize,
        transport: impl Fn(usize) -> Option<Transport>,
    ) -> Recording {
        let mut recording = Recording { left: Vec::new(), right: Vec::new(), ended: Vec::new() };
        for start in (0..length).step_by(BLOCK_SAMPLES) {
            let time = transport(start).map(told);
            self.block(events, start..length.min(start + BLOCK_SAMPLES), time.as_ref(), &mut recording);
        }
        recording
    }

    /// Resets the plug-in, as a host does that has stopped processing for a while.
    pub fn restart(&mut self) {
        self.processor.reset();
    }

    /// Ends the instance and gives the state that it saved before, without the length that the framework writes before it.
    ///
    /// # Panics
    /// If the plug-in does not save.
    pub fn close(mut self) -> Vec<u8> {
        let mut saved = Vec::new();
        let handle = self.instance.plugin_handle();
        let states = handle.get_extension::<PluginState>().expect("the plug-in has a state");
        states.save(&handle, &mut saved).expect("the state is saved");
        self.instance.deactivate(self.processor.stop_processing());
        saved.split_off(size_of::<u64>())
    }

    fn block(
        &mut self,
        events: &[(usize, HostEvent)],
        samples: Range<usize>,
        time: Option<&TransportEvent>,
        recording: &mut Recording,
    ) {
        let (start, length) = (samples.start, samples.len());
        let mut channels = [[0.0_f32; BLOCK_SAMPLES]; 2];
        let mut ports = AudioPorts::with_capacity(2, 1);
        let mut outputs = ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(channels.iter_mut().map(|channel| &mut channel[..length])),
        }]);
        let mut told = EventBuffer::with_capacity(TOLD_EVENTS);
        let mut told_events = OutputEvents::from_buffer(&mut told);
        let due = due(events, start, length);
        let heard = InputEvents::from_buffer(&due);
        self.processor
            .process(&InputAudioBuffers::empty(), &mut outputs, &heard, &mut told_events, None, time)
            .expect("a block renders");
        recording.left.extend(&channels[0][..length]);
        recording.right.extend(&channels[1][..length]);
        let ends = told.iter().filter_map(|event| event.as_event::<NoteEndEvent>());
        recording.ended.extend(ends.map(|end| (start + end.header().time() as usize, end.pckn())));
    }
}

/// What a host tells that runs.
fn told(transport: Transport) -> TransportEvent {
    let nowhere = (BeatTime::from_int(0), SecondsTime::from_int(0));
    let position = transport
        .beat
        .map_or(TransportFlags::empty(), |_| TransportFlags::IS_PLAYING | TransportFlags::HAS_BEATS_TIMELINE);
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags: TransportFlags::HAS_TEMPO | position,
        song_pos_beats: BeatTime::from_float(transport.beat.unwrap_or_default()),
        song_pos_seconds: nowhere.1,
        tempo: transport.tempo_bpm,
        tempo_inc: 0.0,
        loop_start_beats: nowhere.0,
        loop_end_beats: nowhere.0,
        loop_start_seconds: nowhere.1,
        loop_end_seconds: nowhere.1,
        bar_start: nowhere.0,
        bar_number: 0,
        time_signature_numerator: 0,
        time_signature_denominator: 0,
    }
}

/// The events of the block of `length` samples that begins at `start`, by sample.
fn due(events: &[(usize, HostEvent)], start: usize, length: usize) -> EventBuffer {
    let mut here: Vec<_> = events.iter().filter(|(at, _)| (start..start + length).contains(at)).collect();
    here.sort_by_key(|(at, _)| *at);
    let mut buffer = EventBuffer::new();
    here.iter().for_each(|(at, event)| event.push_to(&mut buffer, (at - start) as u32));
    buffer
}

impl HostEvent {
    fn push_to(self, buffer: &mut EventBuffer, time: u32) {
        match self {
            HostEvent::NoteOn(note) => buffer.push(&NoteOnEvent::new(time, note, VELOCITY)),
            HostEvent::NoteOff(notes) => buffer.push(&NoteOffEvent::new(time, notes, 0.0)),
            HostEvent::Choke(notes) => buffer.push(&NoteChokeEvent::new(time, notes)),
            HostEvent::Expression(notes, expression, value) => {
                buffer.push(&NoteExpressionEvent::new(time, notes, expression, value));
            }
            HostEvent::Modulation(notes, number, amount) => {
                buffer.push(&ParamModEvent::new(time, ClapId::new(number), notes, amount));
            }
            HostEvent::Midi(data) => buffer.push(&MidiEvent::new(time, 0, data)),
            HostEvent::Parameter(number, value) => {
                buffer.push(&ParamValueEvent::new(time, ClapId::new(number), Pckn::match_all(), value));
            }
        }
    }
}
