//! What a project holds beside the parameters, as an immutable snapshot. Main, host and job threads; never the audio thread,
//! which gets [`AudioScene`] by value.
//!
//! A [`Project`] never changes. An [`Edit`] makes the next one of it, and [`ProjectStore`] publishes the newest.

mod audio_scene;
mod document;
mod edit;
mod fitting;
mod history;
mod origin;
mod preset_base;
mod store;
mod view;

use std::sync::Arc;

use engine::params::{ControllerMap, FIRST_ROUTES, PadPath, Routes, StepLevels};
use engine::state::{FrozenZone, PackRef, Prime, SoundState};
use engine::tuning::Tuning;
use serde_json::{Map, Value};

use crate::target::{CORNERS, Target};

pub use audio_scene::{AudioEnd, AudioScene, PackDefaults};
pub use edit::Edit;
pub use fitting::{Fit, Fitted, of_category};
pub use history::{History, ParamChange, ProjectChange, Step};
pub use origin::Origin;
pub use preset_base::PresetBase;
pub use store::{ProjectStore, Snapshot};
pub use view::{StripTab, View};

/// All that a project holds beside the parameters. Recordings and frozen zones are shared between snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The pad's corners; a name is empty until a sound was put there.
    pub corners: [Arc<SoundState>; CORNERS],
    /// The sound that the knobs were last sent to, while they still stand there or its recording is still heard.
    pub knobs: Option<Arc<SoundState>>,
    /// The pack that the project was made with.
    pub pack: PackRef,
    /// Seed of all variation.
    pub seed: u64,
    /// Sources and destinations of the modulation matrix.
    pub routes: Routes,
    /// Levels of the step source.
    pub steps: StepLevels,
    /// Recorded path of the pad's point.
    pub pad_path: PadPath,
    /// Which MIDI controllers move which parameters.
    pub controllers: ControllerMap,
    /// Scale and keyboard map.
    pub tuning: Arc<Tuning>,
    /// What the sounds of a pack that takes a prime go on from.
    pub prime: Option<Prime>,
    /// Zones frozen when the project was last saved on a machine with its pack.
    pub frozen: Arc<Vec<FrozenZone>>,
    /// Fields of the state document that this version does not know.
    pub unknown: Map<String, Value>,
    /// The preset that it came from, if any.
    pub origin: Option<Origin>,
    /// Where the controls were put that follow the chosen sound; none where nothing follows.
    pub fitted: Option<Fitted>,
    /// The window, if it was ever opened.
    pub view: Option<View>,
}

impl Default for Project {
    /// That of a new instance.
    fn default() -> Self {
        Self {
            corners: Default::default(),
            knobs: None,
            pack: PackRef::default(),
            seed: 0,
            routes: FIRST_ROUTES,
            steps: StepLevels::FIRST,
            pad_path: PadPath::NONE,
            controllers: ControllerMap::default(),
            tuning: Arc::default(),
            prime: None,
            frozen: Arc::default(),
            unknown: Map::new(),
            view: None,
            origin: None,
            fitted: None,
        }
    }
}

impl Project {
    /// The sound that stands on a corner or on the knobs.
    pub fn sound_at(&self, target: Target) -> Option<&Arc<SoundState>> {
        match target {
            Target::Corner(corner) => self.corners.get(corner),
            Target::Knobs => self.knobs.as_ref(),
        }
    }
}
