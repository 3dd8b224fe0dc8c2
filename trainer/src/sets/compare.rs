//! Every set against the reference on every embedding, by class, in the mean of classes and all together. Main thread.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::embedding::{Embedded, Embedding};
use super::features::Features;
use super::{bins, frechet, kad, neighbours};
use crate::eval::parallel::bar;
use crate::statistics::{mean, quantile};

/// Ends of a 95 % interval.
const TAILS: [f64; 2] = [0.025, 0.975];
/// Random divisions of the training part into halves.
const HALVES: usize = 5;
const SEED: u64 = 24;

/// Clips with the class and the recording of each.
#[derive(Debug)]
pub struct Part {
    /// What was measured of them.
    pub features: Features,
    /// Place of its class in the list of classes; `None` in a set without classes.
    pub targets: Vec<Option<usize>>,
    /// Number of its recording.
    pub groups: Vec<usize>,
}

impl Part {
    /// Assigns classes by name. Clips of classes that the reference does not have are left out, with a remark.
    pub fn new(features: Features, classes: &[String]) -> Self {
        let single = classes.len() == 1 && classes[0] == SINGLE;
        let of = |name: &Option<String>| match name {
            _ if single => Some(Some(0)),
            None => Some(None),
            Some(name) => classes.iter().position(|class| class == name).map(Some),
        };
        let unknown: Vec<String> =
            features.clips.iter().filter(|clip| of(&clip.class).is_none()).map(super::clips::Clip::name).collect();
        let name = features.name.clone();
        let left_out: Vec<String> = features
            .left_out
            .iter()
            .cloned()
            .chain(unknown.iter().map(|clip| format!("{clip}: the reference has no such class")))
            .collect();
        let mut features = features.filter(&name, |clip| of(&clip.class).is_some());
        features.left_out = left_out;
        let targets = features.clips.iter().map(|clip| of(&clip.class).flatten()).collect();
        let mut numbers = BTreeMap::<String, usize>::new();
        let groups = features.clips.iter().map(|clip| {
            let next = numbers.len();
            *numbers.entry(clip.group.clone()).or_insert(next)
        });
        let groups = groups.collect();
        Self { features, targets, groups }
    }

    /// Rows of a class, or all of them.
    pub fn rows(&self, class: Option<usize>) -> Vec<usize> {
        (0..self.targets.len()).filter(|row| class.is_none() || self.targets[*row] == class).collect()
    }
}

/// Name of the one class of a reference without classes.
pub const SINGLE: &str = "all";

/// What one embedding tells of one set and class.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measures {
    /// Clips of the set.
    pub clips: usize,
    /// Kernel distance to the training part.
    pub kad: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub kad_interval: Option<[f64; 2]>,
    /// Kernel distance to the held-out part.
    pub kad_held_out: Option<f64>,
    /// Fréchet distance to the training part, for infinitely many clips.
    pub fad: Option<f64>,
    /// Part of the set among the training clips.
    pub precision: Option<f64>,
    /// Part of the training clips among the set.
    pub recall: Option<f64>,
    /// Part of the bins whose share differs.
    pub different_bins: Option<f64>,
    /// Part of the set that is nearer to a training clip than those are to each other.
    pub memorised: Option<f64>,
    /// Mean distance between clips against that of the training part.
    pub diversity: Option<f64>,
    #[serde(skip)]
    resampled: Vec<f64>,
}

impl Measures {
    /// Where nothing but a Fréchet distance is known.
    pub fn of_fad(clips: usize, fad: Option<f64>) -> Self {
        Self { clips, fad, ..Self::default() }
    }
}

/// The figures of a set on one embedding.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ByClass {
    /// In the order of the classes; `None` where the set has none of it.
    pub classes: Vec<Option<Measures>>,
    /// Means over the classes that the set has.
    pub mean: Measures,
    /// All clips as one set.
    pub pooled: Measures,
}

impl ByClass {
    /// Of the figures of each class and of all clips.
    pub fn new(classes: Vec<Option<Measures>>, pooled: Measures) -> Self {
        let present: Vec<&Measures> = classes.iter().flatten().collect();
        let of = |pick: fn(&Measures) -> Option<f64>| {
            let values: Option<Vec<f64>> = present.iter().map(|measures| pick(measures)).collect();
            values.filter(|values| !values.is_empty()).map(|values| mean(&values))
        };
        let fewest = present.iter().map(|measures| measures.resampled.len()).min().unwrap_or(0);
        let resampled: Vec<f64> = (0..fewest)
            .map(|draw| mean(&present.iter().map(|measures| measures.resampled[draw]).collect::<Vec<_>>()))
            .collect();
        let mean = Measures {
            clips: present.iter().map(|measures| measures.clips).sum(),
            kad: of(|m| m.kad),
            kad_interval: interval(&resampled),
            kad_held_out: of(|m| m.kad_held_out),
            fad: of(|m| m.fad),
            precision: of(|m| m.precision),
            recall: of(|m| m.recall),
            different_bins: of(|m| m.different_bins),
            memorised: of(|m| m.memorised),
            diversity: of(|m| m.diversity),
            resampled,
        };
        Self { classes, mean, pooled }
    }

    /// The mean of classes, or all clips where there are no classes.
    pub fn headline(&self) -> &Measures {
        if self.mean.clips > 0 { &self.mean } else { &self.pooled }
    }
}

fn interval(values: &[f64]) -> Option<[f64; 2]> {
    (!values.is_empty()).then(|| TAILS.map(|part| quantile(values, part)))
}

/// What sets are compared with.
#[derive(Debug)]
pub struct Reference {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The part that models may be trained on.
    pub train: Part,
    /// The rest.
    pub held_out: Part,
    /// The embeddings, fitted on the training part.
    pub embeddings: Vec<Embedding>,
}

/// How much is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Full,
    /// Classes and their means, without intervals.
    Means,
}

/// Compares sets on all embeddings; for each set its figures in the order of the embeddings. After the sets stand the halves of the training
/// part against each other.
pub fn compare(reference: &Reference, sets: &[&Part], depth: Depth) -> Vec<Vec<ByClass>> {
    let all = (depth == Depth::Full).then_some(None);
    let classes: Vec<Option<usize>> = (0..reference.classes.len()).map(Some).chain(all).collect();
    let bar = bar("comparing", classes.len() * reference.embeddings.len());
    let mut out: Vec<Vec<ByClass>> = vec![Vec::new(); sets.len() + 1];
    for embedding in &reference.embeddings {
        let train = embedding.of(&reference.train.features);
        let held_out = embedding.of(&reference.held_out.features);
        let embedded: Vec<Embedded> = sets.iter().map(|set| embedding.of(&set.features)).collect();
        let mut columns: Vec<Vec<Option<Measures>>> = vec![Vec::new(); sets.len() + 1];
        for class in &classes {
            let group =
                Group::new(&reference.train, &train, &held_out.select(&reference.held_out.rows(*class)), *class);
            for ((set, embedded), column) in sets.iter().zip(&embedded).zip(&mut columns) {
                let rows = set.rows(*class);
                column.push((!rows.is_empty()).then(|| group.measure(&embedded.select(&rows), depth)));
            }
            columns[sets.len()].push(Some(group.halves()));
            bar.inc(1);
        }
        for (figures, mut column) in out.iter_mut().zip(columns) {
            let pooled = all.and_then(|_| column.pop()).flatten().unwrap_or_default();
            figures.push(ByClass::new(column, pooled));
        }
    }
    bar.finish_and_clear();
    out
}

/// The reference's clips of a class, and what of them every comparison needs.
struct Group {
    train: Embedded,
    groups: Vec<usize>,
    kernel: kad::Reference,
    held_out: Option<kad::Reference>,
    bins: Option<bins::Bins>,
    copy_limit: Option<f64>,
    spread: Option<f64>,
}

impl Group {
    fn new(part: &Part, embedded: &Embedded, held_out: &Embedded, class: Option<usize>) -> Self {
        let rows = part.rows(class);
        let mut numbers = BTreeMap::<usize, usize>::new();
        let groups = rows.iter().map(|row| {
            let next = numbers.len();
            *numbers.entry(part.groups[*row]).or_insert(next)
        });
        let groups: Vec<usize> = groups.collect();
        let train = embedded.select(&rows);
        let apart = held_out.values.size()[0] as usize;
        let alone: Vec<usize> = (0..apart).collect();
        Self {
            kernel: kad::Reference::new(&train.values, &groups),
            held_out: (apart >= kad::LEAST).then(|| kad::Reference::new(&held_out.values, &alone)),
            bins: bins::Bins::new(&train.values),
            copy_limit: neighbours::copy_limit(&train.values, &groups),
            spread: neighbours::spread(&train.values),
            train,
            groups,
        }
    }

    fn measure(&self, set: &Embedded, depth: Depth) -> Measures {
        let (clips, values) = (set.values.size()[0] as usize, &set.values);
        let is_enough = clips >= kad::LEAST;
        let both = neighbours::precision_and_recall(&self.train.values, values);
        let resampled = if is_enough && depth == Depth::Full { self.kernel.resampled(values) } else { Vec::new() };
        Measures {
            clips,
            kad: is_enough.then(|| self.kernel.distance(values)),
            kad_interval: interval(&resampled),
            kad_held_out: self.held_out.as_ref().filter(|_| is_enough).map(|kernel| kernel.distance(values)),
            fad: frechet::extrapolated(&self.train.leading, &set.leading),
            precision: both.map(|both| both[0]),
            recall: both.map(|both| both[1]),
            different_bins: self.bins.as_ref().map(|bins| bins.different(values)),
            memorised: self.copy_limit.map(|limit| neighbours::copied(&self.train.values, limit, values)),
            diversity: neighbours::spread(values).zip(self.spread).map(|(own, reference)| own / reference.max(1e-12)),
            resampled,
        }
    }

    /// Distances between halves that share no recording; means over some divisions, and the least and the largest kernel distance.
    fn halves(&self) -> Measures {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let count = self.groups.iter().max().map_or(0, |last| last + 1);
        let (mut kads, mut fads) = (Vec::new(), Vec::new());
        for _ in 0..HALVES {
            let mut order: Vec<usize> = (0..count).collect();
            order.shuffle(&mut rng);
            let is_first: BTreeSet<usize> = order[..count / 2].iter().copied().collect();
            let (one, other): (Vec<usize>, Vec<usize>) =
                (0..self.groups.len()).partition(|row| is_first.contains(&self.groups[*row]));
            if one.len() < kad::LEAST || other.len() < kad::LEAST {
                continue;
            }
            let alone: Vec<usize> = (0..one.len()).collect();
            let (one, other) = (self.train.select(&one), self.train.select(&other));
            kads.push(kad::Reference::new(&one.values, &alone).distance(&other.values));
            fads.extend(frechet::extrapolated(&one.leading, &other.leading));
        }
        let range = [f64::min, f64::max].map(|choose| kads.iter().copied().reduce(choose).unwrap_or(0.0));
        let some = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
        Measures {
            clips: self.groups.len(),
            kad: some(&kads),
            kad_interval: (!kads.is_empty()).then_some(range),
            fad: some(&fads),
            resampled: kads,
            ..Measures::default()
        }
    }
}
