//! `heptode play` and `heptode presets`: what is written, what is refused, where presets come from.

use std::fs;
use std::path::Path;
use std::process::Command;

use engine::presets::factory;
use engine::state::{Preset, PresetLabel};
use inputs::midi::{Timed, file, off, on, tempo};
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{a_sound, assert_refused, complaint, files_in, heptode, json, text};

/// Three notes and a stroke of a drum.
fn song(folder: &Path) -> std::path::PathBuf {
    let notes: Vec<Timed> = [60, 64, 67]
        .into_iter()
        .zip([0, 48, 96])
        .flat_map(|(key, tick)| [on(tick, 0, key, 90), off(tick + 40, 0, key)])
        .collect();
    let path = folder.join("song.mid");
    fs::write(&path, file(1, 96, &[vec![tempo(0, 300_000)], notes, vec![on(10, 9, 42, 100), off(12, 9, 42)]])).unwrap();
    path
}

/// Runs the program with another home for the user's data.
fn at_home(home: &Path, words: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_heptode"))
        .args(words)
        .env("XDG_DATA_HOME", home)
        .env("HOME", home)
        .output()
        .unwrap()
}

#[test]
fn a_song_is_written_in_stereo_and_the_same_each_time() {
    let folder = TempDir::new().unwrap();
    let song = song(folder.path());
    let (name, _) = a_sound();
    let [first, second, flac] = ["a.wav", "b.wav", "c.flac"].map(|name| folder.path().join(name));
    let told = json(&["play", text(&song), "--sound", &name, "--rate", "16000", "--out", text(&first)]);
    assert_eq!(
        (&told["note_count"], &told["channels"], &told["drums"][0]),
        (&4.into(), &2.into(), &"Closed Hi-Hat".into())
    );
    assert_eq!(told["notes"], Value::Array(Vec::new()));
    json(&["play", text(&song), "--sound", &name, "--rate", "16000", "--out", text(&second)]);
    assert!(fs::read(&first).unwrap() == fs::read(&second).unwrap());
    let wav = hound::WavReader::open(&first).unwrap();
    assert_eq!(
        (wav.spec().channels, wav.spec().sample_rate, u64::from(wav.duration())),
        (2, 16_000, told["samples"].as_u64().unwrap())
    );
    let to_pipe = heptode(&["play", text(&song), "--sound", &name, "--rate", "16000", "--out", "-"]);
    assert!(to_pipe.stdout == fs::read(&first).unwrap(), "{}", complaint(&to_pipe));
    json(&["play", text(&song), "--sound", &name, "--rate", "16000", "--out", text(&flac)]);
    let info = u64::from_be_bytes(fs::read(&flac).unwrap()[18..26].try_into().unwrap());
    // STREAMINFO: 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of samples.
    let (rate_hz, channels, samples) = (info >> 44, (info >> 41 & 7) + 1, info & ((1 << 36) - 1));
    assert_eq!((rate_hz, channels, Some(samples)), (16_000, 2, told["samples"].as_u64()));
    let plain = json(&["play", text(&song), "--sound", &name, "--no-drums", "--rate", "16000", "--out", text(&second)]);
    assert_eq!(plain["drums"], Value::Array(Vec::new()));
    assert_eq!(files_in(folder.path()), 4);
}

#[test]
fn what_is_no_song_is_refused_with_one_line_and_no_file() {
    let folder = TempDir::new().unwrap();
    let outs = TempDir::new().unwrap();
    let out = outs.path().join("out.wav");
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let notes = vec![on(0, 0, 60, 90), off(90, 0, 60)];
    let far = [on(0, 0, 60, 90), off(0x0fff_ffff, 0, 60)].to_vec();
    let cases = [
        (put("empty.mid", b""), "not a Standard MIDI File"),
        (put("noise.mid", &[0x5a; 3_000]), "not a Standard MIDI File"),
        (put("sets.mid", &file(2, 96, std::slice::from_ref(&notes))), "type 2"),
        (put("zero.mid", &file(1, 0, &[notes])), "division of 0"),
        (put("silent.mid", &file(1, 96, &[vec![tempo(0, 9)]])), "no note"),
        (put("long.mid", &file(1, 1, &[far])), "minutes"),
        (folder.path().join("gone.mid"), "cannot be read"),
        (folder.path().to_owned(), "not a regular file"),
    ];
    for (path, part) in cases {
        assert_refused(&heptode(&["play", text(&path), "--out", text(&out)]), 1, part);
        assert_eq!(files_in(outs.path()), 0, "{}", path.display());
    }
    let song = song(folder.path());
    assert_refused(
        &heptode(&["play", text(&song), "--preset", "Felt Kesy", "--out", text(&out)]),
        2,
        "did you mean “Felt Keys”",
    );
    assert_refused(
        &heptode(&["play", text(&song), "--preset", "Felt Keys", "--sound", "x", "--out", text(&out)]),
        2,
        "cannot be used with",
    );
    assert_refused(
        &heptode(&["render", "--preset", "Felt Keys", "--tilt", "1", "--out", text(&out)]),
        2,
        "cannot be used with",
    );
    // Its own input, under another name.
    let link = folder.path().join("link.wav");
    fs::hard_link(&song, &link).unwrap();
    let before = fs::read(&song).unwrap();
    assert_refused(&heptode(&["play", text(&song), "--out", text(&link)]), 1, "which is read");
    assert!(fs::read(&song).unwrap() == before);
}

#[test]
fn presets_of_the_user_are_listed_checked_and_played() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("heptode").join("presets");
    fs::create_dir_all(&folder).unwrap();
    let document = factory()[0].document.clone();
    let own =
        Preset { label: PresetLabel { tags: vec!["Mine".to_owned()], ..PresetLabel::new("Own sound") }, document };
    let path = folder.join("own.heptode-preset");
    own.save(&path).unwrap();
    let told = |words: &[&str]| -> Value { serde_json::from_slice(&at_home(home.path(), words).stdout).unwrap() };
    let all = told(&["presets", "--json"]);
    assert_eq!(all["presets"].as_array().unwrap().len(), factory().len() + 1);
    let found = told(&["presets", "--tag", "mine", "--json"]);
    assert_eq!(
        (&found["presets"][0]["name"], &found["presets"][0]["file"]),
        (&"Own sound".into(), &text(&path).into())
    );
    assert!(at_home(home.path(), &["presets", "--check"]).status.success());

    let [by_name, by_file] = ["name.wav", "file.wav"].map(|name| home.path().join(name));
    let render = |preset: &str, out: &Path| {
        at_home(home.path(), &["render", "--preset", preset, "--seconds", "0.4", "--out", text(out)])
    };
    assert!(render("own SOUND", &by_name).status.success() && render(text(&path), &by_file).status.success());
    assert!(fs::read(&by_name).unwrap() == fs::read(&by_file).unwrap());

    fs::write(folder.join("bad.heptode-preset"), b"{").unwrap();
    let listed = at_home(home.path(), &["presets"]);
    assert!(listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("bad.heptode-preset"));
    let checked = at_home(home.path(), &["presets", "--check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(complaint(&checked).contains("1 files") && String::from_utf8_lossy(&checked.stdout).contains("truncated"));
}

#[test]
fn a_scale_and_a_map_are_told_and_heard_and_what_is_none_is_refused() {
    let folder = TempDir::new().unwrap();
    let song = song(folder.path());
    let put = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let scale = put(
        "19 equal.scl",
        &format!("19\n19\n{}", (1..20).map(|n| format!("{:.4}\n", f64::from(n) * 1200.0 / 19.0)).collect::<String>()),
    );
    let map = put("432.kbm", "0\n0\n127\n60\n69\n432\n");
    let (name, _) = a_sound();
    let [plain, tuned] = ["plain.wav", "tuned.wav"].map(|name| folder.path().join(name));
    let words = |out| {
        ["play", text(&song), "--sound", &name, "--no-drums", "--rate", "16000", "--out", text(out)].map(str::to_owned)
    };
    let run = |out, more: &[&str]| {
        let words = words(out);
        json(&words.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
    };
    assert_eq!(run(&plain, &[])["scale"], Value::Null);
    let told = run(&tuned, &["--scale", text(&scale), "--keyboard-map", text(&map)]);
    assert_eq!((&told["scale"], &told["keyboard_map"]), (&"19 equal".into(), &"432".into()));
    assert!(fs::read(&plain).unwrap() != fs::read(&tuned).unwrap());
    let cut = put("cut.scl", "cut\n7\n1.0\n");
    let out = folder.path().join("no.wav");
    for (file, words) in [(&cut, "cut.scl: it ends before note 2 of 7"), (&map, "432.kbm: --scale takes a .scl file")] {
        let refused = heptode(&["play", text(&song), "--scale", text(file), "--out", text(&out)]);
        assert!(complaint(&refused).contains(words) && !refused.status.success(), "{}", complaint(&refused));
        assert!(!out.exists());
    }
}
