//! The menu that a right-click on a control opens: a MIDI controller for its parameter, and a typed value. A control that waits for its
//! controller says so. Main thread.

use egui::{Response, Stroke, StrokeKind, Ui};

use super::gestures::ParamGestures;
use super::learning::Asked;
use super::theme::{self, AMBER};
use super::typing::Typing;
use crate::params::ParamId;

/// Width of the menu in points: its longest line fits.
const WIDTH: f32 = 150.0;

/// The menu of a control that moves one or several parameters.
pub fn show(ui: &Ui, response: &Response, ids: &[ParamId], gestures: &mut ParamGestures) {
    menu(response, ids, gestures, None);
    mark(ui, response, ids, gestures);
}

/// The menu of a control whose value can be typed.
pub fn show_with_typing(
    ui: &Ui,
    response: &Response,
    id: ParamId,
    gestures: &mut ParamGestures,
    typing: &mut Option<Typing>,
) {
    menu(response, &[id], gestures, Some(typing));
    mark(ui, response, &[id], gestures);
}

fn menu(response: &Response, ids: &[ParamId], gestures: &mut ParamGestures, typing: Option<&mut Option<Typing>>) {
    egui::Popup::context_menu(response).width(WIDTH).show(|ui| {
        if let (Some(typing), [id]) = (typing, ids)
            && ui.button("Type a value").clicked()
        {
            *typing = Some(Typing::new(*id, gestures));
        }
        for &id in ids {
            let of = if ids.len() > 1 { format!(" for {}", gestures.param(id).name()) } else { String::new() };
            if ui.button(format!("Learn MIDI controller{of}")).clicked() {
                gestures.learning.ask(Asked::Learn(id));
            }
            if let Some(controller) = gestures.learning.map.controller_of(id)
                && ui.button(format!("Forget CC {controller}{of}")).clicked()
            {
                gestures.learning.ask(Asked::Forget(id));
            }
        }
    });
}

/// Marks the control whose parameter waits for its controller.
fn mark(ui: &Ui, response: &Response, ids: &[ParamId], gestures: &ParamGestures) {
    if gestures.learning.waiting.is_some_and(|waiting| ids.contains(&waiting)) {
        let stroke = Stroke::new(1.5, AMBER);
        ui.painter().rect_stroke(response.rect, theme::ITEM_ROUND, stroke, StrokeKind::Outside);
        response.show_tooltip_text("Move a controller… Escape cancels");
    }
}
