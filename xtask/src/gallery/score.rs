//! What an example is made of: notes in time, each a sound that `heptode` renders.

use super::pack::Latent;

/// A short piece.
pub struct Example {
    /// Name of its file, without the ending.
    pub file: &'static str,
    pub notes: Vec<Note>,
}

/// A sound at a moment of a piece.
#[derive(Clone)]
pub struct Note {
    pub at_s: f32,
    /// Duration from note-on to note-off in seconds; `None` plays the sound to its end.
    pub long_s: Option<f32>,
    pub gain: f32,
    pub call: Call,
    /// Which of the call's sounds.
    pub index: usize,
}

/// A call of `heptode`. Sounds go by the names that [`super::pack::Pack::find`] knows.
#[derive(Clone)]
pub enum Call {
    /// One sound; without a key, at its own.
    Render {
        point: Point,
        key: Option<u8>,
        stretch: f32,
    },
    Morph {
        from: &'static str,
        to: &'static str,
        steps: usize,
        key: u8,
    },
    Vary {
        sound: &'static str,
        amount: f32,
        count: usize,
    },
}

/// A point in the space of sounds.
#[derive(Clone)]
pub enum Point {
    Named(&'static str),
    Random(u64),
    /// Where the seven knobs stand, in σ.
    Knobs(Latent),
    /// A place on the pad between four corners: lower left, lower right, upper left, upper right.
    Pad {
        corners: [&'static str; 4],
        x: f32,
        y: f32,
    },
}

impl Call {
    /// A named sound at a key.
    pub fn named(sound: &'static str, key: u8) -> Self {
        Self::Render { point: Point::Named(sound), key: Some(key), stretch: 1.0 }
    }

    /// A named sound at its own key.
    pub fn plain(sound: &'static str) -> Self {
        Self::Render { point: Point::Named(sound), key: None, stretch: 1.0 }
    }

    /// All names that it uses.
    #[cfg(test)]
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Render { point: Point::Named(sound), .. } | Self::Vary { sound, .. } => vec![*sound],
            Self::Render { point: Point::Pad { corners, .. }, .. } => corners.to_vec(),
            Self::Render { point: Point::Random(_) | Point::Knobs(_), .. } => Vec::new(),
            Self::Morph { from, to, .. } => vec![*from, *to],
        }
    }

    /// A note that plays sound `index` of this call to its end, from `at_s` seconds on.
    pub fn at(self, at_s: f32, index: usize, gain: f32) -> Note {
        Note { at_s, long_s: None, gain, call: self, index }
    }
}

impl Note {
    /// The same with a note-off after a duration in seconds.
    pub fn held(self, long_s: f32) -> Self {
        Self { long_s: Some(long_s), ..self }
    }
}
