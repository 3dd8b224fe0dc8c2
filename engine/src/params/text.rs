//! Formats parameter values and parses typed ones. Main thread only: it allocates.

use crate::units::LATENT_LIMIT;

/// Unit and text form of a parameter's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Standard deviations of a latent axis, shown as part of the knob's way to either side, −100 to 100.
    Knob,
    /// A fraction, shown in percent: 1 is 100 %.
    Percent,
    /// A factor.
    Times,
    /// Semitones.
    Semitones,
    /// Decibels per octave.
    DecibelsPerOctave,
    /// Seconds, shown in milliseconds below one second.
    Seconds,
    /// Cents.
    Cents,
    /// Decibels.
    Decibels,
    /// A frequency whose value is a MIDI key number, in hertz or kilohertz.
    KeyHertz,
    /// A rate whose value is log₂ of hertz, in hertz.
    OctavesHertz,
    /// A whole number without a unit.
    Count,
    /// One of the names, by the number of its place.
    Names(&'static [&'static str]),
}

impl TextForm {
    /// Text of a value, with its unit.
    pub fn write(self, value: f32) -> String {
        match self {
            Self::Knob => signed(100.0 * value / LATENT_LIMIT, 0),
            Self::Percent => format!("{:.0} %", value * 100.0),
            Self::Times => format!("{value:.2} ×"),
            Self::Semitones => format!("{} st", signed(value, 1)),
            Self::DecibelsPerOctave => format!("{} dB/oct", signed(value, 1)),
            Self::Seconds if value < 0.9995 => format!("{:.0} ms", value * 1000.0),
            Self::Seconds => format!("{value:.2} s"),
            Self::Cents => format!("{} ct", signed(value, 0)),
            Self::Decibels => format!("{} dB", signed(value, 1)),
            Self::KeyHertz => hertz(key_to_hz(value)),
            Self::OctavesHertz => hertz(value.exp2()),
            Self::Count => format!("{value:.0}"),
            Self::Names(names) => names[(value.round().max(0.0) as usize).min(names.len() - 1)].to_owned(),
        }
    }

    /// Text of an integer value, with its unit.
    pub fn write_whole(self, value: i32) -> String {
        match self {
            Self::Semitones => format!("{} st", signed(value as f32, 0)),
            other => other.write(value as f32),
        }
    }

    /// Parses a number with or without unit, with a decimal point or comma. `None` for any other text, and for values that are not finite.
    /// A knob's number may also be given in σ. Percentages are divided by 100, times in `ms` by 1000; a time without a unit is in seconds. Of names, those of the form alone are
    /// read, in any case.
    pub fn read(self, typed: &str) -> Option<f32> {
        if let Self::Names(names) = self {
            return names.iter().position(|name| name.eq_ignore_ascii_case(typed.trim())).map(|place| place as f32);
        }
        let typed = typed.trim().replace(',', ".").replace('−', "-");
        let end = typed.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))).unwrap_or(typed.len());
        let (number, unit) = typed.split_at(end);
        let number: f32 = number.parse().ok().filter(|number: &f32| number.is_finite())?;
        match (self, unit.trim()) {
            (Self::Knob, "σ") => Some(number),
            (Self::Knob, _) => Some(number / 100.0 * LATENT_LIMIT),
            (Self::Percent, _) => Some(number / 100.0),
            (Self::Seconds, "ms") => Some(number / 1000.0),
            (Self::KeyHertz, unit) => positive(number * kilo(unit)).map(hz_to_key),
            (Self::OctavesHertz, unit) => positive(number * kilo(unit)).map(f32::log2),
            _ => Some(number),
        }
    }
}

/// MIDI key number of 440 Hz.
const A4_KEY: f32 = 69.0;
/// Concert pitch.
const A4_HZ: f32 = 440.0;

/// Frequency of a MIDI key number.
pub fn key_to_hz(key: f32) -> f32 {
    A4_HZ * ((key - A4_KEY) / 12.0).exp2()
}

/// MIDI key number of a positive frequency.
fn hz_to_key(hz: f32) -> f32 {
    A4_KEY + 12.0 * (hz / A4_HZ).log2()
}

/// Three significant digits, in kilohertz from 1000 Hz on.
fn hertz(hz: f32) -> String {
    let digits = |value: f32| (2 - value.log10().floor() as i32).clamp(0, 4) as usize;
    match hz {
        hz if hz >= 999.5 => format!("{:.*} kHz", digits(hz / 1000.0), hz / 1000.0),
        hz => format!("{hz:.*} Hz", digits(hz)),
    }
}

/// Factor of a unit of frequency.
fn kilo(unit: &str) -> f32 {
    if unit.to_ascii_lowercase().starts_with('k') { 1000.0 } else { 1.0 }
}

fn positive(value: f32) -> Option<f32> {
    (value > 0.0).then_some(value)
}

/// A plus sign before positive values, none before zero, and never "-0".
fn signed(value: f32, digits: usize) -> String {
    let plain = format!("{value:.digits$}");
    let is_zero = plain.chars().all(|c| matches!(c, '-' | '0' | '.'));
    match (is_zero, value > 0.0) {
        (true, _) => format!("{:.digits$}", 0.0),
        (false, true) => format!("+{plain}"),
        (false, false) => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::TextForm::*;

    #[test]
    fn a_written_value_is_read_back() {
        for form in [Knob, Percent, Times, Semitones, DecibelsPerOctave, Seconds, Cents, Decibels] {
            for value in [0.0, 0.25, 1.0, 4.0] {
                let text = form.write(value);
                let back = form.read(&text).unwrap_or(f32::NAN);
                let tolerance = if form == Cents { 0.5 } else { 0.051 };
                assert!((back - value).abs() <= tolerance, "{form:?}: {value} reads {text}, reads back as {back}");
            }
        }
    }

    #[test]
    fn names_are_read_in_any_case() {
        const FORM: super::TextForm = Names(&["Poly", "Mono"]);
        for (place, name) in ["Poly", "Mono"].into_iter().enumerate() {
            assert_eq!(FORM.write(place as f32), name);
            assert_eq!(FORM.read(&name.to_lowercase()), Some(place as f32));
        }
        assert_eq!(FORM.read("for ever"), None);
        assert_eq!((FORM.write(-7.0), FORM.write(90.0)), ("Poly".to_owned(), "Mono".to_owned()));
    }

    #[test]
    fn frequencies_read_in_hertz_and_are_kept_as_pitch() {
        assert_eq!((KeyHertz.write(69.0), KeyHertz.read("440")), ("440 Hz".to_owned(), Some(69.0)));
        assert_eq!((KeyHertz.write(69.0 + 36.0), KeyHertz.read("3.52 khz")), ("3.52 kHz".to_owned(), Some(105.0)));
        assert_eq!((OctavesHertz.write(-1.0), OctavesHertz.read("0.5 Hz")), ("0.500 Hz".to_owned(), Some(-1.0)));
        assert_eq!((KeyHertz.read("-3"), OctavesHertz.read("0")), (None, None));
    }

    #[test]
    fn units_and_decimal_commas_are_read_and_other_text_is_refused() {
        assert_eq!(Seconds.read("250 ms"), Some(0.25));
        assert_eq!(Seconds.read("1,5"), Some(1.5));
        assert_eq!(Percent.read("40%"), Some(0.4));
        assert_eq!(Knob.read("−1.5 σ"), Some(-1.5));
        assert_eq!(Knob.read("−50"), Some(-1.5));
        assert_eq!(Decibels.read("loud"), None);
        assert_eq!(Decibels.read("inf"), None);
        assert_eq!(Knob.write(-0.001), "0");
        assert_eq!(Knob.write(1.5), "+50");
        assert_eq!(Semitones.write_whole(7), "+7 st");
    }
}
