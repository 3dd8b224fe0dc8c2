//! The shapes of an LFO as pictures. Main thread.

use egui::{Color32, Pos2, Rect, Stroke, Ui, pos2};

/// Points of a drawn cycle: a step is below a point of the screen in the widest picture.
const POINTS: usize = 64;
/// Heights of the steps that stand for a random shape.
const RANDOM: [f32; 5] = [0.3, -0.8, 0.9, -0.2, 0.5];

/// Draws one cycle of a shape, by its place among the names of shapes.
pub fn paint(ui: &Ui, rect: Rect, shape: usize, color: Color32) {
    let points = (0..=POINTS).map(|step| place(rect, shape, step as f32 / POINTS as f32)).collect();
    ui.painter().line(points, Stroke::new(1.5, color));
}

fn place(rect: Rect, shape: usize, phase: f32) -> Pos2 {
    let level = level(shape, phase);
    pos2(egui::lerp(rect.x_range(), phase), egui::remap(level, -1.0..=1.0, rect.max.y..=rect.min.y))
}

/// Level in [−1, 1] at a phase in [0, 1].
fn level(shape: usize, phase: f32) -> f32 {
    match shape {
        0 => (std::f32::consts::TAU * phase).sin(),
        1 => 1.0 - 4.0 * ((phase + 0.25).fract() - 0.5).abs(),
        2 => 2.0 * phase - 1.0,
        3 => 1.0 - 2.0 * phase,
        4 if phase < 0.5 => 1.0,
        4 => -1.0,
        5 => RANDOM[((phase * RANDOM.len() as f32) as usize).min(RANDOM.len() - 1)],
        _ => {
            let at = phase * (RANDOM.len() - 1) as f32;
            let step = (at as usize).min(RANDOM.len() - 2);
            let part = at - step as f32;
            egui::lerp(RANDOM[step]..=RANDOM[step + 1], part * part * (3.0 - 2.0 * part))
        }
    }
}
