//! The built bundles in real hosts, in one program. `cargo xtask bundle` makes what they load.

mod hosts_clap;
mod hosts_controllers;
mod hosts_notes;
mod hosts_pedalboard;
mod hosts_vst3;
