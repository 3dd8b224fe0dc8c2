//! Loads a pack of any kind. Any thread but the audio thread; takes tens of milliseconds.

use std::sync::Arc;

use thiserror::Error;

use super::foley::{FoleyError, FoleyModel};
use super::graph::GraphError;
use super::model::Model;
use super::pack_model::PackModel;
use super::raw::RawModel;
use crate::pack::{AnyPack, PackContent, PackError};

/// Why a pack cannot be loaded. Each message is one line for the user.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A graph is damaged.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Weights are damaged.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Weights or graphs of a pack of kind `foley` are damaged.
    #[error(transparent)]
    Foley(#[from] FoleyError),
}

/// Loads and checks what a pack plays with.
///
/// # Errors
/// [`LoadError`].
pub fn load(pack: &AnyPack) -> Result<Arc<dyn PackModel>, LoadError> {
    match pack.content() {
        PackContent::Latents(pack) => Ok(Arc::new(Model::load(pack)?)),
        PackContent::Raw(pack) => Ok(Arc::new(RawModel::load(pack)?)),
        PackContent::Foley(pack) => Ok(Arc::new(FoleyModel::load(pack)?)),
    }
}
