//! Draws a spectrogram with its axes and colour key into a PNG. The few signs of the labels are drawn here, so that the
//! picture needs no font from the system.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};

use crate::spectrogram::{HIGH_HZ, LOW_HZ, Shape, Spectrogram};

/// Columns and rows of the levels.
const COLUMNS: usize = 1200;
/// See [`COLUMNS`].
const ROWS: usize = 480;
/// Windows long enough to part the partials of the phrase's bass notes.
pub const SHAPE: Shape = Shape { fft_size: 8192, columns: COLUMNS, rows: ROWS };

/// Darkest level of the picture.
const FLOOR_DB: f32 = -80.0;
const LEFT: usize = 90;
const TOP: usize = 36;
const WIDTH: usize = LEFT + COLUMNS + 130;
const HEIGHT: usize = TOP + ROWS + 64;
/// Pixels per dot of a sign.
const DOT: usize = 2;
const BACKGROUND: [u8; 3] = [16, 18, 24];
const INK: [u8; 3] = [200, 206, 216];

/// Dark blue to violet, orange and pale yellow: even steps of lightness, readable in grey too.
const COLOURS: [[f32; 3]; 6] = [
    [8.0, 8.0, 20.0],
    [46.0, 16.0, 92.0],
    [128.0, 32.0, 128.0],
    [214.0, 72.0, 88.0],
    [252.0, 154.0, 60.0],
    [252.0, 246.0, 186.0],
];

/// Signs of 5 × 7 dots, one byte per row, the leftmost dot in bit 4.
const SIGNS: [(char, [u8; 7]); 18] = [
    ('0', [14, 17, 19, 21, 25, 17, 14]),
    ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 2, 4, 8, 31]),
    ('3', [31, 2, 4, 2, 1, 17, 14]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [6, 8, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 8, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]),
    ('9', [14, 17, 17, 15, 1, 2, 12]),
    ('-', [0, 0, 0, 31, 0, 0, 0]),
    ('B', [30, 17, 17, 30, 17, 17, 30]),
    ('H', [17, 17, 17, 31, 17, 17, 17]),
    ('d', [1, 1, 13, 19, 17, 19, 13]),
    ('k', [16, 16, 18, 20, 24, 20, 18]),
    ('s', [0, 0, 15, 16, 14, 1, 30]),
    ('z', [0, 0, 31, 2, 4, 8, 31]),
    (' ', [0; 7]),
];

/// Writes the picture.
///
/// # Errors
///
/// Fails if the file cannot be written.
pub fn write(path: &Path, spectrogram: &Spectrogram) -> Result<()> {
    let mut canvas = Canvas(BACKGROUND.repeat(WIDTH * HEIGHT));
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            canvas.set(LEFT + column, TOP + row, colour(spectrogram.levels_db[row * COLUMNS + column]));
        }
    }
    frequency_axis(&mut canvas);
    time_axis(&mut canvas, spectrogram.duration_s);
    colour_key(&mut canvas);
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&canvas.0)?;
    writer.finish().context("cannot finish the picture")
}

/// The colour of a level in dB below the loudest.
fn colour(level_db: f32) -> [u8; 3] {
    let place = (1.0 - level_db / FLOOR_DB).clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let low = (place as usize).min(COLOURS.len() - 2);
    let part = place - low as f32;
    std::array::from_fn(|i| (COLOURS[low][i] * (1.0 - part) + COLOURS[low + 1][i] * part) as u8)
}

fn frequency_axis(canvas: &mut Canvas) {
    let marks = [(50.0, "50"), (100.0, "100"), (200.0, "200"), (500.0, "500"), (1e3, "1 k"), (2e3, "2 k")];
    for (hz, label) in marks.into_iter().chain([(5e3, "5 k"), (10e3, "10 k"), (20e3, "20 k")]) {
        let height: f32 = (hz / LOW_HZ).ln() / (HIGH_HZ / LOW_HZ).ln();
        let y = TOP + ((1.0 - height) * (ROWS - 1) as f32) as usize;
        (LEFT - 8..LEFT).for_each(|x| canvas.set(x, y, INK));
        canvas.text(LEFT - 14 - Canvas::text_width(label), y - 3 * DOT, label);
    }
    canvas.text(LEFT - 14 - Canvas::text_width("Hz"), 4, "Hz");
}

fn time_axis(canvas: &mut Canvas, duration_s: f32) {
    for second in 0..=duration_s as usize {
        let x = LEFT + (second as f32 / duration_s * (COLUMNS - 1) as f32) as usize;
        let even = second % 2 == 0;
        (0..if even { 8 } else { 4 }).for_each(|y| canvas.set(x, TOP + ROWS + y, INK));
        if even {
            let label = second.to_string();
            canvas.text(x - Canvas::text_width(&label) / 2, TOP + ROWS + 14, &label);
        }
    }
    canvas.text(LEFT + COLUMNS / 2, TOP + ROWS + 40, "s");
}

fn colour_key(canvas: &mut Canvas) {
    let left = LEFT + COLUMNS + 24;
    for row in 0..ROWS {
        let level_db = FLOOR_DB * row as f32 / (ROWS - 1) as f32;
        (left..left + 20).for_each(|x| canvas.set(x, TOP + row, colour(level_db)));
    }
    for level_db in [0, -20, -40, -60, -80] {
        let y = TOP + (level_db as f32 / FLOOR_DB * (ROWS - 1) as f32) as usize;
        canvas.text(left + 28, y.saturating_sub(3 * DOT), &level_db.to_string());
    }
    canvas.text(left, TOP + ROWS + 14, "dB");
}

/// Pixels, three bytes each, row by row.
struct Canvas(Vec<u8>);

impl Canvas {
    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        let at = 3 * (y * WIDTH + x);
        self.0[at..at + 3].copy_from_slice(&colour);
    }

    fn text_width(text: &str) -> usize {
        text.chars().count() * 6 * DOT
    }

    fn text(&mut self, left: usize, top: usize, text: &str) {
        for (place, sign) in text.chars().enumerate() {
            let dots = SIGNS.iter().find(|(known, _)| *known == sign).map_or([0; 7], |(_, dots)| *dots);
            for (row, column) in (0..7).flat_map(|row| (0..5).map(move |column| (row, column))) {
                if dots[row] >> (4 - column) & 1 == 1 {
                    for (dy, dx) in (0..DOT).flat_map(|dy| (0..DOT).map(move |dx| (dy, dx))) {
                        self.set(left + (place * 6 + column) * DOT + dx, top + row * DOT + dy, INK);
                    }
                }
            }
        }
    }
}
