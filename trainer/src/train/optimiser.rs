//! AdamW (Loshchilov and Hutter 2019) over named tensors, with its state in the open so that a checkpoint holds it exactly.

use anyhow::{Result, ensure};
use tch::nn::VarStore;
use tch::{Kind, Tensor};

const FIRST_DECAY: f64 = 0.9;
const EPSILON: f64 = 1e-8;

/// What differs between uses of the optimiser.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Memory of the second moment.
    pub second_decay: f64,
    /// Part of the rate by which weights shrink; biases do not.
    pub weight_decay: f64,
    /// Gradients are scaled down to this length; None leaves them as they are.
    pub longest_gradient: Option<f64>,
}

impl Settings {
    /// What the default model is trained with.
    pub const DEFAULT: Self = Self { second_decay: 0.99, weight_decay: 0.01, longest_gradient: Some(1.0) };

    /// Plain Adam (Kingma and Ba 2015) with an optional decoupled weight decay.
    pub fn adam(weight_decay: f64) -> Self {
        Self { second_decay: 0.999, weight_decay, longest_gradient: None }
    }
}

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
    settings: Settings,
}

impl AdamW {
    /// An optimiser of everything trainable in `store`, as the default model is trained.
    pub fn new(store: &VarStore) -> Self {
        Self::with_settings(store, Settings::DEFAULT)
    }

    /// An optimiser of everything trainable in `store`.
    pub fn with_settings(store: &VarStore, settings: Settings) -> Self {
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
        Self { entries, updates: 0, settings }
    }

    /// Back-propagates `loss` and takes one step. A loss that is not finite is an error and changes nothing.
    ///
    /// # Errors
    /// The loss or the length of its gradient is not finite.
    pub fn step(&mut self, loss: &Tensor, rate: f64) -> Result<()> {
        for entry in &mut self.entries {
            entry.parameter.zero_grad();
        }
        loss.backward();
        tch::no_grad(|| self.update(rate))
    }

    /// What gradients are multiplied with.
    fn scale(&self, longest: f64) -> Result<f64> {
        let mut squares = 0.0;
        for entry in &self.entries {
            let gradient = entry.parameter.grad();
            if gradient.defined() {
                squares += gradient.square().sum(Kind::Float).double_value(&[]);
            }
        }
        ensure!(squares.is_finite(), "the gradient is not finite (give a lower --rate, or check the corpus)");
        Ok((longest / squares.sqrt().max(1e-12)).min(1.0))
    }

    fn update(&mut self, rate: f64) -> Result<()> {
        let Settings { second_decay, weight_decay, longest_gradient } = self.settings;
        let scale = longest_gradient.map(|longest| self.scale(longest)).transpose()?;
        self.updates += 1;
        let first_bias = 1.0 - FIRST_DECAY.powf(self.updates as f64);
        let second_bias = 1.0 - second_decay.powf(self.updates as f64);
        for entry in &mut self.entries {
            let gradient = entry.parameter.grad();
            if !gradient.defined() {
                continue;
            }
            let gradient = scale.map_or_else(|| gradient.shallow_clone(), |scale| &gradient * scale);
            let _ = entry.first.lerp_(&gradient, 1.0 - FIRST_DECAY);
            let _ = entry.second.lerp_(&gradient.square(), 1.0 - second_decay);
            let spread = (&entry.second / second_bias).sqrt_() + EPSILON;
            let change = &entry.first / spread * (rate / first_bias);
            if weight_decay > 0.0 && entry.name.ends_with("weight") {
                let _ = entry.parameter.g_mul_scalar_(1.0 - rate * weight_decay);
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
    ///
    /// # Errors
    /// `state` has no tensor of a name and shape.
    pub fn restore(&mut self, find: impl Fn(&str, &Tensor) -> Result<Tensor>, updates: u64) -> Result<()> {
        for entry in &mut self.entries {
            entry.first.copy_(&find(&format!("first.{}", entry.name), &entry.parameter)?);
            entry.second.copy_(&find(&format!("second.{}", entry.name), &entry.parameter)?);
        }
        self.updates = updates;
        Ok(())
    }
}
