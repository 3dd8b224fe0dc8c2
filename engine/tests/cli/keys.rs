//! The key of a file is told with where it comes from, and can be given.

use tempfile::TempDir;

use crate::run::{FAST, a_sound, assert_refused, heptode, json, text, tone_file};

#[test]
fn a_given_key_counts_in_every_command_that_reads_a_file() {
    let folder = TempDir::new().unwrap();
    let tone = tone_file(&folder);
    let (name, _) = a_sound();
    let (out, series) = (folder.path().join("out.wav"), folder.path().join("series"));
    let (tone, out, series) = (text(&tone), text(&out), text(&series));
    let with = |words: &[&str], more: &[&str]| json(&[words, more].concat());
    let encode = ["encode", tone];
    let reconstruct = ["reconstruct", tone, "--out", out, "--via", "frames"];
    let vary = ["vary", "--sound", tone, "--count", "1", "--out", series, FAST[0], FAST[1], FAST[2], FAST[3]];
    let from =
        ["morph", "--from", tone, "--to", &name, "--steps", "2", "--out", series, FAST[0], FAST[1], FAST[2], FAST[3]];
    let to =
        ["morph", "--from", &name, "--to", tone, "--steps", "2", "--out", series, FAST[0], FAST[1], FAST[2], FAST[3]];
    for (words, option, recording) in [
        (&encode[..], "--key", "recording"),
        (&reconstruct, "--key", "recording"),
        (&vary, "--sound-key", "recording"),
        (&from, "--from-key", "from_recording"),
        (&to, "--to-key", "to_recording"),
    ] {
        let heard = &with(words, &[])[recording];
        assert!((heard["key"].as_f64().unwrap() - 57.0).abs() < 0.1, "{words:?}: {heard}");
        assert_eq!(heard["key_origin"], "heard", "{words:?}");
        assert_eq!((&heard["samples"], &heard["sample_rate_hz"]), (&60_000.into(), &48_000.into()));
        let given = &with(words, &[option, "52.5"])[recording];
        assert_eq!((&given["key"], &given["key_origin"]), (&52.5.into(), &"given".into()), "{words:?}");
        let said = String::from_utf8(heptode(&[words, &[option, "52.5"]].concat()).stdout).unwrap();
        assert!(said.contains("key") && said.contains("52.50") && said.contains("given"), "{words:?}: {said}");
    }
    assert!(with(&from, &[])["to_recording"].is_null(), "a sound of the pack is no recording");
}

#[test]
fn a_key_for_a_sound_of_the_pack_is_refused() {
    let folder = TempDir::new().unwrap();
    let tone = tone_file(&folder);
    let (name, _) = a_sound();
    let series = folder.path().join("series");
    let (tone, series) = (text(&tone), text(&series));
    for words in [
        ["vary", "--sound", &name, "--sound-key", "60", "--out", series].as_slice(),
        &["morph", "--from", &name, "--to", tone, "--from-key", "60", "--out", series],
        &["morph", "--from", tone, "--to", &name, "--to-key", "60", "--out", series],
    ] {
        assert_refused(&heptode(words), 2, "-key is for audio files");
    }
    assert!(!folder.path().join("series").exists());
}
