//! Vector charts in the page's own colours.
//!
//! A picture is drawn in stand-in colours, which are then replaced by the variables of the style: so it follows light and dark.

use anyhow::{Result, anyhow};
use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// Stands in for the text colour.
pub const INK: RGBColor = RGBColor(1, 1, 1);
/// Stands in for the colour of what matters less.
pub const MUTED: RGBColor = RGBColor(2, 2, 2);
/// Stands in for the colour of rules.
pub const LINE: RGBColor = RGBColor(3, 3, 3);
/// Stand in for the colours of series.
pub const SERIES: [RGBColor; 8] = [
    RGBColor(4, 4, 4),
    RGBColor(5, 5, 5),
    RGBColor(6, 6, 6),
    RGBColor(7, 7, 7),
    RGBColor(8, 8, 8),
    RGBColor(9, 9, 9),
    RGBColor(10, 10, 10),
    RGBColor(11, 11, 11),
];
const VARIABLES: [&str; 11] =
    ["--ink", "--muted", "--line", "--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"];
/// Text in charts, in pixels at full width: the page's small size.
const TEXT: i32 = 13;

/// Where a chart is drawn.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Its coordinates.
pub type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
/// What drawing may fail with.
pub type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Draws into a vector picture of that size and returns it as a figure.
///
/// # Errors
/// The chart library refuses a range or a size.
pub fn figure(size: (u32, u32), caption: &str, draw: impl FnOnce(&Area) -> Drawn) -> Result<Markup> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, size).into_drawing_area();
        let drawn = draw(&area).and_then(|()| area.present().map_err(Into::into));
        drawn.map_err(|error| anyhow!("cannot draw a chart: {error}"))?;
    }
    for (index, variable) in VARIABLES.iter().enumerate() {
        let stand_in = format!("\"#{:02X}{0:02X}{0:02X}\"", index + 1);
        picture = picture.replace(&stand_in, &format!("\"var({variable})\""));
    }
    // Without its own size the picture scales with the page.
    let picture = picture.replacen(&format!("width=\"{}\" height=\"{}\" ", size.0, size.1), "", 1);
    Ok(html! {
        figure {
            (PreEscaped(picture))
            @if !caption.is_empty() { figcaption { (caption) } }
        }
    })
}

/// Text style of charts.
pub fn text<'a>(colour: RGBColor) -> TextStyle<'a> {
    ("sans-serif", TEXT).into_font().color(&colour)
}

/// Axes with a faint grid. `x` and `y` are ranges, `names` what the axes show.
pub fn plane<'a, 'b>(
    area: &'a Area<'b>,
    title: &str,
    x: std::ops::Range<f64>,
    y: std::ops::Range<f64>,
    names: (&str, &str),
) -> Drawn<Plane<'a, 'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(8).margin_right(14).x_label_area_size(if names.0.is_empty() { 22 } else { 38 });
    builder.y_label_area_size(if names.1.is_empty() { 34 } else { 52 });
    if !title.is_empty() {
        builder.caption(title, text(INK));
    }
    let mut chart = builder.build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(LINE.stroke_width(1))
        .axis_style(LINE.stroke_width(1))
        .label_style(text(MUTED))
        .axis_desc_style(text(MUTED))
        .x_labels(7)
        .y_labels(6)
        .x_label_formatter(&tidy)
        .y_label_formatter(&tidy)
        .x_desc(names.0)
        .y_desc(names.1)
        .draw()?;
    Ok(chart)
}

/// A number without digits that say nothing.
pub fn tidy(value: &f64) -> String {
    let text = format!("{:.3}", if value.abs() < 1e-9 { 0.0 } else { *value });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A line through points.
pub fn line(chart: &mut Plane, points: impl IntoIterator<Item = (f64, f64)>, colour: RGBColor, width: u32) -> Drawn {
    chart.draw_series(LineSeries::new(points, colour.stroke_width(width)))?;
    Ok(())
}

/// The legend of some series, as words beside swatches.
pub fn key(names: &[(&str, usize)]) -> Markup {
    html! {
        div class="key" {
            @for (name, series) in names {
                span { i style={ "background:var(--c" (series + 1) ")" } {} (name) }
            }
        }
    }
}
