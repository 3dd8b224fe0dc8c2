//! WORKER side: makes the samples of requested sounds. May wait, allocate and fail; never called by the audio thread.

pub mod assets;
mod bins;
mod constant_q;
mod draft;
mod draw;
mod endless;
pub mod fit;
pub mod foley;
pub mod frozen;
pub mod graph;
mod inversion;
pub mod keyed_loop;
mod lanes;
pub mod latent;
mod model;
mod noisiness;
mod peak;
pub mod pipeline;
pub mod pool;
pub mod raw;
mod reverse;
mod shape;
pub mod source;
mod source_error;
pub mod sustain;
mod vocoding;
mod wish;

pub use model::Model;
pub use noisiness::noisiness;
pub use pipeline::Pipeline;
pub use pool::Pool;
pub use shape::Shaping;
