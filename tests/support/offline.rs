//! A CLAP instance that a host bounces: a saved state is loaded, then blocks are rendered in offline mode, where the result depends
//! on nothing but state and events.

use std::io::Cursor;

use crate::clap::QuietHost;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent};
use clack_host::factory::plugin::PluginFactory;
use clack_host::prelude::*;

/// Rate of a bounce.
pub const BOUNCE_RATE_HZ: f64 = 48_000.0;
/// Samples of a block.
const BLOCK_SAMPLES: usize = 256;
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

/// Loads `state` (the framework's JSON, without the length before it) into a new instance and renders `length` samples.
///
/// # Panics
/// If the plug-in refuses any part of it.
pub fn bounce(entry: &PluginEntry, state: &[u8], notes: &[Note], length: usize) -> Bounce {
    let factory = entry.get_factory::<PluginFactory>().expect("a plug-in factory");
    let descriptor = factory.plugin_descriptors().next().expect("a plug-in");
    let host = HostInfo::new("Heptode tests", "Heptode", "", "1").expect("names without NUL");
    let id = descriptor.id().expect("an id");
    let mut instance = PluginInstance::<QuietHost>::new(|()| (), |_| (), entry, id, &host).expect("the plug-in starts");
    let handle = instance.plugin_handle();
    let mode = handle.get_extension::<PluginRender>().expect("the plug-in renders offline");
    mode.set(&handle, RenderMode::Offline).expect("offline mode is taken");
    let framed = [&(state.len() as u64).to_le_bytes()[..], state].concat();
    let states = handle.get_extension::<PluginState>().expect("the plug-in has a state");
    states.load(&handle, &mut Cursor::new(framed)).expect("the state is loaded");
    let configuration = PluginAudioConfiguration {
        sample_rate: BOUNCE_RATE_HZ,
        min_frames_count: 1,
        max_frames_count: BLOCK_SAMPLES as u32,
    };
    let stopped = instance.activate(|(), ()| (), configuration).expect("the plug-in activates");
    let mut processor = stopped.start_processing().expect("processing starts");
    let starts = (0..length).step_by(BLOCK_SAMPLES);
    let samples = starts.flat_map(|start| block(&mut processor, &due(notes, start))).take(length).collect();
    let mut saved = Vec::new();
    let handle = instance.plugin_handle();
    states.save(&handle, &mut saved).expect("the state is saved");
    instance.deactivate(processor.stop_processing());
    Bounce { samples, saved: saved.split_off(size_of::<u64>()) }
}

/// The events of the block that begins at `start`.
fn due(notes: &[Note], start: usize) -> EventBuffer {
    let block = start..start + BLOCK_SAMPLES;
    let mut events = EventBuffer::new();
    for offset in 0..BLOCK_SAMPLES {
        for note in notes.iter().filter(|note| note.end == block.start + offset) {
            events.push(&NoteOffEvent::new(offset as u32, Pckn::new(0_u16, 0_u16, note.key, 1_u32), 0.0));
        }
        for note in notes.iter().filter(|note| note.start == block.start + offset) {
            events.push(&NoteOnEvent::new(offset as u32, Pckn::new(0_u16, 0_u16, note.key, 1_u32), VELOCITY));
        }
    }
    events
}

fn block(processor: &mut StartedPluginAudioProcessor<QuietHost>, events: &EventBuffer) -> [f32; BLOCK_SAMPLES] {
    let mut channels = [[0.0_f32; BLOCK_SAMPLES]; 2];
    let mut ports = AudioPorts::with_capacity(2, 1);
    let mut outputs = ports.with_output_buffers([AudioPortBuffer {
        latency: 0,
        channels: AudioPortBufferType::f32_output_only(channels.iter_mut().map(|channel| channel.as_mut_slice())),
    }]);
    let mut told = EventBuffer::with_capacity(TOLD_EVENTS);
    let mut told = OutputEvents::from_buffer(&mut told);
    let heard = InputEvents::from_buffer(events);
    processor
        .process(&InputAudioBuffers::empty(), &mut outputs, &heard, &mut told, None, None)
        .expect("a block renders");
    channels[0]
}
