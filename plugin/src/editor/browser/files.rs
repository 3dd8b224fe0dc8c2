//! The browser's list of one folder: folders to open, audio files, packs and tunings. Main thread; only the rows in sight are drawn, so that
//! the length of a folder costs nothing.

use std::path::Path;

use egui::{Align2, Rect, Response, Sense, Stroke, Ui, pos2, vec2};

use super::row::{Look, ROW_HEIGHT, paint, sendable};
use super::{BrowserAction, FIELD_HEIGHT, child, paint_remark, scrolled};
use crate::editor::drag::Dragged;
use crate::editor::name;
use crate::editor::theme::{self, AMBER, DIM, GRID, TEXT};
use crate::folder::{Entry, EntryKind, Listing, file_name, not_read};

/// Width in points of the button that leads to the folder above.
const UP_WIDTH: f32 = 28.0;
/// Width in points of the sign behind a folder's name.
const SIGN_WIDTH: f32 = 12.0;

/// Draws the folder's name and what is in it.
pub fn show(ui: &mut Ui, rect: Rect, listing: &Listing) -> Option<BrowserAction> {
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), FIELD_HEIGHT));
    let list = rect.with_min_y(bar.max.y + GRID);
    let mut action = folder_bar(ui, bar, &listing.folder);
    let entries = match &listing.entries {
        Ok(entries) => entries,
        Err(error) => {
            paint_remark(ui, list, error);
            return action;
        }
    };
    if entries.is_empty() {
        paint_remark(ui, list, "No folders, no audio files, no packs and no tunings here.");
    }
    // Every folder keeps its own place in the list.
    let area = scrolled(list, ("files", &listing.folder));
    area.show_rows(&mut child(ui, list), ROW_HEIGHT, entries.len(), |ui, range| {
        for entry in &entries[range] {
            let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
            action = action.take().or(entry_row(ui, rect, &listing.folder, entry));
        }
    });
    action
}

fn entry_row(ui: &mut Ui, rect: Rect, folder: &Path, entry: &Entry) -> Option<BrowserAction> {
    let name = entry.name.to_string_lossy();
    let path = || folder.join(&entry.name);
    match entry.kind {
        EntryKind::Folder => {
            let response = row_button(ui, rect, &name, &name);
            let text = paint(ui, rect, &name, Look::of(false, response.hovered()), SIGN_WIDTH);
            // Beside the name, not in it: a right-to-left name would reorder the sign.
            let place = pos2(text.max.x + 5.0, text.center().y);
            ui.painter().text(place, Align2::LEFT_CENTER, "›", theme::body(13.0), DIM);
            response.clicked().then(|| BrowserAction::Open(path()))
        }
        EntryKind::Audio => sendable(ui, rect, &name, false, || Dragged::File(path())),
        EntryKind::NotRead(format) => {
            not_read_row(ui, rect, &name, format);
            None
        }
        EntryKind::Pack => {
            let response = row_button(ui, rect, &name, &format!("Use the pack {name}"));
            paint(ui, rect, &name, Look::of(false, response.hovered()), 0.0);
            response.clicked().then(|| BrowserAction::Add(path()))
        }
        EntryKind::Tuning => {
            let response = row_button(ui, rect, &name, &format!("Use the tuning {name}"));
            paint(ui, rect, &name, Look::of(false, response.hovered()), 0.0);
            response.clicked().then(|| BrowserAction::Tune(path()))
        }
    }
}

fn row_button(ui: &Ui, rect: Rect, name: &str, label: &str) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(("entry", name)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    response
}

/// A file of a known kind that is not read: listed dimmed, with the reason as a tooltip.
fn not_read_row(ui: &Ui, rect: Rect, name: &str, format: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("entry", name)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, false, name));
    paint(ui, rect, name, Look::Off, 0.0);
    response.on_hover_text(not_read(format));
}

/// The folder's name, and the button that leads to the folder above it.
fn folder_bar(ui: &Ui, rect: Rect, folder: &Path) -> Option<BrowserAction> {
    let (up, name) = rect.split_left_right_at_x(rect.min.x + UP_WIDTH);
    let response = ui.interact(up, ui.scope_id().with("folder up"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Folder above"));
    paint_arrow(ui, up, &response);
    let place = pos2(name.min.x + 4.0, name.center().y);
    name::show(ui, place, Align2::LEFT_CENTER, &file_name(folder), theme::bold(12.0), TEXT, name.width() - 4.0);
    let parent = folder.parent()?;
    response.clicked().then(|| BrowserAction::Open(parent.to_owned()))
}

/// An arrow upwards: its head's two lines and its shaft.
fn paint_arrow(ui: &Ui, rect: Rect, response: &Response) {
    let color = if response.hovered() { AMBER } else { DIM };
    let tip = rect.center() - vec2(0.0, 5.0);
    for from in [vec2(-4.0, 4.0), vec2(4.0, 4.0), vec2(0.0, 11.0)] {
        ui.painter().line_segment([tip + from, tip], Stroke::new(1.5, color));
    }
}
