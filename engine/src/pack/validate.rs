//! Parses a manifest and checks every value in it, so that nothing after this needs to.

use std::collections::HashSet;
use std::fmt::Display;

use serde::Deserialize;

use super::{FORMAT_VERSION, GRAPHS, Manifest, PackError, RESIDUALS_FILE};
use crate::units::{LATENT_LIMIT, MODEL_LATENTS};

/// Longest text that the manifest may hold in one field.
const MAX_TEXT_BYTES: usize = 4096;
const MAX_ID_BYTES: usize = 64;
const MAX_SOUNDS: usize = 10_000;

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}

/// Parses and checks `manifest.json`.
pub(super) fn parse(json: &[u8]) -> Result<Manifest, PackError> {
    let damaged = |error: serde_json::Error| PackError::Manifest(error.to_string());
    let version: VersionOnly = serde_json::from_slice(json).map_err(damaged)?;
    if version.format_version == 0 || version.format_version > FORMAT_VERSION {
        return Err(PackError::Version { found: version.format_version });
    }
    let manifest: Manifest = serde_json::from_slice(json).map_err(damaged)?;
    check_texts(&manifest)?;
    check_shape(&manifest)?;
    check_latents(&manifest)?;
    check_conditioning(&manifest)?;
    check_sounds(&manifest)?;
    check_files(&manifest)?;
    Ok(manifest)
}

fn ensure(holds: bool, field: &str, found: impl Display, expected: &str) -> Result<(), PackError> {
    if holds {
        return Ok(());
    }
    Err(PackError::Value { field: field.into(), found: found.to_string(), expected: expected.into() })
}

fn check_texts(manifest: &Manifest) -> Result<(), PackError> {
    for (field, text) in [("id", &manifest.id), ("name", &manifest.name), ("licence", &manifest.licence)] {
        let fits = !text.trim().is_empty() && text.len() <= MAX_TEXT_BYTES && !text.chars().any(char::is_control);
        ensure(fits, field, format!("{} bytes", text.len()), "1 to 4096 bytes of text on one line")?;
    }
    // The id becomes a file's name.
    let id = &manifest.id;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = id.chars().all(plain) && !id.starts_with('.') && id.len() <= MAX_ID_BYTES;
    ensure(fits, "id", format!("{id:?}"), "at most 64 letters, digits, dots, dashes and underlines")?;
    Ok(())
}

fn check_shape(manifest: &Manifest) -> Result<(), PackError> {
    let rate_hz = manifest.shape.sample_rate_hz;
    ensure((8_000..=192_000).contains(&rate_hz), "sample_rate_hz", rate_hz, "8000 to 192000")?;
    let fft_size = manifest.shape.fft_size;
    let fft_fits = fft_size.is_power_of_two() && (256..=16_384).contains(&fft_size);
    ensure(fft_fits, "fft_size", fft_size, "a power of two from 256 to 16384")?;
    let hop = manifest.shape.hop_samples;
    ensure(hop >= 32 && hop <= fft_size / 2, "hop_samples", hop, "32 to half of fft_size")?;
    let pad = manifest.shape.pad_samples;
    let pad_expected = (fft_size - hop) / 2;
    ensure(pad == pad_expected, "pad_samples", pad, &format!("{pad_expected}, half of fft_size − hop_samples"))?;
    ensure((8..=4096).contains(&manifest.shape.frame_count), "frame_count", manifest.shape.frame_count, "8 to 4096")?;
    ensure((8..=1024).contains(&manifest.shape.mel_bands), "mel_bands", manifest.shape.mel_bands, "8 to 1024")?;
    let (low, high) = (manifest.shape.mel_low_hz, manifest.shape.mel_high_hz);
    let edges_fit = low >= 0.0 && low < high && high <= rate_hz as f32 / 2.0;
    ensure(edges_fit, "mel_low_hz, mel_high_hz", format!("{low}, {high}"), "0 ≤ low < high ≤ half the sample rate")?;
    let floor = manifest.shape.floor_db;
    ensure((-160.0..=-20.0).contains(&floor), "floor_db", floor, "-160 to -20")
}

fn check_latents(manifest: &Manifest) -> Result<(), PackError> {
    let count = manifest.latents.len();
    ensure(count == MODEL_LATENTS, "latents", format!("{count} axes"), "7 axes")?;
    for axis in &manifest.latents {
        let range_fits = axis.low >= -LATENT_LIMIT && axis.low < axis.high && axis.high <= LATENT_LIMIT;
        let range = format!("{} to {}", axis.low, axis.high);
        ensure(range_fits && axis.name.len() <= 64, "latents", range, "a range within -3 to 3 and a short name")?;
    }
    Ok(())
}

fn check_conditioning(manifest: &Manifest) -> Result<(), PackError> {
    let roots = &manifest.root_keys;
    let rising = roots.windows(2).all(|pair| pair[0] < pair[1]);
    let roots_fit = !roots.is_empty() && roots.len() <= 16 && rising && roots.iter().all(|key| *key <= 127);
    ensure(roots_fit, "root_keys", format!("{roots:?}"), "1 to 16 rising MIDI keys")?;
    let vocoder = manifest.vocoder;
    let chunk_fits = (8..=4096).contains(&vocoder.chunk_frames);
    ensure(chunk_fits, "vocoder.chunk_frames", vocoder.chunk_frames, "8 to 4096")?;
    let context_fits = vocoder.context_frames < vocoder.chunk_frames / 2;
    ensure(context_fits, "vocoder.context_frames", vocoder.context_frames, "less than half of chunk_frames")?;
    let (phase_bins, bins) = (manifest.phase_bins(), manifest.shape.bins());
    ensure(
        (1..=bins).contains(&phase_bins),
        "vocoder.phase_bins",
        phase_bins,
        &format!("1 to {bins}, the bins of fft_size"),
    )?;
    let iterations = manifest.griffin_lim_iterations;
    ensure(iterations <= 200, "griffin_lim_iterations", iterations, "0 to 200")
}

fn check_sounds(manifest: &Manifest) -> Result<(), PackError> {
    let count = manifest.sounds.len();
    ensure((1..=MAX_SOUNDS).contains(&count), "sounds", format!("{count} sounds"), "1 to 10000 sounds")?;
    let mut names = HashSet::new();
    for sound in &manifest.sounds {
        let name_fits = !sound.name.trim().is_empty() && sound.name.len() <= 128 && sound.category.len() <= 64;
        ensure(name_fits, "sounds", &sound.name, "a name of 1 to 128 bytes and a category of at most 64")?;
        ensure(names.insert(sound.name.to_lowercase()), "sounds", &sound.name, "each name once")?;
        let inside = sound.latent.iter().all(|value| value.is_finite() && value.abs() <= LATENT_LIMIT);
        ensure(inside, &format!("latent of \"{}\"", sound.name), format!("{:?}", sound.latent), "values in -3 to 3")?;
        ensure(sound.key <= 127, &format!("key of \"{}\"", sound.name), sound.key, "0 to 127")?;
    }
    Ok(())
}

fn check_files(manifest: &Manifest) -> Result<(), PackError> {
    for graph in GRAPHS {
        if !manifest.files.contains_key(graph) {
            return Err(PackError::Missing { file: graph.into() });
        }
    }
    for name in manifest.files.keys() {
        let is_known = GRAPHS.contains(&name.as_str()) || name == RESIDUALS_FILE;
        ensure(is_known, "files", name, "only encoder, decoder and vocoder .onnx and residuals.bin")?;
    }
    Ok(())
}
