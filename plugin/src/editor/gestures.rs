//! Parameter gestures: begin, set and end towards the host, and the value of a parameter while the user drags it.
//!
//! A host that is active but does not process reports writes back late; while a parameter is held, the editor therefore
//! shows the held value. Main thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Latent;
use engine::units::MODEL_LATENTS;
use nice_plug::context::gui::{GuiContext, ParamSetter};

use crate::params::{ParamId, Parameters, Value};

/// Where parameter writes go: the host, or a test.
pub trait ParamWriter: Send {
    /// The user takes hold.
    fn begin(&self, id: ParamId);
    /// The user moves to a place on the host's 0…1.
    fn set(&self, id: ParamId, normalized: f32);
    /// The user lets go.
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

/// What is held now.
pub struct ParamGestures {
    params: Arc<Parameters>,
    writer: Box<dyn ParamWriter>,
    held: BTreeMap<ParamId, f32>,
}

impl ParamGestures {
    /// Holding nothing.
    pub fn new(params: Arc<Parameters>, writer: Box<dyn ParamWriter>) -> Self {
        Self { params, writer, held: BTreeMap::new() }
    }

    /// The parameter itself.
    pub fn param(&self, id: ParamId) -> &Value {
        self.params.get(id)
    }

    /// Where the parameter stands on 0…1: the held value, else as the host has it.
    pub fn normalized(&self, id: ParamId) -> f32 {
        self.held.get(&id).copied().unwrap_or_else(|| self.param(id).normalized())
    }

    /// [`Self::normalized`] as text with its unit.
    pub fn text(&self, id: ParamId) -> String {
        self.param(id).text(self.normalized(id))
    }

    /// Whether the parameter is held.
    pub fn holds(&self, id: ParamId) -> bool {
        self.held.contains_key(&id)
    }

    /// Takes hold where the parameter stands.
    pub fn take(&mut self, id: ParamId) {
        if !self.holds(id) {
            self.writer.begin(id);
            self.held.insert(id, self.param(id).normalized());
        }
    }

    /// Moves what is held; does nothing to what is not.
    pub fn drag_to(&mut self, id: ParamId, normalized: f32) {
        let normalized = normalized.clamp(0.0, 1.0);
        if let Some(held) = self.held.get_mut(&id)
            && *held != normalized
        {
            *held = normalized;
            self.writer.set(id, normalized);
        }
    }

    /// Lets go.
    pub fn release(&mut self, id: ParamId) {
        if self.held.remove(&id).is_some() {
            self.writer.end(id);
        }
    }

    /// A whole gesture at once: take, set, release.
    pub fn put(&mut self, id: ParamId, normalized: f32) {
        self.take(id);
        self.drag_to(id, normalized);
        self.release(id);
    }

    /// Back to the default.
    pub fn reset(&mut self, id: ParamId) {
        self.put(id, self.param(id).default_normalized());
    }

    /// Lets go of everything, as when the window loses the pointer for good.
    pub fn release_all(&mut self) {
        for id in self.held.keys().copied().collect::<Vec<_>>() {
            self.release(id);
        }
    }

    /// Sends the seven knobs to a point in σ.
    pub fn put_knobs(&mut self, latent: &Latent) {
        for (axis, &sigma) in latent.iter().enumerate() {
            let id = ParamId::latent(axis);
            let place = self.param(id).normalize(sigma);
            self.put(id, place);
        }
    }

    /// Where the seven knobs stand, in σ.
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
