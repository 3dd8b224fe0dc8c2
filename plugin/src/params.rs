//! The instrument's parameters as the framework holds them, made from the engine's table ([`engine::params::TABLE`]).
//!
//! Values are atomics, so any thread may read them; only the framework writes them. [`Parameters::controls`] is safe on
//! the audio thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::params::{Controls, LearnedElsewhere, NoteModulated, ParamSpec, Scale, TABLE};
use nice_plug::params::InternalParamMut;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::*;

use crate::project::AudioScene;

pub use engine::params::ParamId;

/// One parameter as the framework holds it.
pub enum Value {
    /// Continuous.
    Real(FloatParam),
    /// In whole steps.
    Whole(IntParam),
}

impl Value {
    fn new(id: ParamId) -> Self {
        let value = Self::of_spec(id.spec());
        let Some(modulated) = NoteModulated::of(id) else { return value };
        let number = modulated.index() as u32;
        match value {
            Self::Real(param) => Self::Real(param.with_poly_modulation_id(number)),
            Self::Whole(param) => Self::Whole(param.with_poly_modulation_id(number)),
        }
    }

    fn of_spec(spec: &ParamSpec) -> Self {
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

/// All parameters.
pub struct Parameters {
    values: Vec<Value>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self::new()
    }
}

impl Parameters {
    /// Fresh parameters at their defaults.
    pub fn new() -> Self {
        Self { values: ParamId::all().map(Value::new).collect() }
    }

    /// One parameter.
    pub fn get(&self, id: ParamId) -> &Value {
        &self.values[id.index()]
    }

    /// Puts a parameter of a new instance at a value in its own unit: its first value need not be its default. Only before a host sees it.
    pub fn begin_at(&self, id: ParamId, plain: f32) {
        let place = self.get(id).normalize(plain);
        // SAFETY: the call is for the framework, which does not know these parameters yet; it touches the value's atomics alone.
        unsafe {
            match self.get(id) {
                Value::Real(param) => param._internal_set_normalized_value(place),
                Value::Whole(param) => param._internal_set_normalized_value(place),
            };
        }
    }

    /// All that the engine wants to know, with modulation. Safe on the audio thread.
    pub fn controls(&self, scene: &AudioScene) -> Controls {
        self.controls_at(scene, Value::modulated)
    }

    /// The same without the host's modulation: what is saved and shown.
    pub fn plain_controls(&self, scene: &AudioScene) -> Controls {
        self.controls_at(scene, Value::plain)
    }

    fn controls_at(&self, scene: &AudioScene, read: impl Fn(&Value) -> f32) -> Controls {
        let AudioScene { corners, assets, seed, routes, steps, pad_path, .. } = *scene;
        let learned = LearnedElsewhere::of(&scene.controllers);
        let mut controls = Controls { corners, assets, seed, routes, steps, pad_path, learned, ..Controls::default() };
        TABLE.iter().zip(&self.values).for_each(|(row, value)| row.set(&mut controls, read(value)));
        controls
    }

    /// Values by id in their own units, as the state document holds them.
    pub fn values_by_id(&self) -> BTreeMap<String, f32> {
        TABLE.iter().zip(&self.values).map(|(spec, value)| (spec.id.to_owned(), value.plain())).collect()
    }

    /// Id, pointer and group of each parameter, in the frozen order. The pointers are valid as long as `self`: the table never
    /// grows, shrinks or moves its elements.
    pub fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        TABLE
            .iter()
            .zip(&self.values)
            .map(|(spec, value)| (spec.id.to_owned(), value.pointer(), spec.group.to_owned()))
            .collect()
    }
}
