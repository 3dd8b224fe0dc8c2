//! The report: JSON, Markdown and a short table. Main thread.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::compare::{ByClass, Measures, Reference};
use super::embedding::Description;
use super::features::VERSION;
use super::ladder::{Answer, Damage};
use super::quality::Quality;
use super::reading::Format;
use super::rule::{NAMES, RULE};
use super::tables::{Table, number, percent, with_interval};
use crate::files::write_atomically;
use crate::statistics::mean;

/// How the figures are read.
const READING: &str = "KAD: unbiased squared maximum mean discrepancy × 100 under a Gaussian kernel with the median distance of the training \
clips as its bandwidth; 0 for sets of one distribution, a little below by chance. In brackets its 95 % bootstrap interval (of the halves the least and the \
largest of five divisions). FAD∞: Fréchet distance in the 32 leading principal components, extrapolated to infinitely many clips. Distances \
are to the training part; the mean is that of the classes that a set has. Memorised: nearer to a training clip than 99 of 100 training clips are to \
one of another recording. Diversity: mean distance between two clips against that of the training part. A training copy is \
nearer than any new clip can be: a set below `held-out` repeats what was trained on.";

/// How the ladder is read.
const LADDER: &str = "Held-out clips were damaged in five rising amounts. The table gives the part of all pairs of amounts, none included, that a figure \
orders rightly; equal readings count half. A figure below 95 % says little about a small difference. Fréchet distances need 16 clips of each class.";

/// What sets were compared with.
#[derive(Debug, Serialize)]
pub struct Header {
    version: u32,
    reference: String,
    class_label: Option<String>,
    format: Format,
    classes: Vec<ClassCounts>,
    embeddings: Vec<Description>,
    rule: &'static str,
    reading: &'static str,
    left_out: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ClassCounts {
    name: String,
    training: usize,
    held_out: usize,
}

impl Header {
    /// Of a reference.
    pub fn new(
        place: &Path,
        label: Option<&str>,
        format: &Format,
        reference: &Reference,
        further: Option<Description>,
        left_out: &[String],
    ) -> Self {
        let classes = reference.classes.iter().enumerate().map(|(class, name)| ClassCounts {
            name: name.clone(),
            training: reference.train.rows(Some(class)).len(),
            held_out: reference.held_out.rows(Some(class)).len(),
        });
        let embeddings = reference.embeddings.iter().map(|embedding| embedding.description.clone());
        Self {
            version: VERSION,
            reference: place.display().to_string(),
            class_label: label.map(str::to_owned),
            format: *format,
            classes: classes.collect(),
            embeddings: embeddings.chain(further).collect(),
            rule: RULE,
            reading: READING,
            left_out: left_out.to_vec(),
        }
    }
}

/// A set's figures.
#[derive(Debug, Serialize)]
pub struct Row {
    name: String,
    /// `floor`, `baseline` or `set`.
    kind: &'static str,
    /// In the order of the embeddings.
    embeddings: Vec<ByClass>,
    quality: Option<Quality>,
}

impl Row {
    /// Of a set.
    pub fn new(name: &str, kind: &'static str, embeddings: Vec<ByClass>, quality: Option<Quality>) -> Self {
        Self { name: name.to_owned(), kind, embeddings, quality }
    }
}

/// The first set's distance against the second's.
#[derive(Debug, Serialize)]
struct Ratio {
    embedding: String,
    kad: Option<f64>,
    fad: Option<f64>,
}

/// Everything.
#[derive(Debug, Serialize)]
pub struct Report {
    header: Header,
    rows: Vec<Row>,
    ratios: Vec<Ratio>,
    ladder: Vec<Answer>,
}

impl Report {
    /// Puts it together.
    pub fn new(header: Header, rows: Vec<Row>, ladder: Vec<Answer>) -> Self {
        let sets: Vec<&Row> = rows.iter().filter(|row| row.kind == "set").collect();
        let mut ratios = Vec::new();
        if let [first, second, ..] = sets.as_slice() {
            for (place, embedding) in header.embeddings.iter().enumerate() {
                let [a, b] = comparable([first, second].map(|row| &row.embeddings[place]));
                let of = |pick: fn(&Measures) -> Option<f64>| ratio(pick(a), pick(b));
                ratios.push(Ratio { embedding: embedding.name.clone(), kad: of(|m| m.kad), fad: of(|m| m.fad) });
            }
        }
        Self { header, rows, ratios, ladder }
    }

    /// Writes `report.json` and `report.md` into a folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        write_atomically(&folder.join("report.json"), serde_json::to_string_pretty(self)?.as_bytes())?;
        write_atomically(&folder.join("report.md"), self.markdown().as_bytes())
    }

    /// Prints the headline, or everything as JSON.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn print(&self, json: bool, folder: &Path) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
        } else {
            print!("{}", self.headline(false).plain());
            println!("KAD x 100, mean of classes. Tables: {}", folder.join("report.md").display());
            self.remarks().iter().for_each(|remark| println!("{remark}"));
        }
        Ok(())
    }

    fn sets(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.kind == "set").collect()
    }

    /// The kernel distance of every set on every embedding, and what is told without distances.
    fn headline(&self, with_intervals: bool) -> Table {
        let names = self.header.embeddings.iter().map(|embedding| embedding.name.clone());
        let last = ["told", "useful", "silent", "runaway", "memorised", "diversity"].map(str::to_owned);
        let mut table = Table::new(["set".to_owned(), "clips".to_owned()].into_iter().chain(names).chain(last));
        for row in &self.rows {
            let clips = row.embeddings.first().map_or(0, |figures| figures.pooled.clips);
            let kads = row.embeddings.iter().map(|figures| {
                let measures = figures.headline();
                let interval = measures.kad_interval.filter(|_| with_intervals);
                with_interval(measures.kad.or(measures.fad), interval)
            });
            let all = row.quality.as_ref().map(|quality| &quality.all);
            let count = |pick: fn(&super::quality::ClassQuality) -> usize| {
                all.map_or("–".to_owned(), |all| pick(all).to_string())
            };
            let stat = row.embeddings.first().map(ByClass::headline);
            let last = [
                percent(all.and_then(|all| all.accuracy)),
                percent(all.map(|all| all.useful)),
                count(|all| all.silent),
                count(|all| all.runaway),
                percent(stat.and_then(|stat| stat.memorised)),
                percent(stat.and_then(|stat| stat.diversity)),
            ];
            table.row([row.name.clone(), clips.to_string()].into_iter().chain(kads).chain(last));
        }
        if let [first, second, ..] = self.sets().as_slice() {
            let ratios = self.ratios.iter().map(|ratio| number(ratio.kad.or(ratio.fad)));
            let name = format!("{} / {}", first.name, second.name);
            table.row([name, String::new()].into_iter().chain(ratios).chain(vec![String::new(); 6]));
        }
        table
    }

    /// What was left out and what is missing, a line for each set.
    fn remarks(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut left_out = |name: &str, lines: &[String]| {
            if let Some(first) = lines.first() {
                out.push(format!("{name}: {} left out; the first: {first}", lines.len()));
            }
        };
        left_out("reference", &self.header.left_out);
        for row in self.sets() {
            left_out(&row.name, row.quality.as_ref().map_or(&[], |quality| quality.left_out.as_slice()));
        }
        for row in self.sets() {
            let classes = row.embeddings.first().map_or(&[][..], |figures| figures.classes.as_slice());
            let counts = self.header.classes.iter().zip(classes);
            let missing: Vec<&str> =
                counts.clone().filter(|(_, m)| m.is_none()).map(|(class, _)| class.name.as_str()).collect();
            if missing.len() == classes.len() {
                out.push(format!("{}: without classes, compared with all of the reference", row.name));
            } else if !missing.is_empty() {
                out.push(format!("{}: no clip of {}; means are of the other classes", row.name, missing.join(", ")));
            }
            let few: Vec<&str> = counts
                .filter(|(_, m)| m.as_ref().is_some_and(|m| m.fad.is_none()))
                .map(|(class, _)| class.name.as_str())
                .collect();
            if !few.is_empty() {
                out.push(format!("{}: too few clips of {} for a Fréchet distance", row.name, few.join(", ")));
            }
        }
        out
    }

    fn markdown(&self) -> String {
        let header = &self.header;
        let format = &header.format;
        let counts = |pick: fn(&ClassCounts) -> usize| header.classes.iter().map(pick).sum::<usize>();
        let mut out = format!(
            "# Sets of sounds against {}\n\n{} training and {} held-out clips of {} classes, {} Hz, {:.2} s, {}. Version {} of the analyses.\n\n{}\n\n",
            header.reference,
            counts(|class| class.training),
            counts(|class| class.held_out),
            header.classes.len(),
            format.rate_hz,
            format.samples as f64 / f64::from(format.rate_hz),
            if format.keep_levels { "levels as they are" } else { "all at one loudness" },
            header.version,
            header.reading
        );
        for embedding in &header.embeddings {
            out += &format!("- `{}`, {} dimensions: {}\n", embedding.name, embedding.dimensions, embedding.meaning);
        }
        out += &format!("\n## All sets\n\nKAD, mean of classes.\n\n{}", self.headline(true).markdown());
        for (place, embedding) in header.embeddings.iter().enumerate() {
            out += &format!("\n## {}\n\n", embedding.name);
            out += &format!("KAD by class.\n\n{}\n", self.by_class(place, |m| m.kad).markdown());
            out += &format!("FAD∞ by class.\n\n{}\n", self.by_class(place, |m| m.fad).markdown());
            out += &self.details(place).markdown();
        }
        out += &format!("\n## Classes, usefulness and levels\n\n{}\n\n", header.rule);
        for row in self.rows.iter().filter(|row| row.quality.is_some()) {
            out += &format!("{}\n\n{}\n", row.name, self.quality(row).markdown());
        }
        if !self.ladder.is_empty() {
            out += &format!("## Ladder\n\n{LADDER}\n\n{}\n", self.ladder().markdown());
        }
        let remarks = self.remarks();
        if !remarks.is_empty() {
            out += "## Remarks\n\n";
            remarks.iter().for_each(|remark| out += &format!("- {remark}\n"));
        }
        out
    }

    /// Classes in rows, floors and sets in columns, the first set against the second in the last.
    fn by_class(&self, place: usize, pick: fn(&Measures) -> Option<f64>) -> Table {
        let sets = self.sets();
        let ratio_name = match sets.as_slice() {
            [first, second, ..] => Some(format!("{} / {}", first.name, second.name)),
            _ => None,
        };
        let columns = ["ID".to_owned(), "category".to_owned()];
        let mut table =
            Table::new(columns.into_iter().chain(self.rows.iter().map(|row| row.name.clone())).chain(ratio_name));
        let mut add = |id: String, name: &str, of: &dyn Fn(&ByClass) -> Option<f64>| {
            let value = |row: &Row| of(&row.embeddings[place]);
            let ratio = match sets.as_slice() {
                [first, second, ..] => Some(number(ratio(value(first), value(second)))),
                _ => None,
            };
            let values = self.rows.iter().map(|row| number(value(row)));
            table.row([id, name.to_owned()].into_iter().chain(values).chain(ratio));
        };
        for (id, class) in self.header.classes.iter().enumerate() {
            add(id.to_string(), &class.name, &|figures| figures.classes.get(id)?.as_ref().and_then(pick));
        }
        add(String::new(), "mean of classes", &|figures| pick(&figures.mean));
        add(String::new(), "all as one set", &|figures| pick(&figures.pooled));
        table
    }

    /// Every figure of an embedding: against the training part and against the held-out one.
    fn details(&self, place: usize) -> Table {
        let mut table = Table::new([
            "set",
            "KAD, training",
            "KAD, held-out",
            "FAD∞",
            "precision",
            "recall",
            "NDB/K",
            "memorised",
            "diversity",
        ]);
        for row in &self.rows {
            let m = row.embeddings[place].headline();
            table.row([
                row.name.clone(),
                with_interval(m.kad, m.kad_interval),
                // The held-out part stands in no distance to itself.
                number(m.kad_held_out.filter(|_| row.kind != "floor")),
                number(m.fad),
                number(m.precision),
                number(m.recall),
                number(m.different_bins),
                percent(m.memorised),
                percent(m.diversity),
            ]);
        }
        table
    }

    /// Figures in rows, embeddings in columns: the part of pairs that is ordered rightly, over all damage that the figure claims to order.
    fn ladder(&self) -> Table {
        let names: Vec<&String> = self.header.embeddings.iter().map(|embedding| &embedding.name).collect();
        let columns = ["figure, damage".to_owned()].into_iter().chain(names.iter().map(|name| (*name).clone()));
        let mut table = Table::new(columns.chain(["without".to_owned()]));
        let mut rows: Vec<(&str, Option<Damage>)> = Vec::new();
        for answer in &self.ladder {
            let row = (answer.metric, Some(answer.damage));
            rows.extend([row, (answer.metric, None)].into_iter().filter(|row| !rows.contains(row)).collect::<Vec<_>>());
        }
        rows.sort();
        for (metric, damage) in rows {
            let of = |embedding: Option<&String>| {
                let found = self.ladder.iter().filter(|answer| {
                    answer.metric == metric
                        && answer.embedding.as_ref() == embedding
                        && damage.is_none_or(|damage| damage == answer.damage)
                });
                let parts: Vec<f64> = found.filter_map(|answer| answer.ordered).collect();
                percent((!parts.is_empty()).then(|| mean(&parts)))
            };
            let what = damage.map_or("all".to_owned(), |damage| format!("{damage:?}"));
            let values = names.iter().map(|name| of(Some(name))).chain([of(None)]);
            table.row([format!("{metric}, {what}")].into_iter().chain(values));
        }
        table
    }

    fn quality(&self, row: &Row) -> Table {
        let names =
            ["category", "clips", "told", "useful"].into_iter().chain(NAMES).chain(["silent", "runaway", "mean dBFS"]);
        let mut table = Table::new(names);
        let Some(quality) = &row.quality else { return table };
        let classes = self.header.classes.iter().zip(&quality.classes);
        let classes = classes.filter_map(|(class, quality)| Some((class.name.as_str(), quality.as_ref()?)));
        for (name, of) in classes.chain([("all", &quality.all)]) {
            let first = [name.to_owned(), of.clips.to_string(), percent(of.accuracy), percent(Some(of.useful))];
            let within = of.within.iter().map(|part| percent(Some(*part)));
            let last = [of.silent.to_string(), of.runaway.to_string(), format!("{:.1}", of.mean_db)];
            table.row(first.into_iter().chain(within).chain(last));
        }
        table.row(["inception score".to_owned(), number(quality.inception)].into_iter().chain(vec![String::new(); 11]));
        table
    }
}

/// The means of classes of two sets, or all clips of both where one has no classes.
fn comparable(sets: [&ByClass; 2]) -> [&Measures; 2] {
    let have_classes = sets.iter().all(|set| set.mean.clips > 0);
    sets.map(|set| if have_classes { &set.mean } else { &set.pooled })
}

/// A ratio of two distances that are both above 0.
fn ratio(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.zip(b).filter(|(a, b)| *a > 0.0 && *b > 0.0).map(|(a, b)| a / b)
}
