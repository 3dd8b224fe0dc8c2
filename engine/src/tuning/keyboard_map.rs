//! A keyboard map as Scala writes it: which degree of a scale each key plays, and the frequency of one key. Plain data.
//!
//! The format: Scala's help, "Keyboard mappings". A key that is marked `x` or that the map leaves out does not sound. A key outside the map's
//! first and last keys is not retuned.

use super::error::TuningError;
use super::lines::{Line, Lines};
use super::scale::Scale;
use crate::params::KeyPitches;
use crate::units::hz_to_key;

/// Most keys of a pattern.
const MOST_KEYS: usize = 4096;
/// Largest degree and key that a map names, up or down.
const LARGEST: i64 = 1 << 20;
/// Key that plays the first degree without a map.
const MIDDLE_KEY: i64 = 60;
/// Pitches nearer to a key of equal temperament than this, in semitones, are at it: a written frequency has a few digits.
const SAME_PITCH: f64 = 1e-5;

/// Which key plays what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyboardMap {
    /// Keys that are retuned.
    first: i64,
    last: i64,
    /// The key of the pattern's first entry.
    middle: i64,
    reference: i64,
    /// Pitch of the reference key in keys of equal temperament.
    reference_pitch: f64,
    /// Degrees from one repetition of the pattern to the next.
    octave: i64,
    /// Degree of each key of the pattern; without a pattern each key is the next degree.
    pattern: Vec<Option<i64>>,
}

impl KeyboardMap {
    /// Each key is the next degree, and key 60 the first one, at its own pitch.
    pub(super) fn plain() -> Self {
        let (middle, reference, reference_pitch) = (MIDDLE_KEY, MIDDLE_KEY, MIDDLE_KEY as f64);
        Self { first: 0, last: 127, middle, reference, reference_pitch, octave: 0, pattern: Vec::new() }
    }

    /// Reads the text of a file.
    pub(super) fn parse(text: &str) -> Result<Self, TuningError> {
        let mut lines = Lines::of(text)?;
        let line = lines.needed("the size of its pattern")?;
        let count: usize = line.value("a number of keys")?;
        if count > MOST_KEYS {
            return Err(line.is_not("a number of keys up to 4096"));
        }
        let mut number = |what: &str| whole(&lines.needed(what)?, "a whole number");
        let [first, last] = [number("its first key")?, number("its last key")?];
        let [middle, reference] = [number("its middle key")?, number("its reference key")?];
        let line = lines.needed("its reference frequency")?;
        let hz: f64 = line.value("a frequency")?;
        if !(hz.is_finite() && hz > 0.0) {
            return Err(line.is_not("a frequency"));
        }
        let octave = match lines.full() {
            Some(line) => whole(&line, "a degree")?,
            // A map without a pattern may end here.
            None if count == 0 => 0,
            None => return Err(TuningError::Missing("the degree of its octave".to_owned())),
        };
        let mut pattern = vec![None; count];
        for place in &mut pattern {
            // Keys that are left out at the end are not mapped.
            let Some(line) = lines.full() else { break };
            let is_mapped = !line.word().eq_ignore_ascii_case("x");
            *place = is_mapped.then(|| whole(&line, "a degree or x")).transpose()?;
        }
        Ok(Self { first, last, middle, reference, reference_pitch: hz_to_key(hz), octave, pattern })
    }

    /// The pitch of every key in a scale.
    pub(super) fn pitches(&self, scale: &Scale) -> Result<KeyPitches, TuningError> {
        let reference = self.degree(self.reference).ok_or(TuningError::ReferenceUnmapped(self.reference))?;
        let origin = scale.semitones(reference);
        let pitch = |key: u8| {
            if !(self.first..=self.last).contains(&i64::from(key)) {
                return Some(f64::from(key));
            }
            let degree = self.degree(i64::from(key))?;
            let pitch = self.reference_pitch + (scale.semitones(degree) - origin);
            let whole = pitch.round();
            Some(if (pitch - whole).abs() < SAME_PITCH { whole } else { pitch })
        };
        let pitches = KeyPitches::new(pitch);
        if pitches.are_silent() { Err(TuningError::Silent) } else { Ok(pitches) }
    }

    /// The degree of a key, as if all keys were retuned; none for one that is not mapped.
    fn degree(&self, key: i64) -> Option<i64> {
        let distance = key - self.middle;
        if self.pattern.is_empty() {
            return Some(distance);
        }
        let count = self.pattern.len() as i64;
        let place = usize::try_from(distance.rem_euclid(count)).ok()?;
        let degree = (*self.pattern.get(place)?)?;
        Some(degree + distance.div_euclid(count) * self.octave)
    }
}

/// A number of a map, within what keys and degrees may be.
fn whole(line: &Line, wanted: &'static str) -> Result<i64, TuningError> {
    let value: i64 = line.value(wanted)?;
    if value.abs() <= LARGEST { Ok(value) } else { Err(line.is_not(wanted)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: &str = "! white keys play the scale\n12\n0\n120\n60\n69\n440.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6";

    fn pitches(text: &str) -> KeyPitches {
        KeyboardMap::parse(text).and_then(|map| map.pitches(&Scale::equal())).expect(text)
    }

    #[test]
    fn keys_play_their_degrees_and_unmapped_ones_do_not_sound() {
        let map = pitches(WHITE);
        let found = [60, 61, 62, 64, 69, 71, 72, 48, 121].map(|key| map.pitch(key));
        let at = |pitch: f64| Some(pitch);
        // Degree 5 is at key 69's 440 Hz; each pattern lies seven degrees of the scale above the last.
        let wanted = [at(64.0), None, at(65.0), at(66.0), at(69.0), at(70.0), at(71.0), at(57.0), at(121.0)];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_map_without_a_pattern_moves_the_reference_alone() {
        let map = pitches("0\n0\n127\n60\n69\n432.0\n12\n");
        let moved = 12.0 * (432.0_f64 / 440.0).log2();
        assert!((0..128).all(|key| (map.pitch(key).unwrap() - f64::from(key) - moved).abs() < 1e-9));
        assert_eq!(pitches("0\n0\n127\n60\n60\n261.6255653\n"), KeyPitches::EQUAL, "digits are missing");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let message = |text: &str| {
            let map = KeyboardMap::parse(text).and_then(|map| map.pitches(&Scale::equal()));
            map.expect_err(text).to_string()
        };
        assert_eq!(message("12\n0\n127"), "it ends before its middle key");
        assert_eq!(message("12\n0\n127\n60\n69\n-1\n"), "line 6: “-1” is not a frequency");
        assert_eq!(message(&WHITE.replace("69\n440.0", "70\n440.0")), "its reference key 70 is not mapped");
        assert_eq!(message(&WHITE.replace("x\n6", "x\nsix")), "line 20: “six” is not a degree or x");
        assert_eq!(message("9999999\n"), "line 1: “9999999” is not a number of keys up to 4096");
        assert_eq!(message("0\n0\n127\n60\n69\n1e300\n"), "no key has a pitch between 2 Hz and 53 kHz");
        assert_eq!(message("\n\n"), "there is nothing in it");
    }
}
