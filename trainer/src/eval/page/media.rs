//! Pictures and sounds as data inside the page.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::sample::{FlacFormat, encode_flac};
use engine::spectral::Frames;

/// Levels of a spectrogram's palette.
const LEVELS: usize = 64;
/// Colours that the palette runs through, from silence to full scale.
const COLOURS: [[f32; 3]; 6] = [
    [18.0, 20.0, 28.0],
    [38.0, 48.0, 86.0],
    [62.0, 100.0, 140.0],
    [94.0, 160.0, 150.0],
    [226.0, 190.0, 110.0],
    [252.0, 244.0, 220.0],
];
/// What is quieter at the end of a sound is not stored (−70 dB).
const AUDIBLE: f32 = 3e-4;
/// A player that is given nothing shows an error.
const LEAST_SAMPLES: usize = 4096;

/// A spectrogram as a PNG data address: low bands at the bottom.
///
/// # Errors
/// The PNG encoder fails.
pub fn spectrogram(frames: &Frames) -> Result<String> {
    let mut pixels = Vec::with_capacity(frames.values.len());
    for band in (0..frames.bands).rev() {
        let level = |value: &f32| (((value + 1.0) / 2.0 * LEVELS as f32) as usize).min(LEVELS - 1) as u8;
        pixels.extend(frames.band(band).iter().map(level));
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, frames.frames as u32, frames.bands as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_palette(palette());
    let mut writer = encoder.write_header().context("cannot make a picture")?;
    writer.write_image_data(&pixels).and_then(|()| writer.finish()).context("cannot make a picture")?;
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(file)))
}

fn palette() -> Vec<u8> {
    let steps = (COLOURS.len() - 1) as f32;
    let colour = |level: usize| {
        let position = level as f32 / (LEVELS - 1) as f32 * steps;
        let below = (position as usize).min(COLOURS.len() - 2);
        let part = position - below as f32;
        std::array::from_fn::<u8, 3, _>(|channel| {
            (COLOURS[below][channel] * (1.0 - part) + COLOURS[below + 1][channel] * part) as u8
        })
    };
    (0..LEVELS).flat_map(colour).collect()
}

/// A sound as a FLAC data address: mono, 16 bit, without its silent end.
///
/// # Errors
/// The FLAC encoder refuses the samples or the rate.
pub fn audio(samples: &[f32], rate_hz: u32) -> Result<String> {
    let end = samples.iter().rposition(|sample| sample.abs() > AUDIBLE).map_or(0, |last| last + 1);
    let kept = &samples[..end.max(LEAST_SAMPLES.min(samples.len()))];
    let steps: Vec<i32> = kept.iter().map(|sample| (sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i32).collect();
    let flac = encode_flac(&steps, FlacFormat { channels: 1, bits: 16, sample_rate_hz: rate_hz })?;
    Ok(format!("data:audio/flac;base64,{}", BASE64_STANDARD.encode(flac)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_and_a_sound_can_be_read_back() {
        let frames = Frames { bands: 3, frames: 5, values: (0..15).map(|v| v as f32 / 7.5 - 1.0).collect() };
        let address = spectrogram(&frames).expect("a picture");
        let bytes = BASE64_STANDARD.decode(address.trim_start_matches("data:image/png;base64,")).expect("base64");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; 15];
        reader.next_frame(&mut pixels).expect("an image");
        assert_eq!((reader.info().width, reader.info().height), (5, 3));
        assert!(pixels[0] > pixels[10], "the highest band is on top");

        let tone: Vec<f32> = (0..20_000).map(|n| if n < 9000 { (n as f32 * 0.1).sin() } else { 0.0 }).collect();
        let address = audio(&tone, 44_100).expect("a sound");
        let bytes = BASE64_STANDARD.decode(address.trim_start_matches("data:audio/flac;base64,")).expect("base64");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("tone.flac");
        std::fs::write(&path, bytes).expect("a file can be written");
        let read = engine::sample::read(&path).expect("a FLAC file");
        assert!((8990..=9000).contains(&read.samples.len()), "{} samples", read.samples.len());
        assert!(read.samples.iter().zip(&tone).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}
