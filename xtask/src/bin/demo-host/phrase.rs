//! The demo's notes and the automation of pad, morph slider and one knob that goes with them.

/// Length of the recording, with room for the last notes to ring.
pub const LENGTH_S: f64 = 18.0;
/// Time of one eighth note.
const EIGHTH_S: f64 = 0.25;
/// Four chords, one per two seconds, played twice: bass key, then the keys of the arpeggio.
const CHORDS: [(u8, [u8; 4]); 4] =
    [(45, [57, 60, 64, 69]), (41, [57, 60, 65, 72]), (48, [55, 60, 64, 67]), (43, [55, 59, 62, 74])];
/// Order of the arpeggio's notes, as indices into its chord.
const WALK: [usize; 8] = [0, 1, 2, 3, 2, 1, 3, 2];

/// One note of the phrase.
#[derive(Clone, Copy)]
pub struct Note {
    /// From the start of the recording.
    pub start_s: f64,
    /// From note-on to note-off.
    pub length_s: f64,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity.
    pub velocity: u8,
}

/// The notes, in order of their starts.
pub fn notes() -> Vec<Note> {
    let mut notes = Vec::new();
    for (bar, (bass, chord)) in CHORDS.iter().chain(&CHORDS).enumerate() {
        let bar_s = bar as f64 * 8.0 * EIGHTH_S;
        notes.push(Note { start_s: bar_s, length_s: 7.5 * EIGHTH_S, key: *bass, velocity: 92 });
        for (step, &place) in WALK.iter().enumerate() {
            let velocity = if step % 4 == 0 { 104 } else { 74 + 4 * place as u8 };
            let start_s = bar_s + step as f64 * EIGHTH_S;
            notes.push(Note { start_s, length_s: 1.6 * EIGHTH_S, key: chord[place], velocity });
        }
    }
    notes
}

/// Where the controls stand at `time_s`: parameter id and normalised value. The first two bars are the plain knobs; then
/// the slider fades over to the pad, which circles through its four corners; at the end a knob opens and closes.
pub fn controls(time_s: f64) -> [(&'static str, f64); 4] {
    let turn = std::f64::consts::TAU * time_s / 8.0;
    [
        ("morph", ((time_s - 3.0) / 2.0).clamp(0.0, 1.0) * ((17.0 - time_s) / 3.0).clamp(0.0, 1.0)),
        ("pad_x", 0.5 - 0.5 * turn.cos()),
        ("pad_y", 0.5 + 0.5 * turn.sin()),
        ("z1", 0.5 + 0.25 * (std::f64::consts::TAU * time_s / 6.0).sin()),
    ]
}
