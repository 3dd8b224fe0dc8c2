//! Block transform of frames: DCT-II of 16 × 16 values, quantisation, and the inverse. Worker and main threads only; allocates.

use rustdct::DctPlanner;

use super::{STEPS, step};
use crate::spectral::Frames;

const SIDE: usize = 16;
/// Largest magnitude of a quantised value: each fits 16 bits.
const LARGEST: f32 = 32_767.0;
/// Values below this fraction of a step become 0. A larger dead zone leaves more bytes for a finer step; a smaller one keeps more of the
/// small values.
const DEAD_ZONE: f32 = 0.67;

/// Number of rows or columns, rounded up to whole blocks.
pub(super) fn padded(length: usize) -> usize {
    length.div_ceil(SIDE) * SIDE
}

/// The coefficients of all blocks, grouped by coefficient from the lowest frequency to the highest, so that zeros are contiguous.
pub(super) struct Blocks {
    bands: usize,
    frames: usize,
    /// `[coefficient][block]`, in the order of [`order`].
    coefficients: Vec<f32>,
}

impl Blocks {
    /// Transforms frames; incomplete blocks are filled by repeating the last values.
    pub(super) fn of(frames: &Frames) -> Self {
        let mut blocks = Self::empty(frames.bands, frames.frames);
        let across = blocks.across();
        let count = blocks.count();
        let mut planner = DctPlanner::new();
        let transform = planner.plan_dct2(SIDE);
        for block in 0..count {
            let (first_band, first_frame) = (block / across * SIDE, block % across * SIDE);
            let mut values = [[0.0_f32; SIDE]; SIDE];
            for (row, line) in values.iter_mut().enumerate() {
                let band = frames.band((first_band + row).min(frames.bands - 1));
                for (column, value) in line.iter_mut().enumerate() {
                    *value = band[(first_frame + column).min(frames.frames - 1)];
                }
            }
            both_ways(&mut values, |line| transform.process_dct2(line));
            for (place, (row, column)) in order().into_iter().enumerate() {
                blocks.coefficients[place * count + block] = values[row][column] * scale(row) * scale(column);
            }
        }
        blocks
    }

    /// Reads the bytes of [`Self::quantised`], two for each coefficient.
    pub(super) fn read(bands: usize, frames: usize, bytes: &[u8], step: f32) -> Self {
        let mut blocks = Self::empty(bands, frames);
        let (low, high) = bytes.split_at(bytes.len() / 2);
        for (coefficient, (low, high)) in blocks.coefficients.iter_mut().zip(low.iter().zip(high)) {
            let folded = u16::from_le_bytes([*low, *high]);
            let magnitude = f32::from(folded.div_ceil(2));
            *coefficient = if folded % 2 == 1 { magnitude } else { -magnitude } * step;
        }
        blocks
    }

    /// Quantised coefficients in two bytes each, first all low bytes, then all high ones; 0, 1, −1, 2, −2, … are coded as 0, 1, 2, 3, 4, …
    pub(super) fn quantised(&self, step: f32) -> Vec<u8> {
        let folded = |coefficient: &f32| {
            let steps = coefficient / step;
            if steps.abs() < DEAD_ZONE {
                return 0;
            }
            let rounded = steps.round().clamp(-LARGEST, LARGEST) as i32;
            (2 * rounded.abs() - i32::from(rounded > 0)) as u16
        };
        let folded: Vec<u16> = self.coefficients.iter().map(folded).collect();
        let low = folded.iter().map(|value| value.to_le_bytes()[0]);
        low.chain(folded.iter().map(|value| value.to_le_bytes()[1])).collect()
    }

    /// Number of bands.
    pub(super) fn bands(&self) -> usize {
        self.bands
    }

    /// Number of frames.
    pub(super) fn frame_count(&self) -> usize {
        self.frames
    }

    /// Index of the finest step with which every quantised coefficient fits 16 bits.
    pub(super) fn first_step(&self) -> u8 {
        let largest = self.coefficients.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        (0..STEPS - 1).find(|number| largest <= LARGEST * step(*number)).unwrap_or(STEPS - 1)
    }

    /// Inverse transform.
    pub(super) fn frames(&self) -> Frames {
        let mut out = Frames { bands: self.bands, frames: self.frames, values: vec![0.0; self.bands * self.frames] };
        let (across, count) = (self.across(), self.count());
        let mut planner = DctPlanner::new();
        let transform = planner.plan_dct3(SIDE);
        for block in 0..count {
            let mut values = [[0.0_f32; SIDE]; SIDE];
            for (place, (row, column)) in order().into_iter().enumerate() {
                // The DCT-III weighs its first value by half.
                let whole = |index: usize| if index == 0 { 2.0 * scale(0) } else { scale(index) };
                values[row][column] = self.coefficients[place * count + block] * whole(row) * whole(column);
            }
            both_ways(&mut values, |line| transform.process_dct3(line));
            let (first_band, first_frame) = (block / across * SIDE, block % across * SIDE);
            for (row, line) in values.iter().enumerate().take(self.bands.saturating_sub(first_band)) {
                let start = (first_band + row) * self.frames + first_frame;
                let length = SIDE.min(self.frames - first_frame);
                out.values[start..start + length].copy_from_slice(&line[..length]);
            }
        }
        out
    }

    fn empty(bands: usize, frames: usize) -> Self {
        Self { bands, frames, coefficients: vec![0.0; padded(bands) * padded(frames)] }
    }

    fn across(&self) -> usize {
        padded(self.frames) / SIDE
    }

    fn count(&self) -> usize {
        self.across() * padded(self.bands) / SIDE
    }
}

/// Factor that makes a DCT-II of 16 values orthonormal.
fn scale(index: usize) -> f32 {
    if index == 0 { (1.0 / SIDE as f32).sqrt() } else { (2.0 / SIDE as f32).sqrt() }
}

/// Rows and columns of a block in diagonal order, from the lowest frequency to the highest.
fn order() -> Vec<(usize, usize)> {
    let mut places: Vec<(usize, usize)> = (0..SIDE * SIDE).map(|place| (place / SIDE, place % SIDE)).collect();
    places.sort_by_key(|(row, column)| (row + column, *row));
    places
}

/// Transforms the rows of a block, then its columns.
fn both_ways(values: &mut [[f32; SIDE]; SIDE], transform: impl Fn(&mut [f32])) {
    for _ in 0..2 {
        values.iter_mut().for_each(|line| transform(line));
        let rows = *values;
        for (row, line) in values.iter_mut().enumerate() {
            for (column, value) in line.iter_mut().enumerate() {
                *value = rows[column][row];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fine_step_restores_the_frames() {
        for (bands, frames) in [(128, 172), (5, 3), (16, 17)] {
            let values = (0..bands * frames).map(|index| (index as f32 * 0.7).sin() * 0.1).collect();
            let before = Frames { bands, frames, values };
            let blocks = Blocks::of(&before);
            let after = Blocks::read(bands, frames, &blocks.quantised(0.015), 0.015).frames();
            let worst = before.values.iter().zip(&after.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.06, "{bands} × {frames}: {worst}");
            let energy = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>();
            if bands % SIDE == 0 && frames % SIDE == 0 {
                assert!((energy(&blocks.coefficients) / energy(&before.values) - 1.0).abs() < 1e-3);
            }
        }
    }
}
