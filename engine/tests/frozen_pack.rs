//! A pack of manifest version 3 as an older Heptode wrote it, kept in `tests/fixtures/pack-v3` with the sound that it gave then.
//!
//! `cargo test -p engine --test frozen_pack -- --ignored` wrote the folder when version 3 was the newest; it is not
//! written again, since the stored samples are what later engines are compared with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::Latent;
use engine::decode::graph::proto::{self, ModelProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType};
use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::{MANIFEST_FILE, Pack};
use prost::Message as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Largest difference of a sample from the stored one, of full scale: other processors round sums in another order.
const TOLERANCE: f32 = 1e-4;
const BANDS: usize = 16;
const FRAMES: usize = 16;
const BINS: usize = 129;
const CHUNK: usize = 16;
/// What was rendered: point, key and length factor.
const NOTES: [(Latent, f32, f32); 3] = [
    ([0.5; 7], 60.0, 1.0),
    ([1.0, -2.0, 0.5, 0.0, 3.0, -0.25, 0.75], 48.0, 1.0),
    ([-1.5, 0.5, 0.0, 2.0, -3.0, 1.25, -0.5], 72.0, 2.0),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/pack-v3")
}

fn render(pack: &Pack) -> Vec<Vec<f32>> {
    let model = Arc::new(Model::load(pack).expect("the graphs are valid"));
    let mut pipeline = Pipeline::new(model).expect("memory");
    let sound = |(latent, key, stretch): &(Latent, f32, f32)| {
        let shaping = Shaping { stretch: *stretch, ..Shaping::default() };
        pipeline.decode(latent, *key, &shaping).expect("the graphs run")
    };
    NOTES.iter().map(sound).collect()
}

fn sound_file(number: usize) -> PathBuf {
    folder().join(format!("sound-{number}.wav"))
}

#[test]
fn a_pack_of_version_3_loads_and_sounds_as_it_did() {
    let pack = Pack::open(&folder()).expect("version 3 is read");
    for (number, samples) in render(&pack).iter().enumerate() {
        let mut reader = hound::WavReader::open(sound_file(number)).expect("stored");
        let stored: Vec<f32> = reader.samples::<f32>().map(|sample| sample.expect("whole")).collect();
        assert_eq!(samples.len(), stored.len());
        let worst = samples.iter().zip(&stored).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        let peak = stored.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!(peak > 0.01, "sound {number} is silent");
        assert!(worst <= TOLERANCE * peak.max(1.0), "sound {number} differs by {worst}");
    }
}

#[test]
#[ignore = "writes the fixture that the other test compares with"]
fn write_the_fixture() {
    let weights = |name: &str, shape: &[usize], size: f32| {
        let values = (0..shape.iter().product()).map(|index: usize| size * (index as f32 * 12.9898).sin());
        tensor(name, shape, values)
    };
    let encoder = model(
        &[("frames", &[1, BANDS, FRAMES]), ("key", &[1, 1])],
        &[("latent", &[1, 7])],
        vec![weights("w", &[BANDS * FRAMES, 7], 0.1), weights("k", &[1, 7], 0.2)],
        vec![
            node("Flatten", &["frames"], "flat"),
            node("MatMul", &["flat", "w"], "a"),
            node("Mul", &["key", "k"], "b"),
            node("Add", &["a", "b"], "latent"),
        ],
    );
    let decoder = model(
        &[("latent", &[1, 7]), ("key", &[1, 1])],
        &[("frames", &[1, BANDS, FRAMES])],
        vec![
            weights("w", &[7, BANDS * FRAMES], 0.4),
            weights("k", &[1, BANDS * FRAMES], 0.2),
            integers("shape", &[1, BANDS as i64, FRAMES as i64]),
        ],
        vec![
            node("MatMul", &["latent", "w"], "a"),
            node("Mul", &["key", "k"], "b"),
            node("Add", &["a", "b"], "c"),
            node("Tanh", &["c"], "d"),
            node("Reshape", &["d", "shape"], "frames"),
        ],
    );
    let vocoder = model(
        &[("frames", &[1, BANDS, CHUNK]), ("key", &[1, 1])],
        &[("log_magnitude", &[1, BINS, CHUNK]), ("phase", &[1, 3 * BINS, CHUNK])],
        vec![
            weights("w", &[1, BINS, BANDS], 0.8),
            weights("p", &[1, 3 * BINS, BANDS], 1.0),
            weights("k", &[1, 3 * BINS, 1], 0.3),
        ],
        vec![
            node("MatMul", &["w", "frames"], "log_magnitude"),
            node("MatMul", &["p", "frames"], "a"),
            node("Mul", &["key", "k"], "b"),
            node("Add", &["a", "b"], "phase"),
        ],
    );
    let files = [("encoder.onnx", encoder), ("decoder.onnx", decoder), ("vocoder.onnx", vocoder)];
    let mut files: BTreeMap<String, Vec<u8>> =
        files.into_iter().map(|(name, graph)| (name.to_owned(), graph.encode_to_vec())).collect();
    files.insert(MANIFEST_FILE.into(), manifest(&files));
    let pack = Pack::from_files(files).expect("valid");
    pack.save_folder(&folder()).expect("writable");
    for (number, samples) in render(&pack).iter().enumerate() {
        engine::sample::write_wav(&sound_file(number), samples, 1, 8000).expect("writable");
    }
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let entry = |bytes: &[u8]| json!({ "sha256": hex_sha256(bytes), "bytes": bytes.len() });
    let files: BTreeMap<&String, serde_json::Value> = files.iter().map(|(name, bytes)| (name, entry(bytes))).collect();
    let axis = |number: usize| {
        let mut axis = json!({ "name": format!("axis {number}"), "low": -3.0, "high": 3.0 - number as f64 / 8.0 });
        if number < 2 {
            axis["rank_correlation"] = json!(0.5);
        }
        axis
    };
    let manifest = json!({
        "format_version": 3, "id": "frozen-v3", "name": "Frozen, version 3",
        "sample_rate_hz": 8000, "fft_size": 256, "hop_samples": 64, "pad_samples": 96, "frame_count": FRAMES,
        "mel_bands": BANDS, "mel_low_hz": 20.0, "mel_high_hz": 4000.0, "floor_db": -80.0,
        "latents": (0..7).map(axis).collect::<Vec<_>>(),
        "root_keys": [48, 60, 72],
        "vocoder": { "chunk_frames": CHUNK, "context_frames": 0 },
        "griffin_lim_iterations": 1,
        "sounds": [
            { "name": "First", "category": "Test", "latent": NOTES[1].0, "key": 48 },
            { "name": "Second", "category": "Test", "latent": NOTES[2].0, "key": 72 },
        ],
        "files": files, "licence": "CC0-1.0", "provenance": ["weights from a formula"],
    });
    serde_json::to_vec_pretty(&manifest).expect("JSON")
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: operator.into(),
        name: output.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    }
}

fn tensor(name: &str, shape: &[usize], values: impl Iterator<Item = f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: shape.iter().map(|size| *size as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: values.flat_map(f32::to_le_bytes).collect(),
        ..TensorProto::default()
    }
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

fn port((name, shape): &(&str, &[usize])) -> ValueInfoProto {
    use proto::{
        TensorShapeProto, TypeProto, tensor_shape_proto::Dimension, tensor_shape_proto::dimension, type_proto,
    };
    let fixed =
        |size: &usize| Dimension { value: Some(dimension::Value::DimValue(*size as i64)), ..Dimension::default() };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: shape.iter().map(fixed).collect() }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: (*name).to_owned(), r#type: Some(kind), ..ValueInfoProto::default() }
}

fn model(
    inputs: &[(&str, &[usize])],
    outputs: &[(&str, &[usize])],
    initializer: Vec<TensorProto>,
    node: Vec<NodeProto>,
) -> ModelProto {
    let graph = proto::GraphProto {
        name: "graph".into(),
        node,
        initializer,
        input: inputs.iter().map(port).collect(),
        output: outputs.iter().map(port).collect(),
        ..proto::GraphProto::default()
    };
    ModelProto {
        ir_version: 9,
        opset_import: vec![proto::OperatorSetIdProto { domain: String::new(), version: 20 }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}
