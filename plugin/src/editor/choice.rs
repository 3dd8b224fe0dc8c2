//! A parameter that chooses one of several things: a menu, or two halves of which one is lit. Arrow keys and wheel step through the
//! choices, a double-click brings the default back, a right-click opens the parameter's menu. Main thread.

use egui::{Align2, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use engine::params::TextForm;

use super::gestures::ParamGestures;
use super::name;
use super::param_menu;
use super::theme::{self, AMBER, DIM, FAINT, LINE, RAISED, RAISED_HOVER, TEXT};
use super::turn::nudge;
use super::{knob, lfo};
use crate::params::ParamId;

/// Height of a menu's button, and of both halves of a pair, in points.
const BUTTON: f32 = 24.0;
const PAIR: f32 = 34.0;
/// Points that a button is narrower than its cell.
const GAP: f32 = 2.0;
/// Narrower buttons, in points, have smaller text.
const NARROW: f32 = 52.0;
/// Height in points from which a menu scrolls: what fits above the strip of the smallest window.
const TALLEST_MENU: f32 = 380.0;

/// How a choice is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The name of what is chosen.
    Name,
    /// An LFO's shape, with its name below.
    Shape,
}

/// The names of a parameter's values.
pub fn names(id: ParamId) -> &'static [&'static str] {
    match id.spec().text {
        TextForm::Names(names) => names,
        _ => &[],
    }
}

/// Draws the choice into a cell as tall as a knob of `radius`; its label is where the knob's would be.
pub fn show(ui: &mut Ui, rect: Rect, id: ParamId, label: &str, radius: f32, face: Face, gestures: &mut ParamGestures) {
    let names = names(id);
    let middle = pos2(rect.center().x, knob::label_y(rect, radius) - radius - 6.0);
    let room = |height: f32| Rect::from_center_size(middle, vec2(rect.width() - GAP, height));
    if names.len() == 2 {
        pair(ui, room(PAIR), id, label, names, gestures);
    } else {
        menu(ui, room(if face == Face::Shape { PAIR } else { BUTTON }), id, label, names, face, gestures);
    }
    let y = knob::label_y(rect, radius);
    let width = rect.width() + 4.0;
    name::show(ui, pos2(middle.x, y), Align2::CENTER_TOP, label, theme::bold(12.0), DIM, width);
    if face == Face::Shape {
        let text = gestures.text(id);
        name::show(ui, pos2(middle.x, y + 24.0), Align2::CENTER_CENTER, &text, theme::body(12.0), FAINT, width);
    }
}

fn menu(ui: &Ui, rect: Rect, id: ParamId, label: &str, names: &[&str], face: Face, gestures: &mut ParamGestures) {
    let response = ui.interact(rect, ui.scope_id().with(("choice", id)), Sense::click());
    describe(&response, id, label, gestures);
    nudge(ui, &response, id, gestures);
    param_menu::show(ui, &response, &[id], gestures);
    if response.double_clicked() {
        gestures.reset(id);
    }
    paint_button(ui, rect, &response);
    let now = chosen(id, names, gestures);
    match face {
        Face::Shape => lfo::paint(ui, rect.shrink2(vec2(6.0, 7.0)), now, AMBER),
        Face::Name => {
            let font = theme::body(if rect.width() < NARROW { 10.5 } else { 12.0 });
            name::show(ui, rect.center(), Align2::CENTER_CENTER, names[now], font, TEXT, rect.width() - 2.0);
        }
    }
    if let Some(next) = pick(&response, names.iter().copied(), now) {
        gestures.put(id, place_of(next, names));
    }
}

/// The menu that a button opens; the place of what was chosen.
pub fn pick<'a>(response: &Response, names: impl Iterator<Item = &'a str>, now: usize) -> Option<usize> {
    let mut picked = None;
    egui::Popup::menu(response).width(96.0).show(|ui| {
        ScrollArea::vertical().max_height(TALLEST_MENU).show(ui, |ui| {
            for (place, name) in names.enumerate() {
                if ui.selectable_label(place == now, name).clicked() {
                    picked = Some(place);
                }
            }
        });
    });
    picked
}

/// Draws a button that opens a menu.
pub fn paint_button(ui: &Ui, rect: Rect, response: &Response) {
    let lit = ui.ctx().animate_bool(response.id, response.hovered());
    let rim = if response.has_focus() { AMBER } else { LINE.lerp_to_gamma(theme::faded(AMBER, 0.6), lit) };
    let fill = RAISED.lerp_to_gamma(RAISED_HOVER, lit);
    ui.painter().rect(rect, theme::ITEM_ROUND, fill, Stroke::new(1.0, rim), StrokeKind::Inside);
}

/// Two things, one above the other; a click takes the half that it falls on, Enter the other one.
fn pair(ui: &Ui, rect: Rect, id: ParamId, label: &str, names: &[&str], gestures: &mut ParamGestures) {
    let response = ui.interact(rect, ui.scope_id().with(("choice", id)), Sense::click());
    describe(&response, id, label, gestures);
    nudge(ui, &response, id, gestures);
    param_menu::show(ui, &response, &[id], gestures);
    let now = chosen(id, names, gestures);
    if response.clicked() {
        let half = response.interact_pointer_pos().map(|pointer| usize::from(pointer.y > rect.center().y));
        gestures.put(id, place_of(half.unwrap_or(1 - now), names));
    }
    paint_button(ui, rect, &response);
    let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
    for (place, half) in [upper, lower].into_iter().enumerate() {
        if place == now {
            ui.painter().rect_filled(half.shrink(1.0), theme::ITEM_ROUND, theme::faded(AMBER, 0.22));
        }
        let ink = if place == now { TEXT } else { FAINT };
        let width = half.width() - 4.0;
        name::show(ui, half.center(), Align2::CENTER_CENTER, names[place], theme::body(11.0), ink, width);
    }
}

fn describe(response: &Response, id: ParamId, label: &str, gestures: &ParamGestures) {
    let (name, value) = (format!("{} {label}", gestures.param(id).name()), gestures.text(id));
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name);
        info.current_text_value = Some(value.clone());
        info
    });
}

fn chosen(id: ParamId, names: &[&str], gestures: &ParamGestures) -> usize {
    let last = names.len() - 1;
    ((gestures.normalized(id) * last as f32).round() as usize).min(last)
}

fn place_of(choice: usize, names: &[&str]) -> f32 {
    choice as f32 / (names.len() - 1) as f32
}
