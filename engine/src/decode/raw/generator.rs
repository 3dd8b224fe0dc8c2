//! A sound made block by block: the same samples in blocks of any size. WORKER side or main thread.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::envelopes::Envelopes;
use super::model::RawModel;
use super::run::Run;
use crate::decode::draw::Draw;
use crate::decode::wish::{WishError, check_draw, shares};

/// What sound is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// How much of each class, in the pack's order; they are divided by their sum. Empty: of no class.
    pub class_weights: Vec<f32>,
    /// Factor on the spread of each sample's distribution, [0.1, 2].
    pub temperature: f32,
    /// Part of the probability from which samples are drawn, the likeliest first, [0.5, 1].
    pub keep: f32,
    /// The same seed gives the same sound.
    pub seed: u64,
    /// Samples at the pack's rate that the sound goes on from, full scale ±1.
    pub prime: Vec<f32>,
    /// Whether the sound begins with the prime's own samples, or after them.
    pub with_prime: bool,
}

impl Wish {
    fn check(&self, model: &RawModel) -> Result<(), WishError> {
        let manifest = model.manifest();
        check_draw(self.temperature, self.keep)?;
        if self.prime.len() > manifest.length_samples {
            return Err(WishError::LongPrime { found: self.prime.len(), most: manifest.length_samples });
        }
        let strange = self.prime.iter().position(|sample| !sample.is_finite());
        strange.map_or(Ok(()), |place| Err(WishError::NotFinite(place)))
    }
}

/// A sound without an end.
#[derive(Debug)]
pub struct Generator {
    run: Run,
    draw: Draw,
    random: ChaCha8Rng,
    prime: Vec<f32>,
    with_prime: bool,
    /// Samples made so far, the prime's included.
    position: usize,
    /// The level that the network hears next.
    level: usize,
}

impl Generator {
    /// A sound of `model`.
    ///
    /// # Errors
    /// [`WishError`].
    pub fn new(model: Arc<RawModel>, wish: &Wish) -> Result<Self, WishError> {
        wish.check(&model)?;
        let shares = shares(&wish.class_weights, model.manifest().classes.len())?;
        let level = model.manifest().quantisation.level(0.0);
        let mut random = ChaCha8Rng::seed_from_u64(wish.seed);
        let draw = |envelopes: &Envelopes| envelopes.draw(&shares, &wish.prime, &mut random);
        let envelope = model.envelopes.as_ref().map(draw).unwrap_or_default();
        Ok(Self {
            run: Run::new(model, &shares, envelope),
            draw: Draw { temperature: wish.temperature, keep: wish.keep },
            random,
            prime: wish.prime.clone(),
            with_prime: wish.with_prime,
            position: 0,
            level,
        })
    }

    /// Leads up to `most` samples of a prime that is not part of the sound through the network; `true` once it is through.
    pub(super) fn lead(&mut self, most: usize) -> bool {
        let left = if self.with_prime { 0 } else { self.prime.len().saturating_sub(self.position) };
        for _ in 0..left.min(most) {
            self.next_sample();
        }
        left <= most
    }

    /// Writes the next samples. A prime that is not part of the sound is led through before the first of them.
    pub fn fill(&mut self, block: &mut [f32]) {
        self.lead(usize::MAX);
        block.iter_mut().for_each(|sample| *sample = self.next_sample());
    }

    fn next_sample(&mut self) -> f32 {
        self.run.step(self.level);
        let given = self.prime.get(self.position).copied();
        self.position += 1;
        if let Some(sample) = given {
            self.level = self.run.model().manifest().quantisation.level(sample);
            return sample;
        }
        self.level = self.run.draw(self.draw, &mut self.random);
        self.run.model().head.sample(self.level)
    }
}
