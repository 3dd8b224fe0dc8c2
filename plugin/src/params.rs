//! The instrument's parameters as the framework holds them, made from the engine's table ([`engine::params::TABLE`]).
//!
//! Values are atomics, so any thread may read them; only the framework writes them. [`Parameters::controls`] is safe on
//! the audio thread.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use engine::params::{Controls, ParamSpec, Scale, TABLE};
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::*;

use crate::scene::{Desk, Scene};
use crate::state;

pub use engine::params::ParamId;

/// One parameter as the framework holds it.
pub enum Value {
    /// Continuous.
    Real(FloatParam),
    /// In whole steps.
    Whole(IntParam),
}

impl Value {
    fn new(spec: &ParamSpec) -> Self {
        let text = spec.text;
        match spec.scale {
            Scale::Linear { min, max } => Self::real(spec, FloatRange::Linear { min, max }),
            Scale::Skewed { min, max, factor } => Self::real(spec, FloatRange::Skewed { min, max, factor }),
            Scale::Steps { min, max } => Self::Whole(
                IntParam::new(spec.name, spec.default as i32, IntRange::Linear { min, max })
                    .with_value_to_string(Arc::new(move |value| text.write_whole(value)))
                    .with_string_to_value(Arc::new(move |typed| text.read(typed).map(|value| value.round() as i32))),
            ),
        }
    }

    fn real(spec: &ParamSpec, range: FloatRange) -> Self {
        let text = spec.text;
        Self::Real(
            FloatParam::new(spec.name, spec.default, range)
                .with_value_to_string(Arc::new(move |value| text.write(value)))
                .with_string_to_value(Arc::new(move |typed| text.read(typed))),
        )
    }

    /// Value in the parameter's own unit with the host's modulation. Safe on the audio thread.
    pub fn modulated(&self) -> f32 {
        match self {
            Self::Real(param) => param.modulated_plain_value(),
            Self::Whole(param) => param.modulated_plain_value() as f32,
        }
    }

    /// Value in the parameter's own unit without modulation: what is saved and shown.
    pub fn plain(&self) -> f32 {
        match self {
            Self::Real(param) => param.unmodulated_plain_value(),
            Self::Whole(param) => param.unmodulated_plain_value() as f32,
        }
    }

    /// [`Self::plain`] on the host's 0…1.
    pub fn normalized(&self) -> f32 {
        match self {
            Self::Real(param) => param.unmodulated_normalized_value(),
            Self::Whole(param) => param.unmodulated_normalized_value(),
        }
    }

    /// The default on the host's 0…1.
    pub fn default_normalized(&self) -> f32 {
        match self {
            Self::Real(param) => param.default_normalized_value(),
            Self::Whole(param) => param.default_normalized_value(),
        }
    }

    /// A value in the parameter's own unit on the host's 0…1, clamped to the range.
    pub fn normalize(&self, plain: f32) -> f32 {
        match self {
            Self::Real(param) => param.preview_normalized(plain),
            Self::Whole(param) => param.preview_normalized(plain.round() as i32),
        }
    }

    /// How a place on the host's 0…1 reads, with its unit.
    pub fn text(&self, normalized: f32) -> String {
        match self {
            Self::Real(param) => param.normalized_value_to_string(normalized, true),
            Self::Whole(param) => param.normalized_value_to_string(normalized, true),
        }
    }

    /// Reads what was typed, with or without unit; `None` if it is no number.
    pub fn parse(&self, typed: &str) -> Option<f32> {
        match self {
            Self::Real(param) => param.string_to_normalized_value(typed),
            Self::Whole(param) => param.string_to_normalized_value(typed),
        }
    }

    /// Host name.
    pub fn name(&self) -> &str {
        match self {
            Self::Real(param) => param.name(),
            Self::Whole(param) => param.name(),
        }
    }

    /// Number of steps between the ends, if the values are whole.
    pub fn steps(&self) -> Option<usize> {
        match self {
            Self::Real(param) => param.step_count(),
            Self::Whole(param) => param.step_count(),
        }
    }

    fn pointer(&self) -> ParamPtr {
        match self {
            Self::Real(param) => param.as_ptr(),
            Self::Whole(param) => param.as_ptr(),
        }
    }
}

/// All parameters and, beside them, what else the project saves.
pub struct Parameters {
    values: Vec<Value>,
    desk: Arc<Desk>,
    /// What is to happen when a state has been recalled.
    after_recall: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Parameters {
    /// Fresh parameters at their defaults, saved together with what lies on `desk`.
    pub fn new(desk: Arc<Desk>) -> Self {
        let values = TABLE.iter().map(Value::new).collect();
        Self { values, desk, after_recall: OnceLock::new() }
    }

    /// Sets what happens whenever a host has recalled a state, playing or not. Only the first call counts.
    pub fn on_recall(&self, action: impl Fn() + Send + Sync + 'static) {
        let _ = self.after_recall.set(Box::new(action));
    }

    /// One parameter.
    pub fn get(&self, id: ParamId) -> &Value {
        &self.values[id.index()]
    }

    /// All that the engine wants to know, with modulation. Safe on the audio thread.
    pub fn controls(&self, scene: &Scene) -> Controls {
        self.controls_at(scene, Value::modulated)
    }

    fn controls_at(&self, scene: &Scene, read: impl Fn(&Value) -> f32) -> Controls {
        let Scene { corners, assets, seed } = *scene;
        let mut controls = Controls { corners, assets, seed, ..Controls::default() };
        TABLE.iter().zip(&self.values).for_each(|(row, value)| row.set(&mut controls, read(value)));
        controls
    }

    /// Values by id in their own units, as the state document holds them.
    pub fn values_by_id(&self) -> BTreeMap<String, f32> {
        TABLE.iter().zip(&self.values).map(|(spec, value)| (spec.id.to_owned(), value.plain())).collect()
    }
}

// SAFETY: the pointers stay valid as long as `self`: `values` is filled once in `new` and never grows, shrinks or moves
// its elements, and the framework keeps the `Arc` of this object for as long as it uses them.
unsafe impl Params for Parameters {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        TABLE
            .iter()
            .zip(&self.values)
            .map(|(spec, value)| (spec.id.to_owned(), value.pointer(), spec.group.to_owned()))
            .collect()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        let controls = self.controls_at(&self.desk.scene(), Value::plain);
        state::save(self.values_by_id(), &self.desk.frozen_project(&controls))
    }

    fn deserialize_fields(&self, fields: &BTreeMap<String, String>) {
        state::recall(fields, &self.desk);
        if let Some(action) = self.after_recall.get() {
            action();
        }
    }
}
