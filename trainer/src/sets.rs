//! `trainer eval-sets`: distances between sets of sounds and a reference, without weights from elsewhere.
//!
//! Every clip is measured once by fixed analyses, which are kept in a cache; embeddings are fitted on the reference's training part; every
//! set, and the baselines that show how a figure is to be read, are compared with that part. The main thread drives.

mod bins;
mod change;
mod classifier;
mod clips;
mod compare;
mod embedding;
mod features;
mod frechet;
mod heard;
mod kad;
mod ladder;
mod neighbours;
mod patches;
mod quality;
mod reading;
mod report;
mod rule;
mod scattering;
mod spectra;
mod stat;
mod tables;
#[cfg(test)]
mod tests;
mod vggish;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use engine::pack::hex_sha256;

use crate::statistics::evenly;
use change::Change;
use clips::{Clip, ClipSet};
use compare::{ByClass, Depth, Measures, Part, Reference, SINGLE, compare};
use features::Features;
use heard::{Ear, Heard};
use quality::Quality;
use reading::Format;
use report::{Header, Report, Row};

/// Clips of each class of the baselines.
const BASELINE_CLIPS: usize = 48;
/// Fewest training clips of a class.
const LEAST_TRAINING: usize = 10;
/// Shortest clips that are compared, in seconds.
const SHORTEST_S: f64 = 0.25;
/// Lowest sample rate at which they are compared, in hertz.
const LOWEST_HZ: u32 = 8_000;

/// Options of `trainer eval-sets`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Corpus folder or folder of audio files that sets are compared with.
    pub reference: PathBuf,
    /// Label of a corpus that names the class.
    pub class_label: Option<String>,
    /// Name and folder of each set.
    pub sets: Vec<(String, PathBuf)>,
    /// Folder for the report and the cache.
    pub out: PathBuf,
    /// Sample rate at which clips are compared; the reference's if none is given.
    pub rate_hz: Option<u32>,
    /// Length to which clips are cut or filled with silence, in seconds; the reference's if none is given.
    pub seconds: Option<f64>,
    /// Most clips of each class and split, evenly spread; 0 means all.
    pub limit: usize,
    /// Whether levels stay as they are.
    pub keep_levels: bool,
    /// ONNX file of a VGGish network.
    pub vggish: Option<PathBuf>,
    /// Held-out clips of each class that are damaged to see which figures order the damage; 0 for none.
    pub ladder: usize,
    /// Whether the result goes to standard output as JSON, instead of a table.
    pub json: bool,
    /// Threads.
    pub threads: usize,
}

/// Compares the sets and writes `report.md` and `report.json`.
///
/// # Errors
/// A folder cannot be read, the reference is too small, or the report cannot be written.
pub fn evaluate(options: &Options) -> Result<()> {
    // Threads of torch would wait for each other longer than these small matrices take; clips are measured on threads of their own.
    tch::set_num_threads(1);
    let label = options.class_label.as_deref();
    let source = ClipSet::open("reference", &options.reference, label)?.limited(options.limit);
    let format = format(options, &source)?;
    let sets: Vec<ClipSet> = options
        .sets
        .iter()
        .map(|(name, folder)| Ok(ClipSet::open(name, folder, label)?.undivided().limited(options.limit)))
        .collect::<Result<_>>()?;
    check(&source, &sets)?;
    let ear = options.vggish.as_deref().map(Ear::open).transpose()?;
    let cache = options.out.join("cache");
    let measured = |set: &ClipSet| Features::of(set, &format, options.threads, &cache);
    let all = measured(&source)?;
    let reference = reference(&all, &source, &format, &cache)?;
    let subjects = subjects(&reference, &source, sets, &measured)?;
    let parts: Vec<&Part> = subjects.iter().map(|subject| &subject.part).collect();
    let mut figures = compare(&reference, &parts, Depth::Full);
    if let Some(ear) = &ear {
        let heard = |set: &ClipSet| ear.hear(set, &format, options.threads, &cache);
        hear(&reference, &source, &subjects, &mut figures, &heard)?;
    }
    let halves = figures.pop().context("the halves are compared last")?;
    let mut out = vec![Row::new("split halves", "floor", halves, None)];
    for (subject, figures) in subjects.iter().zip(figures) {
        out.push(Row::new(&subject.set.name, subject.kind, figures, Some(Quality::new(&reference, &subject.part))));
    }
    let ladder = match options.ladder {
        0 => Vec::new(),
        limit => ladder::climb(&reference, &source, &format, limit, (options.threads, &cache))?,
    };
    let further = ear.map(|_| heard::description());
    let header = Header::new(&options.reference, label, &format, &reference, further, &all.left_out);
    let report = Report::new(header, out, ladder);
    report.write(&options.out)?;
    report.print(options.json, &options.out)
}

/// What is compared with the training part.
struct Subject {
    /// `floor`, `baseline` or `set`.
    kind: &'static str,
    set: ClipSet,
    part: Part,
}

/// The held-out part, the baselines, and the sets.
fn subjects(
    reference: &Reference,
    source: &ClipSet,
    sets: Vec<ClipSet>,
    measured: &dyn Fn(&ClipSet) -> Result<Features>,
) -> Result<Vec<Subject>> {
    let base = base(&reference.train.features.clips);
    let part = |features: Features| Part::new(features, &reference.classes);
    let of = |name: &str, clips: Vec<Clip>| {
        let id = hex_sha256(format!("{} {name} {BASELINE_CLIPS}", source.id).as_bytes());
        ClipSet { name: name.to_owned(), clips, id, left_out: Vec::new(), corpus: source.corpus.clone() }
    };
    let held_out = reference.held_out.features.filter("held-out", |_| true);
    let copy = reference.train.features.filter("copy", |clip| base.iter().any(|other| other.name() == clip.name()));
    let mut out = Vec::new();
    for (kind, name, features) in [("floor", "held-out", held_out), ("baseline", "training copy", copy)] {
        out.push(Subject { kind, set: of(name, features.clips.clone()), part: part(features) });
    }
    for (name, change) in BASELINES {
        let clips =
            base.iter().enumerate().map(|(number, clip)| Clip { change: change(number as u64), ..clip.clone() });
        let set = of(name, clips.collect());
        out.push(Subject { kind: "baseline", part: part(measured(&set)?), set });
    }
    for set in sets {
        let part = part(measured(&set)?);
        ensure!(part.features.len() > 0, "the set {}: no clip of the reference's classes can be read", set.name);
        out.push(Subject { kind: "set", set, part });
    }
    Ok(out)
}

/// Adds the distances by a network that was given to the figures; the halves have none.
fn hear(
    reference: &Reference,
    source: &ClipSet,
    subjects: &[Subject],
    figures: &mut [Vec<ByClass>],
    heard: &dyn Fn(&ClipSet) -> Result<Heard>,
) -> Result<()> {
    let train = heard(source)?.filter(|clip| clip.is_training);
    for (subject, figures) in subjects.iter().zip(figures.iter_mut()) {
        figures.push(train.distances(&reference.classes, &heard(&subject.set)?));
    }
    if let Some(halves) = figures.last_mut() {
        halves.push(ByClass::new(vec![None; reference.classes.len()], Measures::default()));
    }
    Ok(())
}

type Baseline = (&'static str, fn(u64) -> Change);

/// Sets of noise made of training clips.
const BASELINES: [Baseline; 2] = [("spectrum noise", Change::Spectrum), ("white noise", Change::Noise)];

/// The clips that baselines are made of: as many of each class.
fn base(train: &[Clip]) -> Vec<Clip> {
    let mut by_class = BTreeMap::<Option<&String>, Vec<&Clip>>::new();
    for clip in train {
        by_class.entry(clip.class.as_ref()).or_default().push(clip);
    }
    by_class.into_values().flat_map(|clips| evenly(&clips, BASELINE_CLIPS)).cloned().collect()
}

/// Refuses a reference with too few clips of a class and sets of other classes, before anything is measured.
fn check(source: &ClipSet, sets: &[ClipSet]) -> Result<()> {
    let classes = source.classes();
    let count = |class: &str, is_training: bool| {
        let of_class = |clip: &&Clip| clip.class.as_deref() == Some(class) || classes.is_empty();
        source.clips.iter().filter(of_class).filter(|clip| clip.is_training == is_training).count()
    };
    for class in classes.iter().map(String::as_str).chain(classes.is_empty().then_some(SINGLE)) {
        enough(class, count(class, true), count(class, false))?;
    }
    for set in sets {
        let own = set.classes();
        ensure!(
            own.is_empty() || classes.is_empty() || own.iter().any(|class| classes.contains(class)),
            "the set {}: none of its classes ({}) is one of the reference's ({})",
            set.name,
            own.join(", "),
            classes.join(", ")
        );
    }
    Ok(())
}

fn enough(class: &str, train: usize, held_out: usize) -> Result<()> {
    ensure!(
        train >= LEAST_TRAINING && held_out > 0,
        "the reference has {train} training and {held_out} held-out clips of {class}; at least {LEAST_TRAINING} and 1 are needed"
    );
    Ok(())
}

fn reference(all: &Features, source: &ClipSet, format: &Format, cache: &Path) -> Result<Reference> {
    let mut classes = source.classes();
    if classes.is_empty() {
        classes.push(SINGLE.to_owned());
    }
    let train = Part::new(all.filter("training", |clip| clip.is_training), &classes);
    let held_out = Part::new(all.filter("held-out", |clip| !clip.is_training), &classes);
    for (place, class) in classes.iter().enumerate() {
        let [train, held_out] = [&train, &held_out].map(|part| part.rows(Some(place)).len());
        enough(class, train, held_out)?;
    }
    let targets: Vec<i64> = train.targets.iter().map(|target| target.unwrap_or(0) as i64).collect();
    let id = format!("{} {format:?}", source.id);
    let embeddings = embedding::fit(&train.features, &targets, classes.len(), &id, cache)?;
    Ok(Reference { classes, train, held_out, embeddings })
}

/// Rate and length: as wanted, else those of the reference's corpus or of its first file that can be read.
fn format(options: &Options, source: &ClipSet) -> Result<Format> {
    let (rate_hz, samples) = match &source.corpus {
        Some(corpus) => (corpus.manifest.sample_rate_hz, corpus.sound_samples()),
        None => {
            let mut files = source.clips.iter().filter_map(|clip| match &clip.place {
                clips::Place::File(path) => engine::sample::read_from(path, 0.0).ok(),
                clips::Place::Item(_) => None,
            });
            match files.next() {
                Some(recording) => (recording.sample_rate_hz, recording.samples.len()),
                None => bail!("no file of {} can be read", options.reference.display()),
            }
        }
    };
    let seconds = options.seconds.unwrap_or(samples as f64 / f64::from(rate_hz));
    let rate_hz = options.rate_hz.unwrap_or(rate_hz);
    ensure!(
        (SHORTEST_S..=engine::sample::LOOK_S).contains(&seconds),
        "clips of {seconds:.2} s cannot be compared; give --seconds {SHORTEST_S} to {}",
        engine::sample::LOOK_S
    );
    ensure!(
        rate_hz >= LOWEST_HZ && engine::sample::is_supported_rate(rate_hz),
        "clips at {rate_hz} Hz cannot be compared; give --rate of {LOWEST_HZ} or more"
    );
    Ok(Format { rate_hz, samples: (seconds * f64::from(rate_hz)).round() as usize, keep_levels: options.keep_levels })
}
