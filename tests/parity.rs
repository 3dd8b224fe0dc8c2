//! The shipped graphs, run by the engine, give what the trained networks gave: stored outputs against ours.
//!
//! `models/factory/parity.json` is written by the export (`cargo xtask train`), which itself stops at a difference above 1e-4. The
//! vocoder is compared by the complex bins that its outputs stand for, since a phase where there is no sound is undetermined.

use std::sync::Arc;

use engine::decode::graph::{Graph, Port};
use engine::decode::pipeline::key_input;
use engine::decode::{Model, Pipeline};
use engine::pack::Pack;
use engine::spectral::Frames;
use serde_json::Value;

/// Largest difference from a stored output, against the larger of 1 and the output's largest value. Twice the export's own
/// bound: processors differ in the order of their sums.
const PARITY_TOLERANCE: f32 = 2e-4;

struct Stored {
    values: Value,
}

impl Stored {
    fn read() -> Self {
        let text = include_str!("../models/factory/parity.json");
        Self { values: serde_json::from_str(text).expect("the export writes JSON") }
    }

    fn points(&self) -> &[Value] {
        self.values["points"].as_array().expect("a list of points")
    }

    fn stride(&self, index: usize) -> usize {
        self.values["strides"][index].as_u64().expect("a stride") as usize
    }
}

fn numbers(point: &Value, field: &str) -> Vec<f32> {
    let list = point[field].as_array().unwrap_or_else(|| panic!("{field} is a list"));
    list.iter().map(|value| value.as_f64().expect("a number") as f32).collect()
}

fn assert_near(what: &str, ours: &[f32], stored: &[f32], stride: usize) {
    assert_eq!(ours.len().div_ceil(stride), stored.len(), "{what}: another number of values was stored");
    let scale = stored.iter().fold(1.0f32, |scale, value| scale.max(value.abs()));
    let differences = ours.iter().step_by(stride).zip(stored).map(|(a, b)| (a - b).abs() / scale);
    // A difference that is not a number is the largest of all.
    let worst =
        differences.fold(0.0, |worst: f32, value| if value.is_nan() { f32::INFINITY } else { worst.max(value) });
    assert!(worst <= PARITY_TOLERANCE, "{what} differs by {worst:e}");
}

#[test]
fn the_stored_outputs_belong_to_the_shipped_pack() {
    assert_eq!(Stored::read().values["pack"], Pack::factory().expect("valid").hash());
}

#[test]
fn graphs_give_what_training_gave() {
    let pack = Pack::factory().expect("valid");
    let (shape, stored) = (pack.manifest().shape, Stored::read());
    let key = Port::new("key", &[1, 1]);
    let latent = Port::new("latent", &[1, 7]);
    let frames = Port::new("frames", &[1, shape.mel_bands, shape.frame_count]);
    let load = |name: &str, input: &Port, outputs: &[Port]| {
        let graph = Graph::load(name, pack.graph(name), vec![input.clone(), key.clone()], outputs.to_vec());
        graph.expect("the shipped graph loads").runner().expect("and runs")
    };
    let mut decoder = load("decoder.onnx", &latent, std::slice::from_ref(&frames));
    let mut encoder = load("encoder.onnx", &frames, std::slice::from_ref(&latent));
    let mut pipeline = Pipeline::new(Arc::new(Model::load(&pack).expect("the shipped pack loads"))).expect("and runs");
    assert!(!stored.points().is_empty());
    for point in stored.points() {
        let key_number = point["key"].as_f64().expect("a key") as f32;
        let key = [key_input(key_number)];
        let outputs = decoder.run(&[&numbers(point, "latent"), &key]).expect("decodes");
        let decoded = outputs.get(0).to_vec();
        assert_near("decoder", &decoded, &numbers(point, "frames"), stored.stride(0));
        let outputs = encoder.run(&[&decoded, &key]).expect("encodes");
        assert_near("encoder", outputs.get(0), &numbers(point, "encoded"), 1);
        let frames = Frames { bands: shape.mel_bands, frames: shape.frame_count, values: decoded };
        let bins = pipeline.bins(&frames, key_number).expect("vocodes").values;
        let real: Vec<f32> = bins.iter().map(|bin| bin.re / shape.full_scale()).collect();
        let imaginary: Vec<f32> = bins.iter().map(|bin| bin.im / shape.full_scale()).collect();
        assert_near("real parts", &real, &numbers(point, "bins_real"), stored.stride(1));
        assert_near("imaginary parts", &imaginary, &numbers(point, "bins_imaginary"), stored.stride(1));
    }
}
