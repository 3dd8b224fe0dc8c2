//! `cargo xtask demo`: from a bare machine to a recording of the plug-in in a real host, with its picture.

mod picture;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::bundle;
use crate::look::Fonts;
use crate::paths::{Paths, short};
use crate::process::{cargo, run, say};
use crate::recording::Recording;
use crate::setup::apt;
use crate::spectrogram;

/// Sets up, builds, plays, draws, and says where everything is.
///
/// # Errors
///
/// Fails if the plug-in cannot be built or played, or if its recording is silent, clipped or not finite.
pub fn demo(paths: &Paths) -> Result<()> {
    apt::ensure(&[apt::BUILD, apt::HOST])?;
    bundle::bundle(paths)?;
    // The host is built like xtask itself: what they share is compiled already, and the plug-in does the work.
    run(cargo(&paths.root).args(["build", "--package", "xtask", "--features", "host", "--bin", "demo-host"]))?;
    let folder = paths.target.join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let (wav, png) = (folder.join("demo.wav"), folder.join("spectrogram.png"));
    let host = paths.target.join("debug").join(format!("demo-host{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(host).arg(paths.vst3()).arg(&wav))?;

    let recording = Recording::read(&wav)?;
    let levels = recording.check()?;
    say("drawing the spectrogram");
    picture::write(&png, &spectrogram::of(&recording, picture::SHAPE)?, &Fonts::read(&paths.root)?)?;
    println!();
    println!("  the sound        {}", short(&wav));
    println!("                   {levels}");
    println!("  its picture      {}", short(&png));
    println!("  the plug-ins     {}  {}", short(&paths.vst3()), short(&paths.clap()));
    if paths.standalone().exists() {
        println!("  without a host   {}", short(&paths.standalone()));
    }
    println!("  to install       cargo xtask install");
    Ok(())
}
