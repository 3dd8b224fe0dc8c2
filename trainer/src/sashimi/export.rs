//! From a run of this model to a pack of kind `raw`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::raw::{RawModel, Run};
use engine::pack::{FORMAT_VERSION, PackKind, RawManifest, RawPack};
use tch::nn::VarStore;
use tch::{Device, Tensor};

use super::config::RunConfig;
use super::data::{Levels, SoundData};
use super::model::Sashimi;
use super::stage::STAGE;
use super::weights;
use crate::corpus::{Corpus, Split};
use crate::export::licence;
use crate::files::write_atomically;
use crate::train::{load_best, load_finished};

/// Largest difference allowed between recurrence and convolution, against the larger of 1 and the outputs' largest value.
const TOLERANCE: f64 = 1e-4;
/// Samples of a sound over which they are compared.
const COMPARED: usize = 4000;
/// What a pack says of how to draw: without the least likely hundredth. Of 28 sounds after a short training, 20 had an isolated spike when
/// nothing was left out, and none with this.
const TEMPERATURE: f32 = 1.0;
const KEEP: f32 = 0.99;

/// Options of `trainer export` for a run of this model.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    pub run: PathBuf,
    pub corpus: PathBuf,
    pub out: PathBuf,
    pub name: String,
    pub id: String,
    /// The weights at the end of the training, not those with the least cost on held-out sounds.
    pub last: bool,
    pub archive: Option<PathBuf>,
}

/// Writes the pack and its page.
///
/// # Errors
/// The run or its corpus cannot be read or do not belong together, the recurrence differs from torch, or a file cannot be written.
pub fn export(options: &ExportOptions) -> Result<()> {
    let config = RunConfig::read(&options.run)?;
    let corpus = Corpus::open(&options.corpus)?;
    ensure!(
        corpus.id == config.corpus_id,
        "{} was not trained on the corpus {}; give the run's own --corpus",
        options.run.display(),
        options.corpus.display()
    );
    let store = VarStore::new(Device::Cpu);
    let model = Sashimi::new(&store.root(), &config);
    let best = if options.last { None } else { load_best(&options.run, STAGE, &store)? };
    if best.is_none() {
        load_finished(&options.run, STAGE, &store)?;
    }
    let pack = RawPack::assemble(manifest(options, &config, &corpus), weights::file(&model, config.quantisation)?)?;
    let chosen = corpus.choice(Split::Train, 8);
    let data = SoundData::load(&corpus, &chosen, &config)?;
    let largest = difference(&pack, &model, &config, &data)?;
    eprintln!("largest difference of the recurrence from the convolution: {largest:.1e}");
    ensure!(
        largest <= TOLERANCE,
        "the recurrence does not compute what was trained ({largest:.1e}; allowed is {TOLERANCE:.0e})"
    );
    pack.save_folder(&options.out)?;
    if let Some(file) = &options.archive {
        pack.save_archive(file)?;
    }
    let text = page(&pack, &config, best, largest);
    write_atomically(&options.out.join("README.md"), text.as_bytes())?;
    println!("{}: {:.1} MiB, {}", options.out.display(), mebibytes(&pack), weights_chosen(best));
    Ok(())
}

fn manifest(options: &ExportOptions, config: &RunConfig, corpus: &Corpus) -> RawManifest {
    RawManifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Raw,
        id: options.id.clone(),
        name: options.name.clone(),
        sample_rate_hz: config.sample_rate_hz,
        length_samples: config.length_samples,
        quantisation: config.quantisation,
        network: config.network,
        classes: config.classes.clone(),
        temperature: TEMPERATURE,
        keep: KEEP,
        files: BTreeMap::new(),
        licence: licence(&corpus.manifest.sources).into(),
        provenance: corpus.manifest.sources.clone(),
    }
}

/// Largest difference between the outputs of the engine's recurrence and of torch's convolution over the first of `data`, against the larger
/// of 1 and the largest output.
///
/// # Errors
/// The pack's weights do not fit its manifest.
pub fn difference(pack: &RawPack, model: &Sashimi, config: &RunConfig, data: &SoundData) -> Result<f64> {
    let levels = Levels::new(config.quantisation);
    let wanted = levels.of(&data.choose(&Tensor::from_slice(&[0i64])));
    let heard = levels.before(&wanted);
    let classes = data.classes.narrow(0, 0, 1);
    let made = tch::no_grad(|| model.forward(&levels, &heard, &classes, 0.0));
    let count = COMPARED.min(config.length_samples);
    let made = made.get(0).narrow(0, 0, count as i64).contiguous();
    let scale = made.abs().max().double_value(&[]).max(1.0);
    let heard = Vec::<i64>::try_from(heard.view(-1))?;
    let mut run = Run::new(Arc::new(RawModel::load(pack)?), &Vec::<f32>::try_from(classes.contiguous().view(-1))?);
    let mut stepped = Vec::with_capacity(made.numel());
    for level in heard.iter().take(count) {
        run.step(*level as usize);
        stepped.extend_from_slice(run.outputs());
    }
    let mut expected = Vec::<f32>::try_from(made.view(-1))?;
    if config.quantisation.levels() > engine::pack::LEVELS {
        super::head::offset_log_scales(&mut expected);
    }
    let largest = stepped.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    Ok(largest / scale)
}

fn mebibytes(pack: &RawPack) -> f64 {
    pack.manifest().files.values().map(|file| file.bytes).sum::<u64>() as f64 / f64::from(1 << 20)
}

fn weights_chosen(best: Option<f64>) -> String {
    best.map_or("the last weights".to_owned(), |bits| {
        format!("the weights of {bits:.3} bits a sample on held-out sounds")
    })
}

fn page(pack: &RawPack, config: &RunConfig, best: Option<f64>, largest: f64) -> String {
    let manifest = pack.manifest();
    let sources: String = manifest.provenance.iter().map(|source| format!("- {source}\n")).collect();
    let network = manifest.network;
    format!(
        "# {}\n\nA pack of kind `raw`: a state-space network that gives a sound sample by sample, played by the instrument and by `heptode raw`.\n\n\
         - {} Hz, trained on sounds of {} samples, quantisation {}, dropout {}, seed {}\n- widths {:?}, blocks {:?}, {} states; {:.1} MiB\n\
         - classes: {}\n- {}\n- largest difference of the recurrence from the convolution {largest:.1e}\n- licence {}\n\nSources:\n\n{sources}",
        manifest.name,
        manifest.sample_rate_hz,
        manifest.length_samples,
        manifest.quantisation.name(),
        config.dropout,
        config.seed,
        network.widths,
        network.blocks,
        network.states,
        mebibytes(pack),
        if manifest.classes.is_empty() { "none".to_owned() } else { manifest.classes.join(", ") },
        weights_chosen(best),
        manifest.licence,
    )
}

#[cfg(test)]
mod tests {
    use engine::pack::Quantisation;
    use tch::Kind;

    use super::super::config::{MODEL, Size};
    use super::*;
    use crate::train::Budget;

    fn config(quantisation: Quantisation, size: Size) -> RunConfig {
        RunConfig {
            model: MODEL.into(),
            seed: 1,
            corpus_id: String::new(),
            budget: Budget::Steps(1),
            rate: 1.0,
            batch: 1,
            sample_rate_hz: 16_000,
            length_samples: 4000,
            quantisation,
            network: size.network(),
            dropout: 0.0,
            noise: 0.0,
            class_label: "floor".into(),
            classes: vec!["gravel".into(), "wood".into(), "snow".into()],
        }
    }

    fn manifest_of(config: &RunConfig) -> RawManifest {
        RawManifest {
            format_version: FORMAT_VERSION,
            kind: PackKind::Raw,
            id: "test".into(),
            name: "Test".into(),
            sample_rate_hz: config.sample_rate_hz,
            length_samples: config.length_samples,
            quantisation: config.quantisation,
            network: config.network,
            classes: config.classes.clone(),
            temperature: TEMPERATURE,
            keep: KEEP,
            files: BTreeMap::new(),
            licence: "MIT".into(),
            provenance: Vec::new(),
        }
    }

    #[test]
    fn the_recurrence_computes_what_the_convolution_does() {
        for (size, quantisation) in [
            (Size::Tiny, Quantisation::MuLaw),
            (Size::Small, Quantisation::Mixture),
            (Size::Tiny, Quantisation::Linear),
        ] {
            tch::manual_seed(7);
            let config = config(quantisation, size);
            let store = VarStore::new(Device::Cpu);
            let model = Sashimi::new(&store.root(), &config);
            // Parameters that are 0 or 1 at first would hide a mistake.
            for (name, mut parameter) in store.variables() {
                if name.ends_with("bias") || name.ends_with("gain") {
                    tch::no_grad(|| parameter.copy_(&(&parameter + parameter.randn_like() * 0.1)));
                }
            }
            let pack = RawPack::assemble(manifest_of(&config), weights::file(&model, quantisation).expect("written"));
            let pack = pack.expect("a pack of these sizes");
            let noise = Tensor::randn([1, 4000], (Kind::Float, Device::Cpu)) * 5_000.0;
            let classes = Tensor::from_slice(&[0.2f32, 0.5, 0.3]).unsqueeze(0);
            let data = SoundData::of_samples(noise.clamp(-32_768.0, 32_767.0).to_kind(Kind::Int16), classes);
            let largest = difference(&pack, &model, &config, &data).expect("it runs");
            assert!(largest < TOLERANCE, "{size:?}, {quantisation:?}: {largest:.1e}");
        }
    }
}
