//! The morph slider: from the knobs' sound to the pad's, both ends named. Main thread.

use egui::{Align2, Mesh, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::gestures::ParamGestures;
use super::name;
use super::param_menu;
use super::theme::{self, AMBER, DIM, FAINT, TEAL, TEXT};
use crate::params::ParamId;

/// Height of the track and radius of the handle, in points.
const TRACK: f32 = 6.0;
const HANDLE: f32 = 9.0;
/// Points beside the middle of the slider that the names at its ends leave free: half of "100 %" and the headings.
const MIDDLE: f32 = 70.0;

/// Draws the slider into `rect` and moves it; whether the user holds it. While it glides by itself its gesture goes on.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    gestures: &mut ParamGestures,
    knobs_name: &str,
    pad_name: &str,
    is_gliding: bool,
) -> bool {
    let mut is_held = false;
    let response = ui.interact(rect, ui.scope_id().with("morph"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::slider(true, f64::from(gestures.normalized(ParamId::MORPH)), "Morph"));
    param_menu::show(ui, &response, &[ParamId::MORPH], gestures);
    let track = Rect::from_center_size(pos2(rect.center().x, rect.max.y - 14.0), vec2(rect.width() - 24.0, TRACK));
    if response.is_pointer_button_down_on()
        && ui.input(|input| input.pointer.primary_down())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        gestures.take(ParamId::MORPH);
        gestures.drag_to(ParamId::MORPH, egui::remap_clamp(pointer.x, track.x_range(), 0.0..=1.0));
        is_held = true;
    } else if !is_gliding {
        gestures.release(ParamId::MORPH);
    }
    if response.double_clicked() {
        gestures.reset(ParamId::MORPH);
    }
    let place = gestures.normalized(ParamId::MORPH);
    let lit = ui.ctx().animate_bool(response.id, response.hovered() || gestures.holds(ParamId::MORPH));
    paint_names(ui, rect, place, knobs_name, pad_name);
    paint_track(ui, track, place, lit);
    is_held
}

fn paint_names(ui: &Ui, rect: Rect, place: f32, knobs_name: &str, pad_name: &str) {
    let painter = ui.painter();
    let room = rect.width() / 2.0 - MIDDLE;
    let y = rect.min.y + 8.0;
    let ends = [
        (rect.min.x, Align2::LEFT_CENTER, "KNOBS", knobs_name, AMBER, 1.0 - place, 1.0),
        (rect.max.x, Align2::RIGHT_CENTER, "PAD", pad_name, TEAL, place, -1.0),
    ];
    for (x, anchor, title, text, color, share, inward) in ends {
        let strength = 0.45 + 0.55 * share;
        let title = painter.text(pos2(x, y), anchor, title, theme::bold(11.0), theme::faded(color, strength));
        let name_x = if inward > 0.0 { title.max.x + 8.0 } else { title.min.x - 8.0 };
        let name_color = FAINT.lerp_to_gamma(TEXT, share);
        name::show(ui, pos2(name_x, y), anchor, text, theme::body(13.0), name_color, room);
    }
    let percent = format!("{:.0} %", place * 100.0);
    painter.text(pos2(rect.center().x, y), Align2::CENTER_CENTER, percent, theme::bold(12.0), DIM);
}

fn paint_track(ui: &Ui, track: Rect, place: f32, lit: f32) {
    let painter = ui.painter();
    theme::well(painter, track.expand2(vec2(3.0, 2.0)));
    let mut mesh = Mesh::default();
    for part in [0.0, 0.5, 1.0] {
        let x = egui::lerp(track.x_range(), part);
        let color = theme::faded(theme::between(part), 0.55);
        mesh.colored_vertex(pos2(x, track.min.y), color);
        mesh.colored_vertex(pos2(x, track.max.y), color);
    }
    for corner in [0, 2] {
        mesh.add_triangle(corner, corner + 1, corner + 2);
        mesh.add_triangle(corner + 1, corner + 2, corner + 3);
    }
    painter.add(Shape::mesh(mesh));
    let color = theme::between(place);
    let handle = pos2(egui::lerp(track.x_range(), place), track.center().y);
    theme::glow(painter, handle, 22.0 + 8.0 * lit, theme::faded(color, 0.5));
    painter.circle_filled(handle, HANDLE, TEXT);
    painter.circle_stroke(handle, HANDLE, Stroke::new(2.5, color));
}
