//! What a project holds beside the parameters, as an immutable snapshot. Main, host and job threads; never the audio thread,
//! which gets [`AudioScene`] by value.
//!
//! A [`Project`] never changes. An [`Edit`] makes the next one of it, and [`ProjectStore`] publishes the newest.

mod audio_scene;
mod document;
mod edit;
mod origin;
mod store;

use std::sync::Arc;

use engine::state::{FrozenZone, PackRef, SoundState};
use serde_json::{Map, Value};

use crate::target::{CORNERS, Target};

pub use audio_scene::{AudioEnd, AudioScene, PackDefaults};
pub use edit::Edit;
pub use origin::Origin;
pub use store::{ProjectStore, Snapshot};

/// Smallest window, in points at scale 1: below it the knobs' names no longer fit.
const MIN_WIDTH: f32 = 1120.0;
const MIN_HEIGHT: f32 = 736.0;
/// Largest window, in points at scale 1: beyond it only the browser would grow.
const MAX_WIDTH: f32 = 2240.0;
const MAX_HEIGHT: f32 = 1472.0;

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

/// All that a project holds beside the parameters. Recordings and frozen zones are shared between snapshots.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// The pad's corners; a name is empty until a sound was put there.
    pub corners: [Arc<SoundState>; CORNERS],
    /// The sound that the knobs were last sent to, while they still stand there or its recording is still heard.
    pub knobs: Option<Arc<SoundState>>,
    /// The pack that the project was made with.
    pub pack: PackRef,
    /// Seed of all variation.
    pub seed: u64,
    /// Zones frozen when the project was last saved on a machine with its pack.
    pub frozen: Arc<Vec<FrozenZone>>,
    /// Fields of the state document that this version does not know.
    pub unknown: Map<String, Value>,
    /// The preset that it came from, if any.
    pub origin: Option<Origin>,
    /// The window, if it was ever opened.
    pub view: Option<View>,
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
