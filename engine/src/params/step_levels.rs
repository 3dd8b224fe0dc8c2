//! The levels of the step source. AUDIO THREAD: a plain `Copy` value, valid by construction.

use serde::{Deserialize, Serialize};

/// Most steps of the step source.
pub const STEPS: usize = 16;

/// Level of each step, [−1, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f32>", into = "Vec<f32>")]
pub struct StepLevels([f32; STEPS]);

impl StepLevels {
    /// Those of a new instance and of documents without any: every step differs from its neighbours, and the first half is a pattern by itself.
    pub const FIRST: Self =
        Self([1.0, 0.0, 0.5, -0.5, 0.75, 0.0, 0.25, -1.0, 1.0, 0.0, 0.5, -0.5, 0.75, 0.25, -0.25, -1.0]);

    /// Of levels that are clamped to [−1, 1]; one that is not finite is 0.
    #[must_use]
    pub fn new(levels: [f32; STEPS]) -> Self {
        Self(levels.map(limited))
    }

    /// With the level of a step, which is clamped to [−1, 1]. A step that does not exist changes nothing.
    #[must_use]
    pub fn with(mut self, step: usize, level: f32) -> Self {
        if let Some(place) = self.0.get_mut(step) {
            *place = limited(level);
        }
        self
    }

    /// Level of a step; 0 for one that does not exist. Audio-thread safe.
    #[must_use]
    pub fn level(&self, step: usize) -> f32 {
        self.0.get(step).copied().unwrap_or(0.0)
    }

    /// Whether they are [`Self::FIRST`].
    #[must_use]
    pub fn are_first(&self) -> bool {
        *self == Self::FIRST
    }
}

impl Default for StepLevels {
    fn default() -> Self {
        Self::FIRST
    }
}

impl TryFrom<Vec<f32>> for StepLevels {
    type Error = String;

    /// A list of at most as many levels as there are steps; those that it leaves out are 0.
    fn try_from(list: Vec<f32>) -> Result<Self, String> {
        if list.len() > STEPS {
            return Err(format!("{} steps, at most {STEPS} are possible", list.len()));
        }
        let mut levels = [0.0; STEPS];
        levels.iter_mut().zip(list).for_each(|(level, saved)| *level = saved);
        Ok(Self::new(levels))
    }
}

impl From<StepLevels> for Vec<f32> {
    fn from(levels: StepLevels) -> Self {
        levels.0.to_vec()
    }
}

fn limited(level: f32) -> f32 {
    if level.is_finite() { level.clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stay_in_range_and_read_back() {
        let levels = StepLevels::FIRST.with(3, 7.0).with(4, f32::NAN).with(STEPS, 1.0);
        assert_eq!((levels.level(3), levels.level(4), levels.level(STEPS)), (1.0, 0.0, 0.0));
        let text = serde_json::to_string(&levels).unwrap();
        assert_eq!(serde_json::from_str::<StepLevels>(&text).unwrap(), levels);
        assert_eq!(serde_json::from_str::<StepLevels>("[0.5, -3]").unwrap().level(1), -1.0);
        let error = serde_json::from_str::<StepLevels>(&format!("{:?}", [0; STEPS + 1])).unwrap_err().to_string();
        assert!(error.contains("17 steps, at most 16 are possible"), "{error}");
    }
}
