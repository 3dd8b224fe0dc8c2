//! What the instances of host, editor and errand thread share of one instrument. Never touched by `process`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::Latent;
use engine::audio::Synth;
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::state::{FrozenZone, PackRef, SoundState};
use parking_lot::Mutex;

use crate::catalogue::Catalogue;
use crate::errands::{Errand, Runner};
use crate::folder::Listing;
use crate::library::{self, Found, Library};
use crate::params::{ParamId, Parameters};
use crate::player::{Freezer, Player, Readout};
use crate::recut::{OnTheWay, Survey, Tickets, is_still};
use crate::scene::{CORNERS, Desk, Home};
use crate::target::KnobsMove;
pub use crate::target::{Target, corner_letter};

/// A loaded pack with the engine that plays it.
pub struct Rig {
    /// Sounds and axes.
    pub catalogue: Catalogue,
    /// The engine's main-thread end; the same for every pack of an instance.
    pub readout: Arc<dyn Readout>,
    /// The model for imports; none where a fake stands in.
    pub model: Option<Arc<Model>>,
}

/// Whether two references name the same pack.
pub fn is_same_pack(a: &PackRef, b: &PackRef) -> bool {
    (&a.id, &a.hash) == (&b.id, &b.hash)
}

/// What the engine's instance is fed from.
#[derive(Debug, Default, PartialEq)]
enum Playing {
    /// There is no instance yet.
    #[default]
    Nothing,
    /// The pack with this hash.
    Pack(String),
    /// The zones of a project whose pack is missing.
    Frozen(Vec<FrozenZone>),
}

/// What stood on corners and knobs when a pack was left.
struct Place {
    corners: [SoundState; CORNERS],
    knobs: Option<SoundState>,
    point: Latent,
}

/// News for the editor, which alone may write parameters.
pub enum Outcome {
    /// Send the knobs to this sound.
    KnobsTo(SoundState),
    /// Let the knobs follow their sound, and leave all else as it is.
    KnobsMoved(KnobsMove),
    /// What an imported sound was cut out of, or why that cannot be seen; with the ticket of the question.
    Surveyed(u64, Result<Survey, String>),
    /// A folder was listed.
    Listed(Listing),
    /// The packs that can be loaded.
    Packs(Vec<Found>),
}

/// One instrument, as all but the audio thread see it.
pub struct Session {
    /// Parameters.
    pub params: Arc<Parameters>,
    /// Project, messages, and the way to the audio thread.
    pub desk: Arc<Desk>,
    /// Where packs are looked for.
    pub library: Library,
    /// Of questions what a sound was cut out of.
    pub surveys: Tickets,
    recuts: [Tickets; CORNERS + 1],
    on_the_way: [OnTheWay; CORNERS + 1],
    loading: Mutex<()>,
    rig: Mutex<Option<Arc<Rig>>>,
    synth: Mutex<Option<Synth>>,
    playing: Mutex<Playing>,
    /// By the hash of the pack that was left.
    places: Mutex<HashMap<String, Place>>,
    outcomes: Mutex<Vec<Outcome>>,
    pending: AtomicUsize,
    runner: Runner,
}

impl Session {
    /// With no pack loaded.
    pub fn new(desk: Arc<Desk>, library: Library) -> Arc<Self> {
        let session = Arc::new(Self {
            params: Arc::new(Parameters::new(Arc::clone(&desk))),
            desk,
            library,
            surveys: Tickets::default(),
            recuts: Default::default(),
            on_the_way: Default::default(),
            loading: Mutex::default(),
            rig: Mutex::default(),
            synth: Mutex::default(),
            playing: Mutex::default(),
            places: Mutex::default(),
            outcomes: Mutex::default(),
            pending: AtomicUsize::new(0),
            runner: Runner::default(),
        });
        // The framework does not activate again after a state was loaded, so the switch between sounds is made here.
        let recalled = Arc::downgrade(&session);
        session.params.on_recall(move || {
            if let Some(session) = recalled.upgrade() {
                session.follow_project();
            }
        });
        session
    }

    /// Loads the project's pack if it is in the library, else the factory's, unless one is there already. Blocks while it loads; a
    /// failure becomes a message and the instrument stays silent.
    pub fn load(&self) {
        let _one_at_a_time = self.loading.lock();
        if self.rig().is_some() {
            return;
        }
        let start = || -> Result<(), String> {
            let model = match self.own_model() {
                Some(model) => model,
                None => library::model(&library::factory()?)?,
            };
            let pool = Pool::global().map_err(|error| error.to_string())?;
            let (synth, instance) = instrument::create(&pool, Arc::clone(&model), self.desk.assets());
            *self.playing.lock() = Playing::Pack(model.pack_hash().to_owned());
            *self.synth.lock() = Some(synth);
            self.install(rig_of(&model, Arc::new(Player::new(instance))));
            Ok(())
        };
        if let Err(error) = start() {
            self.desk.notices.fault(format!("Heptode cannot play: {error}"));
        }
    }

    /// The model of the project's own pack, if it is in the library and can be played.
    fn own_model(&self) -> Option<Arc<Model>> {
        let wanted = self.desk.read(|project| project.pack.clone());
        let model = library::model(&self.library.find(&wanted)?);
        model.map_err(|error| self.desk.notices.fault(format!("The project's pack cannot be played: {error}"))).ok()
    }

    /// Takes a loaded pack into use.
    pub fn install(&self, rig: Rig) {
        self.swap(rig);
        self.desk.fit();
        self.settle();
    }

    fn swap(&self, rig: Rig) {
        let catalogue = &rig.catalogue;
        self.desk.set_home(Home {
            pack: catalogue.pack.clone(),
            pack_name: catalogue.pack_name.clone(),
            corners: catalogue.first_corners(),
            residuals: rig.model.as_ref().map(|model| Arc::clone(model.residuals())).unwrap_or_default(),
        });
        let rig = Arc::new(rig);
        self.desk.set_freezer(Freezer::new(Arc::downgrade(&rig), self.desk.assets()));
        *self.rig.lock() = Some(rig);
    }

    /// Plays another pack and moves the project to it.
    ///
    /// # Errors
    /// Why the pack cannot be played; what played goes on.
    pub fn change_pack(self: &Arc<Self>, found: &Found) -> Result<(), String> {
        let rig = self.rig().ok_or("no pack is loaded")?;
        let model = library::model(found)?;
        let _no_save_between = self.desk.switching.lock();
        self.remember(&rig.catalogue.pack.hash);
        self.swap(rig_of(&model, Arc::clone(&rig.readout)));
        self.thaw();
        Ok(())
    }

    /// Keeps what stands on corners and knobs, for the case that the user comes back to the pack with this hash.
    fn remember(&self, pack_hash: &str) {
        let point = self.knobs();
        let place =
            self.desk.read(|project| Place { corners: project.corners.clone(), knobs: project.knobs.clone(), point });
        self.places.lock().insert(pack_hash.to_owned(), place);
    }

    /// After a state was loaded: takes the project's own pack if it is in the library.
    fn follow_project(&self) {
        self.outcomes.lock().clear();
        let Some(rig) = self.rig() else { return };
        let is_here = self.desk.read(|project| is_same_pack(&project.pack, &rig.catalogue.pack));
        match if is_here { None } else { self.own_model() } {
            Some(model) => {
                let _no_save_between = self.desk.switching.lock();
                self.install(rig_of(&model, Arc::clone(&rig.readout)));
            }
            None => {
                self.desk.fit();
                self.settle();
            }
        }
    }

    /// Makes the engine play what the project asks for: its frozen zones if it was made with another pack and has any,
    /// else the loaded pack.
    fn settle(&self) {
        let Some(rig) = self.rig() else { return };
        let wanted = self.desk.read(|project| {
            let is_other = !is_same_pack(&project.pack, &rig.catalogue.pack);
            match is_other && !project.frozen.is_empty() {
                true => Playing::Frozen(project.frozen.clone()),
                false => Playing::Pack(rig.catalogue.pack.hash.clone()),
            }
        });
        let mut playing = self.playing.lock();
        if *playing == wanted {
            return;
        }
        match (&wanted, &rig.model) {
            (Playing::Frozen(zones), _) => {
                if let Err(error) = rig.readout.play_frozen(zones) {
                    return self.desk.notices.fault(format!("The project's frozen sound cannot be played: {error}"));
                }
            }
            (Playing::Pack(_), Some(model)) => rig.readout.play_pack(model),
            _ => {}
        }
        *playing = wanted;
    }

    /// Whether the project's frozen zones play instead of the pack.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.playing.lock(), Playing::Frozen(_))
    }

    /// Moves the project to the loaded pack. A sound of a name that the pack has too takes the pack's point, an imported one
    /// is encoded anew. The points of any other mean nothing here: a corner takes one of the pack's sounds, the knobs stay and
    /// lose their name.
    pub fn thaw(self: &Arc<Self>) {
        let Some(rig) = self.rig() else { return };
        let pack = rig.catalogue.pack.clone();
        if let Some(place) = self.places.lock().remove(&pack.hash) {
            let (era, left) = self.desk.begin_era(|project| {
                (project.pack, project.corners) = (pack, place.corners);
                project.frozen.clear();
                std::mem::replace(&mut project.knobs, place.knobs).map(|sound| sound.latent)
            });
            self.let_knobs_follow(era, left, place.point);
            return self.settle();
        }
        let (mut imports, mut moved) = (Vec::new(), None);
        let (era, ()) = self.desk.begin_era(|project| {
            project.pack = pack;
            project.frozen.clear();
            for target in Target::ALL {
                let Some(sound) = project.sound_at_mut(target) else { continue };
                if sound.audio.is_some() {
                    imports.push((target, sound.clone()));
                } else if let Some(here) = rig.catalogue.sounds.iter().find(|here| here.name == sound.name) {
                    let left = std::mem::replace(&mut sound.latent, here.latent);
                    if target == Target::Knobs {
                        moved = Some((left, here.latent));
                    }
                } else {
                    match target {
                        Target::Corner(corner) => project.corners[corner] = SoundState::default(),
                        Target::Knobs => project.knobs = None,
                    }
                }
            }
        });
        if let Some((left, point)) = moved {
            self.let_knobs_follow(era, Some(left), point);
        }
        for (target, sound) in imports {
            self.run(Errand::Encode { sound, target, era });
        }
        self.desk.fit();
        self.settle();
    }

    /// Puts `sound`, at `point`, in the place of `before` if that, however it is cut, still stands there in the same era.
    pub fn resettle(&self, era: u64, target: Target, before: &SoundState, sound: SoundState, point: Latent) {
        let exchange = |now: &mut SoundState| std::mem::replace(now, sound).latent;
        let left = self
            .desk
            .change_in(era, |project| project.sound_at_mut(target).filter(|now| is_still(now, before)).map(exchange));
        if target == Target::Knobs
            && let Some(Some(left)) = left
        {
            self.let_knobs_follow(era, Some(left), point);
        }
    }

    /// Asks the editor to put the knobs at a point of their sound, which `left` another one.
    fn let_knobs_follow(&self, era: u64, left: Option<Latent>, point: Latent) {
        let stood = self.knobs();
        self.deliver(Outcome::KnobsMoved(KnobsMove { era, stood, left: left.unwrap_or(stood), point }));
    }

    /// Where the host has the knobs, in σ.
    fn knobs(&self) -> Latent {
        std::array::from_fn(|axis| self.params.get(ParamId::latent(axis)).plain())
    }

    /// The synth that belongs to the loaded pack, once: for the audio thread.
    pub fn take_synth(&self) -> Option<Synth> {
        self.synth.lock().take()
    }

    /// The loaded pack, if any.
    pub fn rig(&self) -> Option<Arc<Rig>> {
        self.rig.lock().clone()
    }

    /// The tickets of wishes for another region or key of the sound on a corner or on the knobs.
    pub fn recuts(&self, target: Target) -> &Tickets {
        &self.recuts[target.index()]
    }

    /// What is on its way to the sound on a corner or on the knobs.
    pub fn on_the_way(&self, target: Target) -> &OnTheWay {
        &self.on_the_way[target.index()]
    }

    /// Puts work in line for the errand thread.
    pub fn run(self: &Arc<Self>, errand: Errand) {
        self.pending.fetch_add(1, Ordering::Relaxed);
        let target = errand.target();
        if let Some(target) = target {
            self.on_the_way(target).begin(errand.choice());
        }
        if !self.runner.send(self, errand) {
            self.errand_done(target);
            self.desk.notices.fault("The system gives no thread for the work; try again later.");
        }
    }

    /// Whether errands are running or waiting.
    pub fn is_busy(&self) -> bool {
        self.pending.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn errand_done(&self, target: Option<Target>) {
        if let Some(target) = target {
            self.on_the_way(target).end();
        }
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }

    /// Puts a sound where it belongs: a corner at once, the knobs when the editor next looks; `false` in another era.
    pub fn place(&self, era: u64, target: Target, sound: SoundState) -> bool {
        let placed = self.desk.change_in(era, |project| match target {
            Target::Corner(corner) => project.corners[corner] = sound,
            Target::Knobs => self.deliver(Outcome::KnobsTo(sound)),
        });
        placed.is_some()
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

fn rig_of(model: &Arc<Model>, readout: Arc<dyn Readout>) -> Rig {
    Rig { catalogue: Catalogue::new(model.manifest(), model.pack_hash()), readout, model: Some(Arc::clone(model)) }
}
