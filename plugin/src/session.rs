//! What the threads of host, editor and jobs share of one instrument: parameters, project, loaded pack, jobs and news.
//! Never touched by `process` of a live host.

mod endless;
mod packs;
mod presets;
mod saving;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use engine::Latent;
use engine::audio::Synth;
use engine::decode::Pipeline;
use engine::presets::{PresetLibrary, PresetListing};
use engine::state::{FrozenZone, SoundState, StateDocument};
use parking_lot::Mutex;

use crate::controllers::ControllerLink;
use crate::endless::EndlessWork;
use crate::first_sound::{self, FirstSound};
use crate::folder::Listing;
use crate::freezer::ZoneFreezer;
use crate::jobs::{Job, JobThread};
use crate::library::{Library, PackEntry};
use crate::loaded_pack::LoadedPack;
use crate::params::{ParamId, Parameters};
use crate::project::{Edit, Fitted, PresetBase, Project, ProjectChange, ProjectStore, of_category};
use crate::reimport::{Survey, is_still};
use crate::revision::Revision;
use crate::takes::TakeExport;
use crate::target::{CORNERS, KnobsMove, Target};
use crate::tickets::{PendingChanges, Tickets};

pub use presets::PresetTitle;

/// The amount of the route by which pressure gives vibrato in a new instance, and its depth: that of the wheel.
const PRESSURE_VIBRATO: &str = "route2";
const PRESSURE_DEPTH: f32 = 0.02;

/// Runs a job on the job thread, with the pipeline that the thread keeps.
pub type JobHandler = fn(Job, &Arc<Session>, &mut Option<Pipeline>);

/// What the engine's instance is fed from.
#[derive(Debug, Default)]
enum Playing {
    /// There is no instance yet.
    #[default]
    Nothing,
    /// The pack with this hash.
    Pack(String),
    /// The zones of a project whose pack is missing, shared with that project.
    Frozen(Arc<Vec<FrozenZone>>),
}

/// The project when a pack was left, and where the knobs stood.
struct LeftPack {
    project: Arc<Project>,
    point: Latent,
}

/// News for the editor, which alone may write parameters.
pub enum Outcome {
    /// Send the knobs to this sound, unless another project or pack is there by now.
    KnobsTo(Arc<SoundState>, Revision),
    /// Let the knobs follow their sound, and leave all else as it is.
    KnobsMoved(KnobsMove),
    /// What an imported sound was cut out of, or why that cannot be seen; with the ticket of the question.
    Surveyed(u64, Result<Survey, String>),
    /// Set all parameters to these values in their own units, unless another project or pack is there by now.
    ParametersTo(Vec<f32>, Revision),
    /// A folder was listed.
    Listed(Listing),
    /// The packs that can be loaded.
    Packs(Vec<PackEntry>),
    /// All presets.
    Presets(PresetListing),
}

/// One instrument, as all but the audio thread see it.
pub struct Session {
    /// Parameters.
    pub params: Arc<Parameters>,
    /// Learned MIDI controllers.
    pub controllers: Arc<ControllerLink>,
    /// Project, messages, and the way to the audio thread.
    pub store: Arc<ProjectStore>,
    /// Where packs are looked for.
    pub library: Library,
    /// Where presets are looked for and kept.
    pub presets: PresetLibrary,
    /// Tickets of requests for the outline of the file that a sound was cut out of.
    pub surveys: Tickets,
    /// The takes that are being written to files.
    pub take_export: TakeExport,
    region_changes: [Tickets; CORNERS + 1],
    pending_changes: [PendingChanges; CORNERS + 1],
    /// Held while a pack is loaded or looked for.
    loading: Mutex<()>,
    /// Held while project and engine move to another pack: a save in between would put sounds of the one under the name of the
    /// other.
    pack_change: Mutex<()>,
    loaded: Mutex<Option<Arc<LoadedPack>>>,
    freezer: Mutex<Option<ZoneFreezer>>,
    synth: Mutex<Option<Synth>>,
    playing: Mutex<Playing>,
    /// Whether [`Self::playing`] holds frozen zones.
    plays_frozen: AtomicBool,
    /// By the hash of the pack that was left.
    left_packs: Mutex<HashMap<String, LeftPack>>,
    /// How many of the documents that were handed over have had their pack looked for.
    followed: AtomicU64,
    /// The preset that the project came from, as it was then.
    preset_base: Mutex<Option<PresetBase>>,
    outcomes: Mutex<Vec<Outcome>>,
    waiting_jobs: AtomicUsize,
    handler: JobHandler,
    jobs: JobThread,
    endless: EndlessWork,
}

impl Session {
    /// With no pack loaded; `handler` does its jobs.
    pub fn new(store: Arc<ProjectStore>, library: Library, presets: PresetLibrary, handler: JobHandler) -> Arc<Self> {
        Arc::new(Self {
            params: Arc::new(Parameters::new()),
            controllers: Arc::default(),
            store,
            library,
            presets,
            surveys: Tickets::default(),
            take_export: TakeExport::default(),
            region_changes: Default::default(),
            pending_changes: Default::default(),
            loading: Mutex::default(),
            pack_change: Mutex::default(),
            loaded: Mutex::default(),
            freezer: Mutex::default(),
            synth: Mutex::default(),
            playing: Mutex::default(),
            plays_frozen: AtomicBool::new(false),
            left_packs: Mutex::default(),
            followed: AtomicU64::new(0),
            preset_base: Mutex::default(),
            outcomes: Mutex::default(),
            waiting_jobs: AtomicUsize::new(0),
            handler,
            jobs: JobThread::default(),
            endless: EndlessWork::default(),
        })
    }

    /// Puts the knobs of a new instance at its first sound and what follows that where it fits, and gives pressure vibrato. Only before a host sees the parameters.
    pub fn begin(&self) {
        if let Some(amount) = ParamId::named(PRESSURE_VIBRATO) {
            self.params.begin_at(amount, PRESSURE_DEPTH);
        }
        let Some(FirstSound { sound, category }) = first_sound::on_knobs() else { return };
        for (axis, &sigma) in sound.latent.iter().enumerate() {
            self.params.begin_at(ParamId::latent(axis), sigma);
        }
        let fit = of_category(category, &sound.name);
        let (fitted, moves) = Fitted::default().plan(&fit, |id, value| id.spec().default == value);
        moves.into_iter().for_each(|(id, value)| self.params.begin_at(id, value));
        self.store.apply(Edit::Begin { sound: Arc::new(sound.clone()), fitted });
    }

    /// Puts a recalled document aside, or why it cannot be read; the job thread takes its pack. Takes no lock, waits for
    /// nobody and touches no file, on whatever thread the host calls.
    pub fn hand_over(&self, document: Result<Box<StateDocument>, String>) {
        self.store.hand_over(document);
        self.jobs.wake();
    }

    /// Takes a step of the project back or again; the job thread takes its pack if that is another one.
    pub fn restore(&self, change: ProjectChange) {
        self.store.restore(change);
        self.jobs.wake();
    }

    /// The synth that belongs to the loaded pack, once: for the audio thread.
    pub fn take_synth(&self) -> Option<Synth> {
        self.synth.lock().take()
    }

    /// The loaded pack, if any.
    pub fn loaded_pack(&self) -> Option<Arc<LoadedPack>> {
        self.loaded.lock().clone()
    }

    /// Puts `sound`, at `point`, in the place of `before` if that, however it is cut, still stands there in the same revision.
    pub fn replace_sound(
        &self,
        revision: Revision,
        target: Target,
        before: &SoundState,
        sound: SoundState,
        point: Latent,
    ) {
        let mut left = None;
        self.store.apply_if(|newest| {
            let now = newest.project.sound_at(target).filter(|now| is_still(now, before))?;
            left = Some(now.latent);
            (newest.revision == revision).then(|| Edit::ReplaceSound { target, sound: Arc::new(sound) })
        });
        if target == Target::Knobs && left.is_some() && self.store.revision() == revision {
            self.let_knobs_follow(revision, left, point);
        }
    }

    /// Asks the editor to put the knobs at a point of their sound, which `left` another one.
    fn let_knobs_follow(&self, revision: Revision, left: Option<Latent>, point: Latent) {
        let stood = self.knobs();
        self.deliver(Outcome::KnobsMoved(KnobsMove { revision, stood, left: left.unwrap_or(stood), point }));
    }

    /// Where the host has the knobs, in σ.
    fn knobs(&self) -> Latent {
        std::array::from_fn(|axis| self.params.get(ParamId::latent(axis)).plain())
    }

    /// The tickets of changes of region or key of the sound on a corner or on the knobs.
    pub fn region_changes(&self, target: Target) -> &Tickets {
        &self.region_changes[target.index()]
    }

    /// What is pending for the sound on a corner or on the knobs.
    pub fn pending_changes(&self, target: Target) -> &PendingChanges {
        &self.pending_changes[target.index()]
    }

    /// Puts work in line for the job thread.
    pub fn run(self: &Arc<Self>, job: Job) {
        if !self.start_jobs() {
            return self.store.notices.fault("The system gives no thread for the work; try again later.");
        }
        self.waiting_jobs.fetch_add(1, Ordering::AcqRel);
        if let Some(target) = job.target() {
            self.pending_changes(target).begin(job.choice());
        }
        self.jobs.send(job);
    }

    /// Starts the job thread unless it runs; `false` if the system gives none.
    fn start_jobs(self: &Arc<Self>) -> bool {
        let (session, handler, mut pipeline) = (Arc::downgrade(self), self.handler, None);
        self.jobs.start(move |job| {
            let Some(session) = session.upgrade() else { return false };
            let target = job.as_ref().and_then(Job::target);
            let is_job = job.is_some();
            let work = std::panic::AssertUnwindSafe(|| {
                session.follow_recall();
                if let Some(job) = job {
                    handler(job, &session, &mut pipeline);
                }
                session.prepare_save();
            });
            if std::panic::catch_unwind(work).is_err() {
                session.store.notices.fault("Something went wrong inside Heptode; the job was stopped. Save under another name if something looks wrong.");
            }
            if is_job {
                session.job_done(target);
            }
            true
        })
    }

    fn job_done(&self, target: Option<Target>) {
        if let Some(target) = target {
            self.pending_changes(target).end();
        }
        self.waiting_jobs.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether jobs are running or waiting, a recalled project's pack among them.
    pub fn is_busy(&self) -> bool {
        self.waiting_jobs.load(Ordering::Acquire) > 0 || (self.loaded.lock().is_some() && self.has_recall())
    }

    /// Puts a sound where it belongs: a corner at once, the knobs when the editor next looks; `false` in another revision.
    pub fn place(&self, revision: Revision, target: Target, sound: SoundState) -> bool {
        let sound = Arc::new(sound);
        match target {
            Target::Corner(corner) => self
                .store
                .apply_if(|newest| (newest.revision == revision).then_some(Edit::SetCorner { corner, sound }))
                .is_some(),
            Target::Knobs => {
                let is_here = self.store.revision() == revision;
                if is_here {
                    self.deliver(Outcome::KnobsTo(sound, revision));
                }
                is_here
            }
        }
    }

    /// Leaves news for the editor.
    pub fn deliver(&self, outcome: Outcome) {
        self.outcomes.lock().push(outcome);
    }

    /// Takes the news.
    pub fn take_outcomes(&self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes.lock())
    }
}
