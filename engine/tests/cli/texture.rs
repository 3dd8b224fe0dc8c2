//! `heptode texture` and `heptode extend`: what they write, what they tell, what they refuse.

use std::path::{Path, PathBuf};

use engine::sample;
use tempfile::{TempDir, tempdir};

use super::run::{assert_refused, files_in, heptode, json, text};

/// Noise in a file.
pub fn noise_file(folder: &TempDir, name: &str, channels: u16, frames: usize, rate_hz: u32) -> PathBuf {
    let path = folder.path().join(name);
    let mut state = 1_u64;
    let samples: Vec<f32> = (0..frames * usize::from(channels))
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            0.3 * ((state >> 40) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect();
    sample::write_wav(&path, &samples, channels, rate_hz).expect("written");
    path
}

fn samples(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).expect("a file").into_samples().map(|sample| sample.expect("a sample")).collect()
}

#[test]
fn a_texture_has_the_length_rate_and_channels_and_tells_its_figures() {
    let folder = tempdir().expect("a folder");
    for (channels, rate_hz) in [(1, 8_000), (2, 44_100), (8, 8_000)] {
        let noise = noise_file(&folder, "noise.wav", channels, rate_hz as usize * 2, rate_hz);
        let out = folder.path().join("out.wav");
        let words = ["texture", text(&noise), "--seconds", "3.5", "--seed", "4", "--loop", "--out", text(&out)];
        let told = json(&words);
        let spec = hound::WavReader::open(&out).expect("a file").spec();
        assert_eq!((spec.channels, spec.sample_rate), (channels, rate_hz));
        assert_eq!(samples(&out).len() as f64, 3.5 * f64::from(rate_hz) * f64::from(channels));
        assert!(told["figures"]["distance_ratio"].as_f64().is_some_and(|ratio| ratio < 2.0), "{told}");
        assert!(told["figures"]["longest_copy_s"].as_f64().is_some_and(|copy_s| copy_s <= 0.25), "{told}");
        assert!(told["figures"]["loop_jump"].is_number() && told["judgement"]["warning"].is_null(), "{told}");
        let first = std::fs::read(&out).expect("there");
        json(&words);
        assert!(first == std::fs::read(&out).expect("there"), "the same seed gives the same file");
    }
}

#[test]
fn an_extension_begins_with_the_recording() {
    let folder = tempdir().expect("a folder");
    let noise = noise_file(&folder, "noise.wav", 2, 24_000, 16_000);
    let out = folder.path().join("out.wav");
    let told = json(&["extend", text(&noise), "--seconds", "4", "--out", text(&out)]);
    let (own, made) = (samples(&noise), samples(&out));
    assert_eq!((made.len(), &made[..own.len()]), (128_000, &own[..]));
    assert!(told["figures"]["seam_jump"].is_number() && told["figures"]["loop_jump"].is_null(), "{told}");
}

#[test]
fn the_documents_method_makes_a_texture_and_tells_its_steps() {
    let folder = tempdir().expect("a folder");
    let noise = noise_file(&folder, "noise.wav", 1, 4_000, 8_000);
    let out = folder.path().join("out.wav");
    let words = ["texture", text(&noise), "--seconds", "0.3", "--out", text(&out), "--method", "document"];
    let told = json(&[&words[..], &["--filters", "4", "--steps", "6"]].concat());
    assert_eq!(told["method"]["steps"], 6);
    let [first, last] = ["first_loss", "last_loss"].map(|name| told["method"][name].as_f64().expect("a loss"));
    assert!(last < first, "{told}");
    assert_eq!(samples(&out).len(), 2_400);
}

#[test]
fn what_cannot_be_is_refused_with_one_line_and_no_file() {
    let folder = tempdir().expect("a folder");
    let noise = noise_file(&folder, "noise.wav", 1, 16_000, 8_000);
    let short = noise_file(&folder, "short.wav", 1, 800, 8_000);
    let many = noise_file(&folder, "many.wav", 9, 8_000, 8_000);
    let silent = folder.path().join("silent.wav");
    sample::write_wav(&silent, &[0.0; 8_000], 1, 8_000).expect("written");
    let outs = tempdir().expect("a folder");
    let out = outs.path().join("out.wav");
    let out = text(&out);
    let (noise, short, many, silent) = (text(&noise), text(&short), text(&many), text(&silent));
    let cases: &[(i32, &[&str], &str)] = &[
        (2, &["texture", noise, "--seconds", "0", "--out", out], "0.01 to 86400"),
        (2, &["texture", noise, "--seconds", "-3", "--out", out], "0.01 to 86400"),
        (2, &["texture", noise, "--seconds", "nan", "--out", out], "0.01 to 86400"),
        (2, &["extend", noise, "--seconds", "86401", "--out", out], "0.01 to 86400"),
        (2, &["texture", noise, "--out", out], "--seconds"),
        (2, &["texture", noise, "--seconds", "1", "--out", out, "--method", "document", "--loop"], "no loops"),
        (2, &["texture", noise, "--seconds", "21", "--out", out, "--method", "document"], "at most 20 s"),
        (1, &["texture", short, "--seconds", "1", "--out", out], "lasts 0.10 s; a texture is made of at least 0.25 s"),
        (1, &["extend", silent, "--seconds", "4", "--out", out], "silent throughout"),
        (1, &["texture", many, "--seconds", "1", "--out", out], "9 channels; 1 to 8"),
        (1, &["extend", noise, "--seconds", "2", "--out", out], "lasts 2.00 s already, and 2.00 s are asked for"),
        (1, &["texture", noise, "--seconds", "1", "--out", noise], "which is read"),
        (1, &["texture", noise, "--seconds", "1", "--out", "/no/such/folder/a.wav"], "cannot write"),
        (1, &["texture", "gone.wav", "--seconds", "1", "--out", out], "gone.wav"),
    ];
    for (code, words, part) in cases {
        assert_refused(&heptode(words), *code, part);
        assert_eq!(files_in(outs.path()), 0, "{words:?} left a file");
    }
}
