//! The order of names in lists. Any thread but the audio thread.
//!
//! Digits are read as numbers, and accents of Latin letters and capitals decide only between names that are otherwise equal: `kick 2`,
//! `Kick 3`, `kick 10`, `über`, `Uzi`. Other scripts are in the order of Unicode. No language's own rules are used, so that a folder
//! is listed alike on every machine.

use std::cmp::Ordering;

use alphanumeric_sort::compare_str;

/// A name as its place in a list is found, for `sort_by_cached_key`. Only equal names are equal, so that the order of a list does not
/// depend on how it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct NameKey {
    folded: String,
    name: String,
}

impl NameKey {
    /// Of a name.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { folded: folded(&name), name }
    }
}

impl Ord for NameKey {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_str(&self.folded, &other.folded).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for NameKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Small letters, Latin ones without accents whether those are part of the letter or follow it.
fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.chars().filter(|c| !is_accent(*c)) {
        match deunicode::deunicode_char(c).filter(|_| is_accented_latin(c)) {
            Some(plain) => folded.push_str(&plain.to_lowercase()),
            None => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// Combining diacritical marks, as file names from macOS have them.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Latin-1 letters, Latin Extended-A and -B, Latin Extended Additional.
fn is_accented_latin(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') && c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(a: &str, b: &str) -> Ordering {
        NameKey::new(a).cmp(&NameKey::new(b))
    }

    #[test]
    fn numbers_count_and_capitals_and_accents_come_last() {
        let wanted = [
            "1 rim",
            "02 rim",
            "10 rim",
            "ambience",
            "kick 2",
            "Kick 3",
            "kick 10",
            "Uber",
            "u\u{308}ber",
            "über",
            "Ucken",
            "zoo",
            "Барабан 2",
            "барабан 10",
            "снег",
            "קיק",
            "ドラム",
        ];
        let mut names = wanted;
        names.reverse();
        names.sort_by_cached_key(|name| NameKey::new(*name));
        assert_eq!(names, wanted);
        assert_eq!(compare("a", "a"), Ordering::Equal);
        assert_ne!(compare("e\u{301}", "é"), Ordering::Equal, "names that look alike are still two");
    }

    /// The standard library's sort may panic where an order contradicts itself.
    #[test]
    fn the_order_of_any_three_names_is_consistent() {
        let parts = ["", "0", "00", "1", "01", "9", "10", "a", "A", "é", "-", " ", "日", "ж", "."];
        let names: Vec<String> = parts.iter().flat_map(|a| parts.map(|b| format!("{a}{b}x"))).collect();
        for a in &names {
            for b in &names {
                assert_eq!(compare(a, b), compare(b, a).reverse(), "{a} {b}");
                let is_rising = compare(a, b) == Ordering::Less;
                for c in names.iter().step_by(7).filter(|c| is_rising && compare(b, c) == Ordering::Less) {
                    assert_eq!(compare(a, c), Ordering::Less, "{a} < {b} < {c}");
                }
            }
        }
    }
}
