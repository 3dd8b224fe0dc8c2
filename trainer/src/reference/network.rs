//! What the training loop and the ways to make sounds need of a network. Runs on the calling thread and torch's own.

use std::fmt::Debug;

use tch::{Kind, Tensor};

/// Loss of one batch.
#[derive(Debug)]
pub struct Loss {
    /// What is made smaller.
    pub total: Tensor,
    /// Squared error summed over one sound, mean over the batch: the figure that the report states.
    pub error: Tensor,
}

/// Something that can be trained.
pub trait Network: Debug {
    /// Loss of a batch; `progress` is the part of the training that is over, from 0 to 1. Draws random numbers from torch.
    fn loss(&self, batch: &Tensor, progress: f64) -> Loss;

    /// As [`Self::loss`], of what the network gives without random draws.
    fn error(&self, batch: &Tensor) -> Tensor;
}

/// An outer auto-encoder: features or samples `[batch, …]` ↔ codes `[batch, code]`.
pub trait Outer: Network {
    /// Numbers of one code.
    fn code_len(&self) -> usize;
    /// Batch → codes.
    fn encode(&self, batch: &Tensor) -> Tensor;
    /// Codes → batch.
    fn decode(&self, codes: &Tensor) -> Tensor;
}

/// Mean and log-variance of the latents of some sounds, `[batch, latents]` each.
#[derive(Debug)]
pub struct Posterior {
    /// Means.
    pub mean: Tensor,
    /// Natural logs of the variances.
    pub log_variance: Tensor,
}

/// An inner network: codes `[batch, code]` ↔ latents `[batch, latents]`.
pub trait Inner: Network {
    /// Numbers of one latent vector.
    fn latent_len(&self) -> usize;
    /// Codes → latents, without chance.
    fn encode(&self, codes: &Tensor) -> Tensor;
    /// Latents → codes.
    fn decode(&self, latents: &Tensor) -> Tensor;
    /// The distribution of the latents, where the network has one.
    fn posterior(&self, _codes: &Tensor) -> Option<Posterior> {
        None
    }
    /// A latent vector drawn at random, `[1, latents]`.
    fn random(&self) -> Tensor;
}

/// Squared error summed over each sound, mean over the batch.
pub fn squared_error(made: &Tensor, wanted: &Tensor) -> Tensor {
    (made - wanted).square().sum(Kind::Float) / wanted.size()[0] as f64
}
