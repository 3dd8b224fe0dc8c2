//! A tiny corpus is trained for seconds, killed, damaged, resumed, exported and played. Every program here is the real one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::Pack;
use engine::residual::add;
use engine::sample::write_wav;

const RATE_HZ: u32 = 44_100;
const VAE_STEPS: &str = "8";
const DECODER_STEPS: &str = "4";
const VOCODER_STEPS: &str = "5";
/// Largest mean change of frames with a residual by two codings, in units of 45 dB.
const LARGEST_RESIDUAL_CHANGE: f32 = 0.01;

fn trainer(arguments: &[&str]) -> Command {
    on_threads("2", arguments)
}

fn on_threads(threads: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["--threads", threads]).args(arguments);
    command
}

fn output(command: &mut Command) -> Output {
    command.output().expect("the trainer starts")
}

fn succeed(command: &mut Command) -> Output {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Runs a command that must fail with exactly one line.
fn complaint(command: &mut Command) -> String {
    let output = output(command);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{command:?}: {text}");
    text
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// Six one-second sounds: decaying harmonic tones of different colour.
fn write_recordings(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder can be made");
    for number in 0..6 {
        let step = std::f32::consts::TAU * 261.63 / RATE_HZ as f32;
        let sound: Vec<f32> = (0..RATE_HZ)
            .map(|n| {
                let decay = (-(n as f32) / (4000.0 * (1 + number) as f32)).exp();
                decay * (1..=number + 1).map(|h| (step * (h * n) as f32).sin() / h as f32).sum::<f32>() * 0.4
            })
            .collect();
        write_wav(&folder.join(format!("tone {number} C4.wav")), &sound, 1, RATE_HZ).expect("a sound can be written");
    }
}

fn train<'a>(corpus: &'a Path, run: &'a Path, checkpoint_seconds: &'a str) -> Command {
    trainer(&[
        "train",
        "--corpus",
        text(corpus),
        "--out",
        text(run),
        "--device",
        "cpu",
        "--vae-steps",
        VAE_STEPS,
        "--decoder-steps",
        DECODER_STEPS,
        "--vocoder-steps",
        VOCODER_STEPS,
        "--log-steps",
        "1",
        "--evaluation-seconds",
        "100000",
        "--checkpoint-seconds",
        checkpoint_seconds,
    ])
}

/// Starts a training and kills it once a checkpoint of at least this step is there.
fn kill_at(mut command: Command, run: &Path, stage: &str, step: u64) {
    let mut child = command.stderr(Stdio::null()).spawn().expect("the trainer starts");
    let deadline = Instant::now() + Duration::from_secs(120);
    while checkpoints(run, stage).last().is_none_or(|(at, _)| *at < step) {
        assert!(Instant::now() < deadline, "no checkpoint of {stage} at step {step} appeared");
        assert!(child.try_wait().expect("a child can be asked").is_none(), "the training ended before it was killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("a child can be killed");
    child.wait().expect("a child can be waited for");
}

/// Steps and folders of a stage's checkpoints, oldest first.
fn checkpoints(run: &Path, stage: &str) -> Vec<(u64, PathBuf)> {
    let Ok(entries) = fs::read_dir(run) else { return Vec::new() };
    let mut found: Vec<(u64, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let step = path.file_name()?.to_str()?.strip_prefix(stage)?.strip_prefix('-')?.parse().ok()?;
            Some((step, path))
        })
        .collect();
    found.sort();
    found
}

/// Loss of every step of a run, by stage and step.
fn losses(run: &Path) -> BTreeMap<(String, u64), String> {
    let log = fs::read_to_string(run.join("log.jsonl")).expect("a run has a log");
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("the log is JSON"));
    let steps = lines.filter(|line| line["kind"] == "train");
    steps
        .map(|line| {
            let place = (line["stage"].as_str().unwrap_or_default().to_owned(), line["step"].as_u64().unwrap_or(0));
            (place, line["loss"].to_string())
        })
        .collect()
}

#[test]
fn a_killed_training_resumes_exactly_and_its_pack_plays() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [recordings, corpus, whole, killed, pack, again] =
        ["recordings", "corpus", "whole", "killed", "pack", "again"].map(|name| folder.path().join(name));
    write_recordings(&recordings);
    succeed(&mut trainer(&["corpus", "--folder", text(&recordings), "--out", text(&corpus)]));

    succeed(&mut train(&corpus, &whole, "100000"));
    kill_at(train(&corpus, &killed, "0"), &killed, "vae", 3);
    let (_, newest) = checkpoints(&killed, "vae").pop().expect("a checkpoint is there");
    fs::write(newest.join("tensors.safetensors"), b"cut off").expect("a checkpoint can be damaged");
    kill_at(train(&corpus, &killed, "0"), &killed, "decoder", 2);
    kill_at(train(&corpus, &killed, "0"), &killed, "vocoder", 2);
    let last = succeed(&mut train(&corpus, &killed, "100000"));
    assert!(String::from_utf8_lossy(&last.stderr).contains("decoder: already finished"));
    assert_eq!(losses(&whole), losses(&killed), "a resumed run makes the steps of an uninterrupted one");
    assert_eq!(losses(&whole).len(), 17);

    let export = ["export", "--run", text(&killed), "--corpus", text(&corpus), "--out", text(&pack)];
    succeed(&mut trainer(&export));
    plays(&pack);
    let evaluation = folder.path().join("evaluation");
    let mut eval = trainer(&["eval", "--pack", text(&pack), "--corpus", text(&corpus), "--run", text(&killed)]);
    eval.args(["--out", text(&evaluation), "--limit", "2", "--lines", "2", "--knob-sounds", "1", "--random", "4"]);
    succeed(eval.args(["--played", "1", "--ladder", "1"]));
    updates(&corpus, &pack, folder.path());
    reports_everything(&evaluation);
    tells_its_figures(&evaluation.join("report.json"), &pack, &export);

    let mut from_pack = train(&corpus, &again, "100000");
    succeed(from_pack.args(["--from-pack", text(&pack)]));
    // The vocoder's: in eight steps the auto-encoder learns too little for its first loss, most of which is of the laws of the space.
    let first = |run: &Path| losses(run)[&("vocoder".to_owned(), 1)].parse::<f64>().expect("a loss is a number");
    let (again, whole) = (first(&again), first(&whole));
    assert!(again < whole, "a training that starts from a pack starts better: {again}, {whole} from nothing");
}

/// Trains the decoder of a pack alone, and puts it in the pack's place.
fn updates(corpus: &Path, pack: &Path, folder: &Path) {
    let [run, updated] = ["refined", "updated"].map(|name| folder.join(name));
    retrain(corpus, pack, &run, ["2", "0"]);
    let export = ["export", "--run", text(&run), "--corpus", text(corpus), "--out", text(&updated), "--update"];
    let factory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/factory");
    assert!(complaint(trainer(&export).arg(factory)).contains("is not that of the pack"));
    succeed(trainer(&export).arg(pack));
    let [old, new] = [pack, &updated].map(|pack| Pack::open(pack).expect("a valid pack"));
    let names = |pack: &Pack| serde_json::to_string(&pack.manifest().sounds).expect("plain data");
    assert_eq!(names(&old), names(&new), "names, points and keys stay");
    for (graph, is_same) in [("encoder.onnx", true), ("decoder.onnx", false), ("vocoder.onnx", true)] {
        assert_eq!(old.graph(graph) == new.graph(graph), is_same, "{graph}");
    }
    let sound = &old.manifest().sounds[0];
    let recorded = |pack: &Pack| {
        let residual = &pack.residuals().of(&sound.name)[0].residual;
        let mut pipeline = Pipeline::new(Arc::new(Model::load(pack).expect("it loads"))).expect("memory");
        let mut frames = pipeline.decode_frames(&sound.latent, f32::from(sound.key)).expect("it decodes");
        add(&mut frames, &residual.difference(), 1.0, &pack.manifest().shape);
        frames.values
    };
    let (before, after) = (recorded(&old), recorded(&new));
    let silence = old.manifest().shape.normalise_db(-80.0);
    let change = |(before, after): (&f32, &f32)| (before.max(silence) - after.max(silence)).abs();
    let mean = before.iter().zip(&after).map(change).sum::<f32>() / before.len() as f32;
    assert!(mean < LARGEST_RESIDUAL_CHANGE, "a named sound with its recording stays what it is: {mean}");
    renews_the_vocoder_alone(corpus, pack, folder);
}

/// Trains a pack's decoder and vocoder for so many steps each; its encoder stays.
fn retrain(corpus: &Path, pack: &Path, run: &Path, [decoder, vocoder]: [&str; 2]) {
    let steps = ["--vae-steps", "0", "--decoder-steps", decoder, "--vocoder-steps", vocoder];
    let places = ["--corpus", text(corpus), "--out", text(run), "--from-pack", text(pack), "--device", "cpu"];
    succeed(trainer(&["train"]).args(places).args(steps));
}

fn renews_the_vocoder_alone(corpus: &Path, pack: &Path, folder: &Path) {
    let [run, updated] = ["revoiced", "revoiced-pack"].map(|name| folder.join(name));
    retrain(corpus, pack, &run, ["0", "2"]);
    let export = ["export", "--run", text(&run), "--corpus", text(corpus), "--out", text(&updated), "--update"];
    succeed(trainer(&export).arg(pack));
    let [old, new] = [pack, &updated].map(|pack| Pack::open(pack).expect("a valid pack"));
    for (name, before) in &old.manifest().files {
        let after = &new.manifest().files[name];
        assert_eq!(before.sha256 == after.sha256, name != "vocoder.onnx", "only the vocoder is another: {name}");
    }
}

#[test]
fn killed_trainings_of_raw_audio_and_of_clips_resume_exactly() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [recordings, tones, clips] = ["recordings", "tones", "clips"].map(|name| folder.path().join(name));
    write_recordings(&recordings);
    succeed(&mut trainer(&["corpus", "--folder", text(&recordings), "--out", text(&tones)]));
    succeed(&mut trainer(&["corpus", "--foley", "2", "--held-out", "0.2", "--out", text(&clips)]));
    let raw = ["--size", "tiny", "--sample-rate", "8000", "--clip-seconds", "0.2", "--batch", "2", "--steps", "60"];
    for (model, corpus, more, stages) in [
        ("sashimi", &tones, &raw[..], &[("sashimi", 3)][..]),
        ("foley", &clips, &["--foley-size", "tiny", "--steps", "5"], &[("foley-vqvae", 2), ("foley-prior", 2)]),
    ] {
        let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(format!("{model} {name}")));
        let train = |run: &Path, checkpoint_seconds: &str| {
            let words = ["train", "--model", model, "--corpus", text(corpus), "--out", text(run)];
            // The networks are too small to gain by a second thread.
            let mut command = on_threads("1", &words);
            command.args(["--device", "cpu", "--log-steps", "1", "--evaluation-seconds", "100000"]);
            command.args(["--checkpoint-seconds", checkpoint_seconds]).args(more);
            command
        };
        succeed(&mut train(&whole, "100000"));
        stages.iter().for_each(|(stage, step)| kill_at(train(&killed, "0"), &killed, stage, *step));
        let last = succeed(&mut train(&killed, "100000"));
        let (stage, _) = stages[stages.len() - 1];
        let told = String::from_utf8_lossy(&last.stderr).into_owned();
        assert!(told.contains(&format!("{stage}: resumed at step ")), "{told}");
        assert_eq!(losses(&whole), losses(&killed), "a resumed run makes the steps of an uninterrupted one");
        for (stage, _) in stages {
            let weights = |run: &Path| fs::read(run.join(format!("{stage}.safetensors"))).expect("a finished stage");
            assert!(weights(&whole) == weights(&killed), "{stage}: the same weights at the end");
        }
    }
}

fn reports_everything(folder: &Path) {
    let report = fs::read_to_string(folder.join("report.json")).expect("there is a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("the report is JSON");
    let summary = &report["summaries"][0];
    let [low, high] = [0, 1].map(|end| summary["intervals"]["mean_db"][end].as_f64().expect("an interval has ends"));
    let mean = summary["mean_db"].as_f64().expect("a mean");
    assert!(low <= mean && mean <= high, "{mean} lies outside of {low} to {high}");
    let of_way = |way: &str| {
        let rows = report["summaries"].as_array().expect("a list").iter();
        let of_way: Vec<f64> = rows.filter(|row| row["way"] == way).filter_map(|row| row["mean_db"].as_f64()).collect();
        of_way.first().copied().unwrap_or_else(|| panic!("nothing was measured by {way}"))
    };
    let [plain_db, whole_db] = ["named sound → audio", "named sound + residual → audio"].map(of_way);
    assert!(whole_db < 0.7 * plain_db, "{plain_db} dB, with what the points leave out {whole_db} dB");
    assert_eq!(report["lines"]["lines"], 2);
    assert_eq!(report["lines"]["not_finite_rate"], 0.0);
    assert_eq!(report["latents"]["run"][0]["dimensions"].as_array().map(Vec::len), Some(7));
    assert!(report["latents"]["run"][0]["dimensions"][0]["divergence_nats"].is_number());
    assert_eq!(report["random"]["points"], 4);
    assert!(report["played_pitch_by_key"].as_array().is_some_and(|rows| rows.len() == 26), "25 keys and all together");
    assert!(report["ladder"]["metrics"].as_array().is_some_and(|metrics| metrics.len() >= 10));
    let page = fs::read_to_string(folder.join("report.html")).expect("there is a page");
    for part in ["<svg", "data:image/png", "data:audio/flac", "Can the figures be believed?", "overfitting ratio"] {
        assert!(page.contains(part), "the page has no {part}");
    }
    assert!(!page.contains("#010101"), "a stand-in colour was left in a chart");
}

/// The card of a pack gets the figures of its report, by themselves and with the next export.
fn tells_its_figures(report: &Path, pack: &Path, export: &[&str]) {
    let figures = report.with_file_name("figures.md");
    succeed(&mut trainer(&["figures", "--pack", text(pack), "--report", text(report), "--out", text(&figures)]));
    let figures = fs::read_to_string(&figures).expect("figures are written");
    for part in ["| train | seven latents → audio |", "| held-out | ", "| samples |", "these figures show the order"]
    {
        assert!(figures.contains(part), "no `{part}` in\n{figures}");
    }
    succeed(trainer(export).args(["--report", text(report)]));
    let card = fs::read_to_string(pack.join("README.md")).expect("a pack has a card");
    assert!(card.contains(figures.trim()), "the card has the same figures:\n{card}");
}

fn plays(folder: &Path) {
    let pack = Pack::open(folder).expect("the exported pack is valid");
    assert!(folder.join("README.md").is_file() && folder.join("parity.json").is_file());
    let sound = pack.manifest().sounds[0].clone();
    let zones = pack.residuals().of(&sound.name);
    assert!(matches!(zones, [zone] if zone.root_key == 60), "{zones:?} of a sound that was recorded at key 60");
    let model = Model::load(&pack).expect("the exported graphs load");
    let mut pipeline = Pipeline::new(Arc::new(model)).expect("the exported graphs run");
    let samples = pipeline.decode(&sound.latent, 60.0, &Shaping::default()).expect("a sound decodes");
    assert_eq!(samples.len(), 88_064);
    assert!(samples.iter().all(|sample| sample.is_finite()));
    assert!(samples.iter().any(|sample| sample.abs() > 1e-3), "the decoded sound is silent");
}

#[test]
fn bad_input_gets_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [empty, out, noise, run] = ["empty", "out", "noise.sf2", "run"].map(|name| folder.path().join(name));
    fs::create_dir_all(&empty).expect("a folder can be made");
    fs::write(&noise, [7_u8; 4096]).expect("a file can be written");

    assert!(complaint(&mut trainer(&["corpus", "--out", text(&out)])).contains("--sound-font"));
    let from_folder = complaint(&mut trainer(&["corpus", "--folder", text(&empty), "--out", text(&out)]));
    assert!(from_folder.contains("no audio file of a kind that is read"), "{from_folder}");
    let from_font = complaint(&mut trainer(&["corpus", "--sound-font", text(&noise), "--out", text(&out)]));
    assert!(from_font.contains("not a sound font"), "{from_font}");
    fs::write(empty.join("a.wav"), b"RIFF").expect("a file can be written");
    let from_broken = complaint(&mut trainer(&["corpus", "--folder", text(&empty), "--out", text(&out)]));
    assert!(from_broken.contains("no usable sound"), "{from_broken}");
    let no_corpus = complaint(&mut trainer(&["train", "--corpus", text(&empty), "--out", text(&run)]));
    assert!(no_corpus.contains("holds no corpus"), "{no_corpus}");
    let no_run = ["export", "--run", text(&empty), "--corpus", text(&empty), "--out", text(&out)];
    assert!(complaint(&mut trainer(&no_run)).contains("no run folder"));
    let no_pack = complaint(&mut trainer(&["eval", "--pack", text(&empty), "--corpus", text(&empty)]));
    assert!(no_pack.contains("corpus"), "{no_pack}");
}
