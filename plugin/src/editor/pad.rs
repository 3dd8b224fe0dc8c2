//! The pad: a point between four named corners, which mixes their sounds. Corners take sounds and files that are dropped on them. Main
//! thread.

use egui::{Align2, Color32, Pos2, Rect, Response, Sense, Stroke, Ui, pos2, vec2};
use engine::params::PadPath;

use super::drag::Dragged;
use super::gestures::ParamGestures;
use super::layout::inside;
use super::morph_follow::SILENT;
use super::name;
use super::param_menu;
use super::path::{self, Recording};
use super::theme::{self, DIM, FAINT, TEAL, TEXT};
use crate::params::ParamId;
use crate::target::CORNERS;
use crate::target::corner_letter;

/// How long the points of the trail stay, in seconds. Chosen by eye: it shows where the point came from and does not clutter the pad.
const TRAIL_S: f64 = 0.6;
/// Points between the pad's edge and where the point can go: the point's ring stays within the pad.
const EDGE: f32 = 10.0;
/// Width of the switch of the morph slider, in points.
const FOLLOW_WIDTH: f32 = 104.0;
/// Width of the switch of the recording, in points.
const RECORD_WIDTH: f32 = 66.0;

/// What the pad remembers: the trail behind the point, as places in [0, 1] with the time in seconds at which the point was there, and the
/// path that is being recorded.
#[derive(Default)]
pub struct Pad {
    trail: Vec<(Pos2, f64)>,
    recording: Recording,
}

/// A corner of the pad as it is shown.
pub struct Corner {
    /// Name of its sound.
    pub name: String,
    /// Whether that is an imported recording.
    pub is_imported: bool,
}

/// What the user asked for.
pub enum PadAction {
    /// Put on a corner what was dropped there.
    Put(usize, std::sync::Arc<Dragged>),
    /// Show region and key of a corner's recording.
    Open(usize),
    /// Let the morph slider follow what is touched, or not.
    Follow(bool),
    /// Keep a path that was recorded.
    Recorded(Box<PadPath>),
}

impl Pad {
    /// Draws the pad and moves the point.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        panel: Rect,
        gestures: &mut ParamGestures,
        corners: &[Corner; CORNERS],
        (follows, pad_path): (bool, &PadPath),
    ) -> Option<PadAction> {
        theme::panel(ui.painter(), panel, "Pad");
        let switch = Rect::from_min_size(panel.right_top() + vec2(-12.0 - FOLLOW_WIDTH, 5.0), vec2(FOLLOW_WIDTH, 20.0));
        let hint = "Let a touch of pad or knobs move the morph slider to their side when they are silent";
        let follow = super::switch::show(ui, switch, "Morph follows", follows).on_hover_text(hint);
        self.show_recording(ui, switch);
        let field = inside(panel).with_max_y(panel.max.y - 12.0);
        let response = ui.interact(field, ui.scope_id().with("pad"), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Pad"));
        param_menu::show(ui, &response, &[ParamId::PAD_X, ParamId::PAD_Y], gestures);
        let range = field.shrink(EDGE);
        let recorded = self.move_point(ui, &response, range, gestures);
        let place = (gestures.normalized(ParamId::PAD_X), gestures.normalized(ParamId::PAD_Y));
        let point = pos2(egui::lerp(range.x_range(), place.0), egui::lerp(range.y_range(), place.1));
        let target = corner_under(&response, ui);
        self.paint_field(ui, field, point, gestures.normalized(ParamId::MORPH));
        paint_corners(ui, field, corners, place, target);
        path::paint(ui.painter(), range, pad_path, &self.recording, place.into());
        self.paint_point(ui, range, point, &response, gestures);
        if gestures.normalized(ParamId::MORPH) <= SILENT {
            theme::dim(ui.painter(), field);
        }
        if let Some(path) = recorded {
            return Some(PadAction::Recorded(Box::new(path)));
        }
        if follow.clicked() {
            return Some(PadAction::Follow(!follows));
        }
        if let Some(corner) = opened(ui, field, corners) {
            return Some(PadAction::Open(corner));
        }
        let what = response.dnd_release_payload::<Dragged>()?;
        target.map(|corner| PadAction::Put(corner, what))
    }

    /// Draws the switch of the recording at the left of another one.
    fn show_recording(&mut self, ui: &Ui, beside: Rect) {
        let right = beside.min.x - 8.0;
        let place = Rect::from_min_max(pos2(right - RECORD_WIDTH, beside.min.y), pos2(right, beside.max.y));
        let hint = "Let the next drag on the pad become a path that plays from then on";
        if super::switch::show(ui, place, "Record", self.recording.is_on()).on_hover_text(hint).clicked() {
            self.recording.switch();
        }
    }

    /// Moves the point; the path that was recorded until it was let go.
    fn move_point(
        &mut self,
        ui: &Ui,
        response: &Response,
        range: Rect,
        gestures: &mut ParamGestures,
    ) -> Option<PadPath> {
        let axes = [ParamId::PAD_X, ParamId::PAD_Y];
        let held = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
        let mut point = axes.map(|id| gestures.normalized(id));
        if let Some(pointer) = response.interact_pointer_pos().filter(|_| held) {
            point = [
                egui::remap_clamp(pointer.x, range.x_range(), 0.0..=1.0),
                egui::remap_clamp(pointer.y, range.y_range(), 0.0..=1.0),
            ];
            for (id, place) in axes.into_iter().zip(point) {
                gestures.take(id);
                gestures.drag_to(id, place);
            }
            self.trail.push((pos2(point[0], point[1]), ui.input(|input| input.time)));
        } else {
            axes.into_iter().for_each(|id| gestures.release(id));
        }
        if response.double_clicked() {
            axes.into_iter().for_each(|id| gestures.reset(id));
        }
        self.recording.follow(ui.input(|input| input.time), held, point)
    }

    fn paint_field(&self, ui: &Ui, field: Rect, point: Pos2, morph: f32) {
        let painter = ui.painter().with_clip_rect(field);
        theme::well(&painter, field);
        for step in 1..8 {
            let part = step as f32 / 8.0;
            let strength = if step == 4 { 0.5 } else { 0.22 };
            let stroke = Stroke::new(1.0, theme::faded(theme::LINE, strength));
            painter.vline(egui::lerp(field.x_range(), part), field.y_range(), stroke);
            painter.hline(field.x_range(), egui::lerp(field.y_range(), part), stroke);
        }
        // The more of the pad is heard, the brighter it is.
        theme::glow(&painter, point, field.height() * 0.55, theme::faded(TEAL, 0.10 + 0.22 * morph));
    }

    fn paint_point(&mut self, ui: &Ui, range: Rect, point: Pos2, response: &Response, gestures: &ParamGestures) {
        let now = ui.input(|input| input.time);
        self.trail.retain(|(_, born)| now - born < TRAIL_S);
        let painter = ui.painter();
        for (place, born) in &self.trail {
            let age = ((now - born) / TRAIL_S) as f32;
            let spot = pos2(egui::lerp(range.x_range(), place.x), egui::lerp(range.y_range(), place.y));
            painter.circle_filled(spot, 4.0 * (1.0 - age), theme::faded(TEAL, 0.5 * (1.0 - age)));
        }
        if !self.trail.is_empty() {
            ui.ctx().request_repaint();
        }
        let held = gestures.holds(ParamId::PAD_X);
        let lit = ui.ctx().animate_bool(response.id.with("lit"), response.hovered() || held);
        theme::glow(painter, point, 22.0 + 8.0 * lit, theme::faded(TEAL, 0.55));
        painter.circle_filled(point, 6.0, TEXT);
        painter.circle_stroke(point, 9.0 + 2.0 * lit, Stroke::new(1.5, TEAL));
    }
}

/// The corner that what is dragged would fall on.
fn corner_under(response: &Response, ui: &Ui) -> Option<usize> {
    response.dnd_hover_payload::<Dragged>().or_else(|| super::drag::os_files_hover(ui).then(Default::default))?;
    let pointer = ui.input(|input| input.pointer.latest_pos())?;
    corner_at(response.rect, pointer)
}

/// The corner whose quarter of `field` holds `place`.
pub fn corner_at(field: Rect, place: Pos2) -> Option<usize> {
    field.contains(place).then(|| usize::from(place.x > field.center().x) + 2 * usize::from(place.y > field.center().y))
}

/// Share of each corner in the mix at a place, each in [0, 1] with 1 as their sum: bilinear interpolation of the square.
pub fn weights(x: f32, y: f32) -> [f32; CORNERS] {
    [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y]
}

fn paint_corners(ui: &Ui, field: Rect, corners: &[Corner; CORNERS], place: (f32, f32), target: Option<usize>) {
    let painter = ui.painter();
    let shares = weights(place.0, place.1);
    for (corner, shown) in corners.iter().enumerate() {
        if target == Some(corner) {
            let quarter = Rect::from_two_pos(field.center(), corner_place(field, corner));
            painter.rect_filled(quarter, theme::ITEM_ROUND, theme::faded(TEAL, 0.16));
            painter.rect_stroke(quarter, theme::ITEM_ROUND, Stroke::new(1.5, TEAL), egui::StrokeKind::Inside);
        }
        let spot = corner_place(field, corner) + inward(corner, 10.0, 9.0);
        let anchor = anchor(corner);
        let strength = shares[corner].sqrt();
        let letter_color = FAINT.lerp_to_gamma(TEAL, strength);
        let letter = painter.text(spot, anchor, corner_letter(corner), theme::bold(13.0), letter_color);
        let name_x = if is_right(corner) { letter.min.x - 7.0 } else { letter.max.x + 7.0 };
        let name_color: Color32 = DIM.lerp_to_gamma(TEXT, strength);
        let room = field.width() / 2.0 - 30.0;
        let name_place = pos2(name_x, spot.y);
        name::show(ui, name_place, anchor, &shown.name, theme::body(13.0), name_color, room);
    }
}

/// Draws the way to region and key beside the names of imported sounds; the corner where it was taken.
fn opened(ui: &Ui, field: Rect, corners: &[Corner; CORNERS]) -> Option<usize> {
    let imported = (0..CORNERS).filter(|corner| corners[*corner].is_imported);
    // All are drawn, whichever is clicked.
    imported.fold(None, |opened, corner| {
        let place = corner_place(field, corner) + inward(corner, 10.0, 29.0);
        let name = format!("Region and key of corner {}", corner_letter(corner));
        let is_clicked = super::region_editor::link(ui, place, anchor(corner), &name);
        is_clicked.then_some(corner).or(opened)
    })
}

fn is_right(corner: usize) -> bool {
    corner % 2 == 1
}

fn is_below(corner: usize) -> bool {
    corner >= 2
}

/// From the edges of a corner towards the middle of the pad.
fn inward(corner: usize, x: f32, y: f32) -> egui::Vec2 {
    vec2(if is_right(corner) { -x } else { x }, if is_below(corner) { -y } else { y })
}

fn anchor(corner: usize) -> Align2 {
    match (is_right(corner), is_below(corner)) {
        (false, false) => Align2::LEFT_TOP,
        (true, false) => Align2::RIGHT_TOP,
        (false, true) => Align2::LEFT_BOTTOM,
        (true, true) => Align2::RIGHT_BOTTOM,
    }
}

fn corner_place(field: Rect, corner: usize) -> Pos2 {
    pos2(
        if is_right(corner) { field.max.x } else { field.min.x },
        if is_below(corner) { field.max.y } else { field.min.y },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_are_whole_at_the_corners() {
        for (x, y, corner) in [(0.0, 0.0, 0), (1.0, 0.0, 1), (0.0, 1.0, 2), (1.0, 1.0, 3)] {
            assert_eq!(weights(x, y)[corner], 1.0);
        }
        assert!((weights(0.3, 0.8).iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn quarters_agree_with_the_weights() {
        let field = Rect::from_min_size(Pos2::ZERO, vec2(10.0, 10.0));
        assert_eq!(corner_at(field, pos2(1.0, 1.0)), Some(0));
        assert_eq!(corner_at(field, pos2(9.0, 1.0)), Some(1));
        assert_eq!(corner_at(field, pos2(1.0, 9.0)), Some(2));
        assert_eq!(corner_at(field, pos2(9.0, 9.0)), Some(3));
        assert_eq!(corner_at(field, pos2(11.0, 9.0)), None);
    }
}
