//! A pack of kind `raw` with a small network of random weights.

use std::collections::BTreeMap;

use engine::pack::{FORMAT_VERSION, PackKind, Quantisation, RawManifest, RawNetwork, RawPack};
use inputs::raw_network::{CLASSES, RATE_HZ, STATES, Tensors, WIDTH};

/// A pack whose sounds last for so many samples.
///
/// # Panics
/// If the pack is refused.
pub fn raw_pack(length_samples: usize) -> RawPack {
    let manifest = RawManifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Raw,
        id: "raw-test".into(),
        name: "Raw test".into(),
        sample_rate_hz: RATE_HZ,
        length_samples,
        quantisation: Quantisation::MuLaw,
        network: RawNetwork::new([WIDTH; 3], [1; 3], STATES),
        envelopes: None,
        sums: 0,
        classes: CLASSES.map(str::to_owned).into(),
        temperature: 1.0,
        keep: 0.99,
        files: BTreeMap::new(),
        licence: "MIT".into(),
        provenance: vec!["none".into()],
    };
    RawPack::assemble(manifest, Tensors::network(false).file()).expect("a whole pack")
}
