//! support

pub mod bundles;
pub mod clap;
pub mod delivered;
pub mod fake;
pub mod foley;
pub mod graphs;
pub mod guard;
pub mod listen;
pub mod offline;
pub mod peak;
pub mod project;
pub mod python;
pub mod rain;
mod random;
pub mod raw;
pub mod script;
pub mod song;
pub mod vst3;
pub mod wait;

pub use random::Random;
