//! The codes of clips, which a prior is trained on.

use tch::{Device, Tensor};

use super::data::ClipData;
use super::vqvae::VqVae;
use crate::statistics::evenly;

/// Clips of one forward pass.
const CHUNK: usize = 8;

/// Codes of clips and their classes.
#[derive(Debug)]
pub struct CodeData {
    /// `[clip, row, column]`.
    places: Tensor,
    /// `[clip]`.
    classes: Tensor,
}

impl CodeData {
    /// Codes of all clips of `data` by a trained VQ-VAE.
    pub fn new(model: &VqVae, data: &ClipData, device: Device) -> Self {
        let numbers: Vec<i64> = (0..data.len()).collect();
        let parts = numbers.chunks(CHUNK).map(|numbers| {
            let positions = tch::no_grad(|| model.encode(&data.frames(numbers).to_device(device)));
            let size = positions.size();
            let (_, quantised) = tch::no_grad(|| model.quantise(&positions));
            quantised.places.view([size[0], size[2], size[3]]).to_device(Device::Cpu)
        });
        Self { places: Tensor::cat(&parts.collect::<Vec<_>>(), 0), classes: data.classes.shallow_clone() }
    }

    /// Number of clips.
    pub fn len(&self) -> i64 {
        self.places.size()[0]
    }

    /// At most `most` clips by their numbers, evenly spread.
    pub fn spread(&self, most: usize) -> Vec<i64> {
        evenly(&(0..self.len()).collect::<Vec<_>>(), most)
    }

    /// Codes and classes of clips by their numbers, `[clip, row, column]` and `[clip]`.
    pub fn choose(&self, numbers: &[i64], device: Device) -> (Tensor, Tensor) {
        let numbers = Tensor::from_slice(numbers);
        let choose = |x: &Tensor| x.index_select(0, &numbers).to_device(device);
        (choose(&self.places), choose(&self.classes))
    }
}
