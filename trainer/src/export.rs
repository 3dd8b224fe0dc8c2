//! From a training run to a model pack: latents in units of the knobs, 16-bit weights, named sounds, graphs checked against torch.

pub mod axes;
mod card;
pub mod figures;
mod residuals;
mod sounds;
mod tuning;
mod update;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use engine::decode::Model;
use engine::pack::{
    Control, FORMAT_VERSION, Manifest, NamedResiduals, NamedSound, Pack, PackKind, RESIDUALS_FILE, VocoderInfo,
};
use engine::spectral::SpectralShape;
use engine::units::Latent;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::corpus::procedural::SOURCE as PROCEDURAL;
use crate::corpus::soundfont::ROOT_KEYS;
use crate::corpus::{Corpus, Split};
use crate::features::Dataset;
use crate::files::write_atomically;
use crate::model::vocoder::{CONTEXT_FRAMES, PHASE_BINS};
use crate::onnx::graphs;
use crate::parity;
use crate::train::RunConfig;
use crate::trained_model::TrainedModel;

/// Random points over which the figures of the axes are measured, and the key that they are decoded at.
const RANDOM_POINTS: usize = 1000;
const RANDOM_SEED: u64 = 2;
const MIDDLE_KEY: f32 = 60.0;

/// Options of `trainer export`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Run folder.
    pub run: PathBuf,
    /// Corpus of the run.
    pub corpus: PathBuf,
    /// Folder to write.
    pub out: PathBuf,
    /// Name of the pack.
    pub name: String,
    /// Identifier of the pack.
    pub id: String,
    /// Rounds of Griffin-Lim after the vocoder.
    pub iterations: usize,
    /// File to write the pack to as well: what the plug-in takes.
    pub archive: Option<PathBuf>,
    /// Names only sounds that are in tune at every key.
    pub in_tune: bool,
    /// A pack with the run's encoder, whose names, points and units stay.
    pub update: Option<PathBuf>,
    /// Report of `trainer eval`, whose figures the model card shows.
    pub report: Option<PathBuf>,
}

/// Writes the pack, its parity values and its model card.
///
/// # Errors
/// The run or its corpus cannot be read or do not belong together, a network gives what is no number, the graphs differ from torch,
/// or a file cannot be written.
pub fn export(options: &Options) -> Result<()> {
    let config = RunConfig::read(&options.run)?;
    let corpus = Corpus::open(&options.corpus)?;
    ensure!(
        corpus.id == config.corpus_id,
        "{} was not trained on the corpus {}; give the run's own --corpus",
        options.run.display(),
        options.corpus.display()
    );
    let mut trained = TrainedModel::load(&options.run)?;
    let pack = match &options.update {
        Some(old) => update::pack(old, &mut trained)?,
        None => {
            let manifest = manifest(options, &corpus, settle_axes(&mut trained, &corpus)?);
            named_pack(&trained, &corpus, manifest, options.in_tune)?
        }
    };
    let parity = parity::check(&pack, &trained)?;
    eprintln!("{parity}");
    pack.save_folder(&options.out)?;
    if let Some(file) = &options.archive {
        pack.save_archive(file)?;
    }
    write_atomically(&options.out.join("parity.json"), &serde_json::to_vec(&parity.stored)?)?;
    let report = options.report.as_deref().map(std::fs::read).transpose().context("cannot read the report")?;
    let report = report.as_deref();
    let facts = card::Facts {
        pack: &pack,
        corpus: &corpus,
        config: &config,
        finished: trained.finished,
        parity: &parity,
        report,
    };
    let card = card::text(&facts)?;
    write_atomically(&options.out.join("README.md"), card.as_bytes())?;
    let bytes: u64 = pack.manifest().files.values().map(|file| file.bytes).sum();
    let sounds = pack.manifest().sounds.len();
    println!("{}: {sounds} sounds, {:.1} MiB", options.out.display(), bytes as f64 / f64::from(1 << 20));
    Ok(())
}

/// Brings the latents into units of what knobs reach and rounds the weights to 16 bits. What the axes are named then.
fn settle_axes(trained: &mut TrainedModel, corpus: &Corpus) -> Result<Vec<Control>> {
    let statistics = trained.scale(&Dataset::load(corpus, &corpus.split(Split::Train))?)?;
    eprintln!("latents: {statistics}");
    trained.halve_precision();
    axes_of(trained)
}

/// What the axes are named, from the decoder at random points.
fn axes_of(trained: &TrainedModel) -> Result<Vec<Control>> {
    let points = random_points();
    let traits = trained.descriptors_of(&points, MIDDLE_KEY)?;
    let numbers = traits.iter().flatten().all(|value| value.is_finite());
    ensure!(
        numbers,
        "the decoder gives values that are not finite at random points; train again, from other weights or at a lower --rate"
    );
    Ok(axes::named(&points, &traits))
}

/// The pack of the networks as they are, with its named sounds and what recordings add to them.
fn named_pack(trained: &TrainedModel, corpus: &Corpus, mut manifest: Manifest, in_tune: bool) -> Result<Pack> {
    let all = Dataset::load(corpus, &corpus.manifest.items.iter().collect::<Vec<_>>())?;
    let candidates = sounds::candidates(&all, &trained.latents(&all)?)?;
    let mut files = graph_files(trained)?;
    manifest.sounds = sounds::as_encoded(&candidates);
    let first = Pack::assemble(manifest.clone(), files.clone())?;
    let model = Arc::new(Model::load(&first)?);
    let named = sounds::named(&model, &candidates)?;
    let by_name = named.iter().map(|(sound, candidate)| (sound.name.clone(), *candidate)).collect();
    manifest.sounds = named.into_iter().map(|(sound, _)| sound).collect();
    if in_tune {
        let verdict = tuning::at_roots(&model, manifest.sounds)?;
        tell("not in tune at every root key, without a name", &verdict.left);
        manifest.sounds = verdict.kept;
    }
    let residuals = residuals::of(&model, &all, &manifest.sounds, &by_name)?;
    files.insert(RESIDUALS_FILE.to_owned(), residuals.to_bytes(&manifest));
    let pack = Pack::assemble(manifest.clone(), files.clone())?;
    if in_tune { in_tune_as_played(&pack, manifest, files, &residuals) } else { Ok(pack) }
}

fn graph_files(trained: &TrainedModel) -> Result<BTreeMap<String, Vec<u8>>> {
    Ok(BTreeMap::from([
        ("encoder.onnx".to_owned(), graphs::encoder(&trained.encoder)?),
        ("decoder.onnx".to_owned(), graphs::decoder(&trained.decoder)?),
        ("vocoder.onnx".to_owned(), graphs::vocoder(&trained.vocoder)?),
    ]))
}

/// The same pack without what recordings add to sounds that it puts out of tune, and without the names that are out of tune then too.
fn in_tune_as_played(
    pack: &Pack,
    mut manifest: Manifest,
    mut files: BTreeMap<String, Vec<u8>>,
    residuals: &NamedResiduals,
) -> Result<Pack> {
    let play = |pack: &Pack, sounds| tuning::as_played(&Arc::new(Model::load(pack)?), sounds);
    let recorded = play(pack, manifest.sounds.clone())?;
    tell("not in tune at every key as recorded, without what the recordings add", &recorded.left);
    let in_tune = recorded.kept.iter().map(|sound| (sound, residuals.of(&sound.name).to_vec()));
    let residuals = NamedResiduals::new(in_tune);
    files.insert(RESIDUALS_FILE.to_owned(), residuals.to_bytes(&manifest));
    let bare = Pack::assemble(manifest.clone(), files.clone())?;
    let alone = play(&bare, recorded.left)?;
    tell("not in tune at every key, without a name", &alone.left);
    manifest.sounds.retain(|sound| alone.left.iter().all(|left| left.name != sound.name));
    files.insert(RESIDUALS_FILE.to_owned(), residuals.to_bytes(&manifest));
    Ok(Pack::assemble(manifest, files)?)
}

fn tell(what: &str, sounds: &[NamedSound]) {
    if !sounds.is_empty() {
        let names: Vec<&str> = sounds.iter().map(|sound| sound.name.as_str()).collect();
        eprintln!("{} {what}: {}", sounds.len(), names.join(", "));
    }
}

/// Unit normal points round the middle of the knobs, the same for every pack.
fn random_points() -> Vec<Latent> {
    let mut rng = ChaCha8Rng::seed_from_u64(RANDOM_SEED);
    let normal = StandardNormal;
    let point = |_| std::array::from_fn(|_| normal.sample(&mut rng));
    (0..RANDOM_POINTS).map(point).collect()
}

/// Licence of a pack: that of this project where every sound came from the sound font under the MIT licence or was generated; of
/// other sounds nothing is known here.
pub fn licence(sources: &[String]) -> &'static str {
    let known = |source: &String| source.contains("Fluid R3 GM") || source.starts_with(PROCEDURAL);
    if sources.iter().all(known) { "MIT OR Apache-2.0" } else { "LicenseRef-that-of-the-training-sounds" }
}

/// Sizes of this trainer's vocoder.
fn vocoder_info() -> VocoderInfo {
    VocoderInfo {
        chunk_frames: SpectralShape::DEFAULT.frame_count,
        context_frames: CONTEXT_FRAMES,
        phase_bins: Some(PHASE_BINS as usize),
    }
}

fn manifest(options: &Options, corpus: &Corpus, controls: Vec<Control>) -> Manifest {
    let shape = SpectralShape::DEFAULT;
    Manifest {
        format_version: FORMAT_VERSION,
        id: options.id.clone(),
        name: options.name.clone(),
        kind: PackKind::Latent,
        shape,
        controls,
        root_keys: ROOT_KEYS.to_vec(),
        vocoder: vocoder_info(),
        griffin_lim_iterations: options.iterations,
        sounds: Vec::new(),
        files: BTreeMap::new(),
        licence: licence(&corpus.manifest.sources).into(),
        provenance: corpus.manifest.sources.clone(),
    }
}
