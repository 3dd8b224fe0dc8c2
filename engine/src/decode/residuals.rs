//! The residuals of the sounds that are mixed now. Main thread writes, WORKER THREADS read; never the audio thread, which
//! knows only their weights ([`crate::link::ResidualMix`]).

#![expect(clippy::disallowed_types, reason = "main and worker threads only; the audio thread never sees the table")]

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::link::{RESIDUALS, ResidualMix};
use crate::residual::{ZoneResidual, add};
use crate::spectral::{Frames, SpectralShape};

/// The residuals of the pad's four corners and of the knobs' sound, in this order; each sound may have one in every zone.
#[derive(Default)]
pub struct Residuals(Mutex<Table>);

#[derive(Default)]
struct Table {
    epoch: u64,
    entries: [Vec<Arc<Entry>>; RESIDUALS],
}

/// One zone's residual, unpacked when it is first heard.
struct Entry {
    coded: ZoneResidual,
    difference: OnceLock<Frames>,
}

impl Residuals {
    /// Takes the residuals that are mixed from now on; answers the number of this change, which sounds are to name.
    pub fn set(&self, wanted: [&[ZoneResidual]; RESIDUALS]) -> u64 {
        let mut guard = self.0.lock();
        let table = &mut *guard;
        for (entries, wanted) in table.entries.iter_mut().zip(wanted) {
            if entries.iter().map(|entry| &entry.coded).eq(wanted) {
                continue;
            }
            let entry = |coded: &ZoneResidual| Arc::new(Entry { coded: coded.clone(), difference: OnceLock::new() });
            *entries = wanted.iter().map(entry).collect();
            table.epoch += 1;
        }
        table.epoch
    }

    /// Adds what belongs to the zone of `key`, as much as `mix` says.
    pub fn apply(&self, frames: &mut Frames, key: f32, mix: &ResidualMix, shape: &SpectralShape) {
        let mut sum: Option<Frames> = None;
        for (entry, weight) in self.heard(key, mix) {
            let difference = entry.difference.get_or_init(|| entry.coded.residual.difference());
            let sum = sum.get_or_insert_with(|| Frames { values: vec![0.0; frames.values.len()], ..*frames });
            for (sum, change) in sum.values.iter_mut().zip(&difference.values) {
                *sum += weight * change;
            }
        }
        if let Some(sum) = sum {
            add(frames, &sum, 1.0, shape);
        }
    }

    /// The residuals of the zone of `key` that have a weight, taken out of the table: the main thread does not wait while one is unpacked.
    fn heard(&self, key: f32, mix: &ResidualMix) -> Vec<(Arc<Entry>, f32)> {
        let table = self.0.lock();
        let weighted = table.entries.iter().zip(mix.weights).filter(|(_, weight)| *weight != 0.0);
        let of_zone = weighted.filter_map(|(entries, weight)| {
            let entry = entries.iter().find(|entry| f32::from(entry.coded.root_key) == key)?;
            Some((Arc::clone(entry), weight))
        });
        of_zone.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::residual::{Pair, Residual};

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn level(value: f32) -> Frames {
        Frames {
            values: vec![value; SHAPE.mel_bands * SHAPE.frame_count],
            ..Frames::silent(SHAPE.mel_bands, SHAPE.frame_count)
        }
    }

    fn zone(root_key: u8, wanted: f32) -> ZoneResidual {
        ZoneResidual {
            root_key,
            residual: Residual::between(Pair { wanted: &level(wanted), made: &level(0.0) }, &SHAPE),
        }
    }

    fn mixed(weights: [f32; RESIDUALS], key: f32) -> f32 {
        let residuals = Residuals::default();
        let (a, b) = ([zone(60, 0.4), zone(84, 0.8)], [zone(60, -0.2)]);
        let epoch = residuals.set([&a, &b, &[], &[], &[]]);
        assert_eq!(residuals.set([&a, &b, &[], &[], &[]]), epoch, "nothing has changed");
        assert_ne!(residuals.set([&a, &b, &a[..1], &[], &[]]), epoch);
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
        assert!((mixed([0.5; RESIDUALS], 84.0) - 0.4).abs() < TOLERANCE, "the zone that one of them has besides");
        assert_eq!(mixed([1.0; RESIDUALS], 72.0), 0.0, "a zone that none has");
    }
}
