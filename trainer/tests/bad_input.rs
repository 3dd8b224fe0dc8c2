//! What is wrong with a corpus, a pack or a run is told in one line, and nothing is overwritten.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use engine::sample::write_wav;
use sha2::{Digest, Sha256};
use tch::Tensor;

const RATE_HZ: u32 = 44_100;

fn trainer(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["--threads", "2"]).args(arguments);
    command.output().expect("the trainer starts")
}

fn succeed(arguments: &[&str]) -> String {
    let output = trainer(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

/// What a command that must fail says: exactly one line, with exit code 1.
fn complaint(arguments: &[&str]) -> String {
    let output = trainer(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{arguments:?}: {text}");
    text
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

fn factory_pack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/factory")
}

/// Four short tones as a corpus.
fn make_corpus(folder: &Path, held_out: &str) -> PathBuf {
    let (recordings, corpus) = (folder.join("recordings"), folder.join(format!("corpus {held_out}")));
    fs::create_dir_all(&recordings).expect("a folder can be made");
    for number in 0..4_u32 {
        let tone = |n: u32| (n as f32 * 0.02 * (number + 1) as f32).sin() * (-(n as f32) / 9000.0).exp();
        let sound: Vec<f32> = (0..RATE_HZ / 2).map(tone).collect();
        write_wav(&recordings.join(format!("tone {number}.wav")), &sound, 1, RATE_HZ).expect("a sound can be written");
    }
    succeed(&["corpus", "--folder", text(&recordings), "--out", text(&corpus), "--held-out", held_out]);
    corpus
}

fn train<'a>(corpus: &'a Path, run: &'a Path) -> Vec<&'a str> {
    let steps = ["--vae-steps", "3", "--vocoder-steps", "1", "--checkpoint-seconds", "0", "--device", "cpu"];
    [&["train", "--corpus", text(corpus), "--out", text(run)], steps.as_slice()].concat()
}

fn eval<'a>(pack: &'a Path, corpus: &'a Path, out: &'a Path) -> Vec<&'a str> {
    vec!["eval", "--pack", text(pack), "--corpus", text(corpus), "--out", text(out)]
}

/// Replaces words of a corpus manifest.
fn edit_manifest(corpus: &Path, from: &str, to: &str) {
    let path = corpus.join("corpus.json");
    let manifest = fs::read_to_string(&path).expect("a corpus has a manifest");
    assert!(manifest.contains(from), "the manifest says {from}");
    fs::write(path, manifest.replace(from, to)).expect("a manifest can be written");
}

#[test]
fn an_empty_split_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (run, out) = (folder.path().join("run"), folder.path().join("out"));
    let corpus = make_corpus(folder.path(), "0");
    assert!(complaint(&train(&corpus, &run)).contains("no held-out sound"));
    assert!(complaint(&eval(&factory_pack(), &corpus, &out)).contains("no held-out sound"));
    edit_manifest(&corpus, "\"train\"", "\"held-out\"");
    assert!(complaint(&train(&corpus, &run)).contains("no training sound"));
    assert!(complaint(&eval(&factory_pack(), &corpus, &out)).contains("no training sound"));
    assert!(!run.exists() && !out.exists(), "a refusal leaves nothing behind");
}

#[test]
fn shares_of_the_time_that_do_not_add_up_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let run = folder.path().join("run");
    for (shares, told) in [
        (["--vae-share", "0", "--decoder-share", "0.5"], "--vae-share must lie between 0.01 and 0.99"),
        (["--vae-share", "0.5", "--decoder-share", "1.5"], "--decoder-share must lie between 0 and 1"),
        (["--vae-share", "0.9", "--decoder-share", "0.2"], "--vae-share and --decoder-share are more than 1 together"),
    ] {
        let says = complaint(&[&["train", "--out", text(&run)], shares.as_slice()].concat());
        assert!(says.contains(told), "{says}");
    }
    assert!(!run.exists());
}

#[test]
fn another_rate_or_length_and_a_damaged_pack_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [run, out, broken] = ["run", "out", "broken.heptode"].map(|name| folder.path().join(name));
    let corpus = make_corpus(folder.path(), "0.3");
    fs::write(&broken, b"no pack at all").expect("a file can be written");
    let says = complaint(&eval(&broken, &corpus, &out));
    assert!(says.contains("broken.heptode"), "{says}");
    edit_manifest(&corpus, "\"sample_rate_hz\": 44100", "\"sample_rate_hz\": 48000");
    assert!(complaint(&eval(&factory_pack(), &corpus, &out)).contains("48000 Hz"));
    assert!(complaint(&train(&corpus, &run)).contains("48000 Hz"));
    edit_manifest(&corpus, "\"sample_rate_hz\": 48000", "\"sample_rate_hz\": 44100");
    edit_manifest(&corpus, "\"samples\": 88064", "\"samples\": 4096");
    assert!(complaint(&eval(&factory_pack(), &corpus, &out)).contains("4096 samples"));
    assert!(complaint(&train(&corpus, &run)).contains("4096 samples"));
    assert!(!out.exists() && !run.exists(), "a refusal leaves nothing behind");
}

#[test]
fn a_pack_of_another_rate_and_a_folder_without_a_run_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [run, out, other] = ["run", "out", "other"].map(|name| folder.path().join(name));
    let corpus = make_corpus(folder.path(), "0.3");
    fs::create_dir_all(&other).expect("a folder can be made");
    for entry in fs::read_dir(factory_pack()).expect("the factory pack is a folder").filter_map(Result::ok) {
        fs::copy(entry.path(), other.join(entry.file_name())).expect("a pack can be copied");
    }
    let manifest = fs::read_to_string(other.join("manifest.json")).expect("a pack has a manifest");
    let elsewhere = manifest.replace("\"sample_rate_hz\": 44100", "\"sample_rate_hz\": 48000");
    assert_ne!(manifest, elsewhere);
    fs::write(other.join("manifest.json"), elsewhere).expect("a manifest can be written");
    let says = complaint(&[train(&corpus, &run), vec!["--from-pack", text(&other)]].concat());
    assert!(says.contains("another sample rate"), "{says}");
    let says = complaint(&[eval(&factory_pack(), &corpus, &out), vec!["--run", text(&corpus)]].concat());
    assert!(says.contains("is no run folder"), "{says}");
    assert!(!out.exists() && !run.exists(), "a refusal leaves nothing behind");
}

#[test]
fn a_refused_corpus_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [missing, empty, out] = ["missing", "empty", "out"].map(|name| folder.path().join(name));
    fs::create_dir_all(&empty).expect("a folder can be made");
    for (source, place) in
        [("--folder", &missing), ("--folder", &empty), ("--class-folders", &empty), ("--sound-font", &missing)]
    {
        complaint(&["corpus", source, text(place), "--out", text(&out)]);
        assert!(!out.exists(), "{source} {}", place.display());
    }
}

#[test]
fn a_finished_corpus_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = make_corpus(folder.path(), "0.3");
    let sound = fs::read(corpus.join("00000.wav")).expect("a corpus has sounds");
    let broken = folder.path().join("broken");
    fs::create_dir_all(&broken).expect("a folder can be made");
    fs::write(broken.join("a.wav"), b"RIFF").expect("a file can be written");
    let says = complaint(&["corpus", "--folder", text(&broken), "--out", text(&corpus)]);
    assert!(says.contains("holds a corpus already"), "{says}");
    assert_eq!(fs::read(corpus.join("00000.wav")).expect("a corpus has sounds"), sound);
}

/// Checkpoint folders of a stage, oldest first.
fn checkpoints(run: &Path, stage: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(run).expect("a run has a folder").filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(stage)))
        .collect();
    found.sort();
    found
}

/// A safetensors file with one tensor of one number.
fn foreign_tensors() -> Vec<u8> {
    let header = br#"{"average.other.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    [&(header.len() as u64).to_le_bytes(), header.as_slice(), &[0; 4]].concat()
}

/// Puts other tensors into a checkpoint, with their hash.
fn replace_tensors(checkpoint: &Path, tensors: &[u8]) {
    fs::write(checkpoint.join("tensors.safetensors"), tensors).expect("a file can be written");
    let hash: String = Sha256::digest(tensors).iter().map(|byte| format!("{byte:02x}")).collect();
    let state = fs::read_to_string(checkpoint.join("state.json")).expect("a checkpoint has a state");
    let mut state: serde_json::Value = serde_json::from_str(&state).expect("the state is JSON");
    state["tensors_sha256"] = hash.into();
    fs::write(checkpoint.join("state.json"), state.to_string()).expect("a state can be written");
}

/// The tensors of a checkpoint with no number among them.
fn without_numbers(checkpoint: &Path) -> Vec<u8> {
    let place = checkpoint.join("tensors.safetensors");
    let tensors = Tensor::read_safetensors(&place).expect("a checkpoint has tensors");
    let spoilt: Vec<_> = tensors.into_iter().map(|(name, tensor)| (name, tensor.full_like(f64::NAN))).collect();
    let other = checkpoint.join("spoilt.safetensors");
    Tensor::write_safetensors(&spoilt, &other).expect("written");
    let bytes = fs::read(&other).expect("read");
    fs::remove_file(other).expect("removed");
    bytes
}

#[test]
fn a_stage_that_stops_tells_of_its_checkpoint_and_goes_on_at_a_lower_rate() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (tones, clips) = (make_corpus(folder.path(), "0.3"), folder.path().join("clips"));
    succeed(&["corpus", "--foley", "2", "--held-out", "0.2", "--out", text(&clips)]);
    let short = ["--size", "tiny", "--sample-rate", "8000", "--clip-seconds", "0.1", "--batch", "2"];
    for (model, corpus, more, stages) in [
        ("sashimi", &tones, &short[..], &["sashimi"][..]),
        ("foley", &clips, &["--foley-size", "tiny"], &["foley-vqvae", "foley-prior"]),
    ] {
        let run = folder.path().join(model);
        let words = ["train", "--model", model, "--corpus", text(corpus), "--out", text(&run), "--device", "cpu"];
        let words = [&words[..], &["--steps", "4", "--checkpoint-seconds", "0"], more].concat();
        succeed(&words);
        for stage in stages {
            let [before, end] =
                <[PathBuf; 2]>::try_from(checkpoints(&run, &format!("{stage}-0"))).expect("two checkpoints are kept");
            fs::remove_dir_all(end).expect("removed");
            fs::remove_file(run.join(format!("{stage}.safetensors"))).expect("removed");
            let good = fs::read(before.join("tensors.safetensors")).expect("read");
            replace_tensors(&before, &without_numbers(&before));
            let told = String::from_utf8_lossy(&trainer(&words).stderr).into_owned();
            let last = told.trim_end().lines().last().unwrap_or_default();
            for part in [
                &format!("trainer: the stage {stage} of {} stopped: the gradient is not finite", run.display()),
                "give a lower --rate",
                "its last good checkpoint is kept, from which the same command goes on",
            ] {
                assert!(last.contains(part), "{told}");
            }
            replace_tensors(&before, &good);
            let told = succeed(&[&words[..], &["--rate", "0.5"]].concat());
            assert!(told.contains(&format!("{stage}: resumed at step 3")), "{told}");
        }
    }
}

#[test]
fn damaged_and_foreign_checkpoints_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let run = folder.path().join("run");
    let corpus = make_corpus(folder.path(), "0.3");
    succeed(&train(&corpus, &run));
    let finished = run.join("vae.safetensors");
    let [before, newest] = <[PathBuf; 2]>::try_from(checkpoints(&run, "vae")).expect("two checkpoints are kept");

    fs::write(&finished, b"cut off").expect("a file can be damaged");
    let says = succeed(&train(&corpus, &run));
    assert!(says.contains("vae.safetensors are damaged"), "{says}");

    fs::remove_file(&finished).expect("a file can be removed");
    fs::write(newest.join("tensors.safetensors"), b"cut off").expect("a file can be damaged");
    let says = succeed(&train(&corpus, &run));
    assert!(says.contains(&format!("{} is damaged", newest.display())), "{says}");
    assert!(says.contains(&format!("using the checkpoint before it, {}", before.display())), "{says}");

    fs::remove_file(&finished).expect("a file can be removed");
    for checkpoint in checkpoints(&run, "vae") {
        fs::write(checkpoint.join("tensors.safetensors"), b"cut off").expect("a file can be damaged");
    }
    let output = trainer(&train(&corpus, &run));
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{says}");
    assert!(says.contains("there is none before it"), "{says}");
    assert!(!finished.exists(), "nothing is written over a run that cannot go on");

    checkpoints(&run, "vae").iter().for_each(|checkpoint| replace_tensors(checkpoint, &foreign_tensors()));
    assert!(complaint(&train(&corpus, &run)).contains("belongs to another model"));
}
