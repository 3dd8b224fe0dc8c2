//! How a name is written where no font has its characters, and what of it is never drawn. Plain text; any thread.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Stands for a character that no font has and that has no spelling in Latin letters.
const UNKNOWN: &str = "?";

/// A name on one line: control characters are spaces, and marks that turn the direction of text are left out, because they can make a
/// name look like another one ("gpj.exe").
pub fn on_one_line(name: &str) -> Cow<'_, str> {
    if !name.contains(|c: char| is_line_breaking(c) || turns_direction(c)) {
        return Cow::Borrowed(name);
    }
    let kept = name.chars().filter(|c| !turns_direction(*c));
    Cow::Owned(kept.map(|c| if is_line_breaking(c) { ' ' } else { c }).collect())
}

/// A text on several lines without the marks that turn its direction.
pub fn without_turns(text: &str) -> Cow<'_, str> {
    if !text.contains(turns_direction) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !turns_direction(*c)).collect())
}

fn is_line_breaking(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Embeddings, overrides and isolates.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with the characters for which there is no glyph spelled in Latin letters: "日本" as "Ri Ben".
pub fn with_glyphs(text: &str, mut has_glyph: impl FnMut(char) -> bool) -> Cow<'_, str> {
    // A mark that is missing is left out by egui; only the character that it stands on counts.
    let mut lacks_glyph =
        |cluster: &str| cluster.chars().next().is_some_and(|base| !base.is_ascii() && !has_glyph(base));
    if text.is_ascii() || !text.graphemes(true).any(&mut lacks_glyph) {
        return Cow::Borrowed(text);
    }
    let (mut spelled, mut missing) = (String::new(), String::new());
    for cluster in text.graphemes(true) {
        if lacks_glyph(cluster) {
            missing.push_str(cluster);
        } else {
            spelled.push_str(&latin(&std::mem::take(&mut missing)));
            spelled.push_str(cluster);
        }
    }
    spelled.push_str(&latin(&missing));
    Cow::Owned(spelled)
}

fn latin(text: &str) -> String {
    deunicode::deunicode_with_tofu(text, UNKNOWN).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_turn_text_are_left_out_of_messages_and_line_breaks_are_not() {
        assert_eq!(without_turns("no\nkick\u{202e}3pm.wav\u{2067}"), "no\nkick3pm.wav");
        assert!(matches!(without_turns("kick\n2"), Cow::Borrowed(_)));
    }

    #[test]
    fn only_what_has_no_glyph_is_spelled() {
        assert_eq!(with_glyphs("日本 Kick é.wav", |c| c == 'é'), "Ri Ben Kick é.wav");
        assert_eq!(with_glyphs("тон 2", |_| false), "ton 2");
        assert_eq!(with_glyphs("🥁", |_| false), "drum");
        assert_eq!(with_glyphs("\u{e123}", |_| false), UNKNOWN);
        for name in ["日本", "kick", "e\u{301}"] {
            assert!(matches!(with_glyphs(name, |_| true), Cow::Borrowed(same) if same == name));
        }
    }

    #[test]
    fn a_name_cannot_break_its_line_or_turn_its_direction() {
        assert_eq!(on_one_line("kick\n2\u{2028}.wav"), "kick 2 .wav");
        assert_eq!(on_one_line("\u{202e}vaw.3pm"), "vaw.3pm");
        assert!(matches!(on_one_line("תוף 2"), Cow::Borrowed(_)));
    }
}
