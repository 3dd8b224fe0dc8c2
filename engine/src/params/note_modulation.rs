//! Parameters that a host may modulate for each note, and what that moves. Plain values; any thread, the audio thread included.

use super::{ModDestination, ParamId, Scale};
use crate::units::db_to_gain;

/// Number of parameters that may be modulated for each note.
pub const NOTE_MODULATED: usize = PARAMETERS.len();

/// Their identifiers, what each moves, and how many of its units a unit of the destination's amount 1 is.
const PARAMETERS: [(&str, ModDestination, f32); 19] = [
    ("z1", ModDestination::Latent1, 3.0),
    ("z2", ModDestination::Latent2, 3.0),
    ("z3", ModDestination::Latent3, 3.0),
    ("z4", ModDestination::Latent4, 3.0),
    ("z5", ModDestination::Latent5, 3.0),
    ("z6", ModDestination::Latent6, 3.0),
    ("z7", ModDestination::Latent7, 3.0),
    ("pad_x", ModDestination::PadX, 1.0),
    ("pad_y", ModDestination::PadY, 1.0),
    ("morph", ModDestination::Morph, 1.0),
    ("formant", ModDestination::Formant, 12.0),
    ("tilt", ModDestination::Tilt, 6.0),
    ("fidelity", ModDestination::Fidelity, 1.0),
    ("vary", ModDestination::Variation, 1.0),
    ("coarse", ModDestination::Pitch, 24.0),
    ("fine", ModDestination::Pitch, 2_400.0),
    ("gain", ModDestination::Gain, 12.0),
    ("cutoff", ModDestination::Cutoff, 96.0),
    ("resonance", ModDestination::Resonance, 1.0),
];

/// A parameter that may be modulated for each note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteModulated(usize);

impl NoteModulated {
    /// A parameter; none if it can be modulated for all notes only.
    pub fn of(id: ParamId) -> Option<Self> {
        PARAMETERS.iter().position(|(name, ..)| *name == id.spec().id).map(Self)
    }

    /// The one at a position among all of them.
    pub fn at(index: usize) -> Option<Self> {
        (index < PARAMETERS.len()).then_some(Self(index))
    }

    /// Position among all of them.
    pub fn index(self) -> usize {
        self.0
    }

    /// What it moves.
    pub fn destination(self) -> ModDestination {
        PARAMETERS.get(self.0).map_or(ModDestination::None, |(_, destination, _)| *destination)
    }

    /// What `offset`, a part of the parameter's range in [−1, 1], is in units of its destination's amount 1. 0 for what is not finite.
    pub fn amount(self, offset: f32) -> f32 {
        let Some((name, destination, unit)) = PARAMETERS.get(self.0) else { return 0.0 };
        let scale = ParamId::named(name).map(|id| id.spec().scale);
        let range = match scale {
            Some(Scale::Steps { min, max }) => (max - min) as f32,
            Some(scale) => scale.max() - scale.min(),
            None => 0.0,
        };
        let moved = if offset.is_finite() { offset.clamp(-1.0, 1.0) * range } else { 0.0 };
        // A route's gain goes to silence at −1.
        if *destination == ModDestination::Gain && moved < 0.0 { db_to_gain(moved) - 1.0 } else { moved / unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_parameter_and_moves_by_its_own_range() {
        for (name, ..) in PARAMETERS {
            let id = ParamId::named(name).expect("it is in the table");
            let modulated = NoteModulated::of(id).expect("it is listed");
            assert!(!matches!(id.spec().scale, Scale::Skewed { .. }), "{name}: a skewed range has no even steps");
            assert_eq!(modulated.amount(0.0), 0.0, "{name}");
            assert_eq!(modulated.amount(f32::NAN), 0.0, "{name}");
            assert_eq!(modulated.amount(7.0), modulated.amount(1.0), "{name}");
        }
        let amount = |id: ParamId, offset| NoteModulated::of(id).expect("it is listed").amount(offset);
        assert_eq!(amount(ParamId::COARSE, 12.0 / 48.0), 0.5);
        assert!((amount(ParamId::FINE, 0.25) - 50.0 / 2_400.0).abs() < 1e-6);
        assert_eq!(amount(ParamId::GAIN, 6.0 / 72.0), 0.5);
        assert!((1.0 + amount(ParamId::GAIN, -6.0 / 72.0) - db_to_gain(-6.0)).abs() < 1e-6);
        assert_eq!(amount(ParamId::MORPH, 1.0), 1.0);
        assert_eq!(NoteModulated::of(ParamId::ATTACK), None);
    }
}
