//! Presets: those that are built in, and the user's, one file each in a folder. Main and worker threads: it reads and writes files.
//!
//! A file is a [`crate::state::Preset`]. Favourites are kept beside the files, not in them. A deleted preset goes to the folder `Trash`
//! beside the others, from where it can be taken back.

mod factory;
mod favourites;
mod library;
mod place;
mod query;

pub use factory::factory;
pub use library::{PresetError, PresetLibrary, PresetListing};
pub use place::{PRESET_EXTENSION, Place};
pub use query::{PresetEntry, Query};
