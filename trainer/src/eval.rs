//! `trainer eval`: the one place that measures a model pack, on sounds and splits that the report names.

pub mod artefacts;
mod axis_correlation;
mod distance;
pub mod envelope;
pub mod full_scale;
mod input;
mod instrument;
pub mod interpolation;
pub mod knobs;
pub mod ladder;
mod latents;
mod measured_sound;
pub mod measures;
mod named_point;
mod page;
pub mod parallel;
pub mod pitch_accuracy;
pub mod random;
mod report;
mod resynthesis_path;
pub mod sound_features;
pub mod visqol;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use engine::decode::{Model, Pipeline};
use engine::units::Latent;

use crate::corpus::{Corpus, Item, Split};
use crate::files::write_atomically;
use crate::statistics::evenly;
use artefacts::survey::{self, Survey};
use input::Input;
use measured_sound::MeasuredSound;
use named_point::NamedPoint;
use parallel::{Tools, parallel_map};
use report::{Findings, Header, Report};
use resynthesis_path::{NamedFiles, ResynthesisPath, named_files, remake};
use visqol::{Package, Visqol};

/// Sounds that random ones are compared with: more cost memory and change little.
const KNOWN_SOUNDS: usize = 1000;
/// Encoded sounds among the places that lines lead to: a fifth or so, the others have names.
const ENCODED_PLACES: usize = 120;

/// Sounds of the ladder that ViSQOL scores: one takes more than a minute.
const QUALITY_SUBJECTS: usize = 2;

/// Options of `trainer eval`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Pack to measure: a folder or a file.
    pub pack: PathBuf,
    /// Corpus to measure on.
    pub corpus: PathBuf,
    /// Folder for `report.json` and `report.html`.
    pub out: PathBuf,
    /// Run folder that the pack came from, for what a pack does not hold.
    pub run: Option<PathBuf>,
    /// The split to measure; `None` means both.
    pub split: Option<Split>,
    /// Most sounds of each split, evenly spread; 0 means all.
    pub limit: usize,
    /// Rounds of Griffin-Lim, instead of the pack's own.
    pub iterations: Option<usize>,
    /// How much of what goes beyond single sounds.
    pub amounts: Amounts,
    /// Python that may have ViSQOL.
    pub python: PathBuf,
}

/// How much is measured beyond single sounds; 0 leaves a part out.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    /// Random straight lines between sounds.
    pub lines: usize,
    /// Sounds from which every knob is turned.
    pub knob_sounds: usize,
    /// Random points.
    pub random: usize,
    /// Named pitched sounds that are played at all keys.
    pub played: usize,
    /// Sounds that are damaged on purpose.
    pub ladder: usize,
    /// Sounds of each split that ViSQOL scores.
    pub visqol: usize,
}

/// What the measurement of one item gave.
struct Outcome {
    results: Vec<MeasuredSound>,
    /// Where the pack's encoder puts it.
    point: Latent,
}

/// Measures a pack and writes the report.
///
/// # Errors
/// The pack, the corpus or the run cannot be read or do not belong together; decoding fails; the report cannot be written.
pub fn evaluate(options: &Options) -> Result<()> {
    let input = Input::open(options)?;
    let model = Arc::new(Model::load(&input.pack)?);
    let named = named_files(&input.pack.manifest().sounds, &input.corpus.manifest.items);
    let outcomes =
        parallel_map("sounds", &model, &input.items, |tools, item| measure(tools, &input.corpus, item, &named))?;
    let points: Vec<(Split, Latent)> =
        input.items.iter().zip(&outcomes).map(|(item, outcome)| (item.split, outcome.point)).collect();
    let results: Vec<MeasuredSound> = outcomes.into_iter().flat_map(|outcome| outcome.results).collect();
    let findings = find(options, &input, &model, &points, &results, &named)?;
    let header = Header {
        command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        pack: format!("{} ({})", input.pack.manifest().name, input.pack.hash()),
        corpus: input.corpus.id.clone(),
        sources: input.corpus.manifest.sources.clone(),
        griffin_lim_iterations: input.pack.manifest().griffin_lim_iterations,
    };
    let report = Report::new(header, results, findings);
    let html =
        page::render(&page::Content { report: &report, input: &input, model: &model, points: &points, options })?;
    write(options, &report, &html)
}

fn measure(tools: &mut Tools, corpus: &Corpus, item: &Item, named: &NamedFiles) -> Result<Outcome> {
    let truth = corpus.samples(item)?;
    let mut results = Vec::new();
    for path in ResynthesisPath::ALL {
        if let Some(made) = remake(&mut tools.pipeline, path, item, &truth, named)? {
            results.push(MeasuredSound::new(item, path, tools.measurer.compare(item, &truth, &made)));
        }
    }
    Ok(Outcome { results, point: tools.pipeline.encode(&truth, f32::from(item.key))? })
}

fn find(
    options: &Options,
    input: &Input,
    model: &Arc<Model>,
    points: &[(Split, Latent)],
    results: &[MeasuredSound],
    named: &NamedFiles,
) -> Result<Findings> {
    let amounts = &options.amounts;
    let places = places(input, points);
    let package = Package::find(&options.python);
    let items: Vec<&Item> = input.items.iter().collect();
    let run = options.run.as_deref().map(|run| (run, &input.corpus, items.as_slice()));
    Ok(Findings {
        rules: sound_features::rules(),
        latents: latents::measure(&mut Pipeline::new(Arc::clone(model))?, points, run)?,
        artefacts: survey(input, model, &places, amounts, named)?,
        lines: (amounts.lines > 0 && places.len() > 1)
            .then(|| interpolation::measure(model, &places, amounts.lines))
            .transpose()?,
        knobs: knobs::measure(model, &evenly(&places, amounts.knob_sounds))?,
        followed: axis_correlation::measure(model, amounts.random)?,
        random: random_sounds(input, model, amounts.random)?,
        pitch_by_key: pitch_accuracy::table(&pitch_accuracy::notes_of(
            results,
            ResynthesisPath::Latent.describe(),
            |result| result.measures.pitch_offset_cents,
        )),
        true_pitch_by_key: pitch_accuracy::table(&pitch_accuracy::notes_of(
            results,
            ResynthesisPath::Latent.describe(),
            |result| result.measures.true_pitch_offset_cents,
        )),
        played_pitch_by_key: pitch_accuracy::table(&pitch_accuracy::play(model, amounts.played)?),
        ladder: ladder_of(input, model, amounts.ladder, package.as_ref().ok().filter(|_| amounts.visqol > 0))?,
        visqol: hear(input, model, amounts.visqol, package, named)?,
    })
}

/// Artefacts of what the instrument plays, beside those of the whole corpus and of the sounds that named ones stand for.
fn survey(
    input: &Input,
    model: &Arc<Model>,
    places: &[NamedPoint],
    amounts: &Amounts,
    named: &NamedFiles,
) -> Result<Option<Survey>> {
    let items = &input.corpus.manifest.items;
    let listen = |tools: &mut Tools, item: &Item| Ok(tools.measurer.artefacts(&input.corpus.samples(item)?));
    let found = parallel_map("artefacts", model, items, listen)?;
    let stands_for = |item: &Item| named.get(&item.file).is_some_and(|sound| sound.key == item.key);
    let of_named = items.iter().zip(&found).filter(|(item, _)| stands_for(item)).map(|(_, found)| *found);
    let truths = survey::Truths { corpus: &found, named: &of_named.collect::<Vec<_>>() };
    survey::measure(model, places, &truths, survey::Amounts { random: amounts.random, lines: amounts.lines })
}

/// Named sounds, and sounds of the corpus where the encoder puts them.
fn places(input: &Input, points: &[(Split, Latent)]) -> Vec<NamedPoint> {
    let sounds = &input.pack.manifest().sounds;
    let named = sounds.iter().map(|sound| NamedPoint { name: sound.name.clone(), latent: sound.latent });
    let encoded = input.items.iter().zip(points).map(|(item, (_, latent))| NamedPoint {
        name: format!("{} (key {}, encoded)", item.name, item.key),
        latent: *latent,
    });
    named.chain(evenly(&encoded.collect::<Vec<_>>(), ENCODED_PLACES)).collect()
}

fn random_sounds(input: &Input, model: &Arc<Model>, count: usize) -> Result<Option<random::RandomSounds>> {
    let shape = parallel::heard_shape(model.shape());
    let listen = |split| random::known(&input.corpus, &input.corpus.choice(split, KNOWN_SOUNDS), &shape);
    if count == 0 || input.corpus.split(Split::Train).is_empty() {
        return Ok(None);
    }
    Ok(Some(random::measure(model, &listen(Split::Train)?, &listen(Split::HeldOut)?, count)?))
}

fn ladder_of(
    input: &Input,
    model: &Arc<Model>,
    count: usize,
    package: Option<&Package>,
) -> Result<Option<ladder::Ladder>> {
    if count == 0 {
        return Ok(None);
    }
    let subjects = ladder::subjects(&input.corpus, &input.items, count)?;
    let rate_hz = input.corpus.manifest.sample_rate_hz;
    let numbered: Vec<(usize, &ladder::Subject)> = subjects.iter().enumerate().collect();
    let rungs = parallel_map("ladder", model, &numbered, |tools: &mut Tools, (index, subject)| {
        ladder::damage(subject, rate_hz, &mut tools.measurer, package.filter(|_| *index < QUALITY_SUBJECTS))
    })?;
    Ok(Some(ladder::judge_all(&subjects, &rungs.into_iter().flatten().collect::<Vec<_>>(), ladder::METRICS)))
}

/// ViSQOL of a few sounds of each split, through the seven latents and from their frames.
fn hear(
    input: &Input,
    model: &Arc<Model>,
    count: usize,
    package: Result<Package, String>,
    named: &NamedFiles,
) -> Result<Visqol> {
    let package = match package {
        Ok(package) if count > 0 => package,
        Ok(_) => return Ok(Visqol { remark: "ViSQOL was not asked for.".into(), scores: Vec::new() }),
        Err(remark) => return Ok(Visqol { remark, scores: Vec::new() }),
    };
    let mut scores = Vec::new();
    for split in [Split::Train, Split::HeldOut] {
        let items = evenly(&input.of_split(split), count);
        for path in [ResynthesisPath::Frames, ResynthesisPath::Latent] {
            let heard = parallel_map("ViSQOL", model, &items, |tools: &mut Tools, item: &&Item| {
                let truth = input.corpus.samples(item)?;
                let made = remake(&mut tools.pipeline, path, item, &truth, named)?.unwrap_or_default();
                package.measure(&[(&truth, &made)], input.corpus.manifest.sample_rate_hz)
            })?;
            let heard: Vec<f64> = heard.into_iter().flatten().collect();
            let of = format!("{}: {}", report::split_name(split), path.describe());
            scores.push(visqol::Score { of, sounds: heard.len(), mean_score: crate::statistics::mean(&heard) });
        }
    }
    scores.retain(|score| score.sounds > 0);
    Ok(Visqol { remark: "A second opinion beside the log-mel error, never a figure of its own.".into(), scores })
}

fn write(options: &Options, report: &Report, html: &str) -> Result<()> {
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make the folder {}", options.out.display()))?;
    write_atomically(&options.out.join("report.json"), &serde_json::to_vec_pretty(report)?)?;
    write_atomically(&options.out.join("report.html"), html.as_bytes())?;
    print!("{}", report.summary());
    println!("{}", options.out.join("report.html").display());
    Ok(())
}
