//! The report's outer auto-encoder: 2-D convolutions over the spectrogram and their mirror, without activations, as printed.

use tch::Tensor;
use tch::nn::Path;

use super::layers::Layer;
use super::network::{Loss, Network, Outer, squared_error};
use super::settings::ConvSettings;
use super::transform::{BINS, FRAMES};

/// Kernel and stride of every layer but the first.
const INNER_KERNEL: i64 = 2;
const INNER_STRIDE: i64 = 2;

/// The auto-encoder; batches are `[batch, 1025, 83]`.
#[derive(Debug)]
pub struct ConvAe {
    encoder: Vec<Layer>,
    decoder: Vec<Layer>,
    /// Rows and columns before each layer of the encoder, and after the last.
    sizes: Vec<(i64, i64)>,
    kernels: i64,
}

impl ConvAe {
    /// Fresh weights under `path`: a square kernel of stride 1, then 2 × 2 kernels of stride 2.
    pub fn new(path: &Path, settings: &ConvSettings) -> Self {
        let (count, kernels, kernel) = (settings.layers as usize, settings.kernels, settings.kernel);
        let (down, up) = (path / "encoder", path / "decoder");
        let encoder = (0..count).map(|index| {
            let (inputs, kernel) = if index == 0 { (1, kernel) } else { (kernels, INNER_KERNEL) };
            Layer::new(&(&down / index), &[kernels, inputs, kernel, kernel], kernels)
        });
        let decoder = (0..count).map(|index| {
            let (outputs, kernel) = if index + 1 == count { (1, kernel) } else { (kernels, INNER_KERNEL) };
            Layer::new(&(&up / index), &[kernels, outputs, kernel, kernel], outputs)
        });
        Self { encoder: encoder.collect(), decoder: decoder.collect(), sizes: settings.sizes(), kernels }
    }

    fn reconstruct(&self, batch: &Tensor) -> Tensor {
        self.widen(&self.narrow(batch))
    }

    /// `[batch, 1025, 83]` → `[batch, kernels, rows, columns]`.
    fn narrow(&self, batch: &Tensor) -> Tensor {
        self.encoder
            .iter()
            .enumerate()
            .fold(batch.unsqueeze(1), |x, (index, layer)| layer.conv2d(&x, if index == 0 { 1 } else { INNER_STRIDE }))
    }

    /// The way back, every layer to the size that its mirror took. A stride of 2 loses an odd row or column; the mirror gives
    /// it again.
    fn widen(&self, maps: &Tensor) -> Tensor {
        let last = self.decoder.len() - 1;
        let wide = self.decoder.iter().enumerate().fold(maps.shallow_clone(), |x, (index, layer)| {
            layer.widen2d(&x, if index == last { 1 } else { INNER_STRIDE }, self.sizes[last - index])
        });
        wide.squeeze_dim(1)
    }
}

impl ConvSettings {
    /// Rows and columns before each layer, and after the last; an error of the settings shows as a size below 1.
    pub fn sizes(&self) -> Vec<(i64, i64)> {
        let mut sizes = vec![(BINS as i64, FRAMES as i64)];
        for layer in 0..self.layers {
            let (rows, columns) = sizes[sizes.len() - 1];
            let next = |size: i64| if layer == 0 { size - self.kernel + 1 } else { size / INNER_STRIDE };
            sizes.push((next(rows), next(columns)));
        }
        sizes
    }
}

impl Network for ConvAe {
    fn loss(&self, batch: &Tensor, _progress: f64) -> Loss {
        let error = self.error(batch);
        Loss { total: error.shallow_clone(), error }
    }

    fn error(&self, batch: &Tensor) -> Tensor {
        squared_error(&self.reconstruct(batch), batch)
    }
}

impl Outer for ConvAe {
    fn code_len(&self) -> usize {
        let (rows, columns) = self.sizes[self.sizes.len() - 1];
        (self.kernels * rows * columns) as usize
    }

    fn encode(&self, batch: &Tensor) -> Tensor {
        self.narrow(batch).flatten(1, 3)
    }

    fn decode(&self, codes: &Tensor) -> Tensor {
        let (rows, columns) = self.sizes[self.sizes.len() - 1];
        self.widen(&codes.view([-1, self.kernels, rows, columns]))
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    fn parameters(settings: &ConvSettings) -> i64 {
        let store = VarStore::new(Device::Cpu);
        ConvAe::new(&store.root(), settings);
        store.trainable_variables().iter().map(|variable| variable.numel() as i64).sum()
    }

    #[test]
    fn parameters_are_those_of_the_report() {
        let count = |layers, kernels, kernel| parameters(&ConvSettings { layers, kernels, kernel });
        assert_eq!(parameters(&ConvSettings::default()), 13_621);
        // The table of the report's grid search.
        assert_eq!(count(4, 16, 3), 6_545);
        assert_eq!(count(5, 20, 3), 13_341);
        assert_eq!(count(5, 19, 3), 12_066);
        assert_eq!(count(6, 20, 3), 16_581);
        assert_eq!(count(7, 20, 3), 19_821);
        assert_eq!(count(7, 15, 3), 11_266);
    }

    #[test]
    fn the_code_is_20_by_63_by_5_and_comes_back_as_1025_by_83() {
        let store = VarStore::new(Device::Cpu);
        let network = ConvAe::new(&store.root(), &ConvSettings::default());
        let batch = Tensor::rand([2, 1025, 83], (Kind::Float, Device::Cpu));
        assert_eq!(network.narrow(&batch).size(), [2, 20, 63, 5]);
        let codes = network.encode(&batch);
        assert_eq!(codes.size(), [2, 6300]);
        assert_eq!(network.code_len(), 6300);
        assert_eq!(network.decode(&codes).size(), [2, 1025, 83]);
        assert_eq!((85_075.0_f64 / 6300.0 * 10.0).round() / 10.0, 13.5);
    }
}
