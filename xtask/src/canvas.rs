//! A bitmap to draw on: shapes and text by `tiny-skia`, a palette of 256 colours, PNG. Coordinates and lengths are in pixels, from the
//! upper left corner.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ab_glyph::{Font, FontVec, OutlineCurve, PxScale, ScaleFont};
use anyhow::{Context, Result};
use color_quant::NeuQuant;
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Point, PremultipliedColorU8,
    RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

use crate::look::Colour;

/// Every tenth pixel is used to choose the palette, the compromise between speed and quality that `color_quant` recommends.
const SAMPLE_EVERY: i32 = 10;
/// Stops of the gradient of [`Canvas::glow`], which approximate its square law by straight pieces.
const GLOW_STOPS: usize = 9;

/// A position `[x, y]` in pixels.
pub type Place = [f32; 2];

/// A bitmap in which every pixel is opaque.
pub struct Canvas(Pixmap);

/// A rectangle in pixels.
#[derive(Clone, Copy)]
pub struct Area {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Width, at least 0.
    pub width: f32,
    /// Height, at least 0.
    pub height: f32,
}

impl Area {
    /// Right edge.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Lower edge.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The rectangle extended by `margin` on every side.
    pub fn grown(&self, margin: f32) -> Self {
        let (width, height) = (self.width + 2.0 * margin, self.height + 2.0 * margin);
        Self { left: self.left - margin, top: self.top - margin, width, height }
    }

    /// Whether a position lies inside; the right and lower edges do not.
    pub fn holds(&self, [x, y]: Place) -> bool {
        (self.left..self.right()).contains(&x) && (self.top..self.bottom()).contains(&y)
    }

    /// Whether the two have an inner point in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right() && other.left < self.right() && self.top < other.bottom() && other.top < self.bottom()
    }

    /// Whether `other` lies wholly inside.
    pub fn covers(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}

/// One line of text and how it looks.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// Typeface.
    pub font: &'a FontVec,
    /// Height of a line in pixels.
    pub size: f32,
    /// Colour of the glyphs.
    pub colour: Colour,
    /// The text, without line breaks.
    pub text: &'a str,
}

impl Words<'_> {
    /// Advance width of the whole text in pixels, without kerning.
    pub fn width(&self) -> f32 {
        let font = self.font.as_scaled(PxScale::from(self.size));
        self.text.chars().map(|sign| font.h_advance(font.glyph_id(sign))).sum()
    }

    /// The outlines of all glyphs, with the baseline beginning at `place`.
    fn outline(&self, place: Place) -> Option<tiny_skia::Path> {
        let font = self.font.as_scaled(PxScale::from(self.size));
        let (scale, mut x) = (self.size / self.font.height_unscaled(), place[0]);
        let mut path = PathBuilder::new();
        for sign in self.text.chars() {
            let id = font.glyph_id(sign);
            let at = |point: ab_glyph::Point| (x + scale * point.x, place[1] - scale * point.y);
            let mut last = None;
            for curve in self.font.outline(id).into_iter().flat_map(|outline| outline.curves) {
                add(&mut path, &curve, &mut last, at);
            }
            x += font.h_advance(id);
        }
        path.finish()
    }
}

/// Adds one segment of an outline; a segment that does not begin where the `last` one ended begins a new contour.
fn add(
    path: &mut PathBuilder,
    curve: &OutlineCurve,
    last: &mut Option<ab_glyph::Point>,
    at: impl Fn(ab_glyph::Point) -> (f32, f32),
) {
    let (OutlineCurve::Line(start, _) | OutlineCurve::Quad(start, _, _) | OutlineCurve::Cubic(start, _, _, _)) = *curve;
    if *last != Some(start) {
        let (x, y) = at(start);
        path.move_to(x, y);
    }
    let end = match *curve {
        OutlineCurve::Line(_, end) => {
            let (x, y) = at(end);
            path.line_to(x, y);
            end
        }
        OutlineCurve::Quad(_, control, end) => {
            let ((cx, cy), (x, y)) = (at(control), at(end));
            path.quad_to(cx, cy, x, y);
            end
        }
        OutlineCurve::Cubic(_, first, second, end) => {
            let ((ax, ay), (bx, by), (x, y)) = (at(first), at(second), at(end));
            path.cubic_to(ax, ay, bx, by, x, y);
            end
        }
    };
    *last = Some(end);
}

impl Canvas {
    /// A canvas of `width` × `height` pixels filled with one colour.
    ///
    /// # Errors
    ///
    /// Fails if a side is 0 or the bitmap exceeds the limit of `tiny-skia`.
    pub fn new(width: usize, height: usize, ground: Colour) -> Result<Self> {
        let mut pixels = Pixmap::new(width as u32, height as u32).context("a picture of this size cannot be made")?;
        pixels.fill(solid(ground, 1.0));
        Ok(Self(pixels))
    }

    /// Sets one pixel; outside, nothing happens.
    pub fn dot(&mut self, x: usize, y: usize, colour: Colour) {
        let width = self.0.width() as usize;
        let [red, green, blue] = colour.map(|level| level.round() as u8);
        let pixel = self.0.pixels_mut().get_mut(y * width + x).filter(|_| x < width);
        if let (Some(pixel), Some(value)) = (pixel, PremultipliedColorU8::from_rgba(red, green, blue, u8::MAX)) {
            *pixel = value;
        }
    }

    /// Draws a filled circle with opacity `strength`, [0, 1].
    pub fn disc(&mut self, centre: Place, radius: f32, colour: Colour, strength: f32) {
        self.fill(
            PathBuilder::from_circle(centre[0], centre[1], radius),
            &paint(Shader::SolidColor(solid(colour, strength))),
        );
    }

    /// Draws a radial gradient whose opacity is `strength · (1 − r / radius)²` at distance r from the centre.
    pub fn glow(&mut self, centre: Place, radius: f32, colour: Colour, strength: f32) {
        let stop = |index: usize| {
            let far = index as f32 / (GLOW_STOPS - 1) as f32;
            GradientStop::new(far, solid(colour, strength * (1.0 - far) * (1.0 - far)))
        };
        let middle = Point::from_xy(centre[0], centre[1]);
        let stops = (0..GLOW_STOPS).map(stop).collect();
        let light = RadialGradient::new(middle, 0.0, middle, radius, stops, SpreadMode::Pad, Transform::identity());
        if let Some(light) = light {
            self.fill(PathBuilder::from_circle(centre[0], centre[1], radius), &paint(light));
        }
    }

    /// Draws the outline of a circle.
    pub fn ring(&mut self, centre: Place, radius: f32, width: f32, colour: Colour) {
        self.stroke(PathBuilder::from_circle(centre[0], centre[1], radius), width, colour);
    }

    /// Draws a straight line with round ends.
    pub fn line(&mut self, from: Place, to: Place, width: f32, colour: Colour) {
        let mut path = PathBuilder::new();
        path.move_to(from[0], from[1]);
        path.line_to(to[0], to[1]);
        self.stroke(path.finish(), width, colour);
    }

    /// Draws a filled rectangle whose corners are rounded with radius `round`.
    pub fn panel(&mut self, area: Area, round: f32, colour: Colour) {
        let (left, top, right, bottom) = (area.left, area.top, area.right(), area.bottom());
        let mut path = PathBuilder::new();
        path.move_to(left + round, top);
        path.line_to(right - round, top);
        path.quad_to(right, top, right, top + round);
        path.line_to(right, bottom - round);
        path.quad_to(right, bottom, right - round, bottom);
        path.line_to(left + round, bottom);
        path.quad_to(left, bottom, left, bottom - round);
        path.line_to(left, top + round);
        path.quad_to(left, top, left + round, top);
        path.close();
        self.fill(path.finish(), &paint(Shader::SolidColor(solid(colour, 1.0))));
    }

    /// Draws text with its baseline beginning at `place`; returns the x at which the next glyph would begin.
    pub fn text(&mut self, words: Words, place: Place) -> f32 {
        self.fill(words.outline(place), &paint(Shader::SolidColor(solid(words.colour, 1.0))));
        place[0] + words.width()
    }

    /// Draws text broken at spaces into lines no wider than `width`, with baselines `step` pixels apart; returns the y of the baseline
    /// after the last.
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

    /// Draws text with an outline of `margin` pixels in the colour `ground`, so that it is legible on other shapes.
    pub fn text_on(&mut self, words: Words, place: Place, ground: Colour, margin: f32) {
        self.stroke(words.outline(place), 2.0 * margin, ground);
        self.text(words, place);
    }

    fn fill(&mut self, path: Option<tiny_skia::Path>, paint: &Paint) {
        if let Some(path) = path {
            self.0.fill_path(&path, paint, FillRule::Winding, Transform::identity(), None);
        }
    }

    fn stroke(&mut self, path: Option<tiny_skia::Path>, width: f32, colour: Colour) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = path {
            let paint = paint(Shader::SolidColor(solid(colour, 1.0)));
            self.0.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }

    /// Writes a PNG with a palette of 256 colours, which takes about a third of the bytes of one without.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        // Every pixel is opaque, so that premultiplied levels are the levels themselves.
        let opaque = self.0.data();
        let palette = NeuQuant::new(SAMPLE_EVERY, 256, opaque);
        let mut known = BTreeMap::new();
        let index = |pixel: &[u8]| *known.entry(pixel.to_vec()).or_insert_with(|| palette.index_of(pixel) as u8);
        let indices: Vec<u8> = opaque.chunks_exact(4).map(index).collect();

        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.0.width(), self.0.height());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.color_map_rgb());
        encoder.set_compression(png::Compression::High);
        // Neighbouring indices are not similar colours, so that a difference filter would not make the data smaller.
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&indices)?;
        writer.finish().context("cannot finish the picture")?;
        fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn solid(colour: Colour, strength: f32) -> Color {
    let [red, green, blue] = colour.map(|level| (level / 255.0).clamp(0.0, 1.0));
    Color::from_rgba(red, green, blue, strength.clamp(0.0, 1.0)).unwrap_or(Color::BLACK)
}

fn paint(shader: Shader<'_>) -> Paint<'_> {
    Paint { shader, anti_alias: true, ..Paint::default() }
}
