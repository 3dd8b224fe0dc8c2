//! Numbers that name recordings: what shares one may not be divided between the splits.

use sha2::{Digest, Sha256};

/// Marks ids that are hashes, apart from the numbered ones of folders and of the procedural generator.
const MARK: u64 = 1 << 63;

/// The id of what these bytes name.
fn of_bytes(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |id, byte| (id << 8) | u64::from(*byte)) | MARK
}

/// The id of what a text names.
pub fn of_text(text: &str) -> u64 {
    of_bytes(text.as_bytes())
}

/// The id of a recording by a few samples that no other has.
pub fn of_samples(samples: &[i16]) -> u64 {
    of_bytes(&samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())
}
