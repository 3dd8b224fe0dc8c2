//! Endless sounds in the window: the dialog, and how far the work is. Main thread; what takes time is done on other threads.

use egui::{Rect, Ui};

use super::EditorView;
use crate::editor::endless_dialog::{Answer, EndlessDialog};
use crate::editor::status;
use crate::endless::Stage;
use crate::target::Target;

impl EditorView {
    /// Opens the dialog for the imported sound at `target`.
    pub(super) fn open_endless_dialog(&mut self, target: Target) {
        self.gestures.release_all();
        self.endless_dialog = self.session.ask_endless(target).then(EndlessDialog::default);
    }

    /// Shows the dialog if it is open, and in the status line how far the work is; where there is none, how far exported takes are.
    pub(super) fn show_endless(&mut self, ui: &Ui, status_line: Rect) {
        let stage = self.session.endless();
        if let Stage::Making(asked, part) = &stage {
            let text = format!("{:.0} % of “{}” made endless", part * 100.0, asked.sound.name);
            if status::going_on(ui, status_line, &text) {
                self.session.cancel_endless();
            }
        } else {
            self.show_take_export(ui, status_line);
        }
        let answer = self.endless_dialog.as_mut().and_then(|dialog| dialog.show(ui, &stage));
        let Some(answer) = answer else { return };
        self.endless_dialog = None;
        match answer {
            Answer::Make(seconds) => self.session.make_endless(seconds),
            Answer::Cancel => self.session.leave_endless(),
        }
    }

    /// Whether something of it moves.
    pub(super) fn is_endless_moving(&self) -> bool {
        !matches!(self.session.endless(), Stage::Nothing)
    }
}
