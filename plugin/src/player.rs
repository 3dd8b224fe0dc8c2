//! The engine as main-thread code sees it: what the editor watches, and what projects freeze. Never on the audio thread.

use std::sync::{Arc, Weak};

use engine::decode::assets::AssetTable;
use engine::decode::frozen::FrozenSource;
use engine::decode::latent::{LatentSource, decode};
use engine::decode::{Model, Pipeline};
use engine::instrument::{Instance, Meters, SoundView, Status};
use engine::link::{SoundSpec, SourceId};
use engine::params::Controls;
use engine::state::{FrozenZone, MAX_STATE_BYTES};

use crate::session::Rig;

/// Most that a project keeps of decoded sound; far below what a project may hold, so that it can be opened again.
const MAX_FROZEN_BYTES: usize = MAX_STATE_BYTES / 2;

/// What the editor watches of the engine, and what it asks of it. Tests put a still picture in its place.
pub trait Readout: Send + Sync {
    /// The last complete decode of the main zone.
    fn sound(&self) -> Option<Arc<SoundView>>;
    /// The last complete decode of every zone in use.
    fn sounds(&self) -> Vec<Arc<SoundView>>;
    /// Decode time, late count, failure, voices.
    fn status(&self) -> Status;
    /// The source that sounds come from.
    fn source(&self) -> SourceId;
    /// Peak and playhead.
    fn meters(&self) -> Meters;
    /// Decodes a sound to look at while the host does not process.
    fn preview(&self, spec: SoundSpec);
    /// Plays a project's frozen zones in place of the pack.
    ///
    /// # Errors
    /// Why the zones cannot be played; what played goes on.
    fn play_frozen(&self, zones: &[FrozenZone]) -> Result<(), String>;
    /// Plays a pack.
    fn play_pack(&self, model: &Arc<Model>);
}

/// An instance of the engine.
pub struct Player(Instance);

impl Player {
    /// Watches an instance.
    pub fn new(instance: Instance) -> Self {
        Self(instance)
    }
}

impl Readout for Player {
    fn sound(&self) -> Option<Arc<SoundView>> {
        self.0.sound()
    }

    fn sounds(&self) -> Vec<Arc<SoundView>> {
        self.0.sounds()
    }

    fn status(&self) -> Status {
        self.0.status()
    }

    fn source(&self) -> SourceId {
        self.0.source()
    }

    fn meters(&self) -> Meters {
        self.0.meters()
    }

    fn preview(&self, spec: SoundSpec) {
        self.0.preview(spec);
    }

    fn play_frozen(&self, zones: &[FrozenZone]) -> Result<(), String> {
        let source = FrozenSource::new(zones).map_err(|error| error.to_string())?;
        self.0.set_source(Arc::new(source));
        Ok(())
    }

    fn play_pack(&self, model: &Arc<Model>) {
        self.0.set_source(Arc::new(LatentSource::new(Arc::clone(model))));
    }
}

/// Packs the zones in use for the project. Hosts save often, so what was packed last is kept.
pub struct Freezer {
    rig: Weak<Rig>,
    assets: Arc<AssetTable>,
    packed: Vec<(SoundSpec, FrozenZone)>,
}

impl Freezer {
    /// For a loaded pack.
    pub fn new(rig: Weak<Rig>, assets: Arc<AssetTable>) -> Self {
        Self { rig, assets, packed: Vec::new() }
    }

    /// The decoded zones of the sound that `controls` ask for. While none is decoded yet, as in the middle of a sweep, the
    /// main one is decoded here: a project without its sound could not be opened elsewhere.
    pub fn freeze(&mut self, controls: &Controls) -> Vec<FrozenZone> {
        let Some(rig) = self.rig.upgrade() else { return Vec::new() };
        let mut sounds = rig.readout.sounds();
        let source = rig.readout.source();
        sounds.retain(|sound| sound.spec.is_near(&controls.spec(source, sound.spec.key)));
        if sounds.is_empty() {
            let key = rig.readout.sound().map_or(f32::from(rig.catalogue.middle_root), |sound| sound.spec.key);
            sounds.extend(self.decode(&rig, &controls.spec(source, key)));
        }
        self.packed.retain(|(spec, _)| sounds.iter().any(|sound| sound.spec == *spec));
        // The zone played last first, in case that not all find room.
        let main = rig.readout.sound().map(|sound| sound.spec.key);
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
    fn decode(&self, rig: &Rig, spec: &SoundSpec) -> Option<Arc<SoundView>> {
        let model = rig.model.as_ref()?;
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
