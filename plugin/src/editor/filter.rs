//! The filter's response as a curve; a drag on it moves cut-off and resonance. Main thread.

use egui::{Rect, Sense, Stroke, Ui, pos2};
use engine::params::key_to_hz;

use super::gestures::ParamGestures;
use super::theme::{self, AMBER, FAINT, TEXT};
use crate::params::ParamId;

/// Levels at the upper and lower end of the picture, in decibels.
const CEILING_DB: f32 = 24.0;
const FLOOR_DB: f32 = -48.0;
/// Points of the curve.
const POINTS: usize = 160;
/// Damping without resonance, a Butterworth filter's, and at full resonance, just below self-oscillation.
const DAMPING: f32 = std::f32::consts::SQRT_2;
const LEAST_DAMPING: f32 = 0.04;
/// What moves the filter once it is on.
const CONTROLS: [&str; 5] = ["cutoff", "resonance", "filter_drive", "filter_env", "filter_key"];
/// The type that a touch turns on: a low pass with 24 dB per octave.
const FIRST_KIND: f32 = 2.0;
/// Decades that are marked, in hertz.
const MARKS: [f32; 3] = [100.0, 1000.0, 10_000.0];

/// Draws the response and moves the filter by a drag: across for the cut-off, up for the resonance.
pub fn show(ui: &Ui, rect: Rect, gestures: &mut ParamGestures) {
    let [Some(kind), Some(cutoff), Some(resonance)] = ["filter", "cutoff", "resonance"].map(ParamId::named) else {
        return;
    };
    let response = ui.interact(rect, ui.scope_id().with("filter response"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::slider(true, f64::from(gestures.normalized(cutoff)), "Filter response"));
    let room = rect.shrink(6.0);
    for (id, part) in
        [(cutoff, response.drag_delta().x / room.width()), (resonance, -response.drag_delta().y / room.height())]
    {
        if response.drag_started_by(egui::PointerButton::Primary) {
            response.request_focus();
            gestures.take(id);
        }
        if response.dragged_by(egui::PointerButton::Primary) {
            gestures.drag_to(id, gestures.normalized(id) + part);
        }
        if response.drag_stopped() {
            gestures.release(id);
        }
        if response.double_clicked() {
            gestures.reset(id);
        }
    }
    super::turn::nudge(ui, &response, cutoff, gestures);
    super::param_menu::show(ui, &response, &[cutoff, resonance], gestures);
    let value = |id: ParamId| plain(id, gestures);
    let lit = response.hovered() || response.has_focus() || gestures.holds(cutoff);
    paint(ui, rect, value(kind).round() as usize, value(cutoff), gestures.normalized(resonance), lit);
}

/// Turns the filter on if it is off and one of its other controls was touched in this frame, so that each is heard.
pub fn follow_touch(touched: &[ParamId], gestures: &mut ParamGestures) {
    let Some(kind) = ParamId::named("filter") else { return };
    let is_its = |id: &ParamId| CONTROLS.contains(&id.spec().id);
    if gestures.normalized(kind) == 0.0 && touched.iter().any(is_its) {
        let place = gestures.param(kind).normalize(FIRST_KIND);
        gestures.put(kind, place);
    }
}

/// A linear or stepped parameter in its own unit.
fn plain(id: ParamId, gestures: &ParamGestures) -> f32 {
    let scale = id.spec().scale;
    egui::lerp(scale.min()..=scale.max(), gestures.normalized(id))
}

fn paint(ui: &Ui, rect: Rect, kind: usize, cutoff_key: f32, resonance: f32, lit: bool) {
    let painter = ui.painter().with_clip_rect(rect.shrink(1.0));
    theme::well(ui.painter(), rect);
    let room = rect.shrink(6.0);
    let Some(scale) = ParamId::named("cutoff").map(|id| id.spec().scale) else { return };
    for hz in MARKS {
        let key = 69.0 + 12.0 * (hz / 440.0).log2();
        let x = egui::remap(key, scale.min()..=scale.max(), room.x_range());
        painter.vline(x, rect.y_range(), Stroke::new(1.0, theme::faded(theme::LINE, 0.5)));
    }
    let y = |db: f32| egui::remap(db, FLOOR_DB..=CEILING_DB, room.max.y..=room.min.y);
    painter.hline(rect.x_range(), y(0.0), Stroke::new(1.0, theme::faded(theme::LINE, 0.5)));
    let damping = egui::lerp(DAMPING..=LEAST_DAMPING, resonance);
    let center_hz = key_to_hz(cutoff_key);
    let points = (0..=POINTS).map(|step| {
        let part = step as f32 / POINTS as f32;
        let ratio = key_to_hz(egui::lerp(scale.min()..=scale.max(), part)) / center_hz;
        let db = 20.0 * gain(kind, ratio, damping).max(1e-4).log10();
        pos2(egui::lerp(room.x_range(), part), y(db.max(FLOOR_DB - 6.0)))
    });
    let color = if kind == 0 { FAINT } else { AMBER };
    theme::glowing_line(&painter, points.collect(), 1.5, color);
    if kind > 0 {
        let x = egui::remap(cutoff_key, scale.min()..=scale.max(), room.x_range());
        let peak = 20.0 * gain(kind, 1.0, damping).max(1e-4).log10();
        let place = pos2(x, y(peak.clamp(FLOOR_DB, CEILING_DB)));
        painter.circle_filled(place, if lit { 5.0 } else { 3.5 }, if lit { TEXT } else { AMBER });
    }
}

/// Gain of a filter by the place of its type among the names of types, at a frequency as a part of the cut-off: a state-variable filter
/// of two poles, and for 24 dB per octave a second one without resonance behind it.
fn gain(kind: usize, ratio: f32, damping: f32) -> f32 {
    let square = ratio * ratio;
    let below = |damping: f32| ((1.0 - square).powi(2) + (damping * ratio).powi(2)).sqrt().max(1e-6);
    let pole_pair = |damping: f32, above: f32| above / below(damping);
    match kind {
        1 => pole_pair(damping, 1.0),
        2 => pole_pair(damping, 1.0) * pole_pair(DAMPING, 1.0),
        3 => pole_pair(damping, damping * ratio),
        4 => pole_pair(damping, damping * ratio) * pole_pair(DAMPING, DAMPING * ratio),
        5 => pole_pair(damping, square),
        6 => pole_pair(damping, square) * pole_pair(DAMPING, square),
        7 => pole_pair(damping, (1.0 - square).abs()),
        _ => 1.0,
    }
}
