//! How sounds get onto knobs and corners. Main thread; files are read by jobs.

use std::sync::Arc;

use engine::Latent;
use engine::params::is_within_recording;
use engine::state::SoundState;

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::drag::Dragged;
use crate::jobs::Job;
use crate::params::ParamId;
use crate::project::Edit;
use crate::target::Target;

/// How far "Vary" moves each knob, in σ: half the usual distance between neighbouring sounds.
const VARY_SIGMA: f32 = 0.35;

impl EditorView {
    /// The knobs were turned. A recording stays with them while it is still heard.
    pub(super) fn forget_name(&self) {
        let store = &self.session.store;
        let is_recorded = store.knobs_are_recorded();
        let is_far = |sound: &SoundState| !is_recorded || !is_within_recording(&sound.latent, &self.gestures.knobs());
        if store.project().knobs.as_deref().is_some_and(is_far) {
            store.apply(Edit::MoveToSound(None));
        }
    }

    /// Puts what was dragged on a corner or on the knobs; a file is imported by a job, or becomes the prime of a pack that takes one.
    pub(super) fn send(&mut self, what: &Dragged, target: Target) {
        match (what, target) {
            (Dragged::Sound { name, latent }, Target::Corner(corner)) => {
                self.session.store.apply(Edit::set_corner(corner, SoundState::new(name, *latent)));
            }
            (Dragged::Sound { name, latent }, Target::Knobs) => {
                self.go_to_sound(Arc::new(SoundState::new(name, *latent)))
            }
            (Dragged::File(path), _) if self.takes_prime() => self.session.run(Job::Prime(path.clone())),
            (Dragged::File(path), target) => {
                self.session.run(Job::Import { path: path.clone(), target, revision: self.session.store.revision() })
            }
        }
    }

    /// Sends the knobs to a sound's point and makes it heard.
    pub(super) fn go_to_sound(&mut self, sound: Arc<SoundState>) {
        let (name, point) = (sound.name.clone(), sound.latent);
        self.fit_to(&sound);
        self.go_to(&name, Some(sound), &point);
    }

    /// Sends the knobs to a point and makes them heard: one step of this name.
    pub(super) fn go_to(&mut self, name: &str, sound: Option<Arc<SoundState>>, point: &Latent) {
        self.step_name = Some(name.to_owned());
        self.gestures.put_knobs(point);
        self.gestures.put(ParamId::MORPH, 0.0);
        self.session.store.apply(Edit::MoveToSound(sound));
    }

    /// Makes another take of a sound of chance heard; else moves the knobs a little.
    pub(super) fn vary(&mut self, now: &FrameState) {
        match now.chance_seed {
            Some(seed) => {
                self.session.store.apply(Edit::SetSeed(seed.wrapping_add(1)));
            }
            None => {
                let point = self.random.near(&self.gestures.knobs(), VARY_SIGMA);
                self.go_to("Vary", None, &point);
            }
        }
    }
}
