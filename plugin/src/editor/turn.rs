//! How a control moves its parameter: drag, Shift for fine, wheel, double-click for the default, arrow keys when focused. Main thread.

use egui::{Key, Response, Ui};

use super::gestures::ParamGestures;
use crate::params::ParamId;

/// Points of drag for the whole range: the range of a coarse tuning of ±24 semitones has 3.75 points for each, and the highest
/// knob of the smallest window still has that much window above it.
const TRAVEL_POINTS: f32 = 180.0;
/// With Shift a drag is so many times longer.
const FINE_FACTOR: f32 = 5.0;
/// Weight of a drag across beside one along: it helps a slanted drag and does not spoil a straight one.
const SIDEWAYS: f32 = 0.25;
/// Part of the range for a point of wheel: a notch, which egui reports as 40 points, is a fortieth of the range.
const WHEEL_PER_POINT: f32 = 1.0 / 1600.0;
/// Part of the range for an arrow key on a parameter without steps.
const KEY_STEP: f32 = 0.01;
/// Most of the range that a stepped parameter keeps of a movement that has not filled a step: more than a step of 48, and little enough
/// that a drag beyond the end turns back after nine points.
const MOST_REST: f32 = 0.05;

/// Which way a drag goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Up for more.
    Upward,
    /// To the right for more.
    Rightward,
}

/// Moves a parameter by what the user does on its control.
pub fn turn(ui: &Ui, response: &Response, id: ParamId, along: Along, gestures: &mut ParamGestures) {
    if response.drag_started_by(egui::PointerButton::Primary) {
        response.request_focus();
        gestures.take(id);
    }
    if response.dragged_by(egui::PointerButton::Primary) {
        let moved = response.drag_delta();
        let points = match along {
            Along::Upward => moved.x * SIDEWAYS - moved.y,
            Along::Rightward => moved.x - moved.y * SIDEWAYS,
        };
        roll(ui, id, gestures, points / (TRAVEL_POINTS * fineness(ui)));
    }
    if response.drag_stopped() {
        gestures.release(id);
        ui.data_mut(|data| data.remove::<f32>(rest_id(ui, id)));
    }
    if response.double_clicked() {
        gestures.reset(id);
    }
    nudge(ui, response, id, gestures);
}

/// Moves a parameter by wheel and arrow keys alone.
pub fn nudge(ui: &Ui, response: &Response, id: ParamId, gestures: &mut ParamGestures) {
    if response.hovered() && !gestures.holds(id) {
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel != 0.0 {
            gestures.take(id);
            roll(ui, id, gestures, wheel * WHEEL_PER_POINT / fineness(ui));
            gestures.release(id);
        }
    }
    if response.has_focus() {
        let step = gestures.param(id).steps().map_or(KEY_STEP, |steps| 1.0 / steps as f32);
        let presses = |key| ui.input(|input| input.num_presses(key)) as f32;
        let moved = presses(Key::ArrowUp) - presses(Key::ArrowDown);
        if moved != 0.0 {
            gestures.put(id, gestures.normalized(id) + moved * step);
        }
    }
}

/// Moves the held parameter. A stepped one keeps the part of a movement that does not fill a step, so that a slow drag reaches the next
/// one.
fn roll(ui: &Ui, id: ParamId, gestures: &mut ParamGestures, by: f32) {
    let rest_id = rest_id(ui, id);
    let rest = ui.data(|data| data.get_temp::<f32>(rest_id)).unwrap_or(0.0);
    let (place, rest) = stepped(id, gestures, gestures.normalized(id) + rest + by);
    ui.data_mut(|data| data.insert_temp(rest_id, rest));
    gestures.drag_to(id, place);
}

fn stepped(id: ParamId, gestures: &ParamGestures, wanted: f32) -> (f32, f32) {
    let Some(steps) = gestures.param(id).steps() else { return (wanted.clamp(0.0, 1.0), 0.0) };
    let place = ((wanted * steps as f32).round() / steps as f32).clamp(0.0, 1.0);
    (place, (wanted - place).clamp(-MOST_REST, MOST_REST))
}

fn rest_id(ui: &Ui, id: ParamId) -> egui::Id {
    ui.scope_id().with(("rest of a turn", id))
}

/// How many times longer a movement is now.
fn fineness(ui: &Ui) -> f32 {
    if ui.input(|input| input.modifiers.shift) { FINE_FACTOR } else { 1.0 }
}
