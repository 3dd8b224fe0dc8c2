//! Chunks with wrong sizes: whatever the headers of WAV and AIFF state, the same samples and the same root key are read.

use engine::sample::{self, Recording};
use tempfile::TempDir;

const RATE_HZ: u32 = 44_100;
/// An odd number: 8-bit audio of it is padded.
const FRAMES: usize = 3_001;
const KEY: f32 = 57.0;

/// What a header states instead of the size of a chunk.
#[derive(Debug, Clone, Copy)]
enum Stated {
    Right,
    Zero,
    Short,
    Long,
    VeryLong,
    Largest,
}

impl Stated {
    const ALL: [Self; 6] = [Self::Right, Self::Zero, Self::Short, Self::Long, Self::VeryLong, Self::Largest];

    fn of(self, size: usize) -> u32 {
        match self {
            Self::Right => size as u32,
            Self::Zero => 0,
            Self::Short => size as u32 / 3,
            Self::Long => size as u32 + 36,
            Self::VeryLong => 3 * size as u32 + 10_000,
            Self::Largest => u32::MAX,
        }
    }
}

/// A family of files: order of bytes in numbers, and names.
#[derive(Debug, Clone, Copy)]
enum Family {
    Riff,
    Rifx,
    Aiff,
}

impl Family {
    const ALL: [Self; 3] = [Self::Riff, Self::Rifx, Self::Aiff];

    fn u32(self, number: u32) -> [u8; 4] {
        if matches!(self, Self::Riff) { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    fn u16(self, number: u16) -> [u8; 2] {
        if matches!(self, Self::Riff) { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    fn chunk(self, tag: &[u8; 4], stated: Stated, is_padded: bool, body: &[u8]) -> Vec<u8> {
        let padding = if is_padded && body.len() % 2 == 1 { &[0][..] } else { &[] };
        [tag, &self.u32(stated.of(body.len()))[..], body, padding].concat()
    }

    fn file(self, stated: Stated, chunks: &[Vec<u8>]) -> Vec<u8> {
        let (tag, kind) = match self {
            Self::Riff => (b"RIFF", b"WAVE"),
            Self::Rifx => (b"RIFX", b"WAVE"),
            Self::Aiff => (b"FORM", b"AIFF"),
        };
        let body = [kind.to_vec(), chunks.concat()].concat();
        [tag, &self.u32(stated.of(body.len()))[..], &body].concat()
    }

    fn description(self, bits: u16) -> Vec<u8> {
        let bytes = u32::from(bits / 8);
        match self {
            Self::Aiff => {
                let rate = [&0x400e_u16.to_be_bytes()[..], &(u64::from(RATE_HZ) << 48).to_be_bytes()].concat();
                let head = [&1_u16.to_be_bytes()[..], &(FRAMES as u32).to_be_bytes(), &bits.to_be_bytes()].concat();
                self.chunk(b"COMM", Stated::Right, true, &[head, rate].concat())
            }
            _ => {
                let rates = [self.u32(RATE_HZ), self.u32(RATE_HZ * bytes)].concat();
                let ends = [self.u16(bytes as u16), self.u16(bits)].concat();
                let body = [[self.u16(1), self.u16(1)].concat(), rates, ends].concat();
                self.chunk(b"fmt ", Stated::Right, true, &body)
            }
        }
    }

    fn audio(self, stated: Stated, is_padded: bool, bits: u16) -> Vec<u8> {
        let values = (0..FRAMES).map(|n| ((n as f64 * 0.2).sin() * 120.0) as i8);
        let samples: Vec<u8> = match (self, bits) {
            (Self::Aiff, 8) => values.map(i8::cast_unsigned).collect(),
            (_, 8) => values.map(|value| value.cast_unsigned() ^ 0x80).collect(),
            (family, _) => values.flat_map(|value| family.u16((i16::from(value) << 8).cast_unsigned())).collect(),
        };
        match self {
            Self::Aiff => self.chunk(b"SSND", stated, is_padded, &[&[0; 8][..], &samples].concat()),
            _ => self.chunk(b"data", stated, is_padded, &samples),
        }
    }

    fn words(self, stated: Stated, is_padded: bool) -> Vec<u8> {
        match self {
            Self::Aiff => self.chunk(b"ANNO", stated, is_padded, b"Written by an encoder."),
            _ => self.chunk(b"LIST", stated, is_padded, b"INFOISFT\x07\0\0\0Encoder"),
        }
    }

    fn key(self, stated: Stated) -> Vec<u8> {
        match self {
            Self::Aiff => self.chunk(b"INST", stated, true, &[&[KEY as u8, 0, 0, 127, 1, 127][..], &[0; 14]].concat()),
            _ => {
                let fields = [0, 0, 22_675, KEY as u32, 0, 0, 0, 0, 0].map(|field| self.u32(field));
                self.chunk(b"smpl", stated, true, &fields.concat())
            }
        }
    }
}

fn read(folder: &TempDir, bytes: &[u8], what: &str) -> Recording {
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("the file is written");
    sample::read(&path).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn wrong_sizes_change_nothing_that_is_read() {
    let folder = TempDir::new().expect("a folder");
    for family in Family::ALL {
        for bits in [8, 16] {
            let parts = |whole, audio, words, key, is_padded, is_key_behind| {
                let (description, audio) =
                    (family.description(bits), family.audio(audio, is_padded || is_key_behind, bits));
                let (words, key) = (family.words(words, is_padded), family.key(key));
                let chunks =
                    if is_key_behind { [description, words, audio, key] } else { [words, key, description, audio] };
                family.file(whole, &chunks)
            };
            let right = Stated::Right;
            let want = read(&folder, &parts(right, right, right, right, true, true), "right sizes");
            assert_eq!((want.samples.len(), want.root_key), (FRAMES, Some(KEY)), "{family:?}, {bits} bits");
            for stated in Stated::ALL {
                for is_padded in [true, false] {
                    for is_key_behind in [true, false] {
                        for (place, file) in [
                            ("the file", parts(stated, right, right, right, is_padded, is_key_behind)),
                            ("audio", parts(right, stated, right, right, is_padded, is_key_behind)),
                            ("words", parts(right, right, stated, right, is_padded, is_key_behind)),
                            ("the key", parts(right, right, right, stated, is_padded, is_key_behind)),
                            ("file and audio", parts(stated, stated, right, right, is_padded, is_key_behind)),
                            ("words and audio", parts(right, stated, stated, right, is_padded, is_key_behind)),
                        ] {
                            let what = format!(
                                "{family:?}, {bits} bits, {stated:?} size of {place}, padded {is_padded}, key behind {is_key_behind}"
                            );
                            let got = read(&folder, &file, &what);
                            assert!(
                                got.samples.starts_with(&want.samples[..]),
                                "{what}: {} samples",
                                got.samples.len()
                            );
                            // A padding byte behind 8-bit audio whose size is wrong cannot be told from a sample.
                            assert!(
                                got.samples.len() <= FRAMES + usize::from(bits == 8),
                                "{what}: {} samples",
                                got.samples.len()
                            );
                            assert_eq!(got.root_key, want.root_key, "{what}");
                        }
                    }
                }
            }
        }
    }
}
