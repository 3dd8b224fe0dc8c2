//! Audio files as people have them, made in memory, each with what should come of it: headers that are wrong, silence or noise
//! before the sound, keys in places that disagree, channels that cancel, names in any script.
//!
//! Nothing here reads audio: what is expected is known because the file was made so.

pub mod aiff;
mod bad;
mod case;
mod containers;
mod encoded;
mod headers;
mod keys;
pub mod midi;
mod names;
pub mod raw_network;
pub mod riff;
mod sounds;
mod starts;

pub use case::{Case, KEY_TOLERANCE, Read, START_TOLERANCE_S, Want};

/// All of them, under different names.
#[must_use]
pub fn cases() -> Vec<Case> {
    [
        headers::cases(),
        containers::cases(),
        encoded::cases(),
        starts::cases(),
        keys::cases(),
        bad::cases(),
        names::cases(),
    ]
    .concat()
}
