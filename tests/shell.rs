//! Tests of the plug-in's parameters, project and editor without a host, in one program.
//!
//! One subject: `cargo test -p tests --test shell editor::`.

mod bounce;
mod cases;
mod editor;
mod first_sound;
mod frozen_states;
mod imports;
mod library;
mod params_frozen;
mod preset_session;
mod state_recall;
