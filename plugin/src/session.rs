//! What the instances of host, editor and errand thread share of one instrument. Never touched by `process`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::audio::Synth;
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::state::{FrozenZone, PackRef, SoundState};
use parking_lot::Mutex;

use crate::catalogue::Catalogue;
use crate::errands::{Errand, Runner};
use crate::folder::Listing;
use crate::library::factory_model;
use crate::params::Parameters;
use crate::player::{Freezer, Player, Readout};
use crate::scene::{Desk, Home};

/// A loaded pack with the engine that plays it.
pub struct Rig {
    /// Sounds and axes.
    pub catalogue: Catalogue,
    /// The engine's main-thread end.
    pub readout: Box<dyn Readout>,
    /// The model for imports; none where a fake stands in.
    pub model: Option<Arc<Model>>,
}

/// Whether two references name the same pack.
pub fn is_same_pack(a: &PackRef, b: &PackRef) -> bool {
    (&a.id, &a.hash) == (&b.id, &b.hash)
}

/// Where an imported sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A corner of the pad.
    Corner(usize),
    /// The seven knobs.
    Knobs,
}

impl Target {
    /// For messages: "corner B", "the knobs".
    pub fn describe(self) -> String {
        match self {
            Self::Corner(corner) => format!("corner {}", corner_letter(corner)),
            Self::Knobs => "the knobs".to_owned(),
        }
    }
}

/// A…D.
pub fn corner_letter(corner: usize) -> char {
    ['A', 'B', 'C', 'D'][corner]
}

/// News for the editor, which alone may write parameters.
pub enum Outcome {
    /// Send the knobs to this sound.
    KnobsTo(SoundState),
    /// Put the knobs where their sound now is, and leave all else as it is.
    KnobsMoved(SoundState),
    /// A folder was listed.
    Listed(Listing),
}

/// One instrument, as all but the audio thread see it.
pub struct Session {
    /// Parameters.
    pub params: Arc<Parameters>,
    /// Project, messages, and the way to the audio thread.
    pub desk: Arc<Desk>,
    loading: Mutex<()>,
    rig: Mutex<Option<Arc<Rig>>>,
    synth: Mutex<Option<Synth>>,
    frozen: Mutex<Option<Vec<FrozenZone>>>,
    outcomes: Mutex<Vec<Outcome>>,
    pending: AtomicUsize,
    runner: Runner,
}

impl Session {
    /// With no pack loaded.
    pub fn new(desk: Arc<Desk>) -> Arc<Self> {
        let session = Arc::new(Self {
            params: Arc::new(Parameters::new(Arc::clone(&desk))),
            desk,
            loading: Mutex::default(),
            rig: Mutex::default(),
            synth: Mutex::default(),
            frozen: Mutex::default(),
            outcomes: Mutex::default(),
            pending: AtomicUsize::new(0),
            runner: Runner::default(),
        });
        // The framework does not activate again after a state was loaded, so the switch between pack and frozen sound is made here.
        let recalled = Arc::downgrade(&session);
        session.params.on_recall(move || {
            if let Some(session) = recalled.upgrade() {
                session.settle();
            }
        });
        session
    }

    /// Loads the factory pack unless one is there. Blocks while it loads; a failure becomes a message and the
    /// instrument stays silent.
    pub fn load(&self) {
        let _one_at_a_time = self.loading.lock();
        if self.rig().is_some() {
            return;
        }
        match factory_model().and_then(|model| Ok((model, Pool::global().map_err(|error| error.to_string())?))) {
            Ok((model, pool)) => {
                let (synth, instance) = instrument::create(&pool, Arc::clone(&model));
                let catalogue = Catalogue::new(model.manifest(), model.pack_hash());
                let readout = Box::new(Player::new(instance, Arc::clone(&model)));
                self.install(Rig { catalogue, readout, model: Some(model) }, Some(synth));
            }
            Err(error) => self.desk.notices.fault(format!("Heptode cannot play: {error}")),
        }
    }

    /// Takes a loaded pack into use.
    pub fn install(&self, rig: Rig, synth: Option<Synth>) {
        let catalogue = &rig.catalogue;
        self.desk.set_home(Home {
            pack: catalogue.pack.clone(),
            pack_name: catalogue.pack_name.clone(),
            corners: catalogue.first_corners(),
        });
        let rig = Arc::new(rig);
        self.desk.set_freezer(Freezer::new(Arc::downgrade(&rig)));
        *self.synth.lock() = synth;
        *self.rig.lock() = Some(rig);
        self.settle();
    }

    /// Makes the engine play what the project asks for: its frozen zones if it was made with another pack and has any,
    /// else the loaded pack. Called after loading a pack or a state.
    pub fn settle(&self) {
        let Some(rig) = self.rig() else { return };
        let wanted = self.desk.read(|project| {
            let is_other = !is_same_pack(&project.pack, &rig.catalogue.pack);
            (is_other && !project.frozen.is_empty()).then(|| project.frozen.clone())
        });
        let mut playing = self.frozen.lock();
        if *playing == wanted {
            return;
        }
        match &wanted {
            Some(zones) => {
                if let Err(error) = rig.readout.play_frozen(zones) {
                    return self.desk.notices.fault(format!("The project's frozen sound cannot be played: {error}"));
                }
            }
            None => rig.readout.play_pack(),
        }
        *playing = wanted;
    }

    /// Whether the project's frozen zones play instead of the pack.
    pub fn is_frozen(&self) -> bool {
        self.frozen.lock().is_some()
    }

    /// Moves the project to the loaded pack. A sound of a name that the pack has too takes the pack's point, an imported one
    /// is encoded anew; any other keeps its seven numbers.
    pub fn thaw(self: &Arc<Self>) {
        let Some(rig) = self.rig() else { return };
        let sounds = self.desk.change(|project| {
            project.pack = rig.catalogue.pack.clone();
            project.frozen.clear();
            let corners = project.corners.iter().enumerate().map(|(corner, sound)| (Target::Corner(corner), sound));
            let knobs = project.knobs.iter().map(|sound| (Target::Knobs, sound));
            corners.chain(knobs).map(|(target, sound)| (target, sound.clone())).collect::<Vec<_>>()
        });
        for (target, mut sound) in sounds {
            if sound.audio.is_some() {
                self.run(Errand::Encode { sound, target });
            } else if let Some(here) = rig.catalogue.sounds.iter().find(|here| here.name == sound.name) {
                sound.latent = here.latent;
                self.resettle(target, sound);
            }
        }
        self.settle();
    }

    /// Gives a sound that stands somewhere another point.
    pub fn resettle(&self, target: Target, sound: SoundState) {
        match target {
            Target::Corner(corner) => self.desk.set_corner(corner, sound),
            Target::Knobs => self.deliver(Outcome::KnobsMoved(sound)),
        }
    }

    /// The synth that belongs to the loaded pack, once: for the audio thread.
    pub fn take_synth(&self) -> Option<Synth> {
        self.synth.lock().take()
    }

    /// The loaded pack, if any.
    pub fn rig(&self) -> Option<Arc<Rig>> {
        self.rig.lock().clone()
    }

    /// Puts work in line for the errand thread.
    pub fn run(self: &Arc<Self>, errand: Errand) {
        self.pending.fetch_add(1, Ordering::Relaxed);
        if !self.runner.send(self, errand) {
            self.errand_done();
            self.desk.notices.fault("The system gives no thread for the work; try again later.");
        }
    }

    /// Whether errands are running or waiting.
    pub fn is_busy(&self) -> bool {
        self.pending.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn errand_done(&self) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }

    /// Puts a sound where it belongs: a corner at once, the knobs when the editor next looks.
    pub fn place(&self, target: Target, sound: SoundState) {
        match target {
            Target::Corner(corner) => self.desk.set_corner(corner, sound),
            Target::Knobs => self.deliver(Outcome::KnobsTo(sound)),
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
