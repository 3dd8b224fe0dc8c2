//! Flat buttons: with a word, with a sign, or with a shape that the caller draws. Main thread.

use egui::{Align2, Painter, Rect, Response, Sense, Stroke, StrokeKind, Ui, vec2};

use super::theme::{self, AMBER, DIM, FAINT, TEXT};

/// A flat button with hover, focus, pressed and disabled looks.
pub fn button(ui: &Ui, rect: Rect, name: &str, enabled: bool) -> Response {
    sign_button(ui, rect, name, name, enabled)
}

/// A button that shows a sign for what it is called.
pub fn sign_button(ui: &Ui, rect: Rect, sign: &str, name: &str, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(("button", name)), sense);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    paint_button(ui, ui.painter(), rect, sign, &response, enabled);
    response
}

/// Draws a button as its response stands, on any layer.
pub fn paint_button(ui: &Ui, painter: &Painter, rect: Rect, sign: &str, response: &Response, enabled: bool) {
    let lit = ui.ctx().animate_bool(response.id, enabled && response.hovered());
    let pressed = enabled && response.is_pointer_button_down_on();
    let fill = if enabled { theme::RAISED.lerp_to_gamma(theme::RAISED_HOVER, lit) } else { theme::PANEL };
    let rim =
        if pressed || response.has_focus() { AMBER } else { theme::LINE.lerp_to_gamma(theme::faded(AMBER, 0.6), lit) };
    let rect = if pressed { rect.translate(vec2(0.0, 1.0)) } else { rect };
    painter.rect(rect, theme::ITEM_ROUND, fill, Stroke::new(1.0, rim), StrokeKind::Inside);
    let ink = if enabled { DIM.lerp_to_gamma(TEXT, lit) } else { theme::faded(FAINT, 0.5) };
    painter.text(rect.center(), Align2::CENTER_CENTER, sign, theme::bold(13.0), ink);
}

/// Colour of what is drawn on a button of a response.
pub fn ink(ui: &Ui, response: &Response, enabled: bool) -> egui::Color32 {
    let lit = ui.ctx().animate_bool(response.id, enabled && response.hovered());
    if enabled { DIM.lerp_to_gamma(TEXT, lit) } else { theme::faded(FAINT, 0.5) }
}
