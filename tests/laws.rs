//! Tests of the engine with no host and no window, in one program: each further program links the inference library again.
//!
//! One subject: `cargo test -p tests --test laws properties::`.

mod aliases;
mod arpeggio;
mod automation;
mod clicks;
mod containers;
mod controllers;
mod crowd;
mod decay;
mod default_controllers;
mod endless;
mod factory_sound;
mod files;
mod filters;
mod foley_pack;
mod formats;
mod held;
mod joins;
mod lanes;
mod loops;
mod monophonic;
mod motion;
mod notes;
mod packs;
mod parity;
mod place;
mod play_midi;
mod presets;
mod prime;
mod properties;
mod raw_pack;
mod reverse;
mod shipped_packs;
mod sizes;
mod space;
mod state_document;
mod strokes;
mod structure;
mod texture;
mod times;
mod tuning;
mod variation;
mod voices;
mod worker;
mod zone_crossfade;
