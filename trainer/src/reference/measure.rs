//! `trainer reference measure`: one model or pack, on both splits of a corpus, as a row of the table.

use std::path::Path;

use anyhow::{Result, ensure};
use engine::pack::Pack;
use engine::spectral::{FrameAnalysis, SpectralShape};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::codec::{PackCodec, SoundCodec};
use super::config::Config;
use super::data::Set;
use super::interpolation;
use super::latent_sweep;
use super::model::Reference;
use super::row::{Row, SplitFigures};
use super::score::{decode_ms, network_errors, opinion, score};
use super::vae::Usage;
use crate::corpus::{Corpus, Item, Split};
use crate::eval::parallel::bar;
use crate::eval::random::{self, RandomSounds};
use crate::eval::visqol::Package;
use crate::files::write_atomically;

/// Sounds of each split that random ones are compared with: more cost memory and change little.
const KNOWN_SOUNDS: usize = 1000;
const RANDOM_SEED: u64 = 5;

/// What is measured, and how.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Corpus folder.
    pub corpus: &'a Path,
    /// Most sounds of each split; 0 means all.
    pub limit: usize,
    /// Iterations of fast Griffin-Lim after a spectrogram model.
    pub iterations: usize,
    /// File to write.
    pub out: &'a Path,
    /// Time of a pack's training in seconds, where known.
    pub training_s: Option<f64>,
    /// How much of what goes beyond single sounds.
    pub amounts: Amounts,
    /// ViSQOL, where Python has it, and how many sounds of each split it scores.
    pub visqol: Option<(Package, usize)>,
}

/// How much is measured beyond single sounds; 0 leaves a part out.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    /// Straight lines between sounds of the training split.
    pub lines: usize,
    /// Sounds from which every knob is turned.
    pub knob_sounds: usize,
    /// Random latent vectors.
    pub random: usize,
}

/// Measures the reference model of a run folder.
///
/// # Errors
/// The run or the corpus cannot be read, or decoding fails.
pub fn measure_run(run: &Path, options: &Options) -> Result<Row> {
    let corpus = Corpus::open(options.corpus)?;
    super::data::check_shape(&corpus)?;
    let config = Config::read(run)?;
    ensure!(
        config.corpus_id == corpus.id,
        "{} was trained on another corpus than {}",
        run.display(),
        options.corpus.display()
    );
    let (mut model, histories) = Reference::open(run)?;
    model.iterations = options.iterations;
    let mut row = measure(&mut model, &corpus, options)?;
    let parameters = model.parameters();
    row.parameters = parameters.outer + parameters.inner;
    row.compression = model.compression().1;
    row.training_s = (!histories.is_empty()).then(|| histories.iter().map(|history| history.elapsed_s).sum());
    row.epochs = histories.iter().map(|history| history.epochs.len()).collect();
    row.overfit = histories.iter().map(super::history::History::overfit).collect();
    row.seed = Some(config.seed);
    row.iterations = if config.model.hears_samples() { 0 } else { options.iterations };
    let train = Set::load(&corpus, &corpus.choice(Split::Train, options.limit), config.model)?;
    row.usage = model.posterior(&train).map(|posterior| Usage::new(&posterior));
    let (outer, whole) = network_errors(&model, &train);
    (row.train.outer, row.train.whole) = (Some(outer), Some(whole));
    if let Some(figures) = &mut row.held_out {
        let set = Set::load(&corpus, &corpus.choice(Split::HeldOut, options.limit), config.model)?;
        let (outer, whole) = network_errors(&model, &set);
        (figures.outer, figures.whole) = (Some(outer), Some(whole));
    }
    save(&row, options.out)?;
    Ok(row)
}

/// Measures a model pack.
///
/// # Errors
/// The pack or the corpus cannot be read, or decoding fails.
pub fn measure_pack(path: &Path, options: &Options) -> Result<Row> {
    let corpus = Corpus::open(options.corpus)?;
    super::data::check_shape(&corpus)?;
    let pack = Pack::open(path)?;
    let mut codec = PackCodec::open(path)?;
    let mut row = measure(&mut codec, &corpus, options)?;
    row.parameters = crate::onnx::parameters(&pack)?;
    let shape = pack.manifest().shape;
    row.compression = (shape.mel_bands * shape.frame_count) as f64 / codec.latent_len() as f64;
    row.iterations = pack.manifest().griffin_lim_iterations;
    row.training_s = options.training_s;
    save(&row, options.out)?;
    Ok(row)
}

fn measure(codec: &mut dyn SoundCodec, corpus: &Corpus, options: &Options) -> Result<Row> {
    let amounts = &options.amounts;
    ensure!(!corpus.split(Split::Train).is_empty(), "the corpus has no sound to train on");
    let decode_ms = decode_ms(codec, corpus)?;
    let [train, held_out] = [Split::Train, Split::HeldOut].map(|split| corpus.choice(split, options.limit));
    let mut figures_of = |items: &[&Item]| -> Result<SplitFigures> {
        let figures = score(codec, corpus, items)?;
        let visqol = options.visqol.as_ref().map(|visqol| opinion(codec, corpus, items, visqol)).transpose()?;
        Ok(SplitFigures { visqol: visqol.flatten(), ..figures })
    };
    let of_train = figures_of(&train)?;
    let of_held_out = if held_out.is_empty() { None } else { Some(figures_of(&held_out)?) };
    let some = |count: usize| (count > 0).then_some(count);
    let interpolation =
        some(amounts.lines).map(|count| interpolation::measure(codec, corpus, &train, count)).transpose()?;
    let latent_sweep =
        some(amounts.knob_sounds).map(|count| latent_sweep::measure(codec, corpus, &train, count)).transpose()?;
    let random = some(amounts.random).map(|count| at_random(codec, corpus, count)).transpose()?;
    Ok(Row {
        model: codec.name(),
        command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        parameters: 0,
        compression: 0.0,
        latents: codec.latent_len(),
        training_s: None,
        epochs: Vec::new(),
        overfit: Vec::new(),
        seed: None,
        corpus: corpus.id.clone(),
        corpus_sounds: [Split::Train, Split::HeldOut].map(|split| corpus.split(split).len()),
        iterations: 0,
        threads: tch::get_num_threads().unsigned_abs(),
        decode_ms,
        usage: None,
        interpolation,
        latent_sweep,
        random,
        train: of_train,
        held_out: of_held_out,
    })
}

/// Random latent vectors, each at the key of a sound of the training split, beside sounds of both splits.
fn at_random(codec: &mut dyn SoundCodec, corpus: &Corpus, count: usize) -> Result<RandomSounds> {
    let shape = SpectralShape::DEFAULT;
    let (mut rng, mut analysis) = (ChaCha8Rng::seed_from_u64(RANDOM_SEED), FrameAnalysis::new(&shape));
    let listen = |split| random::known(corpus, &corpus.choice(split, KNOWN_SOUNDS), &shape);
    let (train, held_out) = (listen(Split::Train)?, listen(Split::HeldOut)?);
    let bar = bar("random sounds", count);
    let heard = (0..count).map(|_| {
        let latent = codec.random(&mut rng)?;
        let key = f32::from(train[rng.random_range(0..train.len())].key);
        bar.inc(1);
        Ok(random::at_peak(&mut analysis, &shape, codec.decode(&latent, key)?))
    });
    let heard = heard.collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    random::compare(&heard, &train, &held_out)
}

fn save(row: &Row, out: &Path) -> Result<()> {
    write_atomically(out, &serde_json::to_vec_pretty(row)?)?;
    println!(
        "{}: log-mel error {:.2} dB on the training split, {} held out; decode {:.1} ms",
        row.model,
        row.train.mean.get("log_mel_db").copied().unwrap_or(f64::NAN),
        row.held_out
            .as_ref()
            .and_then(|figures| figures.mean.get("log_mel_db"))
            .map_or("–".into(), |db| format!("{db:.2} dB")),
        row.decode_ms
    );
    Ok(())
}
