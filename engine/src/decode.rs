//! WORKER side: makes the samples of requested sounds. May wait, allocate and fail; never called by the audio thread.

pub mod assets;
mod bins;
mod constant_q;
mod draft;
mod endless;
pub mod fit;
pub mod frozen;
pub mod graph;
mod inversion;
pub mod keyed_loop;
pub mod latent;
pub mod load;
mod made;
mod model;
mod noisiness;
mod pack_model;
mod peak;
pub mod pipeline;
pub mod pool;
pub mod raw;
mod reverse;
mod shape;
pub mod source;
mod source_error;
mod streamed;
pub mod sustain;
mod vocoding;

pub use model::Model;
pub use noisiness::noisiness;
pub use pack_model::PackModel;
pub use pipeline::Pipeline;
pub use pool::Pool;
pub use shape::Shaping;
