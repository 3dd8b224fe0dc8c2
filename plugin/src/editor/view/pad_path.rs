//! What the editor does with the levels of the steps and with a path that was recorded on the pad. Main thread.

use engine::params::{ModDestination, ModSource, PadPath, Route, Routes, StepLevels};

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::strip::tables::AMOUNTS;
use crate::params::ParamId;
use crate::project::Edit;

/// What a path moves unless the matrix says otherwise.
const OF_PATH: [(ModSource, ModDestination); 2] =
    [(ModSource::PathX, ModDestination::PadX), (ModSource::PathY, ModDestination::PadY)];

impl EditorView {
    /// Lets the levels of the steps be these.
    pub(super) fn set_step_levels(&self, levels: StepLevels) {
        self.session.store.apply(Edit::SetSteps(levels));
    }

    /// Keeps a path as one step: the point goes back to where it begins, and routes let it move the pad, unless there are some already.
    pub(super) fn take_path(&mut self, path: Box<PadPath>, now: &FrameState) {
        let mut routes = now.routes;
        for (source, destination) in OF_PATH {
            if routes.iter().any(|route| route.source == source) {
                continue;
            }
            match free_route(&mut routes, source, destination) {
                Some(amount) => self.gestures.put(amount, 1.0),
                None => self.session.store.notices.fault(format!(
                    "All routes of the matrix are in use: choose “{}” in one of them to hear the path.",
                    source.name()
                )),
            }
        }
        for (id, place) in [ParamId::PAD_X, ParamId::PAD_Y].into_iter().zip(path.start()) {
            self.gestures.put(id, place);
        }
        self.session.store.apply(Edit::SetPath { path, routes });
        self.step_name = Some("path".to_owned());
    }

    /// Goes on without a path. Its routes stay, for the next one.
    pub(super) fn remove_path(&self, now: &FrameState) {
        self.session.store.apply(Edit::SetPath { path: Box::default(), routes: now.routes });
    }
}

/// Makes a route of the first one that is free; the parameter of its amount.
fn free_route(routes: &mut Routes, source: ModSource, destination: ModDestination) -> Option<ParamId> {
    let place = routes.iter().position(|route| *route == Route::default())?;
    routes[place] = Route { source, via: ModSource::None, destination };
    ParamId::named(AMOUNTS[place])
}
