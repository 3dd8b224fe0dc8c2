//! The foot of the window: what the engine reports, the pack, the resize corner; and messages, which lie over the picture of the sound.
//! Main thread.

use std::sync::Arc;

use egui::{Align2, Color32, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};
use engine::instrument::Status;

use super::name;
use super::theme::{self, AMBER, FAINT, RED, TEXT};
use crate::notices::{Notice, Notices, Weight};
use crate::project::ProjectStore;
use crate::target::Target;

/// Width of a message in points: about seventy-five letters on a line.
const MESSAGE_WIDTH: f32 = 560.0;
/// Most lines of a message: a path of 250 letters is still whole.
const MESSAGE_LINES: usize = 4;
/// Width in points of the button in a message.
const OFFER_WIDTH: f32 = 128.0;
const OFFER: &str = "Region and key …";
/// Width in points of the button that moves a project to the pack, and of the part of the line that is the pack's.
const FROZEN_WIDTH: f32 = 220.0;
const PACK_WIDTH: f32 = FROZEN_WIDTH + 48.0;
/// Width in points of the button that ends some work, and of what is said beside it.
const CANCEL_WIDTH: f32 = 112.0;
const WORK_WIDTH: f32 = 280.0;

/// Draws the status line; `remark` is what the window has done by itself.
pub fn show(ui: &Ui, rect: Rect, status: Option<&Status>, is_busy: bool, remark: Option<&str>) {
    let painter = ui.painter();
    let y = rect.center().y;
    let mut x = rect.min.x + 18.0;
    let mut item = |text: String, color: Color32| {
        x = painter.text(pos2(x, y), Align2::LEFT_CENTER, text, theme::body(12.0), color).max.x + 20.0;
    };
    match status {
        Some(status) => {
            item(format!("decode {:.1} ms", status.decode_ms), FAINT);
            let late = if status.late_count > 0 { AMBER } else { FAINT };
            item(format!("late {}", status.late_count), late);
            item(format!("voices {}", status.playing_voices), FAINT);
            if let Some(progress) = status.progress {
                item(format!("rendering {:.0} %", progress * 100.0), AMBER);
            }
        }
        None => item("no pack loaded".to_owned(), FAINT),
    }
    if is_busy {
        item("working …".to_owned(), AMBER);
    }
    if let Some(remark) = remark {
        item(remark.to_owned(), theme::TEAL);
    }
    if let Some(failure) = status.and_then(|status| status.failed.as_ref()) {
        let width = rect.max.x - PACK_WIDTH - x;
        name::show(ui, pos2(x, y), Align2::LEFT_CENTER, failure, theme::body(12.0), RED, width);
    }
}

/// Draws how far some work is, left of the pack's name, with a button that ends it; whether that was pressed.
pub fn going_on(ui: &Ui, rect: Rect, text: &str) -> bool {
    let right = rect.max.x - PACK_WIDTH;
    let cancel = Rect::from_center_size(pos2(right - CANCEL_WIDTH / 2.0, rect.center().y), vec2(CANCEL_WIDTH, 22.0));
    let place = pos2(cancel.min.x - 10.0, rect.center().y);
    name::show(ui, place, Align2::RIGHT_CENTER, text, theme::body(12.0), AMBER, WORK_WIDTH);
    super::button::button(ui, cancel, "Cancel", true).clicked()
}

/// Draws the pack's name at the right end of the status line. While frozen sounds play, it is a button that moves the
/// project to the pack; `true` when it was pressed.
pub fn pack(ui: &Ui, rect: Rect, text: &str, is_frozen: bool) -> bool {
    let place = pos2(rect.max.x - 28.0, rect.center().y);
    if !is_frozen {
        name::show(ui, place, Align2::RIGHT_CENTER, text, theme::body(12.0), FAINT, FROZEN_WIDTH);
        return false;
    }
    let button = Rect::from_min_max(place - vec2(FROZEN_WIDTH, 11.0), place + vec2(0.0, 11.0));
    super::button::button(ui, button, &format!("Frozen · move to {text}"), true).clicked()
}

/// The corner that resizes the window; the wished size while it is dragged.
pub fn resize_corner(ui: &Ui, window: Rect) -> Option<Vec2> {
    let rect = Rect::from_min_max(window.max - vec2(18.0, 18.0), window.max);
    let response = ui.interact(rect, ui.scope_id().with("resize"), Sense::drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Resize"));
    let color = if response.hovered() || response.dragged() { AMBER } else { FAINT };
    for step in [4.0, 8.0, 12.0] {
        let corner = window.max - vec2(4.0, 4.0);
        ui.painter().line_segment([corner - vec2(step, 0.0), corner - vec2(0.0, step)], Stroke::new(1.0, color));
    }
    if response.hovered() || response.dragged() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeNwSe);
    }
    let pointer = response.interact_pointer_pos().filter(|_| response.dragged())?;
    Some(pointer - window.min + vec2(4.0, 4.0))
}

/// Draws the messages over the picture of the sound, where they hide nothing that can be turned; the newest is highest.
/// Says whose region and key are to be shown, if an offer was taken.
pub fn messages(ui: &Ui, picture: Rect, store: &ProjectStore) -> Option<Target> {
    let mut top = picture.min.y + 10.0;
    let mut taken = None;
    for mut notice in store.notices.all().into_iter().rev() {
        notice.offer = notice.offer.filter(|offer| store.offer_stands(offer));
        let (bottom, is_taken) = message(ui, picture, top, &notice, &store.notices);
        top = bottom + 8.0;
        taken = taken.or(notice.offer.filter(|_| is_taken).map(|offer| offer.target));
    }
    taken
}

/// Draws one message from `top` down; returns its lower edge and whether its offer was taken.
fn message(ui: &Ui, picture: Rect, top: f32, notice: &Notice, notices: &Notices) -> (f32, bool) {
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("heptode messages"));
    let painter = ui.ctx().layer_painter(layer);
    let offer_width = if notice.offer.is_some() { OFFER_WIDTH + 12.0 } else { 0.0 };
    let width = MESSAGE_WIDTH - 64.0 - offer_width;
    let text = name::message(ui.ctx(), &notice.text, &theme::body(13.0), TEXT, width, MESSAGE_LINES);
    let galley = Arc::clone(text.galley());
    let size = vec2(MESSAGE_WIDTH, galley.size().y + 20.0);
    let rect = Rect::from_min_size(pos2(picture.min.x + 12.0, top), size);
    let color = match notice.weight {
        Weight::Note => theme::TEAL,
        Weight::Fault => RED,
    };
    let shade = theme::faded(Color32::BLACK, 0.5);
    painter.rect_filled(rect.translate(vec2(0.0, 3.0)).expand(2.0), theme::PANEL_ROUND, shade);
    let rim = Stroke::new(1.0, theme::faded(color, 0.7));
    painter.rect(rect, theme::PANEL_ROUND, theme::RAISED, rim, StrokeKind::Inside);
    painter.rect_filled(Rect::from_min_size(rect.min, vec2(4.0, rect.height())), theme::PANEL_ROUND, color);
    let place = Rect::from_min_size(rect.min + vec2(18.0, 10.0), galley.size());
    painter.galley(place.min, galley, TEXT);
    if text.is_cut() || text.is_spelled() {
        text.tooltip(floating(ui, place, ("text", notice.number), &notice.text, Sense::hover()), &notice.text);
    }
    let close = Rect::from_center_size(pos2(rect.max.x - 22.0, rect.center().y), vec2(24.0, 24.0));
    let offer =
        Rect::from_center_size(close.left_center() - vec2(8.0 + OFFER_WIDTH / 2.0, 0.0), vec2(OFFER_WIDTH, 26.0));
    let is_taken = notice.offer.is_some() && offer_button(ui, &painter, offer, notice.number);
    if close_button(ui, &painter, close, notice.number) || is_taken {
        notices.dismiss(notice.number);
    }
    (rect.max.y, is_taken)
}

fn offer_button(ui: &Ui, painter: &egui::Painter, rect: Rect, number: u64) -> bool {
    let response = floating(ui, rect, ("offer", number), OFFER, Sense::click());
    super::button::paint_button(ui, painter, rect, OFFER, &response, true);
    response.clicked()
}

/// Senses the pointer on a part of a message, above what lies below the message.
fn floating(ui: &Ui, rect: Rect, id: (&str, u64), name: &str, sense: Sense) -> egui::Response {
    let area = egui::Area::new(ui.scope_id().with(id)).order(egui::Order::Foreground);
    let area = area.fixed_pos(rect.min);
    let response = area.show(ui.ctx(), |ui| ui.allocate_response(rect.size(), sense)).inner;
    let role = if sense.senses_click() { egui::Role::Button } else { egui::Role::Label };
    response.widget_info(|| egui::WidgetInfo::labeled(role, true, name));
    response
}

fn close_button(ui: &Ui, painter: &egui::Painter, rect: Rect, number: u64) -> bool {
    let response = floating(ui, rect, ("message", number), "Dismiss message", Sense::click());
    let ink = if response.hovered() { TEXT } else { FAINT };
    for (from, to) in [(vec2(-4.0, -4.0), vec2(4.0, 4.0)), (vec2(-4.0, 4.0), vec2(4.0, -4.0))] {
        painter.line_segment([rect.center() + from, rect.center() + to], Stroke::new(1.5, ink));
    }
    response.clicked()
}
