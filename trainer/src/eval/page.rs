//! The report as a page of its own: summary table, two plots, the worst ten. No file beside it, no script.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::report::{Measured, Report, split_name};
use crate::corpus::Split;

const WORST: usize = 10;
const PLOT_SIZE: (u32, u32) = (860, 360);
const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(148, 190, 220),
    RGBColor(240, 160, 150),
    RGBColor(160, 215, 160),
];
const STYLE: &str = "body{font:15px/1.45 sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}\
    table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .7em;border-bottom:1px solid #ddd;text-align:right}\
    td:first-child,td:nth-child(2),th:first-child,th:nth-child(2){text-align:left}svg{max-width:100%;height:auto}\
    code{font-size:.85em;overflow-wrap:anywhere}";

/// Results of one split and way.
type Group<'a> = (String, Vec<&'a Measured>);

/// The whole page.
pub fn html(report: &Report) -> Result<String> {
    let groups = groups(report);
    let mut page = String::new();
    write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Heptode evaluation</title><style>{STYLE}</style>\
         <h1>Evaluation</h1><p>Pack {}, {} iterations of fast Griffin-Lim.<br>Corpus <code>{}</code>: {}.<br>\
         Command: <code>trainer {}</code></p>",
        escape(&report.header.pack),
        report.header.griffin_lim_iterations,
        escape(&report.header.corpus),
        escape(&report.header.sources.join("; ")),
        escape(&report.header.command)
    )?;
    summary_table(&mut page, report)?;
    page += "<h2>Log-mel error of every sound, sorted</h2>";
    page += &sorted_errors(&groups)?;
    page += "<h2>Log-mel error by category, seven latents</h2>";
    page += &by_category(report)?;
    write!(page, "<h2>The worst {WORST}, seven latents</h2>")?;
    worst_table(&mut page, report)?;
    page += "</html>\n";
    Ok(page)
}

fn groups(report: &Report) -> Vec<Group<'_>> {
    let named = report.summaries.iter().map(|row| {
        let members = report.results.iter().filter(|result| result.split == row.split && result.way == row.way);
        (format!("{}: {}", split_name(row.split), row.way), members.collect())
    });
    named.collect()
}

fn summary_table(page: &mut String, report: &Report) -> Result<()> {
    *page += "<h2>Summary</h2><p>Log-mel error in dB as the design defines it: mean of three resolutions over active frames. \
        The deviation is that of a mu-law spectrogram of 1025 bins.</p><table><tr><th>split<th>way<th>sounds<th>mean<th>median\
        <th>95 %<th>N=512<th>2048<th>8192<th>convergence<th>report loss<th>deviation %<th>attack ms<th>decay ms<th>loudness dB\
        <th>pitch ¢<th>within 10 ¢<th>originals within 10 ¢</tr>";
    for row in &report.summaries {
        let part = |value: Option<f64>| value.map_or("–".into(), |part| format!("{:.0} %", part * 100.0));
        write!(
            page,
            "<tr><td>{}<td>{}<td>{}<td><b>{:.2}</b><td>{:.2}<td>{:.2}<td>{:.2}<td>{:.2}<td>{:.2}<td>{:.3}<td>{:.1}<td>{:.2}\
             <td>{:.1}<td>{:.0}<td>{:.2}<td>{}<td>{}<td>{}</tr>",
            split_name(row.split),
            row.way,
            row.sounds,
            row.mean_db,
            row.median_db,
            row.percentile_95_db,
            row.by_size_db[0],
            row.by_size_db[1],
            row.by_size_db[2],
            row.spectral_convergence,
            row.report_loss,
            row.report_deviation_percent,
            row.attack_error_median_ms,
            row.decay_error_median_ms,
            row.loudness_error_db,
            row.pitch_median_cents.map_or("–".into(), |cents| format!("{cents:.1}")),
            part(row.pitch_within_10_cents),
            part(row.true_pitch_within_10_cents),
        )?;
    }
    *page += "</table>";
    Ok(())
}

fn worst_table(page: &mut String, report: &Report) -> Result<()> {
    let way = super::Way::Latent.describe();
    let mut results: Vec<&Measured> = report.results.iter().filter(|result| result.way == way).collect();
    results.sort_by(|a, b| b.measures.log_mel_db.total_cmp(&a.measures.log_mel_db));
    *page += "<table><tr><th>sound<th>category<th>key<th>split<th>error dB<th>attack ms<th>decay ms</tr>";
    for result in results.iter().take(WORST) {
        write!(
            page,
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{:.2}<td>{:.1}<td>{:.0}</tr>",
            escape(&result.name),
            escape(&result.category),
            result.key,
            split_name(result.split),
            result.measures.log_mel_db,
            result.measures.attack_error_ms,
            result.measures.decay_error_ms
        )?;
    }
    *page += "</table>";
    Ok(())
}

fn sorted_errors(groups: &[Group]) -> Result<String> {
    let largest = groups.iter().flat_map(|(_, members)| members.iter().map(|member| member.measures.log_mel_db));
    let top = largest.fold(1.0_f32, f32::max) * 1.05;
    plot(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(32)
            .y_label_area_size(44)
            .build_cartesian_2d(0.0_f32..100.0, 0.0..top)?;
        chart.configure_mesh().x_desc("percent of the sounds").y_desc("dB").draw()?;
        for ((name, members), colour) in groups.iter().zip(COLOURS.iter().cycle()) {
            let mut errors: Vec<f32> = members.iter().map(|member| member.measures.log_mel_db).collect();
            errors.sort_by(f32::total_cmp);
            let scale = 100.0 / errors.len().saturating_sub(1).max(1) as f32;
            let points = errors.iter().enumerate().map(|(index, error)| (index as f32 * scale, *error));
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
                .label(name.as_str())
                .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        Ok(())
    })
}

fn by_category(report: &Report) -> Result<String> {
    let way = super::Way::Latent.describe();
    let mut categories = BTreeMap::<&str, [Vec<f32>; 2]>::new();
    for result in report.results.iter().filter(|result| result.way == way) {
        let splits = categories.entry(&result.category).or_default();
        splits[usize::from(result.split == Split::HeldOut)].push(result.measures.log_mel_db);
    }
    let mean = |errors: &[f32]| errors.iter().sum::<f32>() / errors.len().max(1) as f32;
    let means: Vec<(&str, [f32; 2])> =
        categories.iter().map(|(name, [train, held_out])| (*name, [mean(train), mean(held_out)])).collect();
    let top = means.iter().flat_map(|(_, pair)| *pair).fold(1.0_f32, f32::max) * 1.1;
    let count = means.len() as f32;
    plot(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(60)
            .y_label_area_size(44)
            .build_cartesian_2d(0.0..count, 0.0..top)?;
        chart.configure_mesh().disable_x_mesh().x_labels(0).y_desc("dB").draw()?;
        for (index, (_, pair)) in means.iter().enumerate() {
            for (split, error) in pair.iter().enumerate() {
                let left = index as f32 + 0.12 + 0.38 * split as f32;
                chart.draw_series([Rectangle::new([(left, 0.0), (left + 0.36, *error)], COLOURS[split].filled())])?;
            }
        }
        let label = ("sans-serif", 12).into_font().transform(FontTransform::Rotate90).color(&BLACK);
        for (index, (name, _)) in means.iter().enumerate() {
            let (x, y) = chart.backend_coord(&(index as f32 + 0.62, 0.0));
            area.draw_text(name, &label, (x, y + 4))?;
        }
        for (row, split) in [Split::Train, Split::HeldOut].into_iter().enumerate() {
            let style = ("sans-serif", 13).into_font().color(&COLOURS[row]);
            area.draw_text(split_name(split), &style, (60 + 60 * row as i32, 12))?;
        }
        Ok(())
    })
}

/// Draws into a vector picture and returns it as text.
fn plot(
    draw: impl FnOnce(&DrawingArea<SVGBackend, plotters::coord::Shift>) -> Result<(), Box<dyn std::error::Error>>,
) -> Result<String> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, PLOT_SIZE).into_drawing_area();
        let drawn = area.fill(&WHITE).map_err(Into::into).and_then(|()| draw(&area));
        drawn
            .and_then(|()| area.present().map_err(Into::into))
            .map_err(|error| anyhow!("cannot draw a plot: {error}"))?;
    }
    Ok(picture)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
