//! From a run of this model to a pack of kind `foley`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use engine::decode::foley::{FoleyModel, Run};
use engine::decode::graph::{Graph, Port};
use engine::pack::{DECODER_FILE, FORMAT_VERSION, FoleyManifest, FoleyNetwork, FoleyPack, Pack, PackKind};
use engine::spectral::SpectralShape;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::config::{Network, RunConfig};
use super::data::{ClipData, SHAPE, error_db};
use super::delay::delayed;
use super::prior::Prior;
use super::run::corpus_of;
use super::vqvae::{FRAMES_OF_CELL, ROWS, VqVae};
use super::{graphs, prior_stage, vqvae_stage, weights};
use crate::corpus::{Corpus, Split};
use crate::export::licence;
use crate::files::write_atomically;
use crate::train::{load_finished, load_trained};

/// Largest difference allowed between engine and torch, against the larger of 1 and the outputs' largest value.
const TOLERANCE: f64 = 1e-4;
/// Clips over which they are compared and the error of frames is measured.
const COMPARED: usize = 48;
/// What a pack says of how to draw. Chosen for the built-in pack by distances between sets, by the classes that a classifier tells and by diversity
/// (`models/foley/README.md`).
const TEMPERATURE: f32 = 1.0;
const KEEP: f32 = 1.0;
const GUIDANCE: f32 = 1.35;
/// Part of the spread of frames that is drawn.
const SPREAD: f32 = 1.0;
/// The key at which the default model's sounds without a pitch were trained.
const VOCODER_KEY: u8 = 60;

/// Options of `trainer export` for a run of this model.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    pub run: PathBuf,
    pub corpus: PathBuf,
    /// Pack of kind `latent` whose vocoder the new pack has.
    pub vocoder: PathBuf,
    pub out: PathBuf,
    pub name: String,
    pub id: String,
    /// The weights of the prior at the end of the training, not those with the least cost on held-out sounds.
    pub last: bool,
    pub archive: Option<PathBuf>,
}

/// The networks of a run, loaded, with weights that 16 bits hold.
#[derive(Debug)]
pub(super) struct Trained {
    pub vqvae: VqVae,
    pub prior: Prior,
}

/// What is told of a pack.
struct Facts {
    /// Bits a code on held-out sounds; `None` for the last weights.
    bits: Option<f64>,
    /// Of held-out clips, or of training clips where none is held out.
    error_db: f64,
    /// Largest differences of the prior and of the decoder.
    differences: [f64; 2],
}

/// Writes the pack and its page.
///
/// # Errors
/// The run, its corpus or the vocoder's pack cannot be read or do not belong together, the engine differs from torch, or a file cannot be
/// written.
pub fn export(options: &ExportOptions) -> Result<()> {
    let config = RunConfig::read(&options.run)?;
    let corpus = Corpus::open(&corpus_of(&options.run, &options.corpus))?;
    ensure!(
        corpus.id == config.corpus_id,
        "{} was not trained on the corpus {}; give the run's own --corpus",
        options.run.display(),
        options.corpus.display()
    );
    let [store, prior_store] = [VarStore::new(Device::Cpu), VarStore::new(Device::Cpu)];
    let trained = Trained::new(&store, &prior_store, &config);
    load_finished(&options.run, vqvae_stage::STAGE, &store)?;
    let bits = load_trained(&options.run, prior_stage::STAGE, options.last, &prior_store)?;
    halve(&store);
    halve(&prior_store);
    let split = if corpus.split(Split::HeldOut).is_empty() { Split::Train } else { Split::HeldOut };
    let data = ClipData::load(&corpus, &corpus.choice(split, COMPARED), &config)?;
    let vocoder = Pack::open(&options.vocoder)?;
    let pack = assemble((&options.id, &options.name), &config, &corpus, &trained, &vocoder)?;
    let facts =
        Facts { bits, error_db: trained.error_db(&data), differences: trained.differences(&pack, &config, &data)? };
    let [prior, decoder] = facts.differences;
    eprintln!("largest difference from torch: prior {prior:.1e}, decoder {decoder:.1e}");
    ensure!(
        prior <= TOLERANCE && decoder <= TOLERANCE,
        "the engine does not compute what was trained ({prior:.1e}, {decoder:.1e}; allowed is {TOLERANCE:.0e})"
    );
    pack.save_folder(&options.out)?;
    if let Some(file) = &options.archive {
        pack.save_archive(file)?;
    }
    write_atomically(&options.out.join("README.md"), page(&pack, &config, &facts).as_bytes())?;
    println!(
        "{}: {:.1} MiB, {:.2} dB on {} clips",
        options.out.display(),
        mebibytes(&pack),
        facts.error_db,
        data.len()
    );
    Ok(())
}

/// Rounds weights to 16 bits, as a pack holds them. The encoder, which it does not hold, changes as little.
pub(super) fn halve(store: &VarStore) {
    tch::no_grad(|| {
        for mut parameter in store.variables().into_values() {
            parameter.copy_(&parameter.to_kind(Kind::Half).to_kind(Kind::Float));
        }
    });
}

/// A pack of these networks.
///
/// # Errors
/// The vocoder is for frames of another analysis, or torch refuses to give weights as numbers.
pub(super) fn assemble(
    (id, name): (&str, &str),
    config: &RunConfig,
    corpus: &Corpus,
    trained: &Trained,
    vocoder: &Pack,
) -> Result<FoleyPack> {
    let of_vocoder = vocoder.manifest();
    let shape = SpectralShape { frame_count: of_vocoder.shape.frame_count, ..SHAPE };
    if of_vocoder.kind != PackKind::Latent || of_vocoder.shape != shape {
        bail!("the pack {} has no vocoder for frames of this analysis; give another --vocoder", of_vocoder.name);
    }
    let mut provenance = corpus.manifest.sources.clone();
    provenance.extend(of_vocoder.provenance.iter().map(|source| format!("{source} (vocoder)")));
    let own = licence(&corpus.manifest.sources);
    let licence =
        if of_vocoder.licence == own { own.to_owned() } else { format!("{own} AND ({})", of_vocoder.licence) };
    let manifest = FoleyManifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Foley,
        id: id.to_owned(),
        name: name.to_owned(),
        shape: SHAPE,
        classes: config.classes.clone(),
        network: network(&config.network),
        vocoder: of_vocoder.vocoder,
        vocoder_key: VOCODER_KEY,
        griffin_lim_iterations: of_vocoder.griffin_lim_iterations,
        temperature: TEMPERATURE,
        keep: KEEP,
        guidance: GUIDANCE,
        spread: Some(SPREAD),
        files: BTreeMap::new(),
        licence,
        provenance,
    };
    let files = [
        weights::file(&trained.prior, &trained.vqvae)?,
        graphs::decoder(&trained.vqvae.decoder, &config.network)?,
        vocoder.graph("vocoder.onnx").to_vec(),
    ];
    Ok(FoleyPack::assemble(manifest, files)?)
}

fn network(network: &Network) -> FoleyNetwork {
    FoleyNetwork {
        width: network.width as usize,
        blocks: network.blocks as usize,
        levels: ROWS as usize,
        codes: network.codes as usize,
        latent: network.cell as usize,
        frames_of_position: FRAMES_OF_CELL as usize,
    }
}

impl Trained {
    /// Networks with fresh weights.
    pub fn new(store: &VarStore, prior_store: &VarStore, config: &RunConfig) -> Self {
        let positions = SHAPE.frame_count as i64 / FRAMES_OF_CELL;
        Self {
            vqvae: VqVae::new(&store.root(), &config.network, config.classes.len()),
            prior: Prior::new(&prior_store.root(), &config.network, config.classes.len(), positions),
        }
    }

    /// Mean error of frames through the codes.
    fn error_db(&self, data: &ClipData) -> f64 {
        let error = |clip: i64| {
            let frames = data.clips(clip, 1);
            let (sum, _) = tch::no_grad(|| self.vqvae.quantise(&self.vqvae.encode(&frames)));
            error_db(&tch::no_grad(|| self.vqvae.decode_held(&sum)).frames, &frames)
        };
        (0..data.len()).map(error).sum::<f64>() / data.len() as f64
    }

    /// Largest differences of the engine's prior, step by step, and of its decoder from torch's, over the first clip.
    fn differences(&self, pack: &FoleyPack, config: &RunConfig, data: &ClipData) -> Result<[f64; 2]> {
        let clip = data.clips(0, 1);
        let (cells, _) = tch::no_grad(|| self.vqvae.quantise(&self.vqvae.encode(&clip)));
        let places = tch::no_grad(|| self.vqvae.places(&clip));
        let (levels, codes) = (ROWS, config.network.codes);
        let (taken, _) = delayed(&places, codes);
        let classes = data.classes.narrow(0, 0, 1).one_hot(config.classes.len() as i64).to_kind(Kind::Float);
        let wanted = tch::no_grad(|| self.prior.forward(&taken, &classes, 0.0));
        let model = Arc::new(FoleyModel::load(pack)?);
        let mut run = Run::new(model, &Vec::<f32>::try_from(classes.view(-1))?);
        let taken = Vec::<i64>::try_from(taken.contiguous().view(-1))?;
        let mut scores = Vec::new();
        for step in taken.chunks_exact(levels as usize) {
            let heard: Vec<Option<usize>> = step.iter().map(|code| (*code < codes).then_some(*code as usize)).collect();
            scores.extend_from_slice(run.step(&heard));
        }
        Ok([largest(&scores, &wanted)?, self.decoder_difference(pack, &cells)?])
    }

    fn decoder_difference(&self, pack: &FoleyPack, cells: &Tensor) -> Result<f64> {
        let positions = cells.transpose(1, 2).flatten(1, 2);
        let size = positions.size();
        let input = vec![Port::new("positions", &[1, size[1] as usize, size[2] as usize])];
        let output = ["frames", "spread"].map(|name| Port::new(name, &[1, SHAPE.mel_bands, SHAPE.frame_count]));
        let graph = Graph::load(DECODER_FILE, pack.file(DECODER_FILE), input, output.to_vec())?;
        let values = Vec::<f32>::try_from(positions.contiguous().view(-1))?;
        let made = graph.runner()?.run(&[&values])?;
        let wanted = tch::no_grad(|| self.vqvae.decode_held(cells));
        Ok(largest(made.get(0), &wanted.frames)?.max(largest(made.get(1), &wanted.spread)?))
    }
}

/// Largest difference against the larger of 1 and the largest value.
fn largest(made: &[f32], wanted: &Tensor) -> Result<f64> {
    let wanted = Vec::<f32>::try_from(wanted.contiguous().view(-1))?;
    ensure!(made.len() == wanted.len(), "{} values in place of {}", made.len(), wanted.len());
    let scale = wanted.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
    let largest = made.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    Ok(f64::from(largest / scale))
}

fn mebibytes(pack: &FoleyPack) -> f64 {
    pack.manifest().files.values().map(|file| file.bytes).sum::<u64>() as f64 / f64::from(1 << 20)
}

fn page(pack: &FoleyPack, config: &RunConfig, facts: &Facts) -> String {
    let manifest = pack.manifest();
    let sources: String = manifest.provenance.iter().map(|source| format!("- {source}\n")).collect();
    let network = config.network;
    let [prior, decoder] = facts.differences;
    format!(
        "# {}\n\nA pack of kind `foley`: clips of {:.2} s by class, played by `heptode foley`.\n\n\
         - classes: {}\n- codes: {} levels of {}, {} positions; frames through them differ by {:.2} dB\n\
         - prior: width {}, {} blocks; {}\n- seed {}; {:.1} MiB\n- largest difference from torch: prior {prior:.1e}, decoder {decoder:.1e}\n\
         - licence {}\n\nSources:\n\n{sources}",
        manifest.name,
        manifest.seconds(),
        manifest.classes.join(", "),
        ROWS,
        network.codes,
        manifest.positions(),
        facts.error_db,
        network.width,
        network.blocks,
        facts.bits.map_or("the last weights".to_owned(), |bits| format!("{bits:.3} bits a code on held-out sounds")),
        config.seed,
        mebibytes(pack),
        manifest.licence,
    )
}

#[cfg(test)]
mod tests {
    use engine::decode::foley::{Clip, ClipWish};

    use super::super::config::{MODEL, Size};
    use super::*;
    use crate::model::Vocoder;
    use crate::model::vocoder::{CONTEXT_FRAMES, PHASE_BINS};
    use crate::train::Budget;
    use engine::pack::{VOCODER_FILE, VocoderInfo};

    #[test]
    fn the_engine_computes_what_torch_does_and_makes_a_clip() {
        tch::manual_seed(7);
        let config = RunConfig {
            model: MODEL.into(),
            seed: 1,
            corpus_id: String::new(),
            vqvae: Budget::Steps(1),
            prior: Budget::Steps(1),
            rate: 1.0,
            network: Size::Tiny.network(),
            start_from: None,
            class_label: "class".into(),
            classes: vec!["rain".into(), "dog".into()],
        };
        let [store, prior_store, vocoder_store] = [(); 3].map(|()| VarStore::new(Device::Cpu));
        let trained = Trained::new(&store, &prior_store, &config);
        // Parameters that are 0 or 1 at first would hide a mistake.
        for (name, mut parameter) in store.variables().into_iter().chain(prior_store.variables()) {
            if ["bias", "gain", "codes"].iter().any(|part| name.ends_with(part)) {
                tch::no_grad(|| parameter.copy_(&(&parameter + parameter.randn_like() * 0.1)));
            }
        }
        let vocoder = Vocoder::new(&vocoder_store.root(), &SpectralShape::DEFAULT);
        [&store, &prior_store, &vocoder_store].into_iter().for_each(halve);
        let manifest = FoleyManifest {
            format_version: FORMAT_VERSION,
            kind: PackKind::Foley,
            id: "test".into(),
            name: "Test".into(),
            shape: SHAPE,
            classes: config.classes.clone(),
            network: network(&config.network),
            vocoder: VocoderInfo {
                chunk_frames: SpectralShape::DEFAULT.frame_count,
                context_frames: CONTEXT_FRAMES,
                phase_bins: Some(PHASE_BINS as usize),
            },
            vocoder_key: VOCODER_KEY,
            griffin_lim_iterations: 1,
            temperature: TEMPERATURE,
            keep: KEEP,
            guidance: GUIDANCE,
            spread: Some(SPREAD),
            files: BTreeMap::new(),
            licence: "MIT".into(),
            provenance: Vec::new(),
        };
        let files = [
            weights::file(&trained.prior, &trained.vqvae).expect("weights"),
            graphs::decoder(&trained.vqvae.decoder, &config.network).expect("a decoder"),
            crate::onnx::graphs::vocoder(&vocoder).expect("a vocoder"),
        ];
        let pack = FoleyPack::assemble(manifest, files).expect("a pack of these sizes");
        assert!(!pack.file(VOCODER_FILE).is_empty());
        let frames = Tensor::randn([2, SHAPE.mel_bands as i64, SHAPE.frame_count as i64], tch::kind::FLOAT_CPU) * 0.3;
        let data = ClipData::of_frames(&frames, Tensor::from_slice(&[1i64, 0]));
        let [prior, decoder] = trained.differences(&pack, &config, &data).expect("it runs");
        assert!(prior < TOLERANCE && decoder < TOLERANCE, "prior {prior:.1e}, decoder {decoder:.1e}");
        let wish = ClipWish {
            class_weights: vec![1.0, 0.5],
            temperature: 1.0,
            keep: 1.0,
            guidance: 2.0,
            seed: 3,
            seconds: 0.2,
        };
        let clip = Clip::new(Arc::new(FoleyModel::load(&pack).expect("loads")), &wish).expect("possible");
        let samples = clip.finish().expect("made");
        assert!(samples.len() == 8_820 && samples.iter().all(|sample| sample.is_finite()));
    }
}
