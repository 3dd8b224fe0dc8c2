//! The search itself: points from a grid or from the optimiser, each trained for some epochs unless it is hopeless.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cut_off::CutOff;
use super::space::Space;
use super::study::{Question, Study, Trial};
use super::{bayes, grid, picture, rank};
use crate::corpus::{Corpus, Item, Split};
use crate::files::write_atomically;
use crate::reference::codec::SoundCodec;
use crate::reference::config::Config;
use crate::reference::data::Set;
use crate::reference::fit::{Task, fit};
use crate::reference::history::{Epoch, Limits};
use crate::reference::look;
use crate::reference::model::Reference;
use crate::reference::model_name::ModelName;
use crate::reference::settings::Settings;
use crate::reference::stage::{INNER, OUTER};

/// Draws of a point that was not tried yet, before the space counts as used up.
const MOST_DRAWS: usize = 200;

/// How the next point is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    /// Every combination.
    Grid,
    /// By tree-structured Parzen estimators.
    Bayes,
}

/// What is searched, and how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// The model.
    pub model: ModelName,
    /// What is searched.
    pub space: Space,
    /// How.
    pub method: Method,
    /// Corpus folder.
    pub corpus: PathBuf,
    /// Folder of the study.
    pub out: PathBuf,
    /// Finished run whose outer auto-encoder makes the codes: then the inner network is searched.
    pub outer_from: Option<PathBuf>,
    /// Most trials, those of earlier calls included.
    pub trials: usize,
    /// Epochs of a trial.
    pub epochs: u64,
    /// Sounds of the most diverse subset to learn from; 0 means all.
    pub diverse: usize,
    /// Seed of every random choice.
    pub seed: u64,
}

/// What every trial learns from.
struct Ground {
    train: Set,
    test: Option<Set>,
    base: Settings,
    code_len: usize,
}

/// Searches, from wherever the folder stands, then prints the ranked table and draws the picture.
///
/// # Errors
/// The folder belongs to another search, a training fails, or a file cannot be written.
pub fn search(options: &Options) -> Result<()> {
    ensure!(options.trials > 0 && options.epochs > 0, "a search needs at least one trial of one epoch");
    options.space.check_for(options.model, options.outer_from.is_some())?;
    let corpus = Corpus::open(&options.corpus)?;
    let question = Question {
        model: options.model,
        inner: options.outer_from.is_some(),
        space: options.space.clone(),
        epochs: options.epochs,
        seed: options.seed,
        corpus_id: corpus.id.clone(),
        diverse: options.diverse,
    };
    let first = first_points(options, &options.model.settings())?;
    let mut study = Study::open(&options.out, question)?;
    let ground = Ground::new(options, &corpus)?;
    let mut cut_off = CutOff::default();
    study.trials.iter().for_each(|trial| cut_off.learn(&trial.history.losses()));
    while study.trials.len() < options.trials {
        let Some(point) = next(options, &study, &first)? else { break };
        let number = study.trials.len() + 1;
        eprintln!("trial {number} of {}: {}", options.trials, options.space.describe(&point));
        let trial = run_trial(options, &ground, point, &cut_off)?;
        cut_off.learn(&trial.history.losses());
        study.add(trial, &options.out)?;
    }
    report(options, &study)
}

fn report(options: &Options, study: &Study) -> Result<()> {
    ensure!(!study.trials.is_empty(), "the search space is contradictory: no point of it makes a network");
    let table = rank::table(study);
    print!("{table}");
    write_atomically(&options.out.join("search.txt"), table.as_bytes())?;
    write_atomically(&options.out.join("search.svg"), picture::svg(study)?.as_bytes())?;
    println!("{}", options.out.join("search.svg").display());
    Ok(())
}

/// Points that are chosen without a model; those of which no network can be made are left out.
fn first_points(options: &Options, settings: &Settings) -> Result<Vec<Vec<f64>>> {
    let points = match options.method {
        Method::Grid => grid::points(&options.space, options.seed)?,
        Method::Bayes => bayes::first_points(&options.space, options.seed),
    };
    let possible: Vec<Vec<f64>> = points.into_iter().filter(|point| is_possible(options, settings, point)).collect();
    ensure!(!possible.is_empty(), "the search space is contradictory: no point of it makes a network");
    Ok(possible)
}

fn is_possible(options: &Options, settings: &Settings, point: &[f64]) -> bool {
    // Any length of code shows whether the sizes are possible.
    options.space.apply(point, settings, options.outer_from.is_some(), 1000).is_ok()
}

/// The next point, or none when all are tried.
fn next(options: &Options, study: &Study, first: &[Vec<f64>]) -> Result<Option<Vec<f64>>> {
    if let Some(point) = first.iter().find(|point| !study.knows(point)) {
        return Ok(Some(point.clone()));
    }
    if options.method == Method::Grid {
        return Ok(None);
    }
    let points: Vec<Vec<f64>> = study.trials.iter().map(|trial| trial.point.clone()).collect();
    let losses = study.comparable_losses();
    let settings = options.model.settings();
    let fresh = |point: &Vec<f64>| !study.knows(point) && is_possible(options, &settings, point);
    let suggested = bayes::next_point(&options.space, &points, &losses, options.seed + points.len() as u64)?;
    if fresh(&suggested) {
        return Ok(Some(suggested));
    }
    // The optimiser names a point that was tried, or one that is none: look elsewhere.
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed.wrapping_add(points.len() as u64));
    let mut drawn = (0..MOST_DRAWS).map(|_| {
        let parameters = options.space.parameters.iter();
        parameters.map(|parameter| parameter.range.at(rng.random())).collect::<Vec<f64>>()
    });
    Ok(drawn.find(fresh))
}

impl Ground {
    fn new(options: &Options, corpus: &Corpus) -> Result<Self> {
        crate::reference::data::check_shape(corpus)?;
        let train: Vec<&Item> = match options.diverse {
            0 => corpus.split(Split::Train),
            count => look::diverse(None, corpus, count)?,
        };
        let held_out = corpus.split(Split::HeldOut);
        let train = Set::load(corpus, &train, options.model)?;
        let test = if held_out.is_empty() { None } else { Some(Set::load(corpus, &held_out, options.model)?) };
        let Some(run) = &options.outer_from else {
            return Ok(Self { train, test, base: options.model.settings(), code_len: 0 });
        };
        let config = Config::read(run)?;
        ensure!(
            config.model.shares_outer(options.model),
            "{} holds the outer auto-encoder of {}, not that of {}",
            run.display(),
            config.model.as_str(),
            options.model.as_str()
        );
        let (model, histories) = Reference::open_outer(run)?;
        ensure!(histories.is_some(), "the outer stage of {} is not finished", run.display());
        let settings =
            Settings { conv: config.settings.conv, frame: config.settings.frame, ..options.model.settings() };
        let encode = |set: &Set| Set::encoded(set, model.outer.as_ref());
        Ok(Self {
            train: encode(&train),
            test: test.as_ref().map(encode),
            base: settings,
            code_len: model.outer.code_len(),
        })
    }
}

fn run_trial(options: &Options, ground: &Ground, point: Vec<f64>, cut_off: &CutOff) -> Result<Trial> {
    let inner = options.outer_from.is_some();
    let code_len = if ground.code_len == 0 { 1000 } else { ground.code_len };
    let settings = options.space.apply(&point, &ground.base, inner, code_len)?;
    let config = Config { model: options.model, settings, seed: options.seed, corpus_id: String::new(), limit: 0 };
    let model = Reference::new(&config);
    let parameters = model.parameters();
    let task = match (&model.inner, inner) {
        (Some(network), true) => Task {
            stage: INNER,
            network: network.as_ref(),
            store: &model.inner_store,
            train: &ground.train,
            test: ground.test.as_ref(),
            fit: &config.settings.inner,
            seed: options.seed,
        },
        (None, true) => bail!("{} has no inner network to search", options.model.as_str()),
        (_, false) => Task {
            stage: OUTER,
            network: model.outer.as_ref(),
            store: &model.outer_store,
            train: &ground.train,
            test: ground.test.as_ref(),
            fit: &config.settings.outer,
            seed: options.seed,
        },
    };
    let limits = Limits { seconds: f64::INFINITY, epochs: options.epochs, checkpoint: Duration::MAX };
    let losses = |epochs: &[Epoch]| epochs.iter().map(|epoch| epoch.train).collect::<Vec<f64>>();
    let history = fit(&task, limits, None, &mut |epochs| cut_off.is_hopeless(&losses(epochs)))
        .with_context(|| options.space.describe(&point))?;
    let (outer_compression, _) = model.compression();
    let compression = if inner { model.outer.code_len() as f64 / model.latent_len() as f64 } else { outer_compression };
    let parameters = if inner { parameters.inner } else { parameters.outer };
    Ok(Trial { point, parameters, compression, history })
}
