//! One tab of a row of tabs. Main thread.

use egui::{Align2, Rect, Response, Sense, Stroke, Ui};

use super::theme::{self, AMBER, DIM, FAINT, TEXT};

/// Draws a tab into its cell.
pub fn tab_button(ui: &Ui, cell: Rect, name: &str, is_chosen: bool) -> Response {
    let response = ui.interact(cell, ui.scope_id().with(("tab", name)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, is_chosen, name));
    let chosen = ui.ctx().animate_bool(response.id, is_chosen);
    let is_near = response.hovered() || response.has_focus();
    let color = (if is_near { DIM } else { FAINT }).lerp_to_gamma(TEXT, chosen);
    ui.painter().text(cell.center(), Align2::CENTER_CENTER, name, theme::bold(13.0), color);
    let line = Stroke::new(2.0, theme::LINE.lerp_to_gamma(AMBER, chosen));
    ui.painter().hline(cell.x_range(), cell.max.y - 1.0, line);
    response
}
