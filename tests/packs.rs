//! Packs from outside: what is wrong is refused with one line that names it, and nothing panics.
//!
//! Every case starts from the factory pack and breaks one thing.

use std::collections::BTreeMap;
use std::fs;

use engine::decode::Model;
use engine::decode::graph::proto::{self, ModelProto};
use engine::pack::{GRAPHS, MANIFEST_FILE, Manifest, Pack, PackError, RESIDUALS_FILE};
use prost::Message;

fn factory() -> Pack {
    Pack::factory().expect("the factory pack is valid")
}

/// All files but the manifest.
fn contents(pack: &Pack) -> BTreeMap<String, Vec<u8>> {
    let graphs = GRAPHS.iter().map(|name| ((*name).to_owned(), pack.graph(name).to_vec()));
    graphs.chain([(RESIDUALS_FILE.to_owned(), pack.residuals().to_bytes(pack.manifest()))]).collect()
}

fn files(pack: &Pack) -> BTreeMap<String, Vec<u8>> {
    let mut files = contents(pack);
    files.insert(MANIFEST_FILE.into(), serde_json::to_vec(pack.manifest()).expect("a manifest is JSON"));
    files
}

/// The message of the error that a pack with a changed manifest gives.
fn manifest_refusal(change: impl FnOnce(&mut Manifest)) -> String {
    let pack = factory();
    let mut manifest = pack.manifest().clone();
    change(&mut manifest);
    let mut files = files(&pack);
    files.insert(MANIFEST_FILE.into(), serde_json::to_vec(&manifest).expect("a manifest is JSON"));
    one_line(Pack::from_files(files).expect_err("the manifest is wrong"))
}

/// The message of the error that loading gives when the decoder graph is changed and hashed anew.
fn graph_refusal(change: impl FnOnce(&mut ModelProto)) -> String {
    let pack = factory();
    let mut files = contents(&pack);
    let mut decoder = ModelProto::decode(files["decoder.onnx"].as_slice()).expect("the decoder is ONNX");
    change(&mut decoder);
    files.insert("decoder.onnx".into(), decoder.encode_to_vec());
    let pack = Pack::assemble(pack.manifest().clone(), files).expect("hashes are made anew");
    match Model::load(&pack) {
        Ok(_) => panic!("a broken graph was loaded"),
        Err(error) => one_line(error),
    }
}

fn one_line(error: impl std::fmt::Display) -> String {
    let message = error.to_string();
    assert!(!message.contains('\n') && message.len() < 600, "not one line: {message}");
    message
}

#[test]
fn a_pack_may_be_without_residuals_as_those_of_version_2_are() {
    let pack = factory();
    let mut files = contents(&pack);
    files.remove(RESIDUALS_FILE);
    let mut manifest = Manifest { format_version: 2, ..pack.manifest().clone() };
    manifest.files.remove(RESIDUALS_FILE);
    let mut json = serde_json::to_value(&manifest).expect("a manifest is JSON");
    let fields = json.as_object_mut().expect("an object");
    fields.remove("kind");
    let controls = fields.remove("controls").expect("a manifest has controls");
    fields.insert("latents".into(), controls);
    files.insert(MANIFEST_FILE.into(), serde_json::to_vec(&json).expect("a manifest is JSON"));
    let older = Pack::from_files(files).expect("residuals may be missing");
    assert_eq!(older.manifest().format_version, 2);
    assert!(pack.manifest().sounds.iter().all(|sound| older.residuals().of(&sound.name).is_empty()));
    assert!(Model::load(&older).is_ok());
}

#[test]
fn damaged_residuals_are_refused_even_if_their_hash_is_right() {
    let pack = factory();
    let mut files = contents(&pack);
    let bytes = files.get_mut(RESIDUALS_FILE).expect("the factory's sounds are recorded");
    bytes.truncate(bytes.len() / 2);
    let message = one_line(Pack::assemble(pack.manifest().clone(), files).expect_err("half of it is gone"));
    assert!(message.contains(RESIDUALS_FILE) && message.contains("get the pack again"), "{message}");
}

#[test]
fn a_missing_file_is_named() {
    for name in GRAPHS.iter().chain([&MANIFEST_FILE, &RESIDUALS_FILE]) {
        let mut files = files(&factory());
        files.remove(*name);
        let message = one_line(Pack::from_files(files).expect_err("a file is missing"));
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_changed_file_is_named() {
    let mut files = files(&factory());
    files.get_mut("vocoder.onnx").expect("present")[1000] ^= 1;
    let error = Pack::from_files(files).expect_err("the hash differs");
    assert!(matches!(&error, PackError::Hash { file, .. } if file == "vocoder.onnx"), "{error}");
}

#[test]
fn manifests_out_of_range_are_refused() {
    assert!(manifest_refusal(|manifest| manifest.format_version = 99).contains("format version 99"));
    assert!(manifest_refusal(|manifest| manifest.shape.fft_size = 1000).contains("fft_size"));
    assert!(manifest_refusal(|manifest| manifest.shape.hop_samples = 0).contains("hop_samples"));
    assert!(manifest_refusal(|manifest| manifest.shape.frame_count = 1 << 40).contains("frame_count"));
    assert!(manifest_refusal(|manifest| manifest.shape.sample_rate_hz = 0).contains("sample_rate_hz"));
    assert!(manifest_refusal(|manifest| manifest.root_keys = vec![60, 48]).contains("root_keys"));
    assert!(manifest_refusal(|manifest| manifest.root_keys.clear()).contains("root_keys"));
    assert!(manifest_refusal(|manifest| manifest.sounds[3].latent[2] = 7.0).contains("latent"));
    assert!(manifest_refusal(|manifest| manifest.sounds[1].name = manifest.sounds[0].name.clone()).contains("once"));
    assert!(manifest_refusal(|manifest| manifest.controls.truncate(6)).contains("6 controls"));
    assert!(manifest_refusal(|manifest| manifest.vocoder.context_frames = 500).contains("context_frames"));
    assert!(manifest_refusal(|manifest| manifest.vocoder.phase_bins = Some(0)).contains("phase_bins"));
    assert!(manifest_refusal(|manifest| manifest.vocoder.phase_bins = Some(1026)).contains("1 to 1025"));
    assert!(manifest_refusal(|manifest| manifest.griffin_lim_iterations = 1 << 30).contains("griffin_lim"));
    assert!(manifest_refusal(|manifest| manifest.name.clear()).contains("name"));
}

#[test]
fn a_manifest_cut_anywhere_is_refused() {
    let files = files(&factory());
    let whole = &files[MANIFEST_FILE];
    for cut in (0..whole.len()).step_by(whole.len() / 97 + 1) {
        let mut cut_files = files.clone();
        cut_files.insert(MANIFEST_FILE.into(), whole[..cut].to_vec());
        one_line(Pack::from_files(cut_files).expect_err("half a manifest"));
    }
}

#[test]
fn foreign_operators_are_named() {
    for operator in ["Loop", "If", "Scan", "MyOwnThing"] {
        let message = graph_refusal(|model| model.graph.as_mut().expect("graph").node[0].op_type = operator.into());
        assert!(message.contains(operator) && message.contains("decoder.onnx"), "{message}");
    }
    let message = graph_refusal(|model| model.graph.as_mut().expect("graph").node[0].domain = "com.evil".into());
    assert!(message.contains("not allowed"), "{message}");
}

#[test]
fn wrong_shapes_and_tensors_are_named() {
    let message = graph_refusal(|model| {
        let port = &mut model.graph.as_mut().expect("graph").input[0];
        port.name = "other".into();
    });
    assert!(message.contains("other") && message.contains("latent [1, 7]"), "{message}");
    let tensor_refusal = |change: fn(&mut proto::TensorProto)| {
        graph_refusal(|model| change(&mut model.graph.as_mut().expect("graph").initializer[0]))
    };
    assert!(tensor_refusal(|tensor| tensor.dims = vec![1 << 40, 1 << 40]).contains("too large"));
    assert!(tensor_refusal(|tensor| tensor.dims = vec![-1]).contains("too large"));
    assert!(tensor_refusal(|tensor| tensor.data_type = 8).contains("element type 8"));
    assert!(tensor_refusal(|tensor| tensor.raw_data.truncate(3)).contains("number of values"));
    assert!(tensor_refusal(|tensor| tensor.data_location = Some(1)).contains("another file"));
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    let message = graph_refusal(|model| {
        for tensor in &mut model.graph.as_mut().expect("graph").initializer {
            let not_a_number: &[u8] = match tensor.data_type {
                1 => &[0, 0, 0xc0, 0x7f],
                10 => &[0, 0x7e],
                _ => continue,
            };
            tensor.raw_data = not_a_number.repeat(tensor.raw_data.len() / not_a_number.len());
        }
    });
    assert!(message.contains("not finite"), "{message}");
}

#[test]
fn graphs_with_broken_bytes_never_panic() {
    let pack = factory();
    let whole = pack.graph("decoder.onnx");
    let mut state = 0x2545_f491_u32;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % below
    };
    for round in 0..24 {
        let mut bytes = whole.to_vec();
        if round % 3 == 0 {
            bytes.truncate(random(whole.len()));
        }
        for _ in 0..4 {
            // Structure lies between the weights; the first bytes and the last are the richest in it.
            let reach = bytes.len().clamp(1, 4096);
            let place = random(reach);
            let place = if round % 2 == 0 { place } else { bytes.len().saturating_sub(1 + place) };
            if let Some(byte) = bytes.get_mut(place) {
                *byte = random(256) as u8;
            }
        }
        let mut files = contents(&pack);
        files.insert("decoder.onnx".into(), bytes);
        let pack = Pack::assemble(pack.manifest().clone(), files).expect("hashes are made anew");
        if let Err(error) = Model::load(&pack) {
            one_line(error);
        }
    }
}

#[test]
fn archives_round_trip_and_damaged_ones_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("pack.heptode");
    let pack = factory();
    pack.save_archive(&path).expect("writable");
    assert_eq!(Pack::open(&path).expect("whole").hash(), pack.hash());
    let whole = fs::read(&path).expect("readable");
    for cut in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).expect("writable");
        one_line(Pack::open(&path).expect_err("a cut archive"));
    }
    one_line(Pack::open(&folder.path().join("absent.heptode")).expect_err("no such file"));
    one_line(Pack::open(folder.path()).expect_err("a folder without a manifest"));
}

#[test]
fn folders_round_trip() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pack = factory();
    pack.save_folder(&folder.path().join("new")).expect("writable");
    assert_eq!(Pack::open(&folder.path().join("new")).expect("whole").hash(), pack.hash());
}

#[test]
fn unknown_sounds_get_a_suggestion() {
    let pack = factory();
    let real = pack.manifest().sounds[0].name.clone();
    let message = one_line(pack.sound(&format!("{real}x")).expect_err("no such sound"));
    assert!(message.contains(&real), "{message}");
    assert_eq!(pack.sound(&real.to_uppercase()).expect("case does not matter").name, real);
}
