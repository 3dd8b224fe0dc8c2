//! What was read of an audio file, as every command tells it. Main thread.

use std::path::Path;

use engine::import::Imported;
use serde_json::{Value, json};

use crate::output::path_text;

/// What was read of a file, for people and for programs.
pub(crate) struct Recorded {
    /// In words: "mine.wav: from 0.350 s, key 57.00 (as heard; confidence 0.98)".
    pub(crate) text: String,
    /// The object `recording` of results.
    pub(crate) json: Value,
}

impl Recorded {
    pub(crate) fn new(file: &Path, imported: &Imported) -> Self {
        let file = path_text(file);
        let text = format!("{file}: from {:.3} s, key {}", imported.start_s, key_text(imported));
        let json = json!({
            "file": file, "samples": imported.read.map(|read| read.samples),
            "sample_rate_hz": imported.read.map(|read| read.sample_rate_hz), "start_s": imported.start_s, "key": imported.key,
            "key_origin": imported.key_origin,
            "found_key": imported.found_key, "key_confidence": imported.key_confidence,
        });
        Self { text, json }
    }
}

/// The key in words: "57.00 (as heard; confidence 0.98)".
pub(crate) fn key_text(imported: &Imported) -> String {
    format!("{:.2} ({}; confidence {:.2})", imported.key, imported.key_origin.words(), imported.key_confidence)
}
