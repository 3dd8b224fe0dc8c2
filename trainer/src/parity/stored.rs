//! What `parity.json` holds: outputs of torch for a few points, so that other programs can check a pack without torch. Plain data.
//!
//! Of a large output every so-many-th value is kept, and beside them three sums of every block of consecutive values. A value that
//! is wrong between two kept ones changes the sums of its block. A program that compares sums of `n` values should allow `√n` times
//! what it allows for one value: rounding errors of different values are independent.

use serde::Serialize;

/// Every how-many-th value of the decoder's frames is stored. A prime, so that the kept values walk through all bands and frames.
const FRAMES_STRIDE: usize = 61;
/// The same of the vocoder's bins.
const BINS_STRIDE: usize = 499;

/// Sums over one block of consecutive values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BlockSums(
    /// Sum of the values, sum of their magnitudes, and sum of the values each times its place in the block, [0, 1).
    pub [f32; 3],
);

impl BlockSums {
    fn new(block: &[f32]) -> Self {
        let mut sums = [0.0_f64; 3];
        for (index, value) in block.iter().map(|value| f64::from(*value)).enumerate() {
            sums[0] += value;
            sums[1] += value.abs();
            sums[2] += value * index as f64 / block.len() as f64;
        }
        Self(sums.map(|sum| sum as f32))
    }
}

/// All outputs of torch for one point.
#[derive(Debug)]
pub struct Outputs {
    /// Frames of the decoder, `[band][frame]`.
    pub frames: Vec<f32>,
    /// Latents that the encoder gives for those frames.
    pub encoded: Vec<f32>,
    /// Real parts of the bins that the vocoder's outputs for those frames stand for, against full scale, `[frame][bin]`.
    pub bins_real: Vec<f32>,
    /// Imaginary parts of the same.
    pub bins_imaginary: Vec<f32>,
}

/// What is stored of one point.
#[derive(Debug, Serialize)]
pub struct StoredPoint {
    /// Input of the decoder, in σ units.
    latent: Vec<f32>,
    /// MIDI key.
    key: f32,
    /// Every so-many-th value of [`Outputs::frames`].
    frames: Vec<f32>,
    /// Sums of every band of them.
    frames_blocks: Vec<BlockSums>,
    /// [`Outputs::encoded`], whole.
    encoded: Vec<f32>,
    /// Every so-many-th value of [`Outputs::bins_real`].
    bins_real: Vec<f32>,
    /// Sums of every frame of them.
    bins_real_blocks: Vec<BlockSums>,
    /// Every so-many-th value of [`Outputs::bins_imaginary`].
    bins_imaginary: Vec<f32>,
    /// Sums of every frame of them.
    bins_imaginary_blocks: Vec<BlockSums>,
}

/// What `parity.json` holds.
#[derive(Debug, Serialize)]
pub struct Stored {
    /// Hash of the pack that the values belong to.
    pack: String,
    /// Every how-many-th value is stored: frames, bins.
    strides: [usize; 2],
    /// Values of one block: frames, bins.
    block_lengths: [usize; 2],
    /// The points.
    points: Vec<StoredPoint>,
}

impl Stored {
    /// No points yet, of the pack with this hash. `block_lengths`: frames of one band, bins of one frame.
    pub fn new(pack: &str, block_lengths: [usize; 2]) -> Self {
        Self { pack: pack.to_owned(), strides: [FRAMES_STRIDE, BINS_STRIDE], block_lengths, points: Vec::new() }
    }

    /// Adds what is kept of the outputs for one point.
    pub fn push(&mut self, latent: &[f32], key: f32, outputs: &Outputs) {
        let [frames_stride, bins_stride] = self.strides;
        let [frames_length, bins_length] = self.block_lengths;
        let thin = |values: &[f32], stride| values.iter().step_by(stride).copied().collect();
        let sums = |values: &[f32], length| values.chunks(length).map(BlockSums::new).collect();
        self.points.push(StoredPoint {
            latent: latent.to_vec(),
            key,
            frames: thin(&outputs.frames, frames_stride),
            frames_blocks: sums(&outputs.frames, frames_length),
            encoded: outputs.encoded.clone(),
            bins_real: thin(&outputs.bins_real, bins_stride),
            bins_real_blocks: sums(&outputs.bins_real, bins_length),
            bins_imaginary: thin(&outputs.bins_imaginary, bins_stride),
            bins_imaginary_blocks: sums(&outputs.bins_imaginary, bins_length),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(frames: Vec<f32>) -> Outputs {
        let bins = vec![0.25; 1000];
        Outputs { frames, encoded: vec![0.0; 7], bins_real: bins.clone(), bins_imaginary: bins }
    }

    fn stored(frames: Vec<f32>) -> Stored {
        let mut stored = Stored::new("hash", [172, 1025]);
        stored.push(&[0.0; 7], 60.0, &outputs(frames));
        stored
    }

    #[test]
    fn a_fault_between_kept_values_shows_in_the_sums_of_its_block_alone() {
        let frames: Vec<f32> = (0..172 * 128).map(|n| (n as f32 * 0.37).sin()).collect();
        let truth = stored(frames.clone());
        let sums = |stored: &Stored| stored.points[0].frames_blocks.clone();
        for place in (0..frames.len()).filter(|place| place % FRAMES_STRIDE != 0).step_by(97) {
            let mut faulty = frames.clone();
            faulty[place] += 0.05;
            let faulty = stored(faulty);
            assert_eq!(faulty.points[0].frames, truth.points[0].frames, "no kept value shows a fault at {place}");
            let moved: Vec<usize> =
                (0..128).filter(|band| (sums(&faulty)[*band].0[0] - sums(&truth)[*band].0[0]).abs() > 0.04).collect();
            assert_eq!(moved, [place / 172], "a fault at {place}");
        }
    }

    #[test]
    fn a_change_of_sign_and_a_swap_show_in_the_sums() {
        let sums = |values: &[f32]| BlockSums::new(values).0;
        assert_eq!(sums(&[1.0, -2.0, 3.0, 0.0]), [2.0, 6.0, 1.0]);
        assert_eq!(sums(&[-1.0, 2.0, 1.0, 0.0])[1], 4.0);
        let (one, swapped) = (sums(&[1.0, -2.0, 3.0, 0.0]), sums(&[3.0, -2.0, 1.0, 0.0]));
        assert_eq!(one[..2], swapped[..2]);
        assert!((one[2] - swapped[2]).abs() > 0.5);
    }
}
