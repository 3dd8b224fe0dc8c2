//! Packs the zones in use for the project, so that it sounds where its pack is missing. Host threads that save; it may
//! decode, so never the audio thread.

use std::sync::{Arc, Weak};

use engine::decode::Pipeline;
use engine::decode::assets::AssetTable;
use engine::decode::latent::decode;
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
    assets: Arc<AssetTable>,
    packed: Vec<(SoundSpec, FrozenZone)>,
}

impl ZoneFreezer {
    /// For a loaded pack.
    pub fn new(loaded: Weak<LoadedPack>, assets: Arc<AssetTable>) -> Self {
        Self { loaded, assets, packed: Vec::new() }
    }

    /// The decoded zones of the sound that `controls` ask for. While none is decoded yet, as in the middle of a sweep, the
    /// main one is decoded here: a project without its sound could not be opened elsewhere.
    pub fn freeze(&mut self, controls: &Controls) -> Vec<FrozenZone> {
        let Some(loaded) = self.loaded.upgrade() else { return Vec::new() };
        let mut sounds = loaded.player.sounds();
        let source = loaded.player.source();
        sounds.retain(|sound| sound.spec.is_near(&controls.spec(source, sound.spec.key)));
        if sounds.is_empty() {
            let key = loaded.player.sound().map_or(f32::from(loaded.catalogue.middle_root), |sound| sound.spec.key);
            sounds.extend(self.decode(&loaded, &controls.spec(source, key)));
        }
        self.packed.retain(|(spec, _)| sounds.iter().any(|sound| sound.spec == *spec));
        // The zone played last first, in case that not all find room.
        let main = loaded.player.sound().map(|sound| sound.spec.key);
        sounds.sort_by_key(|sound| Some(sound.spec.key) != main);
        let mut room = MAX_FROZEN_BYTES;
        let mut zones = Vec::new();
        for zone in sounds.iter().filter_map(|sound| self.pack(sound)) {
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

    /// A sound that no worker has decoded, unless it is packed already.
    fn decode(&self, loaded: &LoadedPack, spec: &SoundSpec) -> Option<Arc<SoundView>> {
        let model = loaded.model.as_ref()?;
        let sample_rate_hz = model.manifest().shape.sample_rate_hz as f32;
        let samples = match self.packed.iter().any(|(packed, _)| packed == spec) {
            true => Vec::new(),
            false => {
                let mut pipeline = Pipeline::new(Arc::clone(model)).ok()?;
                decode(&mut pipeline, spec, &self.assets.resolve(&spec.assets).ok()?).ok()?
            }
        };
        Some(Arc::new(SoundView { samples, channels: 1, sample_rate_hz, spec: *spec, generation: 0 }))
    }
}
