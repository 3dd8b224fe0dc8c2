//! Names of the values of parameters that choose one of several things, in the order of the values. Any thread.

/// How notes become voices.
pub const VOICE_MODES: &[&str] = &["Poly", "Mono", "Legato"];
/// Who sets the loop of held notes.
pub const LOOPS: &[&str] = &["Auto", "Set"];
/// Ways through a sound.
pub const DIRECTIONS: &[&str] = &["Forward", "Reverse"];
/// What the glide time is the time of.
pub const GLIDE_LAWS: &[&str] = &["Time", "Rate"];
/// Which notes glide.
pub const GLIDE_NOTES: &[&str] = &["Always", "Legato"];
/// Types of the filter.
pub const FILTERS: &[&str] = &["Off", "Low 12", "Low 24", "Band 12", "Band 24", "High 12", "High 24", "Notch"];
/// Shapes of an LFO.
pub const LFO_SHAPES: &[&str] = &["Sine", "Triangle", "Saw up", "Saw down", "Square", "Random", "Wander"];
/// Which notes share an LFO, and whether it repeats.
pub const LFO_MODES: &[&str] = &["Shared", "Per note", "One-shot"];
/// Ways to play a recorded path.
pub const PATH_PLAYS: &[&str] = &["Once", "Loop", "Ping-pong"];
/// Which notes share a path that repeats.
pub const PATH_NOTES: &[&str] = &["Shared", "Each"];
/// Orders in which notes play variations.
pub const VARIATION_ORDERS: &[&str] = &["No repeat", "Round robin", "Random"];
/// Ways of the arpeggiator.
pub const ARP_MODES: &[&str] = &["Off", "Up", "Down", "Up-down", "As played", "Random", "Chord"];
/// Note values, after the free rate: T is a triplet, a dot a dotted note.
pub const DIVISIONS: &[&str] = &[
    "Free", "8 bars", "4 bars", "2 bars", "1 bar", "1/2 .", "1/2", "1/2 T", "1/4 .", "1/4", "1/4 T", "1/8 .", "1/8",
    "1/8 T", "1/16 .", "1/16", "1/16 T", "1/32", "1/32 T", "1/64",
];
/// The note values alone.
pub const NOTE_VALUES: &[&str] = DIVISIONS.split_at(1).1;

/// Length of each of [`DIVISIONS`] in beats (quarter notes), bars of four beats; the free rate has none.
pub const DIVISION_BEATS: [f64; 20] = [
    0.0,
    32.0,
    16.0,
    8.0,
    4.0,
    3.0,
    2.0,
    4.0 / 3.0,
    1.5,
    1.0,
    2.0 / 3.0,
    0.75,
    0.5,
    1.0 / 3.0,
    0.375,
    0.25,
    1.0 / 6.0,
    0.125,
    1.0 / 12.0,
    0.0625,
];

/// Length in beats of a value of a parameter that chooses among [`DIVISIONS`]; `None` for the free rate and any other number.
pub fn division_beats(value: f32) -> Option<f64> {
    DIVISION_BEATS.get(value.round() as usize).copied().filter(|beats| *beats > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_note_value_has_its_length() {
        assert_eq!(DIVISIONS.len(), DIVISION_BEATS.len());
        let at = |name: &str| division_beats(DIVISIONS.iter().position(|&n| n == name).unwrap_or(0) as f32);
        assert_eq!((at("Free"), at("1/4"), at("1/8 ."), at("1/16 T")), (None, Some(1.0), Some(0.75), Some(1.0 / 6.0)));
        assert!(DIVISION_BEATS[1..].iter().all(|beats| *beats > 0.0));
        assert_eq!(NOTE_VALUES.len() + 1, DIVISIONS.len());
        assert_eq!((division_beats(f32::NAN), division_beats(-3.0), division_beats(99.0)), (None, None, None));
    }
}
