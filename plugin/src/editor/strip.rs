//! The row of small knobs below the large ones: shape, envelope, output. Main thread.

use egui::{Color32, Mesh, Rect, Shape, Stroke, Ui, pos2};

use super::gestures::ParamGestures;
use super::knob::{Knob, Typing};
use super::layout::{Regions, cells, inside};
use super::theme::{self, AMBER};
use crate::params::ParamId;

/// Radius of a small knob in points.
const RADIUS: f32 = 20.0;
/// Part of the envelope's panel that shows it as a curve.
const CURVE_PART: f32 = 0.13;
/// Colour of knobs that belong to neither the knobs' sound nor the pad's.
const NEUTRAL: Color32 = Color32::from_rgb(0xe4, 0xc9, 0xa4);

/// Draws the three panels.
pub fn show(ui: &mut Ui, regions: &Regions, gestures: &mut ParamGestures, typing: &mut Option<Typing>) {
    let shape = [
        (ParamId::STRETCH, "Stretch", true),
        (ParamId::FORMANT, "Formant", true),
        (ParamId::TILT, "Tilt", true),
        (ParamId::FIDELITY, "Fidelity", false),
    ];
    panel(ui, regions.shape, "Shape", &shape, gestures, typing);
    let output = [
        (ParamId::TOUCH, "Touch", false),
        (ParamId::COARSE, "Coarse", true),
        (ParamId::FINE, "Fine", true),
        (ParamId::GAIN, "Gain", false),
    ];
    panel(ui, regions.output, "Output", &output, gestures, typing);
    envelope(ui, regions.envelope, gestures, typing);
}

fn panel(
    ui: &mut Ui,
    rect: Rect,
    heading: &str,
    knobs: &[(ParamId, &str, bool)],
    gestures: &mut ParamGestures,
    typing: &mut Option<Typing>,
) {
    theme::panel(ui.painter(), rect, heading);
    row(ui, inside(rect), knobs, gestures, typing);
}

fn row(
    ui: &mut Ui,
    rect: Rect,
    knobs: &[(ParamId, &str, bool)],
    gestures: &mut ParamGestures,
    typing: &mut Option<Typing>,
) {
    for (cell, &(id, label, from_middle)) in cells(rect, knobs.len()).zip(knobs) {
        Knob { id, label, color: NEUTRAL, radius: RADIUS, from_middle }.show(ui, cell, gestures, typing);
    }
}

fn envelope(ui: &mut Ui, rect: Rect, gestures: &mut ParamGestures, typing: &mut Option<Typing>) {
    theme::panel(ui.painter(), rect, "Envelope");
    let room = inside(rect);
    let (curve, knobs) = room.split_left_right_at_x(room.min.x + room.width() * CURVE_PART);
    let five = [
        (ParamId::ATTACK, "Attack", false),
        (ParamId::DECAY, "Decay", false),
        (ParamId::SUSTAIN, "Sustain", false),
        (ParamId::RELEASE, "Release", false),
        (ParamId::HOLD, "Hold", false),
    ];
    row(ui, knobs.with_min_x(knobs.min.x + 4.0), &five, gestures, typing);
    paint_curve(ui, curve.with_max_y(curve.max.y - 4.0), gestures);
}

/// The envelope as a curve. Widths follow the knobs' turns rather than seconds, so that every stage stays visible.
fn paint_curve(ui: &Ui, rect: Rect, gestures: &ParamGestures) {
    let painter = ui.painter();
    theme::well(painter, rect);
    let room = rect.shrink(8.0);
    let turn = |id| gestures.normalized(id);
    let quarter = room.width() / 4.0;
    let attack = room.min.x + turn(ParamId::ATTACK) * quarter;
    let decay = attack + turn(ParamId::DECAY) * quarter;
    let release = room.max.x - turn(ParamId::RELEASE) * quarter;
    let level = egui::lerp(room.max.y..=room.min.y, turn(ParamId::SUSTAIN));
    let points = vec![
        room.left_bottom(),
        pos2(attack, room.min.y),
        pos2(decay, level),
        pos2(release, level),
        pos2(room.max.x, room.max.y),
    ];
    let mut mesh = Mesh::default();
    for point in &points {
        mesh.colored_vertex(*point, theme::faded(AMBER, 0.22));
        mesh.colored_vertex(pos2(point.x, room.max.y), theme::faded(AMBER, 0.02));
    }
    for stage in 0..points.len() as u32 - 1 {
        mesh.add_triangle(2 * stage, 2 * stage + 1, 2 * stage + 2);
        mesh.add_triangle(2 * stage + 1, 2 * stage + 2, 2 * stage + 3);
    }
    painter.add(Shape::mesh(mesh));
    painter.line(points, Stroke::new(1.5, AMBER));
}
