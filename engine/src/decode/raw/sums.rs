//! Sums of the samples that a network has heard, by which it takes back an offset of its own making. WORKER side or main thread.
//!
//! Errors of single samples add up to an offset that a network cannot tell from the samples of the last milliseconds. Three parts of their sum
//! tell of it: what came in the last 20 ms, what came before that in the last 100 ms, and all that is older. The network gives a factor for each,
//! and their products with the parts tilt the distribution of the next sample up or down ([`super::head::Head`]). Tilting is linear in the
//! sums, so that it also takes back offsets that no training sound has.

/// Parts of the sum.
pub const SUMS: usize = 3;
/// How long the first two sums remember, in seconds; the third remembers all.
pub const MEMORIES_S: [f64; SUMS - 1] = [0.02, 0.1];
/// A part of this size is 1 to the network, in seconds of full scale: the spread of the parts in the footsteps of the built-in corpus while they
/// are loud.
pub const UNITS_S: [f64; SUMS] = [5e-4, 2.5e-4, 1e-4];

/// The sums at a sample.
#[derive(Debug)]
pub(super) struct Sums {
    decays: [f64; SUMS - 1],
    /// One over [`UNITS_S`] in samples.
    scales: [f64; SUMS],
    sums: [f64; SUMS],
}

impl Sums {
    /// Before the first sample, at this rate.
    pub(super) fn new(rate_hz: u32) -> Self {
        let rate_hz = f64::from(rate_hz);
        Self {
            decays: MEMORIES_S.map(|memory_s| (-1.0 / (memory_s * rate_hz)).exp()),
            scales: UNITS_S.map(|unit_s| 1.0 / (unit_s * rate_hz)),
            sums: [0.0; SUMS],
        }
    }

    /// Takes a sample in.
    pub(super) fn add(&mut self, sample: f32) {
        self.sums.iter_mut().zip(self.decays).for_each(|(sum, decay)| *sum *= decay);
        self.sums.iter_mut().for_each(|sum| *sum += f64::from(sample));
    }

    /// The parts from the newest to the oldest samples, each in its unit.
    pub(super) fn parts(&self) -> [f32; SUMS] {
        let [short, long, all] = self.sums;
        let [newest, middle, oldest] = self.scales;
        [(short * newest) as f32, ((long - short) * middle) as f32, ((all - long) * oldest) as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest part of the whole by which a sum may differ.
    const TOLERANCE: f32 = 1e-4;

    #[test]
    fn the_parts_of_a_constant_add_up_to_all_of_it() {
        const RATE_HZ: u32 = 10_000;
        let mut sums = Sums::new(RATE_HZ);
        (0..RATE_HZ).for_each(|_| sums.add(0.5));
        let parts = sums.parts();
        let whole: f64 = parts.iter().zip(UNITS_S).map(|(part, unit_s)| f64::from(*part) * unit_s).sum();
        assert!((whole - 0.5).abs() < f64::from(TOLERANCE), "{parts:?}: {whole} s of full scale");
        // A leaky sum ends at what it takes in over what it forgets, which is its memory to within half a sample.
        assert!((parts[0] * 5e-4 - 0.5 * 0.02).abs() < TOLERANCE, "{parts:?}");
        sums.add(-0.5 * RATE_HZ as f32);
        let after: f64 = sums.parts().iter().zip(UNITS_S).map(|(part, unit_s)| f64::from(*part) * unit_s).sum();
        assert!(after.abs() < f64::from(TOLERANCE), "taken back: {after}");
    }
}
