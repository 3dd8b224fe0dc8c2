//! Parses a manifest and checks every value in it, so that nothing after this needs to. Any thread but the audio thread.

use std::collections::HashSet;
use std::fmt::Display;

use serde_json::{Map, Value};

use super::{FORMAT_VERSION, MAX_MANIFEST_BYTES, Manifest, PackError, PackFiles, PackKind, VocoderInfo};
use crate::link::MAX_SOUND_SAMPLES;
use crate::spectral::SpectralShape;
use crate::spectral::constant_q::ShapeError;
use crate::units::{LATENT_LIMIT, MODEL_LATENTS};

/// Longest text that the manifest may hold in one field.
const MAX_TEXT_BYTES: usize = 4096;
const FIRST_VERSION_WITH_KINDS: u64 = 4;
/// Largest stretch of a sound, with which it just fits into a slot.
const LARGEST_STRETCH: usize = 4;
/// Most constant-Q bands: what bounds the time of a transform.
const MAX_CONSTANT_Q_BANDS: usize = 512;
const MAX_ID_BYTES: usize = 64;
const MAX_SOUNDS: usize = 10_000;

/// Parses and checks `manifest.json` of any version up to [`FORMAT_VERSION`].
pub(super) fn parse(json: &[u8]) -> Result<Manifest, PackError> {
    let mut fields = fields(json)?;
    if version(&fields)? < FIRST_VERSION_WITH_KINDS {
        convert_latent_pack(&mut fields);
    }
    let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
    // Manifests of kinds without latents have other fields: they are not read further.
    let files = PackKind::named(kind)?.files()?;
    let manifest: Manifest = serde_json::from_value(Value::Object(fields)).map_err(damaged)?;
    check_texts(&manifest.id, &manifest.name, &manifest.licence)?;
    check_shape(&manifest.shape)?;
    check_length(&manifest.shape, LARGEST_STRETCH)?;
    check_controls(&manifest)?;
    check_conditioning(&manifest)?;
    check_sounds(&manifest)?;
    check_files(&manifest, files)?;
    Ok(manifest)
}

/// The fields of a manifest of any kind.
pub(super) fn fields(json: &[u8]) -> Result<Map<String, Value>, PackError> {
    if json.len() > MAX_MANIFEST_BYTES {
        return Err(PackError::Manifest(format!("it is larger than {} MiB", MAX_MANIFEST_BYTES >> 20)));
    }
    serde_json::from_slice(json).map_err(damaged)
}

/// The version of a manifest, one that this engine reads.
pub(super) fn version(fields: &Map<String, Value>) -> Result<u64, PackError> {
    let version = fields.get("format_version").and_then(Value::as_u64);
    let version = version.ok_or_else(|| PackError::Manifest("format_version is no whole number".into()))?;
    if (1..=u64::from(FORMAT_VERSION)).contains(&version) {
        Ok(version)
    } else {
        Err(PackError::Version { found: version })
    }
}

fn damaged(error: serde_json::Error) -> PackError {
    PackError::Manifest(error.to_string())
}

/// Gives a manifest of version 1 to 3, which only latent packs have, the fields of version 4.
fn convert_latent_pack(fields: &mut Map<String, Value>) {
    fields.insert("kind".into(), PackKind::Latent.name().into());
    if let Some(latents) = fields.remove("latents") {
        fields.insert("controls".into(), latents);
    }
}

pub(super) fn ensure(holds: bool, field: &str, found: impl Display, expected: &str) -> Result<(), PackError> {
    if holds {
        return Ok(());
    }
    Err(PackError::Value { field: field.into(), found: found.to_string(), expected: expected.into() })
}

pub(super) fn check_texts(id: &str, name: &str, licence: &str) -> Result<(), PackError> {
    for (field, text) in [("id", id), ("name", name), ("licence", licence)] {
        let fits = !text.trim().is_empty() && text.len() <= MAX_TEXT_BYTES && !text.chars().any(char::is_control);
        ensure(fits, field, format!("{} bytes", text.len()), "1 to 4096 bytes of text on one line")?;
    }
    // The id becomes a file's name.
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = id.chars().all(plain) && !id.starts_with('.') && id.len() <= MAX_ID_BYTES;
    ensure(fits, "id", format!("{id:?}"), "at most 64 letters, digits, dots, dashes and underlines")?;
    Ok(())
}

/// Names of classes: `least` to seven, each a name of its own.
pub(super) fn check_classes(classes: &[String], least: usize) -> Result<(), PackError> {
    let count = classes.len();
    let expected = if least == 0 { "at most 7 classes".to_owned() } else { format!("{least} to 7 classes") };
    ensure((least..=MODEL_LATENTS).contains(&count), "classes", format!("{count} classes"), &expected)?;
    let mut seen = HashSet::new();
    classes.iter().try_for_each(|name| {
        let fits = !name.trim().is_empty() && name.len() <= 64 && !name.chars().any(char::is_control);
        ensure(fits, "classes", format!("{name:?}"), "names of 1 to 64 bytes on one line")?;
        ensure(seen.insert(name.to_lowercase()), "classes", name, "each name once")
    })
}

pub(super) fn check_shape(shape: &SpectralShape) -> Result<(), PackError> {
    let rate_hz = shape.sample_rate_hz;
    ensure((8_000..=192_000).contains(&rate_hz), "sample_rate_hz", rate_hz, "8000 to 192000")?;
    let fft_size = shape.fft_size;
    let fft_fits = fft_size.is_power_of_two() && (256..=16_384).contains(&fft_size);
    ensure(fft_fits, "fft_size", fft_size, "a power of two from 256 to 16384")?;
    let hop = shape.hop_samples;
    ensure(hop >= 32 && hop <= fft_size / 2, "hop_samples", hop, "32 to half of fft_size")?;
    let pad = shape.pad_samples;
    let pad_expected = (fft_size - hop) / 2;
    ensure(pad == pad_expected, "pad_samples", pad, &format!("{pad_expected}, half of fft_size − hop_samples"))?;
    ensure((8..=4096).contains(&shape.frame_count), "frame_count", shape.frame_count, "8 to 4096")?;
    ensure((8..=1024).contains(&shape.mel_bands), "mel_bands", shape.mel_bands, "8 to 1024")?;
    let (low, high) = (shape.mel_low_hz, shape.mel_high_hz);
    let edges_fit = low >= 0.0 && low < high && high <= rate_hz as f32 / 2.0;
    ensure(edges_fit, "mel_low_hz, mel_high_hz", format!("{low}, {high}"), "0 ≤ low < high ≤ half the sample rate")?;
    let floor = shape.floor_db;
    ensure((-160.0..=-20.0).contains(&floor), "floor_db", floor, "-160 to -20")
}

/// Whether a sound fits into a slot at the largest `stretch` that it is played with.
pub(super) fn check_length(shape: &SpectralShape, stretch: usize) -> Result<(), PackError> {
    let (samples, most) = (shape.frame_count * shape.hop_samples, MAX_SOUND_SAMPLES / stretch);
    let limit = match stretch {
        1 => format!("at most {most} samples, which a slot holds"),
        _ => format!("at most {most} samples, so that a slot holds the sound stretched {stretch} times"),
    };
    ensure(samples <= most, "frame_count × hop_samples", format!("{samples} samples"), &limit)
}

fn check_controls(manifest: &Manifest) -> Result<(), PackError> {
    let count = manifest.controls.len();
    ensure(count == MODEL_LATENTS, "controls", format!("{count} controls"), "7 controls")?;
    for control in &manifest.controls {
        let range_fits = control.low >= -LATENT_LIMIT && control.low < control.high && control.high <= LATENT_LIMIT;
        let range = format!("{} to {}", control.low, control.high);
        ensure(range_fits, "controls", range, "ranges within -3 to 3")?;
        let name_fits = control.name.len() <= 64 && !control.name.chars().any(char::is_control);
        ensure(name_fits, "controls", format!("{:?}", control.name), "names of at most 64 bytes on one line")?;
    }
    Ok(())
}

fn check_conditioning(manifest: &Manifest) -> Result<(), PackError> {
    let roots = &manifest.root_keys;
    let rising = roots.windows(2).all(|pair| pair[0] < pair[1]);
    let roots_fit = !roots.is_empty() && roots.len() <= 16 && rising && roots.iter().all(|key| *key <= 127);
    ensure(roots_fit, "root_keys", format!("{roots:?}"), "1 to 16 rising MIDI keys")?;
    let iterations = manifest.griffin_lim_iterations;
    ensure(iterations <= 200, "griffin_lim_iterations", iterations, "0 to 200")?;
    if manifest.kind == PackKind::Cqt {
        check_bands(manifest)
    } else {
        check_vocoder(&manifest.shape, manifest.vocoder)
    }
}

pub(super) fn check_vocoder(shape: &SpectralShape, vocoder: VocoderInfo) -> Result<(), PackError> {
    let found = if shape.constant_q.is_some() { "constant-Q bands" } else { "none" };
    ensure(shape.constant_q.is_none(), "constant_q", found, "none in a pack with a vocoder")?;
    let chunk_fits = (8..=4096).contains(&vocoder.chunk_frames);
    ensure(chunk_fits, "vocoder.chunk_frames", vocoder.chunk_frames, "8 to 4096")?;
    let context_fits = vocoder.context_frames < vocoder.chunk_frames / 2;
    ensure(context_fits, "vocoder.context_frames", vocoder.context_frames, "less than half of chunk_frames")?;
    let (phase_bins, bins) = (vocoder.phase_bins.unwrap_or(shape.bins()), shape.bins());
    ensure(
        (1..=bins).contains(&phase_bins),
        "vocoder.phase_bins",
        phase_bins,
        &format!("1 to {bins}, the bins of fft_size"),
    )
}

/// The constant-Q bands: within range, and all of them below half of the sample rate.
fn check_bands(manifest: &Manifest) -> Result<(), PackError> {
    let Some(bands) = manifest.shape.constant_q else {
        return ensure(false, "constant_q", "nothing", "low_hz, bins_per_octave and oversampling");
    };
    let made = bands.shape(manifest.shape.sample_rate_hz, manifest.shape.mel_bands);
    let refused = |error: ShapeError| PackError::Value {
        field: "constant_q".into(),
        found: error.to_string(),
        expected: "bands of a constant-Q transform".into(),
    };
    let fitting = made.map_err(refused)?.bands();
    let expected = format!("at most {fitting}, the bands below half of the sample rate");
    ensure(manifest.shape.mel_bands <= fitting, "mel_bands", manifest.shape.mel_bands, &expected)?;
    ensure(manifest.shape.mel_bands <= MAX_CONSTANT_Q_BANDS, "mel_bands", manifest.shape.mel_bands, "at most 512")
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

fn check_files(manifest: &Manifest, files: PackFiles) -> Result<(), PackError> {
    if let Some(missing) = files.required.iter().find(|name| !manifest.files.contains_key(**name)) {
        return Err(PackError::Missing { file: (*missing).into() });
    }
    let known = [files.required, files.optional].concat().join(", ");
    manifest.files.keys().try_for_each(|name| ensure(files.contains(name), "files", name, &format!("only {known}")))
}

#[cfg(all(test, feature = "factory-pack"))]
mod tests {
    use super::*;
    use crate::pack::shipped::FACTORY;

    /// The factory's manifest with one change, as JSON.
    fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> Vec<u8> {
        let mut fields = serde_json::from_slice(FACTORY.manifest).expect("the factory's manifest is an object");
        change(&mut fields);
        serde_json::to_vec(&fields).expect("JSON")
    }

    fn kind(kind: &str) -> impl FnOnce(&mut Map<String, Value>) {
        let kind = Value::from(kind);
        move |fields| drop(fields.insert("kind".into(), kind))
    }

    /// As manifests were written before they named a kind and called the latents controls.
    fn version_3(fields: &mut Map<String, Value>) {
        fields.insert("format_version".into(), 3.into());
        fields.remove("kind").expect("version 4");
        let controls = fields.remove("controls").expect("version 4");
        fields.insert("latents".into(), controls);
    }

    fn refusal(json: &[u8]) -> String {
        parse(json).expect_err("the manifest is wrong").to_string()
    }

    #[test]
    fn versions_3_and_4_give_the_same_manifest_but_for_the_number() {
        let (older, mut newer) = (parse(&changed(version_3)).expect("3"), parse(FACTORY.manifest).expect("4"));
        assert_eq!((older.format_version, newer.format_version, older.kind), (3, 4, PackKind::Latent));
        newer.format_version = 3;
        let json = |manifest: &Manifest| serde_json::to_value(manifest).expect("JSON");
        assert_eq!(json(&older), json(&newer));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut manifest = parse(FACTORY.manifest).expect("valid");
        manifest.format_version = FORMAT_VERSION;
        let json = serde_json::to_value(&manifest).expect("JSON");
        assert_eq!((json["kind"].as_str(), json["controls"].as_array().map(Vec::len)), (Some("latent"), Some(7)));
        let again = parse(&serde_json::to_vec(&json).expect("JSON")).expect("valid");
        assert_eq!(serde_json::to_value(&again).expect("JSON"), json);
    }

    #[test]
    fn kinds_without_latents_and_unknown_ones_are_refused() {
        assert!(refusal(&changed(kind("foley"))).contains("no latent space"));
        assert!(refusal(&changed(kind("raw"))).contains("no latent space"));
        assert!(refusal(&changed(kind("granular"))).contains("unknown kind \"granular\""));
        assert!(refusal(&changed(|fields| drop(fields.remove("kind")))).contains("kind"));
        assert!(
            refusal(&changed(|fields| drop(fields.insert("format_version".into(), 5.into())))).contains("version 5")
        );
        let version = changed(|fields| drop(fields.insert("format_version".into(), (1_u64 << 40).into())));
        assert!(refusal(&version).contains("update Heptode"));
    }

    #[test]
    fn a_sound_that_no_slot_can_hold_stretched_is_refused() {
        let frames = |count: usize| changed(|fields| drop(fields.insert("frame_count".into(), count.into())));
        let longest = MAX_SOUND_SAMPLES / LARGEST_STRETCH / 512;
        assert!(parse(&frames(longest)).is_ok());
        let message = refusal(&frames(longest + 1));
        assert!(message.contains("frame_count × hop_samples") && message.contains("a slot holds"), "{message}");
    }
}
