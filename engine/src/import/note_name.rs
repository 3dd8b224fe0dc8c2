//! The note in the name of a file. Pure text; any thread.

/// Words of names of sounds that have no key, so that a letter with a number says something else there.
const UNPITCHED: [&str; 22] = [
    "kick", "snare", "hat", "hihat", "hh", "clap", "drum", "drums", "perc", "tom", "cymbal", "crash", "ride", "rim",
    "shaker", "clave", "loop", "noise", "fx", "sfx", "foley", "step",
];
/// Words in front of a letter with a number that is no note.
const COUNTED: [&str; 17] = [
    "take",
    "part",
    "side",
    "version",
    "ver",
    "var",
    "variation",
    "layer",
    "mic",
    "group",
    "bank",
    "preset",
    "patch",
    "track",
    "disc",
    "page",
    "no",
];

/// The keys that a name may tell, the first first: notes (`C3`, `f#4`, `Bb2`, `A-1`; C4 is 60) as words of their own, and numbers from 0 to
/// 127 that the name calls a key, a note or MIDI (`key 60`, `midi_60`, `note60`). Any other number is one of many files.
pub(super) fn keys(name: &str) -> Vec<u8> {
    let words = words(name);
    if words.iter().any(|word| UNPITCHED.contains(&without_number(word).to_lowercase().as_str())) {
        return Vec::new();
    }
    let is_counted = |index: usize| index > 0 && COUNTED.contains(&words[index - 1].to_lowercase().as_str());
    let notes = words.iter().enumerate().filter(|(index, _)| !is_counted(*index)).filter_map(|(_, word)| note(word));
    notes.chain(numbers(&words)).collect()
}

/// Letters, digits and accidentals; a minus sign only between a note in capitals and the octave below 0.
fn words(name: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '#' | '♯' | '♭');
    let mut words: Vec<&str> = Vec::new();
    let mut rest = name;
    while let Some(start) = rest.find(is_part) {
        rest = &rest[start..];
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let below = &rest[end..];
        let octave = [below.strip_prefix("-1"), below.strip_prefix("-2")].into_iter().flatten().next();
        let is_below = octave.is_some_and(|after| !after.starts_with(is_part)) && pitch_class(&rest[..end]).is_some();
        let end = if is_below && rest.starts_with(char::is_uppercase) { end + 2 } else { end };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

fn without_number(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The key of a word that is a note with its octave, −2 to 9.
fn note(word: &str) -> Option<u8> {
    let octave_at = word.find(|c: char| c.is_ascii_digit() || c == '-')?;
    let (class, octave) = word.split_at(octave_at);
    let octave: i32 = octave.parse().ok().filter(|octave| (-2..=9).contains(octave))?;
    u8::try_from((octave + 1) * 12 + pitch_class(class)?).ok().filter(|key| *key <= 127)
}

/// Semitones above C of a letter with or without an accidental.
fn pitch_class(word: &str) -> Option<i32> {
    let mut letters = word.chars();
    let natural = match letters.next()?.to_ascii_lowercase() {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    match letters.as_str() {
        "" => Some(natural),
        "#" | "♯" | "s" => Some(natural + 1),
        "b" | "♭" => Some(natural - 1),
        _ => None,
    }
}

/// Numbers that are called keys, apart or in one word.
fn numbers(words: &[&str]) -> Vec<u8> {
    let is_called_key = |word: &str| ["key", "note", "midi"].iter().any(|called| word.eq_ignore_ascii_case(called));
    let apart = words.windows(2).filter(|pair| is_called_key(pair[0])).map(|pair| pair[1]);
    let joined = words.iter().filter_map(|word| {
        let (called, number) = word.split_at(word.find(|c: char| c.is_ascii_digit())?);
        is_called_key(called).then_some(number)
    });
    apart.chain(joined).filter_map(|number| number.parse().ok().filter(|key| *key <= 127)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_words_of_their_own() {
        for (name, key) in [
            ("Bell A4", 69),
            ("piano_C#3", 49),
            ("Gb2", 42),
            ("Steinway_C4_soft", 60),
            ("bass Bb2", 46),
            ("vox f♯3 long", 54),
            ("Piano A-1", 9),
            ("Grand-C5", 72),
            ("pad-key-72", 72),
            ("pluck MIDI72 soft", 72),
            ("Piano 44 C4", 60),
            ("cello Fs3", 54),
        ] {
            assert_eq!(keys(name).first(), Some(&key), "{name}");
        }
    }

    #[test]
    fn letters_with_numbers_that_mean_something_else_are_no_notes() {
        for name in [
            "take A",
            "take A2",
            "Drum B1",
            "Kick C1",
            "snare-d2",
            "kick1 a3",
            "Side B2",
            "a-4",
            "B2B",
            "MP3",
            "E20 mic",
            "kick 3",
            "025",
            "Pad 72",
            "key",
            "midi 200",
            "Café",
            "",
            "日本語",
            "A10",
            "H4",
        ] {
            assert!(keys(name).is_empty(), "{name}: {:?}", keys(name));
        }
    }
}
