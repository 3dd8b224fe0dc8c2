//! The preset in the head of the window: its name, a mark when the project has changed since, and the arrows to its neighbours. Main
//! thread.

use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::button::{ink, sign_button};
use super::name;
use super::theme::{self, AMBER, DIM, FAINT, TEXT};
use crate::session::PresetTitle;

/// Height of the line in points, and width of an arrow's button.
pub const HEIGHT: f32 = 22.0;
const ARROW: f32 = 22.0;
/// Points between the arrows and the name's field.
const GAP: f32 = 2.0;
/// Points of the field beside the name, where the mark is.
const MARK: f32 = 18.0;

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Load the preset so many places further.
    Step(isize),
    /// Show the list of presets.
    Show,
}

/// Draws the line.
pub fn show(ui: &Ui, rect: Rect, preset: Option<&PresetTitle>) -> Option<Action> {
    let mut action = None;
    for (x, by, name) in [(rect.min.x, -1, "Previous preset"), (rect.max.x - ARROW, 1, "Next preset")] {
        let place = Rect::from_min_size(pos2(x, rect.min.y), vec2(ARROW, rect.height()));
        let response = sign_button(ui, place, "", name, true);
        let (stroke, side) = (Stroke::new(1.8, ink(ui, &response, true)), by as f32);
        let tip = place.center() + vec2(3.0 * side, 0.0);
        ui.painter().line(vec![tip - vec2(5.0 * side, 5.0), tip, tip - vec2(5.0 * side, -5.0)], stroke);
        if response.on_hover_text(name).clicked() {
            action = Some(Action::Step(by));
        }
    }
    let field = rect.shrink2(vec2(ARROW + GAP, 0.0));
    let is_changed = preset.is_some_and(|preset| preset.is_changed);
    let text = preset.map_or("No preset", |preset| preset.name.as_str());
    let label = format!("Preset {text}{}", if is_changed { ", changed" } else { "" });
    let response = ui.interact(field, ui.scope_id().with("preset"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let is_near = response.hovered() || response.has_focus();
    let rim = if response.has_focus() { AMBER } else { theme::faded(theme::LINE, 0.7) };
    ui.painter().rect(field, theme::ITEM_ROUND, theme::WELL, Stroke::new(1.0, rim), StrokeKind::Inside);
    let color = match preset {
        None => FAINT,
        Some(_) if is_near => TEXT,
        Some(_) => DIM,
    };
    let width = field.width() - 2.0 * MARK;
    let shown = name::show(ui, field.center(), Align2::CENTER_CENTER, text, theme::bold(13.0), color, width);
    if is_changed {
        ui.painter().circle_filled(pos2(shown.max.x + 8.0, field.center().y + 1.0), 3.0, AMBER);
    }
    let hint =
        if is_changed { "Changed since it was loaded or saved. Click to see all presets" } else { "Show all presets" };
    response.on_hover_text(hint).clicked().then_some(Action::Show).or(action)
}
