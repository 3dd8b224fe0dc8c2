//! A pack of kind `cqt` that the test makes: its sounds, the command line with it, and what is refused of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use engine::decode::latent::decode;
use engine::decode::{Model, Pipeline, Shaping};
use engine::link::{SoundSpec, SourceId};
use engine::pack::{CQT_GRAPHS, Control, FORMAT_VERSION, Manifest, NamedSound, Pack, PackKind, VocoderInfo};
use engine::spectral::SpectralShape;
use tempfile::{TempDir, tempdir};

use super::graphs::{graph, node, numbers, port, wholes};
use super::run::{FAST, assert_refused, heptode, json, text, tone_file};

const SHAPE: SpectralShape = SpectralShape::FOOTSTEPS;
const VALUES: usize = 144 * 144;
/// Largest difference in level, in dB, of the same sound with another grain of its noise.
const SAME_LEVEL_DB: f32 = 3.0;

/// A knock whose level, colour and length the first latents change.
fn decoder() -> Vec<u8> {
    let (mut weights, mut base) = (vec![0.0; 7 * VALUES], vec![0.0; VALUES]);
    for band in 0..144 {
        for frame in 0..144 {
            let place = band * 144 + frame;
            base[place] = 0.5 - 0.03 * frame as f32 - 0.003 * band as f32;
            weights[place] = 0.003 * (band as f32 - 72.0);
            weights[VALUES + place] = 0.004 * frame as f32;
        }
    }
    let node = vec![
        node("Gemm", &["latent", "weights", "base"], "flat"),
        node("Reshape", &["flat", "shape"], "levels"),
        node("Clip", &["levels", "low", "high"], "frames"),
    ];
    let constants = vec![
        numbers("weights", &[7, VALUES as i64], &weights),
        numbers("base", &[VALUES as i64], &base),
        wholes("shape", &[1, 144, 144]),
        numbers("low", &[], &[-1.0]),
        numbers("high", &[], &[1.2]),
    ];
    graph(port("latent", &[1, 7]), vec![port("frames", &[1, 144, 144])], node, constants)
}

fn encoder() -> Vec<u8> {
    let weights: Vec<f32> = (0..VALUES * 7).map(|n| 1e-4 * ((n * 7919) % 17) as f32 - 8e-4).collect();
    let node = vec![node("Reshape", &["frames", "shape"], "flat"), node("Gemm", &["flat", "weights"], "latent")];
    let constants = vec![wholes("shape", &[1, VALUES as i64]), numbers("weights", &[VALUES as i64, 7], &weights)];
    graph(port("frames", &[1, 144, 144]), vec![port("latent", &[1, 7])], node, constants)
}

fn manifest() -> Manifest {
    let control = |number: usize| Control { name: format!("Z{number}"), low: -3.0, high: 3.0, rank_correlation: None };
    let sound = |name: &str, category: &str, first: f32| NamedSound {
        name: name.into(),
        category: category.into(),
        latent: [first, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
        key: 60,
    };
    Manifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Cqt,
        id: "test-cqt".into(),
        name: "Test".into(),
        shape: SHAPE,
        controls: (1..=7).map(control).collect(),
        root_keys: vec![60],
        vocoder: VocoderInfo::default(),
        griffin_lim_iterations: 2,
        sounds: vec![
            sound("Gravel step, boot", "Gravel", 0.5),
            sound("Gravel run, boot", "Gravel", 1.0),
            sound("Snow step, soft", "Snow", -1.0),
        ],
        files: BTreeMap::new(),
        licence: "MIT".into(),
        provenance: vec!["made by a test".into()],
    }
}

fn files() -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([(CQT_GRAPHS[0].to_owned(), encoder()), (CQT_GRAPHS[1].to_owned(), decoder())])
}

fn pipeline() -> Pipeline {
    let pack = Pack::assemble(manifest(), files()).expect("a whole pack");
    Pipeline::new(Arc::new(Model::load(&pack).expect("its graphs load"))).expect("and run")
}

fn pack_file(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("steps.heptode");
    Pack::assemble(manifest(), files()).and_then(|pack| pack.save_archive(&path)).expect("written");
    path
}

fn level_db(samples: &[f32]) -> f32 {
    10.0 * (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).log10()
}

fn spec(variation: u32) -> SoundSpec {
    SoundSpec { variation, seed: 5, ..SoundSpec::new(SourceId(0), [0.3; 7], 60.0) }
}

#[test]
fn a_point_is_a_sound_of_the_right_length_and_the_same_every_time() {
    let mut pipeline = pipeline();
    let mut sound = |variation| decode(&mut pipeline, &spec(variation), &Default::default()).expect("decoded");
    let (first, again, other) = (sound(0), sound(0), sound(1));
    assert_eq!(first.len(), SHAPE.sound_samples());
    assert!(first.iter().all(|sample| sample.is_finite() && sample.abs() < 1.001) && level_db(&first) > -50.0);
    assert_eq!(first, again);
    assert_ne!(first, other, "a variation has another grain");
    assert!((level_db(&first) - level_db(&other)).abs() < SAME_LEVEL_DB);
    assert_eq!(first, self::pipeline().decode(&[0.3; 7], 60.0, &Shaping::default()).expect("decoded"));
}

#[test]
fn shaping_and_imports_work_as_in_other_packs() {
    let mut pipeline = pipeline();
    let plain = pipeline.decode(&[0.0; 7], 60.0, &Shaping::default()).expect("decoded");
    let shaped = |stretch, tilt_db_per_octave| Shaping {
        stretch,
        tilt_db_per_octave,
        formant_semitones: 3.0,
        ..Shaping::default()
    };
    for stretch in [0.25, 2.0, 4.0] {
        let made = pipeline.decode(&[0.0; 7], 60.0, &shaped(stretch, -2.0)).expect("decoded");
        assert_eq!(made.len(), (SHAPE.sound_samples() as f32 * stretch) as usize);
        assert!(made.iter().all(|sample| sample.is_finite()) && level_db(&made) > -60.0);
    }
    let point = pipeline.place(&plain, 60.0).expect("placed");
    assert!(point.iter().all(|z| z.abs() <= 3.0));
    let residual = pipeline.residual(&plain, &point, 60.0).expect("coded");
    pipeline.decode_recorded(&point, 60.0, &residual).expect("decoded");
}

#[test]
fn the_command_line_plays_it() {
    let folder = tempdir().expect("a folder");
    let pack = pack_file(&folder);
    let (out, series) = (folder.path().join("out.wav"), folder.path().join("series"));
    let run = |words: &[&str]| json(&[words, &["--pack", text(&pack)]].concat());
    let info = run(&["info"]);
    assert_eq!((info["sounds"].as_array().map(Vec::len), info["pack"]["id"].as_str()), (Some(3), Some("test-cqt")));
    let rendered = run(&[["render", "--random", "3", "--out", text(&out)].as_slice(), &FAST].concat());
    assert!(rendered["peak"].as_f64().expect("a number") > 0.01, "{rendered}");
    let names = ["Gravel step, boot", "Snow step, soft"];
    run(&[["morph", "--from", names[0], "--to", names[1], "--steps", "2", "--out", text(&series)].as_slice(), &FAST]
        .concat());
    run(&[["vary", "--sound", names[0], "--count", "2", "--out", text(&series)].as_slice(), &FAST].concat());
    run(&[["blend", names[0], names[1], "--out", text(&out)].as_slice(), &FAST].concat());
    let tone = tone_file(&folder);
    run(&["reconstruct", text(&tone), "--out", text(&out)]);
    let walk = ["walk", "--floor", "GRAVEL", "--seconds", "2", "--rate", "8000", "--out", text(&out)];
    assert_eq!(run(&walk)["sounds"], serde_json::json!(["Gravel step, boot"]));
    assert_eq!(run(&[walk.as_slice(), &["--pace", "3"]].concat())["sounds"], serde_json::json!(["Gravel run, boot"]));
    let refused = heptode(&["walk", "--floor", "lava", "--out", text(&out), "--pack", text(&pack)]);
    assert_refused(&refused, 2, "gravel, snow");
}

#[test]
fn what_does_not_fit_is_refused_with_its_field() {
    let refusal = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = manifest();
        change(&mut manifest);
        let message = Pack::assemble(manifest, files()).expect_err("it does not fit").to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
        message
    };
    let bands = |change: &dyn Fn(&mut engine::spectral::constant_q::ConstantQBands)| {
        let mut bands = SHAPE.constant_q.expect("bands");
        change(&mut bands);
        refusal(&|manifest| manifest.shape.constant_q = Some(bands))
    };
    assert!(refusal(&|manifest| manifest.shape.constant_q = None).contains("constant_q"));
    assert!(bands(&|bands| bands.bins_per_octave = 0).contains("bins per octave"));
    assert!(bands(&|bands| bands.oversampling = 99).contains("oversampling"));
    assert!(bands(&|bands| bands.low_hz = 0.0).contains("lowest band"));
    assert!(refusal(&|manifest| manifest.shape.mel_bands = 200).contains("half of the sample rate"));
    assert!(refusal(&|manifest| manifest.griffin_lim_iterations = 999).contains("griffin_lim"));
    assert!(refusal(&|manifest| manifest.kind = PackKind::Latent).contains("constant_q"));
    let mut swapped = files();
    swapped.insert(CQT_GRAPHS[1].to_owned(), encoder());
    let pack = Pack::assemble(manifest(), swapped).expect("hashes are made anew");
    let message = Model::load(&pack).err().expect("the wrong graph").to_string();
    assert!(message.contains("decoder.onnx"), "{message}");
    let mut less = files();
    less.remove(CQT_GRAPHS[0]);
    assert!(Pack::assemble(manifest(), less).expect_err("incomplete").to_string().contains(CQT_GRAPHS[0]));
}
