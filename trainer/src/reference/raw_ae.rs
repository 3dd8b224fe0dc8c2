//! The addendum's auto-encoder over samples: three 1-D convolutions and their mirror, with the channels of the code brought to
//! peak 1 and their amplitudes stored beside them.

use tch::Tensor;
use tch::nn::Path;

use super::layers::Layer;
use super::network::{Loss, Network, Outer, squared_error};

/// Samples of a batch's sounds: 2 s at 44.1 kHz. Shorter sounds are followed by silence.
pub const SAMPLES: i64 = 88_200;
/// Channels of every layer.
pub const CHANNELS: i64 = 37;
/// Values of one channel of the code.
pub const STEPS: i64 = 60;
const KERNELS: [i64; 3] = [40, 28, 20];
const STRIDES: [i64; 3] = [16, 11, 8];
/// Lengths before each layer of the encoder.
const LENGTHS: [i64; 3] = [SAMPLES, 5511, 499];
/// Below this amplitude a channel counts as silent.
const LEAST_AMPLITUDE: f64 = 1e-6;

/// The auto-encoder; batches are `[batch, 88200]`, full scale ±1.
#[derive(Debug)]
pub struct RawAe {
    encoder: Vec<Layer>,
    decoder: Vec<Layer>,
}

impl RawAe {
    /// Fresh weights under `path`.
    pub fn new(path: &Path) -> Self {
        let (down, up) = (path / "encoder", path / "decoder");
        let encoder = KERNELS.iter().enumerate().map(|(index, kernel)| {
            let inputs = if index == 0 { 1 } else { CHANNELS };
            Layer::new(&(&down / index), &[CHANNELS, inputs, *kernel], CHANNELS)
        });
        let decoder = KERNELS.iter().rev().enumerate().map(|(index, kernel)| {
            let outputs = if index + 1 == KERNELS.len() { 1 } else { CHANNELS };
            Layer::new(&(&up / index), &[CHANNELS, outputs, *kernel], outputs)
        });
        Self { encoder: encoder.collect(), decoder: decoder.collect() }
    }
}

impl Network for RawAe {
    fn loss(&self, batch: &Tensor, _progress: f64) -> Loss {
        let error = self.error(batch);
        Loss { total: error.shallow_clone(), error }
    }

    fn error(&self, batch: &Tensor) -> Tensor {
        squared_error(&self.decode(&self.encode(batch)), batch)
    }
}

impl Outer for RawAe {
    fn code_len(&self) -> usize {
        (CHANNELS * STEPS + CHANNELS) as usize
    }

    /// `[batch, 88200]` → 37 × 60 values in [−1, 1], then 37 amplitudes.
    fn encode(&self, batch: &Tensor) -> Tensor {
        let layers = self.encoder.iter().zip(STRIDES);
        let maps = layers.fold(batch.unsqueeze(1), |x, (layer, stride)| layer.conv1d(&x, stride));
        let amplitudes = maps.abs().amax([2i64].as_slice(), true).clamp_min(LEAST_AMPLITUDE);
        Tensor::cat(&[(maps / &amplitudes).flatten(1, 2), amplitudes.squeeze_dim(2)], 1)
    }

    fn decode(&self, codes: &Tensor) -> Tensor {
        let values = codes.narrow(1, 0, CHANNELS * STEPS).view([-1, CHANNELS, STEPS]);
        let maps = values * codes.narrow(1, CHANNELS * STEPS, CHANNELS).unsqueeze(2);
        let layers = self.decoder.iter().zip(STRIDES.iter().zip(LENGTHS).rev());
        layers.fold(maps, |x, (layer, (stride, length))| layer.widen1d(&x, *stride, length)).squeeze_dim(1)
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn parameters_and_compression_are_those_of_the_addendum() {
        let store = VarStore::new(Device::Cpu);
        let network = RawAe::new(&store.root());
        let parameters: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
        assert_eq!(parameters, 134_570);
        let compression = SAMPLES as f64 / network.code_len() as f64;
        assert_eq!((compression * 10.0).round() / 10.0, 39.1);
    }

    #[test]
    fn codes_are_normalised_by_the_amplitudes_that_they_store() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let network = RawAe::new(&store.root());
        let batch = Tensor::rand([2, SAMPLES], (Kind::Float, Device::Cpu)) - 0.5;
        let codes = network.encode(&batch);
        assert_eq!(codes.size(), [2, 2257]);
        let peaks =
            codes.narrow(1, 0, CHANNELS * STEPS).view([2, CHANNELS, STEPS]).abs().amax([2i64].as_slice(), false);
        assert!((peaks - 1.0).abs().max().double_value(&[]) < 1e-5);
        assert_eq!(network.decode(&codes).size(), [2, SAMPLES]);
        // Twice the amplitudes are twice the values before the decoder.
        let louder = network.encode(&Tensor::zeros([1, SAMPLES], (Kind::Float, Device::Cpu)));
        assert!(bool::try_from(louder.isfinite().all()).expect("one truth value"));
    }
}
