//! The packs of the repository's `models/` folder, embedded in the binary so that the instrument works with no file beside
//! it. Plain constant data, readable on any thread; parsing it allocates and is not for the audio thread.

use std::collections::BTreeMap;

use super::{MANIFEST_FILE, RESIDUALS_FILE, WEIGHTS_FILE};

/// A pack that is part of the program.
pub(super) struct ShippedPack {
    /// Name of its folder in `models/`, by which the command line takes it.
    pub(super) name: &'static str,
    pub(super) manifest: &'static [u8],
    /// The other files by name.
    files: &'static [(&'static str, &'static [u8])],
}

/// The pack of new projects; `models/factory/`.
pub(super) const FACTORY: ShippedPack = ShippedPack {
    name: "factory",
    manifest: include_bytes!("../../../models/factory/manifest.json"),
    files: &[
        ("encoder.onnx", include_bytes!("../../../models/factory/encoder.onnx")),
        ("decoder.onnx", include_bytes!("../../../models/factory/decoder.onnx")),
        ("vocoder.onnx", include_bytes!("../../../models/factory/vocoder.onnx")),
        (RESIDUALS_FILE, include_bytes!("../../../models/factory/residuals.bin")),
    ],
};

/// Footsteps on ten floors; `models/footsteps/`.
const FOOTSTEPS: ShippedPack = ShippedPack {
    name: "footsteps",
    manifest: include_bytes!("../../../models/footsteps/manifest.json"),
    files: &[
        ("encoder.onnx", include_bytes!("../../../models/footsteps/encoder.onnx")),
        ("decoder.onnx", include_bytes!("../../../models/footsteps/decoder.onnx")),
    ],
};

/// Footsteps sample by sample; `models/raw/`.
const RAW: ShippedPack = ShippedPack {
    name: "raw",
    manifest: include_bytes!("../../../models/raw/manifest.json"),
    files: &[(WEIGHTS_FILE, include_bytes!("../../../models/raw/weights.safetensors"))],
};

/// Clips of everyday sounds by class; `models/foley/`. Its vocoder is that of the factory pack.
const FOLEY: ShippedPack = ShippedPack {
    name: "foley",
    manifest: include_bytes!("../../../models/foley/manifest.json"),
    files: &[
        (WEIGHTS_FILE, include_bytes!("../../../models/foley/weights.safetensors")),
        ("decoder.onnx", include_bytes!("../../../models/foley/decoder.onnx")),
        ("vocoder.onnx", include_bytes!("../../../models/factory/vocoder.onnx")),
    ],
};

/// All shipped packs, the factory pack first; one row for each folder of `models/`.
pub(super) const PACKS: [&ShippedPack; 4] = [&FACTORY, &FOOTSTEPS, &RAW, &FOLEY];

impl ShippedPack {
    /// All files of the pack by name.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let all = self.files.iter().copied().chain([(MANIFEST_FILE, self.manifest)]);
        all.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
    }
}
