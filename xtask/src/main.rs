//! The project's commands, as `cargo xtask …`. A person needs two: `demo` and `test`.
//!
//! This program only sets up, starts other programs and looks at what they made; no part of the instrument is in it.

mod bench;
mod bundle;
mod canvas;
mod demo;
mod features;
mod gallery;
mod install;
mod licences;
mod look;
mod paths;
mod process;
mod recording;
mod reference;
mod setup;
mod spectrogram;
mod statistics;
mod test;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use paths::Paths;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Heptode's commands", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plug-in, play it in a real VST3 host, and leave a recording and its picture in target/demo
    Demo,
    /// Set up and run every check: format, lints, unit tests, laws, trainer, hosts
    Test(test::Options),
    /// Build Heptode.vst3, Heptode.clap and the standalone program into target/bundled
    Bundle,
    /// Build, then install the plug-ins and the command line for this user
    Install,
    /// Measure decoding, voices, knobs and instances, beside their goals and other programs
    Bench(bench::Options),
    /// Train a model pack, by default the factory pack
    Train(train::Options),
    /// Train the models of the report that Heptode grew from, and write models/REFERENCE.md with their figures beside ours
    Reference(reference::Options),
    /// Draw the README's pictures and render its examples of sound into assets
    Gallery(gallery::Options),
    /// Install everything that any command needs, and nothing else
    Setup,
    /// Write LICENSES.md from what the plug-in links, or check that it is current
    Licences(licences::Options),
    /// Check that no selection of packages makes cargo compile a shared crate once more
    Features,
}

fn main() -> ExitCode {
    match Paths::find().and_then(|paths| dispatch(&paths, Arguments::parse().command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(paths: &Paths, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo => demo::demo(paths),
        Command::Test(options) => test::test(paths, &options),
        Command::Bundle => bundle::set_up_and_bundle(paths),
        Command::Install => install::install(paths),
        Command::Bench(options) => bench::bench(paths, &options),
        Command::Train(options) => train::train(paths, &options),
        Command::Reference(options) => reference::reference(paths, &options),
        Command::Gallery(options) => gallery::gallery(paths, &options),
        Command::Setup => setup::everything(),
        Command::Features => features::check(paths),
        Command::Licences(options) => licences::licences(paths, &options),
    }
}
