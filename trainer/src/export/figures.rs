//! The figures of a pack as Markdown, from the report of `trainer eval`: what the model card says of how good it is.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use engine::pack::{Manifest, Pack};
use serde_json::Value;

use crate::files::write_atomically;

/// A column of the table of remakes: its head, the field of the report, decimals, and a factor.
type Column = (&'static str, &'static str, usize, f64);

const COLUMNS: [Column; 12] = [
    ("mean", "mean_db", 2, 1.0),
    ("median", "median_db", 2, 1.0),
    ("STFT distance", "stft_distance", 2, 1.0),
    ("report's loss", "report_loss", 1, 1.0),
    ("at best level", "report_loss_at_best_level", 1, 1.0),
    ("stdev %", "report_deviation_percent", 2, 1.0),
    ("attack ms", "attack_error_median_ms", 1, 1.0),
    ("of drums", "attack_error_drums_median_ms", 1, 1.0),
    ("decay ms", "decay_error_median_ms", 0, 1.0),
    ("loudness dB", "loudness_error_db", 2, 1.0),
    ("within 5 cents, %", "pitch_within_5_cents", 0, 100.0),
    ("transposed, %", "transposed_part", 0, 100.0),
];

/// Writes the figures of a pack and its report to a file.
///
/// # Errors
/// When one of them cannot be read, or the report is of another pack.
pub fn write(pack: &Path, report: &Path, out: &Path) -> Result<()> {
    let (manifest, hash) = Pack::peek(pack)?;
    let bytes = fs::read(report).with_context(|| format!("cannot read {}", report.display()))?;
    let of = of_pack(&bytes)?;
    ensure!(of.contains(&hash), "{} is of another pack: {of}", report.display());
    let mut text = String::new();
    section(&mut text, &manifest, &bytes)?;
    write_atomically(out, text.as_bytes())?;
    println!("{}", out.display());
    Ok(())
}

fn of_pack(report: &[u8]) -> Result<String> {
    let report: Value = serde_json::from_slice(report).context("the report is damaged")?;
    Ok(report["pack"].as_str().unwrap_or_default().to_owned())
}

/// Appends the section of figures.
///
/// # Errors
/// The report is damaged or of another pack.
pub fn section(text: &mut String, manifest: &Manifest, report: &[u8]) -> Result<()> {
    let report: Value = serde_json::from_slice(report).context("the report is damaged")?;
    writeln!(text, "## Figures\n\nBy `trainer {}`.\n", command(&report))?;
    remakes(text, &report)?;
    knobs(text, manifest, &report)?;
    artefacts(text, &report["artefacts"])?;
    lines(text, &report["lines"])?;
    played(text, &report["played_pitch_by_key"])?;
    random(text, &report["random"])?;
    second_opinion(text, &report)?;
    ladder(text, &report["ladder"])
}

/// What was measured, without the places of one machine.
fn command(report: &Value) -> String {
    let mut words = word(&report["command"]).split_whitespace();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--out" | "--python" => drop(words.next()),
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

/// Sounds made again in each path. Log-mel error in dB with its 95 % interval over recording groups.
fn remakes(text: &mut String, report: &Value) -> Result<()> {
    *text += "Sounds made again; log-mel error in dB with its 95 % interval over recording groups, times as medians. Cents are those of the \
        partials from where the key has them; whether they are another octave's is told by the last column, which takes some bells \
        and basses for transposed that are not.\n\n";
    let heads = COLUMNS.map(|column| column.0).join(" | ");
    writeln!(text, "| split | path | sounds | interval | N = 512 | 2048 | 8192 | {heads} |")?;
    writeln!(text, "|---|---|{}", "---:|".repeat(5 + COLUMNS.len()))?;
    for row in rows(&report["summaries"]) {
        let sizes = [0, 1, 2].map(|size| number(&row["by_size_db"][size], 2, 1.0)).join(" | ");
        let interval = &row["intervals"]["mean_db"];
        let ends = [0, 1].map(|end| number(&interval[end], 2, 1.0)).join(" to ");
        let cells = COLUMNS.map(|(_, field, digits, factor)| number(&row[field], digits, factor)).join(" | ");
        let (split, path) = (word(&row["split"]), word(&row["way"]));
        writeln!(text, "| {split} | {path} | {} | {ends} | {sizes} | {cells} |", row["sounds"])?;
    }
    *text += "\n";
    Ok(())
}

/// Each knob: how well it follows its name, how the sounds lie along it, what it does.
fn knobs(text: &mut String, manifest: &Manifest, report: &Value) -> Result<()> {
    *text += "Knobs: rank correlation with the property of the name over random points, of the decoder's frames at key 60 (1000 points, as \
        in the manifest) and of samples, mean over keys 48, 60 and 72; points from the unit normal distribution; mean, σ and \
        divergence of the training sounds; what one unit changes at such points; jumps per percent of the range.\n\n\
        | knob | frames | samples | mean | σ | nats | dB per unit | jump, 95 % | largest |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    let latents = &report["latents"];
    for (axis, latent) in manifest.controls.iter().enumerate() {
        let correlation = latent.rank_correlation.map_or("–".to_owned(), |found| format!("{found:.2}"));
        let heard = rows(&report["followed"]).find(|knob| knob["name"] == latent.name.as_str());
        let heard = number(heard.map_or(&Value::Null, |knob| &knob["correlation"]), 2, 1.0);
        let spread = &latents["pack"][0]["dimensions"][axis];
        let nats = number(&latents["run"][0]["dimensions"][axis]["divergence_nats"], 1, 1.0);
        let (mean, sigma) = (number(&spread["mean"], 2, 1.0), number(&spread["sigma"], 2, 1.0));
        let effect = number(&latents["effect_db_per_unit"][axis], 1, 1.0);
        let turned = &report["knobs"][axis];
        let [usual, largest] = ["percentile_95_db", "largest_db"].map(|field| number(&turned[field], 2, 1.0));
        let name = &latent.name;
        writeln!(
            text,
            "| {name} | {correlation} | {heard} | {mean} | {sigma} | {nats} | {effect} | {usual} | {largest} |"
        )?;
    }
    let meanings = rows(&report["followed"]).map(|knob| format!("{}, {}", word(&knob["name"]), word(&knob["meaning"])));
    writeln!(text, "\nWhat the names stand for: {}.\n", meanings.collect::<Vec<_>>().join("; "))?;
    Ok(())
}

/// Returns, cut ends, flicker and rising tails, beside those of the recordings; nothing for a report from before they were measured.
fn artefacts(text: &mut String, survey: &Value) -> Result<()> {
    if survey.is_null() {
        return Ok(());
    }
    *text += "How sounds end, beside what they are compared with in brackets: percent that come back after silence, percent that end as if a gate had \
        shut, changes between silence and sound per band and second, percent of the level's movement in the last half that is \
        upward.\n\n| sounds | number | return | cut | flicker | rising | compared with |\n|---|---:|---:|---:|---:|---:|---|\n";
    for row in rows(&survey["rows"]) {
        let (made, own) = (&row["made"], &row["own"]);
        let part = |rates: &Value, field: &str| {
            let sounds = rates["sounds"].as_f64().unwrap_or(1.0).max(1.0);
            number(&rates[field], 1, 100.0 / sounds)
        };
        let both = |field: &str| format!("{} ({})", part(made, field), part(own, field));
        let means = |field: &str, digits, scale| {
            format!("{} ({})", number(&made[field], digits, scale), number(&own[field], digits, scale))
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            word(&row["of"]),
            made["sounds"],
            both("returns"),
            both("cut_ends"),
            means("flicker_per_band_s", 2, 1.0),
            means("rising_part", 1, 100.0),
            word(&row["against"])
        )?;
    }
    *text += "\n";
    Ok(())
}

fn lines(text: &mut String, lines: &Value) -> Result<()> {
    if lines.is_null() {
        return Ok(());
    }
    let breaking = &lines["lines_breaking"];
    writeln!(
        text,
        "Of {} straight lines between sounds, {} steps each, as the morph slider walks them: {} with silence, {} with a burst of noise, {} \
         with a value that is not finite, {} with clipping, {} with a jump above {} times the median one ({} of them above 1 dB; median \
         ratio {}, 95 % of lines below {}, largest {}).\n",
        lines["lines"],
        lines["steps"],
        breaking["silence"],
        breaking["noise"],
        breaking["not_finite"],
        breaking["clipping"],
        breaking["jump"],
        number(&lines["ratio_limit"], 0, 1.0),
        breaking["audible_jump"],
        number(&lines["ratio_median"], 1, 1.0),
        number(&lines["ratio_percentile_95"], 1, 1.0),
        number(&lines["ratio_largest"], 1, 1.0)
    )?;
    Ok(())
}

fn played(text: &mut String, by_key: &Value) -> Result<()> {
    let Some(all) = rows(by_key).find(|row| row["key"].is_null()) else { return Ok(()) };
    let [within_5, within_10] = ["within_5_cents", "within_10_cents"].map(|field| number(&all[field], 1, 100.0));
    writeln!(
        text,
        "Of {} notes of named sounds with a key, every third key from 24 to 96, the partials of {within_5} % lie within 5 cents of where the key \
         has them and of {within_10} % within 10.\n",
        all["sounds"]
    )?;
    Ok(())
}

fn random(text: &mut String, random: &Value) -> Result<()> {
    if random.is_null() {
        return Ok(());
    }
    let field = |name: &str| number(&random[name], 1, 1.0);
    writeln!(
        text,
        "Random points ({}), with the mean and covariance of the named sounds: {} dB from the nearest training sound, where a training \
         sound is {} dB from the nearest other one; {} % nearer than that of any; {} dB apart from each other, training sounds {} dB.\n",
        random["points"],
        field("to_nearest_training_db"),
        field("training_to_nearest_db"),
        number(&random["memorised_part"], 0, 100.0),
        field("among_random_db"),
        field("among_training_db")
    )?;
    Ok(())
}

/// ViSQOL, unless the ladder of known damage shows that it cannot be believed.
fn second_opinion(text: &mut String, report: &Value) -> Result<()> {
    if doubted(&report["ladder"]).any(|metric| metric["name"] == "ViSQOL") {
        return Ok(());
    }
    let scores: Vec<String> = rows(&report["visqol"]["scores"])
        .map(|score| {
            format!("{} {} ({} sounds)", word(&score["of"]), number(&score["mean_score"], 2, 1.0), score["sounds"])
        })
        .collect();
    if !scores.is_empty() {
        writeln!(text, "ViSQOL, a second opinion: {}.\n", scores.join("; "))?;
    }
    Ok(())
}

/// Which figures order known damage, and which were left out since they do not.
fn ladder(text: &mut String, ladder: &Value) -> Result<()> {
    if ladder.is_null() {
        return Ok(());
    }
    let believed = rows(&ladder["metrics"]).filter(|metric| metric["trusted"] == true);
    let believed: Vec<&str> = believed.map(|metric| word(&metric["name"])).collect();
    writeln!(
        text,
        "Of sounds damaged on purpose, more and more, these figures show the order: {}.",
        believed.join(", ")
    )?;
    for metric in doubted(ladder) {
        let failed: Vec<&str> = rows(&metric["failed"]).map(word).collect();
        writeln!(text, "Left out, since it does not: {} ({}).", word(&metric["name"]), failed.join(", "))?;
    }
    *text += "\n";
    Ok(())
}

fn doubted(ladder: &Value) -> impl Iterator<Item = &Value> {
    rows(&ladder["metrics"]).filter(|metric| metric["trusted"] != true)
}

fn rows(values: &Value) -> impl Iterator<Item = &Value> {
    values.as_array().into_iter().flatten()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("–")
}

fn number(value: &Value, digits: usize, factor: f64) -> String {
    value.as_f64().map_or("–".to_owned(), |value| format!("{:.digits$}", value * factor))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_of_a_report_has_its_words() {
        let report = json!({
            "command": "eval --pack p", "pack": "P (abc)",
            "summaries": [{
                "split": "train", "way": "true frames → audio", "sounds": 3, "by_size_db": [1.5, 0.5, 0.25],
                "mean_db": 0.75, "intervals": { "mean_db": [0.5, 1.0] }, "pitch_within_5_cents": null,
            }],
            "lines": {
                "lines": 2, "steps": 33, "ratio_limit": 3.0, "ratio_median": 1.84,
                "lines_breaking": { "silence": 0, "noise": 1, "not_finite": 0, "clipping": 0, "jump": 1, "audible_jump": 0 },
            },
            "played_pitch_by_key": [{ "key": 24, "sounds": 1 }, { "key": null, "sounds": 25, "within_5_cents": 0.96, "within_10_cents": 1.0 }],
            "random": null,
            "ladder": { "metrics": [
                { "name": "log-mel error", "trusted": true, "failed": [] },
                { "name": "spectral convergence", "trusted": false, "failed": ["hum"] },
            ] },
            "visqol": { "scores": [{ "of": "train: true frames", "sounds": 2, "mean_score": 3.456 }] },
        });
        let mut text = String::new();
        played(&mut text, &report["played_pitch_by_key"]).expect("text");
        lines(&mut text, &report["lines"]).expect("text");
        remakes(&mut text, &report).expect("text");
        random(&mut text, &report["random"]).expect("text");
        second_opinion(&mut text, &report).expect("text");
        ladder(&mut text, &report["ladder"]).expect("text");
        let told = command(&json!({ "command": "eval --python /a/b --pack p --out c --limit 3" }));
        assert_eq!(told, "eval --pack p --limit 3");
        for wanted in [
            "Of 25 notes",
            "96.0 % lie within 5 cents of where the key has them and of 100.0 %",
            "show the order: log-mel error.",
            "Left out, since it does not: spectral convergence (hum).",
            "1 with a burst of noise",
            "above 3 times",
            "median ratio 1.8",
            "| train | true frames → audio | 3 | 0.50 to 1.00 | 1.50 | 0.50 | 0.25 | 0.75 |",
            "| – |\n",
            "3.46 (2 sounds)",
        ] {
            assert!(text.contains(wanted), "no `{wanted}` in\n{text}");
        }
        assert!(!text.contains("Random points"));
    }
}
