//! Presets in the window: what the browser, the head and the dialog ask for. Main thread; files are read and written by jobs.

use egui::Ui;
use engine::presets::{Place, PresetEntry};
use engine::state::PresetLabel;

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::browser::{PresetAction, Tab};
use crate::editor::preset_dialog::{Answer, PresetDialog};
use crate::jobs::{Job, PresetJob};
use crate::session::PresetTitle;

impl EditorView {
    /// Has a job done on presets.
    pub(super) fn run_preset(&self, job: PresetJob) {
        self.session.run(Job::Preset(job));
    }

    /// Shows the list of presets, as the user last saw it or anew.
    pub(super) fn show_presets(&mut self) {
        self.browser.tab = Tab::Presets;
        self.run_preset(PresetJob::List);
    }

    /// Does what was asked for in the list of presets.
    pub(super) fn do_preset_action(&mut self, action: PresetAction, now: &FrameState) {
        match action {
            PresetAction::Run(job) => self.run_preset(job),
            PresetAction::Save => self.save_preset(now),
            PresetAction::SaveAs => self.ask_for_label(now),
            PresetAction::Rename(entry) => self.preset_dialog = Some(PresetDialog::rename(&entry)),
        }
    }

    /// Saves over the preset of the user's that was loaded, else asks for a name.
    fn save_preset(&mut self, now: &FrameState) {
        let place = now.preset.as_ref().and_then(|preset| Place::of_id(&preset.id, &self.session.presets.folder));
        match place.filter(|place| place.file().is_some()) {
            Some(place) => self.run_preset(PresetJob::Overwrite { place, label: None }),
            None => self.ask_for_label(now),
        }
    }

    /// Opens the dialog with what is known of the preset that was loaded.
    fn ask_for_label(&mut self, now: &FrameState) {
        let entries = self.browser.presets();
        let label = first_label(now.preset.as_ref(), &now.knobs_name, entries);
        self.preset_dialog = Some(PresetDialog::save(label, entries));
    }

    /// Shows the dialog if it is open.
    pub(super) fn show_preset_dialog(&mut self, ui: &Ui) {
        let Some(dialog) = &mut self.preset_dialog else { return };
        let Some(answer) = dialog.show(ui) else { return };
        self.preset_dialog = None;
        if let Answer::Do(job) = answer {
            self.run_preset(job);
        }
    }

    /// A preset was loaded: it is to be heard, at the key of the sound on its knobs.
    pub(super) fn ask_for_preset(&mut self, ui: &Ui, now: &FrameState) {
        let is_asked = std::mem::take(&mut self.has_loaded_preset) && now.view.plays_choice;
        if let Some(loaded) = now.loaded.as_ref().filter(|_| is_asked) {
            let sound = loaded.catalogue.sounds.iter().find(|sound| sound.name == now.knobs_name);
            let key = sound.map_or(loaded.catalogue.middle_root, |sound| sound.key);
            self.audition.ask(key, ui.input(|input| input.time));
        }
    }
}

/// The label of the preset that was loaded, with a name of its own; without one the sound's name. The author is who made the user's others.
fn first_label(preset: Option<&PresetTitle>, sound: &str, entries: &[PresetEntry]) -> PresetLabel {
    let mut own = entries.iter().filter(|entry| entry.place.file().is_some());
    let author = own.find(|entry| !entry.label.author.is_empty()).map(|entry| entry.label.author.clone());
    let author = author.unwrap_or_default();
    let Some(preset) = preset else { return PresetLabel { author, ..PresetLabel::new(sound) } };
    let known = entries.iter().find(|entry| entry.place.id() == preset.id).map(|entry| entry.label.clone());
    PresetLabel { name: format!("{} 2", preset.name), author, ..known.unwrap_or_default() }
}
