//! Points of the latent space that the editor goes to: random ones, near ones, and the way back. Main thread.

use std::sync::Arc;

use engine::Latent;
use engine::pack::LatentDistribution;
use engine::state::SoundState;
use engine::units::LATENT_LIMIT;

/// Points to return to.
const MOST_PAST: usize = 64;
/// How far "Vary" moves each knob: half the usual distance between neighbouring sounds.
pub const VARY_SIGMA: f32 = 0.35;

/// A small generator (splitmix64, Steele et al. 2014): enough to choose points by.
pub struct Rng(u64);

impl Rng {
    /// The same seed gives the same points.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Different at every opening of the window.
    pub fn from_clock() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(now.as_nanos() as u64)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In `(0, 1]`.
    fn unit(&mut self) -> f32 {
        ((self.next() >> 40) + 1) as f32 / (1u64 << 24) as f32
    }

    /// Standard normal (Box and Muller 1958).
    fn normal(&mut self) -> f32 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f32::consts::TAU * self.unit()).cos()
    }

    /// A point as the sounds of a pack are scattered.
    pub fn point(&mut self, distribution: &LatentDistribution) -> Latent {
        distribution.point(&std::array::from_fn(|_| self.normal()))
    }

    /// A point near another.
    pub fn near(&mut self, point: &Latent, sigma: f32) -> Latent {
        point.map(|place| (place + sigma * self.normal()).clamp(-LATENT_LIMIT, LATENT_LIMIT))
    }
}

/// Points that were left, newest last.
#[derive(Default)]
pub struct History(Vec<(Option<Arc<SoundState>>, Latent)>);

impl History {
    /// Remembers a point that is being left.
    pub fn leave(&mut self, sound: Option<Arc<SoundState>>, point: Latent) {
        if self.0.last().is_none_or(|(_, last)| *last != point) {
            self.0.push((sound, point));
        }
        let excess = self.0.len().saturating_sub(MOST_PAST);
        self.0.drain(..excess);
    }

    /// The point left last.
    pub fn pop(&mut self) -> Option<(Option<Arc<SoundState>>, Latent)> {
        self.0.pop()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stay_in_range_and_have_about_unit_spread() {
        let mut rng = Rng::new(7);
        let unit = LatentDistribution::default();
        let points: Vec<f32> = (0..1000).flat_map(|_| rng.point(&unit)).collect();
        assert!(points.iter().all(|place| place.abs() <= LATENT_LIMIT));
        let spread = (points.iter().map(|place| place * place).sum::<f32>() / points.len() as f32).sqrt();
        assert!((spread - 1.0).abs() < 0.05, "spread {spread}");
    }
}
