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

/// Whether a key names the pitch of sounds of this category.
pub fn is_pitched(category: &str) -> bool {
    !is_drum(category) && !matches!(category, "SFX" | "Percussive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_categories() {
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
