//! An invertible constant-Q transform by non-stationary Gabor frames, painless case (Holighaus, Dörfler, Velasco and Grill 2013, "A
//! framework for invertible, real-time constant-Q transforms"). Allocates; never on the audio thread.
//!
//! The spectrum of a whole signal is divided by windows whose centres are spaced evenly in pitch; the inverse transform of each piece gives
//! the coefficients of one band. Every window is shorter than its transform, so that the frame operator is a diagonal: the dual windows
//! are the windows divided by it, and the inverse is exact. What lies below the lowest and above the highest band is kept in two further
//! bands, so nothing is lost.

mod bands;
mod coefficients;
mod gradient;
mod log_frames;
mod magnitudes;
mod retrieval;
mod slices;
mod transform;

pub use bands::{ConstantQShape, ShapeError};
pub use coefficients::Coefficients;
pub use log_frames::{ConstantQBands, ConstantQFrames};
pub use magnitudes::Magnitudes;
pub use retrieval::{PhaseRetrieval, Start};
pub use slices::{Slice, Slices};
pub use transform::ConstantQ;
