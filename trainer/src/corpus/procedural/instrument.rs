//! A drawn parameter set that can be played.

use super::note::Note;
use super::rng::SoundRng;

/// Plays a note: samples at the procedural rate, of any level. The rng are for what differs from stroke to stroke.
pub type Play = Box<dyn Fn(Note, &mut SoundRng) -> Vec<f64>>;

/// One instrument: everything that its sounds have in common.
pub struct Instrument {
    /// Category of its sounds.
    pub category: &'static str,
    /// What it is called, without its number.
    pub label: String,
    /// The notes that it is recorded with.
    pub notes: Vec<Note>,
    /// How it sounds.
    pub play: Play,
}

impl Instrument {
    /// An instrument from its parts.
    pub fn new(
        category: &'static str,
        label: impl Into<String>,
        notes: Vec<Note>,
        play: impl Fn(Note, &mut SoundRng) -> Vec<f64> + 'static,
    ) -> Self {
        Self { category, label: label.into(), notes, play: Box::new(play) }
    }
}

/// The style whose turn it is; `styles` must not be empty.
pub fn in_turn<T: Copy>(turn: usize, styles: &[T]) -> T {
    styles[turn % styles.len()]
}
