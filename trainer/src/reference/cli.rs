//! `trainer reference …`: the commands of the reference row. Main thread.

mod args;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

pub use args::Command;
use args::{CodecArgs, DiverseArgs, MeasureArgs, OutputArgs, SearchArgs, TrainArgs};

use super::codec::{PackCodec, SoundCodec};
use super::config::Config;
use super::generate::{self, Output, read_sound};
use super::look;
use super::measure;
use super::model::{ITERATIONS, Reference};
use super::model_name::ModelName;
use super::run;
use super::search::{self, Space};
use super::table::{self, About};
use crate::corpus::Corpus;
use crate::eval::visqol::Package;

/// Runs a command.
///
/// # Errors
/// Bad arguments, or whatever stops the command, as one line.
pub fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Models => list_models(),
        Command::Train(args) => train(args),
        Command::Probe(args) => {
            generate::probe(args.codec.open()?.as_mut(), args.axes, &args.values, &args.output.into())
        }
        Command::Random(args) => {
            generate::random(args.codec.open()?.as_mut(), args.count, args.seed, &args.output.into())
        }
        Command::Around(args) => {
            let sound = read_sound(&args.sound)?;
            let mut codec = args.codec.open()?;
            generate::around(codec.as_mut(), &sound, &args.amounts, args.count, args.seed, &args.output.into())
        }
        Command::Between(args) => {
            let (from, to) = (read_sound(&args.from)?, read_sound(&args.to)?);
            generate::between(args.codec.open()?.as_mut(), &from, &to, args.steps, &args.output.into())
        }
        Command::Transfer(args) => {
            let sound = read_sound(&args.sound)?;
            let mut codec = args.codec.open()?;
            generate::transfer(codec.as_mut(), &sound, args.count, args.spread, args.seed, &args.output.into())
        }
        Command::Measure(args) => measure(&args),
        Command::Table(args) => {
            let (date, machine, minutes, remark) = (args.date, args.machine, args.minutes, args.remark);
            let about = About { date, machine, minutes, remark };
            table::write_page(&args.rows, &about, &args.out)
        }
        Command::Search(args) => search(args),
        Command::Classify(args) => {
            look::classify(args.codec.open()?.as_mut(), &Corpus::open(&args.corpus)?, args.limit)
        }
        Command::Plot(args) => {
            let (corpus, mut codec) = (Corpus::open(&args.look.corpus)?, args.look.codec.open()?);
            look::plot(codec.as_mut(), &corpus, &args.categories, args.pairs, args.look.limit, &args.out)
        }
        Command::Diverse(args) => diverse(args),
        Command::Features(args) => look::write_features(&Corpus::open(&args.corpus)?, args.limit, &args.out),
    }
}

impl From<OutputArgs> for Output {
    fn from(args: OutputArgs) -> Self {
        Self { folder: args.out, key: args.key }
    }
}

impl CodecArgs {
    fn open(&self) -> Result<Box<dyn SoundCodec>> {
        match (&self.run, &self.pack) {
            (Some(run), None) => Ok(Box::new(self.open_run(run)?)),
            (None, Some(pack)) => Ok(Box::new(PackCodec::open(pack)?)),
            _ => bail!("give either --run or --pack"),
        }
    }

    fn open_run(&self, run: &Path) -> Result<Reference> {
        let (mut model, _) = Reference::open(run)?;
        model.iterations = self.iterations;
        Ok(model)
    }
}

fn measure(args: &MeasureArgs) -> Result<()> {
    let options = measure::Options {
        corpus: &args.corpus,
        limit: args.limit,
        iterations: args.codec.iterations,
        out: &args.out,
        training_s: args.training_minutes.map(|minutes| minutes * 60.0),
        amounts: measure::Amounts { lines: args.lines, knob_sounds: args.knob_sounds, random: args.random },
        visqol: if args.visqol > 0 {
            Package::find_or_say(&args.python).map(|found| (found, args.visqol))
        } else {
            None
        },
    };
    match (&args.codec.run, &args.codec.pack) {
        (Some(run), _) => measure::measure_run(run, &options).map(|_| ()),
        (None, Some(pack)) => measure::measure_pack(pack, &options).map(|_| ()),
        (None, None) => bail!("give either --run or --pack"),
    }
}

fn search(args: SearchArgs) -> Result<()> {
    search::search(&search::Options {
        model: ModelName::parse(&args.model)?,
        space: Space::parse(&args.params)?,
        method: args.method,
        corpus: args.corpus,
        out: args.out,
        outer_from: args.outer_from,
        trials: args.trials,
        epochs: args.epochs,
        diverse: args.diverse,
        seed: args.seed,
    })
}

fn diverse(args: DiverseArgs) -> Result<()> {
    let corpus = Corpus::open(&args.corpus)?;
    let mut codec = match (&args.run, &args.pack) {
        (None, None) => None,
        _ => Some(CodecArgs { run: args.run, pack: args.pack, iterations: ITERATIONS }.open()?),
    };
    let chosen = look::diverse(codec.as_mut().map(|codec| codec.as_mut() as &mut dyn SoundCodec), &corpus, args.count)?;
    chosen.iter().for_each(|item| println!("{}  {}  {}", item.file, item.category, item.name));
    Ok(())
}

fn list_models() -> Result<()> {
    for model in ModelName::ALL {
        let config = Config { model, settings: model.settings(), seed: 1, corpus_id: String::new(), limit: 0 };
        println!("{:<10} {}", model.as_str(), Reference::new(&config).describe());
    }
    Ok(())
}

fn train(args: TrainArgs) -> Result<()> {
    let model = ModelName::parse(&args.model)?;
    ensure!(args.minutes.is_finite() && args.minutes > 0.0, "--minutes must be above 0");
    ensure!((0.01..=0.99).contains(&args.outer_share), "--outer-share must lie between 0.01 and 0.99");
    ensure!(args.epochs > 0, "--epochs must be above 0");
    let mut settings = model.settings();
    settings.outer.batch = args.batch.unwrap_or(settings.outer.batch);
    if let Some(rate) = args.rate {
        (settings.outer.rate, settings.inner.rate) = (rate, rate);
    }
    if let Some(depth) = args.depth {
        let config = Config { model, settings: settings.clone(), seed: 1, corpus_id: String::new(), limit: 0 };
        settings.interpolate_hidden(Reference::new(&config).outer.code_len(), depth, args.ratio)?;
    }
    run::train(&run::Options {
        model,
        settings,
        corpus: args.corpus,
        run: args.out.unwrap_or_else(|| Path::new("data/reference").join(model.as_str())),
        seed: args.seed,
        seconds: args.minutes * 60.0,
        outer_share: args.outer_share,
        epochs: args.epochs,
        checkpoint: Duration::try_from_secs_f64(args.checkpoint_seconds.max(0.0)).unwrap_or(Duration::MAX),
        outer_from: args.outer_from,
        limit: args.limit,
        outer_only: args.outer_only,
    })
}
