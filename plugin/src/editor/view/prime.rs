//! What the window does with the prime, and which files become one. Main thread; files are read by jobs.

use std::path::PathBuf;

use engine::state::Prime;

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::browser::Tab;
use crate::editor::strip::{PrimeAction, PrimeState};
use crate::folder::file_name;
use crate::jobs::Job;
use crate::project::Edit;
use crate::target::Target;

impl FrameState {
    /// The prime, where the pack takes one.
    pub(super) fn prime_state(&self) -> Option<PrimeState<'_>> {
        let room = self.loaded.as_ref()?.catalogue.prime_room?;
        Some(PrimeState { prime: self.prime.as_ref(), longest_ms: room.longest_ms() as f32 })
    }
}

impl EditorView {
    /// Whether audio files become the prime: the pack places no recordings, and its sounds go on from one.
    pub(super) fn takes_prime(&self) -> bool {
        self.session.loaded_pack().is_some_and(|loaded| loaded.catalogue.prime_room.is_some())
    }

    /// The files of one drop that are imported. The first one becomes the prime of a pack that takes one, and the user is told of the others.
    pub(super) fn without_prime(&self, files: Vec<(PathBuf, Target)>) -> Vec<(PathBuf, Target)> {
        if !self.takes_prime() {
            return files;
        }
        if let [(first, _), _, ..] = &files[..] {
            let name = file_name(first);
            self.session
                .store
                .notices
                .fault(format!("Sounds go on from one recording: of those files “{name}” is taken."));
        }
        files.into_iter().take(1).for_each(|(path, _)| self.session.run(Job::Prime(path)));
        Vec::new()
    }

    /// Shows the files, or changes or removes the prime.
    pub(super) fn change_prime(&mut self, asked: PrimeAction, now: &FrameState) {
        let changed = |change: &dyn Fn(&mut Prime)| {
            let mut prime = now.prime.clone();
            prime.iter_mut().for_each(change);
            prime
        };
        let (prime, change) = match asked {
            PrimeAction::Choose => return self.browser.tab = Tab::Files,
            PrimeAction::Length(length_ms) => (changed(&|prime| prime.length_ms = length_ms), "length of the prime"),
            PrimeAction::Keep(keep) => (changed(&|prime| prime.keep = keep), "keep the prime"),
            PrimeAction::Remove => (None, "prime removed"),
        };
        self.session.store.apply(Edit::SetPrime { prime, change: change.to_owned() });
    }
}
