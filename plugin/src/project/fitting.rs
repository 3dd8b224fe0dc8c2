//! Controls that follow the sound that is chosen: a kick plays to its end and varies, a pad is wide and lasts while the key is held. Pure functions
//! and plain data; any thread but the audio thread.
//!
//! A control follows only while it stands where it was put: at its default, or where the last chosen sound had it. One that was set by
//! hand, by a host or by a preset stays. Projects of earlier versions and presets have no [`Fitted`], and nothing of theirs follows.

use std::collections::BTreeMap;

use engine::pack::CLASS_VARIATION;
use engine::params::{Hold, ParamId};
use engine::walk::tells_floor;
use serde_json::{Value, json};

/// What fits the sounds of some categories.
struct Row {
    /// Categories, in small letters.
    categories: &'static [&'static str],
    hold: Hold,
    release_s: f32,
    /// Variation, [0, 1].
    vary: f32,
    /// Stereo width, [0, 1].
    width: f32,
    /// Zone crossfade, [0, 1].
    zones: f32,
}

impl Row {
    /// What sounds of no known category have: the defaults.
    const DEFAULT: Row =
        Row { categories: &[], hold: Hold::Auto, release_s: SHORT_S, vary: 0.0, width: 0.0, zones: 0.0 };
    /// What has a key.
    const TONE: Row = Row { zones: TONE_ZONES, ..Row::DEFAULT };
}

/// Seconds after the key that do not cut a tone off and blur no phrase: of what is bowed, blown or sung, of strings that a hand damps, of
/// bars and bells that nobody damps, of pads. Chosen by ear on factory sounds.
const BLOWN_S: f32 = 0.2;
const DAMPED_S: f32 = 0.3;
const RINGING_S: f32 = 2.0;
const PAD_S: f32 = 0.8;
/// The release that all others have: the parameter's default.
const SHORT_S: f32 = 0.15;
/// Variation by 0.1 σ, as strokes of a player differ (measured, see `engine/src/params/variation.rs`), and by more for what is never alike.
const STROKES: f32 = 0.2;
const NEVER_ALIKE: f32 = 0.35;
/// Width of one source, of what fills a room with air, of many sources. What is struck, stepped or low stays in the middle.
const ONE_WIDE: f32 = 0.25;
const AIR_WIDE: f32 = 0.4;
const MANY_WIDE: f32 = 0.5;
/// Zone crossfade of tones. With it the largest step of the centroid between neighbouring keys falls from 30 to 12 % (`key_colour`, median of 13
/// sounds); with all of it to 10 %, but every note then takes two voices and two sounds.
const TONE_ZONES: f32 = 0.4;

const ROWS: &[Row] = &[
    Row {
        categories: &["kick", "snare", "hat", "tom", "clap", "percussion", "percussive", "drums"],
        hold: Hold::OneShot,
        vary: STROKES,
        ..Row::DEFAULT
    },
    Row { categories: &["cymbal"], hold: Hold::OneShot, vary: STROKES, width: AIR_WIDE, ..Row::DEFAULT },
    Row {
        categories: &["footsteps", "cough", "sneeze", "dog", "gunshot", "typing", "water", "foley"],
        hold: Hold::OneShot,
        vary: NEVER_ALIKE,
        ..Row::DEFAULT
    },
    Row { categories: &["classes"], hold: Hold::OneShot, vary: CLASS_VARIATION, ..Row::DEFAULT },
    Row { categories: &["rain", "motor"], hold: Hold::Sustained, release_s: PAD_S, width: MANY_WIDE, ..Row::DEFAULT },
    Row { categories: &["pad"], hold: Hold::Sustained, release_s: PAD_S, width: MANY_WIDE, ..Row::TONE },
    Row {
        categories: &["strings", "ensemble", "voice", "choir"],
        hold: Hold::Sustained,
        release_s: DAMPED_S,
        width: MANY_WIDE,
        ..Row::TONE
    },
    Row {
        categories: &["brass", "reed", "pipe"],
        hold: Hold::Sustained,
        release_s: BLOWN_S,
        width: ONE_WIDE,
        ..Row::TONE
    },
    Row { categories: &["organ", "lead"], hold: Hold::Sustained, width: ONE_WIDE, ..Row::TONE },
    Row {
        categories: &["piano", "keys", "guitar", "pluck", "ethnic"],
        release_s: DAMPED_S,
        width: ONE_WIDE,
        ..Row::TONE
    },
    Row { categories: &["bell", "mallet", "mallets"], release_s: RINGING_S, width: ONE_WIDE, ..Row::TONE },
    Row { categories: &["bass"], ..Row::TONE },
];

/// Names with one of these words are of another category than the pack's list says: instruments that are struck or plucked among those
/// that are bowed. Small letters.
const EXCEPTIONS: [(&str, &str); 4] =
    [("pizzicato", "pluck"), ("harp", "pluck"), ("timpani", "percussive"), ("orchestra hit", "percussive")];
/// Categories in which those words are looked for.
const WITH_EXCEPTIONS: [&str; 2] = ["strings", "ensemble"];

/// The values of the controls that follow a sound, in their own units.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit(Vec<(ParamId, f32)>);

/// What fits a sound of a category. A category that is not known has the defaults.
pub fn of_category(category: &str, name: &str) -> Fit {
    let (listed, name) = (category.to_lowercase(), name.to_lowercase());
    let exception =
        EXCEPTIONS.iter().find(|(word, _)| WITH_EXCEPTIONS.contains(&listed.as_str()) && name.contains(word));
    // Packs of footsteps list them by floor.
    let exception =
        exception.map(|(_, category)| *category).or_else(|| tells_floor(&listed, &name).then_some("footsteps"));
    let category = exception.unwrap_or(listed.as_str());
    let row = ROWS.iter().find(|row| row.categories.contains(&category));
    let row = row.unwrap_or(&Row::DEFAULT);
    let values = [
        ("hold", row.hold.value()),
        ("release", row.release_s),
        ("vary", row.vary),
        ("width", row.width),
        ("zone_crossfade", row.zones),
    ];
    Fit(values.into_iter().filter_map(|(id, value)| Some((ParamId::named(id)?, value))).collect())
}

/// Where the controls were put that follow the chosen sound, by parameter id; none for one that was set by hand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fitted(BTreeMap<String, Option<f32>>);

impl Fitted {
    /// Where the controls are put for another sound, and those that move. `is_at` says whether a control stands at a value.
    pub fn plan(&self, fit: &Fit, is_at: impl Fn(ParamId, f32) -> bool) -> (Self, Vec<(ParamId, f32)>) {
        let (mut next, mut moves) = (self.clone(), Vec::new());
        for &(id, wanted) in &fit.0 {
            let stands = match self.0.get(id.spec().id) {
                Some(None) => continue,
                Some(Some(value)) => *value,
                None => id.spec().default,
            };
            let is_free = is_at(id, stands);
            next.0.insert(id.spec().id.to_owned(), is_free.then_some(wanted));
            if is_free && !is_at(id, wanted) {
                moves.push((id, wanted));
            }
        }
        (next, moves)
    }

    /// As a document holds it.
    pub(super) fn to_value(&self) -> Value {
        json!(self.0)
    }

    /// Of a document; none where it is damaged.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        let values = value.as_object()?.iter();
        Some(Self(values.map(|(id, value)| (id.clone(), value.as_f64().map(|value| value as f32))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ParamId {
        ParamId::named(name).expect("a parameter")
    }

    #[test]
    fn what_is_struck_plays_to_its_end_and_varies_what_is_held_lasts() {
        const ONE: (f32, f32) = (ONE_WIDE, TONE_ZONES);
        const MANY: (f32, f32) = (MANY_WIDE, TONE_ZONES);
        let table = [
            ("Kick", "Deep kick 1", Hold::OneShot, SHORT_S, STROKES, (0.0, 0.0)),
            ("Snare", "Rim shot 1", Hold::OneShot, SHORT_S, STROKES, (0.0, 0.0)),
            ("Hat", "Open hat 1", Hold::OneShot, SHORT_S, STROKES, (0.0, 0.0)),
            ("Tom", "Low Tom", Hold::OneShot, SHORT_S, STROKES, (0.0, 0.0)),
            ("Cymbal", "Ride Bell", Hold::OneShot, SHORT_S, STROKES, (AIR_WIDE, 0.0)),
            ("Footsteps", "Footsteps on sand 1", Hold::OneShot, SHORT_S, NEVER_ALIKE, (0.0, 0.0)),
            ("Gravel", "Gravel run, boot", Hold::OneShot, SHORT_S, NEVER_ALIKE, (0.0, 0.0)),
            ("Metal", "Metal plate", Hold::Auto, SHORT_S, 0.0, (0.0, 0.0)),
            ("Foley", "Gunshot", Hold::OneShot, SHORT_S, NEVER_ALIKE, (0.0, 0.0)),
            ("Rain", "Downpour 1", Hold::Sustained, PAD_S, 0.0, (MANY_WIDE, 0.0)),
            ("Pad", "Warm Pad", Hold::Sustained, PAD_S, 0.0, MANY),
            ("Strings", "Cello", Hold::Sustained, DAMPED_S, 0.0, MANY),
            ("Strings", "Pizzicato Section", Hold::Auto, DAMPED_S, 0.0, ONE),
            ("Strings", "Timpani", Hold::OneShot, SHORT_S, STROKES, (0.0, 0.0)),
            ("Ensemble", "Ahh Choir", Hold::Sustained, DAMPED_S, 0.0, MANY),
            ("Ensemble", "Orchestra Hit", Hold::OneShot, SHORT_S, STROKES, (0.0, 0.0)),
            ("Organ", "Church Organ", Hold::Sustained, SHORT_S, 0.0, ONE),
            ("ORGAN", "Church Organ", Hold::Sustained, SHORT_S, 0.0, ONE),
            ("Piano", "Grand Piano", Hold::Auto, DAMPED_S, 0.0, ONE),
            ("Piano", "Harpsichord", Hold::Auto, DAMPED_S, 0.0, ONE),
            ("Bell", "Hand bell 1", Hold::Auto, RINGING_S, 0.0, ONE),
            ("Of another pack", "Harp", Hold::Auto, SHORT_S, 0.0, (0.0, 0.0)),
        ];
        for (category, name, hold, release_s, vary, (width, zones)) in table {
            let wanted = vec![
                (id("hold"), hold.value()),
                (id("release"), release_s),
                (id("vary"), vary),
                (id("width"), width),
                (id("zone_crossfade"), zones),
            ];
            assert_eq!(of_category(category, name), Fit(wanted), "{category}: {name}");
        }
    }

    #[test]
    fn unknown_categories_have_the_defaults_and_no_category_is_in_two_rows() {
        for (id, value) in of_category("", "").0 {
            assert_eq!(value, id.spec().default, "{}", id.spec().id);
        }
        let mut all: Vec<&str> = ROWS.iter().flat_map(|row| row.categories).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(EXCEPTIONS.iter().all(|(_, category)| all.contains(category)));
    }

    #[test]
    fn controls_that_were_set_by_hand_stay_until_the_end() {
        let mut values: BTreeMap<ParamId, f32> = ParamId::all().map(|id| (id, id.spec().default)).collect();
        let mut fitted = Fitted::default();
        let mut choose = |values: &mut BTreeMap<ParamId, f32>, category: &str| {
            let (next, moves) = fitted.plan(&of_category(category, ""), |id, value| values[&id] == value);
            fitted = Fitted::of_value(&next.to_value()).expect("written as it is read");
            assert_eq!(fitted, next);
            values.extend(moves.iter().copied());
            moves.len()
        };
        assert_eq!(choose(&mut values, "Kick"), 2);
        assert_eq!((values[&id("hold")], values[&id("vary")]), (0.0, STROKES));
        values.insert(id("vary"), 0.6);
        assert_eq!(choose(&mut values, "Pad"), 4, "hold, release, width and zones follow");
        assert_eq!((values[&id("hold")], values[&id("vary")]), (2.0, 0.6));
        // Also where the hand put it back to where it would have been.
        values.insert(id("vary"), 0.0);
        choose(&mut values, "Snare");
        assert_eq!((values[&id("hold")], values[&id("vary")]), (0.0, 0.0));
        assert_eq!(choose(&mut values, "Snare"), 0);
    }
}
