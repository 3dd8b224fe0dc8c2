//! Sounds that the window writes to files. Main thread; jobs make and write them.

use egui::{Rect, Ui};
use engine::files::free_path;
use engine::link::SoundSpec;

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::status;
use crate::folder::export_folder;
use crate::jobs::Job;
use crate::takes::{self, TakeSeries};

impl EditorView {
    /// Writes the sound that is shown to a file.
    pub(super) fn export(&self, now: &FrameState, name: &str) {
        if let Some(sound) = now.sound.clone() {
            let path = free_path(&export_folder(), name, "wav", None);
            self.session.run(Job::Export { path, sound });
        }
    }

    /// Writes takes of the sound that is shown, which chance makes, from its seed on.
    pub(super) fn export_takes(&self, now: &FrameState, name: &str, count: usize) {
        let (Some(seed), Some(sound), Some(loaded)) = (now.chance_seed, &now.sound, &now.loaded) else { return };
        let Some(model) = loaded.model.clone() else { return };
        let assets = match self.session.store.assets().resolve(&sound.spec.assets) {
            Ok(assets) => assets.prime_alone(),
            Err(error) => return self.session.store.notices.fault(format!("Nothing was exported: {error}")),
        };
        let Some(ticket) = self.session.take_export.begin(name, count) else {
            return self.session.store.notices.fault("Other takes are being exported: wait for them, or cancel them.");
        };
        let series = TakeSeries {
            folder: takes::folder_of(&export_folder(), name),
            name: name.to_owned(),
            source: model.source(),
            first: SoundSpec { seed, variation: 0, ..sound.spec },
            assets,
            count,
            done: 0,
            ticket,
        };
        self.session.run(Job::ExportTake(Box::new(series)));
    }

    /// Shows in the status line how many takes are written, with a button that ends it.
    pub(super) fn show_take_export(&self, ui: &Ui, status_line: Rect) {
        let Some(progress) = self.session.take_export.progress() else { return };
        let text = format!("{} of {} takes of “{}”", progress.done, progress.count, progress.name);
        if status::going_on(ui, status_line, &text) {
            self.session.take_export.end();
        }
    }
}
