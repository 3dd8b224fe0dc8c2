//! Clips of each class by a trained run, as WAV files: codes by the prior, frames by the VQ-VAE's decoder, samples by a vocoder. A file is
//! `OUT/CLASS/NNNN.wav`, numbered from 1, at the sample rate of the run's frames.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::pack::nearest_class;
use engine::sample::write_wav;
use tch::Device;
use tch::nn::VarStore;

use super::config::RunConfig;
use super::geometry::Geometry;
use super::sampling::{Loop, draw};
use super::vocoding::{GriffinLim, Vocoder};
use super::{prior_stage, vocoder_stage, vqvae_stage};
use crate::train::{load_finished, load_trained, mix};

/// Clips whose codes are drawn together.
const TOGETHER: u64 = 8;

/// What makes samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum VocoderName {
    /// The run's own vocoder.
    HifiGan,
    /// Griffin-Lim on the mel bands, which needs no training.
    GriffinLim,
}

/// Options of `trainer foley-reference generate`.
#[derive(Clone, Debug)]
pub struct Options {
    pub run: PathBuf,
    pub out: PathBuf,
    /// Classes by name; all of the run if none is given.
    pub classes: Vec<String>,
    /// Clips of each class.
    pub count: u64,
    pub seed: u64,
    pub how: Loop,
    pub vocoder: VocoderName,
    pub device: Device,
}

/// Writes the clips.
///
/// # Errors
/// The run lacks a stage, knows no such class, or a file cannot be written.
pub fn generate(options: &Options) -> Result<()> {
    let config = RunConfig::read(&options.run)?;
    let geometry = Geometry::new(config.variant, config.size);
    let classes = if options.classes.is_empty() { config.classes.clone() } else { options.classes.clone() };
    let place = |class: &String| {
        let place = config.classes.iter().position(|known| known == class);
        let nearest = nearest_class(&config.classes, class).unwrap_or_default();
        let all = config.classes.join(", ");
        place.with_context(|| format!("the run has no class {class:?}; did you mean {nearest:?}? it has {all}"))
    };
    let places: Vec<usize> = classes.iter().map(place).collect::<Result<_>>()?;
    let store = VarStore::new(options.device);
    let vqvae = vqvae_stage::network(&store, &config);
    load_finished(&options.run, vqvae_stage::STAGE, &store)?;
    let store = VarStore::new(options.device);
    let prior = prior_stage::network(&store, &config);
    load_trained(&options.run, prior_stage::STAGE, false, &store)?;
    let mut vocoder = vocoder(options, &config, &geometry)?;
    for (class, place) in classes.iter().zip(places) {
        let folder = options.out.join(class);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let numbers: Vec<u64> = (1..=options.count).collect();
        for numbers in numbers.chunks(TOGETHER as usize) {
            let seeds: Vec<u64> = numbers.iter().map(|number| mix(options.seed, class, *number)).collect();
            let codes = draw(&prior, &vec![place as i64; numbers.len()], &seeds, options.how, options.device);
            let frames = tch::no_grad(|| vqvae.decode_codes(&codes));
            for (index, number) in numbers.iter().enumerate() {
                write(&folder, *number, &vocoder.samples(&frames.get(index as i64))?, geometry.rate_hz)?;
            }
        }
        println!("{class}: {} clips", options.count);
    }
    Ok(())
}

fn vocoder(options: &Options, config: &RunConfig, geometry: &Geometry) -> Result<Vocoder> {
    if options.vocoder == VocoderName::GriffinLim {
        return Ok(Vocoder::GriffinLim(Box::new(GriffinLim::new(geometry))));
    }
    let store = VarStore::new(options.device);
    let stage = vocoder_stage::VocoderNetworks::new(&store, config);
    load_finished(&options.run, vocoder_stage::STAGE, &store)
        .context("the run has no vocoder; train it, or give --vocoder griffin-lim")?;
    Ok(Vocoder::HiFiGan(stage.generator))
}

fn write(folder: &Path, number: u64, samples: &[f32], rate_hz: u32) -> Result<()> {
    ensure!(samples.iter().all(|sample| sample.is_finite()), "the run gives samples that are not finite");
    Ok(write_wav(&folder.join(format!("{number:04}.wav")), samples, 1, rate_hz)?)
}
