//! The page `models/REFERENCE.md`: the report's models and our pack side by side, from rows measured before.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::interpolation::InterpolationFigures;
use super::latent_sweep::LatentSweep;
use super::prose::{BUDGETS, MEASURING, PROBES, PUBLISHED};
use super::row::{Row, SplitFigures};
use crate::eval::random::RandomSounds;
use crate::files::write_atomically;

/// What the page says about how it was made.
#[derive(Clone, Debug)]
pub struct About {
    /// Day, as YYYY-MM-DD.
    pub date: String,
    /// Processor, cores and system.
    pub machine: String,
    /// Time for all trainings, in minutes.
    pub minutes: f64,
    /// What else a reader has to know of how the rows came to be.
    pub remark: Option<String>,
}

/// The model that the report calls its best.
const BEST: &str = "stft-vae";
/// Reads rows and writes the page.
///
/// # Errors
/// A row cannot be read, rows do not belong together, or the page cannot be written.
pub fn write_page(rows: &[PathBuf], about: &About, out: &Path) -> Result<()> {
    ensure!(!rows.is_empty(), "no rows to make a table of");
    let rows = rows.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let same = rows.iter().all(|row| row.corpus == rows[0].corpus);
    ensure!(same, "the rows were measured on different corpora; measure them again on one");
    write_atomically(out, page(&rows, about)?.as_bytes())?;
    println!("{}", out.display());
    Ok(())
}

fn read(path: &Path) -> Result<Row> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is no measured row", path.display()))
}

fn page(rows: &[Row], about: &About) -> Result<String> {
    let seeds: BTreeSet<String> = rows.iter().filter_map(|row| row.seed).map(|seed| seed.to_string()).collect();
    let [train, held_out] = rows[0].corpus_sounds;
    let mut page = format!(
        "# The reference row\n\n\
         The models of the report that Heptode grew from, trained on one corpus, beside ours. Written by `trainer reference \
         table`, the last step of `cargo xtask reference`, on {}; seed {}; {:.0} minutes for all trainings together but the finished \
         pack's; {}. Corpus `{}`: {train} sounds to train on, {held_out} held out.\n\n{PUBLISHED}\n",
        about.date,
        seeds.into_iter().collect::<Vec<_>>().join(", "),
        about.minutes,
        about.machine,
        &rows[0].corpus[..rows[0].corpus.len().min(12)],
    );
    page += "\n## Models\n\n";
    models_table(&mut page, rows)?;
    for (title, pick) in [("Training split", train_figures as Pick), ("Held-out split", held_out_figures as Pick)] {
        write!(page, "\n## {title}\n\n")?;
        figures_table(&mut page, rows, pick)?;
    }
    page += "\n## Straight lines between sounds\n\n";
    interpolation_table(&mut page, rows)?;
    page += "\n## Knobs and random points\n\n";
    page += PROBES;
    probes_table(&mut page, rows)?;
    page += "\n## Ours against the report's best\n\n";
    page += BUDGETS;
    ratios(&mut page, rows)?;
    page += "\n## Use of the latents\n\n";
    usage(&mut page, rows)?;
    page += "\n## How each row was measured\n\n";
    page += MEASURING;
    if let Some(remark) = &about.remark {
        writeln!(page, "{remark}\n")?;
    }
    for row in rows {
        writeln!(page, "- {}: `trainer {}`", row.model, row.command)?;
    }
    Ok(page)
}

type Pick = fn(&Row) -> Option<&SplitFigures>;

fn train_figures(row: &Row) -> Option<&SplitFigures> {
    Some(&row.train)
}

fn held_out_figures(row: &Row) -> Option<&SplitFigures> {
    row.held_out.as_ref()
}

fn line(page: &mut String, name: &str, cells: impl Iterator<Item = String>) -> Result<()> {
    writeln!(page, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | "))?;
    Ok(())
}

fn head(page: &mut String, rows: &[Row]) -> Result<()> {
    line(page, "", rows.iter().map(|row| row.model.clone()))?;
    line(page, "---", rows.iter().map(|_| "---:".to_owned()))
}

fn models_table(page: &mut String, rows: &[Row]) -> Result<()> {
    head(page, rows)?;
    let list = |values: Vec<String>| if values.is_empty() { "–".to_owned() } else { values.join(" + ") };
    line(page, "parameters", rows.iter().map(|row| row.parameters.to_string()))?;
    line(page, "latents", rows.iter().map(|row| row.latents.to_string()))?;
    line(page, "compression, input values : latents", rows.iter().map(|row| format!("{:.0}", row.compression)))?;
    let minutes = |row: &Row| row.training_s.map_or("–".into(), |seconds| format!("{:.1}", seconds / 60.0));
    line(page, "training, minutes", rows.iter().map(minutes))?;
    line(page, "epochs", rows.iter().map(|row| list(row.epochs.iter().map(ToString::to_string).collect())))?;
    let overfit = |row: &Row| list(row.overfit.iter().map(|ratio| format!("{ratio:.2}")).collect());
    line(page, "overfit, test : train", rows.iter().map(overfit))?;
    line(page, "Griffin-Lim iterations", rows.iter().map(|row| row.iterations.to_string()))?;
    line(page, "threads", rows.iter().map(|row| row.threads.to_string()))?;
    line(page, "decode, ms (median)", rows.iter().map(|row| format!("{:.1}", row.decode_ms)))
}

/// Every measure that any row has.
fn figures_table(page: &mut String, rows: &[Row], pick: Pick) -> Result<()> {
    head(page, rows)?;
    let sounds = |row: &Row| pick(row).map_or("–".into(), |figures| figures.sounds.to_string());
    line(page, "sounds", rows.iter().map(sounds))?;
    let names: BTreeSet<&String> =
        rows.iter().filter_map(|row| pick(row)).flat_map(|figures| figures.mean.keys()).collect();
    for name in names {
        let kind = if is_by_median(name) { "median" } else { "mean" };
        let cells = rows.iter().map(|row| number(pick(row).and_then(|figures| middle(figures, name))));
        line(page, &format!("{} ({kind})", name.replace('_', " ")), cells)?;
    }
    let in_tune = |row: &Row| pick(row).and_then(|figures| figures.pitch_within_5_cents);
    line(page, "pitch within 5 cents, %", rows.iter().map(|row| number(in_tune(row).map(|part| 100.0 * part))))?;
    if rows.iter().any(|row| pick(row).is_some_and(|figures| figures.visqol.is_some())) {
        line(page, "ViSQOL (mean of a few)", rows.iter().map(|row| number(pick(row).and_then(|f| f.visqol))))?;
    }
    let loss = |error: Option<&super::row::NetworkError>| match error {
        Some(error) => format!("{:.1} ({:.2} %)", error.loss, error.deviation_percent),
        None => "–".to_owned(),
    };
    line(page, "network, outer alone: loss", rows.iter().map(|row| loss(pick(row).and_then(|f| f.outer.as_ref()))))?;
    line(page, "network, whole: loss", rows.iter().map(|row| loss(pick(row).and_then(|f| f.whole.as_ref()))))
}

/// Lines between sounds of the training split that hold silence, noise between sounds that are none, clipping, or a leap.
fn interpolation_table(page: &mut String, rows: &[Row]) -> Result<()> {
    head(page, rows)?;
    let mut count = |name: &str, pick: fn(&InterpolationFigures) -> usize| {
        let cells =
            rows.iter().map(|row| row.interpolation.as_ref().map_or("–".to_owned(), |lines| pick(lines).to_string()));
        line(page, name, cells)
    };
    count("lines, 33 steps each", |lines| lines.lines)?;
    count("with silence", |lines| lines.silent)?;
    count("with a burst of noise", |lines| lines.noisy)?;
    count("with clipping", |lines| lines.broken)?;
    count("with a jump above 3 × the median", |lines| lines.leaping)?;
    line(page, "median jump, dB", rows.iter().map(|row| number(row.interpolation.as_ref().map(|lines| lines.jump_db))))
}

/// How smoothly latents turn, and what random ones give.
fn probes_table(page: &mut String, rows: &[Row]) -> Result<()> {
    head(page, rows)?;
    let mut turned = |name: &str, pick: fn(&LatentSweep) -> f64| {
        line(page, name, rows.iter().map(|row| number(row.latent_sweep.as_ref().map(pick))))
    };
    turned("knob: median jump, dB", |sweep| sweep.median_db)?;
    turned("knob: 95 % of jumps below, dB", |sweep| sweep.percentile_95_db)?;
    turned("knob: largest jump, dB", |sweep| sweep.largest_db)?;
    turned("knob: largest over median jump", |sweep| sweep.largest_db / sweep.median_db)?;
    let mut drawn = |name: &str, pick: fn(&RandomSounds) -> f64| {
        line(page, name, rows.iter().map(|row| number(row.random.as_ref().map(pick))))
    };
    drawn("random: median distance from the nearest training sound, dB", |random| random.to_nearest_training_db)?;
    drawn("the same of training sounds, other groups", |random| random.training_to_nearest_db)?;
    drawn("random: memorised, %", |random| 100.0 * random.memorised_part)?;
    drawn("random: diversity", |random| random.diversity)
}

/// Of times and pitch the outliers say little.
fn is_by_median(name: &str) -> bool {
    name.ends_with("_ms") || name.ends_with("_cents")
}

/// The median or the mean of a measure.
fn middle(figures: &SplitFigures, name: &str) -> Option<f64> {
    let figures = if is_by_median(name) { &figures.median } else { &figures.mean };
    figures.get(name).copied()
}

fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_finite() && value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) if value.is_finite() => format!("{value:.2}"),
        _ => "–".to_owned(),
    }
}

/// Each measure of every pack against that of the report's best model, as it stands in the tables; below 1 is better.
fn ratios(page: &mut String, rows: &[Row]) -> Result<()> {
    let packs: Vec<&Row> = rows.iter().filter(|row| row.seed.is_none()).collect();
    let Some(best) = rows.iter().find(|row| row.model == BEST).filter(|_| !packs.is_empty()) else {
        *page += "Not both were measured.\n";
        return Ok(());
    };
    for ours in packs {
        others(page, ours, best)?;
        let held_out = ours.held_out.as_ref().zip(best.held_out.as_ref());
        for (split, pair) in [("training", Some((&ours.train, &best.train))), ("held out", held_out)] {
            let Some((figures, of_best)) = pair else { continue };
            // Properties of the sounds themselves are no figures of a model.
            let shared = figures.mean.keys().filter(|name| !name.starts_with("true_"));
            let parts = shared.filter_map(|name| {
                Some(format!("{} {:.2}", name.replace('_', " "), middle(figures, name)? / middle(of_best, name)?))
            });
            writeln!(page, "- {}, {split}: {}", ours.model, parts.collect::<Vec<_>>().join(", "))?;
        }
        writeln!(page, "- {}, decode time: {:.2}", ours.model, ours.decode_ms / best.decode_ms)?;
    }
    Ok(())
}

/// What is no mean over sounds: each figure of a pack beside that of the report's best model; less is better in all of them.
fn others(page: &mut String, ours: &Row, best: &Row) -> Result<()> {
    let mut parts = Vec::new();
    if let Some((ours, best)) = ours.interpolation.as_ref().zip(best.interpolation.as_ref()) {
        let faults = |lines: &InterpolationFigures| lines.silent + lines.noisy + lines.broken;
        parts.push(format!("lines with silence, noise or clipping {} : {}", faults(ours), faults(best)));
        parts.push(format!("lines with a leap {} : {}", ours.leaping, best.leaping));
    }
    if let Some((ours, best)) = ours.latent_sweep.as_ref().zip(best.latent_sweep.as_ref()) {
        parts.push(format!("usual jump of a knob {:.2} : {:.2} dB", ours.median_db, best.median_db));
        parts.push(format!("largest {:.2} : {:.2} dB", ours.largest_db, best.largest_db));
    }
    if let Some((ours, best)) = ours.random.as_ref().zip(best.random.as_ref()) {
        parts.push(format!("memorised {:.0} : {:.0} %", 100.0 * ours.memorised_part, 100.0 * best.memorised_part));
    }
    if !parts.is_empty() {
        writeln!(page, "- {}, not as ratios: {}", ours.model, parts.join(", "))?;
    }
    Ok(())
}

/// What shows a collapsed posterior: how many dimensions still vary, and the divergence of each.
fn usage(page: &mut String, rows: &[Row]) -> Result<()> {
    *page += "A dimension is active if its mean varies over the sounds with a variance above 0.01 (Burda and others 2016). A \
              divergence of 0 nats means that the decoder learns nothing of the sound from that dimension: a collapse.\n\n";
    for row in rows {
        let Some(usage) = &row.usage else { continue };
        let nats = usage.divergence_nats.iter().map(|nats| format!("{nats:.2}")).collect::<Vec<_>>().join(", ");
        writeln!(page, "- {}: {} of {} active; {nats} nats", row.model, usage.active, usage.divergence_nats.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::reference::vae::Usage;

    fn row(model: &str, seed: Option<u64>, loss: f64) -> Row {
        let figures = |factor: f64| SplitFigures {
            sounds: 3,
            mean: BTreeMap::from([("report_loss".to_owned(), loss * factor)]),
            median: BTreeMap::from([("report_loss".to_owned(), loss * factor)]),
            pitch_within_5_cents: Some(0.5),
            visqol: Some(4.25),
            outer: None,
            whole: None,
        };
        let usage = Usage { divergence_nats: vec![1.5, 0.0], mean: vec![0.0; 2], deviation: vec![1.0, 0.0], active: 1 };
        Row {
            model: model.to_owned(),
            command: "reference measure".to_owned(),
            parameters: 7,
            compression: 900.0,
            latents: 2,
            training_s: seed.map(|_| 90.0),
            epochs: vec![],
            overfit: vec![],
            seed,
            corpus: "0123456789abcdef".to_owned(),
            corpus_sounds: [5, 1],
            iterations: 0,
            threads: 1,
            decode_ms: 10.0,
            usage: seed.map(|_| usage),
            interpolation: Some(InterpolationFigures {
                lines: 40,
                silent: 3,
                noisy: 2,
                broken: 0,
                leaping: 7,
                jump_db: 1.5,
            }),
            latent_sweep: Some(LatentSweep {
                knobs: 2,
                sounds: 1,
                median_db: 0.25,
                percentile_95_db: 0.75,
                largest_db: 2.5,
            }),
            random: None,
            train: figures(1.0),
            held_out: Some(figures(2.0)),
        }
    }

    #[test]
    fn the_page_holds_every_row_and_the_ratio_to_the_best() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let paths = [row("stft-vae", Some(1), 40.0), row("Ours", None, 10.0)].map(|row| {
            let path = folder.path().join(&row.model);
            fs::write(&path, serde_json::to_vec(&row).expect("a row is JSON")).expect("a file can be written");
            path
        });
        let remark = Some("Timed in the quiet.".to_owned());
        let about = About { date: "2024-01-31".into(), machine: "2 cores".into(), minutes: 3.0, remark };
        let out = folder.path().join("page.md");
        write_page(&paths, &about, &out).expect("a page is written");
        let page = fs::read_to_string(&out).expect("the page is there");
        for wanted in [
            "2024-01-31",
            "seed 1",
            "| report loss (mean) | 40.00 | 10.00 |",
            "report loss 0.25",
            "1 of 2 active",
            "| with silence | 3 | 3 |",
            "lines with a leap 7 : 7, usual jump of a knob 0.25 : 0.25 dB",
            "Timed in the quiet.",
            "| knob: largest jump, dB | 2.50 | 2.50 |",
            "| random: diversity | – | – |",
            "| ViSQOL (mean of a few) | 4.25 | 4.25 |",
            "| pitch within 5 cents, % | 50.00 | 50.00 |",
        ] {
            assert!(page.contains(wanted), "no `{wanted}` in\n{page}");
        }
        fs::write(&paths[0], "{}").expect("a file can be written");
        assert!(write_page(&paths, &about, &out).expect_err("no row").to_string().contains("no measured row"));
    }
}
