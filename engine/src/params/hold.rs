//! How long a note sounds, as a parameter with four values. Plain values; any thread, the audio thread included.

/// How long a note sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// To the end of its sound, whether the key is held or not.
    OneShot,
    /// Until the key is let go, at most to the end of its sound.
    #[default]
    Gated,
    /// Until the key is let go, whatever the sound.
    Sustained,
    /// Until the key is let go: a steady sound goes on at its level, one that decays at its end falls on; any other ends with its sound.
    Auto,
}

impl Hold {
    /// All of them, in the order of the parameter's values.
    pub const ALL: [Self; 4] = [Self::OneShot, Self::Gated, Self::Sustained, Self::Auto];

    /// Names in hosts and in the window, in the same order.
    pub const NAMES: &'static [&'static str] = &["One-shot", "Gated", "Sustained", "Auto"];

    /// Of the parameter's value; the nearest one for any other number.
    pub fn of(value: f32) -> Self {
        match value.round() as i32 {
            ..=0 => Self::OneShot,
            1 => Self::Gated,
            2 => Self::Sustained,
            _ => Self::Auto,
        }
    }

    /// The parameter's value.
    pub fn value(self) -> f32 {
        self as u8 as f32
    }
}

#[cfg(test)]
mod tests {
    use super::Hold;

    #[test]
    fn values_and_ways_belong_together() {
        for (index, hold) in Hold::ALL.into_iter().enumerate() {
            assert_eq!((hold.value(), Hold::of(hold.value())), (index as f32, hold));
            assert!(index < Hold::NAMES.len());
        }
        assert_eq!((Hold::of(-7.0), Hold::of(90.0)), (Hold::OneShot, Hold::Auto));
    }
}
