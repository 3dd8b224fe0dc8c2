//! `trainer train --model sashimi`: the options that only this model has. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use engine::pack::Quantisation;

use crate::cqt_command::Shared;
use crate::sashimi::{Size, TrainOptions};
use crate::train::Budget;

/// Time for the training, in minutes, where none is given.
const MINUTES: f64 = 60.0;

/// How samples are given.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// A softmax over 256 levels after mu-law companding.
    MuLaw,
    /// A softmax over 256 equally spaced levels.
    Linear,
    /// A mixture of five logistic distributions over 4096 companded levels.
    Mixture,
}

/// What only the model sashimi has.
#[derive(Args)]
pub struct SashimiArgs {
    /// sashimi: size of the network.
    #[arg(long, value_enum, default_value = "small")]
    size: Size,
    /// sashimi: how samples are given and heard.
    #[arg(long, value_enum, default_value = "mu-law")]
    quantisation: Choice,
    /// sashimi: part of the channels left out behind every layer while training, 0 to 0.9.
    #[arg(long, default_value_t = 0.0)]
    dropout: f64,
    /// sashimi: spread of the noise on the samples that the network hears while training, in steps of 256 levels, 0 to 16.
    #[arg(long, default_value_t = 0.0)]
    noise: f64,
    /// sashimi: spread of slow sines on the samples that the network hears while training, part of full scale, 0 to 0.1.
    #[arg(long, default_value_t = 0.0)]
    drift: f64,
    /// sashimi: samples of the frames whose levels the network is told, a multiple of 16 such as 128; 0 for a network that is told none.
    #[arg(long, default_value_t = 0)]
    envelope_frame: usize,
    /// sashimi: tell the network the sums of what it has heard, by which it takes back an offset; not with the quantisation mixture.
    #[arg(long)]
    sums: bool,
    /// sashimi and foley: a run of this model, size and classes whose weights this one begins with. The VQ-VAE of a foley run stays as it is.
    #[arg(long, value_name = "RUN")]
    start_from: Option<PathBuf>,
    /// sashimi and foley: what names the class of a sound: `category`, or a label of the corpus such as `floor`. Without it sashimi has no
    /// classes, and foley those of the label `class` or of the category.
    #[arg(long)]
    class_label: Option<String>,
    /// sashimi and foley: the classes, at most seven; sounds of others are left out.
    #[arg(long, value_delimiter = ',', requires = "class_label")]
    classes: Vec<String>,
    /// sashimi: sample rate in Hz, 4000 to 96000.
    #[arg(long, default_value_t = 16_000)]
    sample_rate: u32,
    /// sashimi: length of the sounds in seconds, 0.05 to 60; longer ones are cut with a fade.
    #[arg(long, default_value_t = 1.0)]
    clip_seconds: f64,
    /// sashimi: sounds of one step, 1 to 256.
    #[arg(long, default_value_t = 8)]
    batch: usize,
}

impl SashimiArgs {
    /// Label and names of the classes.
    pub fn classes(&self) -> (Option<String>, Vec<String>) {
        (self.class_label.clone(), self.classes.clone())
    }

    /// The run to begin with.
    pub fn start_from(&self) -> Option<PathBuf> {
        self.start_from.clone()
    }

    /// The options of a training.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn options(&self, shared: Shared, steps: Option<u64>) -> Result<TrainOptions> {
        ensure!((0.0..=0.9).contains(&self.dropout), "--dropout must lie between 0 and 0.9");
        ensure!((0.0..=16.0).contains(&self.noise), "--noise must lie between 0 and 16");
        ensure!((0.0..=0.1).contains(&self.drift), "--drift must lie between 0 and 0.1");
        ensure!(
            self.envelope_frame.is_multiple_of(16) && self.envelope_frame <= 4096,
            "--envelope-frame must be a multiple of 16 up to 4096"
        );
        ensure!(!(self.sums && self.quantisation == Choice::Mixture), "--sums does not go with --quantisation mixture");
        ensure!((4_000..=96_000).contains(&self.sample_rate), "--sample-rate must lie between 4000 and 96000");
        ensure!((0.05..=60.0).contains(&self.clip_seconds), "--clip-seconds must lie between 0.05 and 60");
        ensure!((1..=256).contains(&self.batch), "--batch must lie between 1 and 256");
        ensure!(steps != Some(0), "--steps must be above 0");
        let minutes = shared.minutes.unwrap_or(MINUTES);
        Ok(TrainOptions {
            corpus: shared.corpus,
            run: shared.run,
            seed: shared.seed,
            budget: steps.map_or(Budget::Seconds(minutes * 60.0), Budget::Steps),
            rate: shared.rate,
            batch: self.batch,
            sample_rate_hz: self.sample_rate,
            seconds: self.clip_seconds,
            quantisation: match self.quantisation {
                Choice::MuLaw => Quantisation::MuLaw,
                Choice::Linear => Quantisation::Linear,
                Choice::Mixture => Quantisation::Mixture,
            },
            network: self.size.network(),
            dropout: self.dropout,
            noise: self.noise,
            drift: self.drift,
            envelope_frame: self.envelope_frame,
            sums: self.sums,
            start_from: self.start_from.clone(),
            class_label: self.class_label.clone(),
            classes: self.classes.clone(),
            without_held_out: shared.without_held_out,
            device: shared.device,
            intervals: shared.intervals,
        })
    }
}
