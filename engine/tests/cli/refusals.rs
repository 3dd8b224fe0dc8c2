//! Bad use and bad input: one line, an exit code, nothing half-written.

use engine::sample;
use tempfile::TempDir;

use crate::run::{a_sound, files_in, heptode, text};

#[test]
fn bad_input_gets_one_line_an_exit_code_and_no_file() {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (empty, noise) = (put("empty.wav", b""), put("noise.wav", &[0x5a; 3_000]));
    let steps: Vec<i32> = (0..60_000).map(|n| (n * 7_919) % 20_000 - 10_000).collect();
    let format = sample::FlacFormat { channels: 1, bits: 16, sample_rate_hz: 44_100 };
    let whole = sample::encode_flac(&steps, format).unwrap();
    let cut = put("cut.flac", &whole[..whole.len() / 2]);
    let nan = folder.path().join("nan.wav");
    sample::write_wav(&nan, &[0.5, f32::NAN, 0.5], 1, 44_100).unwrap();
    let (name, _) = a_sound();
    let near = format!("{name}x");
    let in_the_way = folder.path().join("folder.wav");
    std::fs::create_dir(&in_the_way).unwrap();
    let outs = TempDir::new().unwrap();
    let (out, dir) = (outs.path().join("out.wav"), outs.path().join("dir"));
    let (out, dir) = (text(&out), text(&dir));
    let cases: &[(u8, &[&str], &str)] = &[
        (2, &[], "Usage"),
        (2, &["sing"], "sing"),
        (2, &["render"], "--out"),
        (2, &["render", "--out", out, "--latent", "0,0,0,0,0,0,3.01"], "z7"),
        (2, &["render", "--out", out, "--latent", "0,nan,0,0,0,0,0"], "z2"),
        (2, &["render", "--out", out, "--latent", "inf,0,0,0,0,0,0"], "z1"),
        (2, &["render", "--out", out, "--latent", "0,0,0"], "3 values"),
        (2, &["render", "--out", out, "--latent", "0,0,0,0,0,0,0", "--random", "1"], "cannot be used with"),
        (2, &["render", "--out", out, "--sound", &near], &name),
        (2, &["render", "--out", out, "--key", "128"], "128"),
        (2, &["render", "--out", out, "--stretch", "NaN"], "0.25 to 4"),
        (2, &["render", "--out", out, "--stretch", "5"], "0.25 to 4"),
        (2, &["render", "--out", out, "--rate", "0"], "4000"),
        (2, &["render", "--out", out, "--seconds", "0"], "0.01 to 60"),
        (1, &["render", "--out", "/no/such/folder/a.wav"], "cannot write"),
        (1, &["render", "--out", text(&in_the_way)], "not a regular file"),
        (2, &["render", "--out", text(outs.path())], ".flac"),
        (1, &["render", "--out", out, "--pack", "/no/such.heptode"], "/no/such.heptode"),
        (1, &["render", "--out", out, "--pack", &noise], "pack"),
        (1, &["render", "--out", out, "--pack", "nosuchpack"], "shipped packs: factory"),
        (2, &["morph", "--from", &near, "--to", &name, "--out", dir], "did you mean"),
        (1, &["morph", "--from", &name, "--to", "gone.wav", "--out", dir], "gone.wav"),
        (2, &["morph", "--from", &name, "--to", &name, "--steps", "1", "--out", dir], "steps"),
        (1, &["morph", "--from", &name, "--to", &name, "--steps", "2", "--seconds", "0.1", "--out", &noise], "folder"),
        (2, &["vary", "--sound", &name, "--amount", "-1", "--out", dir], "amount"),
        (2, &["vary", "--sound", &name, "--count", "0", "--out", dir], "count"),
        (1, &["encode", "/no/such.wav"], "/no/such.wav"),
        (1, &["encode", &empty], "empty"),
        (1, &["encode", &noise], "not an audio file"),
        (1, &["encode", &cut], "truncated"),
        (1, &["encode", text(&nan)], "not a finite number"),
        (1, &["encode", text(folder.path())], "not a regular file"),
        (2, &["encode", &empty, "--key", "200"], "0 to 127"),
        (1, &["reconstruct", &cut, "--out", out], "truncated"),
        (1, &["reconstruct", &cut, "--out", out, "--region", "900"], "truncated"),
        (2, &["reconstruct", &cut, "--out", out, "--region", "-1"], "from 0 to 36000"),
        (2, &["reconstruct", &cut, "--out", out, "--via", "magic"], "magic"),
    ];
    for (code, words, part) in cases {
        let output = heptode(words);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(*code)), "{words:?}: {message}");
        assert!(message.contains(part), "{words:?} should say {part:?}: {message}");
        assert!(!message.contains("panicked"), "{words:?}: {message}");
        assert!(output.stdout.is_empty(), "{words:?} tells a result");
        let is_help = words.is_empty();
        assert!(is_help || message.trim_end().lines().count() == 1, "{words:?}: {message}");
        assert_eq!(files_in(outs.path()), 0, "{words:?} left a file");
    }
}

#[test]
fn a_series_that_fails_leaves_nothing_and_keeps_what_was_there() {
    let folder = TempDir::new().unwrap();
    let (name, _) = a_sound();
    let out = folder.path().join("series");
    std::fs::create_dir_all(out.join("02.wav")).unwrap();
    std::fs::write(out.join("01.wav"), b"older").unwrap();
    let fast = ["--steps", "3", "--seconds", "0.1", "--rate", "8000"];
    let output = heptode(&[&["morph", "--from", &name, "--to", &name, "--out", text(&out)], &fast[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("02.wav"));
    assert_eq!(std::fs::read(out.join("01.wav")).unwrap(), b"older");
    assert_eq!(files_in(&out), 2, "the older file and the folder that stands in the way");
}
