//! The edits of a project as values, and the pure function that makes the next snapshot of one. Any thread but the audio
//! thread.

use std::sync::Arc;

use engine::params::{ControllerMap, PadPath, Routes, StepLevels};
use engine::state::{PackRef, Prime, SoundState, StateDocument};
use engine::tuning::Tuning;

use super::history::Role;
use super::{Fitted, Origin, Project, ProjectChange, View};
use crate::revision::Revision;
use crate::target::{CORNERS, Target, corner_letter};

/// One change of a project.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Put a sound on a corner of the pad.
    SetCorner {
        /// Which corner, below [`CORNERS`].
        corner: usize,
        /// The sound.
        sound: Arc<SoundState>,
    },
    /// The knobs of a new instance stand at this sound.
    Begin {
        /// The sound.
        sound: Arc<SoundState>,
        /// Where the controls were put that follow it.
        fitted: Fitted,
    },
    /// The knobs stand at this sound, or at none.
    MoveToSound(Option<Arc<SoundState>>),
    /// Chance makes another take, that of this seed.
    SetSeed(u64),
    /// Controls were put where they fit the chosen sound.
    SetFitted(Fitted),
    /// The imported sound at `target` takes another region, key or point.
    ReplaceSound {
        /// Where it stands.
        target: Target,
        /// The sound as it is from now on.
        sound: Arc<SoundState>,
    },
    /// Move the project to another pack, whose sounds stand on corners and knobs from now on. Its frozen zones go.
    ChangePack {
        /// The pack.
        pack: PackRef,
        /// Sounds of the corners.
        corners: [Arc<SoundState>; CORNERS],
        /// Sound of the knobs.
        knobs: Option<Arc<SoundState>>,
    },
    /// Give corners without a sound those of the loaded pack, and a project without a pack that pack.
    FillFromPack {
        /// The loaded pack.
        pack: PackRef,
        /// Its sounds for the corners.
        corners: [Arc<SoundState>; CORNERS],
    },
    /// Let the routes of the modulation matrix be these.
    SetRoutes(Routes),
    /// Let the levels of the steps be these.
    SetSteps(StepLevels),
    /// Let this be the recorded path of the pad's point, and these the routes.
    SetPath {
        /// The path, or none.
        path: Box<PadPath>,
        /// All routes, those of the path among them.
        routes: Routes,
    },
    /// Let controllers move parameters as in this map.
    SetControllers {
        /// The map.
        map: ControllerMap,
        /// What changes, as the step is called.
        change: String,
    },
    /// Let the tuning be this.
    SetTuning(Arc<Tuning>),
    /// Let the sounds go on from this prime, or from none.
    SetPrime {
        /// The prime.
        prime: Option<Prime>,
        /// What changes, as the step is called.
        change: String,
    },
    /// Remember the editor's window.
    SetView(View),
    /// The project is now that of a preset, or of none.
    SetOrigin(Option<Origin>),
    /// Take the project of a preset in place of the present one.
    LoadPreset {
        /// The preset's name.
        name: String,
        /// Its project.
        document: Box<StateDocument>,
    },
    /// Take the project of a document in place of the present one.
    Recall(Box<StateDocument>),
    /// Give the fields that differ between the two snapshots the values that they have in the one after.
    Restore(ProjectChange),
}

impl Edit {
    /// Puts a sound on a corner of the pad.
    pub fn set_corner(corner: usize, sound: SoundState) -> Self {
        Self::SetCorner { corner, sound: Arc::new(sound) }
    }

    /// The next snapshot. A corner or route that does not exist changes nothing.
    pub fn apply(self, project: &Project) -> Project {
        let mut next = project.clone();
        match self {
            Self::SetCorner { corner, sound } | Self::ReplaceSound { target: Target::Corner(corner), sound } => {
                if let Some(place) = next.corners.get_mut(corner) {
                    *place = sound;
                }
            }
            Self::Begin { sound, fitted } => (next.knobs, next.fitted) = (Some(sound), Some(fitted)),
            Self::MoveToSound(sound) => next.knobs = sound,
            Self::SetSeed(seed) => next.seed = seed,
            Self::SetFitted(fitted) => next.fitted = Some(fitted),
            Self::ReplaceSound { target: Target::Knobs, sound } => next.knobs = Some(sound),
            Self::ChangePack { pack, corners, knobs } => {
                (next.pack, next.corners, next.knobs) = (pack, corners, knobs);
                next.frozen = Arc::default();
            }
            Self::FillFromPack { pack, corners } => fill(&mut next, pack, corners),
            Self::SetRoutes(routes) => next.routes = routes,
            Self::SetSteps(steps) => next.steps = steps,
            Self::SetPath { path, routes } => (next.pad_path, next.routes) = (*path, routes),
            Self::SetControllers { map, .. } => next.controllers = map,
            Self::SetTuning(tuning) => next.tuning = tuning,
            Self::SetPrime { prime, .. } => next.prime = prime,
            Self::SetOrigin(origin) => next.origin = origin,
            Self::SetView(view) => next.view = Some(view.limited()),
            Self::LoadPreset { document, .. } | Self::Recall(document) => {
                return Project::of_document(*document, project.view);
            }
            Self::Restore(change) => restore(&mut next, &change),
        }
        next
    }

    /// The revision after the edit: another project or pack makes what was begun before void.
    pub fn revise(&self, revision: Revision) -> Revision {
        match self {
            Self::LoadPreset { .. } | Self::Recall(_) => Revision { recalls: revision.recalls + 1, ..revision },
            Self::ChangePack { .. } => Revision { packs: revision.packs + 1, ..revision },
            Self::Restore(change) if change.moves_pack() => Revision { packs: revision.packs + 1, ..revision },
            _ => revision,
        }
    }

    /// What the edit is to undo and redo.
    pub(super) fn role(&self) -> Role {
        match self {
            Self::SetCorner { corner, sound } if *corner < CORNERS => {
                Role::Step(format!("{} on corner {}", sound.name, corner_letter(*corner)))
            }
            Self::ReplaceSound { target, .. } => Role::Step(format!("region and key of {}", target.describe())),
            Self::ChangePack { pack, .. } => Role::Step(format!("pack {}", pack.id)),
            Self::SetRoutes(_) => Role::Step("route".to_owned()),
            Self::SetSteps(_) => Role::Step("steps".to_owned()),
            Self::SetPath { path, .. } if path.is_empty() => Role::Step("path removed".to_owned()),
            Self::SetControllers { change, .. } | Self::SetPrime { change, .. } => Role::Step(change.clone()),
            Self::SetSeed(seed) => Role::Step(format!("seed {seed}")),
            Self::SetTuning(tuning) => Role::Step(format!("tuning {}", tuning.title())),
            Self::LoadPreset { name, .. } => Role::Step(format!("preset {name}")),
            // The drag that was recorded moves the pad too.
            Self::SetPath { .. } | Self::MoveToSound(_) | Self::SetFitted(_) => Role::Part,
            Self::SetCorner { .. }
            | Self::FillFromPack { .. }
            | Self::SetView(_)
            | Self::SetOrigin(_)
            | Self::Restore(_) => Role::Apart,
            Self::Begin { .. } | Self::Recall(_) => Role::Beginning,
        }
    }
}

impl ProjectChange {
    /// The way back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { before: self.after, after: self.before }
    }

    /// Whether it leads to another pack.
    pub fn moves_pack(&self) -> bool {
        self.before.pack != self.after.pack
    }
}

fn restore(project: &mut Project, change: &ProjectChange) {
    let ProjectChange { before, after } = change;
    let corners = project.corners.iter_mut().zip(before.corners.iter().zip(&after.corners));
    for (corner, (before, after)) in corners.filter(|(_, (before, after))| !Arc::ptr_eq(before, after)) {
        // A corner that no sound was put on keeps the pack's.
        if !after.name.is_empty() || before.name.is_empty() {
            corner.clone_from(after);
        }
    }
    if before.knobs.as_ref().map(Arc::as_ptr) != after.knobs.as_ref().map(Arc::as_ptr) {
        project.knobs.clone_from(&after.knobs);
    }
    if change.moves_pack() {
        (project.pack, project.frozen) = (after.pack.clone(), Arc::clone(&after.frozen));
    }
    if before.routes != after.routes {
        project.routes = after.routes;
    }
    if before.steps != after.steps {
        project.steps = after.steps;
    }
    if before.pad_path != after.pad_path {
        project.pad_path = after.pad_path;
    }
    if before.controllers != after.controllers {
        project.controllers = after.controllers;
    }
    if before.tuning != after.tuning {
        project.tuning.clone_from(&after.tuning);
    }
    if before.prime != after.prime {
        project.prime.clone_from(&after.prime);
    }
    if before.origin != after.origin {
        project.origin.clone_from(&after.origin);
    }
    if before.fitted != after.fitted {
        project.fitted.clone_from(&after.fitted);
    }
    if before.seed != after.seed {
        project.seed = after.seed;
    }
}

fn fill(project: &mut Project, pack: PackRef, corners: [Arc<SoundState>; CORNERS]) {
    for (corner, first) in project.corners.iter_mut().zip(corners) {
        if corner.name.is_empty() {
            *corner = first;
        }
    }
    if project.pack.id.is_empty() {
        project.pack = pack;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(name: &str) -> Arc<SoundState> {
        Arc::new(SoundState::new(name, [0.5; 7]))
    }

    #[test]
    fn an_edit_leaves_the_snapshot_before_it_as_it_was() {
        let before = Project::default();
        let after = Edit::SetCorner { corner: 2, sound: sound("Door") }.apply(&before);
        assert_eq!(before, Project::default());
        assert_eq!(after.corners[2].name, "Door");
        assert!(Arc::ptr_eq(&after.corners[1], &before.corners[1]), "what did not change is shared");
    }

    #[test]
    fn a_corner_that_does_not_exist_changes_nothing() {
        let before = Project::default();
        assert_eq!(Edit::SetCorner { corner: CORNERS, sound: sound("Door") }.apply(&before), before);
    }

    #[test]
    fn a_pack_fills_empty_corners_alone() {
        let own = Edit::SetCorner { corner: 0, sound: sound("Own") }.apply(&Project::default());
        let corners = ["A", "B", "C", "D"].map(sound);
        let filled = Edit::FillFromPack { pack: PackRef::new("factory", "01"), corners }.apply(&own);
        assert_eq!(filled.corners.each_ref().map(|corner| corner.name.as_str()), ["Own", "B", "C", "D"]);
        assert_eq!(filled.pack.id, "factory");
    }

    #[test]
    fn another_project_or_pack_begins_a_revision_and_nothing_else_does() {
        let start = Revision::default();
        let change = Edit::ChangePack { pack: PackRef::default(), corners: Default::default(), knobs: None };
        assert_eq!(change.revise(start), Revision { recalls: 0, packs: 1 });
        let document = Project::default().document(Default::default(), Vec::new());
        assert_eq!(Edit::Recall(Box::new(document)).revise(start), Revision { recalls: 1, packs: 0 });
        assert_eq!(Edit::MoveToSound(None).revise(start), start);
    }
}
