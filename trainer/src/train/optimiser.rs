//! AdamW (Loshchilov and Hutter 2019) over named tensors, with its state in the open so that a checkpoint holds it exactly.

use anyhow::{Result, ensure};
use tch::nn::VarStore;
use tch::{Kind, Tensor};

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.99;
const EPSILON: f64 = 1e-8;
const WEIGHT_DECAY: f64 = 0.01;
/// Gradients are scaled down to this length.
const LONGEST_GRADIENT: f64 = 1.0;

/// One trainable tensor and its moments.
#[derive(Debug)]
struct Entry {
    name: String,
    parameter: Tensor,
    first: Tensor,
    second: Tensor,
}

/// The optimiser of one stage.
#[derive(Debug)]
pub struct AdamW {
    entries: Vec<Entry>,
    updates: u64,
}

impl AdamW {
    /// An optimiser of everything trainable in `store`.
    pub fn new(store: &VarStore) -> Self {
        let mut entries: Vec<Entry> = store
            .variables()
            .into_iter()
            .filter(|(_, parameter)| parameter.requires_grad())
            .map(|(name, parameter)| {
                let (first, second) = (parameter.zeros_like(), parameter.zeros_like());
                Entry { name, parameter, first: first.detach(), second: second.detach() }
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Self { entries, updates: 0 }
    }

    /// Back-propagates `loss` and takes one step. A loss that is not finite is an error and changes nothing.
    pub fn step(&mut self, loss: &Tensor, rate: f64) -> Result<()> {
        for entry in &mut self.entries {
            entry.parameter.zero_grad();
        }
        loss.backward();
        tch::no_grad(|| self.update(rate))
    }

    fn update(&mut self, rate: f64) -> Result<()> {
        let mut squares = 0.0;
        for entry in &self.entries {
            let gradient = entry.parameter.grad();
            if gradient.defined() {
                squares += gradient.square().sum(Kind::Float).double_value(&[]);
            }
        }
        ensure!(squares.is_finite(), "the gradient is not finite; lower the learning rate or check the corpus");
        let scale = (LONGEST_GRADIENT / squares.sqrt().max(1e-12)).min(1.0);
        self.updates += 1;
        let first_bias = 1.0 - FIRST_DECAY.powf(self.updates as f64);
        let second_bias = 1.0 - SECOND_DECAY.powf(self.updates as f64);
        for entry in &mut self.entries {
            let gradient = entry.parameter.grad();
            if !gradient.defined() {
                continue;
            }
            let gradient = gradient * scale;
            let _ = entry.first.lerp_(&gradient, 1.0 - FIRST_DECAY);
            let _ = entry.second.lerp_(&gradient.square(), 1.0 - SECOND_DECAY);
            let spread = (&entry.second / second_bias).sqrt_() + EPSILON;
            let change = &entry.first / spread * (rate / first_bias);
            if entry.name.ends_with("weight") {
                let _ = entry.parameter.g_mul_scalar_(1.0 - rate * WEIGHT_DECAY);
            }
            let _ = entry.parameter.g_sub_(&change);
        }
        Ok(())
    }

    /// The state as named tensors.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = Vec::new();
        for entry in &self.entries {
            state.push((format!("first.{}", entry.name), entry.first.shallow_clone()));
            state.push((format!("second.{}", entry.name), entry.second.shallow_clone()));
        }
        state
    }

    /// Takes over a state; `updates` is the number of steps that it has seen.
    pub fn restore(&mut self, find: impl Fn(&str, &Tensor) -> Result<Tensor>, updates: u64) -> Result<()> {
        for entry in &mut self.entries {
            entry.first.copy_(&find(&format!("first.{}", entry.name), &entry.parameter)?);
            entry.second.copy_(&find(&format!("second.{}", entry.name), &entry.parameter)?);
        }
        self.updates = updates;
        Ok(())
    }
}
