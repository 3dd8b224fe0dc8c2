//! The region editor in the window: shown instead of knobs and pad while it is open. Main thread.

use egui::Ui;

use super::EditorView;
use crate::editor::layout::Regions;
use crate::editor::region_editor::RegionEditor;
use crate::target::Target;

impl EditorView {
    /// Shows the region editor if it is open; `false` if it is not.
    pub(super) fn show_region_editor(&mut self, ui: &mut Ui, regions: &Regions) -> bool {
        let Some(region_editor) = &mut self.region_editor else { return false };
        // Escape and Enter belong to a value that is being typed, and to a dialog.
        let hears_keys = self.typing.is_none() && self.preset_dialog.is_none() && self.endless_dialog.is_none();
        if !region_editor.show(ui, regions.region_editor(), &self.session, &mut self.gestures, hears_keys) {
            self.region_editor = None;
        } else if let Some(target) = region_editor.take_endless() {
            self.open_endless_dialog(target);
        }
        true
    }

    /// Opens the region editor for the imported sound at `target`.
    pub(super) fn open_region_editor(&mut self, target: Target) {
        self.gestures.release_all();
        self.close_region_editor();
        self.region_editor = RegionEditor::open(target, &self.session, &self.gestures);
    }

    /// Closes the region editor as "Done" does.
    pub(super) fn close_region_editor(&mut self) {
        if let Some(mut region_editor) = self.region_editor.take() {
            region_editor.sync_source(&self.session, &mut self.gestures);
        }
    }
}
