//! A pack of kind `foley` with a small network of random weights and the factory's vocoder. Shared with the tests of the command line.

use std::collections::BTreeMap;

use engine::pack::{FORMAT_VERSION, FoleyManifest, FoleyNetwork, FoleyPack, PackKind, VocoderInfo};
use engine::spectral::SpectralShape;
use inputs::raw_network::Tensors;

use super::graphs::{graph, node, numbers, port, wholes};

/// Its classes.
pub const CLASSES: [&str; 3] = ["Dog-bark", "rain", "rails"];
/// Channels of the network.
pub const WIDTH: usize = 64;
/// Blocks of attention.
pub const BLOCKS: usize = 2;
/// Codes of a position.
pub const LEVELS: usize = 3;
/// Codes to choose from.
pub const CODES: usize = 32;
/// Values of a code.
pub const LATENT: usize = 8;
/// Frames of a clip.
pub const FRAMES: usize = 64;
const POSITIONS: usize = FRAMES / 4;
/// Steps of the network for a clip.
pub const STEPS: usize = POSITIONS + LEVELS - 1;
const BANDS: usize = 128;

fn norm(tensors: &mut Tensors, name: &str) {
    tensors.add(&format!("{name}.gain"), &[WIDTH], |_, random| 1.0 + 0.1 * random);
    tensors.add(&format!("{name}.bias"), &[WIDTH], |_, random| 0.1 * random);
}

/// The weights of its network, chosen at random.
pub fn tensors() -> Tensors {
    let mut tensors = Tensors { state: 11, ..Tensors::default() };
    tensors.add("codes", &[CODES, LATENT], |_, random| random);
    tensors.add("embedding", &[LEVELS * (CODES + 1), WIDTH], |_, random| random);
    tensors.add("steps", &[STEPS, WIDTH], |_, random| random);
    tensors.add("classes", &[3, WIDTH], |_, random| 2.0 * random);
    for block in 0..BLOCKS {
        let place = |part: &str| format!("block{block}.{part}");
        norm(&mut tensors, &place("norm"));
        norm(&mut tensors, &place("feed_norm"));
        tensors.affine(&place("attend"), 3 * WIDTH, WIDTH);
        tensors.affine(&place("gather"), WIDTH, WIDTH);
        tensors.affine(&place("widen"), 4 * WIDTH, WIDTH);
        tensors.affine(&place("narrow"), WIDTH, 4 * WIDTH);
    }
    norm(&mut tensors, "norm");
    tensors.affine("head", LEVELS * CODES, WIDTH);
    tensors
}

/// Levels that every value of every position moves, and a spread between 0.01 and 0.1. Which frames a position moves has no meaning here.
fn decoder() -> Vec<u8> {
    let weights: Vec<f32> = (0..BANDS * 4 * LEVELS * LATENT).map(|place| 0.2 * (place as f32 * 0.37).sin()).collect();
    let nodes = vec![
        node("MatMul", &["weights", "positions"], "product"),
        node("Reshape", &["product", "shape"], "levels"),
        node("Clip", &["levels", "low", "high"], "frames"),
        node("Clip", &["levels", "least", "most"], "spread"),
    ];
    let constants = vec![
        numbers("weights", &[1, 4 * BANDS as i64, (LEVELS * LATENT) as i64], &weights),
        wholes("shape", &[1, BANDS as i64, FRAMES as i64]),
        numbers("low", &[], &[-1.0]),
        numbers("high", &[], &[1.2]),
        numbers("least", &[], &[0.01]),
        numbers("most", &[], &[0.1]),
    ];
    let input = port("positions", &[1, (LEVELS * LATENT) as i64, POSITIONS as i64]);
    let outputs = ["frames", "spread"].map(|name| port(name, &[1, BANDS as i64, FRAMES as i64]));
    graph(input, outputs.to_vec(), nodes, constants)
}

/// Its description.
pub fn manifest() -> FoleyManifest {
    FoleyManifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Foley,
        id: "foley-test".into(),
        name: "Foley test".into(),
        shape: SpectralShape { frame_count: FRAMES, ..SpectralShape::DEFAULT },
        classes: CLASSES.map(str::to_owned).to_vec(),
        network: FoleyNetwork {
            width: WIDTH,
            blocks: BLOCKS,
            levels: LEVELS,
            codes: CODES,
            latent: LATENT,
            frames_of_position: 4,
        },
        vocoder: VocoderInfo { chunk_frames: 172, context_frames: 15, phase_bins: Some(400) },
        vocoder_key: 60,
        griffin_lim_iterations: 1,
        temperature: 1.0,
        keep: 0.95,
        guidance: 1.5,
        spread: Some(1.0),
        files: BTreeMap::new(),
        licence: "MIT".into(),
        provenance: vec!["none".into()],
    }
}

/// Its files with these weights, with the vocoder of the factory pack.
///
/// # Panics
/// If the vocoder cannot be read.
pub fn files(tensors: &Tensors) -> [Vec<u8>; 3] {
    let vocoder = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/factory/vocoder.onnx"))
        .expect("the factory's vocoder");
    [tensors.file(), decoder(), vocoder]
}

/// The pack.
///
/// # Panics
/// If the pack is refused.
pub fn pack() -> FoleyPack {
    FoleyPack::assemble(manifest(), files(&tensors())).expect("a whole pack")
}
