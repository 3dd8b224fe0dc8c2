//! Which key a recording is at, and who says so. Any thread.

use serde::{Deserialize, Serialize};

use super::note_name;
use super::pitch::Pitch;

/// The key that a sound without a pitch is taken to be at: middle C.
pub const UNPITCHED_KEY: f32 = 60.0;
/// Keys are the same within this, in semitones.
const SAME: f32 = 0.5;
/// What is heard with at least this confidence decides in which octave the name of a file counts: for some makers C3 is key 60, for some C5.
/// High, since a wrong octave is worse than the usual convention. Not tuned.
const DECIDES_OCTAVE: f32 = 0.9;
/// A file whose root differs from what is heard by more than this is told about, in semitones.
const CONTRADICTS: f32 = 1.0;

/// Who says which key a recording is at, the first that does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyOrigin {
    /// The user.
    Given,
    /// A root key in the file: a sampler chunk or the like.
    File,
    /// A note in the file's name.
    Name,
    /// The pitch that is heard.
    Heard,
    /// Nobody: it is taken as key 60.
    #[default]
    None,
}

impl KeyOrigin {
    /// In words, as after "key 57".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Given => "as given",
            Self::File => "from the file",
            Self::Name => "from its name",
            Self::Heard => "as heard",
            Self::None => "no clear pitch",
        }
    }
}

/// A key with its origin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Keyed {
    /// MIDI key, with fractions of a key.
    pub key: f32,
    /// Who says so.
    pub origin: KeyOrigin,
}

/// The key that a file or its name tells, if either does.
pub(super) fn told(root_key: Option<f32>, name: &str, heard: Option<Pitch>) -> Option<Keyed> {
    let of_file = root_key.map(|key| Keyed { key, origin: KeyOrigin::File });
    of_file.or_else(|| named(name, heard).map(|key| Keyed { key, origin: KeyOrigin::Name }))
}

/// The key in a name: of several the one that is heard, in the octave and with the cents that are heard.
fn named(name: &str, heard: Option<Pitch>) -> Option<f32> {
    let keys: Vec<f32> = note_name::keys(name).into_iter().map(f32::from).collect();
    let first = *keys.first()?;
    let Some(heard) = heard.filter(Pitch::is_clear) else { return Some(first) };
    let octaves: &[f32] = if heard.confidence >= DECIDES_OCTAVE { &[0.0, 12.0, -12.0] } else { &[0.0] };
    let in_octaves = octaves.iter().flat_map(|octave| keys.iter().map(move |key| key + octave));
    let is_heard = in_octaves.into_iter().any(|key| (key - heard.key).abs() < SAME);
    Some(if is_heard { heard.key } else { first })
}

/// A remark where what is heard is another key than the one that is told.
pub(super) fn contradiction(told: Keyed, heard: Option<Pitch>) -> Option<String> {
    let heard = heard.filter(|pitch| pitch.is_clear() && (pitch.key - told.key).abs() > CONTRADICTS)?;
    let teller = if told.origin == KeyOrigin::File { "the file" } else { "its name" };
    Some(format!("{teller} says key {:.0}, but key {:.1} is heard: taken as key {:.0}", told.key, heard.key, told.key))
}

/// The name as a key, C4 being 60, if a note or a number that is called a key stands in it.
#[must_use]
pub fn named_key(name: &str) -> Option<u8> {
    note_name::keys(name).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(key: f32, confidence: f32) -> Option<Pitch> {
        Some(Pitch { key, confidence })
    }

    #[test]
    fn the_file_counts_before_its_name_and_that_before_what_is_heard() {
        let keyed = |key, origin| Some(Keyed { key, origin });
        assert_eq!(told(Some(69.0), "Bell C4", heard(41.1, 0.9)), keyed(69.0, KeyOrigin::File));
        assert_eq!(told(None, "Bell C4", heard(41.1, 0.9)), keyed(60.0, KeyOrigin::Name));
        assert_eq!(told(None, "Bell", heard(41.1, 0.9)), None);
        assert!(contradiction(Keyed { key: 69.0, origin: KeyOrigin::File }, heard(41.1, 0.9)).is_some());
        assert!(contradiction(Keyed { key: 69.0, origin: KeyOrigin::File }, heard(41.1, 0.4)).is_none());
    }

    #[test]
    fn what_is_heard_decides_octave_cents_and_note_of_a_name() {
        assert_eq!(named("Piano C3", heard(48.07, 0.7)), Some(48.07));
        assert_eq!(named("Piano C3", heard(60.02, 0.95)), Some(60.02), "a maker whose C3 is key 60");
        assert_eq!(named("Piano C3", heard(60.02, 0.7)), Some(48.0));
        assert_eq!(named("Piano A1 C3", heard(48.1, 0.7)), Some(48.1));
        assert_eq!(named("Piano C3", None), Some(48.0));
    }
}
