//! One row of a list: its looks, and the buttons that put it on a corner. Main thread.

use egui::{Align2, Color32, Rect, Sense, Ui, pos2, vec2};

use super::BrowserAction;
use crate::editor::drag::Dragged;
use crate::editor::name;
use crate::editor::theme::{self, AMBER, DIM, FAINT, GRID, TEAL, TEXT};
use crate::target::{CORNERS, Target, corner_letter};

/// Height of a row in points.
pub const ROW_HEIGHT: f32 = 24.0;
/// Side of a corner button and distance from one to the next, in points.
const BUTTON: f32 = 18.0;
const BUTTON_STEP: f32 = 20.0;
/// Points between the row's left end and its name.
const INDENT: f32 = 10.0;

/// How a row looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At rest.
    Plain,
    /// Under the pointer.
    Near,
    /// What is chosen now.
    Current,
    /// It cannot be used.
    Off,
}

impl Look {
    /// Of a row that can be used.
    pub fn of(is_current: bool, is_near: bool) -> Self {
        match (is_current, is_near) {
            (true, _) => Self::Current,
            (false, true) => Self::Near,
            (false, false) => Self::Plain,
        }
    }

    fn ink(self) -> Color32 {
        match self {
            Self::Plain => DIM,
            Self::Near => TEXT,
            Self::Current => AMBER,
            // Half the strength of a remark: it can be read, and is plainly not one of the others.
            Self::Off => theme::faded(FAINT, 0.55),
        }
    }

    fn ground(self) -> Color32 {
        match self {
            Self::Plain | Self::Off => Color32::TRANSPARENT,
            Self::Near => theme::RAISED,
            Self::Current => theme::faded(AMBER, 0.16),
        }
    }
}

/// Draws a row's name and returns its rectangle; `reserved` points at the row's right end stay free.
pub fn paint(ui: &Ui, rect: Rect, text: &str, look: Look, reserved: f32) -> Rect {
    ui.painter().rect_filled(rect.with_max_x(rect.max.x - 4.0), theme::ITEM_ROUND, look.ground());
    let place = pos2(rect.min.x + INDENT, rect.center().y);
    let width = rect.width() - INDENT - 14.0 - reserved;
    name::show(ui, place, Align2::LEFT_CENTER, text, theme::body(13.0), look.ink(), width)
}

/// A row whose sound or file can go to the knobs or to a corner; `what` is that.
pub fn sendable(
    ui: &mut Ui,
    rect: Rect,
    text: &str,
    is_current: bool,
    what: impl Fn() -> Dragged,
) -> Option<BrowserAction> {
    let response = ui.interact(rect, row_id(ui, text), Sense::click_and_drag());
    if response.clicked() {
        response.request_focus();
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_current, text));
    if response.drag_started() {
        response.dnd_set_drag_payload(what());
    }
    let is_near = ui.rect_contains_pointer(rect) && egui::DragAndDrop::payload::<Dragged>(ui.ctx()).is_none();
    let reserved = if is_near { CORNERS as f32 * BUTTON_STEP + 4.0 } else { 0.0 };
    paint(ui, rect, text, Look::of(is_current, is_near), reserved);
    let corner = if is_near { corner_buttons(ui, rect, text) } else { None };
    if let Some(corner) = corner {
        return Some(BrowserAction::Send(what(), Target::Corner(corner)));
    }
    response.clicked().then(|| BrowserAction::Send(what(), Target::Knobs))
}

/// Draws the heading of a category with how many rows follow.
pub fn paint_category(ui: &Ui, rect: Rect, category: &str, count: usize) {
    let y = rect.max.y - 7.0;
    let count_place = pos2(rect.max.x - GRID, y);
    let count = ui.painter().text(count_place, Align2::RIGHT_CENTER, count.to_string(), theme::body(10.5), FAINT);
    let place = pos2(rect.min.x + 4.0, y);
    let width = count.min.x - place.x - GRID;
    name::show(ui, place, Align2::LEFT_CENTER, &category.to_uppercase(), theme::bold(10.5), AMBER, width);
}

/// Identity of the row of this name.
pub fn row_id(ui: &Ui, text: &str) -> egui::Id {
    ui.scope_id().with(("row", text))
}

fn corner_buttons(ui: &Ui, row: Rect, text: &str) -> Option<usize> {
    let mut chosen = None;
    for corner in 0..CORNERS {
        let x = row.max.x - 8.0 - BUTTON_STEP * (CORNERS - corner) as f32;
        let rect = Rect::from_min_size(pos2(x, row.center().y - BUTTON / 2.0), vec2(BUTTON, BUTTON));
        let letter = corner_letter(corner);
        let response = ui.interact(rect, ui.scope_id().with(("corner", text, corner)), Sense::click());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Put {text} on corner {letter}"))
        });
        let fill = if response.hovered() { TEAL } else { theme::faded(TEAL, 0.18) };
        let ink = if response.hovered() { theme::WELL } else { TEAL };
        ui.painter().rect_filled(rect, theme::ITEM_ROUND, fill);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, letter, theme::bold(11.0), ink);
        if response.clicked() {
            chosen = Some(corner);
        }
    }
    chosen
}
