//! Clips of a corpus as a run's codes keep them, or as its vocoder makes them of their true frames, as WAV files: what is lost before the prior
//! draws anything. A file is `OUT/CLASS/NNNN.wav`, numbered from 1.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use engine::decode::foley::{Clip, FoleyModel};
use engine::pack::Pack;
use engine::sample::write_wav;
use engine::spectral::Frames;
use tch::nn::VarStore;
use tch::{Device, Tensor};

use super::config::RunConfig;
use super::data::{ClipData, SHAPE};
use super::export::{Trained, assemble, halve};
use super::run::corpus_of;
use super::vqvae_stage;
use crate::corpus::classes::class_of;
use crate::corpus::{Corpus, Split};
use crate::train::load_finished;

/// Options of `trainer reconstruct`.
#[derive(Clone, Debug)]
pub struct ReconstructOptions {
    pub run: PathBuf,
    pub corpus: PathBuf,
    /// Pack of kind `latent` whose vocoder makes the samples.
    pub vocoder: PathBuf,
    pub out: PathBuf,
    /// Clips of each class.
    pub count: usize,
    /// The true frames, not those of the codes.
    pub true_frames: bool,
}

/// Writes held-out clips, or training clips where none is held out.
///
/// # Errors
/// Run, vocoder or corpus cannot be read or do not belong together, or a file cannot be written.
pub fn reconstruct(options: &ReconstructOptions) -> Result<()> {
    let config = RunConfig::read(&options.run)?;
    let corpus = Corpus::open(&corpus_of(&options.run, &options.corpus))?;
    ensure!(corpus.id == config.corpus_id, "{} was trained on another corpus", options.run.display());
    let [store, prior_store] = [VarStore::new(Device::Cpu), VarStore::new(Device::Cpu)];
    let trained = Trained::new(&store, &prior_store, &config);
    load_finished(&options.run, vqvae_stage::STAGE, &store)?;
    [&store, &prior_store].into_iter().for_each(halve);
    // The prior has fresh weights, since nothing is drawn from it.
    let pack = assemble(("run", "Run"), &config, &corpus, &trained, &Pack::open(&options.vocoder)?)?;
    let (model, vqvae) = (FoleyModel::load(&pack)?, trained.vqvae);
    let split = if corpus.split(Split::HeldOut).is_empty() { Split::Train } else { Split::HeldOut };
    for class in &config.classes {
        let of_class = |item: &&_| class_of(item, &config.class_label) == Some(class.as_str());
        let items: Vec<_> = corpus.split(split).into_iter().filter(of_class).take(options.count).collect();
        let data = ClipData::load(&corpus, &items, &config)?;
        let folder = options.out.join(class);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for number in 0..data.len() {
            let frames = data.clips(number, 1);
            let samples = if options.true_frames {
                Clip::of_frames(&model, engine_frames(&frames)?, None, number as u64)?
            } else {
                let kept = tch::no_grad(|| vqvae.decode_held(&vqvae.quantise(&vqvae.encode(&frames)).0));
                let spread = engine_frames(&kept.spread)?;
                Clip::of_frames(&model, engine_frames(&kept.frames)?, Some(&spread), number as u64)?
            };
            let file = folder.join(format!("{:04}.wav", number + 1));
            write_wav(&file, &samples, 1, SHAPE.sample_rate_hz)?;
        }
        println!("{class}: {} clips", data.len());
    }
    Ok(())
}

/// `[1, 128, 344]` for the engine.
fn engine_frames(frames: &Tensor) -> Result<Frames> {
    let values = Vec::<f32>::try_from(frames.contiguous().view(-1))?;
    Ok(Frames { bands: SHAPE.mel_bands, frames: SHAPE.frame_count, values })
}
