//! Audio files in and out: formats, rates, bad files, trimming, conversion, writing.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use engine::sample::{self, ReadProblem, Recording, SampleError};
use hound::{SampleFormat, WavSpec, WavWriter};
use tempfile::TempDir;

const RATE_HZ: u32 = 44_100;
const LENGTH: usize = 88_064;

fn sine(hz: f64, rate_hz: u32, samples: usize) -> Vec<f32> {
    (0..samples).map(|n| (TAU * hz * n as f64 / f64::from(rate_hz)).sin() as f32).collect()
}

fn wav(folder: &TempDir, name: &str, spec: WavSpec, values: impl IntoIterator<Item = i32>) -> PathBuf {
    let path = folder.path().join(name);
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for value in values {
        writer.write_sample(value).unwrap();
    }
    writer.finalize().unwrap();
    path
}

fn integer(channels: u16, rate_hz: u32, bits: u16) -> WavSpec {
    WavSpec { channels, sample_rate: rate_hz, bits_per_sample: bits, sample_format: SampleFormat::Int }
}

fn problem(path: &Path) -> ReadProblem {
    match sample::read(path) {
        Err(SampleError::Read { problem, .. }) => problem,
        other => panic!("{} should be refused, got {other:?}", path.display()),
    }
}

/// The largest difference, over the part that both have.
fn worst(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

/// A mono AIFF file of 16-bit samples; the rate is written as the 80-bit float that the format wants.
fn aiff_bytes(values: &[i16], rate_hz: u32) -> Vec<u8> {
    let exponent = 31 - rate_hz.leading_zeros();
    let mut common = Vec::new();
    common.extend(1_u16.to_be_bytes());
    common.extend((values.len() as u32).to_be_bytes());
    common.extend(16_u16.to_be_bytes());
    common.extend((16_383 + exponent as u16).to_be_bytes());
    common.extend((u64::from(rate_hz) << (63 - exponent)).to_be_bytes());
    let mut sound = vec![0; 8];
    values.iter().for_each(|v| sound.extend(v.to_be_bytes()));
    let mut body = b"AIFF".to_vec();
    for (tag, chunk) in [(b"COMM", common), (b"SSND", sound)] {
        body.extend(tag);
        body.extend((chunk.len() as u32).to_be_bytes());
        body.extend(chunk);
    }
    let mut file = b"FORM".to_vec();
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file
}

fn flac_bytes(values: &[i32], rate_hz: u32) -> Vec<u8> {
    sample::encode_flac(values, sample::FlacFormat { channels: 1, bits: 16, sample_rate_hz: rate_hz }).unwrap()
}

#[test]
fn every_bit_depth_and_channel_count_reads_as_the_same_sound() {
    let folder = TempDir::new().unwrap();
    let want = sine(440.0, RATE_HZ, 4_410);
    for bits in [8_u16, 16, 24, 32] {
        for channels in [1_u16, 2, 6] {
            let full = f64::from(1_u32 << (bits - 1)) - 1.0;
            let values = want.iter().flat_map(|&v| vec![(f64::from(v) * full).round() as i32; usize::from(channels)]);
            let path = wav(&folder, &format!("{bits}-{channels}.wav"), integer(channels, RATE_HZ, bits), values);
            let got = sample::read(&path).unwrap();
            assert_eq!(got.samples.len(), want.len());
            let step = 2.0 / full as f32;
            assert!(worst(&got.samples, &want) < step, "{bits} bits, {channels} channels");
        }
    }
}

#[test]
fn aiff_and_flac_read_as_wav_does() {
    let folder = TempDir::new().unwrap();
    let values: Vec<i16> = sine(330.0, RATE_HZ, 9_000).iter().map(|v| (v * 20_000.0) as i16).collect();
    let wide: Vec<i32> = values.iter().map(|&v| i32::from(v)).collect();
    let wav = sample::read(&wav(&folder, "a.wav", integer(1, RATE_HZ, 16), wide.clone())).unwrap();
    for (name, bytes) in [("a.aiff", aiff_bytes(&values, RATE_HZ)), ("a.flac", flac_bytes(&wide, RATE_HZ))] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(sample::read(&path).unwrap(), wav, "{name}");
    }
}

#[test]
fn stereo_at_96_khz_is_mixed_and_resampled() {
    let folder = TempDir::new().unwrap();
    let left = sine(1_000.0, 96_000, 96_000);
    let values = left.iter().flat_map(|&v| [(v * 8e6) as i32, 0]);
    let path = wav(&folder, "wide.wav", integer(2, 96_000, 24), values);
    let shot = sample::one_shot(sample::read(&path).unwrap(), RATE_HZ, LENGTH).unwrap();
    assert_eq!((shot.samples.len(), shot.sample_rate_hz), (LENGTH, RATE_HZ));
    let want = sine(1_000.0, RATE_HZ, RATE_HZ as usize);
    // The ends see the silence beyond them.
    assert!(worst(&shot.samples[200..44_000], &want[200..44_000]) < 2e-3);
    assert!(shot.samples[44_200..].iter().all(|v| v.abs() < 1e-3), "after its end a short sound is silent");
}

#[test]
fn bad_files_get_one_line_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    assert!(matches!(problem(Path::new("/nowhere/at all.wav")), ReadProblem::System(_)));
    assert!(matches!(problem(folder.path()), ReadProblem::NotAFile));
    assert!(matches!(problem(&put("empty.wav", b"")), ReadProblem::Empty));
    assert!(matches!(problem(&put("text.wav", b"these are words, not audio")), ReadProblem::Unknown(_)));
    let none = wav(&folder, "none.wav", integer(1, RATE_HZ, 16), []);
    assert!(matches!(problem(&none), ReadProblem::Empty));
    let silent = wav(&folder, "silent.wav", integer(1, RATE_HZ, 16), vec![0; 5_000]);
    assert!(matches!(problem(&silent), ReadProblem::Silent));
    assert!(problem(&silent).to_string().contains("silent throughout"));
    for rate_hz in [1_u32, 3_999, 768_001] {
        let path = wav(&folder, "rate.wav", integer(1, rate_hz, 16), vec![9_000; 500]);
        assert!(matches!(problem(&path), ReadProblem::Rate(found) if found == rate_hz));
    }
    let values: Vec<i32> = sine(440.0, RATE_HZ, 50_000).iter().map(|v| (v * 3e4) as i32).collect();
    let flac = flac_bytes(&values, RATE_HZ);
    assert!(matches!(problem(&put("cut.flac", &flac[..flac.len() / 2])), ReadProblem::Truncated { .. }));
    let mut hit = flac.clone();
    let middle = hit.len() / 2;
    hit[middle..middle + 64].fill(0x55);
    let message = problem(&put("hit.flac", &hit)).to_string();
    assert!(message.contains("corrupt") && !message.contains('\n'), "{message}");
}

#[test]
fn a_value_that_is_no_number_is_named_by_its_place() {
    let folder = TempDir::new().unwrap();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut samples = vec![0.5; 2 * 4_410];
        samples[2 * 2_205 + 1] = bad;
        let path = folder.path().join("nan.wav");
        sample::write_wav(&path, &samples, 2, RATE_HZ).unwrap();
        let ReadProblem::NotFinite { at_s, channel } = problem(&path) else { panic!("{bad} was read") };
        assert!((at_s - 0.05).abs() < 1e-6 && channel == 2);
    }
}

#[test]
fn a_file_that_was_cut_is_read_as_far_as_it_goes_and_says_so() {
    let folder = TempDir::new().unwrap();
    let values: Vec<i32> = sine(440.0, RATE_HZ, 44_100).iter().map(|v| (v * 3e4) as i32).collect();
    let path = wav(&folder, "cut.wav", integer(1, RATE_HZ, 16), values);
    let whole = sample::read(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..44 + 44_100]).unwrap();
    let cut = sample::read(&path).unwrap();
    assert_eq!(cut.samples, whole.samples[..22_050]);
    assert_eq!(cut.notes, ["its header promises 1.00 s, and 0.50 s are there"]);
}

#[test]
fn channels_that_cancel_are_not_mixed() {
    let folder = TempDir::new().unwrap();
    let tone = sine(440.0, RATE_HZ, 10_000);
    for (left, right, want, word) in [(0.5, -0.5, 0.5, "left"), (-0.4, 0.5, 0.5, "right")] {
        let path = folder.path().join("antiphase.wav");
        // A second of silence in front does not count.
        let silence = std::iter::repeat_n(0.0, 2 * RATE_HZ as usize);
        let samples: Vec<f32> = silence.chain(tone.iter().flat_map(|v| [v * left, v * right])).collect();
        sample::write_wav(&path, &samples, 2, RATE_HZ).unwrap();
        let got = sample::read(&path).unwrap();
        let lead = got.samples.len() - tone.len();
        let one: Vec<f32> = tone.iter().map(|v| v * want).collect();
        assert_eq!(got.samples[lead..], one);
        assert!(got.notes.iter().any(|note| note.contains("cancel") && note.contains(word)), "{:?}", got.notes);
        assert!((got.start_s + lead as f64 / f64::from(RATE_HZ) - 1.0).abs() < 1e-4);
        let outline = sample::outline(&path).unwrap();
        let seen = outline.columns(1.0, outline.length_s(), 1).next().unwrap();
        assert!(seen.1 > 0.49, "the outline shows the same channel: {seen:?}");
    }
}

#[test]
fn a_header_written_to_a_pipe_is_believed_only_as_far_as_the_data_goes() {
    let folder = TempDir::new().unwrap();
    let mut bytes = std::fs::read(wav(&folder, "a.wav", integer(1, RATE_HZ, 16), vec![9_000; 1_000])).unwrap();
    let data = bytes.windows(4).position(|tag| tag == b"data").unwrap();
    let path = folder.path().join("piped.wav");
    for (riff, length) in [(u32::MAX, u32::MAX), (0x7fff_f024, 0x7fff_f000)] {
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes[data + 4..data + 8].copy_from_slice(&length.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(sample::read(&path).unwrap().samples.len(), 1_000);
    }
}

#[test]
fn an_hour_long_file_is_read_from_its_first_sound_and_says_so() {
    let folder = TempDir::new().unwrap();
    // 8-bit at 8 kHz keeps an hour at 29 MB; the sound begins after 30 s.
    let path = wav(
        &folder,
        "hour.wav",
        integer(1, 8_000, 8),
        (0..3600 * 8_000).map(|n| if n < 240_000 { 0 } else { ((n as f64 * 0.3).sin() * 100.0) as i32 }),
    );
    let recording = sample::read(&path).unwrap();
    assert!(recording.samples.len() <= 8_000 * 21, "{} samples were kept", recording.samples.len());
    let shot = sample::one_shot(recording, RATE_HZ, LENGTH).unwrap();
    assert!(shot.samples[..200].iter().any(|v| v.abs() > 0.3), "the sound starts at once");
    assert!(shot.notes.iter().any(|n| n.contains("3600 s")), "{:?}", shot.notes);
    assert!(shot.notes.iter().any(|n| n.contains("used the first 2.0 s after the onset")), "{:?}", shot.notes);
}

#[test]
fn one_shots_start_at_the_onset_have_peak_one_and_repeat_exactly() {
    for lead in [0_usize, 10, 1_000, 70_000] {
        for (level, body) in [(0.001_f32, 3_000_usize), (0.25, 50_000), (40.0, 200_000)] {
            let mut samples = vec![level * 1e-4; lead];
            samples.extend(sine(200.0, RATE_HZ, body).iter().map(|v| v * level));
            let rec = Recording::new(samples, RATE_HZ);
            let shot = sample::one_shot(rec, RATE_HZ, LENGTH).unwrap();
            assert_eq!(shot.samples.len(), LENGTH);
            assert_eq!(shot.samples.iter().fold(0.0_f32, |p, v| p.max(v.abs())), 1.0);
            let first = shot.samples.iter().position(|v| v.abs() > 0.02).unwrap();
            assert!(first <= 60, "lead {lead}: sound at {first}");
            assert_eq!(shot.notes.len(), usize::from(body > LENGTH), "only a cut is told");
            assert!(shot.samples[LENGTH - 1].abs() < 0.01, "a cut ends in a fade");
            let again = sample::one_shot(Recording { notes: Vec::new(), ..shot.clone() }, RATE_HZ, LENGTH).unwrap();
            assert!(worst(&again.samples, &shot.samples) < 1e-6, "a one-shot is a one-shot");
        }
    }
}

#[test]
fn silence_and_no_numbers_make_no_one_shot() {
    let one_shot = |samples| sample::one_shot(Recording::new(samples, RATE_HZ), RATE_HZ, 100);
    assert!(matches!(one_shot(vec![]), Err(SampleError::Silent)));
    assert!(matches!(one_shot(vec![0.0; 10]), Err(SampleError::Silent)));
    assert!(matches!(one_shot(vec![0.5, f32::NAN]), Err(SampleError::NotFinite(1))));
}

#[test]
fn conversion_keeps_time_level_and_length_at_every_pair_of_rates() {
    let rates = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000, 384_000];
    for from_hz in rates {
        for to_hz in [8_000_u32, 44_100, 48_000, 96_000] {
            let input = sine(1_000.0, from_hz, from_hz as usize / 2);
            let output = sample::resample(&input, from_hz, to_hz).unwrap();
            let want_len = (input.len() as f64 * f64::from(to_hz) / f64::from(from_hz)).round() as usize;
            assert_eq!(output.len(), want_len, "{from_hz} → {to_hz}");
            let want = sine(1_000.0, to_hz, want_len);
            let (a, b) = (want_len / 3, 2 * want_len / 3);
            // 2e-5 of a 1 kHz sine is 3 ns of delay or 0.0002 dB of level.
            assert!(
                worst(&output[a..b], &want[a..b]) < 2e-5,
                "{from_hz} → {to_hz}: {}",
                worst(&output[a..b], &want[a..b])
            );
        }
    }
}

#[test]
fn conversion_removes_what_the_lower_rate_cannot_hold_and_keeps_the_rest() {
    let peak = |hz: f64| {
        let output = sample::resample(&sine(hz, 96_000, 48_000), 96_000, 44_100).unwrap();
        output[5_000..15_000].iter().fold(0.0_f32, |p, v| p.max(v.abs()))
    };
    assert!((peak(20_000.0) - 1.0).abs() < 0.01, "20 kHz: {}", peak(20_000.0));
    for hz in [22_600.0, 26_000.0, 40_000.0] {
        assert!(peak(hz) < 1e-4, "{hz} Hz folds back at {}", peak(hz));
    }
}

#[test]
fn a_written_file_reads_back_exactly_and_a_failed_one_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out.wav");
    let samples = sine(123.0, RATE_HZ, 10_000);
    sample::write_wav(&path, &samples, 1, RATE_HZ).unwrap();
    sample::write_wav(&path, &samples, 1, RATE_HZ).expect("an existing file is replaced");
    // Reading starts at the first sound; sample 0 of a sine is silent but within what is kept.
    assert_eq!(sample::read(&path).unwrap().samples, samples);
    let before = std::fs::read(&path).unwrap();
    for bad in ["no/such/folder/out.wav", ""] {
        let message = sample::write_wav(&folder.path().join(bad), &samples, 1, RATE_HZ).unwrap_err().to_string();
        assert!(message.starts_with("cannot write"), "{message}");
    }
    assert!(sample::write_wav(&path, &samples[..3], 2, RATE_HZ).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn devices_are_never_replaced() {
    assert!(sample::write_wav(Path::new("/dev/null"), &[0.0], 1, RATE_HZ).is_err());
}

#[test]
fn damaged_bytes_never_panic() {
    let folder = TempDir::new().unwrap();
    let values: Vec<i32> = sine(440.0, RATE_HZ, 3_000).iter().map(|v| (v * 3e4) as i32).collect();
    let narrow: Vec<i16> = values.iter().map(|&v| v as i16).collect();
    let wav = std::fs::read(wav(&folder, "a.wav", integer(1, RATE_HZ, 16), values.clone())).unwrap();
    let path = folder.path().join("hit");
    let mut random = support::Random::new(7);
    for original in [wav, aiff_bytes(&narrow, RATE_HZ), flac_bytes(&values, RATE_HZ)] {
        for round in 0..400 {
            let mut bytes = original.clone();
            // The header is where damage does most; every other round stays within it.
            let reach = if round % 2 == 0 { 64 } else { bytes.len() };
            for _ in 0..=random.below(6) {
                bytes[random.below(reach)] = random.below(256) as u8;
            }
            if round % 5 == 0 {
                bytes.truncate(random.below(bytes.len()));
            }
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(recording) = sample::read(&path) {
                assert!(recording.samples.iter().all(|v| v.is_finite()));
            }
        }
    }
}
