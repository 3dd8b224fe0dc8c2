//! The default model: a VAE over log-mel frames and a vocoder, both 1-D convolutional with bands as channels; and layers that other models share.
//!
//! Only operators that the instrument's graph runner executes fast are used, and every layer can be written out as ONNX.

pub mod key_axis;
pub mod layers;
pub mod planes;
pub mod vae;
pub mod vocoder;

pub use vae::{Decoder, Encoder};
pub use vocoder::{Vocoder, VocoderOutput};
