//! The table of all parameters: id, name, group, range, default, text form, smoothing. ANY THREAD.
//!
//! The plug-in's host parameters, the saved state, the checked [`Controls`] and the test of frozen parameters are derived from [`TABLE`].
//! A new parameter is one more row, with the field of [`Controls`] that it names. Ids, order, ranges and defaults never change, since
//! projects and automation refer to them.

mod controller_map;
mod controls;
mod groups;
mod hold;
mod key_pitches;
mod names;
mod note_modulation;
mod pad_path;
mod retune;
mod route;
mod step_levels;
mod table;
mod text;
mod transport;
mod variation;

pub use controller_map::{ControllerMap, LearnedElsewhere, resting_controller};
pub use controls::{AssetSet, Controls, is_within_recording};
pub use groups::{
    AmpControls, ArpControls, EnvelopeControls, FilterControls, LFOS, LfoControls, LoopControls, MACROS,
    MotionControls, PathControls, ROUTES, SpaceControls, StepControls, VoiceControls,
};
pub use hold::Hold;
pub use key_pitches::KeyPitches;
pub use names::division_beats;
pub use note_modulation::{NOTE_MODULATED, NoteModulated};
pub use pad_path::{LONGEST_PATH_S, PATH_POINTS, PadPath, PathPoint, SHORTEST_PATH_S};
pub use retune::Retune;
pub use route::{FIRST_ROUTES, ModDestination, ModSource, Route, Routes};
pub use step_levels::{STEPS, StepLevels};
pub use table::TABLE;
pub use text::{TextForm, key_to_hz};
pub use transport::Transport;
pub use variation::VariationControls;

use std::collections::BTreeMap;

use crate::units::MODEL_LATENTS;

/// Index of a parameter in [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(usize);

impl ParamId {
    /// Horizontal position on the pad.
    pub const PAD_X: Self = Self(MODEL_LATENTS);
    /// Vertical position on the pad.
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
    /// Weight of the recordings' residuals: 0 is the model alone.
    pub const FIDELITY: Self = Self(MODEL_LATENTS + 13);
    /// How much darker softer notes are.
    pub const TOUCH: Self = Self(MODEL_LATENTS + 14);
    /// How long a note sounds.
    pub const HOLD: Self = Self(MODEL_LATENTS + 15);
    /// Time of a glide.
    pub const GLIDE: Self = Self(MODEL_LATENTS + 18);
    /// Number of parameters.
    pub const COUNT: usize = TABLE.len();

    /// The parameter of a frozen identifier.
    pub fn named(id: &str) -> Option<Self> {
        TABLE.iter().position(|row| row.id == id).map(Self)
    }

    /// The parameter of latent axis `axis`, which is below [`MODEL_LATENTS`].
    ///
    /// # Panics
    /// For a greater axis.
    pub fn latent(axis: usize) -> Self {
        assert!(axis < MODEL_LATENTS, "latent axis {axis} of {MODEL_LATENTS}");
        Self(axis)
    }

    /// All parameters in the frozen order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Position in [`TABLE`].
    pub fn index(self) -> usize {
        self.0
    }

    /// The parameter's row of [`TABLE`].
    pub fn spec(self) -> &'static ParamSpec {
        &TABLE[self.0]
    }
}

/// Range of a parameter, and its mapping to the host's normalised values 0…1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Linear.
    Linear {
        /// Smallest value.
        min: f32,
        /// Largest value.
        max: f32,
    },
    /// A power curve; `factor` below 1 gives small values more of the range.
    Skewed {
        /// Smallest value.
        min: f32,
        /// Largest value.
        max: f32,
        /// Exponent of the curve from value to 0…1.
        factor: f32,
    },
    /// Integers.
    Steps {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
    },
}

impl Scale {
    /// Smallest value.
    pub fn min(self) -> f32 {
        match self {
            Self::Linear { min, .. } | Self::Skewed { min, .. } => min,
            Self::Steps { min, .. } => min as f32,
        }
    }

    /// Largest value.
    pub fn max(self) -> f32 {
        match self {
            Self::Linear { max, .. } | Self::Skewed { max, .. } => max,
            Self::Steps { max, .. } => max as f32,
        }
    }

    /// The value at a place of the host's 0…1.
    pub fn value(self, place: f32) -> f32 {
        let place = place.clamp(0.0, 1.0);
        let within = |place: f32| self.min() + (self.max() - self.min()) * place;
        match self {
            Self::Linear { .. } => within(place),
            Self::Skewed { factor, .. } => within(place.powf(factor.recip())),
            Self::Steps { .. } => within(place).round(),
        }
    }

    /// The place of a value on the host's 0…1; the inverse of [`Self::value`].
    pub fn place(self, value: f32) -> f32 {
        let place = ((value - self.min()) / (self.max() - self.min())).clamp(0.0, 1.0);
        if let Self::Skewed { factor, .. } = self { place.powf(factor) } else { place }
    }
}

/// How a value follows changes of its parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Smoothing {
    /// Not smoothed: read on the synth's 64-sample grid. A change gives another sound, to which voices crossfade.
    Grid,
    /// Smoothed by a one-pole filter.
    OnePole {
        /// Time constant in seconds.
        time_s: f32,
    },
    /// Not smoothed: read at note-on, or by the envelope.
    PerNote,
    /// Read on the synth's 64-sample grid, and smoothed by the part of the synth that it belongs to.
    ByReader,
}

/// The fixed properties of one parameter.
#[derive(Debug, Clone, Copy)]
pub struct ParamSpec {
    /// Frozen identifier in hosts, projects and presets.
    pub id: &'static str,
    /// Name in hosts. Does not depend on the pack; the editor shows the name of the learned axis beside it.
    pub name: &'static str,
    /// Group in hosts.
    pub group: &'static str,
    /// Range and scale.
    pub scale: Scale,
    /// Value of a new instance, in the parameter's own unit.
    pub default: f32,
    /// Value for a document without this parameter, chosen so that older projects keep their sound.
    pub before: f32,
    /// Unit and written form.
    pub text: TextForm,
    /// How its value is smoothed.
    pub smoothing: Smoothing,
    /// Its field of [`Controls`].
    field: fn(&mut Controls) -> &mut f32,
}

impl ParamSpec {
    /// The parameter's value in `controls`.
    pub fn of(&self, controls: &Controls) -> f32 {
        *(self.field)(&mut controls.clone())
    }

    /// Sets the parameter's value in `controls`, without limiting it.
    pub fn set(&self, controls: &mut Controls, value: f32) {
        *(self.field)(controls) = value;
    }

    /// Reference to the parameter's value in `controls`.
    pub(crate) fn field<'a>(&self, controls: &'a mut Controls) -> &'a mut f32 {
        (self.field)(controls)
    }

    /// `value` clamped to the range; `last` if it is not finite.
    pub fn limited(&self, value: f32, last: f32) -> f32 {
        if value.is_finite() { value.clamp(self.scale.min(), self.scale.max()) } else { last }
    }

    /// The value that a document with `values` by id gives: in range, and [`Self::before`] for one that does not have it.
    pub fn saved(&self, values: &BTreeMap<String, f32>) -> f32 {
        let value = self.limited(values.get(self.id).copied().unwrap_or(self.before), self.before);
        if let Scale::Steps { .. } = self.scale { value.round() } else { value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_field_of_its_own_and_a_default_within_its_range() {
        for id in ParamId::all() {
            let spec = id.spec();
            let mut controls = Controls::default();
            assert_eq!(spec.of(&controls), spec.default, "{}", spec.id);
            assert_eq!(spec.limited(spec.default, f32::NAN), spec.default, "{}", spec.id);
            assert_eq!(spec.limited(f32::NAN, 0.5), 0.5);
            spec.set(&mut controls, 0.123);
            let changed: Vec<_> = TABLE.iter().filter(|row| row.of(&controls) == 0.123).map(|row| row.id).collect();
            assert_eq!(changed, [spec.id]);
        }
    }

    #[test]
    fn places_and_values_are_inverse_and_reach_both_ends() {
        for row in &TABLE {
            let scale = row.scale;
            assert_eq!((scale.value(0.0), scale.value(1.0)), (scale.min(), scale.max()), "{}", row.id);
            for step in 0..=20 {
                let value = scale.value(step as f32 / 20.0);
                let again = scale.value(scale.place(value));
                assert!((again - value).abs() <= 1e-5 * (scale.max() - scale.min()), "{}: {value}, {again}", row.id);
            }
        }
    }

    #[test]
    fn named_ids_refer_to_their_rows() {
        let names = [
            (ParamId::PAD_X, "pad_x"),
            (ParamId::STRETCH, "stretch"),
            (ParamId::GAIN, "gain"),
            (ParamId::TOUCH, "touch"),
            (ParamId::HOLD, "hold"),
            (ParamId::GLIDE, "glide"),
        ];
        assert!(names.iter().all(|(id, name)| id.spec().id == *name));
    }
}
