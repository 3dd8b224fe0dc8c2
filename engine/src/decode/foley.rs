//! Clips of everyday sounds by class: a network gives codes one after the other, a graph makes log-mel frames of them, a vocoder samples. WORKER
//! side or main thread.
//!
//! The network is a causal transformer (Vaswani and others 2017) over the codes of each position, of which each comes a step after the one below it
//! (Copet and others, "Simple and controllable music generation", 2023). It was trained on whole clips at once; here each block keeps the keys and
//! values of the steps so far, so that a step costs about the same at the end of a clip as at its beginning. Values are added in a fixed order and
//! without fused multiplications: the same pack and wish give the same codes on every processor.

mod beginning;
mod clip;
mod fluctuation;
mod gate;
mod model;
mod prior;
mod run;
mod source;
mod vocode;

pub use beginning::Beginning;
pub use clip::{Clip, ClipWish};
pub use model::{FoleyError, FoleyModel};
pub use run::Run;
