//! Draws a spectrogram with its axes and colour key into a PNG.

use std::path::Path;

use anyhow::Result;

use crate::canvas::{Canvas, Place, Words};
use crate::look::{Colour, Fonts, blend};
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
const RIGHT: f32 = (LEFT + COLUMNS) as f32;
const BOTTOM: f32 = (TOP + ROWS) as f32;
const WIDTH: usize = LEFT + COLUMNS + 130;
const HEIGHT: usize = TOP + ROWS + 64;
/// Height of a line of text.
const TEXT_SIZE: f32 = 24.0;
/// From the middle of a line of digits down to the line of writing.
const HALF_DIGIT: f32 = 0.3 * TEXT_SIZE;
const MARK_WIDTH: f32 = 2.0;
const BACKGROUND: Colour = [16.0, 18.0, 24.0];
const INK: Colour = [200.0, 206.0, 216.0];

/// Dark blue to violet, orange and pale yellow: even steps of lightness, readable in grey too.
const COLOURS: [Colour; 6] = [
    [8.0, 8.0, 20.0],
    [46.0, 16.0, 92.0],
    [128.0, 32.0, 128.0],
    [214.0, 72.0, 88.0],
    [252.0, 154.0, 60.0],
    [252.0, 246.0, 186.0],
];

/// Writes the picture.
///
/// # Errors
///
/// Fails if the file cannot be written.
pub fn write(path: &Path, spectrogram: &Spectrogram, fonts: &Fonts) -> Result<()> {
    let mut picture = Picture { canvas: Canvas::new(WIDTH, HEIGHT, BACKGROUND)?, fonts };
    for (index, level_db) in spectrogram.levels_db.iter().enumerate() {
        picture.canvas.dot(LEFT + index % COLUMNS, TOP + index / COLUMNS, colour(*level_db));
    }
    picture.frequency_axis();
    picture.time_axis(spectrogram.duration_s);
    picture.colour_key();
    picture.canvas.write(path)
}

/// The colour of a level in dB below the loudest.
fn colour(level_db: f32) -> Colour {
    let place = (1.0 - level_db / FLOOR_DB).clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let low = (place as usize).min(COLOURS.len() - 2);
    blend(COLOURS[low], COLOURS[low + 1], place - low as f32)
}

struct Picture<'a> {
    canvas: Canvas,
    fonts: &'a Fonts,
}

impl Picture<'_> {
    fn frequency_axis(&mut self) {
        let marks = [(50.0, "50"), (100.0, "100"), (200.0, "200"), (500.0, "500"), (1e3, "1 k"), (2e3, "2 k")];
        for (hz, label) in marks.into_iter().chain([(5e3, "5 k"), (10e3, "10 k"), (20e3, "20 k")]) {
            let height: f32 = (hz / LOW_HZ).ln() / (HIGH_HZ / LOW_HZ).ln();
            let y = TOP as f32 + (1.0 - height) * (ROWS - 1) as f32;
            self.canvas.line([LEFT as f32 - 8.0, y], [LEFT as f32, y], MARK_WIDTH, INK);
            self.text_before(label, [LEFT as f32 - 14.0, y + HALF_DIGIT]);
        }
        self.text_before("Hz", [LEFT as f32 - 14.0, 20.0]);
    }

    fn time_axis(&mut self, duration_s: f32) {
        for second in 0..=duration_s as usize {
            let x = LEFT as f32 + second as f32 / duration_s * (COLUMNS - 1) as f32;
            let even = second % 2 == 0;
            self.canvas.line([x, BOTTOM], [x, BOTTOM + if even { 8.0 } else { 4.0 }], MARK_WIDTH, INK);
            if even {
                self.text_round(&second.to_string(), [x, BOTTOM + 30.0]);
            }
        }
        self.text_round("s", [(LEFT + COLUMNS / 2) as f32, BOTTOM + 54.0]);
    }

    fn colour_key(&mut self) {
        let left = LEFT + COLUMNS + 24;
        for row in 0..ROWS {
            let level_db = FLOOR_DB * row as f32 / (ROWS - 1) as f32;
            (left..left + 20).for_each(|x| self.canvas.dot(x, TOP + row, colour(level_db)));
        }
        for level_db in [0.0, -20.0, -40.0, -60.0, -80.0] {
            let y = TOP as f32 + level_db / FLOOR_DB * (ROWS - 1) as f32;
            self.text(&format!("{level_db}"), [left as f32 + 28.0, y + HALF_DIGIT]);
        }
        self.text("dB", [RIGHT + 24.0, BOTTOM + 30.0]);
    }

    fn text(&mut self, text: &str, place: Place) {
        self.canvas.text(Words { font: &self.fonts.body, size: TEXT_SIZE, colour: INK, text }, place);
    }

    /// Text that ends at `place`.
    fn text_before(&mut self, text: &str, place: Place) {
        let width = self.width(text);
        self.text(text, [place[0] - width, place[1]]);
    }

    /// Text whose middle is at `place`.
    fn text_round(&mut self, text: &str, place: Place) {
        let width = self.width(text);
        self.text(text, [place[0] - width / 2.0, place[1]]);
    }

    fn width(&self, text: &str) -> f32 {
        Words { font: &self.fonts.body, size: TEXT_SIZE, colour: INK, text }.width()
    }
}
