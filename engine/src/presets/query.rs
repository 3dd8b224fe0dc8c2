//! Finding presets by text, tag, category and favour. Plain data.

use super::place::Place;
use crate::state::PresetLabel;

/// A preset in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetEntry {
    /// Where it is.
    pub place: Place,
    /// Its name and search words.
    pub label: PresetLabel,
    /// Whether the user marked it.
    pub is_favourite: bool,
}

/// What is looked for; what is empty restricts nothing. Capitals do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words, each of which is somewhere in name, author, category, tags or notes.
    pub text: String,
    /// A tag that it has.
    pub tag: Option<String>,
    /// The category that it is of.
    pub category: Option<String>,
    /// Whether favourites alone are looked for.
    pub favourites_only: bool,
}

impl Query {
    /// Whether an entry is one of those that are looked for.
    #[must_use]
    pub fn matches(&self, entry: &PresetEntry) -> bool {
        let PresetLabel { name, author, category, tags, notes } = &entry.label;
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let everything = [name, author, category, notes].into_iter().chain(tags);
        let everything: String = everything.map(|part| part.to_lowercase() + "\n").collect();
        self.text.to_lowercase().split_whitespace().all(|word| everything.contains(word))
            && self.tag.as_ref().is_none_or(|wanted| tags.iter().any(|tag| same(tag, wanted)))
            && self.category.as_ref().is_none_or(|wanted| same(category, wanted))
            && (entry.is_favourite || !self.favourites_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_and_all_conditions_count() {
        let label = PresetLabel {
            category: "Bass".to_owned(),
            tags: vec!["Round".to_owned(), "mono".to_owned()],
            ..PresetLabel::new("Über Sub")
        };
        let entry = PresetEntry { place: Place::Factory("Über Sub".to_owned()), label, is_favourite: false };
        let found = |query: Query| query.matches(&entry);
        let text = |text: &str| found(Query { text: text.to_owned(), ..Query::default() });
        assert!(text("") && text("sub über") && text("BASS round") && !text("sub lead"));
        assert!(found(Query { tag: Some("round".to_owned()), ..Query::default() }));
        assert!(!found(Query { tag: Some("rou".to_owned()), ..Query::default() }), "a tag is whole");
        assert!(!found(Query { category: Some("Lead".to_owned()), ..Query::default() }));
        assert!(!found(Query { favourites_only: true, ..Query::default() }));
    }
}
