//! From a run of the footstep model to a pack of kind `cqt`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::graph::{Graph, Port};
use engine::decode::{Model, Pipeline};
use engine::pack::{
    CQT_GRAPHS, Control, FORMAT_VERSION, LatentDistribution, Manifest, NamedSound, Pack, PackKind, RandomPoints,
    VocoderInfo,
};
use engine::units::Latent;
use tch::Tensor;

use super::config::RunConfig;
use super::data::{self, CqtData, SHAPE, prepared};
use super::graphs;
use super::model::{BANDS, FRAMES, LATENTS};
use super::named::{Candidate, candidates};
use super::trained::Trained;
use crate::corpus::{Corpus, Split};
use crate::export::licence;
use crate::files::write_atomically;

/// The one root key: footsteps have no pitch, so other keys play them faster or slower.
const KEY: u8 = 60;
/// Largest difference allowed between graph and torch, against the larger of 1 and the output's largest value; as for the default model.
const TOLERANCE: f64 = 1e-4;

/// Random points by which the knobs get their names, and their seed.
const AXES_POINTS: usize = 400;
const AXES_SEED: u64 = 1;

/// Options of `trainer export` for a run of this model.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    pub run: PathBuf,
    pub corpus: PathBuf,
    pub out: PathBuf,
    pub name: String,
    pub id: String,
    /// Iterations of the search for the sound.
    pub iterations: usize,
    pub archive: Option<PathBuf>,
}

/// Writes the pack and its page.
///
/// # Errors
/// The run or its corpus cannot be read or do not belong together, the graphs differ from torch, or a file cannot be written.
pub fn export(options: &ExportOptions) -> Result<()> {
    let config = RunConfig::read(&options.run)?;
    let corpus = data::open(&options.corpus)?;
    ensure!(
        corpus.id == config.corpus_id,
        "{} was not trained on the corpus {}; give the run's own --corpus",
        options.run.display(),
        options.corpus.display()
    );
    let mut trained = Trained::load(&options.run, &config)?;
    let train = CqtData::load(&corpus, &corpus.split(Split::Train))?;
    trained.settle(&train)?;
    let files = BTreeMap::from([
        (CQT_GRAPHS[0].to_owned(), graphs::encoder(&trained.encoder)?),
        (CQT_GRAPHS[1].to_owned(), graphs::decoder(&trained.decoder)?),
    ]);
    let largest = parity(&files, &trained, &train)?;
    eprintln!("largest difference from torch: {largest:.1e}");
    let chosen = candidates(&train.items, &trained.points(&train)?);
    let mut draw = RandomPoints::new(AXES_SEED);
    let anywhere: Vec<Latent> = (0..AXES_POINTS).map(|_| draw.anywhere(&LatentDistribution::default())).collect();
    let mut manifest = manifest(options, &corpus, trained.controls(&anywhere)?);
    manifest.sounds = chosen.iter().map(|candidate| named(candidate, candidate.point)).collect();
    let first = Pack::assemble(manifest.clone(), files.clone())?;
    let mut pipeline = Pipeline::new(Arc::new(Model::load(&first)?))?;
    for (sound, candidate) in manifest.sounds.iter_mut().zip(&chosen) {
        let samples = prepared(&corpus, &train.items[candidate.item])?;
        *sound = named(candidate, pipeline.place(&samples, f32::from(KEY))?);
    }
    let pack = Pack::assemble(manifest, files)?;
    pack.save_folder(&options.out)?;
    if let Some(file) = &options.archive {
        pack.save_archive(file)?;
    }
    let bytes: u64 = pack.manifest().files.values().map(|file| file.bytes).sum();
    let text = page(&pack, &config, &corpus, trained.finished, largest, bytes);
    write_atomically(&options.out.join("README.md"), text.as_bytes())?;
    let sounds = pack.manifest().sounds.len();
    println!("{}: {sounds} sounds, {:.1} MiB", options.out.display(), bytes as f64 / f64::from(1 << 20));
    Ok(())
}

fn named(candidate: &Candidate, point: Latent) -> NamedSound {
    NamedSound {
        name: candidate.name.clone(),
        category: candidate.category.clone(),
        // Four decimals are far finer than anybody hears and keep the manifest readable.
        latent: point.map(|z| (z * 1e4).round() / 1e4),
        key: KEY,
    }
}

fn manifest(options: &ExportOptions, corpus: &Corpus, controls: Vec<Control>) -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Cqt,
        id: options.id.clone(),
        name: options.name.clone(),
        shape: SHAPE,
        controls,
        root_keys: vec![KEY],
        vocoder: VocoderInfo::default(),
        griffin_lim_iterations: options.iterations,
        sounds: Vec::new(),
        files: BTreeMap::new(),
        licence: licence(&corpus.manifest.sources).into(),
        provenance: corpus.manifest.sources.clone(),
    }
}

/// Largest difference of the graphs from torch at a few sounds, against the larger of 1 and the largest value.
fn parity(files: &BTreeMap<String, Vec<u8>>, trained: &Trained, data: &CqtData) -> Result<f64> {
    let frames = Port::new("frames", &[1, BANDS as usize, FRAMES as usize]);
    let latent = Port::new("latent", &[1, LATENTS as usize]);
    let load = |name: &str, input: &Port, output: &Port| -> Result<_> {
        Ok(Graph::load(name, &files[name], vec![input.clone()], vec![output.clone()])?.runner()?)
    };
    let mut encoder = load(CQT_GRAPHS[0], &frames, &latent)?;
    let mut decoder = load(CQT_GRAPHS[1], &latent, &frames)?;
    let mut largest = 0.0f64;
    for number in 0..data.len().min(5) as i64 {
        let heard = data.frames.narrow(0, number * (data.len() as i64 - 1) / 5, 1);
        let (mean, _) = tch::no_grad(|| trained.encoder.forward(&heard));
        let found = encoder.run(&[&Vec::<f32>::try_from(heard.contiguous().view(-1))?])?;
        largest = largest.max(difference(found.get(0), &mean));
        let (low, high) = super::model::FRAME_RANGE;
        let made = tch::no_grad(|| trained.decoder.forward(&mean, true).clamp(low, high));
        let found = decoder.run(&[&Vec::<f32>::try_from(mean.contiguous().view(-1))?])?;
        largest = largest.max(difference(found.get(0), &made));
    }
    ensure!(
        largest <= TOLERANCE,
        "the exported graphs do not compute what was trained ({largest:.1e}; allowed is {TOLERANCE:.0e})"
    );
    Ok(largest)
}

fn difference(found: &[f32], wanted: &Tensor) -> f64 {
    let wanted = wanted.flatten(0, -1);
    let scale = wanted.abs().max().double_value(&[]).max(1.0);
    (Tensor::from_slice(found) - wanted).abs().max().double_value(&[]) / scale
}

fn page(pack: &Pack, config: &RunConfig, corpus: &Corpus, finished: bool, largest: f64, bytes: u64) -> String {
    let manifest = pack.manifest();
    let sources: String = corpus.manifest.sources.iter().map(|source| format!("- {source}\n")).collect();
    let (train, held_out) = (corpus.split(Split::Train).len(), corpus.split(Split::HeldOut).len());
    format!(
        "# {}\n\nA pack of kind `cqt`: seven latents, 144 × 144 constant-Q levels, {} iterations of fast Griffin-Lim.\n\n\
         - {} named sounds, {:.1} MiB\n- trained on {train} clips, {held_out} held out{}\n- {:?}, {:?} upsampling, divergence weight {}, seed {}\n\
         - largest difference of the graphs from torch {largest:.1e}\n- licence {}\n\nSources:\n\n{sources}",
        manifest.name,
        manifest.griffin_lim_iterations,
        manifest.sounds.len(),
        bytes as f64 / f64::from(1 << 20),
        if finished { "" } else { "; the training had not ended" },
        config.activation,
        config.upsampling,
        config.kl_weight,
        config.seed,
        manifest.licence,
    )
}
