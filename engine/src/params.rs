//! The table of all parameters: id, name, group, range, default, text form, smoothing. ANY THREAD.
//!
//! The plug-in's host parameters, the saved state, the checked [`Controls`] and the test of frozen parameters are derived from [`TABLE`].
//! A new parameter is one more row, with the field of [`Controls`] that it names. Ids, order, ranges and defaults never change, since
//! projects and automation refer to them.

mod controls;
mod hold;
mod text;

pub use controls::{AssetSet, Controls, is_within_recording};
pub use hold::Hold;
pub use text::TextForm;

use crate::units::{LATENT_LIMIT, MODEL_LATENTS};

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
    /// Number of parameters.
    pub const COUNT: usize = MODEL_LATENTS + 16;

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
    /// Whether it may be modulated per note.
    pub per_note: bool,
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
    fn field<'a>(&self, controls: &'a mut Controls) -> &'a mut f32 {
        (self.field)(controls)
    }

    /// `value` clamped to the range; `last` if it is not finite.
    pub fn limited(&self, value: f32, last: f32) -> f32 {
        if value.is_finite() { value.clamp(self.scale.min(), self.scale.max()) } else { last }
    }
}

/// Puts 1 in the middle of 0.25 to 4, which is nearly a logarithmic scale: ln 0.5 / ln((1 − 0.25) / (4 − 0.25)).
const STRETCH_SKEW: f32 = 0.430_677;
/// Puts a sixteenth of the range at half of the knob's travel, since short times need finer control.
const TIME_SKEW: f32 = 0.25;
/// Time constant of gain and tuning. Shorter makes steps of automation click; longer lags behind a moving control.
const FAST: Smoothing = Smoothing::OnePole { time_s: 0.005 };

const UNIT: Scale = Scale::Linear { min: 0.0, max: 1.0 };
const LATENT: Scale = Scale::Linear { min: -LATENT_LIMIT, max: LATENT_LIMIT };

const fn linear(min: f32, max: f32) -> Scale {
    Scale::Linear { min, max }
}

const fn time(max: f32) -> Scale {
    Scale::Skewed { min: 0.0, max, factor: TIME_SKEW }
}

/// One row of the table; `before` is equal to the default unless it is given.
macro_rules! row {
    ($id:literal, $name:literal, $group:literal, $scale:expr, $default:literal, $text:ident, $smoothing:expr, $per_note:literal, |$controls:ident| $field:expr) => {
        row!($id, $name, $group, $scale, $default, before $default, $text, $smoothing, $per_note, |$controls| $field)
    };
    ($id:literal, $name:literal, $group:literal, $scale:expr, $default:literal, before $before:literal, $text:ident, $smoothing:expr, $per_note:literal, |$controls:ident| $field:expr) => {
        ParamSpec {
            id: $id,
            name: $name,
            group: $group,
            scale: $scale,
            default: $default,
            before: $before,
            text: TextForm::$text,
            smoothing: $smoothing,
            per_note: $per_note,
            field: |$controls| &mut $field,
        }
    };
}

use Smoothing::{Grid, PerNote};

/// All parameters, in the frozen order.
#[rustfmt::skip]
pub static TABLE: [ParamSpec; ParamId::COUNT] = [
    row!("z1", "Latent 1", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[0]),
    row!("z2", "Latent 2", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[1]),
    row!("z3", "Latent 3", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[2]),
    row!("z4", "Latent 4", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[3]),
    row!("z5", "Latent 5", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[4]),
    row!("z6", "Latent 6", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[5]),
    row!("z7", "Latent 7", "Latents", LATENT, 0.0, Sigma, Grid, false, |c| c.knobs[6]),
    row!("pad_x", "Pad X", "Pad", UNIT, 0.5, Percent, Grid, false, |c| c.pad_x),
    row!("pad_y", "Pad Y", "Pad", UNIT, 0.5, Percent, Grid, false, |c| c.pad_y),
    row!("morph", "Morph", "Pad", UNIT, 0.0, Percent, Grid, false, |c| c.morph),
    row!("stretch", "Stretch", "Shape", Scale::Skewed { min: 0.25, max: 4.0, factor: STRETCH_SKEW }, 1.0, Times, Grid, false, |c| c.stretch),
    row!("formant", "Formant", "Shape", linear(-12.0, 12.0), 0.0, Semitones, Grid, false, |c| c.formant_semitones),
    row!("tilt", "Tilt", "Shape", linear(-6.0, 6.0), 0.0, DecibelsPerOctave, Grid, false, |c| c.tilt_db_per_octave),
    row!("attack", "Attack", "Envelope", time(5.0), 0.0, Seconds, PerNote, true, |c| c.attack_s),
    row!("decay", "Decay", "Envelope", time(10.0), 2.0, Seconds, PerNote, true, |c| c.decay_s),
    row!("sustain", "Sustain", "Envelope", UNIT, 1.0, Percent, PerNote, true, |c| c.sustain),
    row!("release", "Release", "Envelope", time(10.0), 0.15, Seconds, PerNote, true, |c| c.release_s),
    row!("coarse", "Coarse", "Output", Scale::Steps { min: -24, max: 24 }, 0.0, Semitones, FAST, true, |c| c.coarse_semitones),
    row!("fine", "Fine", "Output", linear(-100.0, 100.0), 0.0, Cents, FAST, true, |c| c.fine_cents),
    row!("gain", "Gain", "Output", linear(-60.0, 12.0), -6.0, Decibels, FAST, true, |c| c.gain_db),
    row!("fidelity", "Fidelity", "Shape", UNIT, 1.0, Percent, Grid, false, |c| c.fidelity),
    row!("touch", "Touch", "Output", linear(0.0, 2.0), 1.0, before 0.0, Percent, PerNote, true, |c| c.touch),
    row!("hold", "Hold", "Envelope", Scale::Steps { min: 0, max: 3 }, 3.0, before 1.0, Hold, PerNote, false, |c| c.hold),
];

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
    fn named_ids_refer_to_their_rows() {
        let names = [
            (ParamId::PAD_X, "pad_x"),
            (ParamId::STRETCH, "stretch"),
            (ParamId::GAIN, "gain"),
            (ParamId::TOUCH, "touch"),
            (ParamId::HOLD, "hold"),
        ];
        assert!(names.iter().all(|(id, name)| id.spec().id == *name));
    }
}
