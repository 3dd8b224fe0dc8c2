//! What is measured: a pack, a corpus that fits it, and the chosen sounds. Everything that can be wrong with them is reported here.

use anyhow::{Result, ensure};
use engine::pack::{CQT_GRAPHS, GRAPHS, Pack, PackKind};

use super::Options;
use crate::corpus::{Corpus, Item, Split};
use crate::train::RunConfig;

/// Pack, corpus and chosen items.
pub struct Input {
    /// The pack.
    pub pack: Pack,
    /// The corpus.
    pub corpus: Corpus,
    /// The items to measure: training first.
    pub items: Vec<Item>,
}

impl Input {
    /// Opens and checks.
    ///
    /// # Errors
    /// The pack, the corpus or the run cannot be read or do not belong together, or a split is empty.
    pub fn open(options: &Options) -> Result<Self> {
        let corpus = Corpus::open(&options.corpus)?;
        let pack = open_pack(options)?;
        let shape = pack.manifest().shape;
        let corpus = corpus.cut_to(shape.sound_samples());
        ensure!(
            shape.sample_rate_hz == corpus.manifest.sample_rate_hz && shape.sound_samples() == corpus.sound_samples(),
            "the pack is for sounds of {} samples at {} Hz, the corpus holds sounds of {} samples at {} Hz",
            shape.sound_samples(),
            shape.sample_rate_hz,
            corpus.sound_samples(),
            corpus.manifest.sample_rate_hz
        );
        if let Some(run) = &options.run {
            ensure!(
                pack.manifest().kind == PackKind::Latent,
                "--run is for packs of the default model; leave it out for this one"
            );
            let config = RunConfig::read(run)?;
            ensure!(config.corpus_id == corpus.id, "{} was not trained on the corpus that is measured", run.display());
        }
        let mut items = Vec::new();
        for split in [Split::Train, Split::HeldOut] {
            if options.split.is_none_or(|chosen| chosen == split) {
                let chosen = corpus.choice(split, options.limit);
                ensure!(
                    !chosen.is_empty(),
                    "the corpus {} has no {} sound; choose the other split with --split, or make it again with another --held-out",
                    options.corpus.display(),
                    if split == Split::Train { "training" } else { "held-out" }
                );
                items.extend(chosen.into_iter().cloned());
            }
        }
        Ok(Self { pack, corpus, items })
    }

    /// The chosen items of one split.
    pub fn of_split(&self, split: Split) -> Vec<&Item> {
        self.items.iter().filter(|item| item.split == split).collect()
    }
}

fn open_pack(options: &Options) -> Result<Pack> {
    let pack = Pack::open(&options.pack)?;
    let Some(iterations) = options.iterations else { return Ok(pack) };
    let mut manifest = pack.manifest().clone();
    manifest.griffin_lim_iterations = iterations;
    let names: &[&str] = if manifest.kind == PackKind::Cqt { &CQT_GRAPHS } else { &GRAPHS };
    let graphs = names.iter().map(|name| ((*name).to_owned(), pack.graph(name).to_vec()));
    Ok(Pack::assemble(manifest, graphs.collect())?)
}
