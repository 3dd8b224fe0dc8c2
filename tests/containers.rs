//! What stands around audio, and audio that is not read.

use engine::sample::{self, FlacFormat, Recording};
use tempfile::TempDir;

const RATE_HZ: u32 = 44_100;

fn tone() -> Vec<i32> {
    (0..5_000).map(|n| (8e6 * f64::from(n * 63).to_radians().cos()) as i32).collect()
}

fn chunk(tag: &[u8; 4], stated: usize, body: &[u8]) -> Vec<u8> {
    [tag, &(stated as u32).to_le_bytes()[..], body].concat()
}

/// A WAV file of one channel: format tag, bytes of a block, bits, and the samples.
fn wav(family: &[u8; 4], before: &[u8], format: (u16, u16, u16), samples: &[u8], stated: usize) -> Vec<u8> {
    let (tag, block_bytes, bits) = format;
    let rates = [RATE_HZ, RATE_HZ * u32::from(block_bytes)].map(u32::to_le_bytes).concat();
    let body =
        [[tag, 1].map(u16::to_le_bytes).concat(), rates, [block_bytes, bits].map(u16::to_le_bytes).concat()].concat();
    let chunks = [b"WAVE", before, &chunk(b"fmt ", 16, &body), &chunk(b"data", stated, samples)].concat();
    chunk(family, if family == b"RIFF" { chunks.len() } else { u32::MAX as usize }, &chunks)
}

fn try_read(bytes: &[u8]) -> Result<Recording, String> {
    let folder = TempDir::new().expect("a folder");
    // The name says nothing of what is inside.
    let path = folder.path().join("file.bin");
    std::fs::write(&path, bytes).expect("the file is written");
    sample::read(&path).map_err(|error| error.to_string())
}

fn read(bytes: &[u8], what: &str) -> Recording {
    try_read(bytes).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn bits_are_the_highest_of_a_block() {
    let want: Vec<f32> = tone().iter().map(|value| *value as f32 / 8_388_608.0).collect();
    let packed: Vec<u8> = tone().iter().flat_map(|value| value.to_le_bytes().into_iter().take(3)).collect();
    let wide: Vec<u8> = tone().iter().flat_map(|value| (value << 8).to_le_bytes()).collect();
    for (block_bytes, samples) in [(3, packed), (4, wide)] {
        let file = wav(b"RIFF", &[], (1, block_bytes, 24), &samples, samples.len());
        assert_eq!(read(&file, "24 bits").samples, want, "{block_bytes} bytes");
    }
}

#[test]
fn long_files_tell_the_size_of_their_audio_apart_and_it_may_be_wrong() {
    let samples: Vec<u8> = tone().iter().flat_map(|value| ((value >> 8) as i16).to_le_bytes()).collect();
    let want = read(&wav(b"RIFF", &[], (1, 2, 16), &samples, samples.len()), "a plain file").samples;
    let key = chunk(b"smpl", 36, &[0u32, 0, 0, 57, 0, 0, 0, 0, 0].map(u32::to_le_bytes).concat());
    for family in [b"RF64", b"BW64"] {
        for size in [samples.len() as u64, 0, 100, 1 << 40, u64::MAX] {
            let sizes = [size.wrapping_add(80), size, tone().len() as u64].map(u64::to_le_bytes).concat();
            let sizes = chunk(b"ds64", 28, &[&sizes[..], &[0; 4]].concat());
            let file = [wav(family, &sizes, (1, 2, 16), &samples, u32::MAX as usize), key.clone()].concat();
            let got = read(&file, "a long file");
            assert_eq!((got.samples, got.root_key), (want.clone(), Some(57.0)), "{size} bytes");
        }
    }
}

#[test]
fn tags_around_audio_are_no_audio() {
    let samples: Vec<u8> = tone().iter().flat_map(|value| value.to_le_bytes().into_iter().take(3)).collect();
    let flac = FlacFormat { channels: 1, bits: 24, sample_rate_hz: RATE_HZ };
    let flac = sample::encode_flac(&tone(), flac).expect("it is encoded");
    let id3v2 = [&b"ID3\x04\0\0\0\0\x02\0"[..], &[0x41; 256]].concat();
    let id3v1 = [&b"TAG"[..], &[b' '; 125]].concat();
    let ape_end =
        |flags: u32| [&b"APETAGEX"[..], &[2_000, 52, 1, flags].map(u32::to_le_bytes).concat(), &[0; 8]].concat();
    let ape = [ape_end(0xa000_0000), vec![0x42; 20], ape_end(0x8000_0000)].concat();
    for (audio, name) in [(flac, "FLAC"), (wav(b"RIFF", &[], (1, 3, 24), &samples, samples.len()), "WAV")] {
        let want = read(&audio, name);
        for (before, behind) in [
            (vec![], id3v1.clone()),
            (vec![], ape.clone()),
            (vec![], [ape.clone(), id3v1.clone()].concat()),
            (id3v2.clone(), vec![]),
            ([id3v2.clone(), id3v2.clone()].concat(), id3v1.clone()),
        ]
        .iter()
        {
            let got = read(&[before, &audio, behind].map(Vec::as_slice).concat(), name);
            assert_eq!(got, want, "{name}, {} bytes before, {} behind", before.len(), behind.len());
        }
    }
}

#[test]
fn what_is_not_read_is_told_by_name() {
    let ogg = |packet: &[u8]| [&b"OggS\0\x02"[..], &[0; 20], &[1, packet.len() as u8], packet].concat();
    for (file, want) in [
        (
            wav(b"RIFF", &[], (0x0002, 1_024, 4), &[0; 2_048], 2_048),
            "Microsoft ADPCM inside WAV is not read; convert it to PCM",
        ),
        (
            wav(b"RIFF", &[], (0x0011, 1_024, 4), &[0; 2_048], 2_048),
            "IMA ADPCM inside WAV is not read; convert it to PCM",
        ),
        (wav(b"RIFF", &[], (0x0031, 65, 0), &[0; 650], 650), "GSM 6.10 inside WAV is not read; convert it to PCM"),
        (ogg(b"OpusHead\x01\x01"), "Opus inside Ogg is not read; convert it to PCM"),
        (ogg(b"Speex   1.2"), "Speex inside Ogg is not read; convert it to PCM"),
        (b"wvpk\x10\0\0\0\x10\x04\0\0".to_vec(), "WavPack is not read; convert it to PCM"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9".to_vec(), "Windows Media Audio is not read; convert it to PCM"),
        (b"MThd\0\0\0\x06\0\0\0\x01\0\x60".to_vec(), "it is a MIDI file"),
    ] {
        let error = try_read(&file).expect_err(want);
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn an_index_larger_than_any_file_needs_is_not_read() {
    const SPARSE_BYTES: u64 = 2 << 30;
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("sparse.m4a");
    std::fs::write(&path, [&32_u32.to_be_bytes()[..], b"ftypM4A ", &[0; 20], &[0; 4], b"moov"].concat())
        .expect("written");
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opened");
    file.set_len(SPARSE_BYTES).expect("the file system knows sparse files");
    let error = sample::read(&path).expect_err("no audio").to_string();
    assert!(error.contains("index of its audio that can be read"), "{error}");
}
