//! Packs the zones in use for the project, so that it sounds where its pack is missing. Host threads that save and the job
//! thread; it compresses audio and locks, so never the audio thread. It does not wait for a decode: what no worker has decoded
//! yet is saved by its recipe alone.

use std::sync::{Arc, Weak};

use engine::instrument::SoundView;
use engine::link::SoundSpec;
use engine::params::Controls;
use engine::state::{FrozenZone, MAX_STATE_BYTES};

use crate::loaded_pack::LoadedPack;

/// Most that a project keeps of decoded sound, in bytes of Base64: half of what a project may hold, so that recordings and
/// everything else fit into the other half.
const MAX_FROZEN_BYTES: usize = MAX_STATE_BYTES / 2;

/// Packs the zones in use for the project. Hosts save often, so what was packed last is kept.
pub struct ZoneFreezer {
    loaded: Weak<LoadedPack>,
    packed: Vec<(SoundSpec, FrozenZone)>,
}

impl ZoneFreezer {
    /// For a loaded pack.
    pub fn new(loaded: Weak<LoadedPack>) -> Self {
        Self { loaded, packed: Vec::new() }
    }

    /// The decoded zones of the sound that `controls` ask for; none while no worker has decoded one, as in the middle of a sweep.
    pub fn freeze(&mut self, controls: &Controls) -> Vec<FrozenZone> {
        let Some(loaded) = self.loaded.upgrade() else { return Vec::new() };
        let mut sounds = decoded(&loaded, controls);
        self.packed.retain(|(spec, _)| sounds.iter().any(|sound| sound.spec == *spec));
        // The zone played last first, in case that not all find room.
        let main = loaded.player.sound().map(|sound| sound.spec.key);
        sounds.sort_by_key(|sound| Some(sound.spec.key) != main);
        let mut room = MAX_FROZEN_BYTES;
        let mut zones: Vec<FrozenZone> = Vec::new();
        for zone in sounds.iter().filter_map(|sound| self.pack(sound)) {
            // Frozen zones have one rate, loops another one at each root; a loop is in the project itself, so that one zone is enough.
            if zones.first().is_some_and(|first| first.sample_rate_hz != zone.sample_rate_hz) {
                continue;
            }
            let Some(left) = room.checked_sub(zone.flac_base64.len()) else { break };
            room = left;
            zones.push(zone);
        }
        zones
    }

    fn pack(&mut self, sound: &SoundView) -> Option<FrozenZone> {
        if let Some((_, zone)) = self.packed.iter().find(|(spec, _)| *spec == sound.spec) {
            return Some(zone.clone());
        }
        let (key, rate_hz) = (sound.spec.key.round() as u8, sound.sample_rate_hz.round() as u32);
        let zone = FrozenZone::from_samples(key, rate_hz, sound.channel(0)).ok()?;
        self.packed.push((sound.spec, zone.clone()));
        Some(zone)
    }
}

/// The complete decodes of the sound that `controls` ask for: of every zone in use, or of the preview while the host does not process.
pub fn decoded(loaded: &LoadedPack, controls: &Controls) -> Vec<Arc<SoundView>> {
    let source = loaded.player.source();
    let mut sounds = loaded.player.sounds();
    sounds.extend(loaded.player.sound().filter(|shown| sounds.iter().all(|sound| sound.spec != shown.spec)));
    sounds.retain(|sound| sound.spec.is_near(&controls.spec(source, sound.spec.key)));
    // Notes with sounds of their own may have the same one.
    let mut keys = Vec::new();
    sounds.retain(|sound| {
        let is_first = !keys.contains(&sound.spec.key);
        keys.push(sound.spec.key);
        is_first
    });
    sounds
}
