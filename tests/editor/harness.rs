//! A editor for the editor without a host or a model: a still engine, a small catalogue, and a host that obeys at once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use engine::instrument::{Meters, SoundView, Status};
use engine::pack::{Control, LatentDistribution, NamedSound, PackKind, RandomPoints};
use engine::params::Controls;
use engine::presets::PresetLibrary;
use engine::state::PackRef;
use nice_plug::params::InternalParamMut;
use plugin::catalogue::Catalogue;
use plugin::editor::gestures::ParamWriter;
use plugin::editor::theme;
use plugin::editor::view::EditorView;
use plugin::library::Library;
use plugin::loaded_pack::LoadedPack;
use plugin::params::{ParamId, Parameters, Value};
use plugin::player::Player;
use plugin::project::{AudioEnd, ProjectStore};
use plugin::session::Session;
use plugin::worker;
use support::wait::PATIENCE;

/// The editor's smallest window, in points.
pub const SIZE: [f32; 2] = [1120.0, 736.0];
/// Colour distance (in YIQ, as `dify` measures it) below which two pixels are the same. Software and hardware rasterisers
/// round the edges of lines differently; this is what egui's own tests allow.
const PIXEL_TOLERANCE: f32 = 0.6;
/// Pixels that may differ all the same: edges and glyph corners. A word that moves is more than that.
const PIXELS_TOLERATED: usize = 60;

/// What the host was told, in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    /// A gesture begins.
    Begin(ParamId),
    /// A value.
    Set(ParamId, f32),
    /// A gesture ends.
    End(ParamId),
}

/// A host that sets parameters at once and remembers what it was told.
pub struct Host {
    params: Arc<Parameters>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Host {
    fn tell(&self, told: Told) {
        self.told.lock().expect("no test thread panicked").push(told);
    }
}

impl ParamWriter for Host {
    fn begin(&self, id: ParamId) {
        self.tell(Told::Begin(id));
    }

    fn set(&self, id: ParamId, normalized: f32) {
        self.tell(Told::Set(id, normalized));
        set_value(&self.params, id, normalized);
    }

    fn end(&self, id: ParamId) {
        self.tell(Told::End(id));
    }
}

fn set_value(params: &Parameters, id: ParamId, normalized: f32) {
    // SAFETY: the call is for whoever plays the framework's part, as the host here does; it touches atomics alone.
    unsafe {
        match params.get(id) {
            Value::Real(param) => param._internal_set_normalized_value(normalized),
            Value::Whole(param) => param._internal_set_normalized_value(normalized),
        };
    }
}

/// An engine that stands still: one decaying tone, three voices, the playhead at a third.
struct StillEngine {
    sound: Arc<SoundView>,
    is_playing: bool,
}

impl Player for StillEngine {
    fn source(&self) -> engine::link::SourceId {
        engine::link::SourceId(0)
    }

    fn sound(&self) -> Option<Arc<SoundView>> {
        Some(Arc::clone(&self.sound))
    }

    fn sounds(&self) -> Vec<Arc<SoundView>> {
        vec![Arc::clone(&self.sound)]
    }

    fn status(&self) -> Status {
        let playing_voices = if self.is_playing { 3 } else { 0 };
        Status { decode_ms: 8.4, playing_voices, ..Status::default() }
    }

    fn meters(&self) -> Meters {
        if self.is_playing { Meters { peak: 0.5, playhead: Some(0.31) } } else { Meters::default() }
    }

    fn preview(&self, _spec: engine::link::SoundSpec) {}

    fn play_frozen(&self, _zones: &[engine::state::FrozenZone]) -> Result<(), String> {
        Ok(())
    }

    fn play_pack(&self, _model: &Arc<dyn engine::decode::PackModel>) {}
}

fn tone() -> Arc<SoundView> {
    let rate_hz = 44_100.0f32;
    let samples = (0..88_064)
        .map(|sample| {
            let time_s = sample as f32 / rate_hz;
            let partial = |number: f32| (std::f32::consts::TAU * 130.81 * number * time_s).sin() / number;
            let body = (-2.2 * time_s).exp() * (partial(1.0) + 0.6 * partial(2.0) + 0.5 * partial(3.0)) * 0.5;
            let beat = 1.0 + 0.3 * (std::f32::consts::TAU * 5.0 * time_s).sin();
            body * beat * (time_s * 400.0).min(1.0)
        })
        .collect();
    let spec = Controls::default().spec(engine::link::SourceId(0), 48.0);
    Arc::new(SoundView { samples, channels: 1, sample_rate_hz: rate_hz, spec, generation: 1 })
}

/// Thirty sounds in six categories.
pub fn catalogue() -> Catalogue {
    let names = [
        ("Bass", ["Finger Bass", "Fretless Bass", "Slap Bass", "Synth Bass", "Upright Bass"]),
        ("Drums", ["Closed Hat", "Deep Kick", "Rim Shot", "Tight Snare", "Woodblock"]),
        ("Foley", ["Dog Bark", "Footstep on Gravel", "Gunshot", "Key Jingle", "Rain on Tin"]),
        ("Keys", ["Celesta", "Clavinet", "Electric Grand", "Grand Piano", "Music Box"]),
        ("Mallets", ["Glockenspiel", "Kalimba", "Marimba", "Tubular Bells", "Vibraphone"]),
        ("Strings", ["Cello", "Harp", "Pizzicato", "Tremolo Strings", "Violin"]),
    ];
    let sounds: Vec<NamedSound> = names
        .iter()
        .enumerate()
        .flat_map(|(group, (category, names))| {
            names.iter().enumerate().map(move |(place, name)| NamedSound {
                name: (*name).to_owned(),
                category: (*category).to_owned(),
                latent: std::array::from_fn(|axis| ((group * 7 + place * 3 + axis * 5) % 11) as f32 * 0.4 - 2.0),
                key: 60,
            })
        })
        .collect();
    let axes = ["Brightness", "Attack", "Decay", "Noise", "Harmonics", "Motion", "Body"];
    Catalogue {
        distribution: LatentDistribution::of(PackKind::Latent, &sounds),
        pack: PackRef::new("factory", "0123"),
        pack_name: "Factory".to_owned(),
        middle_root: 60,
        is_by_chance: false,
        prime_room: None,
        axes: axes.map(|name| Control { name: name.to_owned(), low: -3.0, high: 3.0, rank_correlation: None }).to_vec(),
        sounds,
    }
}

/// The editor on its editor.
pub struct EditorHarness {
    /// Drives the editor.
    pub harness: Harness<'static, EditorView>,
    /// What lies behind it.
    pub session: Arc<Session>,
    /// The audio thread's end.
    pub audio: AudioEnd,
    /// Where the user's presets lie.
    pub presets: tempfile::TempDir,
    told: Arc<Mutex<Vec<Told>>>,
}

impl EditorHarness {
    /// Opens the editor at a scale; with `is_playing`, voices sound.
    pub fn open(scale: f32, is_playing: bool) -> Self {
        Self::open_with(scale, is_playing, None, catalogue())
    }

    /// Opens the editor with a pack whose sounds chance makes.
    pub fn open_by_chance() -> Self {
        Self::open_with(1.0, false, None, Catalogue { is_by_chance: true, ..catalogue() })
    }

    /// The same with the factory's model, for imports; what is heard still comes from the still engine.
    pub fn open_with_model() -> Self {
        let model = plugin::library::factory().and_then(|factory| plugin::library::model(&factory));
        Self::open_with(1.0, false, Some(model.expect("the factory pack loads")), catalogue())
    }

    fn open_with(
        scale: f32,
        is_playing: bool,
        model: Option<Arc<dyn engine::decode::PackModel>>,
        catalogue: Catalogue,
    ) -> Self {
        let (store, audio) = ProjectStore::new();
        let presets = tempfile::tempdir().expect("a temporary folder");
        let of_user = PresetLibrary { folder: presets.path().to_owned() };
        let session = worker::open_with(store, Library { folder: PathBuf::from("no packs here") }, of_user);
        let player = Arc::new(StillEngine { sound: tone(), is_playing });
        session.install(LoadedPack { catalogue, player, model });
        let told = Arc::new(Mutex::new(Vec::new()));
        let host = Host { params: Arc::clone(&session.params), told: Arc::clone(&told) };
        let view = EditorView::new(Arc::clone(&session), Box::new(host), RandomPoints::new(1), scale);
        let mut harness = Harness::builder()
            .with_size(SIZE)
            .with_pixels_per_point(scale)
            .with_step_dt(1.0 / 30.0)
            .with_render_cursor(false)
            .with_context_setup(theme::install)
            .wgpu()
            .build_ui_state(
                |ui, view: &mut EditorView| {
                    view.show(ui);
                },
                view,
            );
        harness.run_steps(2);
        Self { harness, session, audio, presets, told }
    }

    /// Sets a parameter as a host does that automates it.
    pub fn set_by_host(&self, id: ParamId, normalized: f32) {
        set_value(&self.session.params, id, normalized);
    }

    /// Takes what the host was told.
    pub fn told(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock().expect("no test thread panicked"))
    }

    /// Presses at one place, moves in steps, and stays there.
    pub fn drag(&mut self, from: egui::Pos2, to: egui::Pos2) {
        self.harness.hover_at(from);
        self.harness.step();
        self.harness.drag_at(from);
        self.harness.step();
        for step in 1..=8 {
            self.harness.hover_at(from.lerp(to, step as f32 / 8.0));
            self.harness.step();
        }
    }

    /// Lets go.
    pub fn drop_at(&mut self, place: egui::Pos2) {
        self.harness.drop_at(place);
        self.harness.run_steps(2);
    }

    /// Steps until `done`.
    pub fn wait_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let started = std::time::Instant::now();
        while !done(self) {
            assert!(
                started.elapsed() < PATIENCE,
                "waited {} s: {what}; {:?}",
                PATIENCE.as_secs(),
                self.session.store.notices.all()
            );
            self.harness.step();
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Compares with the stored picture, within [`PIXEL_TOLERANCE`] and [`PIXELS_TOLERATED`] (times the area).
    pub fn compare(&mut self, name: &str, scale: f32) -> SnapshotResults {
        let options = SnapshotOptions::new()
            .threshold(PIXEL_TOLERANCE)
            .max_failed_pixels((PIXELS_TOLERATED as f32 * scale * scale) as usize)
            .output_path(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots"));
        self.harness.snapshot_options(name, &options);
        self.harness.take_snapshot_results()
    }
}
