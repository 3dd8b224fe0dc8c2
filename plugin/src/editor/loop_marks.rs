//! The loop on the waveform: its ends, which can be dragged, what lies between them, and the crossfade before its end. Main thread.

use egui::{CursorIcon, PointerButton, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::gestures::ParamGestures;
use super::theme::{self, AMBER, DIM, TEXT};
use crate::params::ParamId;

/// Width of what is taken by the pointer around an end, and side of its flag, in points.
const REACH: f32 = 12.0;
const FLAG: f32 = 7.0;
/// The ends by their parameters, and their names.
const ENDS: [(&str, &str); 2] = [("loop_start", "Start of the loop"), ("loop_end", "End of the loop")];
/// A touch of these lets the loop be the one that is set.
const CONTROLS: [&str; 3] = ["loop_start", "loop_end", "loop_fade"];

/// Draws the loop over the waveform on `screen` of a sound of `length_s` seconds, and moves its ends by drags.
pub fn show(ui: &Ui, screen: Rect, length_s: Option<f32>, gestures: &mut ParamGestures) {
    let [Some(mode), Some(fade)] = ["loop", "loop_fade"].map(ParamId::named) else { return };
    let is_set = gestures.normalized(mode) >= 0.5;
    let mut places = [0.0; 2];
    for ((id, title), place) in ENDS.into_iter().zip(&mut places) {
        let Some(id) = ParamId::named(id) else { return };
        let at = |part: f32| egui::lerp(screen.x_range(), part);
        let grip =
            Rect::from_center_size(pos2(at(gestures.normalized(id)), screen.center().y), vec2(REACH, screen.height()));
        let response = ui
            .interact(grip, ui.scope_id().with(id), Sense::click_and_drag())
            .on_hover_cursor(CursorIcon::ResizeHorizontal);
        response.widget_info(|| egui::WidgetInfo::slider(true, f64::from(gestures.normalized(id)), title));
        if response.drag_started_by(PointerButton::Primary) {
            response.request_focus();
            gestures.take(id);
        }
        if response.dragged_by(PointerButton::Primary) {
            gestures.drag_to(id, gestures.normalized(id) + response.drag_delta().x / screen.width());
        }
        if response.drag_stopped() {
            gestures.release(id);
        }
        if response.double_clicked() {
            gestures.reset(id);
        }
        super::turn::nudge(ui, &response, id, gestures);
        *place = at(gestures.normalized(id));
        let lit = response.hovered() || response.has_focus() || gestures.holds(id);
        let ink = if lit {
            TEXT
        } else if is_set {
            AMBER
        } else {
            theme::faded(DIM, 0.6)
        };
        ui.painter().vline(*place, screen.y_range(), Stroke::new(1.0, ink));
        let inwards = if title == ENDS[0].1 { FLAG } else { -FLAG };
        let flag =
            vec![pos2(*place, screen.min.y), pos2(*place + inwards, screen.min.y), pos2(*place, screen.min.y + FLAG)];
        ui.painter().add(egui::Shape::convex_polygon(flag, ink, Stroke::NONE));
    }
    if is_set {
        let [left, right] = [places[0].min(places[1]), places[0].max(places[1])];
        let between = Rect::from_x_y_ranges(left..=right, screen.y_range());
        ui.painter().rect_filled(between, 0, theme::faded(AMBER, 0.06));
        let scale = fade.spec().scale;
        let fade_s = gestures.param(fade).plain().clamp(scale.min(), scale.max());
        let width =
            length_s.map_or(0.0, |length_s| fade_s / length_s.max(1e-3) * screen.width()).min((right - left) / 2.0);
        let slope = [pos2(right - width, screen.min.y + FLAG), pos2(right, screen.max.y)];
        ui.painter().line_segment(slope, Stroke::new(1.0, theme::faded(AMBER, 0.5)));
    }
}

/// Lets the loop be the one that is set if one of its controls was touched in this frame, so that each is heard.
pub fn follow_touch(touched: &[ParamId], gestures: &mut ParamGestures) {
    let Some(mode) = ParamId::named("loop") else { return };
    if gestures.normalized(mode) < 0.5 && touched.iter().any(|id| CONTROLS.contains(&id.spec().id)) {
        gestures.put(mode, 1.0);
    }
}
