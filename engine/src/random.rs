//! Numbers that look random and depend on a seed alone: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
//! Pure arithmetic, any thread.

/// What the state of [`SplitMix64`] grows by.
pub const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of 64-bit numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(INCREMENT);
        finalise(self.state)
    }
}

/// The first number of the sequence of `seed`: every bit depends on every bit of the seed.
pub const fn hash(seed: u64) -> u64 {
    SplitMix64::new(seed).bits()
}

/// Number `number`, from 0 on, of the sequence of `seed`.
pub const fn nth(seed: u64, number: u64) -> u64 {
    finalise(seed.wrapping_add(number.wrapping_add(1).wrapping_mul(INCREMENT)))
}

/// The output function: a mapping of the 64-bit numbers onto themselves.
pub const fn finalise(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers that the authors' C program `splitmix64.c` gives for the seed 1234567.
    const PUBLISHED: [u64; 5] = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];

    #[test]
    fn it_gives_the_published_sequence_from_the_start_and_by_number() {
        let mut sequence = SplitMix64::new(1_234_567);
        for (number, published) in PUBLISHED.into_iter().enumerate() {
            assert_eq!(sequence.bits(), published);
            assert_eq!(nth(1_234_567, number as u64), published);
        }
        assert_eq!(hash(1_234_567), PUBLISHED[0]);
    }
}
