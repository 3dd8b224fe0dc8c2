//! A running average of the weights: what is evaluated and exported.

use anyhow::Result;
use tch::Tensor;
use tch::nn::VarStore;

/// Weight of the past once many steps are done.
const LONGEST_MEMORY: f64 = 0.998;

/// The average of one stage's weights.
#[derive(Debug)]
pub struct WeightAverage {
    entries: Vec<(String, Tensor, Tensor)>,
}

impl WeightAverage {
    /// Starts at the present weights.
    pub fn new(store: &VarStore) -> Self {
        let mut entries: Vec<_> = store
            .variables()
            .into_iter()
            .map(|(name, parameter)| {
                let average = parameter.detach().copy();
                (name, parameter, average)
            })
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Self { entries }
    }

    /// Takes in the weights after step `step`.
    pub fn update(&mut self, step: u64) {
        let memory = LONGEST_MEMORY.min((1.0 + step as f64) / (10.0 + step as f64));
        tch::no_grad(|| {
            for (_, parameter, average) in &mut self.entries {
                let _ = average.lerp_(parameter, 1.0 - memory);
            }
        });
    }

    /// Runs `work` with the averaged weights in place.
    pub fn with<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.swap();
        let result = work();
        self.swap();
        result
    }

    /// Makes the average the present weights.
    pub fn adopt(&mut self) {
        tch::no_grad(|| {
            for (_, parameter, average) in &mut self.entries {
                parameter.copy_(average);
            }
        });
    }

    fn swap(&mut self) {
        tch::no_grad(|| {
            for (_, parameter, average) in &mut self.entries {
                let present = parameter.copy();
                parameter.copy_(average);
                average.copy_(&present);
            }
        });
    }

    /// The present weights (`weight.*`) and their average (`average.*`).
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let named = self.entries.iter().flat_map(|(name, parameter, average)| {
            [(format!("weight.{name}"), parameter.detach()), (format!("average.{name}"), average.shallow_clone())]
        });
        named.collect()
    }

    /// Takes over weights and average.
    ///
    /// # Errors
    /// `state` has no tensor of a name and shape.
    pub fn restore(&mut self, find: impl Fn(&str, &Tensor) -> Result<Tensor>) -> Result<()> {
        for (name, parameter, average) in &mut self.entries {
            let (weight, mean) =
                (find(&format!("weight.{name}"), parameter)?, find(&format!("average.{name}"), parameter)?);
            tch::no_grad(|| parameter.copy_(&weight));
            average.copy_(&mean);
        }
        Ok(())
    }
}
