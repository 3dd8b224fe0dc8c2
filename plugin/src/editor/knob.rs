//! A knob: drag up and down, Shift for fine, wheel, double-click for the default, right-click for its menu, Enter to type a
//! value, arrow keys when focused. Main thread.

use std::f32::consts::TAU;

use egui::{Align2, Color32, Pos2, Rect, Response, Sense, Stroke, Ui, Vec2, vec2};

use super::gestures::ParamGestures;
use super::name;
use super::param_menu;
use super::theme::{self, DIM, FAINT, LINE, RAISED, RAISED_HOVER, TEXT};
use super::turn::{Along, turn};
use super::typing::Typing;
use crate::params::ParamId;

/// Where the arc begins and how far it goes, in radians clockwise from the right: it leaves a quarter turn open at the bottom.
const START: f32 = TAU * 0.375;
const SWEEP: f32 = TAU * 0.75;
/// Distance in points from the top of the cell to the arc, and from the arc to the label.
const ABOVE: f32 = 6.0;
const BELOW: f32 = 7.0;
/// Height in points of label and value below the arc.
const CAPTION: f32 = 33.0;
/// Smallest font of a label in points; what is longer is cut.
const LEAST_LABEL: f32 = 9.5;

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

/// Height in points of a knob of this radius with its label and value.
pub fn height(radius: f32) -> f32 {
    ABOVE + 2.0 * radius + BELOW + CAPTION
}

/// Where the label of a knob of this radius begins in its cell.
pub fn label_y(cell: Rect, radius: f32) -> f32 {
    cell.min.y + ABOVE + 2.0 * radius + BELOW
}

impl Knob<'_> {
    /// Draws the knob into `rect`: disc above, label and value below.
    pub fn show(&self, ui: &mut Ui, rect: Rect, gestures: &mut ParamGestures, typing: &mut Option<Typing>) -> Response {
        let response = ui.interact(rect, ui.scope_id().with(("knob", self.id)), Sense::click_and_drag());
        let name = format!("{} {}", gestures.param(self.id).name(), self.label);
        let value = f64::from(gestures.normalized(self.id));
        response.widget_info(|| egui::WidgetInfo::slider(true, value, &name));
        turn(ui, &response, self.id, Along::Upward, gestures);
        Typing::begin(ui, &response, self.id, gestures, typing);
        param_menu::show_with_typing(ui, &response, self.id, gestures, typing);
        self.paint(ui, rect, &response, gestures);
        self.caption(ui, rect, &response, gestures, typing);
        response
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
        let label_y = label_y(rect, self.radius);
        let middle = rect.center().x;
        let label_place = egui::pos2(middle, label_y);
        let width = rect.width() + 4.0;
        let font = name::fitting_font(ui.ctx(), self.label, theme::bold(12.0), width, LEAST_LABEL);
        name::show(ui, label_place, Align2::CENTER_TOP, self.label, font, DIM, width);
        let value_rect = Rect::from_center_size(egui::pos2(middle, label_y + 24.0), vec2(rect.width(), 18.0));
        if Typing::is_of(typing.as_ref(), self.id) {
            return Typing::show(ui, value_rect, gestures, typing);
        }
        let active = response.hovered() || gestures.holds(self.id);
        let color = if active { self.color } else { FAINT };
        let text = gestures.text(self.id);
        name::show(ui, value_rect.center(), Align2::CENTER_CENTER, &text, theme::body(12.0), color, width);
    }
}
