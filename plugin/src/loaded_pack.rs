//! A loaded pack with the engine that plays it. Plain data; any thread but the audio thread.

use std::sync::Arc;

use engine::decode::Model;

use crate::catalogue::Catalogue;
use crate::player::Player;

/// A loaded pack with the engine that plays it.
pub struct LoadedPack {
    /// Sounds and axes.
    pub catalogue: Catalogue,
    /// The engine's main-thread end; the same for every pack of an instance.
    pub player: Arc<dyn Player>,
    /// The model for imports; none where a fake stands in.
    pub model: Option<Arc<Model>>,
}

impl LoadedPack {
    /// A model, played by `player`.
    pub fn new(model: &Arc<Model>, player: Arc<dyn Player>) -> Self {
        let catalogue = Catalogue::new(model.manifest(), model.pack_hash());
        Self { catalogue, player, model: Some(Arc::clone(model)) }
    }
}
