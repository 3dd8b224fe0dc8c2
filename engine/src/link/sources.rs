//! The sources of an instance as the audio thread knows them. Plain values; any thread, the audio thread included.

/// Most sources that an instance holds at once.
pub const MAX_SOURCES: usize = 4;
/// Most root keys of one source that are told apart.
pub const MAX_ROOTS: usize = 32;
/// Root of a source that names none.
const ONLY_ROOT: u8 = 60;

/// Names a source of an instance. A number is never used again, so a sound of a source that has gone is known to be stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// What the audio thread needs to know of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its name.
    pub id: SourceId,
    roots: [u8; MAX_ROOTS],
    root_count: usize,
}

impl SourceInfo {
    /// Keeps the first [`MAX_ROOTS`] of `roots`, sorted, without repeats; key 60 when there are none. Allocates: not for the audio thread.
    pub fn new(id: SourceId, roots: &[u8]) -> Self {
        let mut sorted: Vec<u8> = roots.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.is_empty() {
            sorted.push(ONLY_ROOT);
        }
        let mut info = Self { id, roots: [0; MAX_ROOTS], root_count: sorted.len().min(MAX_ROOTS) };
        for (root, from) in info.roots.iter_mut().zip(&sorted) {
            *root = *from;
        }
        info
    }

    /// The root keys, ascending, at least one.
    pub fn roots(&self) -> &[u8] {
        self.roots.get(..self.root_count).unwrap_or(&[])
    }

    /// The root nearest to `key`; the lower of two.
    pub fn nearest_root(&self, key: u8) -> u8 {
        self.roots().iter().copied().min_by_key(|root| root.abs_diff(key)).unwrap_or(ONLY_ROOT)
    }
}

/// The sources of an instance, one of which new sounds come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSet {
    sources: [Option<SourceInfo>; MAX_SOURCES],
    current: SourceInfo,
}

impl SourceSet {
    /// A set of one.
    pub fn of(source: SourceInfo) -> Self {
        let mut sources = [None; MAX_SOURCES];
        if let Some(first) = sources.first_mut() {
            *first = Some(source);
        }
        Self { sources, current: source }
    }

    /// The set with another source, from which new sounds come; `None` when the set is full.
    pub fn with(mut self, source: SourceInfo) -> Option<Self> {
        *self.sources.iter_mut().find(|place| place.is_none())? = Some(source);
        self.current = source;
        Some(self)
    }

    /// The set without a source; the current one stays.
    pub fn without(mut self, id: SourceId) -> Self {
        for place in &mut self.sources {
            if place.is_some_and(|source| source.id == id && id != self.current.id) {
                *place = None;
            }
        }
        self
    }

    /// The same sources, with new sounds from `id`; `None` when there is no such source.
    pub fn playing(mut self, id: SourceId) -> Option<Self> {
        self.current = *self.get(id)?;
        Some(self)
    }

    /// The source that new sounds come from.
    pub fn current(&self) -> &SourceInfo {
        &self.current
    }

    /// One of the sources.
    pub fn get(&self, id: SourceId) -> Option<&SourceInfo> {
        self.sources.iter().flatten().find(|source| source.id == id)
    }
}
