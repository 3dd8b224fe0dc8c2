//! The picture of a search: loss over trials with the best so far, then loss over each parameter.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::rank::has_no_hope;
use super::space::Range;
use super::study::Study;

/// Name of the panel that shows the best so far.
const TRIAL: &str = "trial";
const PANEL: (u32, u32) = (420, 300);
const COLUMNS: usize = 3;
const ABOVE_WORST: f64 = 1.5;
const FINISHED: RGBColor = RGBColor(31, 119, 180);
const CUT_OFF: RGBColor = RGBColor(200, 200, 200);
const BEST: RGBColor = RGBColor(214, 39, 40);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A point of a panel: place, base-10 logarithm of the loss, and whether the run was cut off.
type Mark = (f64, f64, bool);

/// The picture as SVG.
///
/// # Errors
/// The picture cannot be drawn.
pub fn svg(study: &Study) -> Result<String> {
    let panels = study.question.space.parameters.len() + 1;
    let (columns, rows) = (panels.min(COLUMNS), panels.div_ceil(COLUMNS));
    let mut picture = String::new();
    {
        let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
        let area = SVGBackend::with_string(&mut picture, size).into_drawing_area();
        draw(&area, study, (rows, columns)).map_err(|error| anyhow!("cannot draw the search: {error}"))?;
    }
    Ok(picture)
}

fn draw(area: &Area, study: &Study, grid: (usize, usize)) -> Drawn {
    area.fill(&WHITE)?;
    let areas = area.split_evenly(grid);
    let heights = study.comparable_losses().into_iter().map(|loss| loss.max(1e-12).log10());
    let losses = under_a_ceiling(heights.zip(study.trials.iter().map(has_no_hope)).collect());
    let by_trial: Vec<Mark> =
        losses.iter().enumerate().map(|(number, (y, cut))| ((number + 1) as f64, *y, *cut)).collect();
    panel(&areas[0], TRIAL, &by_trial, Ticks::Whole)?;
    for (index, parameter) in study.question.space.parameters.iter().enumerate() {
        let ticks = match parameter.range {
            Range::Int(..) => Ticks::Whole,
            Range::Log(..) => Ticks::Log,
            Range::Real(..) | Range::Category(..) => Ticks::Plain,
        };
        let place = |value: f64| if ticks == Ticks::Log { value.log10() } else { value };
        let marks: Vec<Mark> =
            study.trials.iter().zip(&losses).map(|(trial, (y, cut))| (place(trial.point[index]), *y, *cut)).collect();
        panel(&areas[index + 1], &parameter.name, &marks, ticks)?;
    }
    area.present()?;
    Ok(())
}

/// Runs that were cut off may lie powers of ten above the others; they are drawn no higher than [`ABOVE_WORST`] times the worst
/// that was not.
fn under_a_ceiling(mut losses: Vec<(f64, bool)>) -> Vec<(f64, bool)> {
    let finished = losses.iter().filter(|(_, cut)| !cut).map(|(height, _)| *height);
    let Some(worst) = finished.max_by(f64::total_cmp) else { return losses };
    losses.iter_mut().for_each(|(height, _)| *height = height.min(worst + ABOVE_WORST.log10()));
    losses
}

fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let room = ((high - low) * 0.06).max(0.02);
    low - room..high + room
}

/// What stands along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ticks {
    /// Whole numbers; between them nothing.
    Whole,
    /// Numbers.
    Plain,
    /// Numbers whose base-10 logarithm is the place.
    Log,
}

impl Ticks {
    /// Three digits of the number at a place.
    fn label(self, place: f64) -> String {
        match self {
            Self::Whole if (place - place.round()).abs() > 1e-6 => String::new(),
            Self::Whole => format!("{place:.0}"),
            Self::Plain => three_digits(place),
            Self::Log => three_digits(10_f64.powf(place)),
        }
    }
}

fn three_digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size >= 0.01 || size == 0.0 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

fn panel(area: &Area, name: &str, marks: &[Mark], ticks: Ticks) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(24)
        .x_label_area_size(34)
        .y_label_area_size(64)
        .build_cartesian_2d(range(marks.iter().map(|mark| mark.0)), range(marks.iter().map(|mark| mark.1)))?;
    chart
        .configure_mesh()
        .x_desc(name)
        .y_desc("loss")
        .x_labels(6)
        .y_labels(5)
        .x_label_formatter(&|value| ticks.label(*value))
        .y_label_formatter(&|value| Ticks::Log.label(*value))
        .draw()?;
    if name == TRIAL {
        let best = marks.iter().scan(f64::INFINITY, |best, (x, y, cut)| {
            *best = if *cut { *best } else { best.min(*y) };
            Some((*x, *best))
        });
        chart.draw_series(LineSeries::new(best.filter(|(_, y)| y.is_finite()), BEST.stroke_width(2)))?;
    }
    let dots = marks.iter().map(|(x, y, cut)| Circle::new((*x, *y), 3, if *cut { CUT_OFF } else { FINISHED }.filled()));
    chart.draw_series(dots)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_have_three_digits_and_whole_numbers_no_parts() {
        assert_eq!((Ticks::Whole.label(2.0), Ticks::Whole.label(2.5)), ("2".into(), String::new()));
        assert_eq!(Ticks::Log.label(2.95), "891");
        assert_eq!(Ticks::Plain.label(0.123_49), "0.123");
        assert_eq!(Ticks::Log.label(-3.5), "3.16e-4");
    }

    #[test]
    fn a_hopeless_run_leaves_the_others_room() {
        let made = under_a_ceiling(vec![(2.0, false), (3.0, false), (8.0, true), (1.0, true)]);
        let ceiling = 3.0 + ABOVE_WORST.log10();
        assert_eq!(made, [(2.0, false), (3.0, false), (ceiling, true), (1.0, true)]);
        assert_eq!(under_a_ceiling(vec![(8.0, true)]), [(8.0, true)]);
    }
}
