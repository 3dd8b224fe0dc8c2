//! The residuals of the sounds that are mixed now. Main thread writes, WORKER THREADS read; never the audio thread, which
//! knows only their weights ([`crate::link::ResidualMix`]).

#![expect(clippy::disallowed_types, reason = "main and worker threads only; the audio thread never sees the table")]

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::link::{RESIDUALS, ResidualMix};
use crate::residual::{Residual, add};
use crate::spectral::{Frames, SpectralShape};

/// A residual and the one zone that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneResidual {
    /// Root key of the zone.
    pub root_key: u8,
    /// The difference to the decoder's frames at that key.
    pub residual: Residual,
}

/// The residuals of the pad's four corners and of the knobs' sound, in this order.
#[derive(Default)]
pub struct Residuals(Mutex<Table>);

#[derive(Default)]
struct Table {
    epoch: u64,
    entries: [Option<Entry>; RESIDUALS],
}

struct Entry {
    coded: ZoneResidual,
    difference: Frames,
}

impl Residuals {
    /// Takes the residuals that are mixed from now on; answers the number of this change, which sounds are to name.
    pub fn set(&self, wanted: [Option<&ZoneResidual>; RESIDUALS]) -> u64 {
        let mut guard = self.0.lock();
        let table = &mut *guard;
        for (entry, wanted) in table.entries.iter_mut().zip(wanted) {
            if entry.as_ref().map(|entry| &entry.coded) == wanted {
                continue;
            }
            *entry = wanted.map(|coded| Entry { coded: coded.clone(), difference: coded.residual.difference() });
            table.epoch += 1;
        }
        table.epoch
    }

    /// Adds what belongs to the zone of `key`, as much as `mix` says.
    pub fn apply(&self, frames: &mut Frames, key: f32, mix: &ResidualMix, shape: &SpectralShape) {
        let table = self.0.lock();
        let mut sum: Option<Frames> = None;
        for (entry, weight) in table.entries.iter().zip(mix.weights) {
            let Some(entry) = entry.as_ref().filter(|entry| f32::from(entry.coded.root_key) == key && weight != 0.0)
            else {
                continue;
            };
            let sum = sum.get_or_insert_with(|| Frames { values: vec![0.0; frames.values.len()], ..*frames });
            for (sum, change) in sum.values.iter_mut().zip(&entry.difference.values) {
                *sum += weight * change;
            }
        }
        if let Some(sum) = sum {
            add(frames, &sum, 1.0, shape);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn level(value: f32) -> Frames {
        Frames {
            values: vec![value; SHAPE.mel_bands * SHAPE.frame_count],
            ..Frames::silent(SHAPE.mel_bands, SHAPE.frame_count)
        }
    }

    fn zone(root_key: u8, wanted: f32) -> ZoneResidual {
        ZoneResidual { root_key, residual: Residual::between(&level(wanted), &level(0.0), &SHAPE) }
    }

    fn mixed(weights: [f32; RESIDUALS], key: f32) -> f32 {
        let residuals = Residuals::default();
        let (a, b) = (zone(60, 0.4), zone(60, -0.2));
        let epoch = residuals.set([Some(&a), Some(&b), None, None, None]);
        assert_eq!(residuals.set([Some(&a), Some(&b), None, None, None]), epoch, "nothing has changed");
        assert_ne!(residuals.set([Some(&a), Some(&b), Some(&a), None, None]), epoch);
        let mut frames = level(0.0);
        residuals.apply(&mut frames, key, &ResidualMix { weights, epoch }, &SHAPE);
        frames.values[500]
    }

    #[test]
    fn residuals_add_with_their_weights_in_their_own_zone() {
        const TOLERANCE: f32 = 0.01;
        for (weights, wanted) in
            [([1.0, 0.0, 0.0, 0.0, 0.0], 0.4), ([0.5, 0.5, 0.0, 0.0, 0.0], 0.1), ([0.0, 0.0, 0.0, 1.0, 1.0], 0.0)]
        {
            let got = mixed(weights, 60.0);
            assert!((got - wanted).abs() < TOLERANCE, "{weights:?}: {got}");
        }
        assert_eq!(mixed([1.0; RESIDUALS], 72.0), 0.0, "another zone");
    }
}
