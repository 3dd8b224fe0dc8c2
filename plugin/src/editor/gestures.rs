//! Parameter gestures: begin, set and end towards the host, and the value of a parameter during one. Main thread.
//!
//! A host that is active but does not process reports writes back late. While a gesture goes on, the parameter is "held": the editor
//! shows the value that the user has set, not the one that the host reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Latent;
use engine::units::MODEL_LATENTS;
use nice_plug::context::gui::{GuiContext, ParamSetter};

use super::learning::Learning;
use crate::params::{ParamId, Parameters, Value};
use crate::project::ParamChange;

/// Where parameter writes go: the host, or a test.
pub trait ParamWriter: Send {
    /// A gesture begins.
    fn begin(&self, id: ParamId);
    /// The value during a gesture, normalized to [0, 1] as the host has it.
    fn set(&self, id: ParamId, normalized: f32);
    /// The gesture ends.
    fn end(&self, id: ParamId);
}

/// Writes to the host.
pub struct HostParamWriter {
    context: GuiContext,
    params: Arc<Parameters>,
}

impl HostParamWriter {
    /// For an open editor.
    pub fn new(context: GuiContext, params: Arc<Parameters>) -> Self {
        Self { context, params }
    }

    fn setter(&self) -> ParamSetter<'_> {
        self.context.param_setter()
    }
}

impl ParamWriter for HostParamWriter {
    fn begin(&self, id: ParamId) {
        match self.params.get(id) {
            Value::Real(param) => self.setter().begin_set_parameter(param),
            Value::Whole(param) => self.setter().begin_set_parameter(param),
        }
    }

    fn set(&self, id: ParamId, normalized: f32) {
        match self.params.get(id) {
            Value::Real(param) => self.setter().set_parameter_normalized(param, normalized),
            Value::Whole(param) => self.setter().set_parameter_normalized(param, normalized),
        }
    }

    fn end(&self, id: ParamId) {
        match self.params.get(id) {
            Value::Real(param) => self.setter().end_set_parameter(param),
            Value::Whole(param) => self.setter().end_set_parameter(param),
        }
    }
}

/// A parameter that is held: its values when it was taken, and now.
#[derive(Clone, Copy)]
struct Held {
    before: f32,
    now: f32,
}

/// The gestures that go on now, and what those that ended have changed.
pub struct ParamGestures {
    params: Arc<Parameters>,
    writer: Box<dyn ParamWriter>,
    held: BTreeMap<ParamId, Held>,
    begun: Vec<ParamId>,
    changes: Vec<ParamChange>,
    last_morph: Option<f32>,
    /// Which controllers move the parameters, and which parameter waits for one.
    pub learning: Learning,
}

impl ParamGestures {
    /// With no gesture going on.
    pub fn new(params: Arc<Parameters>, writer: Box<dyn ParamWriter>) -> Self {
        let learning = Learning::default();
        Self {
            params,
            writer,
            held: BTreeMap::new(),
            begun: Vec::new(),
            changes: Vec::new(),
            last_morph: None,
            learning,
        }
    }

    /// The parameter itself.
    pub fn param(&self, id: ParamId) -> &Value {
        self.params.get(id)
    }

    /// The parameter's value, normalized to [0, 1]: the held one, else the host's.
    pub fn normalized(&self, id: ParamId) -> f32 {
        self.held.get(&id).map_or_else(|| self.param(id).normalized(), |held| held.now)
    }

    /// [`Self::normalized`] in the parameter's own unit.
    pub fn plain(&self, id: ParamId) -> f32 {
        id.spec().scale.value(self.normalized(id))
    }

    /// [`Self::normalized`] as text with its unit.
    pub fn text(&self, id: ParamId) -> String {
        self.param(id).text(self.normalized(id))
    }

    /// Whether a gesture of the parameter goes on.
    pub fn holds(&self, id: ParamId) -> bool {
        self.held.contains_key(&id)
    }

    /// Begins a gesture at the parameter's present value, unless one goes on.
    pub fn take(&mut self, id: ParamId) {
        if !self.holds(id) {
            self.writer.begin(id);
            let before = self.param(id).normalized();
            self.held.insert(id, Held { before, now: before });
            self.begun.push(id);
        }
    }

    /// Sets the value, normalized, within a gesture; without one nothing happens.
    pub fn drag_to(&mut self, id: ParamId, normalized: f32) {
        let normalized = normalized.clamp(0.0, 1.0);
        if let Some(held) = self.held.get_mut(&id)
            && held.now != normalized
        {
            held.now = normalized;
            self.writer.set(id, normalized);
            if id == ParamId::MORPH {
                self.last_morph = Some(normalized);
            }
        }
    }

    /// Ends the gesture, if one goes on.
    pub fn release(&mut self, id: ParamId) {
        let Some(Held { before, now }) = self.held.remove(&id) else { return };
        self.writer.end(id);
        match self.changes.iter_mut().find(|change| change.id == id) {
            Some(change) => change.after = now,
            None if before != now => self.changes.push(ParamChange { id, before, after: now }),
            None => {}
        }
    }

    /// Whether no gesture goes on.
    pub fn is_idle(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes the parameters whose gestures began since this was asked last.
    pub fn take_begun(&mut self) -> Vec<ParamId> {
        std::mem::take(&mut self.begun)
    }

    /// Takes what the gestures changed that ended since this was asked last.
    pub fn take_changes(&mut self) -> Vec<ParamChange> {
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|change| change.before != change.after);
        changes
    }

    /// The value of the morph parameter that was set last, if it was ever.
    pub fn last_morph(&self) -> Option<f32> {
        self.last_morph
    }

    /// A whole gesture at once: begin, set, end.
    pub fn put(&mut self, id: ParamId, normalized: f32) {
        self.take(id);
        self.drag_to(id, normalized);
        self.release(id);
    }

    /// Sets the default value.
    pub fn reset(&mut self, id: ParamId) {
        self.put(id, self.param(id).default_normalized());
    }

    /// Ends all gestures, as when the window closes.
    pub fn release_all(&mut self) {
        for id in self.held.keys().copied().collect::<Vec<_>>() {
            self.release(id);
        }
    }

    /// Sets the seven knobs to a point, in σ.
    pub fn put_knobs(&mut self, latent: &Latent) {
        for (axis, &sigma) in latent.iter().enumerate() {
            let id = ParamId::latent(axis);
            let place = self.param(id).normalize(sigma);
            self.put(id, place);
        }
    }

    /// Sets all parameters to values in their own units, in the order of the table; those that stand there already are left alone.
    pub fn put_all(&mut self, values: &[f32]) {
        for (id, &value) in ParamId::all().zip(values) {
            let place = self.param(id).normalize(value);
            if place != self.normalized(id) {
                self.put(id, place);
            }
        }
    }

    /// The point that the seven knobs are at, in σ.
    pub fn knobs(&self) -> Latent {
        let low = -engine::units::LATENT_LIMIT;
        let width = 2.0 * engine::units::LATENT_LIMIT;
        std::array::from_fn::<f32, MODEL_LATENTS, _>(|axis| low + width * self.normalized(ParamId::latent(axis)))
    }
}

impl Drop for ParamGestures {
    fn drop(&mut self) {
        self.release_all();
    }
}
