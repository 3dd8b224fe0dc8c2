//! `trainer eval`: the one place that measures a model pack, on sounds and splits that the report names.

pub mod measures;
mod page;
mod report;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::Pack;
use engine::units::Latent;
use indicatif::{ProgressBar, ProgressStyle};

use crate::corpus::{Corpus, Item, Split};
use crate::files::write_atomically;
use measures::Measurer;
use report::{Header, Measured, Report};

/// What `trainer eval` is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Pack to measure: a folder or a file.
    pub pack: PathBuf,
    /// Corpus to measure on.
    pub corpus: PathBuf,
    /// Folder for `report.json` and `report.html`.
    pub out: PathBuf,
    /// Most sounds of each split, evenly spread; 0 means all.
    pub limit: usize,
    /// Iterations of fast Griffin-Lim, instead of the pack's own.
    pub iterations: Option<usize>,
}

/// How a sound is made again before it is compared with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its own frames, through the vocoder.
    Frames,
    /// Its own latent point, decoded at its key.
    Latent,
    /// The pack's named sound of its name, decoded at its key.
    Named,
}

impl Way {
    const ALL: [Self; 3] = [Self::Frames, Self::Latent, Self::Named];

    /// What a report calls it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Frames => "true frames → audio",
            Self::Latent => "seven latents → audio",
            Self::Named => "named sound → audio",
        }
    }
}

/// Measures a pack and writes the report.
pub fn evaluate(options: &Options) -> Result<()> {
    let corpus = Corpus::open(&options.corpus)?;
    let pack = open_pack(options)?;
    let shape = pack.manifest().shape;
    ensure!(
        shape.sample_rate_hz == corpus.manifest.sample_rate_hz && shape.sound_samples() == corpus.manifest.samples,
        "the pack and the corpus have different sample rates or lengths"
    );
    let named = named_latents(&pack);
    let model = Arc::new(Model::load(&pack)?);
    let mut pipeline = Pipeline::new(model)?;
    let mut measurer = Measurer::new(&shape);
    let items = selected(&corpus, options.limit);
    let bar = ProgressBar::new(items.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("[{bar:32}] {pos}/{len} {msg} ({eta})") {
        bar.set_style(style.progress_chars("=> "));
    }
    let mut results = Vec::new();
    for item in items {
        bar.set_message(item.name.clone());
        let truth = corpus.samples(item)?;
        for way in Way::ALL {
            if let Some(made) = remake(&mut pipeline, way, item, &truth, &named)? {
                results.push(Measured::new(item, way, measurer.compare(item, &truth, &made)));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let header = Header {
        command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        pack: format!("{} ({})", pack.manifest().name, pack.hash()),
        corpus: corpus.id.clone(),
        sources: corpus.manifest.sources.clone(),
        griffin_lim_iterations: pack.manifest().griffin_lim_iterations,
    };
    write(options, &Report::new(header, results))
}

fn open_pack(options: &Options) -> Result<Pack> {
    let pack = Pack::open(&options.pack)?;
    let Some(iterations) = options.iterations else { return Ok(pack) };
    let mut manifest = pack.manifest().clone();
    manifest.griffin_lim_iterations = iterations;
    let graphs = engine::pack::GRAPHS.map(|name| (name.to_owned(), pack.graph(name).to_vec()));
    Ok(Pack::assemble(manifest, graphs.into())?)
}

fn named_latents(pack: &Pack) -> HashMap<String, Latent> {
    pack.manifest().sounds.iter().map(|sound| (sound.name.clone(), sound.latent)).collect()
}

/// The items to measure: all, or an even choice from each split.
fn selected(corpus: &Corpus, limit: usize) -> Vec<&Item> {
    let choose = |split| {
        let all = corpus.split(split);
        let step = if limit == 0 { 1 } else { all.len().div_ceil(limit).max(1) };
        // A step that shares a factor with the number of keys would choose the same key each time.
        let step = if step.is_multiple_of(5) { step + 1 } else { step };
        all.into_iter().step_by(step).collect::<Vec<_>>()
    };
    [choose(Split::Train), choose(Split::HeldOut)].concat()
}

fn remake(
    pipeline: &mut Pipeline,
    way: Way,
    item: &Item,
    truth: &[f32],
    named: &HashMap<String, Latent>,
) -> Result<Option<Vec<f32>>> {
    let key = f32::from(item.key);
    Ok(match way {
        Way::Frames => {
            let frames = pipeline.analyse(truth);
            Some(pipeline.vocode(&frames, key)?)
        }
        Way::Latent => {
            let latent = pipeline.place(truth, key)?;
            Some(pipeline.decode(&latent, key, &Shaping::default())?)
        }
        Way::Named => match named.get(&item.name) {
            Some(latent) => Some(pipeline.decode(latent, key, &Shaping::default())?),
            None => None,
        },
    })
}

fn write(options: &Options, report: &Report) -> Result<()> {
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make the folder {}", options.out.display()))?;
    write_atomically(&options.out.join("report.json"), &serde_json::to_vec_pretty(report)?)?;
    write_atomically(&options.out.join("report.html"), page::html(report)?.as_bytes())?;
    print!("{}", report.summary());
    println!("{}", options.out.join("report.html").display());
    Ok(())
}
