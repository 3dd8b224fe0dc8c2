//! Files with names in any script, and in none.

use std::ffi::OsString;

use crate::case::{Case, Read};
use crate::riff::{PCM, chunk, format, wav};
use crate::sounds::{REFERENCE_KEY, pcm16, reference};

pub fn cases() -> Vec<Case> {
    let sound = reference();
    let bytes = wav(&[format(PCM, 16, 1, 2), chunk(b"data", &pcm16(&sound))]);
    let names = [
        "日本語",
        "한국어",
        "שלום kick 10",
        "Барабан",
        "🎹 piano",
        "é in one",
        "e\u{301} in two",
        " spaces ",
        "a'b$c&d;e",
    ];
    let names = names.map(|name| OsString::from(format!("{name}.wav"))).into_iter().chain(not_unicode());
    names.map(|name| Case::read(name, bytes.clone(), Read::at_key(REFERENCE_KEY).from(0.0).of(sound.len()))).collect()
}

/// A name in Latin-1, as disks of older systems have them. macOS and Windows know no such names.
fn not_unicode() -> Option<OsString> {
    #[cfg(all(unix, not(target_os = "macos")))]
    let name = Some(std::os::unix::ffi::OsStringExt::from_vec(b"caf\xe9.wav".to_vec()));
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let name = None;
    name
}
