//! Where a held note goes on within a sound: pairs of places between which a voice can cross without a seam. Plain values; any thread,
//! the audio thread included.
//!
//! A steady sound goes on at the level that it has at its first crossing. A decaying one goes on at its end, and each crossing multiplies its gain, so that the level falls on as
//! before.
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
    /// Linear gain that a voice is multiplied by when it crosses to here: that of the level's fall from here to the exit; 1 in a steady part.
    pub gain: f32,
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

/// Exits of a sound, by position; by default none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exits {
    exits: [Exit; MAX_EXITS],
    count: u8,
}

impl Exits {
    /// At most [`MAX_EXITS`] exits, which are sorted by position; further ones and exits without a landing are left out.
    pub fn new(exits: &[Exit]) -> Self {
        let mut all = Self::default();
        for (place, exit) in all.exits.iter_mut().zip(exits.iter().filter(|exit| exit.count > 0)) {
            *place = *exit;
            all.count += 1;
        }
        if let Some(exits) = all.exits.get_mut(..usize::from(all.count)) {
            exits.sort_unstable_by_key(|exit| exit.sample);
        }
        all
    }

    /// The exits, by position.
    pub fn as_slice(&self) -> &[Exit] {
        self.exits.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// A position of a note that goes on, and the gain of the way there: one behind the last exit is brought back by whole ways from there to
    /// its first landing.
    pub fn within(&self, sample: f64) -> (f64, f32) {
        let last = self.as_slice().last();
        let Some((exit, landing)) = last.and_then(|exit| Some((exit, exit.landings().first()?))) else {
            return (sample, 1.0);
        };
        let (end, way) = (f64::from(exit.sample), f64::from(exit.sample.saturating_sub(landing.sample)));
        if sample <= end || way < 1.0 {
            return (sample, 1.0);
        }
        let ways = ((sample - end) / way).ceil();
        (sample - way * ways, landing.gain.powf(ways as f32))
    }
}

/// Points of a course of levels.
pub const COURSE_POINTS: usize = 32;

/// How the level of a sound moves within the part that is repeated; by default it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelCourse {
    first_sample: u32,
    step_samples: u32,
    levels: [f32; COURSE_POINTS],
}

impl Default for LevelCourse {
    fn default() -> Self {
        Self { first_sample: 0, step_samples: 1, levels: [1.0; COURSE_POINTS] }
    }
}

impl LevelCourse {
    /// Linear levels at even distances of `step_samples` from `first_sample` on. Divided by their mean; one that stands, if they have none.
    pub fn new(first_sample: u32, step_samples: u32, levels: [f32; COURSE_POINTS]) -> Self {
        let mean = levels.iter().sum::<f32>() / COURSE_POINTS as f32;
        if !(mean.is_finite() && mean > 0.0) {
            return Self::default();
        }
        Self { first_sample, step_samples: step_samples.max(1), levels: levels.map(|level| level / mean) }
    }

    /// The level at a position in samples, by linear interpolation, relative to the mean of the part.
    pub fn at(&self, sample: f64) -> f32 {
        let place = (sample - f64::from(self.first_sample)) / f64::from(self.step_samples);
        let place = place.clamp(0.0, (COURSE_POINTS - 1) as f64);
        let level = |index: usize| self.levels.get(index).or(self.levels.last()).copied().unwrap_or(1.0);
        let (here, next) = (level(place as usize), level(place as usize + 1));
        here + (next - here) * place.fract() as f32
    }
}

/// Where held notes go on in a sound; by default nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SustainMap {
    /// Exits of the part that is nearest to steady, for a note that is to go on at its level.
    pub sustain: Exits,
    /// How the level moves in that part: a note that goes on is levelled by it.
    pub course: LevelCourse,
    /// Whether the sound keeps its level there, so that a held note is expected to go on so.
    pub is_steady: bool,
    /// Exits near the end of a sound that decays and has not died away there, for a note that is to decay on.
    pub decay: Exits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_read_between_its_points_and_stands_beyond_them() {
        let mut levels = [1.0; COURSE_POINTS];
        levels[0] = 3.0;
        levels[1] = 2.0;
        let course = LevelCourse::new(1_000, 100, levels);
        let one = course.at(1_300.0);
        for (sample, level) in [(0.0, 3.0), (1_000.0, 3.0), (1_050.0, 2.5), (1_150.0, 1.5), (1e9, 1.0)] {
            assert!((course.at(sample) / one - level).abs() < 1e-5, "{sample}: {}", course.at(sample) / one);
        }
        let silent = LevelCourse::new(0, 0, [0.0; COURSE_POINTS]);
        assert_eq!((silent, silent.at(7.0)), (LevelCourse::default(), 1.0));
    }
}
