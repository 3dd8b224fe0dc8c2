//! Undo and redo: the steps that the user took, each with a name. Main and job threads, within the store's locks; never the audio thread.
//!
//! A step holds what it changed, not the whole project: parameters with their values before and after, and the snapshots between which
//! the project changed. Only the fields that differ between the two are put back, so that steps of the editor and of jobs may
//! interleave. Snapshots share all that did not change. The history lives as long as the instrument, whether its window is open or not;
//! a document that the host recalls begins a new one, because the host's own undo takes such documents back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::params::ParamId;

use super::Project;

/// Most steps that can be undone. A step takes some hundred bytes, and those of imported recordings keep at most their two seconds of
/// audio: 200 such steps stay below 70 MB. An endless sound takes up to 6 MB more, once for all steps that share it.
const MOST_STEPS: usize = 200;
/// Steps of the same kind that follow within this time are one: notches of a wheel, repeats of a key, a region that is being dragged.
const SAME_STEP: Duration = Duration::from_millis(700);

/// A parameter's values around a gesture, on the host's 0…1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamChange {
    /// The parameter.
    pub id: ParamId,
    /// Value before the gesture.
    pub before: f32,
    /// Value after it.
    pub after: f32,
}

/// The snapshots around a change of the project.
#[derive(Debug, Clone)]
pub struct ProjectChange {
    /// Before.
    pub before: Arc<Project>,
    /// After.
    pub after: Arc<Project>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// What the user reads: "Undo …".
    pub name: String,
    /// Parameters that it changed.
    pub params: Vec<ParamChange>,
    /// Change of the project.
    pub project: Option<ProjectChange>,
    /// Until when a step of the same kind belongs to this one.
    joins_until: Option<Instant>,
}

/// What an edit of the project is to the history.
pub enum Role {
    /// A step of this name.
    Step(String),
    /// A part of the gesture that goes on or ended last.
    Part,
    /// Nothing that is undone.
    Apart,
    /// The end of all that was before.
    Beginning,
}

/// The steps of one instrument.
#[derive(Default)]
pub struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// Change of the project that belongs to the gesture that goes on.
    part: Option<ProjectChange>,
}

impl History {
    /// Takes an edit of the project.
    pub(super) fn record(&mut self, role: Role, before: Arc<Project>, after: Arc<Project>) {
        match role {
            Role::Step(name) => {
                let step = Step {
                    name,
                    params: Vec::new(),
                    project: Some(ProjectChange { before, after }),
                    joins_until: soon(),
                };
                self.push(step);
            }
            Role::Part => match &mut self.part {
                Some(part) => part.after = after,
                None => self.part = Some(ProjectChange { before, after }),
            },
            Role::Apart => {}
            Role::Beginning => *self = Self::default(),
        }
    }

    /// Ends a gesture or a group of them. Nothing is recorded where nothing changed. `is_brief` says that it was over at once, as a
    /// notch of the wheel is.
    pub fn close(&mut self, name: impl FnOnce(&[ParamChange]) -> String, params: Vec<ParamChange>, is_brief: bool) {
        let project = self.part.take();
        if params.is_empty() && project.is_none() {
            return;
        }
        let name = name(&params);
        self.push(Step { name, params, project, joins_until: soon().filter(|_| is_brief) });
    }

    /// Lets parameters that followed a step's sound be a part of that step.
    pub fn amend(&mut self, params: Vec<ParamChange>) {
        if let Some(last) = self.done.back_mut() {
            for change in params {
                match last.params.iter_mut().find(|known| known.id == change.id) {
                    Some(known) => known.after = change.after,
                    None => last.params.push(change),
                }
            }
        }
    }

    fn push(&mut self, step: Step) {
        self.undone.clear();
        match self.done.back_mut().filter(|last| last.takes(&step)) {
            Some(last) => last.join(step),
            None => self.done.push_back(step),
        }
        if self.done.len() > MOST_STEPS {
            self.done.pop_front();
        }
    }

    /// Takes one step back; the step, whose values before are to be set.
    pub fn undo(&mut self) -> Option<Step> {
        let step = self.done.pop_back()?;
        // What comes next is a step of its own.
        self.undone.push(Step { joins_until: None, ..step.clone() });
        if let Some(last) = self.done.back_mut() {
            last.joins_until = None;
        }
        Some(step)
    }

    /// Takes one step again; the step, whose values after are to be set.
    pub fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop()?;
        self.done.push_back(step.clone());
        Some(step)
    }

    /// Names of what would be undone and redone.
    pub fn names(&self) -> [Option<String>; 2] {
        [self.done.back(), self.undone.last()].map(|step| step.map(|step| step.name.clone()))
    }
}

impl Step {
    /// Whether `next` is more of the same.
    fn takes(&self, next: &Self) -> bool {
        let same = |a: &ParamChange, b: &ParamChange| a.id == b.id;
        let is_same = self.name == next.name
            && self.params.len() == next.params.len()
            && self.params.iter().zip(&next.params).all(|(a, b)| same(a, b))
            && self.project.is_some() == next.project.is_some();
        is_same && next.joins_until.is_some() && self.joins_until.is_some_and(|until| Instant::now() < until)
    }

    fn join(&mut self, next: Self) {
        for (known, change) in self.params.iter_mut().zip(next.params) {
            known.after = change.after;
        }
        if let (Some(known), Some(change)) = (&mut self.project, next.project) {
            known.after = change.after;
        }
        self.joins_until = next.joins_until;
    }
}

fn soon() -> Option<Instant> {
    Instant::now().checked_add(SAME_STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: ParamId, before: f32, after: f32) -> ParamChange {
        ParamChange { id, before, after }
    }

    fn gesture(history: &mut History, name: &str, change: ParamChange, is_brief: bool) {
        history.close(|_| name.to_owned(), vec![change], is_brief);
    }

    #[test]
    fn the_newest_steps_are_kept_and_a_new_one_ends_redo() {
        let mut history = History::default();
        for n in 0..=MOST_STEPS {
            gesture(&mut history, &n.to_string(), change(ParamId::GAIN, n as f32, n as f32 + 1.0), false);
        }
        let undone: Vec<String> = std::iter::from_fn(|| history.undo()).map(|step| step.name).collect();
        assert_eq!((undone.len(), undone[0].as_str(), undone[MOST_STEPS - 1].as_str()), (MOST_STEPS, "200", "1"));
        assert_eq!(history.redo().map(|step| step.name).as_deref(), Some("1"));
        gesture(&mut history, "new", change(ParamId::GAIN, 0.0, 1.0), false);
        assert_eq!(history.names(), [Some("new".to_owned()), None]);
    }

    #[test]
    fn notches_of_a_wheel_are_one_step_and_drags_are_not() {
        for (is_brief, steps) in [(true, 1), (false, 3)] {
            let mut history = History::default();
            for n in 0..3 {
                gesture(&mut history, "Gain", change(ParamId::GAIN, n as f32, n as f32 + 1.0), is_brief);
            }
            let undone: Vec<Step> = std::iter::from_fn(|| history.undo()).collect();
            assert_eq!(
                (undone.len(), undone[0].params[0].after, undone[steps - 1].params[0].before),
                (steps, 3.0, 0.0)
            );
        }
    }

    #[test]
    fn nothing_that_changed_is_no_step() {
        let mut history = History::default();
        history.close(|_| unreachable!("it has no name"), Vec::new(), false);
        assert_eq!(history.names(), [None, None]);
    }
}
