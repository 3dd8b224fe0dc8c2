//! `trainer reference measure`: one model or pack, on both splits of a corpus, as a row of the table.

use std::path::Path;

use anyhow::{Result, ensure};
use engine::pack::Pack;

use super::codec::{PackCodec, SoundCodec};
use super::data::Set;
use super::model::Reference;
use super::row::Row;
use super::run::Config;
use super::score::{chosen, decode_ms, network_errors, score};
use super::travel::travel;
use super::vae::Usage;
use crate::corpus::{Corpus, Split};
use crate::files::write_atomically;

/// What is measured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Corpus folder.
    pub corpus: &'a Path,
    /// Most sounds of each split; 0 means all.
    pub limit: usize,
    /// Straight lines between sounds of the training split.
    pub lines: usize,
    /// Iterations of fast Griffin-Lim after a spectrogram model.
    pub iterations: usize,
    /// File to write.
    pub out: &'a Path,
    /// Time of a pack's training in seconds, where known.
    pub training_s: Option<f64>,
}

/// Measures the reference model of a run folder.
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
    row.overfit = histories.iter().map(super::fit::History::overfit).collect();
    row.seed = Some(config.seed);
    row.iterations = if config.model.hears_samples() { 0 } else { options.iterations };
    let train = Set::load(&corpus, &chosen(&corpus, Split::Train, options.limit), config.model)?;
    row.usage = model.posterior(&train).map(|posterior| Usage::new(&posterior));
    let (outer, whole) = network_errors(&model, &train);
    (row.train.outer, row.train.whole) = (Some(outer), Some(whole));
    if let Some(figures) = &mut row.held_out {
        let set = Set::load(&corpus, &chosen(&corpus, Split::HeldOut, options.limit), config.model)?;
        let (outer, whole) = network_errors(&model, &set);
        (figures.outer, figures.whole) = (Some(outer), Some(whole));
    }
    save(&row, options.out)?;
    Ok(row)
}

/// Measures a model pack.
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
    let decode_ms = decode_ms(codec, corpus)?;
    let trained = chosen(corpus, Split::Train, options.limit);
    let train = score(codec, corpus, &trained)?;
    let travel = match options.lines {
        0 => None,
        count => Some(travel(codec, corpus, &trained, count)?),
    };
    let held_out = chosen(corpus, Split::HeldOut, options.limit);
    let held_out = if held_out.is_empty() { None } else { Some(score(codec, corpus, &held_out)?) };
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
        travel,
        train,
        held_out,
    })
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
