//! Sounds that a slow source has made last, so that a point that is returned to is heard at once, and a control that does not change such
//! sounds costs nothing. WORKER THREADS.

#![expect(clippy::disallowed_types, reason = "worker threads only; the lock is held for a search in a short list")]

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::link::{AssetId, SoundSpec};
use crate::units::Latent;

/// Samples that are kept together: 4 MiB. Of sounds of 1 s at 16 kHz these are 65, of the longest two.
const KEPT_SAMPLES: usize = 1 << 20;

/// What determines the sound of a source of chance that knows no key and no shaping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SoundKey {
    pub(super) controls: Latent,
    pub(super) temperature: f32,
    pub(super) seed: u64,
    pub(super) variation: u32,
    pub(super) prime: AssetId,
}

impl SoundKey {
    /// Of a request.
    pub(super) fn of(spec: &SoundSpec) -> Self {
        let SoundSpec { controls, temperature, seed, variation, assets, .. } = *spec;
        Self { controls, temperature, seed, variation, prime: assets.prime() }
    }
}

/// The sounds that were made last, the newest first.
#[derive(Default)]
pub(super) struct MadeSounds(Mutex<VecDeque<(SoundKey, Arc<[f32]>)>>);

impl MadeSounds {
    /// The sound of this key, if it is still there.
    pub(super) fn find(&self, key: &SoundKey) -> Option<Arc<[f32]>> {
        self.0.lock().iter().find(|(other, _)| other == key).map(|(_, samples)| Arc::clone(samples))
    }

    /// Keeps a sound, and forgets the oldest ones where there are too many.
    pub(super) fn keep(&self, key: SoundKey, samples: &[f32]) {
        let samples = Arc::from(samples);
        let mut sounds = self.0.lock();
        sounds.retain(|(other, _)| *other != key);
        sounds.push_front((key, samples));
        let mut room = KEPT_SAMPLES;
        let fitting = sounds.iter().take_while(|(_, samples)| {
            let fits = samples.len() <= room;
            room = room.saturating_sub(samples.len());
            fits
        });
        let count = fitting.count();
        sounds.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u64) -> SoundKey {
        SoundKey { controls: [0.5; 7], temperature: 1.0, seed, variation: 0, prime: AssetId::NONE }
    }

    #[test]
    fn the_newest_sounds_are_kept_within_the_room_that_there_is() {
        let made = MadeSounds::default();
        let third = vec![0.0; KEPT_SAMPLES / 3];
        (0..5).for_each(|seed| made.keep(key(seed), &third));
        assert_eq!(
            (0..5).map(|seed| made.find(&key(seed)).is_some()).collect::<Vec<_>>(),
            [false, false, true, true, true]
        );
        made.keep(key(2), &[1.0]);
        assert_eq!(
            made.find(&key(2)).as_deref(),
            Some(&[1.0][..]),
            "a sound that is made again replaces the older one"
        );
        made.keep(key(9), &vec![0.0; KEPT_SAMPLES + 1]);
        assert!(made.find(&key(9)).is_none() && made.find(&key(4)).is_none(), "one that is too long leaves nothing");
    }
}
