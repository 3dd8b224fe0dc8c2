//! Pictures: spectrogram pairs as PNG, latents as one SVG with a histogram per dimension and a scatter plot per pair.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::classify::Labelled;
use super::transform::{BINS, FRAMES};
use crate::files::write_atomically;

/// Pixels of one frame's width; bins have one each.
const FRAME_WIDTH: u32 = 6;
/// Pixels between the two spectrograms of a pair.
const GAP: u32 = 12;
/// Pixels of one panel of the latent picture.
const PANEL: u32 = 150;
/// Most dimensions in one picture; more would be too small to see.
const MOST_AXES: usize = 8;
/// Latents beyond this are drawn at the edge.
const LIMIT: f32 = 3.2;
const HISTOGRAM_BARS: usize = 24;
const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(255, 127, 14),
    RGBColor(90, 90, 90),
];

type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A sound's features beside those of its remake, low frequencies below: `[bin][frame]` each.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn spectrogram_pair(path: &Path, truth: &[f32], made: &[f32]) -> Result<()> {
    ensure!(truth.len() == BINS * FRAMES && made.len() == truth.len(), "a spectrogram has another size");
    let width = FRAMES as u32 * FRAME_WIDTH;
    let size = (2 * width + GAP, BINS as u32);
    // The picture is drawn beside its place, so that a reader never sees half of one.
    let temporary = path.with_extension("part.png");
    let draw = || -> Drawn {
        let area = BitMapBackend::new(&temporary, size).into_drawing_area();
        area.fill(&WHITE)?;
        for (values, left) in [(truth, 0), (made, width + GAP)] {
            draw_spectrogram(&area, values, left)?;
        }
        area.present()?;
        Ok(())
    };
    draw().map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("cannot write {}", path.display()))
}

fn draw_spectrogram<Backend: DrawingBackend>(area: &DrawingArea<Backend, Shift>, values: &[f32], left: u32) -> Drawn
where
    Backend::ErrorType: 'static,
{
    for (index, value) in values.iter().enumerate() {
        let (bin, frame) = (index / FRAMES, index % FRAMES);
        let (x, y) = ((left + frame as u32 * FRAME_WIDTH) as i32, (BINS - 1 - bin) as i32);
        for pixel in 0..FRAME_WIDTH as i32 {
            area.draw_pixel((x + pixel, y), &heat(*value))?;
        }
    }
    Ok(())
}

/// Black over violet and orange to white. Quiet values are spread, since most of a spectrogram is quiet.
fn heat(value: f32) -> RGBColor {
    let level = value.clamp(0.0, 1.0).sqrt();
    let channel = |from: f32, to: f32| (((level - from) / (to - from)).clamp(0.0, 1.0) * 255.0) as u8;
    RGBColor(
        channel(0.05, 0.6),
        channel(0.4, 0.9),
        channel(0.0, 0.35).saturating_sub(channel(0.4, 0.7) / 2).max(channel(0.8, 1.0)),
    )
}

/// Histograms on the diagonal, scatter plots below it, one colour per category. The legend counts the sounds.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn latents(path: &Path, points: &[Labelled], categories: &[String]) -> Result<()> {
    ensure!(!points.is_empty(), "there is no sound of these categories to plot");
    let axes = points[0].latent.len().min(MOST_AXES);
    let side = axes as u32 * PANEL;
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, (side, side + 40)).into_drawing_area();
        let drawn = (|| -> Drawn {
            area.fill(&WHITE)?;
            let (legend, panels) = area.split_vertically(40);
            draw_legend(&legend, points, categories)?;
            for (index, panel) in panels.split_evenly((axes, axes)).iter().enumerate() {
                let (row, column) = (index / axes, index % axes);
                match column.cmp(&row) {
                    std::cmp::Ordering::Less => draw_scatter(panel, points, categories, (column, row))?,
                    std::cmp::Ordering::Equal => draw_histogram(panel, points, categories, row)?,
                    std::cmp::Ordering::Greater => {}
                }
            }
            area.present()?;
            Ok(())
        })();
        drawn.map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))?;
    }
    write_atomically(path, picture.as_bytes())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn colour(index: usize) -> RGBColor {
    COLOURS[index % COLOURS.len()]
}

/// Values of one axis for the sounds of a category; an empty name stands for all.
fn values<'a>(points: &'a [Labelled], category: &'a str, axis: usize) -> impl Iterator<Item = f32> + 'a {
    let chosen = points.iter().filter(move |point| category.is_empty() || point.category == category);
    chosen.map(move |point| point.latent[axis].clamp(-LIMIT, LIMIT))
}

fn draw_legend(area: &Area, points: &[Labelled], categories: &[String]) -> Drawn {
    for (index, category) in categories.iter().enumerate() {
        let count = values(points, category, 0).count();
        let name = if category.is_empty() { "all" } else { category };
        let style = ("sans-serif", 16).into_font().color(&colour(index));
        area.draw_text(&format!("{count} × {name}"), &style, (10 + 170 * index as i32, 12))?;
    }
    Ok(())
}

fn draw_scatter(area: &Area, points: &[Labelled], categories: &[String], (x, y): (usize, usize)) -> Drawn {
    let mut chart = ChartBuilder::on(area).margin(4).build_cartesian_2d(-LIMIT..LIMIT, -LIMIT..LIMIT)?;
    chart.configure_mesh().disable_mesh().x_labels(0).y_labels(0).draw()?;
    for (index, category) in categories.iter().enumerate() {
        let pairs = values(points, category, x).zip(values(points, category, y));
        chart.draw_series(pairs.map(|point| Circle::new(point, 1, colour(index).mix(0.6).filled())))?;
    }
    Ok(())
}

fn draw_histogram(area: &Area, points: &[Labelled], categories: &[String], axis: usize) -> Drawn {
    let mut chart = ChartBuilder::on(area).margin(4).build_cartesian_2d(-LIMIT..LIMIT, 0.0_f32..1.05)?;
    chart.configure_mesh().disable_mesh().x_labels(0).y_labels(0).draw()?;
    for (index, category) in categories.iter().enumerate() {
        let bars = bars(values(points, category, axis));
        let width = 2.0 * LIMIT / HISTOGRAM_BARS as f32;
        let outline = bars.iter().enumerate().flat_map(|(bar, height)| {
            let left = bar as f32 * width - LIMIT;
            [(left, *height), (left + width, *height)]
        });
        chart.draw_series(LineSeries::new(outline, colour(index).stroke_width(2)))?;
    }
    let all: Vec<f32> = categories.iter().flat_map(|category| values(points, category, axis)).collect();
    let mean = all.iter().sum::<f32>() / all.len().max(1) as f32;
    let deviation = (all.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / all.len().max(1) as f32).sqrt();
    let style = ("sans-serif", 12).into_font().color(&BLACK);
    area.draw_text(&format!("{}: {mean:.2} ± {deviation:.2}", axis + 1), &style, (8, 6))?;
    Ok(())
}

/// Heights of the bars, the largest 1.
fn bars(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut counts = [0.0_f32; HISTOGRAM_BARS];
    for value in values {
        let place = ((value + LIMIT) / (2.0 * LIMIT) * HISTOGRAM_BARS as f32) as usize;
        counts[place.min(HISTOGRAM_BARS - 1)] += 1.0;
    }
    let most = counts.iter().copied().fold(1.0, f32::max);
    counts.iter().map(|count| count / most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_count_what_falls_into_them() {
        let heights = bars([-3.2, 0.05, 0.06, 3.2].into_iter());
        assert_eq!((heights[0], heights[HISTOGRAM_BARS / 2], heights[HISTOGRAM_BARS - 1]), (0.5, 1.0, 0.5));
        assert_eq!(heights.iter().sum::<f32>(), 2.0);
    }

    #[test]
    fn pictures_hold_every_dimension_and_category() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let points: Vec<Labelled> = (0..40)
            .map(|n| Labelled {
                latent: (0..3).map(|axis| ((n * (axis + 2)) as f32 * 0.3).sin()).collect(),
                category: if n % 2 == 0 { "Pad" } else { "Bell" }.to_owned(),
            })
            .collect();
        let path = folder.path().join("latents.svg");
        latents(&path, &points, &["Pad".to_owned(), "Bell".to_owned()]).expect("a picture is drawn");
        let picture = fs::read_to_string(&path).expect("the picture is there");
        assert_eq!(picture.matches("<circle").count(), 3 * 40, "three pairs of dimensions, every sound once in each");
        assert!(picture.contains("20 × Pad") && picture.contains("20 × Bell"));
        let pair = folder.path().join("pair.png");
        spectrogram_pair(&pair, &vec![0.0; BINS * FRAMES], &vec![1.0; BINS * FRAMES]).expect("a picture is drawn");
        assert!(fs::read(&pair).expect("the picture is there").starts_with(b"\x89PNG"));
        assert_eq!(fs::read_dir(folder.path()).map_or(0, Iterator::count), 2, "nothing else is left");
    }
}
