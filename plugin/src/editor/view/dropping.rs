//! Files that the system drops on the window. Main thread; they are read by jobs.

use egui::Ui;

use super::EditorView;
use crate::editor::drag::{self, Dragged};
use crate::editor::dropped;
use crate::editor::layout::{Regions, inside};
use crate::editor::pad::corner_at;
use crate::editor::region_editor::RegionEditor;
use crate::jobs::Job;
use crate::target::Target;

impl EditorView {
    /// Takes the files that the system drops. The first goes to the corner it falls on, elsewhere to the knobs; see [`dropped::plan`]. In
    /// a pack that takes a prime it becomes that.
    pub(super) fn take_os_files(&mut self, ui: &Ui, regions: &Regions) {
        let paths = drag::os_dropped_files(ui);
        if paths.is_empty() {
            return;
        }
        let plan = dropped::plan(paths, self.drop_target(ui, regions));
        plan.faults.into_iter().for_each(|fault| self.session.store.notices.fault(fault));
        for (path, target) in self.without_prime(plan.imports) {
            self.send(&Dragged::File(path), target);
        }
        plan.tunings.into_iter().for_each(|path| self.session.run(Job::Tune(path)));
        // After the imports: a change of packs voids those that were asked for before it and are not done.
        plan.packs.into_iter().for_each(|path| self.session.run(Job::AddPack(path)));
        if let Some(folder) = plan.folder {
            self.browser.expect_folder();
            self.session.run(Job::List(folder));
        }
    }

    /// The place under the pointer.
    fn drop_target(&self, ui: &Ui, regions: &Regions) -> Target {
        let place = ui.input(|input| input.pointer.latest_pos());
        let corner = place.and_then(|place| corner_at(inside(regions.pad), place)).map(Target::Corner);
        // The region editor hides the pad: what falls on it takes its sound's place.
        let is_on_region_editor = place.is_some_and(|place| regions.region_editor().contains(place));
        let region_editor = self.region_editor.as_ref().filter(|_| is_on_region_editor).map(RegionEditor::target);
        region_editor.or(corner).unwrap_or(Target::Knobs)
    }
}
