//! The engine as main-thread code sees it: what the editor watches, and what projects freeze. Never on the audio thread.

use std::sync::{Arc, Weak};

use engine::Latent;
use engine::decode::Model;
use engine::decode::frozen::FrozenSource;
use engine::decode::latent::LatentSource;
use engine::instrument::{Instance, Meters, SoundView, Status};
use engine::link::SoundSpec;
use engine::state::FrozenZone;

use crate::session::Rig;

/// Farther than this from the wanted point a sound is not the one to freeze; far below what is heard.
const SAME_SIGMA: f32 = 1e-3;

/// What the editor watches of the engine, and what it asks of it. Tests put a still picture in its place.
pub trait Readout: Send + Sync {
    /// The last complete decode of the main zone.
    fn sound(&self) -> Option<Arc<SoundView>>;
    /// Decode time, late count, failure, voices.
    fn status(&self) -> Status;
    /// Peak and playhead.
    fn meters(&self) -> Meters;
    /// Decodes a sound to look at while the host does not process.
    fn preview(&self, spec: SoundSpec);
    /// Plays a project's frozen zones in place of the pack.
    ///
    /// # Errors
    /// Why the zones cannot be played; what played goes on.
    fn play_frozen(&self, zones: &[FrozenZone]) -> Result<(), String>;
    /// Plays the pack again.
    fn play_pack(&self);
}

/// An instance that plays a model.
pub struct Player {
    instance: Instance,
    model: Arc<Model>,
}

impl Player {
    /// Watches an instance of a model.
    pub fn new(instance: Instance, model: Arc<Model>) -> Self {
        Self { instance, model }
    }
}

impl Readout for Player {
    fn sound(&self) -> Option<Arc<SoundView>> {
        self.instance.sound()
    }

    fn status(&self) -> Status {
        self.instance.status()
    }

    fn meters(&self) -> Meters {
        self.instance.meters()
    }

    fn preview(&self, spec: SoundSpec) {
        self.instance.preview(spec);
    }

    fn play_frozen(&self, zones: &[FrozenZone]) -> Result<(), String> {
        let source = FrozenSource::new(zones).map_err(|error| error.to_string())?;
        self.instance.set_source(Box::new(source));
        Ok(())
    }

    fn play_pack(&self) {
        self.instance.set_source(Box::new(LatentSource::new(Arc::clone(&self.model))));
    }
}

/// Packs the current sound for the project. Hosts save often, so what was packed last is kept.
pub struct Freezer {
    rig: Weak<Rig>,
    packed: Option<(Arc<SoundView>, FrozenZone)>,
}

impl Freezer {
    /// For a loaded pack.
    pub fn new(rig: Weak<Rig>) -> Self {
        Self { rig, packed: None }
    }

    /// The zone that sounds at `point`, if it is decoded; none otherwise, since another sound would be a wrong one.
    pub fn freeze(&mut self, point: &Latent) -> Vec<FrozenZone> {
        let sound = self.rig.upgrade().and_then(|rig| rig.readout.sound()).filter(|sound| is_at(sound, point));
        sound.and_then(|sound| self.pack(sound)).into_iter().collect()
    }

    fn pack(&mut self, sound: Arc<SoundView>) -> Option<FrozenZone> {
        if let Some((_, zone)) = self.packed.as_ref().filter(|(packed, _)| Arc::ptr_eq(packed, &sound)) {
            return Some(zone.clone());
        }
        let (key, rate_hz) = (sound.root_key.round() as u8, sound.sample_rate_hz.round() as u32);
        let zone = FrozenZone::from_samples(key, rate_hz, &sound.samples).ok()?;
        self.packed = Some((sound, zone.clone()));
        Some(zone)
    }
}

fn is_at(sound: &SoundView, point: &Latent) -> bool {
    sound.latent.iter().zip(point).all(|(a, b)| (a - b).abs() <= SAME_SIGMA)
}
