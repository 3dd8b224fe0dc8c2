//! Reading an audio file at any place, as far as there is something. Worker and main threads only.

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// What the bytes of an audio file come from: a file or memory.
pub(super) trait Input: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Input for T {}

/// The bytes of an audio file.
pub(super) struct Bytes {
    input: Box<dyn Input>,
    len: u64,
}

impl Bytes {
    /// Of a whole input.
    ///
    /// # Errors
    /// The input cannot tell its length.
    pub fn new(mut input: Box<dyn Input>) -> Result<Self> {
        let len = input.seek(SeekFrom::End(0))?;
        Ok(Self { input, len })
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The bytes from `at` on: `count` of them, or as many as there are. What is asked for is never more than is there, so the
    /// memory taken is bounded by the file.
    ///
    /// # Errors
    /// The input fails.
    pub fn get(&mut self, at: u64, count: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count.min(self.len.saturating_sub(at)) as usize];
        self.fill(at, &mut bytes)?;
        Ok(bytes)
    }

    /// Exactly `N` bytes from `at` on, if they are there.
    ///
    /// # Errors
    /// The input fails.
    pub fn array<const N: usize>(&mut self, at: u64) -> Result<Option<[u8; N]>> {
        if at.checked_add(N as u64).is_none_or(|end| end > self.len) {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.fill(at, &mut bytes)?;
        Ok(Some(bytes))
    }

    fn fill(&mut self, at: u64, bytes: &mut [u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.input.seek(SeekFrom::Start(at))?;
        self.input.read_exact(bytes)
    }
}

/// A part of a file behind a few bytes of our own, as symphonia reads it.
pub(super) struct Part {
    bytes: Bytes,
    head: Vec<u8>,
    start: u64,
    /// Bytes of the part and the head together.
    len: u64,
    at: u64,
}

impl Part {
    /// `head`, then the bytes from `start` to `end`, as far as there are any.
    pub fn new(bytes: Bytes, head: Vec<u8>, start: u64, end: u64) -> Self {
        let len = head.len() as u64 + end.min(bytes.len()).saturating_sub(start);
        Self { bytes, head, start, len, at: 0 }
    }
}

impl Read for Part {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let count = self.len.saturating_sub(self.at).min(out.len() as u64) as usize;
        let head = self.head.get(self.at as usize..).unwrap_or_default();
        let count = if head.is_empty() {
            let out = out.get_mut(..count).unwrap_or_default();
            self.bytes.fill(self.start + self.at - self.head.len() as u64, out)?;
            count
        } else {
            let count = count.min(head.len());
            for (out, byte) in out.iter_mut().zip(head) {
                *out = *byte;
            }
            count
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl MediaSource for Part {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

/// Numbers in the order of bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endian {
    /// The lowest byte first.
    Little,
    /// The highest byte first.
    Big,
}

impl Endian {
    /// The unsigned number of `N` bytes at `at`; 0 beyond the end, as headers that were cut are read as far as they go.
    pub fn number<const N: usize>(self, bytes: &[u8], at: usize) -> u64 {
        let bytes = bytes.get(at..at.saturating_add(N)).unwrap_or_default();
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Self::Big => bytes.iter().fold(0, join),
            Self::Little => bytes.iter().rev().fold(0, join),
        }
    }

    /// The 16-bit number at `at`.
    pub fn u16(self, bytes: &[u8], at: usize) -> u16 {
        self.number::<2>(bytes, at) as u16
    }

    /// The 32-bit number at `at`.
    pub fn u32(self, bytes: &[u8], at: usize) -> u32 {
        self.number::<4>(bytes, at) as u32
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_part_reads_its_head_and_then_its_bytes_from_anywhere() {
        let whole: Vec<u8> = (0..100).collect();
        let bytes = Bytes::new(Box::new(Cursor::new(whole))).expect("a length");
        let mut part = Part::new(bytes, vec![200, 201, 202], 10, 20);
        let want: Vec<u8> = [200, 201, 202].into_iter().chain(10..20).collect();
        for at in 0..=want.len() {
            part.seek(SeekFrom::Start(at as u64)).expect("seeks");
            let mut got = Vec::new();
            part.read_to_end(&mut got).expect("reads");
            assert_eq!(got, want[at..]);
        }
    }

    #[test]
    fn what_is_beyond_the_end_is_left_out() {
        let mut bytes = Bytes::new(Box::new(Cursor::new(vec![7; 10]))).expect("a length");
        assert_eq!(bytes.get(8, u64::MAX).expect("reads"), [7, 7]);
        assert!(bytes.get(u64::MAX, 1).expect("reads").is_empty());
        assert_eq!(bytes.array::<4>(7).expect("reads"), None);
        assert_eq!(Endian::Big.u32(&[1, 2], 0), 0, "a number that was cut");
        assert_eq!(Endian::Little.number::<3>(&[1, 2, 3], 0), 0x03_0201);
    }
}
