//! Texts that are wider than their room: cut in the middle, or broken into lines. Plain text; `fits` measures. Any thread.

use unicode_segmentation::UnicodeSegmentation;

/// `text` if it fits, else its beginning and its end with an ellipsis between them, as long as fits. Names that are numbered differ at
/// their ends, so both must be seen.
pub fn cut_in_the_middle(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let cut = |kept: usize| {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let (head, tail) = (clusters[..head].concat(), clusters[clusters.len() - tail..].concat());
        format!("{}…{}", head.trim_end(), tail.trim_start())
    };
    cut(largest(clusters.len().saturating_sub(1), |kept| fits(&cut(kept))))
}

/// The lines of `text`, broken at spaces, which are left out there, and within a word that is longer than a line.
pub fn lines(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    for source in text.split('\n') {
        let mut line = String::new();
        for word in source.split_inclusive(' ') {
            if !line.is_empty() && !fits(&format!("{line}{}", word.trim_end())) {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push_str(word);
            while !line.trim_end().is_empty() && !fits(line.trim_end()) {
                let clusters: Vec<&str> = line.graphemes(true).collect();
                // One character is taken even where none fits, so that this ends.
                let taken = largest(clusters.len() - 1, |count| fits(&clusters[..count].concat())).max(1);
                let rest = clusters[taken..].concat();
                line.truncate(line.len() - rest.len());
                lines.push(std::mem::replace(&mut line, rest));
            }
        }
        lines.push(line);
    }
    lines
}

/// The largest count up to `most` that fits; 0 is taken to fit.
fn largest(most: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut fitting, mut too_large) = (0, most + 1);
    while too_large - fitting > 1 {
        let middle = fitting.midpoint(too_large);
        if fits(middle) { fitting = middle } else { too_large = middle }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(most: usize) -> impl Fn(&str) -> bool {
        move |text| text.graphemes(true).count() <= most
    }

    #[test]
    fn beginning_and_end_are_kept() {
        let name = "A very long name of a crunch 12.wav";
        assert_eq!(cut_in_the_middle(name, within(35)), name);
        assert_eq!(cut_in_the_middle(name, within(20)), "A very lon…ch 12.wav");
        assert_eq!(cut_in_the_middle(name, within(0)), "…");
        for most in 1..name.len() {
            let cut = cut_in_the_middle(name, within(most));
            assert!(within(most)(&cut), "{cut} is longer than {most}");
            assert!(cut.graphemes(true).count() + 3 >= most, "{cut} is shorter than it must be for {most}");
        }
    }

    #[test]
    fn letters_are_not_parted_from_their_marks() {
        let name = "e\u{301}".repeat(9);
        assert_eq!(cut_in_the_middle(&name, within(5)), format!("{0}{0}…{0}{0}", "e\u{301}"));
    }

    #[test]
    fn lines_break_at_spaces_and_lose_nothing() {
        assert_eq!(lines("one two three", within(8)), ["one two", "three"]);
        assert_eq!(lines("abcdefghij\nk", within(4)), ["abcd", "efgh", "ij", "k"]);
        assert_eq!(lines("ab", within(0)), ["a", "b", ""]);
        assert_eq!(lines("", within(4)), [""]);
    }
}
