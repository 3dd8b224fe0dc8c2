//! A row of spectrograms: the steps of a morph from one sound to another, with the slider below. Sizes are in pixels.

use std::path::Path;

use anyhow::Result;

use crate::canvas::{Area, Canvas, Place, Words};
use crate::look::{Colour, DIM, Fonts, GROUND, WELL, between, blend};
use crate::recording::Recording;
use crate::spectrogram::{self, Shape, Spectrogram};

const WIDTH: usize = 1800;
const HEIGHT: usize = 470;
const MARGIN: f32 = 40.0;
const GAP: f32 = 10.0;
const TOP: f32 = 84.0;
const PANEL_HEIGHT: usize = 290;
/// Time that each spectrogram shows, in seconds. The rest of the 2 s is mostly decay and would only narrow what is shown.
const SHOWN_S: f32 = 1.2;
/// Lowest level that is drawn, relative to the loudest; lower ones have the background's colour. Chosen by eye.
const FLOOR_DB: f32 = -66.0;
/// Position in the range of levels, [0, 1], at which the colour has full saturation; louder levels blend towards white. Chosen by eye.
const FULL: f32 = 0.72;

/// Draws `sounds`, the first named `from`, the last `to`.
///
/// # Errors
///
/// Fails if a sound cannot be analysed or the picture cannot be written.
pub fn draw(path: &Path, sounds: &[Vec<f32>], rate_hz: u32, names: [&str; 2], fonts: &Fonts) -> Result<()> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT, GROUND)?;
    let count = sounds.len();
    let width = (WIDTH as f32 - 2.0 * MARGIN - GAP * (count - 1) as f32) / count as f32;
    let slider = TOP + PANEL_HEIGHT as f32 + 44.0;
    for (step, sound) in sounds.iter().enumerate() {
        let part = step as f32 / (count - 1).max(1) as f32;
        let left = MARGIN + step as f32 * (width + GAP);
        let whole_s = sound.len() as f32 / rate_hz as f32;
        // The whole sound is analysed and its end cut off afterwards: a cut sound has a click in its spectrum.
        let columns = (width * whole_s / SHOWN_S).round() as usize;
        let shape = Shape { fft_size: 4096, columns, rows: PANEL_HEIGHT };
        let picture = spectrogram::of(&Recording::of(sound.clone(), rate_hz), shape)?;
        canvas.panel(Area { left, top: TOP, width, height: PANEL_HEIGHT as f32 }, 0.0, WELL);
        levels(&mut canvas, &picture, shape, Area { left, top: TOP, width, height: 0.0 }, between(part));
        let middle = left + width / 2.0;
        if step + 1 < count {
            thread(&mut canvas, [middle, slider], width + GAP, [part, (step + 1) as f32 / (count - 1) as f32]);
        }
        canvas.disc([middle, slider], 9.0, between(part), 1.0);
    }
    captions(&mut canvas, names, fonts);
    canvas.write(path)
}

fn levels(canvas: &mut Canvas, picture: &Spectrogram, shape: Shape, place: Area, colour: Colour) {
    for (index, level_db) in picture.levels_db.iter().enumerate() {
        let (row, column) = (index / shape.columns, index % shape.columns);
        if column as f32 >= place.width {
            continue;
        }
        let light = (1.0 - level_db / FLOOR_DB).clamp(0.0, 1.0);
        let shade = if light < FULL {
            blend(WELL, colour, (light / FULL).powf(1.4))
        } else {
            blend(colour, [255.0; 3], 0.75 * (light - FULL) / (1.0 - FULL))
        };
        canvas.dot(place.left as usize + column, place.top as usize + row, shade);
    }
}

/// A piece of the slider between two steps, in the colours between.
fn thread(canvas: &mut Canvas, [left, middle]: Place, length: f32, parts: [f32; 2]) {
    let pixels = length.ceil() as usize;
    for x in 0..pixels {
        let colour = between(parts[0] + (parts[1] - parts[0]) * x as f32 / pixels as f32);
        (0..4).for_each(|y| canvas.dot(left as usize + x, middle as usize + y - 2, colour));
    }
}

fn captions(canvas: &mut Canvas, [from, to]: [&str; 2], fonts: &Fonts) {
    let name = |text, colour| Words { font: &fonts.bold, size: 40.0, colour, text };
    canvas.text(name(from, between(0.0)), [MARGIN, 58.0]);
    let last = name(to, between(1.0));
    canvas.text(last, [WIDTH as f32 - MARGIN - last.width(), 58.0]);
    let middle = Words { font: &fonts.body, size: 30.0, colour: DIM, text: "one line through the space of sounds" };
    canvas.text(middle, [(WIDTH as f32 - middle.width()) / 2.0, 56.0]);
}
