//! `heptode cqt`: there and back exactly, magnitudes alone nearly, and what it refuses.

use tempfile::tempdir;

use super::run::{assert_refused, heptode, json, text, tone_file};

/// Least distance of the error from the recording, in dB: the goal of DESIGN.md.
const EXACT_DB: f64 = -120.0;
/// Largest log-mel error of a tone whose phases were searched, in dB.
const NEAR_DB: f64 = 3.0;

#[test]
fn a_recording_comes_back_as_long_as_it_was_at_any_resolution() {
    let folder = tempdir().expect("a folder");
    let tone = tone_file(&folder);
    for bins in ["1", "16", "96"] {
        let out = folder.path().join("same.wav");
        let told = json(&["cqt", text(&tone), "--out", text(&out), "--bins-per-octave", bins]);
        assert!(told["error_db"].as_f64().expect("a number") < EXACT_DB, "{told}");
        assert_eq!(told["rate_hz"], 48_000);
        let read = engine::sample::read(&out).expect("read again");
        assert_eq!(told["samples"], read.samples.len());
    }
}

#[test]
fn magnitudes_alone_come_near_and_are_drawn() {
    let folder = tempdir().expect("a folder");
    let tone = tone_file(&folder);
    let [out, picture] = ["near.wav", "near.png"].map(|name| folder.path().join(name));
    let words = ["cqt", text(&tone), "--out", text(&out), "--magnitude-only", "--picture", text(&picture)];
    let told = json(&words);
    assert!(told["log_mel_error_db"].as_f64().expect("a number") < NEAR_DB, "{told}");
    let drawn = std::fs::read(&picture).expect("a picture");
    assert!(drawn.starts_with(b"\x89PNG"));
    let first = std::fs::read(&out).expect("a sound");
    json(&words);
    assert!(first == std::fs::read(&out).expect("a sound"), "the same seed gives the same sound");
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = tempdir().expect("a folder");
    let tone = tone_file(&folder);
    let out = folder.path().join("out.wav");
    let refused = |more: &[&str], part: &str| {
        let words: Vec<&str> =
            ["cqt", text(&tone), "--out", text(&out)].into_iter().chain(more.iter().copied()).collect();
        assert_refused(&heptode(&words), 2, part);
    };
    refused(&["--bins-per-octave", "97"], "97");
    refused(&["--iterations", "8"], "--magnitude-only");
    refused(&["--low", "nan"], "nan");
    assert_refused(&heptode(&["cqt", text(&tone), "--out", text(&tone)]), 1, "which is read");
    assert!(!out.exists());
}
