//! The levels of the step source as bars; a drag across them draws them, a double-click brings a bar back to the middle. Main thread.

use egui::{PointerButton, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};
use engine::params::{STEPS, StepLevels};

use super::theme::{self, AMBER, FAINT, LINE, TEXT};

/// Points between two bars.
const GAP: f32 = 2.0;
/// Levels this near to 0 are 0: half of the least step of "0 %" on the lowest picture.
const SNAP: f32 = 0.02;

/// Draws the levels, of which the first `count` are played; the levels as the user wants them.
pub fn show(ui: &Ui, rect: Rect, levels: &StepLevels, count: usize) -> Option<StepLevels> {
    let response = ui.interact(rect, ui.scope_id().with("steps"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Levels of the steps"));
    let room = rect.shrink(5.0);
    let hovered = response.hover_pos().map(|pointer| step_at(room, pointer.x));
    theme::well(ui.painter(), rect);
    ui.painter().hline(room.x_range(), room.center().y, Stroke::new(1.0, LINE));
    for step in 0..STEPS {
        let (bar, level) = (bar(room, step), levels.level(step));
        let top = egui::remap(level, -1.0..=1.0, bar.max.y..=bar.min.y);
        // A level of 0 is still seen.
        let body = Rect::from_two_pos(pos2(bar.min.x, bar.center().y), pos2(bar.max.x, top)).expand2(vec2(0.0, 0.75));
        let ink = match (step < count, hovered == Some(step)) {
            (false, _) => theme::faded(FAINT, 0.35),
            (true, true) => TEXT,
            (true, false) => AMBER,
        };
        ui.painter().rect_filled(body, 1.0, ink);
    }
    if let Some(step) = hovered {
        let text = format!("{}: {:+.0} %", step + 1, 100.0 * levels.level(step));
        response.clone().on_hover_text_at_pointer(text);
    }
    let pointer = response.interact_pointer_pos()?;
    if response.double_clicked() {
        return Some(levels.with(step_at(room, pointer.x), 0.0));
    }
    let is_drawing =
        response.is_pointer_button_down_on() && ui.input(|input| input.pointer.button_down(PointerButton::Primary));
    let before = pointer - if response.dragged() { response.drag_delta() } else { egui::Vec2::ZERO };
    let drawn = drawn(levels, room, before, pointer);
    (is_drawing && drawn != *levels).then_some(drawn)
}

/// `levels` with those between two places of the pointer on the line between them.
fn drawn(levels: &StepLevels, room: Rect, from: Pos2, to: Pos2) -> StepLevels {
    let (first, last) = (step_at(room, from.x), step_at(room, to.x));
    let mut drawn = *levels;
    for step in first.min(last)..=first.max(last) {
        let part = if first == last { 1.0 } else { (step as f32 - first as f32) / (last as f32 - first as f32) };
        let level = egui::remap(egui::lerp(from.y..=to.y, part), room.max.y..=room.min.y, -1.0..=1.0);
        drawn = drawn.with(step, if level.abs() < SNAP { 0.0 } else { level });
    }
    drawn
}

fn step_at(room: Rect, x: f32) -> usize {
    ((x - room.min.x) / room.width() * STEPS as f32).clamp(0.0, STEPS as f32 - 1.0) as usize
}

fn bar(room: Rect, step: usize) -> Rect {
    let width = room.width() / STEPS as f32;
    let left = room.min.x + width * step as f32;
    Rect::from_min_max(pos2(left + GAP / 2.0, room.min.y), pos2(left + width - GAP / 2.0, room.max.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_draws_every_step_between_its_ends() {
        let room = Rect::from_min_size(Pos2::ZERO, vec2(160.0, 100.0));
        let drawn = drawn(&StepLevels::FIRST, room, pos2(5.0, 0.0), pos2(45.0, 100.0));
        for (step, wanted) in [1.0, 0.5, 0.0, -0.5, -1.0].into_iter().enumerate() {
            assert!((drawn.level(step) - wanted).abs() < 1e-5, "step {step}: {}", drawn.level(step));
        }
        assert_eq!(drawn.level(5), StepLevels::FIRST.level(5));
    }
}
