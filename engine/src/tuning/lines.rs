//! The lines of Scala's files: comments left out, numbered, each with its first word. Plain functions.

use super::error::TuningError;

/// Most letters of a line that a message shows.
const SHOWN_LETTERS: usize = 24;

/// The lines of a text that are not comments.
pub(super) struct Lines<'a> {
    rest: std::vec::IntoIter<Line<'a>>,
}

/// A line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    number: usize,
    /// Without blanks around it.
    pub(super) text: &'a str,
}

impl<'a> Lines<'a> {
    /// Of a text with the line ends of any system.
    ///
    /// # Errors
    /// [`TuningError::Empty`] when there is nothing but blanks and comments.
    pub(super) fn of(text: &'a str) -> Result<Self, TuningError> {
        let text = text.trim_start_matches('\u{feff}');
        // Old Macintosh files have carriage returns alone.
        let end = if text.contains('\n') { '\n' } else { '\r' };
        let lines = text.split(end).enumerate().map(|(index, text)| Line { number: index + 1, text: text.trim() });
        let lines: Vec<Line> = lines.filter(|line| !line.text.starts_with('!')).collect();
        let is_empty = lines.iter().all(|line| line.text.is_empty());
        if is_empty { Err(TuningError::Empty) } else { Ok(Self { rest: lines.into_iter() }) }
    }

    /// The next line, blank or not.
    pub(super) fn any(&mut self) -> Option<Line<'a>> {
        self.rest.next()
    }

    /// The next line that is not blank, if there is one.
    pub(super) fn full(&mut self) -> Option<Line<'a>> {
        self.rest.find(|line| !line.text.is_empty())
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// [`TuningError::Missing`] at the end of the text.
    pub(super) fn needed(&mut self, what: &str) -> Result<Line<'a>, TuningError> {
        self.full().ok_or_else(|| TuningError::Missing(what.to_owned()))
    }
}

impl<'a> Line<'a> {
    /// Its first word.
    pub(super) fn word(&self) -> &'a str {
        self.text.split_ascii_whitespace().next().unwrap_or_default()
    }

    /// Its first word as a value.
    pub(super) fn value<T: std::str::FromStr>(&self, wanted: &'static str) -> Result<T, TuningError> {
        self.word().parse().map_err(|_| self.is_not(wanted))
    }

    /// The error that it is something else.
    pub(super) fn is_not(&self, wanted: &'static str) -> TuningError {
        let found = self.text.chars().filter(|letter| !letter.is_control()).take(SHOWN_LETTERS).collect();
        TuningError::Line { line: self.number, found, wanted }
    }
}
