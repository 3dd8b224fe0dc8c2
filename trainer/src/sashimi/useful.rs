//! The share of a raw pack's sounds that are useful, by a rule that the corpus gives: each figure of [`NAMES`] lies between the 1st and the
//! 99th percentile of the training clips, prepared as for training. The offset has an upper bound alone, −60 dBFS: the corpus's own
//! percentiles lie below what the steps of 256 levels can give.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::raw::{Generator, RawModel, Wish};
use engine::pack::{RawManifest, RawPack};

use super::clip::{Clip, NAMES, OFFSET};
use super::data::{Prepared, prepared};
use crate::corpus::classes::class_of;
use crate::corpus::{Corpus, Item, Split};
use crate::files::write_atomically;
use crate::statistics::{evenly, median, quantile};

/// Part of the clips below and above the bounds.
const TAIL: f64 = 0.01;
/// Highest offset, in dBFS.
const OFFSET_DB: f64 = -60.0;
/// Most training clips whose figures give the bounds.
const CLIPS: usize = 1000;

/// Options of `trainer useful`.
#[derive(Clone, Debug)]
pub struct UsefulOptions {
    pub pack: PathBuf,
    pub corpus: PathBuf,
    /// Label of the corpus's items that names the pack's classes.
    pub class_label: String,
    /// Sounds for each length of prime.
    pub count: usize,
    /// Lengths of primes in milliseconds; 0 is no prime.
    pub primes_ms: Vec<f32>,
    /// Instead of the pack's own.
    pub temperature: Option<f32>,
    pub keep: Option<f32>,
    pub seed: u64,
    /// File for the table.
    pub out: Option<PathBuf>,
}

/// Bounds of the rule.
struct Rule {
    bounds: [(f64, f64); NAMES.len()],
}

impl Rule {
    fn of(clips: &[Clip]) -> Self {
        let bounds = std::array::from_fn(|place| {
            let values: Vec<f64> = clips.iter().map(|clip| clip.values[place]).collect();
            (quantile(&values, TAIL), quantile(&values, 1.0 - TAIL))
        });
        let mut rule = Self { bounds };
        rule.bounds[OFFSET] = (f64::NEG_INFINITY, OFFSET_DB);
        rule
    }

    fn breaks(&self, clip: &Clip, place: usize) -> bool {
        let (low, high) = self.bounds[place];
        !(low..=high).contains(&clip.values[place])
    }

    fn is_useful(&self, clip: &Clip) -> bool {
        let is_flagged = clip.is_silent || clip.is_runaway || clip.is_low_sine || clip.has_spike;
        !is_flagged && (0..NAMES.len()).all(|place| !self.breaks(clip, place))
    }

    /// A row of the table.
    fn row(&self, name: &str, clips: &[Clip]) -> String {
        let percent = |test: &dyn Fn(&Clip) -> bool| {
            100.0 * clips.iter().filter(|clip| test(clip)).count() as f64 / clips.len().max(1) as f64
        };
        let offsets: Vec<f64> = clips.iter().map(|clip| clip.values[OFFSET]).collect();
        let mut row = format!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} |",
            clips.len(),
            percent(&|clip| self.is_useful(clip)),
            percent(&|clip| clip.is_silent),
            percent(&|clip| clip.is_runaway),
            percent(&|clip| clip.is_low_sine),
            percent(&|clip| clip.has_spike),
            median(&offsets)
        );
        for place in 0..NAMES.len() {
            let _ = write!(row, " {:.0} |", percent(&|clip| self.breaks(clip, place)));
        }
        row + "\n"
    }

    /// What the rule is, and the head of the table.
    fn head(&self) -> String {
        let mut text = String::from("Bounds of a useful sound:\n\n");
        for (name, (low, high)) in NAMES.iter().zip(self.bounds) {
            let _ = writeln!(text, "- {name}: {low:.3} to {high:.3}");
        }
        let _ = write!(
            text,
            "\n| sounds | number | useful % | silent % | runaway % | low sine % | spike % | median offset dBFS | {} |\n{}\n",
            NAMES.map(|name| format!("outside: {}", name.split(',').next().unwrap_or_default())).join(" | "),
            "|---".repeat(8 + NAMES.len()) + "|"
        );
        text
    }
}

/// Measures and prints the table, a row when it is done.
///
/// # Errors
/// The pack or the corpus cannot be read, no sound of the corpus is of the pack's classes, or an option is out of its range.
pub fn useful(options: &UsefulOptions) -> Result<()> {
    let pack = RawPack::open(&options.pack)?;
    let model = Arc::new(RawModel::load(&pack)?);
    let manifest = model.manifest();
    let corpus = Corpus::open(&options.corpus)?;
    let [train, held_out] = [Split::Train, Split::HeldOut].map(|split| of_classes(&corpus, split, manifest, options));
    ensure!(
        !train.is_empty() && !held_out.is_empty(),
        "the corpus has no sound of the pack's classes ({}) in one of its parts; see --class-label",
        manifest.classes.join(", ")
    );
    let rule = Rule::of(&measured(&corpus, &train, manifest)?);
    let mut table = rule.head();
    print!("{table}");
    let mut add = |row: String| {
        print!("{row}");
        table += &row;
    };
    add(rule.row("corpus, held out", &measured(&corpus, &held_out, manifest)?));
    for prime_ms in &options.primes_ms {
        let name = if *prime_ms > 0.0 { format!("prime {prime_ms} ms") } else { "no prime".to_owned() };
        let clips = (0..options.count).map(|number| {
            let wish = wish(&corpus, turn(&held_out, number), manifest, options, *prime_ms)?;
            made(&model, &Wish { seed: options.seed + number as u64, ..wish })
        });
        add(rule.row(&name, &clips.collect::<Result<Vec<_>>>()?));
    }
    options.out.as_ref().map_or(Ok(()), |out| write_atomically(out, table.as_bytes()))
}

/// Items of a split that are of the pack's classes, evenly chosen.
fn of_classes<'a>(corpus: &'a Corpus, split: Split, manifest: &RawManifest, options: &UsefulOptions) -> Vec<&'a Item> {
    let classes = &manifest.classes;
    let is_known = |item: &&Item| {
        let class = class_of(item, &options.class_label);
        classes.is_empty() || classes.iter().any(|known| Some(known.as_str()) == class)
    };
    evenly(&corpus.split(split).into_iter().filter(is_known).collect::<Vec<_>>(), CLIPS)
}

fn clip_of(corpus: &Corpus, item: &Item, manifest: &RawManifest) -> Result<Vec<f32>> {
    let how = Prepared { rate_hz: manifest.sample_rate_hz, length_samples: manifest.length_samples };
    Ok(prepared(corpus, item, how)?.iter().map(|sample| f32::from(*sample) / super::data::FULL_SCALE).collect())
}

fn measured(corpus: &Corpus, items: &[&Item], manifest: &RawManifest) -> Result<Vec<Clip>> {
    items.iter().map(|item| Ok(Clip::of(&clip_of(corpus, item, manifest)?, manifest.sample_rate_hz))).collect()
}

/// The item whose turn it is: all of them before one comes again. Sounds of one corpus stand in the order of their classes; steps that share no
/// factor with their number take them evenly.
fn turn<'a>(items: &[&'a Item], number: usize) -> &'a Item {
    let count = items.len();
    let step = (1..).map(|step| count * 5 / 13 + step).find(|step| common(*step, count) == 1).unwrap_or(1);
    items[number * step % count]
}

/// A sound of the class of a clip, with the beginning of that clip.
fn wish(corpus: &Corpus, item: &Item, manifest: &RawManifest, options: &UsefulOptions, prime_ms: f32) -> Result<Wish> {
    let class = class_of(item, &options.class_label);
    let is_own = |known: &String| f32::from(u8::from(Some(known.as_str()) == class));
    let count = (f64::from(prime_ms) / 1000.0 * f64::from(manifest.sample_rate_hz)).round() as usize;
    let mut prime = if count > 0 { clip_of(corpus, item, manifest)? } else { Vec::new() };
    prime.truncate(count);
    Ok(Wish {
        class_weights: manifest.classes.iter().map(is_own).collect(),
        temperature: options.temperature.unwrap_or(manifest.temperature),
        keep: options.keep.unwrap_or(manifest.keep),
        seed: options.seed,
        prime,
        with_prime: true,
    })
}

fn made(model: &Arc<RawModel>, wish: &Wish) -> Result<Clip> {
    let manifest = model.manifest();
    let mut samples = vec![0.0; manifest.length_samples];
    Generator::new(Arc::clone(model), wish)?.fill(&mut samples);
    Ok(Clip::of(&samples, manifest.sample_rate_hz))
}

/// The greatest number that divides both.
fn common(one: usize, other: usize) -> usize {
    if other == 0 { one } else { common(other, one % other) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use engine::pack::{FORMAT_VERSION, PackKind, Quantisation};
    use engine::sample::Recording;

    use super::super::config::Size;
    use super::*;
    use crate::corpus::{CLASS_LABEL, CorpusWriter, Description};

    const RATE_HZ: u32 = 8_000;
    const LENGTH: usize = 800;

    fn clip(duration_s: f64, offset_db: f64) -> Clip {
        Clip {
            values: [-1.0, -20.0, 0.0, 0.1, duration_s, 900.0, offset_db],
            is_silent: false,
            is_runaway: false,
            is_low_sine: false,
            has_spike: false,
        }
    }

    #[test]
    fn the_rule_has_the_percentiles_of_the_corpus_and_its_own_bound_of_the_offset() {
        let clips: Vec<Clip> = (0..=100).map(|number| clip(f64::from(number) / 100.0, -100.0)).collect();
        let rule = Rule::of(&clips);
        assert_eq!(clips.iter().filter(|clip| rule.is_useful(clip)).count(), 99);
        assert!(rule.is_useful(&clip(0.5, -61.0)) && !rule.is_useful(&clip(0.5, -59.0)));
        let row = rule.row("all", &clips);
        assert!(row.starts_with("| all | 101 | 98.0 | 0.0 |"), "{row}");
        assert_eq!(row.matches('|').count(), rule.head().lines().last().map_or(0, |line| line.matches('|').count()));
    }

    #[test]
    fn no_sound_with_a_flag_is_useful() {
        let good = clip(0.5, -100.0);
        let rule = Rule::of(&[good, clip(0.4, -100.0), clip(0.6, -100.0)]);
        assert!(rule.is_useful(&good));
        for flagged in [
            Clip { is_silent: true, ..good },
            Clip { is_runaway: true, ..good },
            Clip { is_low_sine: true, ..good },
            Clip { has_spike: true, ..good },
        ] {
            assert!(!rule.is_useful(&flagged), "{flagged:?}");
        }
    }

    #[test]
    fn steps_that_share_no_factor_reach_every_sound() {
        assert_eq!((common(12, 18), common(7, 12), common(5, 5)), (6, 1, 5));
    }

    /// Tones of three classes, four of each.
    fn corpus(folder: &Path) -> Corpus {
        let mut writer = CorpusWriter::new(folder).expect("a corpus can be begun");
        for number in 0..12_u8 {
            let class = ["mud", "sand", "turf"][usize::from(number / 4)].to_owned();
            let tone = |n: usize| 0.5 * (n as f32 * 0.01 * f32::from(number + 1)).sin();
            let description = Description {
                name: format!("{class} {number}"),
                category: "Foley".into(),
                instrument: format!("i{number}"),
                key: 60,
                velocity: 100,
                source: "test".into(),
                recordings: vec![u64::from(number)],
            };
            let labels = BTreeMap::from([(CLASS_LABEL.to_owned(), class)]);
            let recording = Recording::new((0..20_000).map(tone).collect(), 44_100);
            assert!(writer.add_labelled(description, labels, recording).expect("written"));
        }
        writer.finish(0.5, 1).expect("finished");
        Corpus::open(folder).expect("a corpus")
    }

    fn manifest(classes: &[&str]) -> RawManifest {
        RawManifest {
            format_version: FORMAT_VERSION,
            kind: PackKind::Raw,
            id: "test".into(),
            name: "Test".into(),
            sample_rate_hz: RATE_HZ,
            length_samples: LENGTH,
            quantisation: Quantisation::MuLaw,
            network: Size::Tiny.network(),
            envelopes: None,
            sums: 0,
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            temperature: 0.9,
            keep: 0.99,
            files: BTreeMap::new(),
            licence: "MIT".into(),
            provenance: Vec::new(),
        }
    }

    #[test]
    fn wishes_have_the_class_and_the_beginning_of_each_clip_in_turn() {
        let folder = tempfile::tempdir().expect("a folder");
        let corpus = corpus(folder.path());
        let options = UsefulOptions {
            pack: PathBuf::new(),
            corpus: PathBuf::new(),
            class_label: CLASS_LABEL.to_owned(),
            count: 1,
            primes_ms: Vec::new(),
            temperature: None,
            keep: Some(0.7),
            seed: 5,
            out: None,
        };
        let manifest = manifest(&["turf", "mud"]);
        let known = of_classes(&corpus, Split::Train, &manifest, &options);
        assert!(known.iter().all(|item| item.labels[CLASS_LABEL] != "sand"), "{known:?}");
        let all = of_classes(&corpus, Split::Train, &self::manifest(&[]), &options);
        assert!(all.len() > known.len() && known.len() > 1);
        let files =
            |items: &mut dyn Iterator<Item = &Item>| items.map(|item| item.file.clone()).collect::<BTreeSet<_>>();
        let mut turns = (0..known.len()).map(|number| turn(&known, number));
        assert_eq!(files(&mut turns), files(&mut known.iter().copied()), "each before one comes again");
        for item in known {
            let clip = clip_of(&corpus, item, &manifest).expect("a clip");
            // 80 ms are 640 samples; no prime is longer than the clip.
            for (prime_ms, samples) in [(0.0, 0), (80.0, 640), (1000.0, LENGTH)] {
                let wish = wish(&corpus, item, &manifest, &options, prime_ms).expect("a wish");
                let own = if item.labels[CLASS_LABEL] == "turf" { [1.0, 0.0] } else { [0.0, 1.0] };
                assert_eq!((&wish.class_weights[..], wish.temperature, wish.keep), (&own[..], 0.9, 0.7));
                assert!(wish.with_prime && wish.prime == clip[..samples], "{prime_ms} ms of {}", item.name);
            }
        }
    }
}
