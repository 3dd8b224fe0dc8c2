//! Where a sound stands: on a corner of the pad or on the knobs, whose parameters follow it.

use engine::Latent;
use engine::params::is_within_recording;
use engine::units::LATENT_LIMIT;

use crate::revision::Revision;

/// Corners of the pad: A (0, 0), B (1, 0), C (0, 1), D (1, 1).
pub const CORNERS: usize = 4;
/// Nearer than this the knobs stand at a point; parameters are kept on 0…1.
const SAME_SIGMA: f32 = 1e-3;

/// Where an imported sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A corner of the pad.
    Corner(usize),
    /// The seven knobs.
    Knobs,
}

impl Target {
    /// All there are.
    pub const ALL: [Self; CORNERS + 1] =
        [Self::Corner(0), Self::Corner(1), Self::Corner(2), Self::Corner(3), Self::Knobs];

    /// Its place in [`Self::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::Corner(corner) => corner,
            Self::Knobs => CORNERS,
        }
    }

    /// For messages: "corner B", "the knobs".
    pub fn describe(self) -> String {
        match self {
            Self::Corner(corner) => format!("corner {}", corner_letter(corner)),
            Self::Knobs => "the knobs".to_owned(),
        }
    }
}

/// A…D.
pub fn corner_letter(corner: usize) -> char {
    ['A', 'B', 'C', 'D'][corner]
}

/// The sound of the knobs stands at another point, and their parameters are to follow.
#[derive(Debug, Clone, Copy)]
pub struct KnobsMove {
    /// Revision of the project in which it was moved.
    pub revision: Revision,
    /// Where the knobs stood then.
    pub stood: Latent,
    /// The point that the sound left.
    pub left: Latent,
    /// Its point now, in σ.
    pub point: Latent,
}

impl KnobsMove {
    /// Whether the knobs, which are at `knobs` now, were not moved away meanwhile. A host may tell late of an earlier move, so
    /// knobs that are still at the sound stand as well.
    pub fn holds(&self, revision: Revision, knobs: &Latent) -> bool {
        let is_at = |place: &Latent| {
            let limited = place.iter().map(|sigma| sigma.clamp(-LATENT_LIMIT, LATENT_LIMIT));
            limited.zip(knobs).all(|(a, b)| (a - b).abs() < SAME_SIGMA)
        };
        self.revision == revision && (is_at(&self.stood) || is_at(&self.left) || is_within_recording(&self.left, knobs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_that_were_turned_since_do_not_follow() {
        let revision = Revision { recalls: 1, packs: 1 };
        let step = KnobsMove { revision, stood: [0.0; 7], left: [1.0; 7], point: [-1.0; 7] };
        assert!(step.holds(revision, &[0.0; 7]) && step.holds(revision, &[1.0; 7]));
        assert!(!step.holds(revision, &[2.5; 7]), "they were turned");
        assert!(!step.holds(Revision { packs: 2, ..revision }, &[0.0; 7]), "another project or pack is here");
    }

    #[test]
    fn every_target_knows_its_place() {
        assert!(Target::ALL.iter().enumerate().all(|(index, target)| target.index() == index));
    }
}
