//! The Heptode instrument as a library: no host, no window, no torch.
//!
//! Folders correspond to threads. [`audio`] is audio-thread code; [`decode`] is worker code; [`link`] is the only connection between
//! them. Neither imports the other.

pub mod audio;
pub mod decode;
pub mod endless;
pub mod files;
pub mod folders;
pub mod import;
pub mod instrument;
pub mod link;
pub mod measure;
pub mod midi;
pub mod pack;
pub mod params;
pub mod presets;
pub mod random;
pub mod residual;
pub mod sample;
pub mod scene;
pub mod spectral;
pub mod state;
pub mod texture;
pub mod tuning;
pub mod units;
pub mod walk;

pub use units::Latent;
