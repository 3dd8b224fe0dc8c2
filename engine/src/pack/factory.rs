//! The factory pack, embedded in the binary so that the instrument works with no file beside it.

use std::collections::BTreeMap;

/// The manifest alone.
pub(super) const MANIFEST: &[u8] = include_bytes!("../../../models/manifest.json");

/// The files of the repository's `models/` folder.
pub(super) fn files() -> BTreeMap<String, Vec<u8>> {
    let embedded: [(&str, &[u8]); 5] = [
        (super::MANIFEST_FILE, MANIFEST),
        ("encoder.onnx", include_bytes!("../../../models/encoder.onnx")),
        ("decoder.onnx", include_bytes!("../../../models/decoder.onnx")),
        ("vocoder.onnx", include_bytes!("../../../models/vocoder.onnx")),
        (super::RESIDUALS_FILE, include_bytes!("../../../models/residuals.bin")),
    ];
    embedded.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}
