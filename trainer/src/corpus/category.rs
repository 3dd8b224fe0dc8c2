//! Names and categories: General MIDI programs and drum keys, and key words in file names.

/// Category of a General MIDI melodic program, 0 to 127.
pub fn of_program(program: u8) -> &'static str {
    const FAMILIES: [&str; 16] = [
        "Piano",
        "Mallet",
        "Organ",
        "Guitar",
        "Bass",
        "Strings",
        "Ensemble",
        "Brass",
        "Reed",
        "Pipe",
        "Lead",
        "Pad",
        "FX",
        "Ethnic",
        "Percussive",
        "SFX",
    ];
    FAMILIES[usize::from(program / 8).min(15)]
}

/// Name and category of a General MIDI drum key, 35 to 81.
pub fn of_drum(key: u8) -> Option<(&'static str, &'static str)> {
    const DRUMS: [(&str, &str); 47] = [
        ("Acoustic Bass Drum", "Kick"),
        ("Bass Drum 1", "Kick"),
        ("Side Stick", "Snare"),
        ("Acoustic Snare", "Snare"),
        ("Hand Clap", "Clap"),
        ("Electric Snare", "Snare"),
        ("Low Floor Tom", "Tom"),
        ("Closed Hi-Hat", "Hat"),
        ("High Floor Tom", "Tom"),
        ("Pedal Hi-Hat", "Hat"),
        ("Low Tom", "Tom"),
        ("Open Hi-Hat", "Hat"),
        ("Low-Mid Tom", "Tom"),
        ("High-Mid Tom", "Tom"),
        ("Crash Cymbal 1", "Cymbal"),
        ("High Tom", "Tom"),
        ("Ride Cymbal 1", "Cymbal"),
        ("Chinese Cymbal", "Cymbal"),
        ("Ride Bell", "Cymbal"),
        ("Tambourine", "Percussion"),
        ("Splash Cymbal", "Cymbal"),
        ("Cowbell", "Percussion"),
        ("Crash Cymbal 2", "Cymbal"),
        ("Vibraslap", "Percussion"),
        ("Ride Cymbal 2", "Cymbal"),
        ("High Bongo", "Percussion"),
        ("Low Bongo", "Percussion"),
        ("Mute High Conga", "Percussion"),
        ("Open High Conga", "Percussion"),
        ("Low Conga", "Percussion"),
        ("High Timbale", "Percussion"),
        ("Low Timbale", "Percussion"),
        ("High Agogo", "Percussion"),
        ("Low Agogo", "Percussion"),
        ("Cabasa", "Percussion"),
        ("Maracas", "Percussion"),
        ("Short Whistle", "Percussion"),
        ("Long Whistle", "Percussion"),
        ("Short Guiro", "Percussion"),
        ("Long Guiro", "Percussion"),
        ("Claves", "Percussion"),
        ("High Wood Block", "Percussion"),
        ("Low Wood Block", "Percussion"),
        ("Mute Cuica", "Percussion"),
        ("Open Cuica", "Percussion"),
        ("Mute Triangle", "Percussion"),
        ("Open Triangle", "Percussion"),
    ];
    DRUMS.get(usize::from(key.checked_sub(35)?)).copied()
}

/// Whether sounds of this category have no pitch that a key could name.
pub fn is_drum(category: &str) -> bool {
    matches!(
        category,
        "Kick"
            | "Snare"
            | "Clap"
            | "Hat"
            | "Cymbal"
            | "Tom"
            | "Percussion"
            | "Footsteps"
            | "Rain"
            | "Water"
            | "Gunshot"
            | "Typing"
            | "Motor"
            | "Dog"
            | "Sneeze"
            | "Cough"
    )
}

/// Category of a sound whose names have no key word.
pub const UNKNOWN: &str = "Other";

/// Key words and their categories; where several fit, the first counts.
const WORDS: [(&str, &str); 67] = [
    ("kick", "Kick"),
    ("bassdrum", "Kick"),
    ("bass drum", "Kick"),
    ("snare", "Snare"),
    ("clap", "Clap"),
    ("rimshot", "Snare"),
    ("rim", "Snare"),
    ("hihat", "Hat"),
    ("hi-hat", "Hat"),
    ("hat", "Hat"),
    ("cymbal", "Cymbal"),
    ("crash", "Cymbal"),
    ("ride", "Cymbal"),
    ("tom", "Tom"),
    ("conga", "Percussion"),
    ("bongo", "Percussion"),
    ("perc", "Percussion"),
    ("shaker", "Percussion"),
    ("foot", "Footsteps"),
    ("step", "Footsteps"),
    ("walk", "Footsteps"),
    ("rain", "Rain"),
    ("water", "Water"),
    ("drip", "Water"),
    ("drop", "Water"),
    ("gun", "Gunshot"),
    ("rifle", "Gunshot"),
    ("pistol", "Gunshot"),
    ("typing", "Typing"),
    ("typewriter", "Typing"),
    ("keyboard", "Typing"),
    ("motor", "Motor"),
    ("engine", "Motor"),
    ("dog", "Dog"),
    ("bark", "Dog"),
    ("sneeze", "Sneeze"),
    ("cough", "Cough"),
    ("piano", "Piano"),
    ("rhodes", "Piano"),
    ("keys", "Piano"),
    ("marimba", "Mallet"),
    ("xylo", "Mallet"),
    ("vibra", "Mallet"),
    ("glock", "Mallet"),
    ("bell", "Bell"),
    ("organ", "Organ"),
    ("guitar", "Guitar"),
    ("pluck", "Pluck"),
    ("bass", "Bass"),
    ("string", "Strings"),
    ("violin", "Strings"),
    ("cello", "Strings"),
    ("choir", "Ensemble"),
    ("vocal", "Voice"),
    ("vox", "Voice"),
    ("voice", "Voice"),
    ("brass", "Brass"),
    ("trumpet", "Brass"),
    ("sax", "Reed"),
    ("clarinet", "Reed"),
    ("oboe", "Reed"),
    ("flute", "Pipe"),
    ("lead", "Lead"),
    ("pad", "Pad"),
    ("atmo", "Pad"),
    ("fx", "SFX"),
    ("synth", "Lead"),
];

/// Category by a key word of a file name, else [`UNKNOWN`].
pub fn of_file_name(name: &str) -> &'static str {
    WORDS.iter().find(|(word, _)| tells(name, word)).map_or(UNKNOWN, |(_, category)| category)
}

/// Whether a name contains a word. Short ones hide inside others (`rain` in `train`, `hat` in `that`), so they must begin
/// where a word does.
fn tells(name: &str, word: &str) -> bool {
    const SHORT: usize = 4;
    let lower = name.to_ascii_lowercase();
    let begins = |at: usize| {
        let (before, here) = (name[..at].chars().next_back(), name[at..].chars().next());
        before.is_none_or(|c| !c.is_alphabetic() || (c.is_lowercase() && here.is_some_and(char::is_uppercase)))
    };
    lower.match_indices(word).any(|(at, _)| word.len() > SHORT || begins(at))
}

/// MIDI key that a file name tells, as a note name (`C3`, `f#4`, `Bb2`; C4 is 60), else as a number from 21 to 108 that it calls a
/// key, a note or MIDI (`key 60`, `midi_60`, `note60`). Any other number is one of many files.
pub fn key_of_file_name(name: &str) -> Option<u8> {
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '#').collect();
    let alone = words.windows(2).filter(|pair| is_called_key(pair[0])).map(|pair| pair[1]);
    let joined = words.iter().filter_map(|word| {
        let (called, number) = word.split_at(word.find(|c: char| c.is_ascii_digit())?);
        is_called_key(called).then_some(number)
    });
    let number = |word: &str| word.parse().ok().filter(|key| (21..=108).contains(key));
    words.iter().find_map(|word| key_of_word(word)).or_else(|| alone.chain(joined).find_map(number))
}

fn is_called_key(word: &str) -> bool {
    ["key", "note", "midi"].iter().any(|called| word.eq_ignore_ascii_case(called))
}

fn key_of_word(word: &str) -> Option<u8> {
    let mut letters = word.chars();
    let semitone = match letters.next()?.to_ascii_lowercase() {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let (shift, octave) = match rest.chars().next()? {
        '#' => (1, &rest[1..]),
        'b' => (-1, &rest[1..]),
        _ => (0, rest),
    };
    let octave: i32 = octave.parse().ok().filter(|octave| (0..=8).contains(octave))?;
    u8::try_from((octave + 1) * 12 + semitone + shift).ok().filter(|key| (21..=108).contains(key))
}

/// Whether a key names the pitch of sounds of this category.
pub fn is_pitched(category: &str) -> bool {
    !is_drum(category) && !matches!(category, "SFX" | "Percussive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_keys_and_categories() {
        assert_eq!(key_of_file_name("Steinway_C4_soft.wav"), Some(60));
        assert_eq!(key_of_file_name("bass Bb2"), Some(46));
        assert_eq!(key_of_file_name("pad-key-72"), Some(72));
        assert_eq!(key_of_file_name("pad MIDI72 soft"), Some(72));
        assert_eq!(key_of_file_name("Piano 44 C4"), Some(60));
        for unknown in ["kick 3", "025", "pad 72", "note 7", "key", "midi 200"] {
            assert_eq!(key_of_file_name(unknown), None, "{unknown}");
        }
        assert_eq!(of_file_name("My KICK.wav"), "Kick");
        assert_eq!(of_file_name("bigSnare"), "Snare");
        assert_eq!(of_file_name("DeepKick 2"), "Kick");
        assert_eq!(of_file_name("Synth 3"), "Lead");
        assert_eq!(of_file_name("Synth pad"), "Pad");
        assert_eq!(of_file_name("train"), "Other");
        assert_eq!(of_file_name("Rain on tin"), "Rain");
        assert_eq!(of_file_name("zzz"), "Other");
        assert_eq!(of_drum(81), Some(("Open Triangle", "Percussion")));
        assert_eq!(of_drum(82), None);
        assert_eq!(of_program(127), "SFX");
    }
}
