//! A preset as it was loaded or saved, and whether a project still is that. Plain data; any thread but the audio thread.

use std::sync::Arc;

use engine::state::SoundState;

use super::Project;

/// Values nearer than this on the host's 0…1 are the same: hosts round what they keep, and no control moves by less.
const SAME: f32 = 1e-4;

/// What is known of the preset that a project came from.
#[derive(Debug, Clone)]
pub struct PresetBase {
    id: String,
    known: Known,
}

#[derive(Debug, Clone)]
enum Known {
    /// It is being read.
    Asked,
    /// It cannot be read.
    Gone,
    /// All parameters on the host's 0…1, in the order of the table, and the project.
    Of(Vec<f32>, Box<Project>),
}

impl PresetBase {
    /// Of a preset that is being read.
    pub fn asked(id: &str) -> Self {
        Self { id: id.to_owned(), known: Known::Asked }
    }

    /// Of a preset that cannot be read.
    pub fn gone(id: &str) -> Self {
        Self { id: id.to_owned(), known: Known::Gone }
    }

    /// Of a preset with these parameters, on the host's 0…1 and in the order of the table, and this project.
    pub fn new(id: &str, places: Vec<f32>, project: Project) -> Self {
        Self { id: id.to_owned(), known: Known::Of(places, Box::new(project)) }
    }

    /// Whether it is the preset with this id.
    pub fn is_of(&self, id: &str) -> bool {
        self.id == id
    }

    /// Whether something else would be heard now, or may be. Not while the preset is being read.
    pub fn differs(&self, places: impl Iterator<Item = f32>, project: &Project) -> bool {
        match &self.known {
            Known::Asked => false,
            Known::Gone => true,
            Known::Of(known, base) => {
                known.iter().zip(places).any(|(a, b)| (a - b).abs() > SAME) || !is_same(base, project)
            }
        }
    }
}

/// Whether two projects have the same sounds. A corner without a sound has the pack's.
fn is_same(base: &Project, now: &Project) -> bool {
    let same = |a: &Arc<SoundState>, b: &Arc<SoundState>| Arc::ptr_eq(a, b) || a == b;
    let mut corners = base.corners.iter().zip(&now.corners);
    let knobs = match (&base.knobs, &now.knobs) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let pack = base.pack.id.is_empty() || base.pack.is_same(&now.pack);
    let rest = base.seed == now.seed && base.routes == now.routes;
    let rest = rest && base.steps == now.steps && base.pad_path == now.pad_path && base.prime == now.prime;
    // A preset without a tuning leaves that of the project as it is.
    let rest = rest && (base.tuning.is_none() || base.tuning == now.tuning);
    knobs && pack && rest && corners.all(|(a, b)| a.name.is_empty() || same(a, b))
}

#[cfg(test)]
mod tests {
    use super::super::Edit;
    use super::*;

    #[test]
    fn a_moved_control_and_another_sound_differ_and_what_the_pack_fills_in_does_not() {
        let project = Project::default();
        let base = PresetBase::new("a", vec![0.25, 0.5], project.clone());
        let differs = |places: [f32; 2], project: &Project| base.differs(places.into_iter(), project);
        assert!(!differs([0.25, 0.500_05], &project), "a host may round");
        assert!(differs([0.25, 0.51], &project));
        let filled = Edit::set_corner(1, SoundState::new("Door", [0.5; 7])).apply(&project);
        assert!(!differs([0.25, 0.5], &filled));
        let base = PresetBase::new("a", Vec::new(), filled.clone());
        let other = Edit::set_corner(1, SoundState::new("Bell", [0.5; 7])).apply(&filled);
        assert!(base.differs(std::iter::empty(), &other) && !base.differs(std::iter::empty(), &filled));
        let moved = Edit::MoveToSound(Some(Arc::new(SoundState::new("Bell", [0.5; 7])))).apply(&filled);
        assert!(base.differs(std::iter::empty(), &moved));
        assert!(PresetBase::gone("a").differs(std::iter::empty(), &filled));
        assert!(!PresetBase::asked("a").differs(std::iter::empty(), &filled));
    }
}
