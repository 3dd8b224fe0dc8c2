//! A loaded pack of any kind, shared by all instances of a process. Any thread but the audio thread.

use std::sync::Arc;

use super::model::Model;
use super::source::Source;
use crate::pack::{NamedResiduals, PackInfo};

/// A loaded pack: what it says of itself, and the source of its sounds.
pub trait PackModel: Send + Sync {
    /// Description of the pack.
    fn info(&self) -> PackInfo;

    /// Hash of the pack; see [`PackInfo::hash`].
    fn pack_hash(&self) -> &str;

    /// A source of its sounds, for one instance.
    fn source(self: Arc<Self>) -> Arc<dyn Source>;

    /// The residuals of its named sounds; none for a kind without latents.
    fn residuals(&self) -> Arc<NamedResiduals> {
        Arc::default()
    }

    /// The graphs with which recordings are placed in its space; `None` for a kind without latents.
    fn latents(self: Arc<Self>) -> Option<Arc<Model>> {
        None
    }
}
