//! AIFF and AIFF-C. Worker and main threads only.
//!
//! Formats: Apple's Audio Interchange File Format 1.3 and AIFF-C. Samples go to symphonia's decoders; the container is read here, as
//! symphonia refuses sizes that others pass over.

use super::chunks::{Chunk, Shape, chunks, content};
use super::key;
use super::pcm::{Coding, Pcm};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian};
use crate::sample::track::Track;

const SHAPE: Shape =
    Shape { endian: Endian::Big, header: 8, size_bytes: 4, counts_header: false, align: 2, audio_size: None };
/// Bytes of a `COMM` chunk that matter: up to its compression.
const COMM_BYTES: u64 = 22;

/// An AIFF file; `is_compressed` where it says that its samples may be.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes, start: u64, is_compressed: bool) -> Result<Track, ReadProblem> {
    let found = chunks(&mut bytes, SHAPE, start + 12, &[*b"COMM", *b"SSND"]).map_err(ReadProblem::System)?;
    let comm = content(&mut bytes, &found, b"COMM", COMM_BYTES).map_err(ReadProblem::System)?;
    let comm =
        comm.ok_or_else(|| ReadProblem::Unknown("an AIFF file without a description of its audio".to_owned()))?;
    let audio = found.iter().filter(|chunk| chunk.tag == *b"SSND").max_by_key(|chunk| chunk.end - chunk.body);
    let audio = without_offset(&mut bytes, audio.ok_or(ReadProblem::Empty)?)?;
    let root_key = key::of_aiff(&mut bytes, &found).map_err(ReadProblem::System)?;
    let track = pcm(&comm, is_compressed)?.track(bytes, &audio, "AIFF")?;
    Ok(Track { root_key, ..track })
}

/// Samples begin behind an offset and the size of a block, which is for alignment on a disk.
fn without_offset(bytes: &mut Bytes, audio: &Chunk) -> Result<Chunk, ReadProblem> {
    let head = bytes.get(audio.body, 4).map_err(ReadProblem::System)?;
    let offset = u64::from(Endian::Big.u32(&head, 0));
    let body = audio.body + 8;
    let body = if body + offset < audio.end { body + offset } else { body.min(audio.end) };
    Ok(Chunk { body, stated_end: audio.stated_end.max(body), ..*audio })
}

fn pcm(comm: &[u8], is_compressed: bool) -> Result<Pcm, ReadProblem> {
    let big = Endian::Big;
    let bytes_of_bits = u64::from(big.u16(comm, 6).div_ceil(8));
    let compression = comm.get(18..22).filter(|_| is_compressed).unwrap_or(b"NONE");
    let (coding, endian, sample_bytes) = match compression {
        b"NONE" | b"none" | b"twos" => (Coding::Signed, big, bytes_of_bits),
        b"sowt" => (Coding::Signed, Endian::Little, bytes_of_bits),
        b"raw " => (Coding::Unsigned, big, bytes_of_bits),
        b"in24" => (Coding::Signed, big, 3),
        b"in32" => (Coding::Signed, big, 4),
        b"42ni" | b"42n1" => (Coding::Signed, Endian::Little, 3),
        b"23ni" => (Coding::Signed, Endian::Little, 4),
        b"fl32" | b"FL32" => (Coding::Float, big, 4),
        b"fl64" | b"FL64" => (Coding::Float, big, 8),
        b"alaw" | b"ALAW" => (Coding::ALaw, big, 1),
        b"ulaw" | b"ULAW" => (Coding::MuLaw, big, 1),
        other => return Err(ReadProblem::NotRead(format!("{} inside AIFF", compression_name(other)))),
    };
    Ok(Pcm { coding, endian, sample_bytes, channels: big.u16(comm, 0), rate_hz: rate_hz(comm) })
}

fn compression_name(compression: &[u8]) -> String {
    match compression {
        b"ima4" => "IMA ADPCM".to_owned(),
        b"GSM " | b"agsm" => "GSM 6.10".to_owned(),
        b"MAC3" | b"MAC6" => "MACE".to_owned(),
        b"QDMC" | b"QDM2" => "QDesign Music".to_owned(),
        b"Qclp" => "Qualcomm PureVoice".to_owned(),
        b"ADP4" => "ADPCM".to_owned(),
        other => format!("audio of format “{}”", other.escape_ascii()),
    }
}

/// The sample rate, which is an 80-bit float: a sign and an exponent of 16 bits, and 64 bits of mantissa with its leading one.
fn rate_hz(comm: &[u8]) -> u32 {
    let exponent = i32::from(Endian::Big.u16(comm, 8));
    let mantissa = Endian::Big.number::<8>(comm, 10) as f64;
    // Beyond the range of the result the conversion gives 0 or the largest number, which is no rate.
    (mantissa * 2f64.powi(exponent - 16_383 - 63)).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_80_bits_are_read() {
        let rate = |exponent: u16, mantissa: u64| {
            rate_hz(&[&[0; 8], &exponent.to_be_bytes()[..], &mantissa.to_be_bytes()[..]].concat())
        };
        assert_eq!(rate(0x400e, 44_100 << 48), 44_100);
        assert_eq!(rate(0x4010, 192_000 << 46), 192_000);
        assert_eq!(rate(0x400c, 11_025 << 50), 11_025);
        assert_eq!((rate(0, 0), rate(0x7fff, u64::MAX), rate_hz(&[])), (0, u32::MAX, 0));
    }
}
