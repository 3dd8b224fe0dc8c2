//! A knob: drag up and down, Shift for fine, wheel, double-click for the default, right-click or Enter to type a value,
//! arrow keys when focused. Main thread.

use std::f32::consts::TAU;

use egui::{Align2, Color32, Key, Pos2, Rect, Response, Sense, Stroke, Ui, Vec2, vec2};

use super::gestures::ParamGestures;
use super::name;
use super::theme::{self, DIM, FAINT, LINE, RAISED, RAISED_HOVER, TEXT};
use crate::params::ParamId;

/// Points of vertical drag for the whole range: the range of a coarse tuning of ±24 semitones has 3.75 points for each, and the highest
/// knob of the smallest window still has that much window above it.
const TRAVEL_POINTS: f32 = 180.0;
/// With Shift a drag is so many times longer.
const FINE_FACTOR: f32 = 5.0;
/// Weight of a sideways drag beside a vertical one: it helps a slanted drag and does not spoil an upright one.
const SIDEWAYS: f32 = 0.25;
/// Part of the range for a point of wheel: a notch, which egui reports as 40 points, is a fortieth of the range.
const WHEEL_PER_POINT: f32 = 1.0 / 1600.0;
/// Part of the range for an arrow key on a knob without steps.
const KEY_STEP: f32 = 0.01;
/// Most of the range that a stepped knob keeps of a movement that has not filled a step: more than a step of 48, and little enough that a
/// drag beyond the end turns the knob back after nine points.
const MOST_REST: f32 = 0.05;
/// Where the arc begins and how far it goes, in radians clockwise from the right: it leaves a quarter turn open at the bottom.
const START: f32 = TAU * 0.375;
const SWEEP: f32 = TAU * 0.75;
/// Distance in points from the top of the cell to the arc, and from the arc to the label.
const ABOVE: f32 = 6.0;
const BELOW: f32 = 7.0;

/// How one knob looks and is called.
pub struct Knob<'a> {
    /// Parameter it turns.
    pub id: ParamId,
    /// What is written under it.
    pub label: &'a str,
    /// Colour of its arc.
    pub color: Color32,
    /// Radius of the disc in points.
    pub radius: f32,
    /// Whether the arc starts at the middle rather than at the left end.
    pub from_middle: bool,
}

/// A value that is being typed.
pub struct Typing {
    id: ParamId,
    text: String,
    is_fresh: bool,
}

impl Knob<'_> {
    /// Draws the knob into `rect`: disc above, label and value below.
    pub fn show(&self, ui: &mut Ui, rect: Rect, gestures: &mut ParamGestures, typing: &mut Option<Typing>) -> Response {
        let response = ui.interact(rect, ui.scope_id().with(("knob", self.id)), Sense::click_and_drag());
        let name = format!("{} {}", gestures.param(self.id).name(), self.label);
        let value = f64::from(gestures.normalized(self.id));
        response.widget_info(|| egui::WidgetInfo::slider(true, value, &name));
        self.turn(ui, &response, gestures);
        if response.secondary_clicked() || (response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter))) {
            *typing = Some(Typing { id: self.id, text: gestures.text(self.id), is_fresh: true });
        }
        self.paint(ui, rect, &response, gestures);
        self.caption(ui, rect, &response, gestures, typing);
        response
    }

    fn turn(&self, ui: &Ui, response: &Response, gestures: &mut ParamGestures) {
        if response.drag_started_by(egui::PointerButton::Primary) {
            response.request_focus();
            gestures.take(self.id);
        }
        if response.dragged_by(egui::PointerButton::Primary) {
            let moved = response.drag_delta();
            self.roll(ui, gestures, (moved.x * SIDEWAYS - moved.y) / (TRAVEL_POINTS * fineness(ui)));
        }
        if response.drag_stopped() {
            gestures.release(self.id);
            ui.data_mut(|data| data.remove::<f32>(self.rest_id(ui)));
        }
        if response.double_clicked() {
            gestures.reset(self.id);
        }
        if response.hovered() && !gestures.holds(self.id) {
            let wheel = ui.input(|input| input.smooth_scroll_delta().y);
            if wheel != 0.0 {
                self.nudge(ui, gestures, wheel * WHEEL_PER_POINT / fineness(ui));
            }
        }
        if response.has_focus() {
            self.keys(ui, gestures);
        }
    }

    fn keys(&self, ui: &Ui, gestures: &mut ParamGestures) {
        let step = gestures.param(self.id).steps().map_or(KEY_STEP, |steps| 1.0 / steps as f32);
        let presses = |key| ui.input(|input| input.num_presses(key)) as f32;
        let moved = presses(Key::ArrowUp) - presses(Key::ArrowDown);
        if moved != 0.0 {
            gestures.put(self.id, gestures.normalized(self.id) + moved * step);
        }
    }

    /// Moves the held knob. A stepped one keeps the part of a movement that does not fill a step, so that a slow drag reaches the next one.
    fn roll(&self, ui: &Ui, gestures: &mut ParamGestures, by: f32) {
        let rest_id = self.rest_id(ui);
        let rest = ui.data(|data| data.get_temp::<f32>(rest_id)).unwrap_or(0.0);
        let (place, rest) = self.stepped(gestures, gestures.normalized(self.id) + rest + by);
        ui.data_mut(|data| data.insert_temp(rest_id, rest));
        gestures.drag_to(self.id, place);
    }

    fn nudge(&self, ui: &Ui, gestures: &mut ParamGestures, by: f32) {
        gestures.take(self.id);
        self.roll(ui, gestures, by);
        gestures.release(self.id);
    }

    fn stepped(&self, gestures: &ParamGestures, wanted: f32) -> (f32, f32) {
        let place = match gestures.param(self.id).steps() {
            Some(steps) => (wanted * steps as f32).round() / steps as f32,
            None => wanted,
        };
        let place = place.clamp(0.0, 1.0);
        let rest =
            if gestures.param(self.id).steps().is_some() { (wanted - place).clamp(-MOST_REST, MOST_REST) } else { 0.0 };
        (place, rest)
    }

    fn rest_id(&self, ui: &Ui) -> egui::Id {
        ui.scope_id().with(("knob rest", self.id))
    }

    fn center(&self, rect: Rect) -> Pos2 {
        rect.center_top() + vec2(0.0, self.radius + ABOVE)
    }

    fn paint(&self, ui: &Ui, rect: Rect, response: &Response, gestures: &ParamGestures) {
        let painter = ui.painter();
        let center = self.center(rect);
        let place = gestures.normalized(self.id);
        let lit = ui.ctx().animate_bool(response.id, response.hovered() || gestures.holds(self.id));
        let (track, disc) = (self.radius, self.radius * 0.74);
        let angle = START + SWEEP * place;
        let from = if self.from_middle { START + SWEEP / 2.0 } else { START };
        theme::glow(painter, center, self.radius * 1.55, theme::faded(self.color, 0.05 + 0.14 * lit));
        painter.line(theme::arc(center, track, START, START + SWEEP), Stroke::new(3.0, LINE));
        if (angle - from).abs() > 0.01 {
            theme::glowing_line(painter, theme::arc(center, track, from, angle), 3.0, self.color);
        }
        painter.circle_filled(center + vec2(0.0, 1.5), disc + 1.0, theme::faded(Color32::BLACK, 0.5));
        painter.circle_filled(center, disc, RAISED.lerp_to_gamma(RAISED_HOVER, lit));
        // A highlight above the middle makes the disc look raised.
        theme::glow(painter, center - vec2(0.0, disc * 0.35), disc * 0.62, theme::faded(TEXT, 0.09));
        let rim =
            if response.has_focus() { theme::faded(self.color, 0.9) } else { theme::faded(TEXT, 0.16 + 0.08 * lit) };
        painter.circle_stroke(center, disc, Stroke::new(1.0, rim));
        let pointer = Vec2::angled(angle);
        let hand_color = TEXT.lerp_to_gamma(self.color, lit);
        painter.line_segment(
            [center + pointer * disc * 0.42, center + pointer * disc * 0.88],
            Stroke::new(2.5, hand_color),
        );
    }

    fn caption(
        &self,
        ui: &mut Ui,
        rect: Rect,
        response: &Response,
        gestures: &mut ParamGestures,
        typing: &mut Option<Typing>,
    ) {
        let label_y = self.center(rect).y + self.radius + BELOW;
        let middle = rect.center().x;
        let label_place = egui::pos2(middle, label_y);
        let width = rect.width() + 4.0;
        name::show(ui, label_place, Align2::CENTER_TOP, self.label, theme::bold(12.0), DIM, width);
        let value_rect = Rect::from_center_size(egui::pos2(middle, label_y + 24.0), vec2(rect.width(), 18.0));
        if typing.as_ref().is_some_and(|typing| typing.id == self.id) {
            return self.type_value(ui, value_rect, gestures, typing);
        }
        let active = response.hovered() || gestures.holds(self.id);
        let color = if active { self.color } else { FAINT };
        let text = gestures.text(self.id);
        name::show(ui, value_rect.center(), Align2::CENTER_CENTER, &text, theme::body(12.0), color, width);
    }

    fn type_value(&self, ui: &mut Ui, rect: Rect, gestures: &mut ParamGestures, typing: &mut Option<Typing>) {
        let Some(current) = typing else { return };
        let field = egui::TextEdit::singleline(&mut current.text)
            .font(theme::body(12.0))
            .margin(egui::Margin::symmetric(4, 1))
            .align(egui::Align2::CENTER_CENTER);
        let output = ui.put(rect, field);
        if std::mem::take(&mut current.is_fresh) {
            output.request_focus();
            select_all(ui, output.id, current.text.chars().count());
        } else if output.lost_focus() {
            if !ui.input(|input| input.key_pressed(Key::Escape))
                && let Some(place) = gestures.param(self.id).parse(&current.text)
            {
                gestures.put(self.id, place);
            }
            *typing = None;
        }
    }
}

/// How many times longer a movement is now.
fn fineness(ui: &Ui) -> f32 {
    if ui.input(|input| input.modifiers.shift) { FINE_FACTOR } else { 1.0 }
}

fn select_all(ui: &Ui, id: egui::Id, length: usize) {
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let all = egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(length));
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), id);
}
