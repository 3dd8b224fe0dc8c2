//! Where a held note goes on within a sound: pairs of places between which a voice can cross without a seam. Plain values; any thread,
//! the audio thread included.
//!
//! One loop of fixed length is heard as a period. A map has several exits, each with several landings; a voice that chooses among them at
//! random does not repeat itself.

/// Most exits of a sound.
pub const MAX_EXITS: usize = 8;
/// Most landings of an exit.
pub const MAX_LANDINGS: usize = 3;

/// A place where a voice goes on after an exit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Landing {
    /// Position in samples of the sound, before the exit.
    pub sample: u32,
    /// Normalised correlation of the samples that follow it with those that follow the exit, [0, 1].
    pub correlation: f32,
}

/// A place where a voice may leave the sound, and where it then goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exit {
    /// Position in samples of the sound.
    pub sample: u32,
    landings: [Landing; MAX_LANDINGS],
    count: u8,
}

impl Exit {
    /// An exit with at most [`MAX_LANDINGS`] landings; further ones are left out.
    pub fn new(sample: u32, landings: &[Landing]) -> Self {
        let mut exit = Self { sample, ..Self::default() };
        for (place, landing) in exit.landings.iter_mut().zip(landings) {
            *place = *landing;
            exit.count += 1;
        }
        exit
    }

    /// Its landings.
    pub fn landings(&self) -> &[Landing] {
        self.landings.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// All exits of a sound, by position; by default none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SustainMap {
    exits: [Exit; MAX_EXITS],
    count: u8,
    is_steady: bool,
}

impl SustainMap {
    /// A map of at most [`MAX_EXITS`] exits, which are sorted by position; further ones and exits without a landing are left out.
    pub fn new(exits: &[Exit], is_steady: bool) -> Self {
        let mut map = Self { is_steady, ..Self::default() };
        for (place, exit) in map.exits.iter_mut().zip(exits.iter().filter(|exit| exit.count > 0)) {
            *place = *exit;
            map.count += 1;
        }
        if let Some(exits) = map.exits.get_mut(..usize::from(map.count)) {
            exits.sort_unstable_by_key(|exit| exit.sample);
        }
        map
    }

    /// Whether the sound keeps its level, so that a held note is expected to go on.
    pub fn is_steady(&self) -> bool {
        self.is_steady
    }

    /// A position of a note that goes on: one behind the last exit is brought back by whole ways from there to its first landing.
    pub fn within(&self, sample: f64) -> f64 {
        let Some((exit, landing)) = self.exits().last().and_then(|exit| Some((exit, exit.landings().first()?))) else {
            return sample;
        };
        let (end, way) = (f64::from(exit.sample), f64::from(exit.sample.saturating_sub(landing.sample)));
        if sample <= end || way < 1.0 { sample } else { sample - way * ((sample - end) / way).ceil() }
    }

    /// The exits, by position.
    pub fn exits(&self) -> &[Exit] {
        self.exits.get(..usize::from(self.count)).unwrap_or_default()
    }
}
