//! Jobs that read or write presets. Plain data.

use engine::presets::{Place, Query};
use engine::state::PresetLabel;

/// Something to be done with a preset.
#[derive(Debug, Clone, PartialEq)]
pub enum PresetJob {
    /// List all.
    List,
    /// Take one in place of the project.
    Load(Place),
    /// Take the one that is so many places further among those of the list that a query finds.
    Step(isize, Query),
    /// Save the present sound as a new one.
    Save(PresetLabel),
    /// Save the present sound over one of the user's.
    Overwrite {
        /// Which one.
        place: Place,
        /// Its label from now on; without one it keeps its own.
        label: Option<PresetLabel>,
    },
    /// Give one of the user's another name.
    Rename(Place, String),
    /// Move one of the user's to the trash.
    Delete(Place),
    /// Mark one as a favourite, or take the mark away.
    Mark(Place, bool),
    /// Read the one that the project came from, to tell whether the project has changed since.
    Compare,
}
