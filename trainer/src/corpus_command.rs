//! `trainer corpus`: its options, and the order in which the sources of a corpus are read. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::corpus::procedural::{footsteps, scenes};
use crate::corpus::soundfont::Selection;
use crate::corpus::{Corpus, CorpusWriter, augment, class_folders, folder, mix, procedural, soundfont, sources};

/// What a corpus is made of.
#[derive(Args)]
pub struct CorpusArgs {
    /// Folder to write.
    #[arg(long, default_value = "data/corpus")]
    out: PathBuf,
    /// Sound font (.sf2) to render.
    #[arg(long)]
    sound_font: Option<PathBuf>,
    /// Recordings from Debian's packages, as corpus/sources.json lists them.
    #[arg(long, value_enum, conflicts_with = "sound_font")]
    sources: Option<sources::Chosen>,
    /// Folder of audio files to read.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Melodic programs of the sound font to render.
    #[arg(long, default_value_t = 128)]
    programs: u8,
    /// Most distinct drum sounds of the sound font to render; the default is all of them.
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    drums: usize,
    /// Semitones between the keys that are rendered, from 24 to 96.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(1..=12))]
    key_step: u8,
    /// Velocities to render the sound font at; a stroke that differs from the first in level only is left out.
    #[arg(long, value_delimiter = ',', default_values_t = [112, 48], value_parser = clap::value_parser!(u8).range(1..=127))]
    velocities: Vec<u8>,
    /// Procedural sounds to make; 1500 if no number is given.
    #[arg(long, num_args = 0..=1, default_value_t = 0, default_missing_value = "1500")]
    procedural: usize,
    /// Labelled footsteps to make: walkers on ten floors, each in five actions; 4000 if no number is given.
    #[arg(long, num_args = 0..=1, default_value_t = 0, default_missing_value = "4000")]
    footsteps: usize,
    /// Clips of 4 s to make of each of the seven classes of everyday sounds, in place of everything else; 2000 if no number is given.
    #[arg(long, num_args = 0..=1, default_value_t = 0, default_missing_value = "2000",
          conflicts_with_all = ["sound_font", "sources", "folder", "procedural", "footsteps", "mixes"])]
    foley: usize,
    /// Folder with one to seven folders of recordings, each a class, which become clips of 4 s, in place of everything else.
    #[arg(long, conflicts_with_all = ["foley", "sound_font", "sources", "folder", "procedural", "footsteps", "mixes"])]
    class_folders: Option<PathBuf>,
    /// End every sound after its first event, but for rain, water, typing and motors.
    #[arg(long)]
    first_events: bool,
    /// Mixes of two training sounds to add.
    #[arg(long, default_value_t = 0)]
    mixes: usize,
    /// Changed training sounds to add: faster, slower, in rooms, through microphones, overdriven, with noise.
    #[arg(long, default_value_t = 0)]
    augmented: usize,
    /// Part of the instruments to hold out.
    #[arg(long, default_value_t = 0.12)]
    held_out: f64,
    /// Seed of the split and of the procedural sounds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Makes a corpus and prints what it holds.
///
/// # Errors
/// The options contradict each other, nothing usable is found, or a file cannot be read or written.
pub fn make(args: &CorpusArgs) -> Result<()> {
    ensure!(
        args.sound_font.is_some()
            || args.sources.is_some()
            || args.folder.is_some()
            || args.procedural > 0
            || args.footsteps > 0
            || args.foley > 0
            || args.class_folders.is_some(),
        "nothing to make a corpus of: give --sound-font FILE, --sources wide, --procedural N, --footsteps N, --foley N, --folder DIR or \
         --class-folders DIR"
    );
    ensure!((0.0..0.9).contains(&args.held_out), "--held-out must lie between 0 and 0.9");
    let has_clips = args.foley > 0 || args.class_folders.is_some();
    let mut writer =
        if has_clips { CorpusWriter::with_frames(&args.out, scenes::FRAMES) } else { CorpusWriter::new(&args.out) }?;
    if args.first_events {
        writer.keep_first_events();
    }
    let bar = indicatif::ProgressBar::new_spinner();
    let progress = |name: &str| {
        bar.tick();
        bar.set_message(name.to_owned());
    };
    let selection = Selection {
        programs: args.programs,
        drums: args.drums,
        key_step: args.key_step,
        velocities: args.velocities.clone(),
        only_new: false,
        across_fonts: false,
    };
    if let Some(path) = &args.sound_font {
        soundfont::render(path, &selection, &mut writer, &progress)?;
    }
    if let Some(chosen) = args.sources {
        sources::read(chosen, &selection, &mut writer, &progress)?;
    }
    if args.procedural > 0 {
        procedural::generate(args.procedural, args.seed, &mut writer, &progress)?;
    }
    if args.footsteps > 0 {
        footsteps::clips::generate(args.footsteps, args.seed, &mut writer, &progress)?;
    }
    if args.foley > 0 {
        scenes::generate(args.foley, args.seed, &mut writer, &progress)?;
    }
    if let Some(folder) = &args.class_folders {
        class_folders::read(folder, &mut writer, &progress)?;
    }
    if let Some(folder) = &args.folder {
        folder::read(folder, &mut writer, &progress)?;
    }
    bar.finish_and_clear();
    writer.finish(args.held_out, args.seed)?;
    if args.augmented > 0 {
        augment::add_augmented(&Corpus::open(&args.out)?, args.augmented, args.seed)?;
    }
    if args.mixes > 0 {
        mix::add_mixes(&Corpus::open(&args.out)?, args.mixes, args.seed)?;
    }
    print!("{}", Corpus::open(&args.out)?.summary());
    Ok(())
}
