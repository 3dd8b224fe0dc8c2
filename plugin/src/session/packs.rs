//! Which pack plays: loading it, moving the project to it, and following a recalled project. Host and job threads; it reads
//! files and locks, so never the audio thread of a live host.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::Latent;
use engine::decode::{PackModel, Pool};
use engine::instrument;
use engine::state::SoundState;

use super::{LeftPack, Outcome, Playing, Session};
use crate::freezer::ZoneFreezer;
use crate::jobs::Job;
use crate::library::{self, PackEntry};
use crate::loaded_pack::LoadedPack;
use crate::player::EnginePlayer;
use crate::project::{Edit, PackDefaults, Project};
use crate::revision::Revision;
use crate::target::Target;

/// A project's sounds moved to another pack.
struct Moved {
    edit: Edit,
    /// Imported sounds, which are to be encoded anew.
    imports: Vec<(Target, Arc<SoundState>)>,
    /// The point that the knobs' sound left, and its point in the pack.
    knobs: Option<(Latent, Latent)>,
}

impl Session {
    /// Loads the project's pack if it is in the library, else the factory's, unless one is there already. Blocks while it
    /// loads; a failure becomes a message and the instrument stays silent.
    pub fn load(self: &Arc<Self>) {
        let one_at_a_time = self.loading.lock();
        if self.loaded_pack().is_some() {
            return;
        }
        let handed_over = self.store.hand_overs();
        if let Err(error) = self.load_first() {
            self.store.notices.fault(format!("Heptode cannot play: {error}"));
        }
        self.followed.store(handed_over, Ordering::Release);
        drop(one_at_a_time);
        // A document may come while there was no thread to wake.
        self.jobs.wake();
    }

    fn load_first(self: &Arc<Self>) -> Result<(), String> {
        let model = match self.own_model() {
            Some(model) => model,
            None => library::model(&library::factory()?)?,
        };
        let pool = Pool::global().map_err(|error| error.to_string())?;
        let source = Arc::clone(&model).source();
        let (synth, instance) = instrument::create_with_source(&pool, source, self.store.assets());
        *self.playing.lock() = Playing::Pack(model.pack_hash().to_owned());
        *self.synth.lock() = Some(synth);
        self.install(LoadedPack::new(model, Arc::new(EnginePlayer::new(instance))));
        Ok(())
    }

    /// The model of the project's own pack, if it is in the library and can be played.
    fn own_model(&self) -> Option<Arc<dyn PackModel>> {
        let model = library::model(&self.library.find(&self.store.project().pack)?);
        model.map_err(|error| self.store.notices.fault(format!("The project's pack cannot be played: {error}"))).ok()
    }

    /// Takes a loaded pack into use.
    pub fn install(self: &Arc<Self>, loaded: LoadedPack) {
        self.start_jobs();
        let _no_save_between = self.pack_change.lock();
        self.swap(loaded);
        self.store.fit();
        self.sync_source();
    }

    fn swap(&self, loaded: LoadedPack) {
        let catalogue = &loaded.catalogue;
        self.store.set_pack_defaults(PackDefaults {
            pack: catalogue.pack.clone(),
            pack_name: catalogue.pack_name.clone(),
            corners: catalogue.first_corners(),
            residuals: loaded.model.as_ref().map(|model| model.residuals()).unwrap_or_default(),
        });
        let loaded = Arc::new(loaded);
        *self.freezer.lock() = Some(ZoneFreezer::new(Arc::downgrade(&loaded)));
        *self.loaded.lock() = Some(loaded);
    }

    /// Plays another pack and moves the project to it.
    ///
    /// # Errors
    /// Why the pack cannot be played; what played goes on.
    pub fn change_pack(self: &Arc<Self>, found: &PackEntry) -> Result<(), String> {
        let loaded = self.loaded_pack().ok_or("no pack is loaded")?;
        let model = library::model(found)?;
        let _no_save_between = self.pack_change.lock();
        let left = LeftPack { project: self.store.project(), point: self.knobs() };
        self.left_packs.lock().insert(loaded.catalogue.pack.hash.clone(), left);
        self.swap(LoadedPack::new(model, Arc::clone(&loaded.player)));
        self.move_to_pack();
        Ok(())
    }

    /// Whether a recalled project waits for its pack.
    pub(super) fn has_recall(&self) -> bool {
        self.followed.load(Ordering::Acquire) != self.store.hand_overs()
    }

    /// Takes the pack of a recalled project if it is in the library, and makes the engine play what the project asks for.
    /// Does nothing where no document was handed over since. Blocks while it loads.
    pub fn follow_recall(self: &Arc<Self>) {
        if !self.has_recall() {
            return;
        }
        let _one_at_a_time = self.loading.lock();
        while self.has_recall() {
            // Without a pack, `load` follows.
            let Some(loaded) = self.loaded_pack() else { return };
            let handed_over = self.store.hand_overs();
            let is_here = self.store.project().pack.is_same(&loaded.catalogue.pack);
            match if is_here { None } else { self.own_model() } {
                Some(model) => self.install(LoadedPack::new(model, Arc::clone(&loaded.player))),
                None => {
                    let _no_save_between = self.pack_change.lock();
                    self.store.fit();
                    self.sync_source();
                }
            }
            self.followed.store(handed_over, Ordering::Release);
        }
    }

    /// Makes the engine play what the project asks for: its frozen zones if it was made with another pack and has any,
    /// else the loaded pack.
    fn sync_source(&self) {
        let Some(loaded) = self.loaded_pack() else { return };
        let project = self.store.project();
        let is_frozen = !project.pack.is_same(&loaded.catalogue.pack) && !project.frozen.is_empty();
        let hash = &loaded.catalogue.pack.hash;
        let mut playing = self.playing.lock();
        match (is_frozen, &*playing) {
            (true, Playing::Frozen(zones)) if Arc::ptr_eq(zones, &project.frozen) => {}
            (false, Playing::Pack(now)) if now == hash => {}
            (true, _) => match loaded.player.play_frozen(&project.frozen) {
                Ok(()) => *playing = Playing::Frozen(Arc::clone(&project.frozen)),
                Err(error) => {
                    self.store.notices.fault(format!("The project's frozen sound cannot be played: {error}"));
                }
            },
            (false, _) => {
                if let Some(model) = &loaded.model {
                    loaded.player.play_pack(model);
                }
                *playing = Playing::Pack(hash.clone());
            }
        }
        self.plays_frozen.store(matches!(*playing, Playing::Frozen(_)), Ordering::Release);
    }

    /// Whether the project's frozen zones play instead of the pack. Takes no lock: the editor asks in every frame.
    pub fn is_frozen(&self) -> bool {
        self.plays_frozen.load(Ordering::Acquire)
    }

    /// Moves the project to the loaded pack. A sound of a name that the pack has too takes the pack's point, an imported one
    /// is encoded anew. The points of any other mean nothing here: a corner takes one of the pack's sounds, the knobs stay and
    /// lose their name.
    pub fn adopt_pack(self: &Arc<Self>) {
        let _no_save_between = self.pack_change.lock();
        self.move_to_pack();
    }

    /// [`Self::adopt_pack`] within the lock of the pack change.
    fn move_to_pack(self: &Arc<Self>) {
        let Some(loaded) = self.loaded_pack() else { return };
        match self.left_packs.lock().remove(&loaded.catalogue.pack.hash) {
            Some(left) => self.return_to_pack(&loaded, &left),
            None => self.move_sounds(&loaded),
        }
        self.store.fit();
        self.sync_source();
    }

    /// Puts back what stood on corners and knobs when the pack was left.
    fn return_to_pack(&self, loaded: &LoadedPack, left: &LeftPack) {
        let knobs_before = self.store.project().knobs.as_ref().map(|sound| sound.latent);
        let revision = self.store.apply(Edit::ChangePack {
            pack: loaded.catalogue.pack.clone(),
            corners: left.project.corners.clone(),
            knobs: left.project.knobs.clone(),
        });
        self.let_knobs_follow(revision, knobs_before, left.point);
    }

    fn move_sounds(self: &Arc<Self>, loaded: &LoadedPack) {
        let (mut imports, mut knobs) = (Vec::new(), None);
        let revision = self.store.apply_if(|newest| {
            let moved = moved(&newest.project, loaded);
            (imports, knobs) = (moved.imports, moved.knobs);
            Some(moved.edit)
        });
        let Some(revision) = revision else { return };
        match knobs {
            Some((left, point)) => self.let_knobs_follow(revision, Some(left), point),
            None => self.choose_class(loaded, revision),
        }
        for (target, sound) in imports {
            self.run(Job::Encode { sound, target, revision });
        }
    }

    /// Sends the knobs to the first class of a pack of classes: a point of another pack is no mix of them.
    fn choose_class(&self, loaded: &LoadedPack, revision: Revision) {
        let is_of_classes = loaded.catalogue.is_by_chance;
        let first = loaded.catalogue.sounds.first().filter(|_| is_of_classes && !self.store.knobs_are_recorded());
        if let Some(first) = first {
            self.deliver(Outcome::KnobsTo(Arc::new(SoundState::new(&first.name, first.latent)), revision));
        }
    }
}

/// The sounds of a project in a pack.
fn moved(project: &Project, loaded: &LoadedPack) -> Moved {
    let mut imports = Vec::new();
    let mut in_pack = |target: Target| -> Option<Arc<SoundState>> {
        let sound = project.sound_at(target)?;
        if sound.audio.is_some() {
            imports.push((target, Arc::clone(sound)));
            return Some(Arc::clone(sound));
        }
        let here = loaded.catalogue.sounds.iter().find(|here| here.name == sound.name)?;
        Some(Arc::new(SoundState { latent: here.latent, ..SoundState::clone(sound) }))
    };
    let corners = std::array::from_fn(|corner| in_pack(Target::Corner(corner)).unwrap_or_default());
    let knobs = in_pack(Target::Knobs);
    let named = |sound: &&Arc<SoundState>| sound.audio.is_none();
    let knobs_moved = project.knobs.as_ref().zip(knobs.as_ref().filter(named));
    Moved {
        knobs: knobs_moved.map(|(before, now)| (before.latent, now.latent)),
        edit: Edit::ChangePack { pack: loaded.catalogue.pack.clone(), corners, knobs },
        imports,
    }
}
