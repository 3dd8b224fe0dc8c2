//! Which project and which pack is open, as numbers that work in progress is compared with. Plain data; any thread.

/// Counts what makes older work void. Work that was begun in one revision has no place in another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Revision {
    /// Documents recalled since the instance was made.
    pub recalls: u64,
    /// Moves of the project to another pack since the instance was made.
    pub packs: u64,
}
