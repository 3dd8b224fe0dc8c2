//! The arguments of the command line, with their units and ranges. Main thread.

mod blend;
mod common;
mod cqt;
mod foley;
mod raw;
mod texture;
mod tuning;
mod values;
mod walk;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::Latent;
use engine::import::Choice;
use engine::params::Hold;

use crate::destination::Destination;
pub(crate) use blend::BlendArgs;
pub(crate) use common::Common;
pub(crate) use cqt::CqtArgs;
pub(crate) use foley::FoleyArgs;
pub(crate) use raw::RawArgs;
pub(crate) use texture::{Continued, ExtendArgs, Method, TextureArgs};
pub(crate) use tuning::TuningArgs;
use values::{destination, folder, number, parse_latent, rate};
pub(crate) use walk::WalkArgs;

/// The option of commands that write one sound.
const OUT_HELP: &str = "File to write, by its ending: WAV (.wav; 32-bit float) or FLAC (.flac; 24 bits, up to 96 kHz); - is standard output, as WAV";

/// Neural one-shot synthesizer: renders, morphs, varies and encodes sounds.
#[derive(Debug, Parser)]
#[command(name = "heptode", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed (one line says why), 2 wrong use.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what the pack holds: its sounds by category, its controls, its sources
    #[command(after_help = "Example:\n  heptode info --json")]
    Info(InfoArgs),
    /// Render one note of one sound to a WAV or FLAC file (mono; a preset in stereo)
    #[command(after_help = "Examples:\n  heptode render --sound NAME --key 48 --out bass.wav\n  \
                            heptode render --latent 0,1.5,-2,0,0,0.3,0 --stretch 2 --out new.flac\n  \
                            heptode render --random 7 --out - | aplay")]
    Render(RenderArgs),
    /// Play a MIDI file by the instrument, as the plug-in does in an offline bounce (stereo)
    #[command(
        after_help = "Channel 10 plays the drums of General MIDI where the pack has sounds of their names, unless the file is MPE there. \
                            Program changes are ignored. The file ends when the last note has ended, at the latest 30 s after the last event. \
                            Files up to 64 MiB with up to 4194304 events are played. Tuning messages (MIDI Tuning Standard) in it are heard.\n\n\
                            Examples:\n  heptode play song.mid --preset \"Felt Keys\" --out song.wav\n  \
                            heptode play song.mid --sound Vibraphone --rate 48000 --out - | aplay\n  \
                            heptode play song.mid --sound Vibraphone --scale 19-tet.scl --keyboard-map c-432.kbm --out song.wav"
    )]
    Play(PlayArgs),
    /// List presets: the built-in ones and those in the user's folder
    #[command(
        after_help = "Examples:\n  heptode presets bass\n  heptode presets --tag wide --json\n  heptode presets --check"
    )]
    Presets(PresetsArgs),
    /// Render the steps from one sound to another as numbered WAV files
    #[command(after_help = "Example:\n  heptode morph --from NAME --to my-sample.wav --steps 9 --out morph/")]
    Morph(MorphArgs),
    /// Encode an audio file and decode it again, to hear what the model keeps of a sound
    #[command(after_help = "Example:\n  heptode reconstruct in.wav --out out.wav --via latent")]
    Reconstruct(ReconstructArgs),
    /// Find the latent point, the category and the nearest sounds of an audio file
    #[command(after_help = "Example:\n  heptode encode in.wav --json")]
    Encode(EncodeArgs),
    /// Render variations of a sound as numbered WAV files
    #[command(after_help = "Example:\n  heptode vary --sound NAME --amount 0.3 --count 16 --seed 1 --out steps/")]
    Vary(VaryArgs),
    /// Lead a recording through the constant-Q transform and back
    #[command(after_help = "Examples:\n  heptode cqt in.wav --out same.wav\n  \
                            heptode cqt in.wav --out magnitudes.wav --magnitude-only --picture in.png")]
    Cqt(CqtArgs),
    /// Make a new texture of any length from a recording of rain, wind, fire, a crowd
    #[command(after_help = "Example:\n  heptode texture rain.wav --seconds 20 --seed 3 --loop --out more-rain.wav")]
    Texture(TextureArgs),
    /// Let a recording go on without a seam, to any length; its own samples stay as they are
    #[command(after_help = "Example:\n  heptode extend rain.wav --seconds 60 --out longer-rain.wav")]
    Extend(ExtendArgs),
    /// Make a sound sample by sample with a pack of kind raw, freely or going on from a recording (mono)
    #[command(after_help = "Examples:\n  heptode raw --class gravel --seconds 1 --seed 4 --out step.wav\n  \
                            heptode raw --prime knock.wav --prime-ms 20 --out like-knock.wav")]
    Raw(RawArgs),
    /// Make clips of everyday sounds by class with a pack of kind foley (mono)
    #[command(after_help = "Examples:\n  heptode foley --class rain --count 8 --seed 1 --out rain/\n  \
                            heptode foley --weights 0.5,0,0.5,0,0,0,0 --count 4 --out between/")]
    Foley(FoleyArgs),
    /// Superpose the latent points of any number of sounds and files
    #[command(
        after_help = "The weights are divided by their sum. The blend is decoded from its point alone, without what recordings add.\n\n\
                            Example:\n  heptode blend NAME NAME my-sample.wav --weights 0.5,0.3,0.2 --out blend.wav"
    )]
    Blend(BlendArgs),
    /// Walk over a floor: footsteps of which no two are equal (stereo)
    #[command(
        after_help = "The floor is a word in the names of the pack's footsteps, or a category of a footstep pack.\n\n\
                            Example:\n  heptode walk --floor gravel --pace 1.8 --seconds 20 --seed 3 --out walk.wav"
    )]
    Walk(WalkArgs),
}

#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    pub(crate) common: Common,
}

/// How sounds are played.
#[derive(Debug, Args)]
pub(crate) struct Playing {
    /// MIDI key to play, 0 to 127 (60 is middle C)
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u8).range(0..=127))]
    pub(crate) key: u8,
    /// Length factor without change of pitch, 0.25 to 4
    #[arg(long, default_value_t = 1.0, allow_hyphen_values = true, value_parser = number(0.25..=4.0))]
    pub(crate) stretch: f32,
    /// Formant shift in semitones, -12 to 12: moves the spectral envelope, not the pitch
    #[arg(long, value_name = "SEMITONES", default_value_t = 0.0, allow_hyphen_values = true, value_parser = number(-12.0..=12.0))]
    pub(crate) formant: f32,
    /// Spectral tilt in dB per octave, -6 (darker) to 6 (brighter)
    #[arg(long, value_name = "DB", default_value_t = 0.0, allow_hyphen_values = true, value_parser = number(-6.0..=6.0))]
    pub(crate) tilt: f32,
    /// Part of a sound's residual that is added, 0 (the decoded point alone) to 1 (the recording), for sounds with a recording
    #[arg(long, default_value_t = 1.0, allow_hyphen_values = true, value_parser = number(0.0..=1.0))]
    pub(crate) fidelity: f32,
    /// Length of the file in seconds, 0.01 to 600: a longer sound is cut with a fade, a shorter one followed by silence
    #[arg(long, value_parser = number(0.01..=600.0))]
    pub(crate) seconds: Option<f32>,
    /// Whether the key is held for `--seconds`: a steady sound (auto) or any (sustained) then goes on to the end of the file
    #[arg(long, value_enum, default_value_t = Held::Gated, requires_ifs = [("auto", "seconds"), ("sustained", "seconds")])]
    pub(crate) hold: Held,
    /// Sample rate of the file in Hz, 4000 to 768000
    #[arg(long, value_name = "HZ", default_value_t = 44_100, value_parser = rate())]
    pub(crate) rate: u32,
}

impl Playing {
    /// Whether frames are to be shaped.
    pub(crate) fn is_shaped(&self) -> bool {
        self.stretch != 1.0 || self.formant != 0.0 || self.tilt != 0.0
    }
}

/// What happens at the end of a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Held {
    /// The note ends with its sound
    Gated,
    /// The note goes on whatever the sound
    Sustained,
    /// The note goes on if the sound is steady, and falls on if it decays
    Auto,
}

impl Held {
    /// The engine's own value.
    pub(crate) fn hold(self) -> Hold {
        match self {
            Self::Gated => Hold::Gated,
            Self::Sustained => Hold::Sustained,
            Self::Auto => Hold::Auto,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    #[command(flatten)]
    pub(crate) point: Point,
    /// A preset by its name, or a preset's file, in place of a sound; written in stereo
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["Point", "stretch", "formant", "tilt", "fidelity"])]
    pub(crate) preset: Option<OsString>,
    #[command(flatten)]
    pub(crate) playing: Playing,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArgs {
    /// Standard MIDI File of type 0 or 1
    #[arg(value_name = "IN")]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    #[command(flatten)]
    pub(crate) point: Point,
    /// A preset by its name, or a preset's file, in place of a sound
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "Point")]
    pub(crate) preset: Option<OsString>,
    #[command(flatten)]
    pub(crate) tuning: TuningArgs,
    /// Play channel 10 as the other channels, not with drums
    #[arg(long)]
    pub(crate) no_drums: bool,
    /// Sample rate of the file in Hz, 4000 to 768000
    #[arg(long, value_name = "HZ", default_value_t = 44_100, value_parser = rate())]
    pub(crate) rate: u32,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct PresetsArgs {
    /// Words that are looked for in name, author, category, tags and notes
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// Only those with this tag
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// Only those of this category
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// Only those marked as favourites
    #[arg(long)]
    pub(crate) favourites: bool,
    /// Read the files whole, tell what is wrong with each, and fail if there is one that cannot be used
    #[arg(long, conflicts_with_all = ["text", "tag", "category", "favourites"])]
    pub(crate) check: bool,
    /// Write the result to standard output as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which sound; without any of these, that of all knobs at 0.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Point {
    /// Seven latent values in sigma, or weights of classes, each -3 to 3, separated by commas
    #[arg(long, value_name = "Z1,…,Z7", allow_hyphen_values = true, value_parser = parse_latent)]
    pub(crate) latent: Option<Latent>,
    /// A sound of the pack by its name
    #[arg(long, value_name = "NAME")]
    pub(crate) sound: Option<String>,
    /// A random point; the same seed always gives the same sound
    #[arg(long, value_name = "SEED")]
    pub(crate) random: Option<u64>,
}

/// How a series of sounds is played, and where it is written.
#[derive(Debug, Args)]
pub(crate) struct SeriesArgs {
    /// Folder to write 01.wav, 02.wav, … into (32-bit float); created if it is missing, and files of these names are replaced
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) playing: Playing,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct MorphArgs {
    /// Where to start: a sound of the pack or an audio file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) from: OsString,
    /// MIDI key that the file of --from is at, 0 to 127; without it, as `heptode encode` finds it
    #[arg(long, value_name = "KEY", value_parser = number(0.0..=127.0))]
    pub(crate) from_key: Option<f32>,
    /// Where to end: a sound of the pack or an audio file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) to: OsString,
    /// MIDI key that the file of --to is at, 0 to 127; without it, as `heptode encode` finds it
    #[arg(long, value_name = "KEY", value_parser = number(0.0..=127.0))]
    pub(crate) to_key: Option<f32>,
    /// Number of files, both ends included, 2 to 512
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(2..=512))]
    pub(crate) steps: u32,
    #[command(flatten)]
    pub(crate) output: SeriesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VaryArgs {
    /// The sound to vary: a sound of the pack or an audio file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) sound: OsString,
    /// MIDI key that the file of --sound is at, 0 to 127; without it, as `heptode encode` finds it
    #[arg(long, value_name = "KEY", value_parser = number(0.0..=127.0))]
    pub(crate) sound_key: Option<f32>,
    /// How far variations lie from it: standard deviation of each latent in sigma, 0 to 3
    #[arg(long, default_value_t = 0.3, allow_hyphen_values = true, value_parser = number(0.0..=3.0))]
    pub(crate) amount: f32,
    /// Number of files, 1 to 512
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=512))]
    pub(crate) count: u32,
    /// The same seed gives the same variations
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: SeriesArgs,
}

/// An audio file to read.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Audio file: WAV, AIFF, AU, CAF, FLAC, MP3, Ogg Vorbis, AAC or M4A; of a long one the first 2 s after the onset are used
    #[arg(value_name = "IN")]
    pub(crate) file: PathBuf,
    /// MIDI key that the file is at, 0 to 127; without it, the root key in the file, else the note in its name, else the pitch that is heard
    #[arg(long, value_parser = number(0.0..=127.0))]
    pub(crate) key: Option<f32>,
    /// Where in the file the 2 s begin, in seconds; without it, at the first sound
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, value_parser = number(0.0..=36_000.0))]
    pub(crate) region: Option<f32>,
}

impl Input {
    pub(crate) fn choice(&self) -> Choice {
        Choice { key: self.key, region_s: self.region.map(f64::from) }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReconstructArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    /// Stage of the model after which the sound is decoded again
    #[arg(long, value_enum, default_value_t = Via::Latent)]
    pub(crate) via: Via,
    /// Sample rate of the file in Hz, 4000 to 768000
    #[arg(long, value_name = "HZ", default_value_t = 44_100, value_parser = rate())]
    pub(crate) rate: u32,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// The stages through which `reconstruct` leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// Analysis and inversion only: frames and back
    Frames,
    /// Through the seven latents
    Latent,
    /// Through the latents, with a residual of at most 6 KiB added
    Residual,
}

impl Via {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Latent => "latent",
            Self::Residual => "residual",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
