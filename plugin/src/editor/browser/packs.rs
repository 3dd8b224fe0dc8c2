//! The browser's list of model packs: those that are built in and the user's. A click plays a pack and moves the project to it. Main
//! thread.

use std::path::Path;

use egui::{Align2, Rect, Sense, Ui, pos2, vec2};

use super::row::{Look, ROW_HEIGHT, paint};
use super::{BrowserAction, child, paint_remark, scrolled};
use crate::catalogue::Catalogue;
use crate::editor::theme::{self, FAINT};
use crate::library::{PackEntry, PackPlace};

/// Height in points of the remark below the list: three lines and a path's fourth.
const REMARK_HEIGHT: f32 = 64.0;
/// Width in points of "built in" at the end of a row.
const ORIGIN_WIDTH: f32 = 60.0;

/// Draws the packs; nothing while they are not listed. `folder` is where the user's packs lie.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    packs: Option<&[PackEntry]>,
    now: Option<&Catalogue>,
    folder: &Path,
) -> Option<BrowserAction> {
    let packs = packs?;
    let (list, foot) = rect.split_top_bottom_at_y(rect.max.y - REMARK_HEIGHT);
    let mut action = None;
    scrolled(list, "packs").show_rows(&mut child(ui, list), ROW_HEIGHT, packs.len(), |ui, range| {
        for found in &packs[range] {
            let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
            let is_current = now.is_some_and(|now| now.pack.hash == found.pack.hash);
            action = action.take().or(row(ui, rect, found, is_current));
        }
    });
    paint_remark(ui, foot, &format!("Put .heptode files into {} or open one under Files.", folder.display()));
    action
}

fn row(ui: &Ui, rect: Rect, found: &PackEntry, is_current: bool) -> Option<BrowserAction> {
    let response = ui.interact(rect, ui.scope_id().with(("pack", &found.pack.hash)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_current, &found.name));
    let origin = if matches!(found.place, PackPlace::BuiltIn(_)) { "built in" } else { "" };
    paint(ui, rect, &found.name, Look::of(is_current, response.hovered()), ORIGIN_WIDTH);
    let place = pos2(rect.max.x - 10.0, rect.center().y);
    ui.painter().text(place, Align2::RIGHT_CENTER, origin, theme::body(10.5), FAINT);
    (response.clicked() && !is_current).then(|| BrowserAction::Change(found.clone()))
}
