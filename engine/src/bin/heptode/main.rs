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
mod interrupt;
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
use clap::error::ErrorKind;

use args::{Cli, Command};

fn main() -> ExitCode {
    interrupt::handle();
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return refuse(&error),
    };
    let done = match command {
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

/// Help and version as they are, a wrong command line in one line.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.exit();
    }
    output::complain(&one_line(&error.to_string()));
    ExitCode::from(2)
}

/// What is wrong and what may be meant, without the usage and where help is.
fn one_line(message: &str) -> String {
    let is_wanted = |part: &&str| !part.starts_with("Usage:") && !part.starts_with("For more information");
    let parts = message.split("\n\n").map(str::trim).filter(is_wanted);
    let lines: Vec<String> = parts.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.join("; ").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_command_line_is_told_in_one_line() {
        for (words, told) in [
            (&["texture", "a.wav", "--out", "b.wav", "--seconds", "0"][..], "it is not a number from 0.01 to 86400"),
            (&["texture", "a.wav", "--out", "b.wav", "--second", "1"], "; tip: a similar argument exists: '--seconds'"),
            (&["texture", "a.wav"], "not provided: --out <FILE|-> --seconds <SECONDS>"),
        ] {
            let error = Cli::try_parse_from(["heptode"].iter().chain(words)).expect_err("refused");
            let line = one_line(&error.to_string());
            assert!(line.ends_with(told) && !line.contains('\n') && !line.starts_with("error"), "{line}");
        }
    }
}
