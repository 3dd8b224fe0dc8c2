//! A scale as Scala writes it: degrees above a first note, the last of which is where the scale repeats. Plain data.
//!
//! The format: <https://www.huygens-fokker.org/scala/scl_format.html>. Lines after the last degree are not read.

use super::error::TuningError;
use super::lines::{Line, Lines};

/// Most degrees of a scale. Keys are 128; a map may lead to degrees far above.
const MOST_DEGREES: usize = 1 << 15;
/// Largest interval of a degree, in semitones: a hundred octaves.
const LARGEST_SEMITONES: f64 = 1200.0;

/// Degrees of a scale in semitones above its first note, which is not among them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    degrees: Vec<f64>,
}

impl Scale {
    /// Twelve equal degrees.
    pub(super) fn equal() -> Self {
        Self { degrees: (1..=12).map(f64::from).collect() }
    }

    /// Reads the text of a file: a description, the number of degrees, and each of them in cents or as a ratio.
    pub(super) fn parse(text: &str) -> Result<Self, TuningError> {
        let mut lines = Lines::of(text)?;
        // The description, which may be blank.
        lines.any();
        let line = lines.needed("the number of its notes")?;
        let count: usize = line.value("a number of notes")?;
        if count > MOST_DEGREES {
            return Err(line.is_not("a number of notes up to 32768"));
        }
        let degree = |number: usize| {
            let missing = || TuningError::Missing(format!("note {number} of {count}"));
            lines.full().ok_or_else(missing).and_then(|line| semitones(&line))
        };
        Ok(Self { degrees: (1..=count).map(degree).collect::<Result<_, _>>()? })
    }

    /// A degree in semitones above degree 0, in any repetition of the scale. In a scale without degrees every one is the first note.
    pub(super) fn semitones(&self, degree: i64) -> f64 {
        let Some(octave) = self.degrees.last() else { return 0.0 };
        let count = self.degrees.len() as i64;
        let within = degree.rem_euclid(count).checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let within = within.and_then(|place| self.degrees.get(place)).copied().unwrap_or(0.0);
        degree.div_euclid(count) as f64 * octave + within
    }
}

/// A degree as it is written: with a point in cents, else as a ratio of one or two whole numbers. What follows it is not read.
fn semitones(line: &Line) -> Result<f64, TuningError> {
    let bad = || line.is_not("an interval in cents or a ratio");
    let (number, rest) = leading(line.text, |letter| letter.is_ascii_digit() || "+-.".contains(letter));
    let value = if number.contains('.') {
        number.parse::<f64>().map_err(|_| bad())? / 100.0
    } else {
        let denominator = rest.trim_start().strip_prefix('/').map(|rest| {
            let (denominator, rest) = leading(rest.trim_start(), |letter| letter.is_ascii_digit());
            if rest.trim_start().starts_with('/') { "" } else { denominator }
        });
        12.0 * (whole(number).ok_or_else(bad)? / whole(denominator.unwrap_or("1")).ok_or_else(bad)?).log2()
    };
    if value.abs() <= LARGEST_SEMITONES { Ok(value) } else { Err(bad()) }
}

/// The beginning of a text whose letters all fit, and the rest.
fn leading(text: &str, fits: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|letter| !fits(letter)).unwrap_or(text.len()))
}

/// A positive whole number of any length.
fn whole(digits: &str) -> Option<f64> {
    let number = digits.strip_prefix('+').unwrap_or(digits);
    let is_whole = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    number.parse::<f64>().ok().filter(|value| is_whole && *value > 0.0 && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(lines: &[&str]) -> Result<Vec<f64>, TuningError> {
        Scale::parse(&lines.join("\n")).map(|scale| scale.degrees)
    }

    /// What the format's page allows.
    #[test]
    fn every_way_of_writing_a_degree_is_read() {
        let fifth = 12.0 * 1.5_f64.log2();
        let cases = [
            ("100.0", 1.0),
            ("  100.", 1.0),
            ("-5.0 cents", -0.05),
            ("3/2", fifth),
            ("3/2 a fifth", fifth),
            ("\t3 / 2", fifth),
            ("2", 12.0),
            ("2/1!octave", 12.0),
            ("701.955000865387 ! fifth", 7.019_550_008_653_87),
            ("4294967296/2147483648", 12.0),
        ];
        for (text, wanted) in cases {
            let found = degrees(&["! a.scl", "!", "", "1", text]).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!((found[0] - wanted).abs() < 1e-9, "{text}: {found:?}");
        }
        for text in ["x", "3/0", "-3/2", "0", "3/", "/2", "5/4/3", ".", "1.0.0", "9999999999.0"] {
            let error = degrees(&["a", "1", text]).expect_err(text).to_string();
            assert!(error.starts_with(&format!("line 3: “{text}”")), "{error}");
        }
    }

    #[test]
    fn blank_lines_remarks_and_all_line_ends_are_read_and_a_cut_file_is_not() {
        let wanted = [1.0, 12.0];
        for text in ["d\n2\n100.0\n2/1", "! c\r\nd\r\n2 notes\r\n\r\n100.0\r\n! c\r\n2/1\r\nmore", "d\r2\r100.0\r2/1\r"]
        {
            assert_eq!(Scale::parse(text).expect(text).degrees, wanted);
        }
        assert_eq!(Scale::parse("none\n0").expect("a scale").semitones(7), 0.0);
        assert_eq!(degrees(&["d", "3", "1.0"]).expect_err("cut").to_string(), "it ends before note 2 of 3");
        assert_eq!(degrees(&["d"]).expect_err("cut").to_string(), "it ends before the number of its notes");
        assert!(matches!(degrees(&["! nothing", " "]), Err(TuningError::Empty)));
        assert!(matches!(degrees(&["d", "99999999"]), Err(TuningError::Line { line: 2, .. })));
    }
}
