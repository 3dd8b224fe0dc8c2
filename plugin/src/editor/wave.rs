//! The waveform display: waveform of the current sound, time axis, playhead. Main thread.

use std::ops::Range;
use std::sync::Arc;

use egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2};
use engine::instrument::SoundView;

use super::theme::{self, DIM, FAINT, LINE, TEXT};

/// Distances of the time marks to choose from, in seconds; the smallest that is at least [`MARK_ROOM`] points wide is used.
const MARK_STEPS_S: [f64; 11] = [0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];
/// Least distance of time marks in points: the numbers below them stay well apart.
const MARK_ROOM: f32 = 72.0;
/// Distance of the time marks in seconds for a file that is longer than all others.
const LONGEST_STEP_S: f64 = 120.0;
/// Height in points of the time axis below a screen.
pub(super) const AXIS: f32 = 20.0;
/// Smallest peak, of full scale, that fills the height; quieter sounds are drawn smaller, so that noise at −60 dB does not look like a
/// sound.
const QUIETEST_FILLING: f32 = 0.05;

/// Smallest and largest sample of each column, cached until sound or width change.
#[derive(Default)]
pub struct Wave {
    columns: Vec<(f32, f32)>,
    drawn: Option<(Arc<SoundView>, usize)>,
}

/// What is drawn besides the waveform.
pub struct Overlay<'a> {
    /// Colour of the sound.
    pub color: Color32,
    /// Position of the newest voice in its sound, [0, 1].
    pub playhead: Option<f32>,
    /// Text that is shown without a sound.
    pub empty: &'a str,
}

impl Wave {
    /// Draws the display into `panel`.
    pub fn show(&mut self, ui: &Ui, panel: Rect, sound: Option<Arc<SoundView>>, overlay: &Overlay<'_>) {
        let painter = ui.painter();
        painter.rect(
            panel,
            theme::PANEL_ROUND,
            theme::WELL,
            Stroke::new(1.0, theme::faded(LINE, 0.8)),
            egui::StrokeKind::Inside,
        );
        let screen = screen_of(panel);
        let middle = Stroke::new(1.0, theme::faded(LINE, 0.8));
        painter.hline(screen.x_range(), screen.center().y, middle);
        let Some(sound) = sound.filter(|sound| !sound.samples.is_empty()) else {
            painter.text(screen.center(), Align2::CENTER_CENTER, overlay.empty, theme::body(13.0), FAINT);
            return;
        };
        let length_s = sound.channel(0).len() as f32 / sound.sample_rate_hz;
        paint_axis(ui, screen, panel.max.y - AXIS / 2.0 - 1.0, 0.0..f64::from(length_s));
        self.measure(&sound, screen.width() * ui.ctx().pixels_per_point());
        self.paint(ui, screen, overlay.color);
        if let Some(place) = overlay.playhead {
            let x = egui::lerp(screen.x_range(), place.clamp(0.0, 1.0));
            theme::glowing_line(painter, vec![pos2(x, screen.min.y), pos2(x, screen.max.y)], 1.5, TEXT);
        }
    }

    fn measure(&mut self, sound: &Arc<SoundView>, width_pixels: f32) {
        let count = (width_pixels / 2.0).ceil().max(1.0) as usize;
        if self.drawn.as_ref().is_some_and(|(drawn, columns)| Arc::ptr_eq(drawn, sound) && *columns == count) {
            return;
        }
        let samples = sound.channel(0);
        self.columns = (0..count)
            .map(|column| {
                let from = column * samples.len() / count;
                let to = ((column + 1) * samples.len() / count).clamp(from + 1, samples.len().max(from + 1));
                let part = samples.get(from..to).unwrap_or_default();
                part.iter().fold((0.0f32, 0.0f32), |(low, high), &sample| (low.min(sample), high.max(sample)))
            })
            .collect();
        self.drawn = Some((Arc::clone(sound), count));
    }

    fn paint(&self, ui: &Ui, screen: Rect, color: Color32) {
        let peak = self.columns.iter().fold(0.0f32, |peak, (low, high)| peak.max(-low).max(*high));
        let level = format!("peak {:.1} dB", engine::units::gain_to_db(peak.max(1e-5)));
        ui.painter().text(screen.right_top(), Align2::RIGHT_TOP, level, theme::body(11.0), FAINT);
        paint_columns(ui.painter(), screen, &self.columns, peak, |_| color);
    }
}

/// Where the waveform stands in its panel.
pub(super) fn screen_of(panel: Rect) -> Rect {
    panel.shrink2(egui::vec2(12.0, 8.0)).with_max_y(panel.max.y - AXIS)
}

/// Draws the smallest and largest sample of each column, each column in its colour.
pub(super) fn paint_columns(
    painter: &Painter,
    screen: Rect,
    columns: &[(f32, f32)],
    peak: f32,
    color: impl Fn(usize) -> Color32,
) {
    let half = screen.height() / 2.0 / peak.max(QUIETEST_FILLING);
    let place = |column: usize, level: f32| -> Pos2 {
        let x = egui::lerp(screen.x_range(), (column as f32 + 0.5) / columns.len() as f32);
        pos2(x, screen.center().y - level * half)
    };
    let mut mesh = Mesh::default();
    for (column, &(low, high)) in columns.iter().enumerate() {
        // A silent column is drawn as a hairline, so that the sound's length is visible.
        let hair = 0.5 / half;
        let color = color(column);
        mesh.colored_vertex(place(column, high.max(hair)), color);
        mesh.colored_vertex(place(column, 0.0), theme::faded(color, 0.42));
        mesh.colored_vertex(place(column, low.min(-hair)), color);
    }
    for column in 1..columns.len() as u32 {
        let (here, before) = (3 * column, 3 * (column - 1));
        for part in 0..2 {
            mesh.add_triangle(before + part, here + part, before + part + 1);
            mesh.add_triangle(here + part, here + part + 1, before + part + 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// Draws vertical lines at round times, with the times as text at height `y`.
pub(super) fn paint_axis(ui: &Ui, screen: Rect, y: f32, shown_s: Range<f64>) {
    let painter = ui.painter();
    let length_s = shown_s.end - shown_s.start;
    let room_s = f64::from(MARK_ROOM / screen.width()) * length_s;
    let step_s = MARK_STEPS_S.into_iter().find(|step_s| *step_s >= room_s).unwrap_or(LONGEST_STEP_S);
    let (first, last) = ((shown_s.start / step_s).ceil() as usize, (shown_s.end / step_s).floor() as usize);
    for mark in first..=last {
        let time_s = mark as f64 * step_s;
        let x = egui::lerp(screen.x_range(), ((time_s - shown_s.start) / length_s) as f32);
        painter.vline(x, screen.y_range(), Stroke::new(1.0, theme::faded(LINE, 0.45)));
        let text = if step_s < 0.5 { format!("{time_s:.2}") } else { format!("{time_s:.1}") };
        let anchor = if x < screen.min.x + 12.0 { Align2::LEFT_CENTER } else { Align2::CENTER_CENTER };
        // The unit is drawn at the right end; a mark there would overlap it.
        if x < screen.max.x - 24.0 {
            painter.text(pos2(x, y), anchor, text, theme::body(11.0), FAINT);
        }
    }
    painter.text(pos2(screen.max.x, y), Align2::RIGHT_CENTER, "s", theme::body(11.0), DIM);
}
