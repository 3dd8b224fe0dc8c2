//! Interpolation of the samples of a piece. AUDIO THREAD: loops that compilers vectorise; the same results bit for bit on every processor, since no
//! multiplication is fused with an addition.

#![expect(clippy::indexing_slicing, reason = "lanes of arrays below their constant length: no check is left")]

use multiversion::multiversion;

use super::kernel::Kernel;
use super::tick::TICK_SAMPLES;

/// Samples that are multiplied at once.
const LANES: usize = 8;

/// Where the samples of a piece lie in a window of a sound: the same for all channels. Kept from piece to piece, since clearing it takes time.
pub(super) struct Places {
    /// In samples after the beginning of the window, each in [0, 2²⁰).
    positions: [f64; TICK_SAMPLES],
    /// First sample of the window that contributes.
    start: [u32; TICK_SAMPLES],
    /// Row of the kernel.
    row: [u32; TICK_SAMPLES],
    /// Part of the way to the next row, [0, 1).
    between: [f32; TICK_SAMPLES],
    /// Sums that are not yet complete.
    sums: [[f32; LANES / 2]; TICK_SAMPLES],
}

impl Places {
    pub(super) fn new() -> Self {
        let zero = [0; TICK_SAMPLES];
        let (positions, between, sums) = ([0.0; TICK_SAMPLES], [0.0; TICK_SAMPLES], [[0.0; LANES / 2]; TICK_SAMPLES]);
        Self { positions, start: zero, row: zero, between, sums }
    }

    /// Positions to write, before [`Self::locate`].
    pub(super) fn positions(&mut self) -> &mut [f64; TICK_SAMPLES] {
        &mut self.positions
    }

    /// Finds the first `count` positions in the rows of a kernel.
    pub(super) fn locate(&mut self, kernel: &Kernel, count: usize) {
        locate(self, kernel.phases() as u64, count);
    }

    /// Writes the values at the first positions, as many as `out` holds.
    pub(super) fn interpolate(&mut self, kernel: &Kernel, window: &[f32], out: &mut [f32]) {
        multiply(kernel, window, self, out.len());
        // In pairs, as the lanes above.
        for (out, [a, b, c, d]) in out.iter_mut().zip(&self.sums) {
            *out = (a + c) + (b + d);
        }
    }
}

/// Compiled a second time for processors with AVX2, as the other loop of this file.
#[multiversion(targets("x86_64+avx2"))]
fn locate(places: &mut Places, phases: u64, count: usize) {
    /// Added to a position it leaves 32 bits for the fraction and 20 above them for whole samples, in a float's 52 bits.
    const FIXED_POINT: f64 = (1u64 << 20) as f64;
    const WHOLE_MASK: u32 = (1 << 20) - 1;
    /// Bits of a part that a float of 32 bits holds exactly.
    const PART_BITS: u32 = 24;
    let columns = places.start.iter_mut().zip(&mut places.row).zip(&mut places.between);
    for (position, ((start, row), between)) in places.positions.iter().zip(columns).take(count) {
        let bits = (position + FIXED_POINT).to_bits();
        let in_rows = (bits & u64::from(u32::MAX)) * phases;
        *start = (bits >> u32::BITS) as u32 & WHOLE_MASK;
        *row = (in_rows >> u32::BITS) as u32;
        let part = in_rows as u32 >> (u32::BITS - PART_BITS);
        *between = part as i32 as f32 * (1.0 / (1u32 << PART_BITS) as f32);
    }
}

/// Sums of samples times coefficients, each in four lanes that are yet to be added; the order of the additions is fixed. The row before and the
/// row behind a position are multiplied apart: that takes no more than interpolating between their coefficients first.
#[multiversion(targets("x86_64+avx2"))]
fn multiply(kernel: &Kernel, window: &[f32], places: &mut Places, count: usize) {
    let (taps, rows) = (kernel.taps(), kernel.rows());
    let columns = places.start.iter().zip(&places.row).zip(&places.between);
    for (sum, ((start, row), between)) in places.sums.iter_mut().zip(columns).take(count) {
        let (start, row) = (*start as usize, *row as usize * taps);
        let (Some(window), Some(rows)) = (window.get(start..start + taps), rows.get(row..row + 2 * taps)) else {
            *sum = [0.0; LANES / 2];
            continue;
        };
        let (before, behind) = rows.split_at(taps);
        let (mut one, mut other) = ([0.0; LANES], [0.0; LANES]);
        let (window, _) = window.as_chunks::<LANES>();
        let (before, _) = before.as_chunks::<LANES>();
        let (behind, _) = behind.as_chunks::<LANES>();
        for ((x, before), behind) in window.iter().zip(before).zip(behind) {
            for lane in 0..LANES {
                one[lane] += x[lane] * before[lane];
            }
            for lane in 0..LANES {
                other[lane] += x[lane] * behind[lane];
            }
        }
        for lane in 0..LANES {
            one[lane] += between * (other[lane] - one[lane]);
        }
        for lane in 0..LANES / 2 {
            sum[lane] = one[lane] + one[lane + LANES / 2];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::Kernels;
    use super::*;

    fn interpolated(kernel: &Kernel, window: &[f32], positions: &[f64]) -> Vec<f32> {
        let (mut places, mut out) = (Places::new(), vec![9.0; positions.len()]);
        places.positions()[..positions.len()].copy_from_slice(positions);
        places.locate(kernel, positions.len());
        places.interpolate(kernel, window, &mut out);
        out
    }

    #[test]
    fn integer_positions_at_ratio_one_reproduce_the_samples() {
        let Some(kernel) = Kernels::shared().for_ratio(1.0) else { panic!("no kernel") };
        let window: Vec<f32> = (0..kernel.taps() + 9).map(|n| ((n * 7919) % 101) as f32 / 101.0).collect();
        let positions: Vec<f64> = (0..10).map(f64::from).collect();
        for (value, sample) in interpolated(kernel, &window, &positions).iter().zip(&window[kernel.lead()..]) {
            assert!((value - sample).abs() < 1e-6);
        }
    }

    #[test]
    fn every_kernel_keeps_a_constant() {
        for ratio in [0.1, 1.0, 1.01, 1.5, 2.0, 7.3, 31.0, 4000.0] {
            let Some(kernel) = Kernels::shared().for_ratio(ratio) else { panic!("no kernel") };
            let window = vec![1.0; kernel.taps() + 2];
            let positions: Vec<f64> = (0..16).map(|step| f64::from(step) / 16.0).collect();
            for value in interpolated(kernel, &window, &positions) {
                assert!((value - 1.0).abs() < 1e-5, "ratio {ratio}: {value}");
            }
        }
    }

    #[test]
    fn values_follow_the_formula_wherever_they_lie_and_in_whatever_pieces() {
        for ratio in [1.0, 1.3, 2.9] {
            let Some(kernel) = Kernels::shared().for_ratio(ratio) else { panic!("no kernel") };
            let taps = kernel.taps();
            let window: Vec<f32> = (0..taps + 250).map(|n| ((n * 7919) % 101) as f32 / 50.0 - 1.0).collect();
            let positions: Vec<f64> = (0..TICK_SAMPLES).map(|n| 0.37 + ratio * n as f64).collect();
            let whole = interpolated(kernel, &window, &positions);
            for (position, value) in positions.iter().zip(&whole) {
                let (start, place) = (*position as usize, position.fract() * kernel.phases() as f64);
                let at = |row: usize, tap: usize| f64::from(kernel.rows()[row * taps + tap]);
                let coefficient = |tap: usize| {
                    let (row, part) = (place as usize, place.fract());
                    at(row, tap) * (1.0 - part) + at(row + 1, tap) * part
                };
                let wanted: f64 = (0..taps).map(|tap| f64::from(window[start + tap]) * coefficient(tap)).sum();
                assert!((f64::from(*value) - wanted).abs() < 2e-6, "{position}: {value} for {wanted}");
            }
            let (first, rest) = positions.split_at(13);
            assert_eq!(whole, [interpolated(kernel, &window, first), interpolated(kernel, &window, rest)].concat());
        }
    }

    #[test]
    fn a_position_outside_of_the_window_is_silent() {
        let Some(kernel) = Kernels::shared().for_ratio(1.0) else { panic!("no kernel") };
        let window = vec![1.0; kernel.taps()];
        assert_eq!(interpolated(kernel, &window, &[5.0, 1e5, f64::NAN, -3.0]), [0.0; 4]);
    }
}
