//! The reference models on a handful of generated sounds: they learn, they resume, they make sounds, and bad input gets one
//! line and changes nothing. Every program here is the real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use engine::sample::{read, write_wav};

const RATE_HZ: u32 = 44_100;
const SOUNDS: u32 = 8;

fn trainer(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["--threads", "2"]).args(arguments);
    command
}

fn reference(arguments: &[&str]) -> Command {
    let mut command = trainer(&["reference"]);
    command.args(arguments);
    command
}

fn output(command: &mut Command) -> Output {
    command.output().expect("the trainer starts")
}

fn succeed(command: &mut Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command that must fail says last; nothing else may look like an error.
fn complaint(command: &mut Command) -> String {
    let output = output(command);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {text}");
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("trainer: ")).collect();
    assert_eq!(errors.len(), 1, "{command:?}: {text}");
    assert!(text.ends_with(&format!("{}\n", errors[0])), "{command:?}: {text}");
    errors[0].to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// Decaying harmonic tones of different colour, half of them named as bells and half as pads.
fn make_corpus(folder: &Path) -> PathBuf {
    let recordings = folder.join("recordings");
    fs::create_dir_all(&recordings).expect("a folder can be made");
    for number in 0..SOUNDS {
        let step = std::f32::consts::TAU * 261.63 / RATE_HZ as f32;
        let sound: Vec<f32> = (0..RATE_HZ)
            .map(|n| {
                let decay = (-(n as f32) / (3000.0 * (1 + number) as f32)).exp();
                decay * (1..=number + 1).map(|h| (step * (h * n) as f32).sin() / h as f32).sum::<f32>() * 0.4
            })
            .collect();
        let kind = if number % 2 == 0 { "Bell" } else { "Pad" };
        write_wav(&recordings.join(format!("{kind} {number} C4.wav")), &sound, 1, RATE_HZ).expect("a sound is written");
    }
    let corpus = folder.join("corpus");
    let arguments = ["corpus", "--folder", text(&recordings), "--out", text(&corpus), "--held-out", "0.25"];
    succeed(trainer(&arguments).args(["--mixes", "2"]));
    corpus
}

fn train<'a>(model: &'a str, corpus: &'a Path, run: &'a Path, epochs: &'a str) -> Command {
    reference(&["train", "--model", model, "--corpus", text(corpus), "--out", text(run), "--epochs", epochs])
}

/// Training losses of a finished stage, by epoch.
fn losses(run: &Path, stage: &str) -> Vec<f64> {
    let text = fs::read_to_string(run.join(format!("{stage}.json"))).expect("a finished stage has a history");
    let history: serde_json::Value = serde_json::from_str(&text).expect("a history is JSON");
    history["epochs"].as_array().expect("epochs").iter().map(|epoch| epoch["train"].as_f64().expect("a loss")).collect()
}

/// Every file below a folder with its content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap_or_default()));
        }
    }
    found.sort();
    found
}

fn wav_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "wav")).collect()
}

#[test]
fn a_model_learns_resumes_and_makes_sounds_every_way() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path());
    let [run, outer, sounds, row] = ["run", "outer", "sounds", "row.json"].map(|name| folder.path().join(name));
    succeed(train("raw-ae", &corpus, &outer, "12").args(["--rate", "0.002"]));
    let learned = losses(&outer, "outer");
    assert!(learned[learned.len() - 1] < 0.7 * learned[0], "the loss of the samples does not fall: {learned:?}");

    succeed(train("raw-ae", &corpus, &outer, "16").args(["--rate", "0.002"]));
    let went_on = losses(&outer, "outer");
    assert_eq!(
        (went_on.len(), &went_on[..12]),
        (16, &learned[..]),
        "a larger budget goes on where the smaller one ended"
    );
    let learned = went_on;

    succeed(train("raw-vae", &corpus, &run, "30").args(["--outer-from", text(&outer)]));
    let codes = losses(&run, "inner");
    assert!(codes[codes.len() - 1] < 0.9 * codes[0], "the loss of the codes does not fall: {codes:?}");
    assert_eq!(losses(&run, "outer"), learned, "the outer network is taken over, not trained again");
    let again = output(&mut train("raw-vae", &corpus, &run, "30"));
    assert!(String::from_utf8_lossy(&again.stderr).contains("inner: already finished"));

    let recordings = wav_files(&folder.path().join("recordings"));
    let (one, other) = (text(&recordings[0]), text(&recordings[1]));
    let ways: [(&[&str], usize); 5] = [
        (&["probe", "--values=-1,1"], 14),
        (&["random", "--count", "2"], 2),
        (&["around", one, "--amounts", "0.1,0.5", "--count", "1"], 2),
        (&["between", one, other, "--steps", "3"], 3),
        (&["transfer", one, "--count", "2"], 3),
    ];
    for (way, files) in ways {
        let out = sounds.join(way[0]);
        succeed(reference(way).args(["--run", text(&run), "--out", text(&out)]));
        let made = wav_files(&out);
        assert_eq!(made.len(), files, "{way:?}");
        assert!(made.iter().all(|path| read(path).is_ok_and(|sound| sound.samples.len() > 10_000)), "{way:?}");
    }
    let mut measure = reference(&["measure", "--run", text(&run), "--corpus", text(&corpus), "--out", text(&row)]);
    succeed(measure.args(["--lines", "2"]));
    let measured: serde_json::Value =
        serde_json::from_slice(&fs::read(&row).expect("a row is written")).expect("a row is JSON");
    assert!(measured["train"]["mean"]["log_mel_db"].as_f64().is_some_and(|db| db > 0.0));
    assert_eq!(measured["travel"]["lines"], 2);
    assert_eq!(measured["parameters"], 134_570 + 5_710_679);
    assert_eq!(measured["usage"]["divergence_nats"].as_array().map(Vec::len), Some(7));
    let told = succeed(&mut reference(&["classify", "--run", text(&run), "--corpus", text(&corpus)]));
    assert!(told.contains("nearest centroid"), "{told}");
    let pictures = folder.path().join("pictures");
    let plot = ["plot", "--run", text(&run), "--corpus", text(&corpus), "--pairs", "1", "--out", text(&pictures)];
    succeed(&mut reference(&plot));
    assert!(pictures.join("latents.svg").is_file());
}

#[test]
fn the_published_model_learns_and_a_search_ranks_its_variants() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path());
    let [run, found] = ["run", "found"].map(|name| folder.path().join(name));
    succeed(train("stft-vae", &corpus, &run, "5").args(["--batch", "2", "--rate", "0.002", "--outer-only"]));
    let learned = losses(&run, "outer");
    assert!(learned[learned.len() - 1] < 0.8 * learned[0], "the loss does not fall: {learned:?}");

    let search = |trials: &'static str| {
        let mut command =
            reference(&["search", "--model", "stft-vae", "--corpus", text(&corpus), "--out", text(&found)]);
        command.args(["--param", "layers=cat:4,5", "--param", "rate=log:1e-4..1e-2:2", "--epochs", "2"]);
        command.args(["--diverse", "4", "--trials", trials]);
        command
    };
    succeed(&mut search("2"));
    let table = succeed(&mut search("9"));
    let rows: Vec<&str> = table.lines().filter(|line| line.contains("layers=")).collect();
    assert_eq!(rows.len(), 4, "a grid of four points has four trials, those of the first call included:\n{table}");
    assert!(table.contains("13621") && table.contains("13.5x"), "{table}");
    assert!(found.join("search.svg").is_file());
}

/// Every model by name, both its networks: one epoch, then a sound out of nothing.
#[test]
fn every_model_trains_whole_and_makes_a_sound() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path());
    let of = |model: &str| folder.path().join(model);
    succeed(&mut train("raw-ae", &corpus, &of("raw-ae"), "1"));
    for (model, needs_outer) in [
        ("stft-vae", false),
        ("mlp", false),
        ("rnn", false),
        ("raw-deep", true),
        ("raw-vae", true),
        ("raw-vqvae", true),
    ] {
        let (run, outer, sounds) = (of(model), of("raw-ae"), of(&format!("{model} sounds")));
        let mut command = train(model, &corpus, &run, "1");
        if needs_outer {
            command.args(["--outer-from", text(&outer)]);
        }
        succeed(&mut command);
        succeed(&mut reference(&["random", "--count", "1", "--run", text(&run), "--out", text(&sounds)]));
        let made = wav_files(&sounds);
        assert_eq!(made.len(), 1, "{model}");
        // After one epoch it may well be silence, but it is two seconds of it.
        assert!(fs::metadata(&made[0]).is_ok_and(|about| about.len() > 100_000), "{model}");
    }
}

#[test]
fn a_finished_pack_makes_sounds_and_gets_a_row_like_any_model() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path());
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/factory");
    let [sounds, row, page] = ["sounds", "row.json", "page.md"].map(|name| folder.path().join(name));
    let recordings = wav_files(&folder.path().join("recordings"));
    let (one, other) = (text(&recordings[0]), text(&recordings[1]));
    let ways: [(&[&str], usize); 4] = [
        (&["probe", "--values=1"], 7),
        (&["random", "--count", "1"], 1),
        (&["between", one, other, "--steps", "3"], 3),
        (&["transfer", one, "--count", "1"], 2),
    ];
    for (way, files) in ways {
        let out = sounds.join(way[0]);
        succeed(reference(way).args(["--pack", text(&pack), "--out", text(&out)]));
        assert_eq!(wav_files(&out).len(), files, "{way:?}");
    }
    let mut measure = reference(&["measure", "--pack", text(&pack), "--corpus", text(&corpus), "--out", text(&row)]);
    measure.args(["--limit", "2", "--lines", "1", "--knob-sounds", "0", "--random", "2", "--training-minutes", "7"]);
    succeed(&mut measure);
    let mut table = reference(&["table", text(&row), "--out", text(&page), "--date", "2026-01-31"]);
    succeed(table.args(["--machine", "a machine", "--minutes", "7"]));
    let page = fs::read_to_string(&page).expect("the page is written");
    for part in ["2026-01-31", "a machine", "Heptode factory", "report loss", "decode, ms"] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
}

#[test]
fn a_search_ends_hopeless_runs_early_and_ranks_them_last() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path());
    let found = folder.path().join("found");
    let mut search = reference(&["search", "--model", "raw-ae", "--corpus", text(&corpus), "--out", text(&found)]);
    // The seed that tries the good rate first: nothing is hopeless before something is known.
    search.args(["--param", "rate=cat:0.002,0.03", "--epochs", "6", "--seed", "3"]);
    let table = succeed(&mut search);
    let rows: Vec<&str> = table.lines().filter(|line| line.contains("rate=")).collect();
    let [good, bad] = rows[..] else { panic!("two trials:\n{table}") };
    assert!(good.contains("rate=2.00e-3") && !good.contains("cut off"), "{table}");
    assert!(bad.contains("rate=0.030") && bad.contains("(cut off after"), "{table}");
}

#[test]
fn bad_input_gets_one_line_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path());
    let [run, other] = ["run", "other"].map(|name| folder.path().join(name));
    let unknown = complaint(&mut train("vea", &corpus, &other, "1"));
    assert!(unknown.contains("stft-vae") && unknown.contains("raw-vqvae"), "{unknown}");
    assert!(!other.exists());

    let mut small = reference(&["train", "--model", "raw-ae", "--corpus", text(&corpus), "--out", text(&other)]);
    let small = complaint(small.args(["--minutes", "0.0000001"]));
    assert!(small.contains("too small for one epoch"), "{small}");
    assert!(!other.join("outer.safetensors").exists());

    succeed(train("raw-ae", &corpus, &run, "2").args(["--checkpoint-seconds", "0"]));
    let before = content(&run);
    let wrong = complaint(&mut train("stft-vae", &corpus, &run, "2"));
    assert!(wrong.contains("holds a run of raw-ae"), "{wrong}");
    assert_eq!(content(&run), before, "a refused training changes nothing");

    fs::remove_file(run.join("outer.safetensors")).expect("the finished weights can be removed");
    for (path, _) in content(&run) {
        if path.file_name().is_some_and(|name| name == "tensors.safetensors") {
            fs::write(path, b"cut off").expect("a checkpoint can be damaged");
        }
    }
    let before = content(&run);
    let damaged = complaint(train("raw-ae", &corpus, &run, "2").args(["--checkpoint-seconds", "0"]));
    assert!(damaged.contains("damaged"), "{damaged}");
    assert_eq!(content(&run), before, "a damaged run is left as it is");

    let space = |params: &[&str]| {
        let mut command =
            reference(&["search", "--model", "stft-vae", "--corpus", text(&corpus), "--out", text(&other)]);
        params.iter().for_each(|param| {
            command.args(["--param", param]);
        });
        complaint(&mut command)
    };
    assert!(space(&[]).contains("empty"));
    assert!(space(&["layers=int:6..4"]).contains("contradictory"));
    assert!(space(&["layers=int:20..22"]).contains("no point of it makes a network"));
}
