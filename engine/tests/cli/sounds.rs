//! Commands that render and read sounds: results are what was asked for.

use tempfile::TempDir;

use crate::run::{a_sound, files_in, heptode, json, text, tone_file};

#[test]
fn info_tells_what_the_pack_holds() {
    let info = json(&["info"]);
    assert!(info["pack"]["hash"].as_str().unwrap().len() == 64);
    assert!(!info["sounds"].as_array().unwrap().is_empty());
    assert_eq!(info["latents"].as_array().unwrap().len(), 7);
    let words = String::from_utf8(heptode(&["info"]).stdout).unwrap();
    assert!(words.contains(info["pack"]["name"].as_str().unwrap()));
}

#[test]
fn a_pack_is_chosen_by_name_or_by_path() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/factory");
    let by_name = json(&["info", "--pack", "factory"]);
    assert_eq!(by_name["pack"]["id"], "heptode-factory");
    assert_eq!(json(&["info", "--pack", folder]), by_name);
    assert_eq!(json(&["info"]), by_name);
}

#[test]
fn render_is_repeatable_and_writes_what_it_says() {
    let folder = TempDir::new().unwrap();
    let (name, sound) = a_sound();
    let out = |n: &str| folder.path().join(n);
    let by_name = json(&["render", "--sound", &name, "--out", text(&out("a.wav"))]);
    assert_eq!(by_name["latent"], sound["latent"]);
    assert_eq!((by_name["key"].as_u64(), by_name["rate_hz"].as_u64()), (Some(60), Some(44_100)));
    let written = hound::WavReader::open(out("a.wav")).unwrap();
    assert_eq!(u64::from(written.duration()), by_name["samples"].as_u64().unwrap());
    assert!((1.5..2.6).contains(&by_name["seconds"].as_f64().unwrap()));
    json(&["render", "--sound", &name, "--out", text(&out("b.wav"))]);
    assert_eq!(std::fs::read(out("a.wav")).unwrap(), std::fs::read(out("b.wav")).unwrap());
    let seeds = [7, 7, 8].map(|seed| json(&["render", "--random", &seed.to_string(), "--out", text(&out("c.wav"))]));
    assert_eq!(seeds[0]["latent"], seeds[1]["latent"]);
    assert_ne!(seeds[0]["latent"], seeds[2]["latent"]);
}

#[test]
fn length_rate_and_stretch_are_what_was_asked_for() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a.wav");
    let render =
        |more: &[&str]| json(&[&["render", "--latent", "0,-1,1,0,0,-0.5,3", "--out", text(&out)], more].concat());
    let plain = render(&[])["seconds"].as_f64().unwrap();
    for (rate_hz, seconds) in [("8000", "0.5"), ("96000", "3.25"), ("384000", "0.01")] {
        let result = render(&["--rate", rate_hz, "--seconds", seconds]);
        let want = rate_hz.parse::<f64>().unwrap() * seconds.parse::<f64>().unwrap();
        assert_eq!(result["samples"].as_f64().unwrap(), want.round());
    }
    let long = render(&["--stretch", "2"])["seconds"].as_f64().unwrap();
    assert!((1.8..2.2).contains(&(long / plain)), "{plain} s, stretched {long} s");
    let shaped = render(&["--formant", "-5", "--tilt", "-2.5", "--key", "72"]);
    assert!(shaped["peak"].as_f64().unwrap() > 0.0);
}

#[test]
fn encode_and_reconstruct_take_stereo_files_at_any_rate() {
    let folder = TempDir::new().unwrap();
    let file = tone_file(&folder);
    let found = json(&["encode", text(&file)]);
    assert!((found["key"].as_f64().unwrap() - 57.0).abs() < 0.1, "key {}", found["key"]);
    assert!(!found["nearest"].as_array().unwrap().is_empty());
    assert!(found["latent"].as_array().unwrap().iter().all(|z| z.as_f64().unwrap().abs() <= 3.0));
    let told = json(&["encode", text(&file), "--key", "40", "--region", "0.25"]);
    assert_eq!((&told["key"], &told["start_s"]), (&40.0.into(), &0.25.into()));
    assert_eq!((&found["key_origin"], &told["key_origin"]), (&"heard".into(), &"given".into()));
    assert!((told["found_key"].as_f64().unwrap() - 57.0).abs() < 0.1, "what was found is told beside what was chosen");
    let errors_db = ["latent", "residual"].map(|via| {
        let out = folder.path().join(via).with_extension("wav");
        let result = json(&["reconstruct", text(&file), "--out", text(&out), "--via", via, "--rate", "48000"]);
        assert_eq!(result["via"], via);
        assert_eq!(hound::WavReader::open(&out).unwrap().spec().sample_rate, 48_000);
        result["log_mel_error_db"].as_f64().unwrap()
    });
    let frames = folder.path().join("frames.wav");
    let frames = json(&["reconstruct", text(&file), "--out", text(&frames), "--via", "frames"]);
    let of_frames_db = frames["log_mel_error_db"].as_f64().unwrap();
    // A residual leaves hardly more than the way from frames to samples does.
    assert!(errors_db[1] < of_frames_db + 0.2 && errors_db[0] > errors_db[1] + 0.5, "{errors_db:?}, {of_frames_db} dB");
}

#[test]
fn a_sound_by_name_is_its_recording_as_far_as_fidelity_says() {
    let folder = TempDir::new().unwrap();
    let (name, sound) = a_sound();
    let point: Vec<String> = sound["latent"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let render = |more: &[&str]| {
        let out = folder.path().join("a.wav");
        json(&[&["render", "--out", text(&out)], more].concat());
        std::fs::read(out).unwrap()
    };
    let whole = render(&["--sound", &name]);
    assert_ne!(whole, render(&["--sound", &name, "--fidelity", "0.5"]));
    let model_alone = render(&["--latent", &point.join(",")]);
    assert_eq!(render(&["--sound", &name, "--fidelity", "0"]), model_alone);
    assert_ne!(whole, model_alone);
    let series = folder.path().join("series");
    json(&["morph", "--from", &name, "--to", &name, "--steps", "2", "--out", text(&series)]);
    assert_eq!([1, 2].map(|n| std::fs::read(series.join(format!("{n:02}.wav"))).unwrap()), [whole.clone(), whole]);
}

#[test]
fn morph_and_vary_write_numbered_files() {
    let folder = TempDir::new().unwrap();
    let file = tone_file(&folder);
    let (name, sound) = a_sound();
    let out = folder.path().join("deep/er");
    let fast = ["--seconds", "0.2", "--rate", "8000"];
    let morph = json(
        &[&["morph", "--from", &name, "--to", text(&file), "--steps", "3", "--out", text(&out)], &fast[..]].concat(),
    );
    let files = morph["files"].as_array().unwrap();
    assert_eq!(files[0]["latent"], sound["latent"]);
    assert_eq!(files[2]["latent"], json(&["encode", text(&file)])["latent"]);
    assert!(files[1]["file"].as_str().unwrap().ends_with("02.wav"));
    assert_eq!(files_in(&out), 3);
    let vary = |seed: &str| {
        let words = ["vary", "--sound", &name, "--amount", "0.3", "--count", "2", "--seed", seed, "--out", text(&out)];
        json(&[&words[..], &fast[..]].concat())["files"].clone()
    };
    let (one, again, other) = (vary("1"), vary("1"), vary("2"));
    assert_eq!(one, again);
    assert_ne!(one[0]["latent"], other[0]["latent"]);
}
