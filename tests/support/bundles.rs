//! The built bundles, and what the host tests play on them.

use std::path::PathBuf;

use engine::pack::{NamedSound, Pack};
use engine::units::{LATENT_LIMIT, MODEL_LATENTS};

/// Path of a bundle in `target/bundled`, beside which this test program was built.
///
/// # Panics
/// If it has not been built: a host test without a bundle must not pass.
pub fn bundle(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("the test program knows its own path");
    // target/<profile>/deps/<program>
    let target = program.ancestors().nth(3).expect("the test program lies in a target folder");
    let path = target.join("bundled").join(name);
    assert!(path.exists(), "{} is missing: run `cargo xtask bundle` first", path.display());
    path
}

/// The number that the plug-in framework makes of a parameter's frozen id, in VST3 and CLAP alike.
pub fn parameter_number(id: &str) -> u32 {
    id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) & !(1 << 31)
}

/// Parameter id and normalised value of each knob for `sound`.
pub fn knobs(sound: &NamedSound) -> [(String, f64); MODEL_LATENTS] {
    std::array::from_fn(|axis| {
        let value = sound.latent[axis] / (2.0 * LATENT_LIMIT) + 0.5;
        (format!("z{}", axis + 1), f64::from(value.clamp(0.0, 1.0)))
    })
}

/// [`knobs`], and what a new instance does to its first sound taken back: `sound` in the middle and in one zone for each key.
pub fn plainly(sound: &NamedSound) -> Vec<(String, f64)> {
    let others = ["width", "zone_crossfade"].map(|id| (id.to_owned(), 0.0));
    knobs(sound).into_iter().chain(others).collect()
}

/// A saved project as it would look had it been made with a pack that is not here.
///
/// # Panics
/// If the state does not name the factory pack.
pub fn with_another_pack(state: &[u8]) -> Vec<u8> {
    let pack = Pack::factory().expect("the factory pack is valid");
    let hash = pack.hash().as_bytes();
    let places: Vec<usize> = (0..state.len()).filter(|at| state[*at..].starts_with(hash)).collect();
    assert!(!places.is_empty(), "the state names its pack");
    let mut other = state.to_vec();
    places.iter().for_each(|at| other[*at..*at + hash.len()].fill(b'5'));
    other
}

/// A factory sound with one steady pitch: wind instruments before others, since organs and leads may sound in octaves.
pub fn pitched_sound() -> NamedSound {
    let pack = Pack::factory().expect("the factory pack is valid");
    let sounds = &pack.manifest().sounds;
    ["Reed", "Pipe", "Brass", "Organ", "Lead"]
        .iter()
        .find_map(|family| sounds.iter().find(|sound| sound.category == *family))
        .expect("the factory pack has a wind instrument")
        .clone()
}
