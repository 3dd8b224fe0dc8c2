//! Drag and drop: sounds and files dragged within the window, and files that the system drops on it. Main thread.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Align2, LayerId, Order, Stroke, StrokeKind, Ui, vec2};

use engine::Latent;

use super::name;
use super::theme::{self, AMBER, PANEL, TEXT};
use crate::folder::file_name;

/// Widest name beside the pointer, in points: longer ones would hide the corners that they are dragged to.
const WIDEST_NAME: f32 = 260.0;

/// The payload of a drag to a corner or to the knobs.
#[derive(Debug, Clone, PartialEq)]
pub enum Dragged {
    /// A sound of the pack.
    Sound {
        /// Its name.
        name: String,
        /// Its point, in σ.
        latent: Latent,
    },
    /// An audio file.
    File(PathBuf),
}

impl Default for Dragged {
    fn default() -> Self {
        Self::File(PathBuf::new())
    }
}

impl Dragged {
    fn name(&self) -> String {
        match self {
            Self::Sound { name, .. } => name.clone(),
            Self::File(path) => file_name(path),
        }
    }
}

/// Draws the name of the payload beside the pointer.
pub fn paint_ghost(ui: &Ui) {
    let Some(what) = egui::DragAndDrop::payload::<Dragged>(ui.ctx()) else { return };
    let Some(pointer) = ui.input(|input| input.pointer.latest_pos()) else { return };
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, egui::Id::unique("heptode drag")));
    let line = name::line(ui.ctx(), &what.name(), &theme::bold(13.0), TEXT, WIDEST_NAME);
    let galley = Arc::clone(line.galley());
    let rect = Align2::LEFT_CENTER.anchor_size(pointer + vec2(16.0, 0.0), galley.size()).expand2(vec2(10.0, 6.0));
    painter.rect(rect, theme::ITEM_ROUND, PANEL, Stroke::new(1.0, AMBER), StrokeKind::Inside);
    painter.galley(rect.min + vec2(10.0, 6.0), galley, TEXT);
    ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
}

/// Whether the user drags files of the system over the window.
pub fn os_files_hover(ui: &Ui) -> bool {
    ui.input(|input| !input.raw.hovered_files.is_empty())
}

/// The files that the system dropped on the window in this frame.
pub fn os_dropped_files(ui: &Ui) -> Vec<PathBuf> {
    ui.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect())
}
