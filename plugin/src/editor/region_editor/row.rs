//! The row of controls of the region editor: start, key, "Listen", and the buttons that close it. Main thread.

use egui::{Align2, Rect, Response, Sense, Ui, pos2, vec2};
use engine::state::Cut;

use super::{BUTTON, End, FINE_NUDGE_S, PLACES, RegionEditor, key};
use crate::editor::button::{button, sign_button};
use crate::editor::gestures::ParamGestures;
use crate::editor::name;
use crate::editor::theme::{self, DIM, FAINT, GRID, TEXT};
use crate::params::ParamId;
use crate::session::Session;
use crate::target::Target;

/// Points of drag for a millisecond of the region's start, so that single milliseconds can be hit, and for a semitone of the key, so that
/// an octave is 144 points, less than the room above the control.
const POINTS_PER_MS: f32 = 2.0;
const POINTS_PER_SEMITONE: f32 = 12.0;
/// Width in points of the field of the key: "D#3 +49 ct · from its name" fits.
const KEY_WIDTH: f32 = 216.0;
/// Velocity at which "Listen" plays, [0, 1]: that of a firmly played note, about 100 of MIDI's 127.
const LISTEN_VELOCITY: f32 = 0.8;

impl RegionEditor {
    /// Start and key at the left, the buttons that close the editor at the right.
    pub(super) fn show_row(
        &mut self,
        ui: &Ui,
        row: Rect,
        cut: &Cut,
        session: &Session,
        gestures: &mut ParamGestures,
    ) -> Option<End> {
        let mut x = row.min.x;
        let mut next = |width: f32, gap: f32| {
            x += width + gap;
            Rect::from_min_size(pos2(x - width - gap, row.min.y), vec2(width, BUTTON))
        };
        self.show_start(ui, next(132.0, 4.0), next(60.0, 16.0), cut);
        self.show_key(ui, [next(BUTTON, 4.0), next(KEY_WIDTH, 4.0), next(BUTTON, 4.0), next(76.0, 0.0)], cut);
        let right =
            |place: f32| Rect::from_min_size(pos2(row.max.x - 68.0 - 76.0 * place, row.min.y), vec2(68.0, BUTTON));
        let listen = button(ui, right(2.0), "Listen", true).on_hover_text("Hold to hear the sound at its key");
        self.listen(&listen, cut, session, gestures);
        let cancel = button(ui, right(1.0), "Cancel", true).on_hover_text("Leave the sound as it was");
        let done = button(ui, right(0.0), "Done", true);
        if cancel.clicked() { Some(End::Cancel) } else { done.clicked().then_some(End::Done) }
    }

    fn show_start(&mut self, ui: &Ui, place: Rect, back: Rect, cut: &Cut) {
        let start_s = self.start_s(cut);
        let response = field(ui, place, "Start", &format!("{start_s:.3} s"), self.onset_s().is_some());
        let steps = self.steps(ui, &response, POINTS_PER_MS, response.drag_delta().x);
        if steps != 0 {
            self.move_start(start_s + f64::from(steps) * FINE_NUDGE_S);
        }
        let can_go_back = self.onset_s().is_some() && self.choice.region_s.is_some();
        let onset = button(ui, back, "Onset", can_go_back).on_hover_text("Begin where the sound was found to begin");
        if onset.clicked() {
            self.choice.region_s = None;
            self.visible = self.visible.zip(self.onset_s()).map(|(visible, onset_s)| visible.showing(onset_s));
        }
    }

    fn show_key(&mut self, ui: &Ui, [down, place, up, back]: [Rect; 4], cut: &Cut) {
        let step = if ui.input(|input| input.modifiers.shift) { 12 } else { 1 };
        let hint = "A semitone; with Shift an octave";
        if sign_button(ui, down, "−", "Key down", true).on_hover_text(hint).clicked() {
            self.move_key(-step, cut);
        }
        let response = field(ui, place, "Key", &key::describe(self.choice.key, cut), true);
        let steps = self.steps(ui, &response, POINTS_PER_SEMITONE, -response.drag_delta().y);
        self.move_key(steps, cut);
        if sign_button(ui, up, "+", "Key up", true).on_hover_text(hint).clicked() {
            self.move_key(step, cut);
        }
        let detected = button(ui, back, "Detected", self.choice.key.is_some());
        if detected.on_hover_text("Take the key that the file or its name tells, else the one that is heard").clicked()
        {
            self.choice.key = None;
        }
    }

    /// Whole steps of a field that is dragged, or turned by the wheel.
    fn steps(&mut self, ui: &Ui, response: &Response, points: f32, dragged: f32) -> i32 {
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        let by = if response.dragged() {
            dragged
        } else if response.hovered() {
            wheel / 2.0
        } else {
            return 0;
        };
        if response.drag_started() {
            self.rest = 0.0;
        }
        self.rest += by;
        let steps = (self.rest / points).trunc();
        self.rest -= steps * points;
        steps as i32
    }

    /// Plays the sound while the button is held; a corner's sound is heard alone.
    fn listen(&mut self, response: &Response, cut: &Cut, session: &Session, gestures: &mut ParamGestures) {
        if !response.is_pointer_button_down_on() {
            self.is_listening = false;
            return self.listening.release(&session.store);
        }
        // Once per press: the host may report the new positions late, and each further write would be a gesture of its own.
        if !std::mem::replace(&mut self.is_listening, true) {
            self.places.get_or_insert_with(|| PLACES.map(|id| gestures.normalized(id)));
            let wanted = match self.target {
                Target::Corner(corner) => [(corner % 2) as f32, (corner / 2) as f32, 1.0],
                Target::Knobs => [gestures.normalized(ParamId::PAD_X), gestures.normalized(ParamId::PAD_Y), 0.0],
            };
            for (id, place) in PLACES.into_iter().zip(wanted) {
                if gestures.normalized(id) != place {
                    gestures.put(id, place);
                }
            }
        }
        let key = key::key(self.choice.key, cut).round() as u8;
        self.listening.move_to(Some(key), LISTEN_VELOCITY, &session.store);
    }
}

/// A value with its name, to be dragged or turned by the wheel.
fn field(ui: &Ui, rect: Rect, called: &str, value: &str, enabled: bool) -> Response {
    let sense = if enabled { Sense::drag() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(("import field", called)), sense);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, enabled, format!("{called} {value}")));
    theme::well(ui.painter(), rect);
    let y = rect.center().y;
    let lit = ui.ctx().animate_bool(response.id, enabled && (response.hovered() || response.dragged()));
    let label = ui.painter().text(pos2(rect.min.x + 10.0, y), Align2::LEFT_CENTER, called, theme::body(12.0), FAINT);
    let color = if enabled { DIM.lerp_to_gamma(TEXT, 0.5 + 0.5 * lit) } else { FAINT };
    let right = rect.max.x - 10.0;
    let width = right - label.max.x - GRID;
    name::show(ui, pos2(right, y), Align2::RIGHT_CENTER, value, theme::bold(13.0), color, width);
    response
}
