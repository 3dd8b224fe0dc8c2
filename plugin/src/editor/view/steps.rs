//! Steps of undo and redo, and what the window does by itself for a touch or a choice. Main thread.

use std::sync::Arc;

use egui::{Key, Modifiers, Ui};
use engine::params::Routes;

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::browser::Tab;
use crate::editor::drag::Dragged;
use crate::editor::filter;
use crate::editor::layout::Regions;
use crate::editor::loop_marks;
use crate::editor::strip::TuningAction;
use crate::editor::wave::screen_of;
use crate::params::ParamId;
use crate::project::{Edit, ParamChange, Step, StripTab};
use crate::target::Target;

/// What "Listen" of the region editor moves and puts back: no step of the user.
const LISTENED: [ParamId; 3] = [ParamId::PAD_X, ParamId::PAD_Y, ParamId::MORPH];

impl EditorView {
    /// Ctrl-Z takes a step back; Ctrl-Shift-Z and Ctrl-Y take it again. A text that is being edited has these keys for itself.
    pub(super) fn hear_undo_keys(&mut self, ui: &Ui) {
        if ui.ctx().text_edit_focused() {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let redo = pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y);
        if redo {
            self.redo();
        } else if pressed(Modifiers::COMMAND, Key::Z) {
            self.undo();
        }
    }

    /// Takes the last step back, unless a gesture goes on.
    pub(super) fn undo(&mut self) {
        if self.gestures.is_idle()
            && let Some(step) = self.session.store.history(|history| history.undo())
        {
            self.put(&step, |change| change.before);
            if let Some(change) = step.project {
                self.session.restore(change.reversed());
            }
        }
    }

    /// Takes the step again that was taken back last, unless a gesture goes on.
    pub(super) fn redo(&mut self) {
        if self.gestures.is_idle()
            && let Some(step) = self.session.store.history(|history| history.redo())
        {
            self.put(&step, |change| change.after);
            if let Some(change) = step.project {
                self.session.restore(change);
            }
        }
    }

    /// Sets a step's parameters, each by a gesture, which is no step itself.
    fn put(&mut self, step: &Step, value: impl Fn(&ParamChange) -> f32) {
        for change in &step.params {
            self.gestures.put(change.id, value(change));
        }
        self.gestures.take_changes();
        self.morph_follow.forget();
    }

    /// Ends a step once no gesture goes on.
    pub(super) fn close_step(&mut self, now: &FrameState) {
        let was_idle = std::mem::replace(&mut self.was_idle, self.gestures.is_idle());
        if !self.gestures.is_idle() {
            return;
        }
        let mut changes = self.gestures.take_changes();
        if self.region_editor.is_some() {
            changes.retain(|change| !LISTENED.contains(&change.id));
        }
        let given = self.step_name.take();
        let is_brief = was_idle && given.is_none();
        let name = |changes: &[ParamChange]| {
            given.unwrap_or_else(|| {
                // The slider may have followed the touch of something else.
                let touched = changes.iter().find(|change| change.id != ParamId::MORPH).or(changes.first());
                match touched.map(|change| change.id) {
                    None => "Knobs".to_owned(),
                    Some(ParamId::PAD_X | ParamId::PAD_Y) => "Pad".to_owned(),
                    Some(id) => self.name_of(id, now),
                }
            })
        };
        self.session.store.history(|history| history.close(name, changes, is_brief));
    }

    /// A parameter as its control is called: by the name of the learned axis, else by its own.
    pub(super) fn name_of(&self, id: ParamId, now: &FrameState) -> String {
        let axis = now.loaded.as_ref().and_then(|loaded| loaded.catalogue.axes.get(id.index()));
        axis.map_or_else(|| self.gestures.param(id).name().to_owned(), |axis| axis.name.clone())
    }

    /// The knobs followed their sound: a part of the step that moved it.
    pub(super) fn amend_step(&mut self) {
        if self.gestures.is_idle() {
            let changes = self.gestures.take_changes();
            self.session.store.history(|history| history.amend(changes));
        }
    }

    /// Moves the morph slider to the side that was touched in this frame.
    pub(super) fn follow_touch(&mut self, ui: &Ui, now: &FrameState) {
        let touched = self.gestures.take_begun();
        let time_s = ui.input(|input| input.time);
        self.morph_follow.step(time_s, &touched, now.view.morph_follows, &mut self.gestures);
    }

    /// Shows the loop on the waveform while its controls are shown.
    pub(super) fn show_loop(&mut self, ui: &Ui, regions: &Regions, now: &FrameState) {
        if now.view.tab == StripTab::Amp {
            let length_s = now.sound.as_ref().map(|sound| sound.channel(0).len() as f32 / sound.sample_rate_hz);
            loop_marks::show(ui, screen_of(regions.wave), length_s, &mut self.gestures);
        }
    }

    /// Turns the filter on, and lets the loop be the one that is set, if one of their controls was touched.
    pub(super) fn follow_touched_controls(&mut self) {
        let touched = self.gestures.take_begun();
        filter::follow_touch(&touched, &mut self.gestures);
        loop_marks::follow_touch(&touched, &mut self.gestures);
    }

    /// A sound was sent to the knobs from the list: it is to be heard.
    pub(super) fn ask_for_choice(&mut self, ui: &Ui, what: &Dragged, target: Target, now: &FrameState) {
        let (Dragged::Sound { name, .. }, Target::Knobs, Some(loaded)) = (what, target, &now.loaded) else { return };
        let sound = loaded.catalogue.sounds.iter().find(|sound| sound.name == *name);
        if now.view.plays_choice {
            let key = sound.map_or(loaded.catalogue.middle_root, |sound| sound.key);
            self.audition.ask(key, ui.input(|input| input.time));
        }
    }

    /// Plays the sound that was asked for once the engine has it.
    pub(super) fn play_choice(&mut self, ui: &Ui, now: &FrameState) {
        let controls = self.session.params.controls(&self.session.store.scene());
        let is_ready = || {
            let ready = now.loaded.as_ref().zip(now.sound.as_ref());
            ready.is_some_and(|(loaded, sound)| {
                sound.spec.is_near(&controls.spec(loaded.player.source(), sound.spec.key))
            })
        };
        self.audition.step(ui.input(|input| input.time), is_ready, &self.session.store);
    }

    /// Shows the files, where scales and keyboard maps are, or goes on without one of the project's.
    pub(super) fn change_tuning(&mut self, asked: TuningAction, now: &FrameState) {
        match asked {
            TuningAction::Choose => self.browser.tab = Tab::Files,
            TuningAction::Remove(kind) => match now.tuning.with(kind, None) {
                Ok(tuning) => drop(self.session.store.apply(Edit::SetTuning(Arc::new(tuning)))),
                Err(error) => self.session.store.notices.fault(format!("The tuning stays as it is: {error}.")),
            },
        }
    }

    /// Lets the routes of the matrix be these.
    pub(super) fn set_routes(&self, routes: Routes) {
        self.session.store.apply(Edit::SetRoutes(routes));
    }
}
