//! Percussion of General MIDI: what each key of channel 10 is. Plain data; any thread.

/// Channel 10, from 0.
pub const DRUM_CHANNEL: u8 = 9;
/// First key of [`NAMES`].
const FIRST_KEY: u8 = 35;

/// General MIDI Level 1, Percussion Key Map, from key 35 on. After the instrument's own name come those of instruments that stand in for
/// it where a pack lacks it.
const NAMES: [&[&str]; 47] = [
    &["Acoustic Bass Drum"],
    &["Bass Drum 1", "Power Bass Drum 1", "Acoustic Bass Drum"],
    &["Side Stick", "Rim shot 1"],
    &["Acoustic Snare", "Electric Snare"],
    &["Hand Clap", "Clap 1"],
    &["Electric Snare", "Acoustic Snare"],
    &["Low Floor Tom", "High Floor Tom"],
    &["Closed Hi-Hat", "Pedal Hi-Hat"],
    &["High Floor Tom", "Low Floor Tom"],
    &["Pedal Hi-Hat", "Closed Hi-Hat"],
    &["Low Tom", "Low-Mid Tom"],
    &["Open Hi-Hat", "Open hat 1"],
    &["Low-Mid Tom", "Low Tom"],
    &["High-Mid Tom", "Hi-Mid Tom", "High Tom"],
    &["Crash Cymbal 1", "Crash Cymbal 2"],
    &["High Tom", "High-Mid Tom"],
    &["Ride Cymbal 1", "Ride Cymbal 2"],
    &["Chinese Cymbal", "Crash Cymbal 2"],
    &["Ride Bell", "Ride Cymbal 1"],
    &["Tambourine"],
    &["Splash Cymbal", "Crash Cymbal 1"],
    &["Cowbell"],
    &["Crash Cymbal 2", "Crash Cymbal 1"],
    &["Vibraslap"],
    &["Ride Cymbal 2", "Ride Cymbal 1"],
    &["High Bongo", "Hi Bongo"],
    &["Low Bongo"],
    &["Mute High Conga", "Mute Hi Conga"],
    &["Open High Conga", "Open Hi Conga"],
    &["Low Conga"],
    &["High Timbale"],
    &["Low Timbale"],
    &["High Agogo"],
    &["Low Agogo"],
    &["Cabasa"],
    &["Maracas"],
    &["Short Whistle"],
    &["Long Whistle"],
    &["Short Guiro"],
    &["Long Guiro"],
    &["Claves"],
    &["High Wood Block", "Hi Wood Block"],
    &["Low Wood Block"],
    &["Mute Cuica"],
    &["Open Cuica"],
    &["Mute Triangle"],
    &["Open Triangle", "Mute Triangle"],
];

/// Closed and pedal hi-hat, which end the open one.
const HAT_ENDS: [u8; 2] = [42, 44];
/// Open hi-hat.
const OPEN_HAT: u8 = 46;

/// Names of the instrument at a key, the best first; none for a key without one.
#[must_use]
pub fn drum_names(key: u8) -> &'static [&'static str] {
    key.checked_sub(FIRST_KEY).and_then(|place| NAMES.get(usize::from(place))).copied().unwrap_or_default()
}

/// The key of the instrument that a stroke at `key` ends, if any.
pub(super) fn ended_by(key: u8) -> Option<u8> {
    HAT_ENDS.contains(&key).then_some(OPEN_HAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_has_the_keys_of_general_midi() {
        let named = [
            (35, "Acoustic Bass Drum"),
            (42, "Closed Hi-Hat"),
            (46, "Open Hi-Hat"),
            (56, "Cowbell"),
            (81, "Open Triangle"),
        ];
        assert!(named.iter().all(|(key, name)| drum_names(*key).first() == Some(name)));
        assert!(drum_names(34).is_empty() && drum_names(82).is_empty() && drum_names(127).is_empty());
        assert_eq!((ended_by(44), ended_by(46)), (Some(46), None));
    }
}
