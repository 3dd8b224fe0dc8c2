//! The latent space: statistics, a histogram of each dimension, and categories against each other.

use std::collections::BTreeMap;

use anyhow::Result;
use engine::units::{LATENT_LIMIT, MODEL_LATENTS};
use maud::{Markup, html};
use plotters::prelude::*;

use super::Content;
use super::chart::{self, SERIES};
use super::table::{Cell, table};
use crate::corpus::Split;
use crate::eval::latents::OfSplit;
use crate::eval::report::split_name;
use crate::statistics::mean;

const BINS: usize = 24;
/// Categories that are set against each other: the largest.
const CATEGORIES: usize = 6;
/// Points of one category in a chart.
const MOST_POINTS: usize = 80;

/// Points of a category, one row a sound.
type Points = Vec<[f64; MODEL_LATENTS]>;

/// Tables and charts.
///
/// # Errors
/// A chart cannot be drawn.
pub fn section(content: &Content) -> Result<Markup> {
    let statistics = &content.report.findings.latents;
    let names = &statistics.names;
    let effects = names
        .iter()
        .zip(&statistics.effect_db_per_unit)
        .map(|(name, effect)| vec![Cell::text(name), Cell::number(*effect, 2)]);
    let numbered: Vec<String> = (1..=MODEL_LATENTS).map(|axis| format!("dimension {axis}")).collect();
    Ok(html! {
        h2 { "Latent space" }
        p { (statistics.definition) }
        @for of_split in &statistics.pack { (of_dimensions("Pack", of_split, names)) }
        h3 { "What a knob changes" }
        (table(&["<knob", "dB per unit"], effects))
        @for of_split in statistics.run.iter().flatten() { (of_dimensions("Run", of_split, &numbered)) }
        (histograms(content)?)
        (scatter(content)?)
    })
}

fn of_dimensions(of: &str, statistics: &OfSplit, names: &[String]) -> Markup {
    let rows = statistics.dimensions.iter().zip(names).map(|(dimension, name)| {
        vec![
            Cell::text(name),
            Cell::number(dimension.mean, 2),
            Cell::number(dimension.sigma, 2),
            Cell::text(if dimension.active { "yes" } else { "no" }),
            Cell::maybe(dimension.divergence_nats, 2),
            Cell::maybe(dimension.posterior_sigma, 3),
        ]
    });
    let limit = statistics
        .at_limit_part
        .map_or_else(String::new, |part| format!("; {:.2} % of the coordinates at ±{LATENT_LIMIT} σ", part * 100.0));
    html! {
        h3 {
            (of) ", " (split_name(statistics.split)) ": " (statistics.sounds) " sounds, " (statistics.active_dimensions)
            " active dimensions" (limit)
        }
        (table(&["<dimension", "mean", "σ", "<active", "KL nats", "posterior σ"], rows))
    }
}

fn histograms(content: &Content) -> Result<Markup> {
    let limit = f64::from(LATENT_LIMIT);
    let density = |split: Split, axis: usize| {
        let mut bins = vec![0.0_f64; BINS];
        let values = content.points.iter().filter(|(of, _)| *of == split);
        for (_, point) in values {
            let place = (f64::from(point[axis]) + limit) / (2.0 * limit) * BINS as f64;
            bins[(place.max(0.0) as usize).min(BINS - 1)] += 1.0;
        }
        let total = bins.iter().sum::<f64>().max(1.0);
        bins.into_iter().map(|count| 100.0 * count / total).collect::<Vec<_>>()
    };
    let names = &content.report.findings.latents.names;
    let drawn = chart::figure((1000, 440), "Percent of the sounds of each split.", |area| {
        for (axis, panel) in area.split_evenly((2, 4)).iter().enumerate().take(MODEL_LATENTS) {
            let (train, held_out) = (density(Split::Train, axis), density(Split::HeldOut, axis));
            let top = train.iter().chain(&held_out).copied().fold(1.0, f64::max) * 1.1;
            let mut plane = chart::plane(panel, &names[axis], -limit..limit, 0.0..top, ("", ""))?;
            let width = 2.0 * limit / BINS as f64;
            let left = |bin: usize| -limit + bin as f64 * width;
            let bars = train.iter().enumerate().map(|(bin, part)| {
                Rectangle::new(
                    [(left(bin) + 0.1 * width, 0.0), (left(bin) + 0.9 * width, *part)],
                    SERIES[0].mix(0.55).filled(),
                )
            });
            plane.draw_series(bars)?;
            let steps =
                held_out.iter().enumerate().flat_map(|(bin, part)| [(left(bin), *part), (left(bin) + width, *part)]);
            chart::line(&mut plane, steps, SERIES[1], 2)?;
        }
        Ok(())
    })?;
    Ok(html! { h3 { "Where the sounds lie" } (chart::key(&[("train", 0), ("held out", 1)])) (drawn) })
}

/// Each pair of the largest categories over the two latents that separate it best.
fn scatter(content: &Content) -> Result<Markup> {
    let mut by_category = BTreeMap::<&str, Points>::new();
    for (item, (_, point)) in content.input.items.iter().zip(content.points) {
        by_category.entry(&item.category).or_default().push(point.map(f64::from));
    }
    let mut largest: Vec<(&str, Points)> = by_category.into_iter().collect();
    largest.sort_by_key(|(_, points)| std::cmp::Reverse(points.len()));
    largest.truncate(CATEGORIES);
    let pairs: Vec<(usize, usize)> =
        (0..largest.len()).flat_map(|one| (one + 1..largest.len()).map(move |other| (one, other))).collect();
    if pairs.is_empty() {
        return Ok(Markup::default());
    }
    let names = &content.report.findings.latents.names;
    let limit = f64::from(LATENT_LIMIT) * 1.05;
    let rows = pairs.len().div_ceil(3);
    let caption = "Each pair over the two latents that separate it best (Fisher's ratio); first named blue.";
    let drawn = chart::figure((1000, 240 * rows as u32), caption, |area| {
        for ((one, other), panel) in pairs.iter().zip(area.split_evenly((rows, 3))) {
            let sets = [&largest[*one], &largest[*other]];
            let (x, y) = telling(&sets[0].1, &sets[1].1);
            let title = format!("{} / {}", sets[0].0, sets[1].0);
            let mut plane = chart::plane(&panel, &title, -limit..limit, -limit..limit, (&names[x], &names[y]))?;
            for (set, colour) in sets.iter().zip(SERIES) {
                let step = set.1.len().div_ceil(MOST_POINTS).max(1);
                let points = set.1.iter().step_by(step);
                plane
                    .draw_series(points.map(|point| Circle::new((point[x], point[y]), 3, colour.mix(0.6).filled())))?;
            }
        }
        Ok(())
    })?;
    Ok(html! { h3 { "Categories against each other" } (drawn) })
}

/// The two axes with the largest squared distance of means over the sum of variances (Fisher 1936).
fn telling(one: &Points, other: &Points) -> (usize, usize) {
    let statistics = |points: &Points, axis: usize| {
        let values: Vec<f64> = points.iter().map(|point| point[axis]).collect();
        let centre = mean(&values);
        (centre, mean(&values.iter().map(|value| (value - centre).powi(2)).collect::<Vec<_>>()))
    };
    let ratio = |axis: usize| {
        let ((centre, spread), (other_centre, other_spread)) = (statistics(one, axis), statistics(other, axis));
        (centre - other_centre).powi(2) / (spread + other_spread).max(1e-6)
    };
    let mut axes: Vec<usize> = (0..MODEL_LATENTS).collect();
    axes.sort_by(|a, b| ratio(*b).total_cmp(&ratio(*a)));
    (axes[0], axes[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_that_tell_two_categories_apart_are_found() {
        let at = |x: f64, y: f64| -> Points {
            (0..20)
                .map(|n| [0.0, x + 0.1 * f64::from(n % 3), 0.0, y + 0.1 * f64::from(n % 5), f64::from(n), 0.0, 0.0])
                .collect()
        };
        let (first, second) = telling(&at(-1.0, -2.0), &at(1.0, 2.0));
        assert_eq!([first.min(second), first.max(second)], [1, 3]);
    }
}
