//! The audio thread's part of a project, and its end of the way there.
//!
//! [`AudioEnd`] belongs to the audio thread: it never locks, waits, allocates or frees. Scenes cross by a triple buffer (the
//! newest wins), notes of the on-screen keyboard by a queue (none is lost while there is room; beyond that the newest is
//! refused).

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::unreachable)
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::Latent;
use engine::audio::EventKind;
use engine::decode::assets::AssetTable;
use engine::pack::NamedResiduals;
use engine::params::{AssetSet, ControllerMap, KeyPitches, PadPath, Routes, StepLevels};
use engine::scene;
use engine::state::{PackRef, SoundState};

use super::Project;
use crate::target::CORNERS;

/// What the audio thread reads of a project, by value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AudioScene {
    /// Latent points of the pad's corners, in σ.
    pub corners: [Latent; CORNERS],
    /// What the sounds bring beside their points, and what they go on from.
    pub assets: AssetSet,
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
    /// Documents recalled so far: what was heard before the last of them is void.
    pub recalls: u64,
    /// Where each key sounds.
    pub pitches: KeyPitches,
}

/// What the loaded pack offers to a project.
#[derive(Debug, Clone)]
pub struct PackDefaults {
    /// Id and hash.
    pub pack: PackRef,
    /// Name for people.
    pub pack_name: String,
    /// Sounds for corners that none was put on.
    pub corners: [SoundState; CORNERS],
    /// What the points of its sounds leave out of them.
    pub residuals: Arc<NamedResiduals>,
}

impl AudioScene {
    /// What the audio thread needs of a project, whose residuals and prime go to the workers' table.
    pub(super) fn of(project: &Project, recalls: u64, defaults: Option<&PackDefaults>, table: &AssetTable) -> Self {
        let corners = project.corners.each_ref().map(|corner| &**corner);
        let residuals = defaults.map(|defaults| &*defaults.residuals);
        let assets = scene::assets(corners, project.knobs.as_deref(), residuals, project.prime.as_ref(), table);
        let corners = project.corners.each_ref().map(|corner| corner.latent);
        Self {
            corners,
            assets,
            seed: project.seed,
            routes: project.routes,
            steps: project.steps,
            pad_path: project.pad_path,
            controllers: project.controllers,
            recalls,
            pitches: *project.tuning.pitches(),
        }
    }
}

/// Audio-thread end.
pub struct AudioEnd {
    pub(super) scene: triple_buffer::Output<AudioScene>,
    pub(super) notes: rtrb::Consumer<EventKind>,
    pub(super) pulse: Arc<AtomicU64>,
}

impl AudioEnd {
    /// The newest scene, for the block that begins. Safe on the audio thread.
    pub fn scene(&mut self) -> AudioScene {
        self.pulse.fetch_add(1, Ordering::Relaxed);
        *self.scene.read()
    }

    /// The next note of the on-screen keyboard. Safe on the audio thread.
    pub fn next_note(&mut self) -> Option<EventKind> {
        self.notes.pop().ok()
    }
}
