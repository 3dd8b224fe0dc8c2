//! What is true during one frame of the editor. Main thread; takes the short locks of the project store and of the loaded pack, and does
//! not wait for decoding or files.

use std::sync::Arc;

use engine::instrument::{Meters, SoundView, Status};
use engine::params::{ControllerMap, PadPath, Routes, StepLevels};
use engine::state::Prime;
use engine::tuning::Tuning;

use super::EditorView;
use crate::editor::pad::Corner;
use crate::editor::sound_names;
use crate::editor::strip::StripState;
use crate::loaded_pack::LoadedPack;
use crate::params::ParamId;
use crate::project::View;
use crate::session::PresetTitle;
use crate::target::CORNERS;

/// What is true during one frame.
pub(super) struct FrameState {
    pub(super) loaded: Option<Arc<LoadedPack>>,
    pub(super) status: Option<Status>,
    pub(super) meters: Meters,
    pub(super) sound: Option<Arc<SoundView>>,
    pub(super) corners: [Corner; CORNERS],
    pub(super) knobs_name: String,
    pub(super) is_knobs_imported: bool,
    pub(super) is_named: bool,
    pub(super) pad_name: String,
    pub(super) view: View,
    pub(super) routes: Routes,
    pub(super) step_levels: StepLevels,
    pub(super) pad_path: PadPath,
    pub(super) controllers: ControllerMap,
    pub(super) tuning: Arc<Tuning>,
    pub(super) prime: Option<Prime>,
    pub(super) preset: Option<PresetTitle>,
    /// Seed of what chance decides.
    pub(super) seed: u64,
    /// The same, where chance makes the sounds.
    pub(super) chance_seed: Option<u64>,
    /// Names of what would be undone and redone.
    pub(super) steps: [Option<String>; 2],
}

impl FrameState {
    /// What the strip shows.
    pub(super) fn strip_state(&self) -> StripState<'_> {
        StripState {
            routes: &self.routes,
            steps: &self.step_levels,
            path: &self.pad_path,
            tuning: &self.tuning,
            seed: self.seed,
            prime: self.prime_state(),
        }
    }
}

impl EditorView {
    /// Looks at engine, project and parameters once for the whole frame.
    pub(super) fn look(&self) -> FrameState {
        let loaded = self.session.loaded_pack();
        let player = loaded.as_ref().map(|loaded| &loaded.player);
        let project = self.session.store.project();
        let corners = project.corners.each_ref();
        let corners = corners.map(|sound| Corner { name: sound.name.clone(), is_imported: sound.audio.is_some() });
        let given = project.knobs.as_deref();
        let (knobs_name, is_named) = sound_names::of_point(&self.gestures.knobs(), loaded.as_deref(), given);
        FrameState {
            status: player.map(|player| player.status()),
            meters: player.map(|player| player.meters()).unwrap_or_default(),
            sound: player.and_then(|player| player.sound()),
            pad_name: sound_names::of_pad(
                [ParamId::PAD_X, ParamId::PAD_Y].map(|id| self.gestures.normalized(id)),
                &corners,
            ),
            corners,
            knobs_name,
            is_knobs_imported: given.is_some_and(|sound| sound.audio.is_some()),
            is_named,
            view: project.view.unwrap_or_default(),
            routes: project.routes,
            step_levels: project.steps,
            pad_path: project.pad_path,
            controllers: project.controllers,
            tuning: Arc::clone(&project.tuning),
            prime: project.prime.clone(),
            preset: self.session.preset_title(),
            seed: project.seed,
            chance_seed: loaded.as_ref().filter(|loaded| loaded.catalogue.is_by_chance).map(|_| project.seed),
            steps: self.session.store.history(|history| history.names()),
            loaded,
        }
    }
}
