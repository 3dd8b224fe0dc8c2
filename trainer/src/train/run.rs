//! A whole training run: its folder, its configuration, and the three stages in order.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use engine::pack::Pack;
use engine::spectral::SpectralShape;
use serde::{Deserialize, Serialize};
use tch::nn::VarStore;

use super::budget::Budget;
use super::checkpoint;
use super::decoder_stage::{DecoderStage, Start};
use super::options::{LossOptions, Options, StageOptions};
use super::stage::{self, Stage};
use super::vae_stage::VaeStage;
use super::vocoder_stage::{Source, VocoderStage};
use crate::corpus::{Corpus, Split};
use crate::features::Dataset;
use crate::files::{read_configuration, write_atomically};
use crate::onnx;

const CONFIG_NAME: &str = "run.json";

/// What fixes a run's results. Stored in the run folder; a resumed run must have the same, the rate apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// Corpus that is trained on.
    pub corpus_id: String,
    /// Pack that the weights start from, by its hash.
    pub from_pack: Option<String>,
    /// End of the first stage.
    pub vae: Budget,
    /// End of the second stage; runs of earlier versions have none.
    #[serde(default = "nothing")]
    pub decoder: Budget,
    /// End of the third stage.
    pub vocoder: Budget,
    /// Factor on the learning rate that the run was begun with.
    #[serde(default = "whole")]
    pub rate: f64,
    /// Additional losses of the first stage.
    #[serde(default)]
    pub losses: LossOptions,
}

fn whole() -> f64 {
    1.0
}

fn nothing() -> Budget {
    Budget::Seconds(0.0)
}

impl RunConfig {
    /// Reads the configuration of a run folder.
    ///
    /// # Errors
    /// The folder holds no configuration, or a damaged one.
    pub fn read(run: &Path) -> Result<Self> {
        read_configuration(run, CONFIG_NAME)
    }

    /// What comes back of it once it is stored: text does not keep the last digit of every number.
    fn as_stored(&self) -> Result<Self> {
        Ok(serde_json::from_slice(&serde_json::to_vec(self)?)?)
    }
}

/// Trains all stages, from wherever the run folder stands.
///
/// # Errors
/// Corpus, pack or run folder cannot be used or do not belong together, the loss is not finite, or a file cannot be written.
pub fn train(options: &Options) -> Result<()> {
    let corpus = Corpus::open(&options.corpus)?;
    let (train, held_out) = (corpus.split(Split::Train), corpus.split(Split::HeldOut));
    let place = options.corpus.display();
    ensure!(!train.is_empty(), "the corpus {place} has no training sound; make it again with a lower --held-out");
    ensure!(
        !held_out.is_empty() || options.without_held_out,
        "the corpus {place} has no held-out sound; make it again with a higher --held-out or more sounds, or train with \
         --without-held-out"
    );
    let pack = options.from_pack.as_deref().map(Pack::open).transpose()?;
    if let Some(pack) = &pack {
        ensure!(
            pack.manifest().shape == SpectralShape::DEFAULT,
            "the pack {} was made for another sample rate or length than this trainer's",
            pack.manifest().name
        );
    }
    let config = RunConfig {
        seed: options.seed,
        corpus_id: corpus.id.clone(),
        from_pack: pack.as_ref().map(|pack| pack.hash().to_owned()),
        vae: options.vae,
        decoder: options.decoder,
        vocoder: options.vocoder,
        rate: options.rate,
        losses: options.losses,
    };
    let is_begun = is_begun(&options.run, &config)?;
    print!("{}", corpus.summary());
    let train = Dataset::load(&corpus, &train)?;
    let held_out = if held_out.is_empty() { None } else { Some(Dataset::load(&corpus, &held_out)?) };

    tch::manual_seed(options.seed as i64);
    let vae_store = VarStore::new(options.device);
    let vae = VaeStage::new(&vae_store, &train, held_out.as_ref(), options.losses);
    if let Some(pack) = &pack {
        onnx::import_weights(pack, &["encoder", "decoder"], &vae_store)?;
    }
    if !is_begun {
        begin(&options.run, &config)?;
    }
    run_stage(&vae, &vae_store, &options.of_stage(), options.vae)?;
    if !options.decoder.is_empty() {
        train_decoder(options, &vae, &train, &vae_store)?;
    }

    let source = |data| Source::new(data, tch::no_grad(|| vae.reconstruct(data)));
    tch::manual_seed(options.seed as i64);
    let vocoder_store = VarStore::new(options.device);
    let vocoder = VocoderStage::new(&vocoder_store, source(&train), held_out.as_ref().map(source));
    if let Some(pack) = &pack {
        onnx::import_weights(pack, &["vocoder"], &vocoder_store)?;
    }
    run_stage(&vocoder, &vocoder_store, &options.of_stage(), options.vocoder)
}

/// Runs the second stage, which goes on from the decoder of the first in `trained` and leaves its own there.
fn train_decoder(options: &Options, vae: &VaeStage, data: &Dataset, trained: &VarStore) -> Result<()> {
    let silence = options.losses.silence();
    let start = Start { data, means: tch::no_grad(|| vae.means(data)), trained, silence };
    let store = VarStore::new(options.device);
    let stage = DecoderStage::new(&store, &start)?;
    run_stage(&stage, &store, &options.of_stage(), options.decoder)?;
    checkpoint::copy_shared(&store, trained)
}

/// Runs a stage to its end, unless it is there already; `store` has the averaged weights then.
///
/// # Errors
/// A checkpoint cannot be read or written, or the loss is not finite.
pub fn run_stage<S: Stage>(stage: &S, store: &VarStore, options: &StageOptions, budget: Budget) -> Result<()> {
    if checkpoint::adopt_finished(options.run, S::NAME, store)? {
        eprintln!("{}: already finished", S::NAME);
        return Ok(());
    }
    stage::run(stage, store, options, budget)
}

/// Whether the run folder holds this very run; an error if it holds another one.
fn is_begun(run: &Path, config: &RunConfig) -> Result<bool> {
    if !run.join(CONFIG_NAME).exists() {
        return Ok(false);
    }
    let read = RunConfig::read(run)?;
    ensure!(
        read == RunConfig { rate: read.rate, ..config.as_stored()? },
        "{} was begun with another corpus, seed, budget or pack; give another --out or the same settings",
        run.display()
    );
    Ok(true)
}

/// Makes the run folder.
fn begin(run: &Path, config: &RunConfig) -> Result<()> {
    fs::create_dir_all(run).with_context(|| format!("cannot make the run folder {}", run.display()))?;
    write_atomically(&run.join(CONFIG_NAME), &serde_json::to_vec_pretty(config)?)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use rand_chacha::ChaCha8Rng;
    use tch::nn::Init;
    use tch::{Device, Kind, Tensor};

    use super::super::options::Intervals;
    use super::super::stage::Figures;
    use super::*;

    /// A weight that is drawn to 1, until the loss is not a number.
    struct Breaking {
        weight: Tensor,
        good_steps: Cell<u32>,
    }

    impl Stage for Breaking {
        const NAME: &'static str = "breaking";
        const RATE: f64 = 0.1;

        fn loss(&self, _: f64, _: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
            let left = self.good_steps.get();
            self.good_steps.set(left.saturating_sub(1));
            let factor = if left > 0 { 1.0 } else { f64::NAN };
            ((&self.weight - 1.0).square().sum(Kind::Float) * factor, Vec::new())
        }

        fn evaluate(&self) -> Figures {
            Vec::new()
        }
    }

    /// Runs it for nine steps in all.
    fn run_breaking(run: &Path, good_steps: u32, checkpoint: Duration) -> Result<()> {
        let store = VarStore::new(Device::Cpu);
        let stage =
            Breaking { weight: store.root().var("weight", &[3], Init::Const(0.0)), good_steps: good_steps.into() };
        let intervals = Intervals { checkpoint, evaluation: Duration::MAX, log_steps: 1 };
        let options = StageOptions { run, seed: 1, rate: 1.0, intervals };
        run_stage(&stage, &store, &options, Budget::Steps(9))
    }

    #[test]
    fn a_loss_that_is_no_number_ends_a_stage_and_its_last_checkpoint_goes_on() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let step = || -> Result<Option<u64>> {
            let found = checkpoint::load_latest(folder.path(), "breaking", &|line| panic!("{line}"))?;
            let is_finite = |(_, tensor): &(String, Tensor)| tensor.isfinite().all().int64_value(&[]) == 1;
            assert!(found.iter().all(|(_, tensors)| tensors.iter().all(is_finite)));
            Ok(found.map(|(state, _)| state.step))
        };
        for (good_steps, interval, kept, at) in [
            (5, Duration::MAX, "it has no checkpoint yet, so the same command begins it again", None),
            (5, Duration::ZERO, "its last good checkpoint is kept, from which the same command goes on", Some(5)),
            (2, Duration::ZERO, "its last good checkpoint is kept", Some(7)),
        ] {
            let error = run_breaking(folder.path(), good_steps, interval).expect_err("it stops");
            let told = format!("{error:#}");
            assert!(told.contains("the stage breaking of ") && told.contains("not finite"), "{told}");
            assert!(told.contains("--rate") && told.contains(kept), "{told}");
            assert_eq!(told.lines().count(), 1, "{told}");
            assert_eq!(step()?, at);
        }
        run_breaking(folder.path(), 2, Duration::ZERO)?;
        assert!(checkpoint::is_finished(folder.path(), "breaking"));
        Ok(())
    }

    #[test]
    fn a_run_goes_on_at_another_rate_but_with_no_other_seed() {
        let folder = tempfile::tempdir().expect("folder");
        let config = config(Budget::Steps(3), Budget::Steps(3), 1.0);
        begin(folder.path(), &config).expect("written");
        assert!(is_begun(folder.path(), &RunConfig { rate: 0.5, ..config.clone() }).expect("the same run"));
        let other = is_begun(folder.path(), &RunConfig { seed: 2, ..config }).expect_err("another run");
        assert!(other.to_string().contains("was begun with another"), "{other}");
    }

    fn config(vae: Budget, vocoder: Budget, share: f64) -> RunConfig {
        RunConfig {
            seed: 1,
            corpus_id: "corpus".into(),
            from_pack: None,
            vae,
            decoder: vae,
            vocoder,
            rate: 0.1 * share,
            losses: LossOptions { ending_weight: 0.1 * share, ..LossOptions::default() },
        }
    }

    /// Not every number comes back from its text to the last digit.
    #[test]
    fn a_run_knows_itself_again_whatever_its_budget() {
        let folder = tempfile::tempdir().expect("folder");
        for minutes in (1..=400).map(|tenth| f64::from(tenth) * 0.7) {
            for share in [0.6, 0.8, 0.94] {
                let [vae, vocoder] = [share, 1.0 - share].map(|share| Budget::Seconds(minutes * 60.0 * share));
                let config = config(vae, vocoder, share);
                begin(folder.path(), &config).expect("written");
                assert!(is_begun(folder.path(), &config).expect("the same run"), "{minutes} minutes, share {share}");
            }
        }
    }
}
