//! Drag and drop: sounds and files dragged within the window, and files dropped on it by the system. MAIN THREAD.

use std::path::PathBuf;

use egui::{Align2, LayerId, Order, Stroke, StrokeKind, Ui, vec2};

use super::theme::{self, AMBER, PANEL, TEXT};
use engine::Latent;

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
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }
}

/// Draws the name of the payload beside the pointer.
pub fn paint_ghost(ui: &Ui) {
    let Some(what) = egui::DragAndDrop::payload::<Dragged>(ui.ctx()) else { return };
    let Some(pointer) = ui.input(|input| input.pointer.latest_pos()) else { return };
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, egui::Id::unique("heptode drag")));
    let galley = painter.layout_no_wrap(what.name(), theme::bold(13.0), TEXT);
    let rect = Align2::LEFT_CENTER.anchor_size(pointer + vec2(16.0, 0.0), galley.size()).expand2(vec2(10.0, 6.0));
    painter.rect(rect, theme::ITEM_ROUND, PANEL, Stroke::new(1.0, AMBER), StrokeKind::Inside);
    painter.galley(rect.min + vec2(10.0, 6.0), galley, TEXT);
    ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
}

/// Whether the user drags files of the system over the window.
pub fn os_files_hover(ui: &Ui) -> bool {
    ui.input(|input| !input.raw.hovered_files.is_empty())
}

/// The first file that the system dropped on the window in this frame.
pub fn os_dropped_file(ui: &Ui) -> Option<PathBuf> {
    ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()))
}
