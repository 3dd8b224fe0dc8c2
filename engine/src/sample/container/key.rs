//! The key that a sampler plays a file at unchanged: its root key, in chunks of WAV, AIFF and CAF. Worker and main threads only.
//!
//! Formats: the `smpl` and `inst` chunks of Microsoft's Multimedia Data Standards Update 3 (1994), `INST` of AIFF 1.3 (1989), `inst` of
//! Apple's Core Audio Format. Key 0, 8 Hz, is what programs write that know of none.

use std::io::Result;

use super::chunks::{Chunk, content};
use crate::sample::bytes::{Bytes, Endian};

/// Bytes of a root key's chunk that matter.
const CONTENT_BYTES: u64 = 20;
/// Largest MIDI key.
const LAST_KEY: f32 = 127.0;

/// The root key that chunks of WAV name: `smpl` before `inst`, wherever they stand.
///
/// # Errors
/// The file cannot be read.
pub(super) fn of_chunks(bytes: &mut Bytes, chunks: &[Chunk], endian: Endian) -> Result<Option<f32>> {
    let smpl = content(bytes, chunks, b"smpl", CONTENT_BYTES)?;
    let inst = content(bytes, chunks, b"inst", CONTENT_BYTES)?;
    Ok(smpl.and_then(|smpl| of_smpl(&smpl, endian)).or_else(|| inst.and_then(|inst| of_note_and_cents(&inst))))
}

/// The root key that the `INST` chunk of AIFF names.
///
/// # Errors
/// The file cannot be read.
pub(super) fn of_aiff(bytes: &mut Bytes, chunks: &[Chunk]) -> Result<Option<f32>> {
    Ok(content(bytes, chunks, b"INST", CONTENT_BYTES)?.and_then(|inst| of_note_and_cents(&inst)))
}

/// The root key that the `inst` chunk of CAF names: a number of four bytes with fractions of a key.
///
/// # Errors
/// The file cannot be read.
pub(super) fn of_caf(bytes: &mut Bytes, chunks: &[Chunk]) -> Result<Option<f32>> {
    let inst = content(bytes, chunks, b"inst", CONTENT_BYTES)?;
    Ok(inst.and_then(|inst| valid(f32::from_bits(Endian::Big.u32(&inst, 0)))))
}

/// Manufacturer, product, sample period, note, fraction of a semitone above the note in 2⁻³².
fn of_smpl(smpl: &[u8], endian: Endian) -> Option<f32> {
    let fraction = f64::from(endian.u32(smpl, 16)) / 2f64.powi(32);
    valid((f64::from(endian.u32(smpl, 12)) + fraction) as f32)
}

/// A note, and by how many cents it is to be raised when played, −50 to 50: the recording is so much lower.
fn of_note_and_cents(inst: &[u8]) -> Option<f32> {
    let [note, cents] = *inst.get(..2)? else { return None };
    let cents = f32::from(cents.cast_signed());
    valid(f32::from(note) - if cents.abs() <= 50.0 { cents / 100.0 } else { 0.0 })
}

fn valid(key: f32) -> Option<f32> {
    (key > 0.0 && key <= LAST_KEY).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smpl(note: u32, fraction: u32) -> Option<f32> {
        let fields = [0, 0, 22_675, note, fraction];
        of_smpl(&fields.map(u32::to_le_bytes).concat(), Endian::Little)
    }

    #[test]
    fn notes_count_with_their_fractions_and_absurd_ones_do_not() {
        assert_eq!(smpl(69, 0), Some(69.0));
        assert_eq!(smpl(60, 1 << 31), Some(60.5));
        assert_eq!(smpl(60, 0), Some(60.0), "middle C is a key like others");
        assert_eq!(smpl(0, 0), None);
        assert_eq!(smpl(128, 0), None);
        assert_eq!(smpl(u32::MAX, u32::MAX), None);
        assert_eq!(of_smpl(&[0; 10], Endian::Little), None, "a chunk that was cut");
        assert_eq!(of_note_and_cents(&[57, 0xe2]), Some(57.3));
        assert_eq!(of_note_and_cents(&[57, 20]), Some(56.8));
        assert_eq!(of_note_and_cents(&[57, 100]), Some(57.0), "more cents than there can be");
        assert_eq!(of_note_and_cents(&[0, 0]), None);
        assert_eq!(of_note_and_cents(&[200, 0]), None);
        assert_eq!(of_note_and_cents(&[57]), None);
    }
}
