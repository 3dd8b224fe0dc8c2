//! Every parameter of the instrument, once, as data: id, name, group, range, default and text form.
//!
//! Ids, order, ranges and defaults are frozen: projects and automation name them. `tests/params_frozen.rs` guards them.
//! Values are atomics, so any thread may read them; only the framework writes them. [`Parameters::controls`] is safe on
//! the audio thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::audio::Controls;
use engine::units::{LATENT_LIMIT, MODEL_LATENTS};
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::*;

use crate::params_text::TextForm;
use crate::project::AudioScene;

/// Index of a parameter in the frozen order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(usize);

impl ParamId {
    /// Horizontal place on the pad.
    pub const PAD_X: Self = Self(MODEL_LATENTS);
    /// Vertical place on the pad.
    pub const PAD_Y: Self = Self(MODEL_LATENTS + 1);
    /// From the knobs' sound (0) to the pad's (1).
    pub const MORPH: Self = Self(MODEL_LATENTS + 2);
    /// Length factor of the sound.
    pub const STRETCH: Self = Self(MODEL_LATENTS + 3);
    /// Shift of the spectral envelope.
    pub const FORMANT: Self = Self(MODEL_LATENTS + 4);
    /// Slope added to the spectrum.
    pub const TILT: Self = Self(MODEL_LATENTS + 5);
    /// Attack time of the envelope.
    pub const ATTACK: Self = Self(MODEL_LATENTS + 6);
    /// Decay time of the envelope.
    pub const DECAY: Self = Self(MODEL_LATENTS + 7);
    /// Sustain level of the envelope.
    pub const SUSTAIN: Self = Self(MODEL_LATENTS + 8);
    /// Release time of the envelope.
    pub const RELEASE: Self = Self(MODEL_LATENTS + 9);
    /// Tuning in semitones.
    pub const COARSE: Self = Self(MODEL_LATENTS + 10);
    /// Tuning in cents.
    pub const FINE: Self = Self(MODEL_LATENTS + 11);
    /// Output level.
    pub const GAIN: Self = Self(MODEL_LATENTS + 12);
    /// From the pure model to the recordings of sounds.
    pub const FIDELITY: Self = Self(MODEL_LATENTS + 13);
    /// How much darker softer strokes are.
    pub const TOUCH: Self = Self(MODEL_LATENTS + 14);
    /// How many parameters there are.
    pub const COUNT: usize = MODEL_LATENTS + 15;

    /// The parameter of latent axis `axis`, which is below [`MODEL_LATENTS`].
    pub fn latent(axis: usize) -> Self {
        assert!(axis < MODEL_LATENTS, "latent axis {axis} of {MODEL_LATENTS}");
        Self(axis)
    }

    /// All parameters in the frozen order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }
}

/// How a parameter's values are spread over the host's 0…1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Evenly.
    Linear {
        /// Smallest value.
        min: f32,
        /// Largest value.
        max: f32,
    },
    /// By a power curve; `factor` below 1 gives the small values more room.
    Skewed {
        /// Smallest value.
        min: f32,
        /// Largest value.
        max: f32,
        /// Exponent of the curve from value to 0…1.
        factor: f32,
    },
    /// Whole numbers.
    Steps {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
    },
}

/// What is fixed about one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamSpec {
    /// Frozen identifier in hosts, projects and presets.
    pub id: String,
    /// Name in hosts. Does not depend on the pack; the editor shows the learned axis name beside it.
    pub name: String,
    /// Group in hosts.
    pub group: &'static str,
    /// Value of a fresh instance, in the parameter's own unit.
    pub default: f32,
    /// Value in a document that does not name it: what projects from before this parameter sounded like.
    pub before: f32,
    /// Range.
    pub scale: Scale,
    /// How the value reads.
    pub text: TextForm,
}

/// log-like feel from 0.25 through 1 in the middle to 4: ln 0.5 / ln((1 − 0.25) / (4 − 0.25)).
const STRETCH_SKEW: f32 = 0.430_677;
/// Puts a sixteenth of the range at half the turn, since short times need finer steps.
const TIME_SKEW: f32 = 0.25;

/// The whole table, in the frozen order. Host names and ids of the latents come from their number alone.
pub fn specs() -> Vec<ParamSpec> {
    let mut table: Vec<ParamSpec> = (1..=MODEL_LATENTS).map(latent_spec).collect();
    table.extend(fixed_specs());
    debug_assert_eq!(table.len(), ParamId::COUNT);
    table
}

fn latent_spec(number: usize) -> ParamSpec {
    ParamSpec {
        id: format!("z{number}"),
        name: format!("Latent {number}"),
        group: "Latents",
        default: 0.0,
        before: 0.0,
        scale: Scale::Linear { min: -LATENT_LIMIT, max: LATENT_LIMIT },
        text: TextForm::Sigma,
    }
}

fn fixed_specs() -> Vec<ParamSpec> {
    let unit = Scale::Linear { min: 0.0, max: 1.0 };
    let time = |max_s: f32| Scale::Skewed { min: 0.0, max: max_s, factor: TIME_SKEW };
    let row = |id: &str, name: &str, group, default, scale, text| ParamSpec {
        id: id.to_owned(),
        name: name.to_owned(),
        group,
        default,
        before: default,
        scale,
        text,
    };
    let stretch = Scale::Skewed { min: 0.25, max: 4.0, factor: STRETCH_SKEW };
    let formant = Scale::Linear { min: -12.0, max: 12.0 };
    let tilt = Scale::Linear { min: -6.0, max: 6.0 };
    let coarse = Scale::Steps { min: -24, max: 24 };
    let fine = Scale::Linear { min: -100.0, max: 100.0 };
    let gain = Scale::Linear { min: -60.0, max: 12.0 };
    let touch = Scale::Linear { min: 0.0, max: 2.0 };
    vec![
        row("pad_x", "Pad X", "Pad", 0.5, unit, TextForm::Percent),
        row("pad_y", "Pad Y", "Pad", 0.5, unit, TextForm::Percent),
        row("morph", "Morph", "Pad", 0.0, unit, TextForm::Percent),
        row("stretch", "Stretch", "Shape", 1.0, stretch, TextForm::Times),
        row("formant", "Formant", "Shape", 0.0, formant, TextForm::Semitones),
        row("tilt", "Tilt", "Shape", 0.0, tilt, TextForm::DecibelsPerOctave),
        row("attack", "Attack", "Envelope", 0.0, time(5.0), TextForm::Seconds),
        row("decay", "Decay", "Envelope", 2.0, time(10.0), TextForm::Seconds),
        row("sustain", "Sustain", "Envelope", 1.0, unit, TextForm::Percent),
        row("release", "Release", "Envelope", 0.15, time(10.0), TextForm::Seconds),
        row("coarse", "Coarse", "Output", 0.0, coarse, TextForm::Semitones),
        row("fine", "Fine", "Output", 0.0, fine, TextForm::Cents),
        row("gain", "Gain", "Output", -6.0, gain, TextForm::Decibels),
        row("fidelity", "Fidelity", "Shape", 1.0, unit, TextForm::Percent),
        ParamSpec { before: 0.0, ..row("touch", "Touch", "Output", 1.0, touch, TextForm::Percent) },
    ]
}

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
                IntParam::new(spec.name.clone(), spec.default as i32, IntRange::Linear { min, max })
                    .with_value_to_string(Arc::new(move |value| text.write_whole(value)))
                    .with_string_to_value(Arc::new(move |typed| text.read(typed).map(|value| value.round() as i32))),
            ),
        }
    }

    fn real(spec: &ParamSpec, range: FloatRange) -> Self {
        let text = spec.text;
        Self::Real(
            FloatParam::new(spec.name.clone(), spec.default, range)
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
    specs: Vec<ParamSpec>,
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
        let specs = specs();
        let values = specs.iter().map(Value::new).collect();
        Self { specs, values }
    }

    /// One parameter.
    pub fn get(&self, id: ParamId) -> &Value {
        &self.values[id.0]
    }

    /// What is fixed about one parameter.
    pub fn spec(&self, id: ParamId) -> &ParamSpec {
        &self.specs[id.0]
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
        let at = |id: ParamId| read(self.get(id));
        Controls {
            knobs: std::array::from_fn(|axis| at(ParamId::latent(axis))),
            corners: scene.corners,
            residuals: scene.residuals,
            fidelity: at(ParamId::FIDELITY),
            seed: scene.seed,
            pad_x: at(ParamId::PAD_X),
            pad_y: at(ParamId::PAD_Y),
            morph: at(ParamId::MORPH),
            stretch: at(ParamId::STRETCH),
            formant_semitones: at(ParamId::FORMANT),
            tilt_db_per_octave: at(ParamId::TILT),
            attack_s: at(ParamId::ATTACK),
            decay_s: at(ParamId::DECAY),
            sustain: at(ParamId::SUSTAIN),
            release_s: at(ParamId::RELEASE),
            coarse_semitones: at(ParamId::COARSE),
            fine_cents: at(ParamId::FINE),
            gain_db: at(ParamId::GAIN),
            touch: at(ParamId::TOUCH),
        }
    }

    /// Values by id in their own units, as the state document holds them.
    pub fn values_by_id(&self) -> BTreeMap<String, f32> {
        self.specs.iter().zip(&self.values).map(|(spec, value)| (spec.id.clone(), value.plain())).collect()
    }

    /// Id, pointer and group of each parameter, in the frozen order. The pointers are valid as long as `self`: the table never
    /// grows, shrinks or moves its elements.
    pub fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        self.specs
            .iter()
            .zip(&self.values)
            .map(|(spec, value)| (spec.id.clone(), value.pointer(), spec.group.to_owned()))
            .collect()
    }
}
