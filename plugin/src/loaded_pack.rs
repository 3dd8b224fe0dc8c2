//! A loaded pack with the engine that plays it. Plain data; any thread but the audio thread.

use std::sync::Arc;

use engine::decode::{Model, PackModel};

use crate::catalogue::Catalogue;
use crate::player::Player;

/// A loaded pack with the engine that plays it.
pub struct LoadedPack {
    /// Sounds and axes.
    pub catalogue: Catalogue,
    /// The engine's main-thread end; the same for every pack of an instance.
    pub player: Arc<dyn Player>,
    /// What it was loaded as; none where a fake stands in.
    pub model: Option<Arc<dyn PackModel>>,
}

impl LoadedPack {
    /// A model, played by `player`.
    pub fn new(model: Arc<dyn PackModel>, player: Arc<dyn Player>) -> Self {
        Self { catalogue: Catalogue::new(model.info()), player, model: Some(model) }
    }

    /// The graphs with which recordings are placed among its sounds.
    ///
    /// # Errors
    /// Why it has none, in one line.
    pub fn latents(&self) -> Result<Arc<Model>, String> {
        let model = self.model.clone().ok_or("no model is loaded")?;
        let name = &self.catalogue.pack_name;
        model.latents().ok_or_else(|| format!("“{name}” has no latent space, so recordings cannot be placed in it"))
    }
}
