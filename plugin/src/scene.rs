//! What makes the sound and is not a parameter: the pad's four corners, the pack, the seed. And its way to the audio
//! thread.
//!
//! [`Desk`] is the main thread's and the errand thread's end: it locks and allocates. [`AudioEnd`] is the audio thread's
//! end, made together with it and moved apart: it never locks, waits, allocates or frees. Scenes cross by a triple
//! buffer (the newest wins), notes of the on-screen keyboard by a queue (none is lost while there is room; beyond that
//! the newest is refused).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::Latent;
use engine::audio::EventKind;
use engine::decode::assets::AssetTable;
use engine::pack::NamedResiduals;
use engine::params::{AssetSet, Controls};
use engine::residual::ZoneResidual;
use engine::state::{FrozenZone, PackRef, SoundState};
use parking_lot::Mutex;
use serde_json::{Map, Value};

use crate::notices::Notices;
use crate::player::Freezer;
use crate::session::{Target, is_same_pack};

/// Corners of the pad: A (0, 0), B (1, 0), C (0, 1), D (1, 1).
pub const CORNERS: usize = 4;
/// Room for two hands on the on-screen keyboard between two blocks.
const NOTE_QUEUE: usize = 256;

/// Smallest window, in points at scale 1: below it the knobs' names no longer fit.
const MIN_WIDTH: f32 = 1120.0;
const MIN_HEIGHT: f32 = 736.0;
/// Largest window, in points at scale 1: beyond it only the browser would grow.
const MAX_WIDTH: f32 = 2240.0;
const MAX_HEIGHT: f32 = 1472.0;

/// What the audio thread reads, by value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Latent points of the pad's corners, in σ.
    pub corners: [Latent; CORNERS],
    /// What the sounds bring beside their points.
    pub assets: AssetSet,
    /// Seed of all variation.
    pub seed: u64,
}

/// The editor window as the project remembers it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Width in points at scale 1.
    pub width: f32,
    /// Height in points at scale 1.
    pub height: f32,
    /// Enlargement, 1…2.
    pub scale: f32,
}

impl View {
    /// Finite and within what the editor can draw.
    pub fn limited(self) -> Self {
        let limit = |value: f32, low: f32, high: f32| if value.is_finite() { value.clamp(low, high) } else { low };
        Self {
            width: limit(self.width, MIN_WIDTH, MAX_WIDTH),
            height: limit(self.height, MIN_HEIGHT, MAX_HEIGHT),
            scale: limit(self.scale, 1.0, 2.0),
        }
    }
}

impl Default for View {
    fn default() -> Self {
        Self { width: MIN_WIDTH, height: MIN_HEIGHT, scale: 1.0 }
    }
}

/// All that a project holds beside the parameters.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The pad's corners; a name is empty until a sound was put there.
    pub corners: [SoundState; CORNERS],
    /// The sound that the knobs were last sent to, while they still stand there or its recording is still heard.
    pub knobs: Option<SoundState>,
    /// The pack that the project was made with.
    pub pack: PackRef,
    /// Seed of all variation.
    pub seed: u64,
    /// Zones frozen when the project was last saved on a machine with its pack.
    pub frozen: Vec<FrozenZone>,
    /// Fields of the state document that this version does not know.
    pub unknown: Map<String, Value>,
    /// The window, if it was ever opened.
    pub view: Option<View>,
}

impl Project {
    /// The sound that stands on a corner or on the knobs.
    pub fn sound_at(&self, target: Target) -> Option<&SoundState> {
        match target {
            Target::Corner(corner) => self.corners.get(corner),
            Target::Knobs => self.knobs.as_ref(),
        }
    }

    /// The same, to be changed.
    pub fn sound_at_mut(&mut self, target: Target) -> Option<&mut SoundState> {
        match target {
            Target::Corner(corner) => self.corners.get_mut(corner),
            Target::Knobs => self.knobs.as_mut(),
        }
    }
}

impl Scene {
    /// What the audio thread needs of a project, whose residuals go to the workers' table.
    fn of(project: &Project, home: Option<&Home>, table: &AssetTable) -> Self {
        let zones = |sound| zones(sound, home);
        let [a, b, c, d] = project.corners.each_ref().map(zones);
        let mixed = [a, b, c, d, project.knobs.as_ref().map(zones).unwrap_or_default()];
        let knobs_point = project.knobs.as_ref().map_or_else(Latent::default, |sound| sound.latent);
        let assets = table.set_residuals(mixed, knobs_point);
        Self { corners: project.corners.each_ref().map(|corner| corner.latent), assets, seed: project.seed }
    }
}

/// What the point of a sound leaves out of it: an imported one brings it along, of a sound of the loaded pack the pack knows it.
fn zones<'a>(sound: &'a SoundState, home: Option<&'a Home>) -> &'a [ZoneResidual] {
    let is_imported = sound.audio.is_some() || sound.residual.is_some() || sound.cut.is_some();
    match home.filter(|_| !is_imported) {
        Some(home) => home.residuals.at(&sound.name, &sound.latent),
        None => sound.residual.as_slice(),
    }
}

/// What the loaded pack offers to a project.
#[derive(Debug, Clone)]
pub struct Home {
    /// Id and hash.
    pub pack: PackRef,
    /// Name for people.
    pub pack_name: String,
    /// Sounds for corners that none was put on.
    pub corners: [SoundState; CORNERS],
    /// What the points of its sounds leave out of them.
    pub residuals: Arc<NamedResiduals>,
}

/// Main-thread end: the project, its messages, and the writers of both crossings.
pub struct Desk {
    project: Mutex<Project>,
    home: Mutex<Option<Home>>,
    assets: Arc<AssetTable>,
    scene: Mutex<triple_buffer::Input<Scene>>,
    notes: Mutex<rtrb::Producer<EventKind>>,
    pulse: Arc<AtomicU64>,
    freezer: Mutex<Option<Freezer>>,
    era: AtomicU64,
    recalls: AtomicU64,
    /// Held while the pack changes: a save in between would mix two packs.
    pub switching: Mutex<()>,
    /// Messages to the user.
    pub notices: Notices,
}

/// Audio-thread end.
pub struct AudioEnd {
    scene: triple_buffer::Output<Scene>,
    notes: rtrb::Consumer<EventKind>,
    pulse: Arc<AtomicU64>,
}

impl Desk {
    /// Both ends, with an empty project.
    pub fn new() -> (Arc<Self>, AudioEnd) {
        let (project, assets) = (Project::default(), Arc::<AssetTable>::default());
        let (scene_in, scene_out) = triple_buffer::triple_buffer(&Scene::of(&project, None, &assets));
        let (notes_in, notes_out) = rtrb::RingBuffer::new(NOTE_QUEUE);
        let pulse = Arc::new(AtomicU64::new(0));
        let desk = Self {
            project: Mutex::new(project),
            home: Mutex::default(),
            assets,
            scene: Mutex::new(scene_in),
            notes: Mutex::new(notes_in),
            pulse: Arc::clone(&pulse),
            freezer: Mutex::default(),
            era: AtomicU64::new(0),
            recalls: AtomicU64::new(0),
            switching: Mutex::default(),
            notices: Notices::default(),
        };
        (Arc::new(desk), AudioEnd { scene: scene_out, notes: notes_out, pulse })
    }

    /// A copy of the project.
    pub fn project(&self) -> Project {
        self.project.lock().clone()
    }

    /// Reads from the project without copying it.
    pub fn read<R>(&self, look: impl FnOnce(&Project) -> R) -> R {
        look(&self.project.lock())
    }

    /// The project as the audio thread sees it.
    pub fn scene(&self) -> Scene {
        self.scene_of(&self.project.lock())
    }

    /// The home is locked within the project, never the other way round.
    fn scene_of(&self, project: &Project) -> Scene {
        Scene::of(project, self.home.lock().as_ref(), &self.assets)
    }

    /// The assets of the project's sounds, for the workers.
    pub fn assets(&self) -> Arc<AssetTable> {
        Arc::clone(&self.assets)
    }

    /// Changes the project and sends the new scene to the audio thread.
    pub fn change<R>(&self, edit: impl FnOnce(&mut Project) -> R) -> R {
        let mut project = self.project.lock();
        let answer = edit(&mut project);
        self.scene.lock().write(self.scene_of(&project));
        answer
    }

    /// Says which pack plays from now on. [`Self::fit`] follows.
    pub fn set_home(&self, home: Home) {
        *self.home.lock() = Some(home);
    }

    /// Takes a recalled project in place of the current one. [`Self::fit`] follows once its pack was looked for.
    pub fn replace(&self, project: Project) {
        self.begin_era(|current| {
            self.recalls.fetch_add(1, Ordering::Relaxed);
            *current = project;
        });
    }

    /// Gives corners without a sound the pack's first ones. A project of another pack keeps its points, and the user is
    /// told.
    pub fn fit(&self) {
        let Some(home) = self.home.lock().clone() else { return };
        let missing = self.change(|project| {
            for (corner, first) in project.corners.iter_mut().zip(&home.corners) {
                if corner.name.is_empty() {
                    *corner = first.clone();
                }
            }
            if project.pack.id.is_empty() {
                project.pack = home.pack.clone();
            }
            let is_other = !is_same_pack(&project.pack, &home.pack);
            is_other.then(|| (project.pack.id.clone(), project.frozen.is_empty()))
        });
        if let Some((id, nothing_frozen)) = missing {
            let pack = &home.pack_name;
            self.notices.fault(if nothing_frozen {
                format!(
                    "This project was made with another pack, “{id}”; it plays with “{pack}” and may sound different."
                )
            } else {
                format!("This project was made with another pack, “{id}”; it plays the sound that was saved with it.")
            });
        }
    }

    /// Says who packs sounds for the project.
    pub fn set_freezer(&self, freezer: Freezer) {
        *self.freezer.lock() = Some(freezer);
    }

    /// The project as it is to be saved: with the zones in use as they sound at `controls`. A project of another pack keeps
    /// the zones that it came with.
    pub fn frozen_project(&self, controls: &Controls) -> Project {
        let _whole = self.switching.lock();
        let mut project = self.project();
        let is_home = self.home.lock().as_ref().is_some_and(|home| is_same_pack(&project.pack, &home.pack));
        if let Some(freezer) = self.freezer.lock().as_mut().filter(|_| is_home) {
            project.frozen = freezer.freeze(controls);
        }
        project
    }

    /// Changes to another project or another pack: what was begun before has no place in it. Says which era begins.
    pub fn begin_era<R>(&self, edit: impl FnOnce(&mut Project) -> R) -> (u64, R) {
        // Within the lock of the project: see `change_in`.
        self.change(|project| (self.era.fetch_add(1, Ordering::Relaxed) + 1, edit(project)))
    }

    /// Whether the knobs' sound has more to it than its point.
    pub fn knobs_are_recorded(&self) -> bool {
        let (project, home) = (self.project.lock(), self.home.lock());
        project.knobs.as_ref().is_some_and(|sound| !zones(sound, home.as_ref()).is_empty())
    }

    /// Changes the project unless another era has begun.
    pub fn change_in<R>(&self, era: u64, edit: impl FnOnce(&mut Project) -> R) -> Option<R> {
        self.change(|project| (self.era() == era).then(|| edit(project)))
    }

    /// Counts projects and packs; see [`Self::begin_era`].
    pub fn era(&self) -> u64 {
        self.era.load(Ordering::Relaxed)
    }

    /// Counts projects alone.
    pub fn recalls(&self) -> u64 {
        self.recalls.load(Ordering::Relaxed)
    }

    /// Puts a sound on a corner.
    pub fn set_corner(&self, corner: usize, sound: SoundState) {
        self.change(|project| project.corners[corner] = sound);
    }

    /// Counts the blocks that the audio thread has begun: a count that stands still says that the host does not process.
    pub fn pulse(&self) -> u64 {
        self.pulse.load(Ordering::Relaxed)
    }

    /// Sends a note of the on-screen keyboard; `false` if the audio thread has not fetched the earlier ones.
    pub fn play(&self, note: EventKind) -> bool {
        self.notes.lock().push(note).is_ok()
    }
}

impl AudioEnd {
    /// The newest scene, for the block that begins. Safe on the audio thread.
    pub fn scene(&mut self) -> Scene {
        self.pulse.fetch_add(1, Ordering::Relaxed);
        *self.scene.read()
    }

    /// The next note of the on-screen keyboard. Safe on the audio thread.
    pub fn next_note(&mut self) -> Option<EventKind> {
        self.notes.pop().ok()
    }
}
