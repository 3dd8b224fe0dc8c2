//! support

pub mod bundles;
pub mod fake;
pub mod listen;
mod random;
pub mod script;

pub use random::Random;
