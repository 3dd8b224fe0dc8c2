//! Routes of the modulation matrix: what moves what. The amounts are parameters of their own. AUDIO THREAD: `Copy` values.

use serde::{Deserialize, Serialize};

use super::ROUTES;

/// Declares an enumeration with the identifiers that documents hold and the names that people read.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$line:meta])* $variant:ident, $id:literal, $name:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        pub enum $type {
            $($(#[$line])* #[serde(rename = $id)] $variant,)+
        }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Name in the window.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The one of an identifier in documents.
            pub fn named(id: &str) -> Option<Self> {
                match id {
                    $($id => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

named! {
    /// What moves.
    ModSource {
        /// Nothing: the route is empty.
        #[default]
        None, "none", "—";
        /// Velocity of the note-on, 0 to 1.
        Velocity, "velocity", "Velocity";
        /// Velocity of the note-off, 0 to 1; 0 until then.
        ReleaseVelocity, "release-velocity", "Release velocity";
        /// Key, from −1 at key 0 over 0 at key 60 to 1 at key 120.
        Key, "key", "Key";
        /// Pressure of the note and its channel, 0 to 1.
        Pressure, "pressure", "Pressure";
        /// Controller 1, 0 to 1.
        Wheel, "wheel", "Mod wheel";
        /// Controller 74 or the note's own timbre, 0 to 1.
        Timbre, "timbre", "Timbre";
        /// Controller 2, 0 to 1.
        Breath, "breath", "Breath";
        /// Controller 11, 0 to 1.
        Expression, "expression", "Expression";
        /// Amplitude envelope, 0 to 1.
        Envelope, "envelope-1", "Envelope";
        /// Second envelope, 0 to 1.
        Envelope2, "envelope-2", "Envelope 2";
        /// First LFO, −1 to 1.
        Lfo1, "lfo-1", "LFO 1";
        /// Second LFO, −1 to 1.
        Lfo2, "lfo-2", "LFO 2";
        /// Step source, −1 to 1.
        Steps, "steps", "Steps";
        /// Horizontal way along the recorded path from its start, −1 to 1.
        PathX, "path-x", "Path X";
        /// Vertical way along the recorded path from its start, −1 to 1.
        PathY, "path-y", "Path Y";
        /// A random value for each note, −1 to 1.
        Random, "random", "Random";
        /// First macro, 0 to 1.
        Macro1, "macro-1", "Macro 1";
        /// Second macro, 0 to 1.
        Macro2, "macro-2", "Macro 2";
        /// Third macro, 0 to 1.
        Macro3, "macro-3", "Macro 3";
        /// Fourth macro, 0 to 1.
        Macro4, "macro-4", "Macro 4";
    }
}

named! {
    /// What is moved. In brackets what the amount 1 adds at a source of 1.
    ModDestination {
        /// Nothing: the route is empty.
        #[default]
        None, "none", "—";
        /// Pitch (24 semitones).
        Pitch, "pitch", "Pitch";
        /// Gain (to silence below 0, 12 dB above).
        Gain, "gain", "Gain";
        /// Pan (from the centre to one side).
        Pan, "pan", "Pan";
        /// Cut-off of the filter (96 semitones).
        Cutoff, "cutoff", "Cutoff";
        /// Resonance (the whole range).
        Resonance, "resonance", "Resonance";
        /// Start point, at note-on (the whole range).
        Start, "start", "Start";
        /// Stretch (two octaves of length).
        Stretch, "stretch", "Stretch";
        /// Formant (12 semitones).
        Formant, "formant", "Formant";
        /// Tilt (6 dB per octave).
        Tilt, "tilt", "Tilt";
        /// First latent (3 σ), as all of them.
        Latent1, "latent-1", "Latent 1";
        /// Second latent.
        Latent2, "latent-2", "Latent 2";
        /// Third latent.
        Latent3, "latent-3", "Latent 3";
        /// Fourth latent.
        Latent4, "latent-4", "Latent 4";
        /// Fifth latent.
        Latent5, "latent-5", "Latent 5";
        /// Sixth latent.
        Latent6, "latent-6", "Latent 6";
        /// Seventh latent.
        Latent7, "latent-7", "Latent 7";
        /// Horizontal position on the pad (its whole width).
        PadX, "pad-x", "Pad X";
        /// Vertical position on the pad (its whole height).
        PadY, "pad-y", "Pad Y";
        /// Morph (the whole range).
        Morph, "morph", "Morph";
        /// Fidelity (the whole range).
        Fidelity, "fidelity", "Fidelity";
        /// Variation (the whole range).
        Variation, "variation", "Variation";
    }
}

impl ModDestination {
    /// Whether it changes what is decoded, rather than how that is played.
    #[must_use]
    pub fn is_decoded(self) -> bool {
        self as usize >= Self::Stretch as usize
    }
}

/// One route: source times via times amount is added to the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SavedRoute")]
pub struct Route {
    /// What moves.
    pub source: ModSource,
    /// What scales the amount; nothing scales by 1.
    pub via: ModSource,
    /// What is moved.
    pub destination: ModDestination,
}

impl Route {
    /// Whether it moves nothing, whatever its amount.
    pub fn is_empty(&self) -> bool {
        self.source == ModSource::None || self.destination == ModDestination::None
    }
}

/// A route as a document holds it.
#[derive(Deserialize)]
struct SavedRoute {
    source: String,
    via: Option<String>,
    destination: String,
}

impl From<SavedRoute> for Route {
    /// A route with a part that this version does not know is empty: without its scale it would move too much.
    fn from(saved: SavedRoute) -> Self {
        let via = saved.via.as_deref().map_or(Some(ModSource::None), ModSource::named);
        let parts = ModSource::named(&saved.source).zip(via).zip(ModDestination::named(&saved.destination));
        parts.map_or_else(Self::default, |((source, via), destination)| Self { source, via, destination })
    }
}

/// All routes.
pub type Routes = [Route; ROUTES];

/// The routes of a new instance: the wheel and pressure give vibrato. Their depths are the defaults of the first two routes' amounts.
pub const FIRST_ROUTES: Routes = {
    let mut routes =
        [Route { source: ModSource::None, via: ModSource::None, destination: ModDestination::None }; ROUTES];
    routes[0] = Route { source: ModSource::Lfo1, via: ModSource::Wheel, destination: ModDestination::Pitch };
    routes[1] = Route { source: ModSource::Lfo1, via: ModSource::Pressure, destination: ModDestination::Pitch };
    routes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_distinct_and_read_back() {
        for source in ModSource::ALL {
            for destination in ModDestination::ALL {
                let route = Route { source: *source, via: *source, destination: *destination };
                let text = serde_json::to_string(&route).unwrap();
                assert_eq!(serde_json::from_str::<Route>(&text).unwrap(), route, "{text}");
            }
        }
    }
}
