//! `heptode`: the instrument on the command line, the same engine as the plug-in's without a host.
//!
//! Main thread; sounds are decoded by the engine's workers. Every command makes all of its result before it writes the
//! first byte, and each file appears whole or not at all. Exit codes: 0 done, 1 failed, 2 wrong use.

mod args;
mod blend;
mod class;
mod continued;
mod cqt;
mod destination;
mod encode;
mod extend;
mod failure;
mod foley;
mod info;
mod morph;
mod output;
mod overwrite;
mod picture;
mod play;
mod player;
mod point;
mod presets;
mod raw;
mod reconstruct;
mod recording;
mod render;
mod rig;
mod series;
mod studio;
mod texture;
mod vary;
mod walk;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Info(args) => info::run(&args),
        Command::Render(args) => render::run(&args),
        Command::Play(args) => play::run(&args),
        Command::Presets(args) => presets::run(&args),
        Command::Morph(args) => morph::run(&args),
        Command::Reconstruct(args) => reconstruct::run(&args),
        Command::Encode(args) => encode::run(&args),
        Command::Vary(args) => vary::run(&args),
        Command::Cqt(args) => cqt::run(&args),
        Command::Texture(args) => texture::run(&args),
        Command::Extend(args) => extend::run(&args),
        Command::Raw(args) => raw::run(&args),
        Command::Foley(args) => foley::run(&args),
        Command::Blend(args) => blend::run(&args),
        Command::Walk(args) => walk::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.message);
            ExitCode::from(failure.exit_code)
        }
    }
}
