//! The built CLAP in a real host (`clack-host`), played in real time as on a stage: level, pitch, the effect of a knob.

use std::time::{Duration, Instant};

use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent, ParamValueEvent};
use clack_host::factory::plugin::PluginFactory;
use clack_host::prelude::*;
use engine::measure::pitch_offset_cents;
use engine::units::key_to_hz;
use support::bundles::{bundle, knobs, parameter_number, pitched_sound};
use support::listen::{rms_db, spectral_difference_db};

const SAMPLE_RATE_HZ: f64 = 48_000.0;
const BLOCK_SAMPLES: usize = 128;
const PITCH_TOLERANCE_CENTS: f64 = 10.0;

/// A host that wants nothing from the plug-in.
struct QuietHost;

impl HostHandlers for QuietHost {
    type Shared<'a> = ();
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

/// A playing instance; the recording goes on from call to call.
struct Stage {
    processor: StartedPluginAudioProcessor<QuietHost>,
    instance: PluginInstance<QuietHost>,
    events: EventBuffer,
    /// When the next block is due: the plug-in's worker gets no more time than on a real stage.
    due: Instant,
}

impl Stage {
    fn open() -> Self {
        let bundle = bundle("Heptode.clap");
        let path = if cfg!(target_os = "macos") { bundle.join("Contents/MacOS/Heptode") } else { bundle };
        // SAFETY: the library was built from this workspace and is loaded as any CLAP host loads it.
        let entry = unsafe { PluginEntry::load(path.as_os_str()) }.expect("the bundle loads");
        let factory = entry.get_factory::<PluginFactory>().expect("a plug-in factory");
        let descriptor = factory.plugin_descriptors().next().expect("a plug-in");
        assert_eq!(descriptor.name().expect("a name").to_bytes(), b"Heptode");
        let host = HostInfo::new("Heptode tests", "Heptode", "", "1").expect("names without NUL");
        let id = descriptor.id().expect("an id");
        let mut instance =
            PluginInstance::<QuietHost>::new(|()| (), |_| (), &entry, id, &host).expect("the plug-in starts");
        let configuration = PluginAudioConfiguration {
            sample_rate: SAMPLE_RATE_HZ,
            min_frames_count: 1,
            max_frames_count: BLOCK_SAMPLES as u32,
        };
        let stopped = instance.activate(|(), ()| (), configuration).expect("the plug-in activates");
        let processor = stopped.start_processing().expect("processing starts");
        Self { processor, instance, events: EventBuffer::new(), due: Instant::now() }
    }

    /// A parameter change at the start of the next block.
    fn set(&mut self, id: &str, value: f64) {
        let id = ClapId::new(parameter_number(id));
        self.events.push(&ParamValueEvent::new(0, id, Pckn::match_all(), value));
    }

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
        let mut told = EventBuffer::new();
        self.processor
            .process(
                &InputAudioBuffers::empty(),
                &mut outputs,
                &InputEvents::from_buffer(&self.events),
                &mut OutputEvents::from_buffer(&mut told),
                None,
                None,
            )
            .expect("a block renders");
        self.events.clear();
        assert!(channels[0].iter().all(|sample| sample.is_finite()));
        assert_eq!(channels[0], channels[1], "a mono sound is the same in both channels");
        channels[0]
    }

    fn play(&mut self, key: u16, length_s: f64) -> Vec<f32> {
        let note = Pckn::new(0_u16, 0_u16, key, 1_u32);
        self.events.push(&NoteOnEvent::new(0, note, 0.8));
        let samples = self.render(length_s);
        self.events.push(&NoteOffEvent::new(0, note, 0.0));
        self.render(0.5);
        samples
    }

    fn close(mut self) {
        self.instance.deactivate(self.processor.stop_processing());
    }
}

#[test]
fn notes_sound_at_their_pitch_and_a_knob_changes_them() {
    let mut stage = Stage::open();
    let sound = knobs(&pitched_sound());
    sound.iter().for_each(|(id, value)| stage.set(id, *value));
    stage.render(0.5);
    // Twice: the zone of a key is decoded when the key is first played.
    stage.play(69, 0.5);
    let mut middle_c = Vec::new();
    for key in [69_u16, 60] {
        let samples = stage.play(key, 1.0);
        let level_db = rms_db(&samples);
        assert!((-40.0..0.0).contains(&level_db), "key {key}: {level_db} dB");
        let steady = &samples[(0.1 * SAMPLE_RATE_HZ) as usize..];
        let cents = pitch_offset_cents(steady, SAMPLE_RATE_HZ, key_to_hz(f64::from(key))).expect("a pitch");
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "key {key} is {cents:+.1} cents off");
        middle_c = samples;
    }
    stage.set("z1", if sound[0].1 < 0.5 { 0.85 } else { 0.15 });
    stage.render(0.5);
    let changed = stage.play(60, 1.0);
    let difference = spectral_difference_db(&middle_c, &changed, SAMPLE_RATE_HZ as f32);
    assert!(difference > 1.0, "z1 changes the sound by {difference} dB only");
    stage.close();
}
