//! A value as a horizontal bar with its text on it, for rows that have no room for a knob. Same gestures as a knob's. Main thread.

use egui::{Align2, Rect, Sense, Ui};

use super::gestures::ParamGestures;
use super::param_menu;
use super::theme::{self, AMBER, DIM, TEXT};
use super::turn::{Along, turn};
use super::typing::Typing;
use crate::params::ParamId;

/// Draws the bar, which starts at the middle of `rect`.
pub fn show(ui: &mut Ui, rect: Rect, id: ParamId, gestures: &mut ParamGestures, typing: &mut Option<Typing>) {
    let response = ui.interact(rect, ui.scope_id().with(("bar", id)), Sense::click_and_drag());
    let (name, value) = (gestures.param(id).name().to_owned(), f64::from(gestures.normalized(id)));
    response.widget_info(|| egui::WidgetInfo::slider(true, value, &name));
    turn(ui, &response, id, Along::Rightward, gestures);
    Typing::begin(ui, &response, id, gestures, typing);
    param_menu::show_with_typing(ui, &response, id, gestures, typing);
    if Typing::is_of(typing.as_ref(), id) {
        return Typing::show(ui, rect, gestures, typing);
    }
    let painter = ui.painter();
    theme::well(painter, rect);
    let room = rect.shrink(2.0);
    let x = egui::lerp(room.x_range(), gestures.normalized(id));
    let (from, to) = (room.center().x.min(x), room.center().x.max(x));
    let is_lit = response.hovered() || response.has_focus() || gestures.holds(id);
    let strength = if is_lit { 0.6 } else { 0.38 };
    painter.rect_filled(Rect::from_x_y_ranges(from..=to, room.y_range()), 2.0, theme::faded(AMBER, strength));
    let ink = if is_lit { TEXT } else { DIM };
    painter.text(rect.center(), Align2::CENTER_CENTER, gestures.text(id), theme::body(11.0), ink);
}
