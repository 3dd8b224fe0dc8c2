//! A small switch with its name. Main thread.

use egui::{Align2, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::name;
use super::theme::{self, AMBER, DIM, FAINT, LINE, TEXT, WELL};

/// Width and height of the part that moves in, in points.
const TRACK: egui::Vec2 = vec2(20.0, 10.0);

/// Draws the switch at the right end of `rect`, its name at the left.
pub fn show(ui: &Ui, rect: Rect, title: &str, is_on: bool) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(("switch", title)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, is_on, title));
    let on = ui.ctx().animate_bool(response.id, is_on);
    let track = Rect::from_center_size(pos2(rect.max.x - TRACK.x / 2.0, rect.center().y), TRACK);
    let rim = if response.has_focus() { AMBER } else { LINE };
    let fill = WELL.lerp_to_gamma(theme::faded(AMBER, 0.5), on);
    ui.painter().rect(track, 5, fill, Stroke::new(1.0, rim), StrokeKind::Inside);
    let x = egui::lerp(track.min.x + 5.0..=track.max.x - 5.0, on);
    ui.painter().circle_filled(pos2(x, track.center().y), 3.5, DIM.lerp_to_gamma(TEXT, on));
    let ink = if response.hovered() { TEXT } else { FAINT.lerp_to_gamma(DIM, on) };
    let place = pos2(track.min.x - 6.0, rect.center().y);
    name::show(ui, place, Align2::RIGHT_CENTER, title, theme::body(11.0), ink, rect.width() - TRACK.x - 6.0);
    response
}
