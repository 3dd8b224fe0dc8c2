//! Tags in front of and behind the audio of any kind of file: they are passed over. Worker and main threads only.
//!
//! Formats: ID3v1, ID3v2.2 to 2.4, APEv1 and APEv2, Lyrics3v2.

use std::io::Result;

use crate::sample::bytes::{Bytes, Endian};

/// Tags that one file may have in front and behind, each.
const MOST_TAGS: usize = 16;
/// Bytes of the header and the footer of an ID3v2 and an APE tag, and of a whole ID3v1 tag and its extension.
const ID3V2_BYTES: u64 = 10;
const APE_BYTES: u64 = 32;
const ID3V1_BYTES: u64 = 128;
const ID3V1_EXTENSION_BYTES: u64 = 227;
/// Bytes of the end of a Lyrics3v2 tag: six digits of its length, and its name.
const LYRICS_BYTES: u64 = 15;

/// Where the audio begins: behind the ID3v2 tags.
///
/// # Errors
/// The file cannot be read.
pub(super) fn start(bytes: &mut Bytes) -> Result<u64> {
    let mut at = 0;
    for _ in 0..MOST_TAGS {
        let Some(head) = bytes.array::<{ ID3V2_BYTES as usize }>(at)? else { break };
        if !head.starts_with(b"ID3") || head.iter().skip(6).any(|byte| *byte >= 0x80) {
            break;
        }
        let size = head.iter().skip(6).fold(0, |size, byte| size << 7 | u64::from(*byte));
        let footer = if head[5] & 0x10 == 0 { 0 } else { ID3V2_BYTES };
        let end = at + ID3V2_BYTES + size + footer;
        // A tag that claims the whole file has a wrong size: the audio is looked for behind its header.
        at = if end < bytes.len() { end } else { at + ID3V2_BYTES };
    }
    Ok(at)
}

/// Where the audio that begins at `start` ends: before the tags behind it.
///
/// # Errors
/// The file cannot be read.
pub(super) fn end(bytes: &mut Bytes, start: u64) -> Result<u64> {
    let mut end = bytes.len();
    for _ in 0..MOST_TAGS {
        let Some(size) = size_before(bytes, end)?.filter(|size| *size <= end - start) else { break };
        end -= size;
    }
    Ok(end)
}

/// The size of the tag that ends at `end`, if there is one.
fn size_before(bytes: &mut Bytes, end: u64) -> Result<Option<u64>> {
    let mut behind = |count: u64| if count <= end { bytes.get(end - count, count) } else { Ok(Vec::new()) };
    if behind(ID3V1_BYTES)?.starts_with(b"TAG") {
        return Ok(Some(ID3V1_BYTES));
    }
    if behind(ID3V1_EXTENSION_BYTES)?.starts_with(b"TAG+") {
        return Ok(Some(ID3V1_EXTENSION_BYTES));
    }
    let ape = behind(APE_BYTES)?;
    if ape.starts_with(b"APETAGEX") {
        let has_header = Endian::Little.u32(&ape, 20) >> 31 == 1;
        let size = u64::from(Endian::Little.u32(&ape, 12)).max(APE_BYTES);
        return Ok(Some(size + if has_header { APE_BYTES } else { 0 }));
    }
    let lyrics = behind(LYRICS_BYTES)?;
    if lyrics.ends_with(b"LYRICS200") {
        let digits = lyrics.get(..6).and_then(|digits| std::str::from_utf8(digits).ok());
        return Ok(digits.and_then(|digits| digits.parse::<u64>().ok()).map(|size| size + LYRICS_BYTES));
    }
    let footer = behind(ID3V2_BYTES)?;
    if footer.starts_with(b"3DI") {
        let size = footer.iter().skip(6).fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        return Ok(Some(size + 2 * ID3V2_BYTES));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn bytes(parts: &[&[u8]]) -> Bytes {
        Bytes::new(Box::new(Cursor::new(parts.concat()))).expect("a length")
    }

    #[test]
    fn tags_are_passed_over_in_any_number() {
        let id3v2 = [b"ID3\x04\0\0\0\0\0\x05".as_slice(), &[1; 5]].concat();
        let id3v1 = [b"TAG".as_slice(), &[0x20; 125]].concat();
        let footer = [b"APETAGEX".as_slice(), &2_000u32.to_le_bytes(), &40u32.to_le_bytes(), &[0; 16]].concat();
        let ape = [[7; 8].as_slice(), &footer].concat();
        let lyrics = b"LYRICSBEGIN000011LYRICS200".as_slice();
        for (front, behind, start, cut) in [
            (0, vec![], 0, 0),
            (1, vec![id3v1.as_slice()], 15, 128),
            (2, vec![ape.as_slice(), lyrics, id3v1.as_slice()], 30, 40 + 26 + 128),
        ] {
            let front = vec![id3v2.as_slice(); front];
            let mut bytes = bytes(&[front, vec![&[9; 50]], behind].concat());
            assert_eq!(super::start(&mut bytes).expect("reads"), start);
            assert_eq!(end(&mut bytes, start).expect("reads"), start + 50);
            assert_eq!(bytes.len(), start + 50 + cut);
        }
    }

    #[test]
    fn a_tag_that_claims_the_whole_file_hides_nothing() {
        let mut bytes = bytes(&[b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"fLaC"]);
        assert_eq!(start(&mut bytes).expect("reads"), 10);
    }
}
