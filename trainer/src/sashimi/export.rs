//! From a run of this model to a pack of kind `raw`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::raw::{RawModel, Run, SUMS};
use engine::pack::{FORMAT_VERSION, PackKind, RawEnvelopes, RawManifest, RawPack};
use tch::nn::VarStore;
use tch::{Device, Tensor};

use super::config::RunConfig;
use super::data::{Levels, SoundData, envelopes_db};
use super::model::{Sashimi, Told};
use super::stage::STAGE;
use super::weights::{self, Envelopes};
use crate::corpus::{Corpus, Split};
use crate::export::licence;
use crate::files::write_atomically;
use crate::statistics::evenly;
use crate::train::load_trained;

/// Largest difference allowed between recurrence and convolution, against the larger of 1 and the outputs' largest value.
const TOLERANCE: f64 = 1e-4;
/// Seconds of sound over which they are compared.
const COMPARED_S: f64 = 2.0;
/// Most courses of levels of each class in a pack.
const COURSES: usize = 96;
/// What a pack says of how to draw: without the least likely five hundredth. Of 290 sounds of the built-in pack's network 84.8 % are useful with
/// this and with 0.999, 84.1 % with 0.995 and 82.1 % with 0.99, where more are too quiet.
const TEMPERATURE: f32 = 1.0;
const KEEP: f32 = 0.998;

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
    let best = load_trained(&options.run, STAGE, options.last, &store)?;
    let data = SoundData::load(&corpus, &corpus.split(Split::Train), &config)?;
    let envelopes = (config.envelope_frame > 0).then(|| envelopes(&data, config.envelope_frame));
    let shape = envelopes
        .as_ref()
        .map(|all| RawEnvelopes { frame_samples: config.envelope_frame, count: all.classes.size()[0] as usize });
    let file = weights::file(&model, config.quantisation, envelopes.as_ref())?;
    let pack = RawPack::assemble(RawManifest { envelopes: shape, ..manifest(options, &config, &corpus) }, file)?;
    let Difference { absolute, relative: largest } = difference(&pack, &model, &config, &data)?;
    eprintln!(
        "largest difference of the recurrence from the convolution: {largest:.1e} of the largest output, {absolute:.1e}"
    );
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

/// Courses of evenly chosen sounds of each class.
fn envelopes(data: &SoundData, frame: usize) -> Envelopes {
    let count = data.classes.size()[1];
    let none = || Tensor::zeros([data.len()], tch::kind::INT64_CPU);
    let classes = if count > 0 { data.classes.argmax(1, false) } else { none() };
    let of_sounds = Vec::<i64>::try_from(&classes).unwrap_or_default();
    let mut chosen = Vec::new();
    for class in 0..count.max(1) {
        let own = (0..data.len()).filter(|number| of_sounds[*number as usize] == class);
        chosen.extend(evenly(&own.collect::<Vec<_>>(), COURSES));
    }
    let chosen = Tensor::from_slice(&chosen);
    Envelopes {
        courses_db: envelopes_db(&data.choose(&chosen), frame),
        classes: classes.index_select(0, &chosen).to_kind(tch::Kind::Float),
    }
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
        envelopes: None,
        sums: if config.sums { SUMS } else { 0 },
        classes: config.classes.clone(),
        temperature: TEMPERATURE,
        keep: KEEP,
        files: BTreeMap::new(),
        licence: licence(&corpus.manifest.sources).into(),
        provenance: corpus.manifest.sources.clone(),
    }
}

/// Largest difference between the outputs of the engine's recurrence and of torch's convolution.
struct Difference {
    absolute: f64,
    /// Against the larger of 1 and the largest output.
    relative: f64,
}

/// How far they differ over the first 2 s of `data`.
///
/// # Errors
/// The pack's weights do not fit its manifest.
fn difference(pack: &RawPack, model: &Sashimi, config: &RunConfig, data: &SoundData) -> Result<Difference> {
    let levels = Levels::new(config.quantisation);
    let samples = joined(data, (COMPARED_S * f64::from(config.sample_rate_hz)) as i64);
    let heard = levels.before(&levels.of(&samples));
    let classes = data.classes.narrow(0, 0, 1);
    let envelope_db = envelopes_db(&samples, config.envelope_frame);
    let envelope = Vec::<f32>::try_from(envelope_db.view(-1))?;
    let sums = levels.sums(&heard, config.sample_rate_hz);
    let told = Told { class_weights: classes.shallow_clone(), envelope_db, sums };
    let made = tch::no_grad(|| model.forward(&levels, &heard, &told, 0.0));
    let count = heard.size()[1] as usize;
    let made = made.get(0).narrow(0, 0, count as i64).contiguous();
    let scale = made.abs().max().double_value(&[]).max(1.0);
    let heard = Vec::<i64>::try_from(heard.view(-1))?;
    let shares = Vec::<f32>::try_from(classes.contiguous().view(-1))?;
    let mut run = Run::new(Arc::new(RawModel::load(pack)?), &shares, envelope);
    let mut stepped = Vec::with_capacity(made.numel());
    for level in heard.iter().take(count) {
        run.step(*level as usize);
        stepped.extend_from_slice(run.outputs());
    }
    let mut expected = Vec::<f32>::try_from(made.view(-1))?;
    if config.quantisation.levels() > engine::pack::LEVELS {
        super::head::offset_log_scales(&mut expected);
    }
    let absolute = stepped.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    Ok(Difference { absolute, relative: absolute / scale })
}

/// Sounds one after the other, so many samples of them if there are as many: a multiple of the steps of the lowest level.
fn joined(data: &SoundData, samples: i64) -> Tensor {
    let all = data.choose(&Tensor::arange(data.len().min(16), tch::kind::INT64_CPU)).view([1, -1]);
    let length = samples.min(all.size()[1]) / 16 * 16;
    all.narrow(1, 0, length)
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

    /// Largest difference in itself. Outputs of such networks are about as large as logarithms of probabilities are, below 20.
    const ABSOLUTE_TOLERANCE: f64 = 1e-4;
    const RATE_HZ: u32 = 16_000;

    /// A network that is told levels and, but for a mixture, sums; its sounds are as long as the comparison.
    fn config(quantisation: Quantisation, size: Size) -> RunConfig {
        RunConfig {
            model: MODEL.into(),
            seed: 1,
            corpus_id: String::new(),
            budget: Budget::Steps(1),
            rate: 1.0,
            batch: 1,
            sample_rate_hz: RATE_HZ,
            length_samples: (COMPARED_S * f64::from(RATE_HZ)) as usize,
            quantisation,
            network: size.network(),
            dropout: 0.0,
            noise: 0.0,
            drift: 0.0,
            sums: quantisation != Quantisation::Mixture,
            start_from: None,
            envelope_frame: 128,
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
            envelopes: None,
            sums: if config.sums { SUMS } else { 0 },
            classes: config.classes.clone(),
            temperature: TEMPERATURE,
            keep: KEEP,
            files: BTreeMap::new(),
            licence: "MIT".into(),
            provenance: Vec::new(),
        }
    }

    #[test]
    fn the_recurrence_computes_what_the_convolution_does_over_2_s() {
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
                if name.ends_with("bias") || name.ends_with("gain") || name.starts_with("tilt") {
                    tch::no_grad(|| parameter.copy_(&(&parameter + parameter.randn_like() * 0.1)));
                }
            }
            let length = config.length_samples as i64;
            // In bursts, so that levels of frames differ.
            let bursts = (Tensor::arange(length, (Kind::Float, Device::Cpu)) * 0.001).sin().square();
            let noise = Tensor::randn([1, length], (Kind::Float, Device::Cpu)) * 5_000.0 * bursts;
            let classes = Tensor::from_slice(&[0.2f32, 0.5, 0.3]).unsqueeze(0);
            let data = SoundData::of_samples(noise.clamp(-32_768.0, 32_767.0).to_kind(Kind::Int16), classes);
            let envelopes = envelopes(&data, config.envelope_frame);
            let shape = RawEnvelopes { frame_samples: config.envelope_frame, count: 1 };
            let file = weights::file(&model, quantisation, Some(&envelopes)).expect("written");
            let pack = RawPack::assemble(RawManifest { envelopes: Some(shape), ..manifest_of(&config) }, file);
            let pack = pack.expect("a pack of these sizes");
            let Difference { absolute, relative } = difference(&pack, &model, &config, &data).expect("it runs");
            assert!(relative < TOLERANCE, "{size:?}, {quantisation:?}: {relative:.1e}");
            assert!(absolute < ABSOLUTE_TOLERANCE, "{size:?}, {quantisation:?}: {absolute:.1e}");
        }
    }
}
