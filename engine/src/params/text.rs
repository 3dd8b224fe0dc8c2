//! How parameter values read and how typed values are understood. Main thread only: it allocates.

/// The written form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Standard deviations of a latent axis.
    Sigma,
    /// 0…1 as 0…100 %.
    Percent,
    /// A factor.
    Times,
    /// Semitones.
    Semitones,
    /// Decibels per octave.
    DecibelsPerOctave,
    /// Seconds, below one second in milliseconds.
    Seconds,
    /// Hundredths of a semitone.
    Cents,
    /// Decibels.
    Decibels,
}

impl TextForm {
    /// A value with its unit.
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
        }
    }

    /// A whole value with its unit.
    pub fn write_whole(self, value: i32) -> String {
        match self {
            Self::Semitones => format!("{} st", signed(value as f32, 0)),
            other => other.write(value as f32),
        }
    }

    /// Understands a number with or without unit, with a decimal point or comma. `None` for all else, NaN and infinity
    /// included. A bare number of seconds means seconds; `ms` divides by 1000.
    pub fn read(self, typed: &str) -> Option<f32> {
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
    fn what_is_written_reads_back() {
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
    fn units_commas_and_nonsense() {
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
