//! The picture of the file in the region editor: its outline, the region that can be dragged, the onset, the time axis. Main thread.

use egui::{Align2, Color32, Rect, Response, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::region::{VisibleRange, limited_start};
use crate::editor::theme::{self, DIM, FAINT, LINE, TEXT};
use crate::editor::wave::{AXIS, paint_axis, paint_columns};
use crate::reimport::Survey;

/// Height in points above the outline, for the region's handle and the word at the onset: one line of text.
const LANE: f32 = 16.0;
/// Factor of a drag with Shift: ten points of drag move the region by one.
const FINE_FACTOR: f64 = 0.1;
/// Points of wheel that double the size: three notches of a mouse wheel, which egui reports as 40 points each.
const WHEEL_POINTS: f64 = 120.0;

/// A file with the region in it.
pub struct Picture<'a> {
    /// What is shown.
    pub survey: &'a Survey,
    /// Where the region begins, in seconds.
    pub start_s: f64,
    /// Its length, in seconds.
    pub region_s: f64,
    /// Colour of the region.
    pub color: Color32,
}

/// Where the pointer holds the region, in seconds from its start.
pub type Grab = Option<f64>;

impl Picture<'_> {
    /// Draws the picture and moves what it shows. Says where the region is dragged to.
    pub fn show(&self, ui: &Ui, panel: Rect, visible: &mut VisibleRange, grab: &mut Grab) -> Option<f64> {
        theme::well(ui.painter(), panel);
        let screen = panel.shrink2(vec2(8.0, 0.0)).with_min_y(panel.min.y + LANE).with_max_y(panel.max.y - AXIS);
        let response = ui.interact(panel, ui.scope_id().with("import picture"), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::slider(true, self.start_s, "Region"));
        look_around(ui, &response, screen, visible);
        let dragged = if self.can_move() { self.dragged(ui, &response, screen, *visible, grab) } else { None };
        let is_lit = self.can_move() && (response.hovered() || grab.is_some());
        paint_axis(ui, screen, panel.max.y - AXIS / 2.0 - 1.0, visible.from_s..visible.to_s);
        self.paint(ui, screen, *visible, ui.ctx().animate_bool(response.id, is_lit));
        dragged
    }

    /// Without its file a recording has no other region.
    fn can_move(&self) -> bool {
        self.survey.onset_s.is_some()
    }

    fn dragged(
        &self,
        ui: &Ui,
        response: &Response,
        screen: Rect,
        visible: VisibleRange,
        grab: &mut Grab,
    ) -> Option<f64> {
        let is_held = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
        let Some(pointer) = response.interact_pointer_pos().filter(|_| is_held) else {
            *grab = None;
            return None;
        };
        let time_s = visible.time_s((pointer.x - screen.min.x) / screen.width());
        let is_inside = (self.start_s..=self.start_s + self.region_s).contains(&time_s);
        let is_first = grab.is_none();
        // A press beside the region moves its start to the pointer.
        let held = grab.get_or_insert(if is_inside { time_s - self.start_s } else { 0.0 });
        if !is_first && ui.input(|input| input.modifiers.shift) {
            let moved_s =
                f64::from(response.drag_delta().x / screen.width()) * (visible.to_s - visible.from_s) * FINE_FACTOR;
            *held = time_s - (self.start_s + moved_s);
        }
        Some(limited_start(time_s - *held, self.survey.outline.length_s()))
    }

    fn paint(&self, ui: &Ui, screen: Rect, visible: VisibleRange, lit: f32) {
        let painter = ui.painter().with_clip_rect(screen.with_min_y(screen.min.y - LANE).expand2(vec2(2.0, 0.0)));
        let x = |time_s: f64| screen.min.x + visible.place(time_s) * screen.width();
        let end_s = self.start_s + self.region_s;
        let region = Rect::from_x_y_ranges(x(self.start_s)..=x(end_s), screen.min.y - LANE + 1.0..=screen.max.y);
        painter.rect_filled(region, 0.0, theme::faded(self.color, 0.09 + 0.05 * lit));
        painter.hline(screen.x_range(), screen.center().y, Stroke::new(1.0, theme::faded(LINE, 0.8)));
        self.paint_outline(ui, screen, visible);
        painter.vline(region.max.x, region.y_range(), Stroke::new(1.0, theme::faded(self.color, 0.55)));
        if let Some(onset_s) = self.survey.onset_s {
            let dashes = [pos2(x(onset_s), screen.min.y), pos2(x(onset_s), screen.max.y)];
            painter.extend(Shape::dashed_line(&dashes, Stroke::new(1.0, DIM), 3.0, 3.0));
            let place = pos2(x(onset_s) + 6.0, screen.min.y - LANE / 2.0);
            painter.text(place, Align2::LEFT_CENTER, "onset", theme::body(11.0), FAINT);
        }
        painter.vline(region.min.x, region.y_range(), Stroke::new(1.5, self.color.lerp_to_gamma(TEXT, lit)));
        let handle = [Vec2::ZERO, vec2(7.0, 0.0), vec2(0.0, 9.0)].map(|corner| region.min + corner);
        painter.add(Shape::convex_polygon(handle.to_vec(), self.color.lerp_to_gamma(TEXT, lit), Stroke::NONE));
    }

    fn paint_outline(&self, ui: &Ui, screen: Rect, visible: VisibleRange) {
        let outline = &self.survey.outline;
        let peak =
            outline.columns(0.0, outline.length_s(), 1).fold(0.0f32, |peak, (low, high)| peak.max(-low).max(high));
        let count = (screen.width() * ui.ctx().pixels_per_point() / 2.0).ceil().max(1.0) as usize;
        let columns: Vec<_> = outline.columns(visible.from_s, visible.to_s, count).collect();
        let rest = theme::faded(FAINT, 0.55);
        paint_columns(ui.painter(), screen, &columns, peak, |column| {
            let time_s = visible.time_s((column as f32 + 0.5) / count as f32);
            if (self.start_s..self.start_s + self.region_s).contains(&time_s) { self.color } else { rest }
        });
    }
}

/// The wheel enlarges, sideways it moves.
fn look_around(ui: &Ui, response: &Response, screen: Rect, visible: &mut VisibleRange) {
    let Some(pointer) = response.hover_pos() else { return };
    let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    let place = ((pointer.x - screen.min.x) / screen.width()).clamp(0.0, 1.0);
    let factor = (f64::from(wheel.y) / WHEEL_POINTS).exp2() * f64::from(pinch);
    if factor != 1.0 {
        *visible = visible.zoomed(place, factor);
    }
    if wheel.x != 0.0 {
        *visible = visible.moved(-f64::from(wheel.x / screen.width()));
    }
}
