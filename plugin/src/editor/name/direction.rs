//! The order in which the parts of a name stand from left to right. Plain text; any thread.
//!
//! egui shapes a section of text in the direction of its letters, with joined Arabic forms, but puts the sections, and within them
//! the pieces of different fonts, from left to right. So a name is given to it in parts that are already in their places: by the
//! Unicode Bidirectional Algorithm (<https://www.unicode.org/reports/tr9/>), with each right-to-left word as a part of its own,
//! because the spaces between words come from another font.

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};
use unicode_bidi_mirroring::get_mirrored;
use unicode_segmentation::UnicodeSegmentation;

/// Longest ending of a file name, in characters without the dot, that is taken as one.
const LONGEST_ENDING: usize = 7;

/// Whether anything in `text` runs from right to left.
pub fn has_right_to_left(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_right_to_left)
}

/// What a line is, which decides the direction that its parts follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name: in the direction of its first letter. The ending of a file name stands at the right in any case, where the window's other
    /// names have it.
    Name,
    /// A sentence of the editor with names in it: from left to right.
    Sentence,
}

/// The parts of one line of text in the order in which they stand from left to right. Each part keeps the order in which it is read.
pub fn visual_parts(text: &str, kind: Kind) -> Vec<String> {
    if kind == Kind::Sentence {
        return ordered(text, Some(Level::ltr()));
    }
    let (stem, ending) = split_ending(text);
    let mut parts = ordered(stem, None);
    parts.extend(ordered(ending, Some(Level::ltr())));
    parts
}

/// A file name without its ending, and its ending with the dot.
fn split_ending(text: &str) -> (&str, &str) {
    let is_ending = |ending: &str| {
        (1..=LONGEST_ENDING).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric())
    };
    match text.rfind('.') {
        Some(dot) if is_ending(&text[dot + 1..]) => text.split_at(dot),
        _ => (text, ""),
    }
}

fn ordered(text: &str, direction: Option<Level>) -> Vec<String> {
    let info = BidiInfo::new(text, direction);
    let mut parts = Vec::new();
    for paragraph in &info.paragraphs {
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            match levels[run.start].is_rtl() {
                true => parts.extend(right_to_left_parts(&text[run])),
                false => parts.push(text[run].to_owned()),
            }
        }
    }
    parts
}

/// The words of a right-to-left run and what is between them, last first.
fn right_to_left_parts(run: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_word = false;
    for cluster in run.graphemes(true) {
        let continues = std::mem::replace(&mut is_word, cluster.chars().next().is_some_and(is_right_to_left));
        match parts.last_mut() {
            Some(word) if continues && is_word => word.push_str(cluster),
            _ => parts.push(cluster.chars().map(|c| get_mirrored(c).filter(|_| !is_word).unwrap_or(c)).collect()),
        }
    }
    parts.reverse();
    parts
}

fn is_right_to_left(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_to_right_names_are_one_part() {
        for name in ["kick 10.wav", "Барабан (2)", "キック.flac", ""] {
            assert!(!has_right_to_left(name));
            assert_eq!(visual_parts(name, Kind::Name).concat(), name);
        }
    }

    #[test]
    fn words_stand_from_right_to_left_and_numbers_and_endings_as_they_are() {
        let cases: [(&str, &[&str]); 6] = [
            ("כינור", &["כינור"]),
            ("תוף בס כבד", &["כבד", " ", "בס", " ", "תוף"]),
            ("תוף 12.wav", &["12", " ", "תוף", ".wav"]),
            ("طبل كبير.flac", &["كبير", " ", "طبل", ".flac"]),
            ("kick תוף כבד 2", &["kick ", "2", " ", "כבד", " ", "תוף"]),
            ("תוף (ישן)", &["(", "ישן", ")", " ", "תוף"]),
        ];
        for (name, parts) in cases {
            assert!(has_right_to_left(name));
            assert_eq!(visual_parts(name, Kind::Name), parts, "{name}");
        }
    }

    #[test]
    fn a_sentence_runs_from_left_to_right_whatever_it_begins_with() {
        let parts = ["“", "כבד", " ", "תוף", "” is on A"];
        assert_eq!(visual_parts("“תוף כבד” is on A", Kind::Sentence), parts);
    }

    #[test]
    fn marks_stay_with_their_letters() {
        for word in ["שָׁלוֹם", "طَبْل"] {
            assert_eq!(visual_parts(word, Kind::Name), [word]);
        }
    }
}
