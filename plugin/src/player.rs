//! The engine as main-thread code sees it: what the editor watches, and which source plays. Never on the audio thread.

use std::sync::Arc;

use engine::decode::PackModel;
use engine::decode::frozen::FrozenSource;
use engine::instrument::{Instance, Meters, SoundView, Status};
use engine::link::{SoundSpec, SourceId};
use engine::state::FrozenZone;

/// What the editor watches of the engine, and what it asks of it. Tests put a still picture in its place.
pub trait Player: Send + Sync {
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
    fn play_pack(&self, model: &Arc<dyn PackModel>);
}

/// An instance of the engine.
pub struct EnginePlayer(Instance);

impl EnginePlayer {
    /// Watches an instance.
    pub fn new(instance: Instance) -> Self {
        Self(instance)
    }
}

impl Player for EnginePlayer {
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

    fn play_pack(&self, model: &Arc<dyn PackModel>) {
        self.0.set_source(Arc::clone(model).source());
    }
}
