//! Paths that are not Unicode, and endings that say what is written.

use std::ffi::OsStr;
use std::path::Path;

use engine::sample;
use tempfile::TempDir;

use crate::run::{FAST, a_sound, assert_refused, files_in, heptode, json, text, tone_file};

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn paths_that_are_not_unicode_are_taken_everywhere() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = TempDir::new().unwrap();
    let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    let input = at(b"caf\xe9.wav");
    std::fs::rename(tone_file(&folder), &input).unwrap();
    let out = at(b"sortie \xe9.wav");
    let series = at(b"s\xe9rie");
    let lossy = |path: &Path| path.to_string_lossy().into_owned();
    let run = |words: &[&OsStr]| {
        let plain = heptode(words);
        assert!(plain.status.success() && !plain.stdout.is_empty(), "{words:?}: {plain:?}");
        json(words)
    };
    let word = OsStr::new;
    let encoded = run(&[word("encode"), input.as_os_str()]);
    assert_eq!(encoded["file"], lossy(&input));
    assert_eq!(encoded["name"], "caf\u{fffd}");
    let again = run(&[word("reconstruct"), input.as_os_str(), word("--out"), out.as_os_str()]);
    assert_eq!((&again["file"], &again["out"]), (&lossy(&input).into(), &lossy(&out).into()));
    assert!(out.exists());
    let rendered = run(&[word("render"), word("--out"), out.as_os_str(), word("--seconds"), word("0.1")]);
    assert_eq!(rendered["out"], lossy(&out));
    let fast = FAST.map(OsStr::new);
    let vary = [
        word("vary"),
        word("--sound"),
        input.as_os_str(),
        word("--count"),
        word("1"),
        word("--out"),
        series.as_os_str(),
    ];
    let varied = run(&[&vary[..], &fast].concat());
    assert_eq!(varied["files"][0]["file"], lossy(&series.join("01.wav")));
    assert_eq!(varied["recording"]["file"], lossy(&input));
    let morph =
        [word("morph"), word("--from"), input.as_os_str(), word("--to"), input.as_os_str(), word("--steps"), word("2")];
    run(&[&morph[..], &[word("--out"), series.as_os_str()], &fast].concat());
    // What fails says so in the same way.
    let gone = at(b"\xff.wav");
    for words in [
        [word("encode"), gone.as_os_str()].as_slice(),
        &[word("vary"), word("--sound"), gone.as_os_str(), word("--out"), series.as_os_str()],
        &[word("render"), word("--pack"), gone.as_os_str(), word("--out"), out.as_os_str()],
    ] {
        assert_refused(&heptode(words), 1, "\u{fffd}.wav");
    }
    let not_a_file = OsStr::from_bytes(b"\xff");
    assert_refused(
        &heptode(&[word("vary"), word("--sound"), not_a_file, word("--out"), series.as_os_str()]),
        2,
        "sound",
    );
}

#[test]
fn a_message_is_one_line_whatever_the_path() {
    let output = heptode(&["encode", "no\nsuch\r\nfile.wav"]);
    assert_refused(&output, 1, "no such");
}

#[test]
fn the_ending_says_what_is_written_and_others_are_refused() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let render = |name: &str| {
        let out = at(name);
        let words = ["render", "--random", "3", "--out", text(&out)];
        json(&words)
    };
    assert_eq!(render("a.wav")["samples"], render("a.FLAC")["samples"]);
    assert!(std::fs::read(at("a.FLAC")).unwrap().starts_with(b"fLaC"));
    let exact = hound::WavReader::open(at("a.wav")).unwrap().into_samples::<f32>().map(Result::unwrap);
    let peak = exact.fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let (wav, flac) = (sample::read(&at("a.wav")).unwrap(), sample::read(&at("a.FLAC")).unwrap());
    assert!(peak <= 1.0, "nothing is clipped here");
    // Half a step of 24 bits, and what the steps themselves are rounded by; a whole one at full scale, which is no step.
    let largest = |sample: f32| if sample.abs() >= 1.0 { 1.3e-7 } else { 1e-7 };
    assert!(wav.samples.iter().zip(&flac.samples).all(|(a, b)| (a - b).abs() < largest(*a)));
    let tone = tone_file(&folder);
    let before = files_in(folder.path());
    for name in ["a.mp3", "a", "a.wav.bak", "a.aiff", ".wav", "a.ogg"] {
        let out = at(name);
        for words in [
            ["render", "--random", "3", "--out", text(&out)],
            ["reconstruct", text(&tone), "--out", text(&out), "--json"],
        ] {
            let output = heptode(&words);
            assert_refused(&output, 2, ".flac");
        }
        assert_eq!(files_in(folder.path()), before, "{name}");
    }
    let flac = at("fast.flac");
    assert_refused(&heptode(&["render", "--rate", "96001", "--out", text(&flac)]), 2, "96000");
    let (sound, _) = a_sound();
    assert_refused(&heptode(&["vary", "--sound", &sound, "--out", "-"]), 2, "folder");
}
