//! Files of chunks: WAV and its kin, AIFF, CAF. What is there decides, not the sizes that headers state. Worker and main threads only.
//!
//! Programs write sizes that are zero, too short, too long or not padded, and other programs play such files all the same. A size is
//! believed when the file ends or another chunk begins where it says. Else a chunk ends where the next known one begins, and audio ends with
//! the file or before the chunks that fill the file to its end.

use std::io::Result;

use crate::sample::bytes::{Bytes, Endian};

/// Chunks of a file that are looked at.
const MOST_CHUNKS: usize = 4096;
/// How far the next chunk is looked for where a size is wrong, and how long what follows audio of a wrong size may be, in bytes.
const SEARCH_BYTES: u64 = 1 << 20;
/// Bytes that are searched in one file altogether: bounds the work on a file that is all wrong sizes.
const MOST_SEARCHED_BYTES: u64 = 16 << 20;
/// Bytes that are searched at a time.
const WINDOW_BYTES: u64 = 1 << 14;
/// Tags that show where a chunk begins even where sizes are wrong.
const KNOWN: [[u8; 4]; 38] = [
    *b"fmt ", *b"data", *b"LIST", *b"list", *b"fact", *b"smpl", *b"inst", *b"cue ", *b"bext", *b"iXML", *b"axml",
    *b"JUNK", *b"junk", *b"FLLR", *b"PAD ", *b"PEAK", *b"acid", *b"id3 ", *b"ID3 ", *b"DISP", *b"_PMX", *b"plst",
    *b"cart", *b"LGWV", *b"COMM", *b"SSND", *b"MARK", *b"INST", *b"NAME", *b"AUTH", *b"ANNO", *b"COMT", *b"APPL",
    *b"FVER", *b"CHAN", *b"desc", *b"pakt", *b"kuki",
];
/// What stands behind a file's chunks without being one.
const BEHIND: [&[u8]; 3] = [b"TAG", b"APETAGEX", b"ID3"];

/// How the chunks of a kind of file are written.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Order of bytes in sizes.
    pub endian: Endian,
    /// Bytes of a chunk's header, which begins with its tag and ends with its size.
    pub header: u64,
    /// Bytes of a size: 4 or 8.
    pub size_bytes: u64,
    /// Whether a size counts the header.
    pub counts_header: bool,
    /// Chunks begin at multiples of so many bytes.
    pub align: u64,
    /// The size of the audio where its own chunk has the largest size there is.
    pub audio_size: Option<u64>,
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Its tag.
    pub tag: [u8; 4],
    /// Where its content begins.
    pub body: u64,
    /// Where its content ends, within the file.
    pub end: u64,
    /// Where it would end by its header.
    pub stated_end: u64,
}

/// The chunks of a file from `from` on; `needed` ones are looked for inside others when they are not found, as a size that is too long
/// hides what follows.
///
/// # Errors
/// The file cannot be read.
pub(super) fn chunks(bytes: &mut Bytes, shape: Shape, from: u64, needed: &[[u8; 4]]) -> Result<Vec<Chunk>> {
    let has_all = |found: &[Chunk]| needed.iter().all(|tag| found.iter().any(|chunk| chunk.tag == *tag));
    let mut walk = Walk { bytes, shape, trusts: true, left: MOST_SEARCHED_BYTES };
    let found = walk.all(from)?;
    if has_all(&found) {
        return Ok(found);
    }
    walk.trusts = false;
    walk.all(from)
}

/// The content of the first chunk of a tag, up to `most` bytes of it.
///
/// # Errors
/// The file cannot be read.
pub(super) fn content(bytes: &mut Bytes, chunks: &[Chunk], tag: &[u8; 4], most: u64) -> Result<Option<Vec<u8>>> {
    let Some(chunk) = chunks.iter().find(|chunk| chunk.tag == *tag) else { return Ok(None) };
    bytes.get(chunk.body, most.min(chunk.end - chunk.body)).map(Some)
}

struct Walk<'a> {
    bytes: &'a mut Bytes,
    shape: Shape,
    /// Whether the size of a chunk without audio is believed when it fits.
    trusts: bool,
    /// Bytes that may still be searched.
    left: u64,
}

impl Walk<'_> {
    fn all(&mut self, from: u64) -> Result<Vec<Chunk>> {
        let mut found: Vec<Chunk> = Vec::new();
        let mut at = from;
        while found.len() < MOST_CHUNKS {
            let Some((tag, stated_end)) = self.header(at)? else { break };
            let body = at + self.shape.header;
            if !is_tag(tag) {
                match self.search(at)? {
                    Some(next) => at = next,
                    None => break,
                }
                continue;
            }
            let end = if is_audio(tag) { self.audio_end(body, stated_end)? } else { self.end(body, stated_end)? };
            found.push(Chunk { tag, body, end, stated_end });
            at = self.next(end)?;
        }
        Ok(found)
    }

    /// Tag and stated end of the chunk at `at`, if the file goes on that far.
    fn header(&mut self, at: u64) -> Result<Option<([u8; 4], u64)>> {
        if at.checked_add(self.shape.header).is_none_or(|end| end > self.bytes.len()) {
            return Ok(None);
        }
        let header = self.bytes.get(at, self.shape.header)?;
        let tag = [0, 1, 2, 3].map(|place| header.get(place).copied().unwrap_or_default());
        let place = (self.shape.header - self.shape.size_bytes) as usize;
        let (size, largest) = match self.shape.size_bytes {
            8 => (self.shape.endian.number::<8>(&header, place), u64::MAX),
            _ => (self.shape.endian.number::<4>(&header, place), u64::from(u32::MAX)),
        };
        let size = self.shape.audio_size.filter(|_| is_audio(tag) && size == largest).unwrap_or(size);
        let start = if self.shape.counts_header { at } else { at + self.shape.header };
        Ok(Some((tag, start.saturating_add(size).max(at + self.shape.header))))
    }

    /// Where a chunk without audio ends.
    fn end(&mut self, body: u64, stated_end: u64) -> Result<u64> {
        let fits = self.is_border(stated_end)?;
        if fits && self.trusts {
            return Ok(stated_end);
        }
        let rest = if fits { stated_end } else { self.bytes.len() };
        Ok(self.search(body)?.filter(|next| *next < rest).unwrap_or(rest))
    }

    /// Where audio ends.
    fn audio_end(&mut self, body: u64, stated_end: u64) -> Result<u64> {
        let fits = stated_end <= self.bytes.len();
        if fits && (stated_end > body || self.begins_known(body)?) && self.is_border(stated_end)? {
            return Ok(stated_end);
        }
        Ok(self.trailer(body)?.unwrap_or(self.bytes.len()))
    }

    /// Whether the file ends or a chunk begins at `end`, or behind the padding.
    fn is_border(&mut self, end: u64) -> Result<bool> {
        if end > self.bytes.len() {
            return Ok(false);
        }
        let next = self.next(end)?;
        let rest = self.bytes.get(next, self.shape.header)?;
        let is_end = self.bytes.len() - end < self.shape.align.max(2);
        Ok(is_end || BEHIND.iter().any(|tag| rest.starts_with(tag)) || self.begins(next)?)
    }

    /// Where the chunk behind one that ends at `end` begins: behind the padding, or at once where there is none.
    fn next(&mut self, end: u64) -> Result<u64> {
        let padded = end.div_ceil(self.shape.align) * self.shape.align;
        let is_padded = padded == end || self.begins_known(padded)? || !self.begins_known(end)?;
        let is_padded = is_padded && (padded == end || self.begins(padded)? || !self.begins(end)?);
        Ok(if is_padded { padded } else { end })
    }

    fn begins_known(&mut self, at: u64) -> Result<bool> {
        Ok(self.bytes.array(at)?.is_some_and(|tag| KNOWN.contains(&tag)))
    }

    /// Whether a chunk begins at `at`: one with a known tag, or with any tag and a size that fits.
    fn begins(&mut self, at: u64) -> Result<bool> {
        let Some((tag, stated_end)) = self.header(at)? else { return Ok(false) };
        Ok(KNOWN.contains(&tag) || (is_tag(tag) && stated_end <= self.bytes.len()))
    }

    /// Where the next chunk with a known tag begins, not far behind `from`.
    fn search(&mut self, from: u64) -> Result<Option<u64>> {
        let end = from.saturating_add(SEARCH_BYTES.min(self.left));
        let mut at = from;
        while at < end {
            let window = self.bytes.get(at, WINDOW_BYTES)?;
            if let Some(place) = known_places(&window).next() {
                return Ok(Some(at + place as u64));
            }
            let step = (window.len() as u64).saturating_sub(3);
            self.left = self.left.saturating_sub(step);
            if step == 0 {
                break;
            }
            at += step;
        }
        Ok(None)
    }

    /// Where the chunks behind audio begin whose size says nothing: they fill the file to its end, or speak of a key.
    fn trailer(&mut self, from: u64) -> Result<Option<u64>> {
        let start = from.max(self.bytes.len().saturating_sub(SEARCH_BYTES.min(self.left)));
        let rest = self.bytes.get(start, SEARCH_BYTES)?;
        self.left = self.left.saturating_sub(rest.len() as u64);
        for place in known_places(&rest) {
            let at = start + place as u64;
            if self.holds_key(rest.get(place..).unwrap_or_default()) || self.reaches_end(at)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Whether a chunk, whatever its size, names a key of MIDI.
    fn holds_key(&self, chunk: &[u8]) -> bool {
        let content = chunk.get(self.shape.header as usize..).unwrap_or_default();
        match chunk.first_chunk::<4>() {
            Some(b"smpl") => content.len() >= 16 && self.shape.endian.u32(content, 12) <= 127,
            Some(b"inst" | b"INST") => {
                matches!(content, [0..=127, cents, ..] if cents.cast_signed().unsigned_abs() <= 50)
            }
            _ => false,
        }
    }

    /// Whether chunk follows chunk from `at` to the end of the file.
    fn reaches_end(&mut self, mut at: u64) -> Result<bool> {
        let mut is_chunk = false;
        while self.left > 0 {
            let Some((tag, stated_end)) = self.header(at)? else { return Ok(is_chunk) };
            if !is_tag(tag) || stated_end > self.bytes.len() {
                return Ok(false);
            }
            is_chunk = true;
            self.left = self.left.saturating_sub(WINDOW_BYTES);
            at = self.next(stated_end)?;
        }
        Ok(false)
    }
}

/// Where known tags stand in `bytes`.
fn known_places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let tags = bytes.windows(4).enumerate();
    tags.filter(|(_, tag)| KNOWN.iter().any(|known| known == tag)).map(|(place, _)| place)
}

fn is_audio(tag: [u8; 4]) -> bool {
    tag == *b"data" || tag == *b"SSND"
}

fn is_tag(tag: [u8; 4]) -> bool {
    tag.iter().all(|byte| (0x20..0x7f).contains(byte))
}
