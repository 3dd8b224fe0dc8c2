//! The user's hand on the parameters: gestures towards the host, and the value that is held while dragging.
//!
//! A host that is active but does not process reflects writes late; so while a parameter is held, the editor shows what
//! the hand holds. Main thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Latent;
use engine::units::MODEL_LATENTS;
use nice_plug::context::gui::{GuiContext, ParamSetter};

use crate::params::{ParamId, Parameters, Value};

/// Where parameter writes go: the host, or a test.
pub trait Gestures: Send {
    /// The user takes hold.
    fn begin(&self, id: ParamId);
    /// The user moves to a place on the host's 0…1.
    fn set(&self, id: ParamId, normalized: f32);
    /// The user lets go.
    fn end(&self, id: ParamId);
}

/// Writes to the host.
pub struct HostGestures {
    context: GuiContext,
    params: Arc<Parameters>,
}

impl HostGestures {
    /// For an open editor.
    pub fn new(context: GuiContext, params: Arc<Parameters>) -> Self {
        Self { context, params }
    }

    fn setter(&self) -> ParamSetter<'_> {
        self.context.param_setter()
    }
}

impl Gestures for HostGestures {
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
pub struct Hand {
    params: Arc<Parameters>,
    gestures: Box<dyn Gestures>,
    held: BTreeMap<ParamId, f32>,
}

impl Hand {
    /// Holding nothing.
    pub fn new(params: Arc<Parameters>, gestures: Box<dyn Gestures>) -> Self {
        Self { params, gestures, held: BTreeMap::new() }
    }

    /// The parameter itself.
    pub fn param(&self, id: ParamId) -> &Value {
        self.params.get(id)
    }

    /// Where the parameter stands on 0…1: in the hand if held, else as the host has it.
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
            self.gestures.begin(id);
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
            self.gestures.set(id, normalized);
        }
    }

    /// Lets go.
    pub fn release(&mut self, id: ParamId) {
        if self.held.remove(&id).is_some() {
            self.gestures.end(id);
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

impl Drop for Hand {
    fn drop(&mut self) {
        self.release_all();
    }
}
