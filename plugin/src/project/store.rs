//! The one place that knows the newest snapshot of the project. Main, host and job threads: it locks and allocates; never
//! the audio thread.
//!
//! A document that a host hands over waits in a slot of its own, which is filled without a lock ([`ProjectStore::hand_over`]),
//! and is taken over by whoever next looks at the project: nobody can see the project from before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use engine::audio::EventKind;
use engine::decode::assets::AssetTable;
use engine::scene::recorded_of;
use engine::state::StateDocument;
use parking_lot::{Mutex, MutexGuard};

use super::{AudioEnd, AudioScene, Edit, Fitted, History, PackDefaults, Project, ProjectChange, View};
use crate::notices::{Notices, Offer};
use crate::revision::Revision;

/// Notes of the on-screen keyboard between two blocks: far more than two hands play in the longest block.
const NOTE_QUEUE: usize = 256;

/// A project, and the revision that it belongs to.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The project.
    pub project: Arc<Project>,
    /// Its revision.
    pub revision: Revision,
}

/// The newest snapshot, its messages, and the writers of both ways to the audio thread.
pub struct ProjectStore {
    newest: Mutex<Snapshot>,
    /// Locked within the project, never the other way round.
    history: Mutex<History>,
    pack_defaults: Mutex<Option<PackDefaults>>,
    assets: Arc<AssetTable>,
    scene: Mutex<triple_buffer::Input<AudioScene>>,
    notes: Mutex<rtrb::Producer<EventKind>>,
    pulse: Arc<AtomicU64>,
    /// The document that was handed over last and that nobody has seen yet, or why it cannot be read.
    handed_over: ArrayQueue<Result<Box<StateDocument>, String>>,
    hand_overs: AtomicU64,
    /// Messages to the user.
    pub notices: Notices,
}

impl ProjectStore {
    /// The store and the audio thread's end, with an empty project, whose controls follow the sounds that are chosen.
    pub fn new() -> (Arc<Self>, AudioEnd) {
        let project = Arc::new(Project { fitted: Some(Fitted::default()), ..Project::default() });
        let (newest, assets) = (Snapshot { project, ..Snapshot::default() }, Arc::<AssetTable>::default());
        let (scene_in, scene_out) = triple_buffer::triple_buffer(&AudioScene::of(&newest.project, 0, None, &assets));
        let (notes_in, notes_out) = rtrb::RingBuffer::new(NOTE_QUEUE);
        let pulse = Arc::new(AtomicU64::new(0));
        let store = Self {
            newest: Mutex::new(newest),
            history: Mutex::default(),
            pack_defaults: Mutex::default(),
            assets,
            scene: Mutex::new(scene_in),
            notes: Mutex::new(notes_in),
            pulse: Arc::clone(&pulse),
            handed_over: ArrayQueue::new(1),
            hand_overs: AtomicU64::new(0),
            notices: Notices::default(),
        };
        (Arc::new(store), AudioEnd { scene: scene_out, notes: notes_out, pulse })
    }

    /// Puts a document aside, or why it cannot be read: the project of whoever looks next. The newest wins. Takes no lock and
    /// does not wait, whoever holds the project.
    pub fn hand_over(&self, document: Result<Box<StateDocument>, String>) {
        drop(self.handed_over.force_push(document));
        self.hand_overs.fetch_add(1, Ordering::Release);
    }

    /// Counts documents that were handed over.
    pub fn hand_overs(&self) -> u64 {
        self.hand_overs.load(Ordering::Acquire)
    }

    /// The newest snapshot, after what was handed over was taken in.
    fn newest(&self) -> MutexGuard<'_, Snapshot> {
        let mut newest = self.newest.lock();
        while let Some(handed_over) = self.handed_over.pop() {
            match handed_over {
                Ok(document) => self.publish(&mut newest, Edit::Recall(document)),
                Err(reason) => self.notices.fault(reason),
            }
        }
        newest
    }

    fn publish(&self, newest: &mut Snapshot, edit: Edit) {
        newest.revision = edit.revise(newest.revision);
        let (role, before) = (edit.role(), Arc::clone(&newest.project));
        newest.project = Arc::new(edit.apply(&before));
        self.history.lock().record(role, before, Arc::clone(&newest.project));
        self.scene.lock().write(self.scene_of(newest));
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Snapshot {
        self.newest().clone()
    }

    /// The newest project.
    pub fn project(&self) -> Arc<Project> {
        Arc::clone(&self.newest().project)
    }

    /// The revision of the newest project.
    pub fn revision(&self) -> Revision {
        self.newest().revision
    }

    /// Makes the next snapshot and sends its scene to the audio thread; the new revision.
    pub fn apply(&self, edit: Edit) -> Revision {
        let mut newest = self.newest();
        self.publish(&mut newest, edit);
        newest.revision
    }

    /// Makes the next snapshot by the edit that `plan` finds fitting, if any; nothing changes meanwhile. `plan` must not
    /// use the store.
    pub fn apply_if(&self, plan: impl FnOnce(&Snapshot) -> Option<Edit>) -> Option<Revision> {
        let mut newest = self.newest();
        let edit = plan(&newest)?;
        self.publish(&mut newest, edit);
        Some(newest.revision)
    }

    /// Undo and redo, after what was handed over was taken in. `look` must not use the store.
    pub fn history<T>(&self, look: impl FnOnce(&mut History) -> T) -> T {
        let _newest = self.newest();
        look(&mut self.history.lock())
    }

    /// Gives the fields that a change touched their values after it. A change of packs counts as a document that was handed over: the
    /// job thread is to take the project's pack.
    pub fn restore(&self, change: ProjectChange) {
        let moves_pack = change.moves_pack();
        self.apply(Edit::Restore(change));
        if moves_pack {
            self.hand_overs.fetch_add(1, Ordering::Release);
        }
    }

    /// Takes the project of a preset as one step. It counts as a document that was handed over: the job thread is to take its pack.
    pub fn load_preset(&self, name: String, document: StateDocument) -> Revision {
        let revision = self.apply(Edit::LoadPreset { name, document: Box::new(document) });
        self.hand_overs.fetch_add(1, Ordering::Release);
        revision
    }

    /// Remembers a change of the editor's window.
    pub fn change_view(&self, change: impl FnOnce(&mut View)) {
        self.apply_if(|newest| {
            let mut view = newest.project.view.unwrap_or_default();
            change(&mut view);
            Some(Edit::SetView(view))
        });
    }

    /// The newest project as the audio thread sees it.
    pub fn scene(&self) -> AudioScene {
        self.scene_of(&self.newest())
    }

    /// The pack's defaults are locked within the project, never the other way round.
    fn scene_of(&self, newest: &Snapshot) -> AudioScene {
        let recalls = newest.revision.recalls;
        AudioScene::of(&newest.project, recalls, self.pack_defaults.lock().as_ref(), &self.assets)
    }

    /// The assets of the project's sounds, for the workers.
    pub fn assets(&self) -> Arc<AssetTable> {
        Arc::clone(&self.assets)
    }

    /// Says which pack plays from now on. [`Self::fit`] follows.
    pub fn set_pack_defaults(&self, defaults: PackDefaults) {
        *self.pack_defaults.lock() = Some(defaults);
    }

    /// Gives corners without a sound the pack's first ones. A project of another pack keeps its points, and the user is told.
    pub fn fit(&self) {
        let Some(defaults) = self.pack_defaults.lock().clone() else { return };
        let corners = defaults.corners.map(Arc::new);
        self.apply(Edit::FillFromPack { pack: defaults.pack.clone(), corners });
        let project = self.project();
        if project.pack.is_same(&defaults.pack) {
            return;
        }
        let (id, pack) = (&project.pack.id, &defaults.pack_name);
        self.notices.fault(if project.frozen.is_empty() {
            format!("This project was made with another pack, “{id}”; it plays with “{pack}” and may sound different.")
        } else {
            format!("This project was made with another pack, “{id}”; it plays the sound that was saved with it.")
        });
    }

    /// Whether the knobs' sound has more to it than its point.
    pub fn knobs_are_recorded(&self) -> bool {
        let (project, defaults) = (self.project(), self.pack_defaults.lock());
        project
            .knobs
            .as_ref()
            .is_some_and(|sound| !recorded_of(sound, defaults.as_ref().map(|pack| &*pack.residuals)).is_nothing())
    }

    /// Whether the sound of an offer still stands where it went.
    pub fn offer_stands(&self, offer: &Offer) -> bool {
        let newest = self.snapshot();
        let sound = newest.project.sound_at(offer.target);
        newest.revision == offer.revision
            && sound.is_some_and(|sound| sound.audio.is_some() && sound.name == offer.name)
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
