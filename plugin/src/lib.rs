//! Heptode as VST3, CLAP and a standalone program: wiring between host, engine and editor, and nothing else.
//!
//! Threads: `process` and `reset` below, [`events`] and [`project::AudioEnd`] run on the audio thread: no lock, no wait, no
//! allocation, no free, but for offline rendering, which may wait. [`editor`] runs on the main thread, [`worker`] on the job
//! thread, [`state`] on whatever thread the host calls. All else is shared by [`session::Session`] between them.

pub mod catalogue;
pub mod controllers;
pub mod editor;
pub mod endless;
pub mod events;
pub mod first_sound;
pub mod folder;
pub mod freezer;
pub mod jobs;
pub mod library;
pub mod loaded_pack;
pub mod name_order;
pub mod notices;
pub mod params;
pub mod player;
pub mod project;
pub mod reimport;
pub mod revision;
pub mod session;
pub mod state;
pub mod system_fonts;
pub mod takes;
pub mod target;
pub mod tickets;
pub mod transport;
mod vst3;
pub mod worker;

use std::sync::Arc;

use engine::audio::{POLYPHONY, Synth};
use nice_plug::prelude::*;

use crate::controllers::ControllerEnd;
use crate::editor::HeptodeEditor;
use crate::events::{Batch, Retuning, SystemMessage, translate, voice_terminated};
use crate::library::Library;
use crate::project::{AudioEnd, ProjectStore};
use crate::session::Session;
use crate::state::HostState;
use crate::transport::transport_at;

/// The instrument as the host holds it.
pub struct Heptode {
    session: Arc<Session>,
    host_state: Arc<HostState>,
    audio: AudioEnd,
    batch: Batch,
    retuning: Retuning,
    controllers: ControllerEnd,
    /// Offline rendering waits for what a live host goes on without.
    is_offline: bool,
    /// None until the pack is loaded: the instrument is then silent.
    synth: Option<Synth>,
}

impl Default for Heptode {
    fn default() -> Self {
        let (store, audio) = ProjectStore::new();
        let session = worker::open(store, Library::of_user());
        session.begin();
        let host_state = Arc::new(HostState::new(Arc::clone(&session)));
        Self {
            controllers: ControllerEnd::new(Arc::clone(&session.controllers)),
            session,
            host_state,
            audio,
            batch: Batch::new(),
            retuning: Retuning::default(),
            is_offline: false,
            synth: None,
        }
    }
}

impl Plugin for Heptode {
    const NAME: &'static str = "Heptode";
    const VENDOR: &'static str = "Heptode";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: NonZeroU32::new(2), ..AudioIOLayout::const_default() }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;
    // A VST3 host may move all 128 controllers of 16 channels in one block; beyond the capacity the framework allocates.
    const INPUT_EVENT_CAPACITY: usize = 8192;

    type Editor = HeptodeEditor;
    type SysExMessage = SystemMessage;
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.host_state.clone()
    }

    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<HeptodeEditor> {
        Some(HeptodeEditor::new(Arc::clone(&self.session)))
    }

    fn filter_state(state: &mut PluginState) {
        state::filter(state);
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        config: &BufferConfig,
        _context: &mut impl ActivateContext<Self>,
    ) -> bool {
        self.is_offline = config.process_mode == ProcessMode::Offline;
        self.session.load();
        self.session.follow_recall();
        self.synth = self.session.take_synth().or(self.synth.take());
        if let Some(synth) = &mut self.synth {
            synth.set_sample_rate(config.sample_rate);
            synth.set_offline(self.is_offline);
        }
        true
    }

    fn reset(&mut self) {
        self.batch.clear();
        self.retuning = Retuning::default();
        if let Some(synth) = &mut self.synth {
            synth.restart();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        if self.is_offline {
            self.session.follow_recall();
        }
        let [left, right] = buffer.as_slice() else { return ProcessStatus::Normal };
        let Some(synth) = &mut self.synth else {
            left.fill(0.0);
            right.fill(0.0);
            return ProcessStatus::Normal;
        };
        let scene = self.audio.scene();
        synth.set_tuning(&scene.pitches);
        let (params, map) = (&self.session.params, &scene.controllers);
        let host = params.controls(&scene);
        self.controllers.begin_block(&scene, params);
        let (mut start, end) = (0, left.len());
        loop {
            let next = || next_event(&mut self.audio, &mut self.retuning, context);
            let stop = self.batch.gather(start, end, |event| ControllerEnd::heeds(map, event), next);
            let mut controls = self.controllers.hear(map, self.batch.events(), params, host);
            let (left, right) = (left.get_mut(start..stop), right.get_mut(start..stop));
            controls.transport = transport_at(context.transport(), start);
            synth.render(self.batch.events(), &controls, left.unwrap_or_default(), right.unwrap_or_default());
            for ended in synth.ended_notes() {
                // A host that takes no events back does without.
                let _ = context.try_send_event(voice_terminated(ended, start, end));
            }
            start = stop;
            if stop == end {
                break;
            }
        }
        self.controllers.end_block();
        if synth.is_idle() { ProcessStatus::Normal } else { ProcessStatus::KeepAlive }
    }
}

/// Notes of the on-screen keyboard start with the block; then the host's events in their order.
fn next_event(
    audio: &mut AudioEnd,
    retuning: &mut Retuning,
    context: &mut impl ProcessContext<Heptode>,
) -> Option<(usize, engine::audio::EventKind)> {
    if let Some(note) = audio.next_note() {
        return Some((0, note));
    }
    if let Some(change) = retuning.next_change() {
        return Some(change);
    }
    while let Some(event) = context.next_event() {
        if let NoteEvent::MidiSysEx { timing, message } = &event {
            retuning.begin(*timing as usize, message);
            if let Some(change) = retuning.next_change() {
                return Some(change);
            }
        }
        if let Some(heard) = translate(&event, context.plugin_api()) {
            return Some(heard);
        }
    }
    None
}

impl ClapPlugin for Heptode {
    const CLAP_ID: &'static str = "org.heptode.heptode";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("Neural one-shot synthesizer");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    /// Each note may be modulated; ids tell notes of one key apart.
    const CLAP_POLY_MODULATION_CONFIG: Option<PolyModulationConfig> =
        Some(PolyModulationConfig { max_voice_capacity: POLYPHONY as u32, supports_overlapping_voices: true });
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::Instrument,
        ClapFeature::Synthesizer,
        ClapFeature::Sampler,
        ClapFeature::Drum,
        ClapFeature::Stereo,
    ];
}

impl Vst3Plugin for Heptode {
    const VST3_CLASS_ID: [u8; 16] = *b"HeptodeNeuralSyn";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Synth, Vst3SubCategory::Sampler, Vst3SubCategory::Stereo];
}

nice_export_clap!(Heptode);
