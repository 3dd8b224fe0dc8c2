//! A command never writes over what it reads.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::run::{FAST, a_sound, assert_refused, files_in, heptode, json, text, tone_file};

/// Refused with exit code 1, and the recording and the number of files stay.
fn assert_kept(recording: &Path, words: &[&str]) {
    let folder = recording.parent().expect("in a folder");
    let (before, count) = (fs::read(recording).expect("there"), files_in(folder));
    assert_refused(&heptode(words), 1, "which is read");
    assert!(fs::read(recording).expect("there") == before, "{words:?} changed the recording");
    assert_eq!(files_in(folder), count, "{words:?} left a file");
}

#[test]
fn a_recording_is_not_written_over_by_what_is_made_of_it() {
    let folder = TempDir::new().unwrap();
    let tone = tone_file(&folder);
    let (name, _) = a_sound();
    let series = folder.path().join("m");
    fs::create_dir(&series).unwrap();
    let second = series.join("02.wav");
    fs::copy(&tone, &second).unwrap();
    let roundabout = folder.path().join("m").join("..").join("tone.wav");
    assert_kept(&tone, &["reconstruct", text(&tone), "--out", text(&tone)]);
    assert_kept(&tone, &["reconstruct", text(&tone), "--out", text(&roundabout)]);
    assert_kept(&tone, &["reconstruct", text(&roundabout), "--out", text(&tone), "--via", "frames"]);
    assert_kept(&second, &["vary", "--sound", text(&second), "--out", text(&series)]);
    assert_kept(&second, &["vary", "--sound", text(&second), "--count", "2", "--out", text(&series.join("../m"))]);
    assert_kept(&second, &["morph", "--from", text(&second), "--to", &name, "--out", text(&series)]);
    assert_kept(&second, &["morph", "--from", &name, "--to", text(&second), "--steps", "2", "--out", text(&series)]);
    // A series that does not reach it is written beside it.
    let before = fs::read(&second).unwrap();
    let short = ["vary", "--sound", text(&second), "--count", "1", "--out", text(&series)];
    json(&[&short[..], &FAST].concat());
    assert_eq!(fs::read(&second).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn links_of_all_kinds_are_seen_through() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().unwrap();
    let tone = tone_file(&folder);
    let at = |name: &str| folder.path().join(name);
    symlink(&tone, at("link.wav")).unwrap();
    symlink(folder.path(), at("again")).unwrap();
    fs::hard_link(&tone, at("hard.wav")).unwrap();
    for other in ["link.wav", "again/tone.wav", "again/link.wav", "hard.wav", "again/again/hard.wav"] {
        assert_kept(&tone, &["reconstruct", text(&tone), "--out", text(&at(other))]);
        assert_kept(&tone, &["reconstruct", text(&at(other)), "--out", text(&tone)]);
    }
    fs::create_dir(at("series")).unwrap();
    symlink(&tone, at("series").join("01.wav")).unwrap();
    assert_kept(&tone, &["vary", "--sound", text(&tone), "--count", "1", "--out", text(&at("series"))]);
    assert!(at("series").join("01.wav").is_symlink());
}

#[test]
fn a_pack_is_not_written_over() {
    let folder = TempDir::new().unwrap();
    let unpacked = folder.path().join("pack");
    let factory = engine::pack::Pack::factory().expect("valid");
    factory.save_folder(&unpacked).expect("written");
    let file = folder.path().join("pack.wav");
    factory.save_archive(&file).expect("written");
    assert_kept(&file, &["render", "--pack", text(&file), "--out", text(&file)]);
    // A file of an unpacked one, by another name.
    let graph = unpacked.join("decoder.onnx");
    let other = folder.path().join("graph.wav");
    fs::hard_link(&graph, &other).unwrap();
    assert_kept(&graph, &["render", "--pack", text(&unpacked), "--out", text(&other)]);
    let series = folder.path().join("series");
    fs::create_dir(&series).unwrap();
    fs::hard_link(&file, series.join("01.wav")).unwrap();
    let (name, _) = a_sound();
    let words = ["vary", "--sound", &name, "--count", "1", "--pack", text(&file), "--out", text(&series)];
    assert_kept(&series.join("01.wav"), &words);
}
