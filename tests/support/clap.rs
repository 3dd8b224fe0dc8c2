//! A CLAP instance in a host: blocks of 128 samples at 48 kHz, each when it is due, in a real host (`clack-host`).

use std::io::Cursor;
use std::time::{Duration, Instant};

use crate::bundles::{bundle, parameter_number};
use crate::wait::PATIENCE;
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{MidiEvent, MidiSysExEvent, NoteOffEvent, NoteOnEvent, ParamValueEvent};
use clack_host::factory::plugin::PluginFactory;
use clack_host::prelude::*;

/// Rate of the host, in hertz.
pub const SAMPLE_RATE_HZ: f64 = 48_000.0;
/// Samples of a block.
pub const BLOCK_SAMPLES: usize = 128;
/// Events that the plug-in may send back in one block.
const TOLD_EVENTS: usize = 1024;

/// A host that wants nothing from the plug-in.
pub struct QuietHost;

impl HostHandlers for QuietHost {
    type Shared<'a> = ();
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

/// The entry of the built CLAP.
///
/// # Panics
/// If it has not been built or does not load.
pub fn built_entry() -> PluginEntry {
    let bundle = bundle("Heptode.clap");
    let path = if cfg!(target_os = "macos") { bundle.join("Contents/MacOS/Heptode") } else { bundle };
    // SAFETY: the library was built from this workspace and is loaded as any CLAP host loads it.
    unsafe { PluginEntry::load(path.as_os_str()) }.expect("the bundle loads")
}

/// A playing instance; the recording goes on from call to call.
pub struct TestHost {
    audio: AudioThread,
    instance: PluginInstance<QuietHost>,
}

/// What belongs to the host's audio thread.
struct AudioThread {
    processor: StartedPluginAudioProcessor<QuietHost>,
    events: EventBuffer,
    /// When the next block is due: the plug-in's worker gets no more time than when it is played live.
    due: Instant,
    /// Stands round the plug-in's part of each block.
    around: fn(&mut dyn FnMut()),
}

impl TestHost {
    /// Starts the one plug-in of an entry. `around` is called for each block and must call its argument once.
    pub fn open(entry: &PluginEntry, around: fn(&mut dyn FnMut())) -> Self {
        let factory = entry.get_factory::<PluginFactory>().expect("a plug-in factory");
        let descriptor = factory.plugin_descriptors().next().expect("a plug-in");
        assert_eq!(descriptor.name().expect("a name").to_bytes(), b"Heptode");
        let host = HostInfo::new("Heptode tests", "Heptode", "", "1").expect("names without NUL");
        let id = descriptor.id().expect("an id");
        let mut instance =
            PluginInstance::<QuietHost>::new(|()| (), |_| (), entry, id, &host).expect("the plug-in starts");
        let configuration = PluginAudioConfiguration {
            sample_rate: SAMPLE_RATE_HZ,
            min_frames_count: 1,
            max_frames_count: BLOCK_SAMPLES as u32,
        };
        let stopped = instance.activate(|(), ()| (), configuration).expect("the plug-in activates");
        let processor = stopped.start_processing().expect("processing starts");
        let audio = AudioThread { processor, events: EventBuffer::new(), due: Instant::now(), around };
        let mut host = Self { audio, instance };
        // Without what a new instance does to its first sound: in the middle, and in one zone for each key.
        ["width", "zone_crossfade"].iter().for_each(|id| host.set(id, 0.0));
        host
    }

    /// A parameter change at the start of the next block.
    pub fn set(&mut self, id: &str, value: f64) {
        let id = ClapId::new(parameter_number(id));
        self.audio.events.push(&ParamValueEvent::new(0, id, Pckn::match_all(), value));
    }

    /// A note at the start of the next block.
    pub fn note_on(&mut self, key: u16) {
        self.audio.events.push(&NoteOnEvent::new(0, Pckn::new(0_u16, 0_u16, key, 1_u32), 0.8));
    }

    /// The note's end at the start of the next block.
    pub fn note_off(&mut self, key: u16) {
        self.audio.events.push(&NoteOffEvent::new(0, Pckn::new(0_u16, 0_u16, key, 1_u32), 0.0));
    }

    /// A MIDI message at the start of the next block.
    pub fn midi(&mut self, message: [u8; 3]) {
        self.audio.events.push(&MidiEvent::new(0, 0, message));
    }

    /// A system-exclusive message at the start of the next block.
    pub fn system_exclusive(&mut self, message: &'static [u8]) {
        // SAFETY: the message lives as long as the program.
        self.audio.events.push(&unsafe { MidiSysExEvent::new(0, 0, message) });
    }

    /// Renders one channel; both must be equal and every sample finite.
    pub fn render(&mut self, length_s: f64) -> Vec<f32> {
        self.audio.render(length_s)
    }

    /// Renders on a thread of its own while states are loaded one after another on this one; how many were.
    pub fn render_while_loading(&mut self, length_s: f64, states: &[Vec<u8>]) -> (Vec<f32>, usize) {
        let (audio, instance) = (&mut self.audio, &mut self.instance);
        std::thread::scope(|scope| {
            let rendering = scope.spawn(move || audio.render(length_s));
            let mut loaded = 0;
            while !rendering.is_finished() {
                load(instance, &states[loaded % states.len()]);
                loaded += 1;
            }
            (rendering.join().expect("every block renders"), loaded)
        })
    }

    /// Plays a key for `length_s` and lets it end.
    pub fn play(&mut self, key: u16, length_s: f64) -> Vec<f32> {
        self.note_on(key);
        let samples = self.render(length_s);
        self.note_off(key);
        self.render(0.5);
        samples
    }

    /// Plays a key again and again until it sounds as wanted; that sound.
    pub fn play_until(
        &mut self,
        key: u16,
        length_s: f64,
        what: &str,
        mut fits: impl FnMut(&[f32]) -> bool,
    ) -> Vec<f32> {
        let started = Instant::now();
        loop {
            let samples = self.play(key, length_s);
            if fits(&samples) {
                return samples;
            }
            assert!(started.elapsed() < PATIENCE, "not within {} s: {what}", PATIENCE.as_secs());
        }
    }

    /// What a host would write into its project.
    pub fn save(&mut self) -> Vec<u8> {
        let mut state = Vec::new();
        let handle = self.instance.plugin_handle();
        let extension = handle.get_extension::<PluginState>().expect("the plug-in has a state");
        extension.save(&handle, &mut state).expect("the state is saved");
        state
    }

    /// Loads a state while the plug-in is active.
    pub fn load(&mut self, state: &[u8]) {
        load(&mut self.instance, state);
    }

    /// Ends the instance as a host does.
    pub fn close(mut self) {
        self.instance.deactivate(self.audio.processor.stop_processing());
    }
}

fn load(instance: &mut PluginInstance<QuietHost>, state: &[u8]) {
    let handle = instance.plugin_handle();
    let extension = handle.get_extension::<PluginState>().expect("the plug-in has a state");
    extension.load(&handle, &mut Cursor::new(state)).expect("the state is loaded");
}

impl AudioThread {
    /// Renders one channel; both must be equal and every sample finite.
    fn render(&mut self, length_s: f64) -> Vec<f32> {
        let blocks = (length_s * SAMPLE_RATE_HZ) as usize / BLOCK_SAMPLES;
        (0..blocks).flat_map(|_| self.block()).collect()
    }

    fn block(&mut self) -> [f32; BLOCK_SAMPLES] {
        self.due += Duration::from_secs_f64(BLOCK_SAMPLES as f64 / SAMPLE_RATE_HZ);
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        let mut channels = [[0.0_f32; BLOCK_SAMPLES]; 2];
        let mut ports = AudioPorts::with_capacity(2, 1);
        let mut outputs = ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(channels.iter_mut().map(|channel| channel.as_mut_slice())),
        }]);
        let mut told = EventBuffer::with_capacity(TOLD_EVENTS);
        let heard = InputEvents::from_buffer(&self.events);
        let mut told = OutputEvents::from_buffer(&mut told);
        let mut rendered = None;
        let processor = &mut self.processor;
        (self.around)(&mut || {
            rendered =
                Some(processor.process(&InputAudioBuffers::empty(), &mut outputs, &heard, &mut told, None, None));
        });
        rendered.expect("the block was asked for").expect("a block renders");
        self.events.clear();
        assert!(channels[0].iter().all(|sample| sample.is_finite()));
        assert_eq!(channels[0], channels[1], "a mono sound is the same in both channels");
        channels[0]
    }
}
