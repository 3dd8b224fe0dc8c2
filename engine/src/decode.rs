//! WORKER side: from a latent point to samples. May wait, allocate and fail; never called by the audio thread.

mod bins;
pub mod fit;
pub mod frozen;
pub mod graph;
pub mod latent;
mod model;
mod noisiness;
mod peak;
pub mod pipeline;
pub mod pool;
pub mod residuals;
mod shape;
pub mod source;

pub use model::Model;
pub use noisiness::noisiness;
pub use pipeline::Pipeline;
pub use pool::Pool;
pub use shape::Shaping;
