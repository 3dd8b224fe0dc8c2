//! WORKER side: from a latent point to samples. May wait, allocate and fail; never called by the audio thread.

pub mod graph;
mod model;
pub mod pipeline;
mod shape;

pub use model::Model;
pub use pipeline::Pipeline;
pub use shape::Shaping;
