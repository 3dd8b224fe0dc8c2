//! Formats parameter values and parses typed ones. Main thread only: it allocates.

use super::hold::Hold;

/// Unit and text form of a parameter's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Standard deviations of a latent axis.
    Sigma,
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
    /// Name of a [`Hold`].
    Hold,
}

impl TextForm {
    /// Text of a value, with its unit.
    pub fn write(self, value: f32) -> String {
        match self {
            Self::Sigma => format!("{} σ", signed(value, 2)),
            Self::Percent => format!("{:.0} %", value * 100.0),
            Self::Times => format!("{value:.2} ×"),
            Self::Semitones => format!("{} st", signed(value, 1)),
            Self::DecibelsPerOctave => format!("{} dB/oct", signed(value, 1)),
            Self::Seconds if value < 0.9995 => format!("{:.0} ms", value * 1000.0),
            Self::Seconds => format!("{value:.2} s"),
            Self::Cents => format!("{} ct", signed(value, 0)),
            Self::Decibels => format!("{} dB", signed(value, 1)),
            Self::Hold => Hold::of(value).name().to_owned(),
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
    /// Percentages are divided by 100, times in `ms` by 1000; a time without a unit is in seconds. Of names, those of the form alone are
    /// read, in any case.
    pub fn read(self, typed: &str) -> Option<f32> {
        if self == Self::Hold {
            let named = Hold::ALL.into_iter().find(|hold| hold.name().eq_ignore_ascii_case(typed.trim()));
            return named.map(Hold::value);
        }
        let typed = typed.trim().replace(',', ".").replace('−', "-");
        let end = typed.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))).unwrap_or(typed.len());
        let (number, unit) = typed.split_at(end);
        let number: f32 = number.parse().ok().filter(|number: &f32| number.is_finite())?;
        match (self, unit.trim()) {
            (Self::Percent, _) => Some(number / 100.0),
            (Self::Seconds, "ms") => Some(number / 1000.0),
            _ => Some(number),
        }
    }
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
        for form in [Sigma, Percent, Times, Semitones, DecibelsPerOctave, Seconds, Cents, Decibels] {
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
        for hold in super::Hold::ALL {
            assert_eq!(Hold.write(hold.value()), hold.name());
            assert_eq!(Hold.read(&hold.name().to_lowercase()), Some(hold.value()));
        }
        assert_eq!(Hold.read("for ever"), None);
    }

    #[test]
    fn units_and_decimal_commas_are_read_and_other_text_is_refused() {
        assert_eq!(Seconds.read("250 ms"), Some(0.25));
        assert_eq!(Seconds.read("1,5"), Some(1.5));
        assert_eq!(Percent.read("40%"), Some(0.4));
        assert_eq!(Sigma.read("−1.5 σ"), Some(-1.5));
        assert_eq!(Decibels.read("loud"), None);
        assert_eq!(Decibels.read("inf"), None);
        assert_eq!(Sigma.write(-0.001), "0.00 σ");
        assert_eq!(Semitones.write_whole(7), "+7 st");
    }
}
