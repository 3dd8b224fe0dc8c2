//! Pictures of spectrograms as PNG files. Main thread.

use std::io::BufWriter;
use std::path::Path;

use engine::files::replace;
use engine::spectral::constant_q::Magnitudes;

use crate::failure::Failure;
use crate::interrupt;
use crate::output::path_text;

/// Range of levels below the loudest, from black to white, in dB.
const RANGE_DB: f32 = 80.0;
/// Rows of pixels of one band.
const BAND_ROWS: usize = 3;
/// Colours from the quietest to the loudest level, evenly spaced.
const COLOURS: [[f32; 3]; 5] =
    [[4.0, 3.0, 16.0], [66.0, 20.0, 102.0], [170.0, 52.0, 92.0], [242.0, 140.0, 50.0], [252.0, 250.0, 210.0]];

/// Writes levels in dB as a picture, low bands at the bottom. The bands at the ends, which hold what lies beyond the range, are not shown.
pub(crate) fn write(path: &Path, magnitudes: &Magnitudes) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("cannot write {}: {error}", path_text(path)));
    let bands = magnitudes.values.len() / magnitudes.frames.max(1);
    let shown = 1..bands.saturating_sub(1);
    let loudest = shown.clone().flat_map(|band| magnitudes.band(band)).copied().fold(1e-9, f32::max);
    let mut pixels = Vec::new();
    for band in shown.clone().rev() {
        let row: Vec<u8> = magnitudes.band(band).iter().flat_map(|value| colour(value / loudest)).collect();
        (0..BAND_ROWS).for_each(|_| pixels.extend_from_slice(&row));
    }
    interrupt::watch();
    replace(path, |file| {
        let size = (magnitudes.frames as u32, (shown.len() * BAND_ROWS) as u32);
        let mut encoder = png::Encoder::new(BufWriter::new(file), size.0, size.1);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().map_err(std::io::Error::other)?;
        writer.write_image_data(&pixels).map_err(std::io::Error::other)
    })
    .map_err(|error| failed(&error))
}

/// Colour of a magnitude against the loudest.
fn colour(part: f32) -> [u8; 3] {
    let level = (1.0 + 20.0 * part.max(1e-9).log10() / RANGE_DB).clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let (place, rest) = ((level as usize).min(COLOURS.len() - 2), level);
    let rest = rest - place as f32;
    std::array::from_fn(|channel| {
        (COLOURS[place][channel] * (1.0 - rest) + COLOURS[place + 1][channel] * rest).round() as u8
    })
}
