//! The sources of an instance as the audio thread knows them. Plain values; any thread, the audio thread included.

use std::cmp::Ordering;

/// Most sources that an instance holds at once.
pub const MAX_SOURCES: usize = 4;
/// Most root keys of one source.
pub const MAX_ROOTS: usize = 32;
/// Root key of a source without root keys.
const ONLY_ROOT: u8 = 60;

/// Identifies a source of an instance. An id is not reused, so a sound of a removed source is recognised as stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// What another note of the same sound plays, where the variation controls ask for another sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Succession {
    /// One of a few variations around the sound, see [`crate::params::VariationControls::point`].
    #[default]
    Variations,
    /// The next step of a walk, see [`crate::params::VariationControls::step`].
    Walk,
    /// The next take: the same controls, another seed.
    Takes,
}

/// What the audio thread needs to know of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// Id of the source.
    pub id: SourceId,
    /// What another note of the same sound plays.
    pub succession: Succession,
    roots: [u8; MAX_ROOTS],
    root_count: usize,
}

impl SourceInfo {
    /// Keeps the lowest [`MAX_ROOTS`] of `roots`, sorted, without duplicates; key 60 if there are none. Allocates; not audio-thread safe.
    pub fn new(id: SourceId, roots: &[u8]) -> Self {
        let mut sorted: Vec<u8> = roots.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.is_empty() {
            sorted.push(ONLY_ROOT);
        }
        let root_count = sorted.len().min(MAX_ROOTS);
        let mut info = Self { id, succession: Succession::default(), roots: [0; MAX_ROOTS], root_count };
        for (root, from) in info.roots.iter_mut().zip(&sorted) {
            *root = *from;
        }
        info
    }

    /// With notes that succeed each other so.
    pub fn succeeding(self, succession: Succession) -> Self {
        Self { succession, ..self }
    }

    /// The root keys, ascending, at least one.
    pub fn roots(&self) -> &[u8] {
        self.roots.get(..self.root_count).unwrap_or(&[])
    }

    /// The root key nearest to `key`; the lower one of two at the same distance.
    pub fn nearest_root(&self, key: u8) -> u8 {
        self.roots().iter().copied().min_by_key(|root| root.abs_diff(key)).unwrap_or(ONLY_ROOT)
    }

    /// The next root on the other side of `key` than the nearest one; none for a root itself and beyond the outermost roots.
    pub fn neighbour_root(&self, key: u8) -> Option<u8> {
        let nearest = self.nearest_root(key);
        let roots = self.roots().iter().copied();
        match nearest.cmp(&key) {
            Ordering::Less => roots.filter(|root| *root > key).min(),
            Ordering::Equal => None,
            Ordering::Greater => roots.filter(|root| *root < key).max(),
        }
    }
}

/// The sources of an instance; new sounds come from the current one.
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

    /// The set with `source` added and made current; `None` if the set is full.
    pub fn with(mut self, source: SourceInfo) -> Option<Self> {
        *self.sources.iter_mut().find(|place| place.is_none())? = Some(source);
        self.current = source;
        Some(self)
    }

    /// The set without the source `id`; the current source is not removed.
    pub fn without(mut self, id: SourceId) -> Self {
        for place in &mut self.sources {
            if place.is_some_and(|source| source.id == id && id != self.current.id) {
                *place = None;
            }
        }
        self
    }

    /// The same sources with `id` as the current one; `None` if there is no such source.
    pub fn playing(mut self, id: SourceId) -> Option<Self> {
        self.current = *self.get(id)?;
        Some(self)
    }

    /// The current source, from which new sounds come.
    pub fn current(&self) -> &SourceInfo {
        &self.current
    }

    /// The source `id`, if it is in the set.
    pub fn get(&self, id: SourceId) -> Option<&SourceInfo> {
        self.sources.iter().flatten().find(|source| source.id == id)
    }
}
