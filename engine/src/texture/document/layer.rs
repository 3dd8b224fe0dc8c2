//! Random convolutions of spectrogram planes, the products of their filters, and the gradient of the loss by hand.

use std::sync::atomic::{AtomicUsize, Ordering};

use nalgebra::{DMatrix, DMatrixView};

use super::planes::{MARGIN, Planes};
use crate::texture::random::Random;

/// Sides of the square filters, the most work first, so that two threads end together.
const SIDES: [usize; 8] = [27, 23, 19, 15, 11, 7, 5, 3];
/// Threads.
const THREADS: usize = 2;

/// Filters of one size.
pub(super) struct Layer {
    side: usize,
    filters: usize,
    /// `filters` × (plane, frequency, time).
    weights: DMatrix<f32>,
}

/// Products of filters at each frequency: `filters` × `filters`, one after the other.
pub(super) type Products = Vec<f32>;

impl Layer {
    fn new(side: usize, planes: usize, filters: usize, random: &mut Random) -> Self {
        let inputs = planes * side * side;
        let limit = 1.0 / (inputs as f32).sqrt();
        let weights = DMatrix::from_fn(filters, inputs, |_, _| limit * (2.0 * random.unit() - 1.0));
        Self { side, filters, weights }
    }

    /// Values under the filters at a frequency, a column for each frame.
    fn columns(&self, planes: &Planes, bin: usize, columns: &mut DMatrix<f32>) {
        let lead = MARGIN - self.side / 2;
        for (frame, column) in columns.as_mut_slice().chunks_exact_mut(self.weights.ncols()).enumerate() {
            for (part, values) in column.chunks_exact_mut(self.side).enumerate() {
                let start = planes.row(part / self.side, bin + lead + part % self.side) + frame + lead;
                values.copy_from_slice(&planes.values[start..start + self.side]);
            }
        }
    }

    /// The opposite: adds columns to where their values are from.
    fn add_columns(&self, columns: &DMatrix<f32>, bin: usize, planes: &mut Planes) {
        let lead = MARGIN - self.side / 2;
        for (frame, column) in columns.as_slice().chunks_exact(self.weights.ncols()).enumerate() {
            for (part, values) in column.chunks_exact(self.side).enumerate() {
                let start = planes.row(part / self.side, bin + lead + part % self.side) + frame + lead;
                let sums = &mut planes.values[start..start + self.side];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
    }

    /// Rectified answers of the filters at each frequency, `filters` × frames.
    fn answers(&self, planes: &Planes) -> Vec<f32> {
        let size = self.filters * planes.frames;
        let mut columns = DMatrix::zeros(self.weights.ncols(), planes.frames);
        let mut answer = DMatrix::zeros(self.filters, planes.frames);
        let mut answers = Vec::with_capacity(size * planes.bins);
        for bin in 0..planes.bins {
            self.columns(planes, bin, &mut columns);
            answer.gemm(1.0, &self.weights, &columns, 0.0);
            answers.extend(answer.as_slice().iter().map(|value| value.max(0.0)));
        }
        answers
    }

    fn products_of(&self, answers: &[f32], frames: usize) -> Products {
        let mut product = DMatrix::zeros(self.filters, self.filters);
        let mut products = Vec::new();
        for answer in answers.chunks_exact(self.filters * frames) {
            let answer = DMatrixView::from_slice(answer, self.filters, frames);
            product.gemm(1.0 / frames as f32, &answer, &answer.transpose(), 0.0);
            products.extend_from_slice(product.as_slice());
        }
        products
    }

    /// ‖H̃ − H‖ / ‖H̃‖, and its gradient, which is added to `gradient`.
    fn loss(&self, planes: &Planes, target: &Products, gradient: &mut Planes) -> f64 {
        let answers = self.answers(planes);
        let mut difference = self.products_of(&answers, planes.frames);
        difference.iter_mut().zip(target).for_each(|(value, target)| *value -= target);
        let (distance, size) = (norm(&difference), norm(target).max(1e-30));
        let scale = (2.0 / (distance.max(1e-30) * size * planes.frames as f64)) as f32;
        let mut slopes = DMatrix::zeros(self.filters, planes.frames);
        let mut columns = DMatrix::zeros(self.weights.ncols(), planes.frames);
        let by_bin = answers.chunks_exact(self.filters * planes.frames);
        for (bin, (answer, difference)) in by_bin.zip(difference.chunks_exact(self.filters * self.filters)).enumerate()
        {
            let view = DMatrixView::from_slice(answer, self.filters, planes.frames);
            let difference = DMatrixView::from_slice(difference, self.filters, self.filters);
            slopes.gemm(scale, &difference, &view, 0.0);
            slopes
                .as_mut_slice()
                .iter_mut()
                .zip(answer)
                .filter(|(_, answer)| **answer <= 0.0)
                .for_each(|(slope, _)| *slope = 0.0);
            columns.gemm_tr(1.0, &self.weights, &slopes, 0.0);
            self.add_columns(&columns, bin, gradient);
        }
        distance / size
    }
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// The layers side by side.
pub(super) struct Network(Vec<Layer>);

impl Network {
    /// With random filters, even within the usual limits of a convolution's start.
    pub fn new(planes: usize, filters: usize, random: &mut Random) -> Self {
        Self(SIDES.iter().map(|side| Layer::new(*side, planes, filters, random)).collect())
    }

    /// The products of each layer.
    pub fn products(&self, planes: &Planes) -> Vec<Products> {
        self.0.iter().map(|layer| layer.products_of(&layer.answers(planes), planes.frames)).collect()
    }

    /// The sum of the layers' losses and its gradient.
    pub fn loss(&self, planes: &Planes, targets: &[Products]) -> (f64, Planes) {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut gradient = Planes::zeros(planes.count(), planes.bins, planes.frames);
            let mut losses = vec![0.0; self.0.len()];
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(layer) = self.0.get(index) else { return (losses, gradient) };
                losses[index] = layer.loss(planes, &targets[index], &mut gradient);
            }
        };
        let parts: Vec<(Vec<f64>, Planes)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("its matrices fit together")).collect()
        });
        let loss = (0..self.0.len()).map(|index| parts.iter().map(|(losses, _)| losses[index]).sum::<f64>()).sum();
        let mut sum = Planes::zeros(planes.count(), planes.bins, planes.frames);
        for (_, gradient) in &parts {
            sum.values.iter_mut().zip(&gradient.values).for_each(|(sum, value)| *sum += value);
        }
        sum.clear_margins();
        (loss, sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(random: &mut Random, bins: usize, frames: usize) -> Planes {
        let mut planes = Planes::zeros(2, bins, frames);
        planes.values.iter_mut().for_each(|value| *value = 2.0 * random.unit() - 1.0);
        planes.clear_margins();
        planes
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let mut random = Random::new(3);
        let (wanted, planes) = (noise(&mut random, 6, 9), noise(&mut random, 6, 7));
        let network = Network::new(2, 4, &mut random);
        let targets = network.products(&wanted);
        let (_, gradient) = network.loss(&planes, &targets);
        let step = 1e-2_f32;
        let direction = noise(&mut random, 6, 7);
        let moved = |side: f32| {
            let mut there = planes.clone();
            there.values.iter_mut().zip(&direction.values).for_each(|(value, part)| *value += side * step * part);
            network.loss(&there, &targets).0
        };
        let measured = (moved(1.0) - moved(-1.0)) / (2.0 * f64::from(step));
        let told: f64 = gradient.values.iter().zip(&direction.values).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        assert!((measured - told).abs() < 0.02 * told.abs().max(0.1), "{measured} measured, {told} told");
    }
}
