//! The key of a recording: its name, how it came to be, and the steps between keys. Plain numbers and words.

use engine::import::KeyOrigin;
use engine::state::Cut;

const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
/// Cents from which on a key is not simply that of its name.
const TELLING_CENTS: i32 = 5;
const HIGHEST: f32 = 127.0;

/// A MIDI key by name, 60 being C4, with the cents where they tell.
pub fn name(key: f32) -> String {
    let nearest = key.round().clamp(0.0, HIGHEST);
    let cents = ((key - nearest) * 100.0).round() as i32;
    let (octave, note) = (nearest as i32 / 12 - 1, NAMES[nearest as usize % 12]);
    match cents.abs() >= TELLING_CENTS {
        true => format!("{note}{octave} {cents:+} ct"),
        false => format!("{note}{octave}"),
    }
}

/// The key that is shown for a choice, given what was last found: "A3 · 98 %", "A3 · from its name", "C4 · chosen", "C4 · no clear pitch".
pub fn describe(chosen: Option<f32>, cut: &Cut) -> String {
    let keyed = Cut { chosen_key: chosen, ..cut.clone() }.keyed();
    let how = match keyed.origin {
        KeyOrigin::Given => "chosen".to_owned(),
        KeyOrigin::Heard => format!("{:.0} %", cut.key_confidence * 100.0),
        other => other.words().to_owned(),
    };
    format!("{} · {how}", name(keyed.key))
}

/// The key of a choice, given what was last found.
pub fn key(chosen: Option<f32>, cut: &Cut) -> f32 {
    Cut { chosen_key: chosen, ..cut.clone() }.key()
}

/// `semitones` away, as far as there are keys. Cents stay: a recording that is out of tune is so at every octave.
pub fn stepped(key: f32, semitones: i32) -> f32 {
    let moved = key + semitones as f32;
    let whole = if moved > HIGHEST { (HIGHEST - key).floor() } else { (-key).ceil() };
    if (0.0..=HIGHEST).contains(&moved) { moved } else { key + whole }
}

#[cfg(test)]
mod tests {
    use engine::import::Keyed;

    use super::*;

    fn found(key: Option<f32>, confidence: f32) -> Cut {
        Cut { found_key: key, key_confidence: confidence, ..Cut::default() }
    }

    #[test]
    fn keys_have_the_names_of_the_keyboard() {
        assert_eq!(name(60.0), "C4");
        assert_eq!(name(57.02), "A3");
        assert_eq!(name(56.88), "A3 -12 ct");
        assert_eq!(name(61.3), "C#4 +30 ct");
        assert_eq!((name(0.0), name(127.0)), ("C-1".to_owned(), "G9".to_owned()));
    }

    #[test]
    fn a_key_says_how_it_came_to_be() {
        assert_eq!(describe(None, &found(Some(48.0), 0.922)), "C3 · 92 %");
        assert_eq!(describe(None, &found(None, 0.4)), "C4 · no clear pitch");
        assert_eq!(describe(Some(50.0), &found(Some(48.0), 0.9)), "D3 · chosen");
        for (origin, how) in [(KeyOrigin::File, "from the file"), (KeyOrigin::Name, "from its name")] {
            let told = Some(Keyed { key: 57.0, origin });
            assert_eq!(describe(None, &Cut { told, ..found(Some(48.0), 0.9) }), format!("A3 · {how}"));
        }
    }

    #[test]
    fn steps_keep_the_cents_and_end_at_the_last_key() {
        assert_eq!(stepped(57.25, 12), 69.25);
        assert_eq!(stepped(57.25, -1), 56.25);
        assert_eq!(stepped(120.5, 12), 126.5);
        assert_eq!(stepped(3.5, -12), 0.5);
        assert_eq!((stepped(127.0, 1), stepped(0.0, -1)), (127.0, 0.0));
    }
}
