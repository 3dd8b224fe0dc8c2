//! Maps positions in a stretched sound to positions in the unstretched one. Frame shaping and voices use the same map, so a voice that
//! moves to a sound of another stretch stays at its moment. Plain arithmetic; any thread, the audio thread included.

/// Smallest slope, so that the inverse exists.
const LEAST_SLOPE: f32 = 1e-3;

/// Maps a position in the stretched sound to one in the unstretched sound. Up to the end of the attack the two are equal; beyond it
/// distances are proportional.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StretchMap {
    /// End of the part that is not stretched, in frames.
    attack_frames: f32,
    /// Unstretched frames per stretched frame beyond the attack.
    slope: f32,
    /// Samples from frame to frame.
    hop_samples: f32,
    /// Sample that frame 0 is centred on.
    first_centre_samples: f32,
}

impl StretchMap {
    /// No stretch.
    pub const NONE: Self = Self { attack_frames: 0.0, slope: 1.0, hop_samples: 1.0, first_centre_samples: 0.0 };

    /// A sound that is stretched by `factor`, which is positive, from its first sample on.
    pub fn uniform(factor: f32) -> Self {
        Self { slope: (1.0 / factor).max(LEAST_SLOPE), ..Self::NONE }
    }

    /// A sound of `from` frames, at least 1, that is stretched to `to` frames; its first `attack_frames` are kept. Frames are
    /// `hop_samples` apart, the first centred on sample `first_centre_samples`.
    pub fn of_frames(from: usize, to: usize, attack_frames: f32, hop_samples: f32, first_centre_samples: f32) -> Self {
        let last = (from - 1) as f32;
        let slope = (last - attack_frames) / ((to - 1) as f32 - attack_frames).max(1.0);
        Self { attack_frames, slope: slope.max(LEAST_SLOPE), hop_samples, first_centre_samples }
    }

    /// The (fractional) unstretched frame of a stretched one.
    pub fn source_frame(&self, frame: f32) -> f32 {
        let attack = self.attack_frames;
        if frame <= attack { frame } else { attack + (frame - attack) * self.slope }
    }

    /// The sample of a sound stretched as `other` that holds the same moment as `sample` of one stretched as `self`.
    pub fn moved_to(&self, other: &Self, sample: f64) -> f64 {
        if self == other { sample } else { other.stretched(self.unstretched(sample)) }
    }

    fn attack_samples(&self) -> f64 {
        f64::from(self.attack_frames) * f64::from(self.hop_samples) + f64::from(self.first_centre_samples)
    }

    fn unstretched(self, sample: f64) -> f64 {
        let attack = self.attack_samples();
        if sample <= attack { sample } else { attack + (sample - attack) * f64::from(self.slope) }
    }

    fn stretched(self, sample: f64) -> f64 {
        let attack = self.attack_samples();
        if sample <= attack { sample } else { attack + (sample - attack) / f64::from(self.slope) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_mapped_to_another_stretch_and_back_is_unchanged() {
        let map = |factor: f32| StretchMap::of_frames(172, (172.0 * factor).round() as usize, 3.0, 512.0, 256.0);
        for from in [0.25, 1.0, 1.7, 4.0] {
            for to in [0.25, 1.0, 2.0, 4.0] {
                for sample in [0.0, 100.0, 1792.0, 3000.0, 20_000.0] {
                    let there = map(from).moved_to(&map(to), sample);
                    let back = map(to).moved_to(&map(from), there);
                    assert!((back - sample).abs() < 1e-6, "{from} to {to}: sample {sample} is mapped back to {back}");
                }
            }
            let frame = 40.0;
            let by_frame = map(from).source_frame(frame) * 512.0 + 256.0;
            let by_sample =
                map(from).moved_to(&StretchMap::of_frames(172, 172, 3.0, 512.0, 256.0), 40.0 * 512.0 + 256.0);
            assert!((f64::from(by_frame) - by_sample).abs() < 0.1, "{from}: {by_frame} and {by_sample}");
        }
    }

    #[test]
    fn the_attack_stays_in_place() {
        let map = StretchMap::of_frames(172, 688, 3.0, 512.0, 256.0);
        assert_eq!(StretchMap::NONE.moved_to(&map, 1_000.0), 1_000.0);
        assert!((StretchMap::NONE.moved_to(&map, 10_000.0) - 10_000.0) > 20_000.0);
    }
}
