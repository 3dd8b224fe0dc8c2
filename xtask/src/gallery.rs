//! `cargo xtask gallery`: the README's pictures and its examples of sound, from the factory pack as it is now. The sounds are
//! those of `heptode`; the same pack gives the same files.

mod examples;
mod families;
mod labels;
mod map;
mod mix;
mod pack;
mod plane;
mod player;
mod score;
mod strip;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::look::Fonts;
use crate::paths::{Paths, short};
use crate::process::{capture, cargo, run, say};
use pack::Pack;
use player::{Player, RATE_HZ};
use score::Example;

/// Where files go, and what renders them.
#[derive(Args)]
pub struct Options {
    /// Folder for the pictures, and in it `examples` for the sounds; without it, assets
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Use this `heptode` program instead of building one
    #[arg(long, value_name = "FILE")]
    heptode: Option<PathBuf>,
}

/// Builds `heptode`, draws, renders, and says where everything is.
///
/// # Errors
///
/// Fails if `heptode` cannot be built or fails, if an example is silent or clipped, or if a file cannot be written.
pub fn gallery(paths: &Paths, options: &Options) -> Result<()> {
    let program = match &options.heptode {
        Some(program) => program.clone(),
        None => build(paths)?,
    };
    let pack = Pack::read(&capture(Command::new(&program).args(["info", "--json"]))?)?;
    let out = options.out.clone().unwrap_or_else(|| paths.root.join("assets"));
    let folder = out.join("examples");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let fonts = Fonts::read(&paths.root)?;
    say("drawing the map");
    let (map, strip) = (out.join("map.png"), out.join("morph.png"));
    map::draw(&map, &pack, &fonts)?;

    say("rendering the examples");
    let scratch = tempfile::tempdir().context("cannot make a folder for the notes")?;
    let examples = examples::all();
    let progress = ProgressBar::new(0);
    let mut player = Player::new(&program, &pack, scratch.path(), &progress);
    progress.set_length(calls(&examples, &player)?);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?);
    let mut lines = Vec::new();
    for example in &examples {
        lines.push(render(example, &mut player, &folder)?);
    }
    progress.finish_and_clear();
    say("drawing the morph");
    let names = [pack.find(examples::MORPH[0])?.kind(), pack.find(examples::MORPH[1])?.kind()];
    strip::draw(&strip, player.sounds(&examples::morph_call())?, RATE_HZ, names, &fonts)?;
    println!();
    println!("  {}\n  {}", short(&map), short(&strip));
    lines.iter().for_each(|line| println!("  {line}"));
    Ok(())
}

fn build(paths: &Paths) -> Result<PathBuf> {
    run(cargo(&paths.root).args(["build", "--release", "--package", "engine", "--bin", "heptode"]))?;
    Ok(paths.target.join("release").join(format!("heptode{}", std::env::consts::EXE_SUFFIX)))
}

/// How many different calls the examples need.
fn calls(examples: &[Example], player: &Player) -> Result<u64> {
    let notes = examples.iter().flat_map(|example| &example.notes);
    Ok(notes.map(|note| player.words(&note.call)).collect::<Result<BTreeSet<_>>>()?.len() as u64)
}

/// Renders one example into its file; gives a line about it.
fn render(example: &Example, player: &mut Player, folder: &Path) -> Result<String> {
    let path = folder.join(example.file).with_extension("flac");
    let recording = mix::mix(example, player)?;
    let levels = recording.check().with_context(|| format!("the example {} is not usable", example.file))?;
    let bytes = mix::write(&path, &recording)?;
    Ok(format!("{}  {levels}, {} kB", short(&path), bytes.div_ceil(1000)))
}
