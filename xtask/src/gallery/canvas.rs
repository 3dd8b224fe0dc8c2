//! A small canvas: smooth shapes by their distance to each pixel's centre, text by its outlines, PNG.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use anyhow::{Context, Result};
use color_quant::NeuQuant;

use super::look::{Colour, blend};

/// The palette learns from every tenth pixel, as its authors advise.
const SAMPLE_EVERY: i32 = 10;

/// A place in pixels right of and below the upper left corner.
pub type Place = [f32; 2];

/// Pixels row by row.
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

/// A rectangle in pixels.
#[derive(Clone, Copy)]
pub struct Area {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The same, wider by `margin` on every side.
    pub fn grown(&self, margin: f32) -> Self {
        let (width, height) = (self.width + 2.0 * margin, self.height + 2.0 * margin);
        Self { left: self.left - margin, top: self.top - margin, width, height }
    }

    pub fn holds(&self, [x, y]: Place) -> bool {
        (self.left..self.right()).contains(&x) && (self.top..self.bottom()).contains(&y)
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right() && other.left < self.right() && self.top < other.bottom() && other.top < self.bottom()
    }

    pub fn covers(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}

/// Text that is to be drawn.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub font: &'a FontVec,
    /// Height of a line in pixels.
    pub size: f32,
    pub colour: Colour,
    pub text: &'a str,
}

impl Words<'_> {
    /// Pixels from the first letter to behind the last.
    pub fn width(&self) -> f32 {
        let font = self.font.as_scaled(PxScale::from(self.size));
        self.text.chars().map(|sign| font.h_advance(font.glyph_id(sign))).sum()
    }
}

impl Canvas {
    pub fn new(width: usize, height: usize, ground: Colour) -> Self {
        Self { width, height, pixels: vec![ground; width * height] }
    }

    /// Lays `colour` over a pixel, as strongly as `strength` says, 0 to 1.
    pub fn lay(&mut self, x: i64, y: i64, colour: Colour, strength: f32) {
        let inside = (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y);
        if inside && strength > 0.0 {
            let pixel = &mut self.pixels[y as usize * self.width + x as usize];
            *pixel = blend(*pixel, colour, strength.min(1.0));
        }
    }

    /// Lays `colour` over an area, as strongly as `strength` says of each pixel's centre.
    fn shade(&mut self, area: Area, colour: Colour, strength: impl Fn(Place) -> f32) {
        for y in area.top.floor() as i64..area.bottom().ceil() as i64 {
            for x in area.left.floor() as i64..area.right().ceil() as i64 {
                self.lay(x, y, colour, strength([x as f32 + 0.5, y as f32 + 0.5]));
            }
        }
    }

    fn shade_round(&mut self, centre: Place, radius: f32, colour: Colour, strength: impl Fn(f32) -> f32) {
        let middle = Area { left: centre[0], top: centre[1], width: 0.0, height: 0.0 };
        self.shade(middle.grown(radius), colour, |[x, y]| strength((x - centre[0]).hypot(y - centre[1])));
    }

    /// A filled circle.
    pub fn disc(&mut self, centre: Place, radius: f32, colour: Colour, strength: f32) {
        self.shade_round(centre, radius + 1.0, colour, |far| strength * (radius - far + 0.5).clamp(0.0, 1.0));
    }

    /// A soft light, brightest in its middle.
    pub fn glow(&mut self, centre: Place, radius: f32, colour: Colour, strength: f32) {
        self.shade_round(centre, radius, colour, |far| strength * (1.0 - far / radius).max(0.0).powi(2));
    }

    /// A circle's outline.
    pub fn ring(&mut self, centre: Place, radius: f32, width: f32, colour: Colour) {
        self.shade_round(centre, radius + width, colour, |far| {
            (width / 2.0 - (far - radius).abs() + 0.5).clamp(0.0, 1.0)
        });
    }

    /// A straight line with round ends.
    pub fn line(&mut self, from: Place, to: Place, width: f32, colour: Colour) {
        let (across, down) = (to[0] - from[0], to[1] - from[1]);
        let (left, top) = (from[0].min(to[0]), from[1].min(to[1]));
        let area = Area { left, top, width: across.abs(), height: down.abs() }.grown(width);
        let square = (across * across + down * down).max(f32::MIN_POSITIVE);
        self.shade(area, colour, |[x, y]| {
            let part = (((x - from[0]) * across + (y - from[1]) * down) / square).clamp(0.0, 1.0);
            let far = (x - from[0] - part * across).hypot(y - from[1] - part * down);
            (width / 2.0 - far + 0.5).clamp(0.0, 1.0)
        });
    }

    /// A filled rectangle with round corners.
    pub fn panel(&mut self, area: Area, round: f32, colour: Colour) {
        let (half_width, half_height) = (area.width / 2.0 - round, area.height / 2.0 - round);
        let middle = [area.left + area.width / 2.0, area.top + area.height / 2.0];
        self.shade(area, colour, |[x, y]| {
            let (across, down) = ((x - middle[0]).abs() - half_width, (y - middle[1]).abs() - half_height);
            (round - across.max(0.0).hypot(down.max(0.0)) + 0.5).clamp(0.0, 1.0)
        });
    }

    /// Text whose line of writing begins at `place`; gives where the next letter would stand.
    pub fn text(&mut self, words: Words, place: Place) -> f32 {
        let font = words.font.as_scaled(PxScale::from(words.size));
        let mut x = place[0];
        for sign in words.text.chars() {
            let id = font.glyph_id(sign);
            let glyph = id.with_scale_and_position(words.size, point(x, place[1]));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|column, row, covered| {
                    let (x, y) = (corner.x as i64 + i64::from(column), corner.y as i64 + i64::from(row));
                    self.lay(x, y, words.colour, covered);
                });
            }
            x += font.h_advance(id);
        }
        x
    }

    /// Text in lines no wider than `width`, `step` pixels apart; gives the height of the line after the last.
    pub fn paragraph(&mut self, words: Words, place: Place, width: f32, step: f32) -> f32 {
        let (mut y, mut line) = (place[1], String::new());
        for word in words.text.split(' ') {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if !line.is_empty() && (Words { text: &longer, ..words }).width() > width {
                self.text(Words { text: &line, ..words }, [place[0], y]);
                y += step;
                line = word.to_owned();
            } else {
                line = longer;
            }
        }
        self.text(Words { text: &line, ..words }, [place[0], y]);
        y + step
    }

    /// Text that stands out from what is below it: the ground's colour goes `margin` pixels round it.
    pub fn text_on(&mut self, words: Words, place: Place, ground: Colour, margin: f32) {
        const DIRECTIONS: usize = 16;
        for direction in 0..DIRECTIONS {
            let angle = std::f32::consts::TAU * direction as f32 / DIRECTIONS as f32;
            let beside = [place[0] + margin * angle.cos(), place[1] + margin * angle.sin()];
            self.text(Words { colour: ground, ..words }, beside);
        }
        self.text(words, place);
    }

    /// Writes the picture with a palette of 256 colours: a third of the size, and no difference that is seen.
    pub fn write(&self, path: &Path) -> Result<()> {
        let levels = self.pixels.iter().map(|pixel| pixel.map(|level| level.round() as u8));
        let opaque: Vec<u8> = levels.flat_map(|[red, green, blue]| [red, green, blue, 255]).collect();
        let palette = NeuQuant::new(SAMPLE_EVERY, 256, &opaque);
        let mut known = BTreeMap::new();
        let index = |pixel: &[u8]| *known.entry(pixel.to_vec()).or_insert_with(|| palette.index_of(pixel) as u8);
        let indices: Vec<u8> = opaque.chunks_exact(4).map(index).collect();

        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.color_map_rgb());
        encoder.set_compression(png::Compression::High);
        // Neighbouring indices are not neighbouring colours: differences would only cost.
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&indices)?;
        writer.finish().context("cannot finish the picture")?;
        fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }
}
