//! Triangular bands on the HTK mel scale. Construction allocates; applying a bank does not.

/// Mel value of a frequency (HTK: 2595 · log₁₀(1 + f / 700)).
pub fn hertz_to_mel(frequency_hz: f64) -> f64 {
    2595.0 * (1.0 + frequency_hz / 700.0).log10()
}

/// Frequency in hertz of a mel value (HTK).
pub fn mel_to_hertz(mel: f64) -> f64 {
    700.0 * (10f64.powf(mel / 2595.0) - 1.0)
}

/// A bank of triangular bands over the bins of a transform. The weights of each band sum to 1; a band without a bin uses the nearest
/// one.
#[derive(Clone, Debug)]
pub struct MelBank {
    bands: Vec<Band>,
    centres_hz: Vec<f64>,
    /// The same triangles, scaled so that the weights of the bands sum to 1 in each bin.
    shares: Vec<Band>,
    /// Bins outside all bands.
    bare_bins: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

impl MelBank {
    /// `bands` bands between `low_hz` and `high_hz` over the bins of an `fft_size` transform at `sample_rate_hz`.
    pub fn new(sample_rate_hz: f64, fft_size: usize, bands: usize, low_hz: f64, high_hz: f64) -> Self {
        let (low, high) = (hertz_to_mel(low_hz), hertz_to_mel(high_hz));
        let edge_hz = |index: usize| mel_to_hertz(low + (high - low) * index as f64 / (bands + 1) as f64);
        let bin_hz = sample_rate_hz / fft_size as f64;
        let bins = fft_size / 2 + 1;
        let made = (0..bands).map(|band| Band::new(edge_hz(band), edge_hz(band + 1), edge_hz(band + 2), bin_hz, bins));
        let bands: Vec<Band> = made.collect();
        let centres_hz = (0..bands.len()).map(|band| edge_hz(band + 1)).collect();
        let sums = sums_by_bin(&bands, bins);
        let shares = bands.iter().map(|band| band.divided_by(&sums)).collect();
        let bare_bins = (0..bins).filter(|bin| sums[*bin] <= 0.0).collect();
        Self { bands, centres_hz, shares, bare_bins }
    }

    /// Number of bands.
    pub fn len(&self) -> usize {
        self.bands.len()
    }

    /// Whether there is no band.
    pub fn is_empty(&self) -> bool {
        self.bands.is_empty()
    }

    /// Centre frequency of each band in hertz, ascending.
    pub fn centres_hz(&self) -> &[f64] {
        &self.centres_hz
    }

    /// Weighted mean of the bins' magnitudes in each band. Always inlined, so that it is compiled for its caller's vector instructions.
    #[inline(always)]
    pub fn apply<'a>(&'a self, magnitudes: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        self.bands.iter().map(|band| dot(&band.weights, magnitudes.get(band.first_bin..).unwrap_or_default()))
    }

    /// Distributes one factor per band over the bins: each bin gets the weighted mean over the bands that contain it, or 1 outside all
    /// bands. Inlined as [`Self::apply`] is.
    #[inline(always)]
    pub fn spread(&self, factors: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        for (band, factor) in self.shares.iter().zip(factors) {
            for (value, share) in out[band.first_bin..].iter_mut().zip(&band.weights) {
                *value += share * factor;
            }
        }
        for bin in &self.bare_bins {
            out[*bin] = 1.0;
        }
    }

    /// The bank as a dense matrix `[band][bin]`, flat.
    pub fn dense(&self, bins: usize) -> Vec<f32> {
        let mut matrix = vec![0.0; self.bands.len() * bins];
        for (row, band) in matrix.chunks_exact_mut(bins).zip(&self.bands) {
            row[band.first_bin..][..band.weights.len()].copy_from_slice(&band.weights);
        }
        matrix
    }
}

/// Dot product over the shorter length, in eight partial sums, since a single sum would be limited by the latency of additions.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let (a, b) = (a[..length].as_chunks::<8>(), b[..length].as_chunks::<8>());
    let mut sums = [0.0f32; 8];
    for (a, b) in a.0.iter().zip(b.0) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

impl Band {
    fn new(low_hz: f64, centre_hz: f64, high_hz: f64, bin_hz: f64, bins: usize) -> Self {
        let first_bin = (low_hz / bin_hz).floor().max(0.0) as usize;
        let last_bin = ((high_hz / bin_hz).ceil() as usize).min(bins - 1);
        let triangle = |bin: usize| {
            let frequency_hz = bin as f64 * bin_hz;
            let rise = (frequency_hz - low_hz) / (centre_hz - low_hz);
            let fall = (high_hz - frequency_hz) / (high_hz - centre_hz);
            rise.min(fall).max(0.0)
        };
        let weights: Vec<f64> = (first_bin..=last_bin).map(triangle).collect();
        let sum: f64 = weights.iter().sum();
        if sum <= 0.0 {
            let nearest = ((centre_hz / bin_hz).round() as usize).min(bins - 1);
            return Self { first_bin: nearest, weights: vec![1.0] };
        }
        Self { first_bin, weights: weights.iter().map(|weight| (weight / sum) as f32).collect() }
    }

    fn divided_by(&self, sums: &[f32]) -> Self {
        let own = &sums[self.first_bin..];
        let shares = self.weights.iter().zip(own).map(|(weight, sum)| if *sum > 0.0 { weight / sum } else { 0.0 });
        Self { first_bin: self.first_bin, weights: shares.collect() }
    }
}

fn sums_by_bin(bands: &[Band], bins: usize) -> Vec<f32> {
    let mut sums = vec![0.0; bins];
    for band in bands {
        for (sum, weight) in sums[band.first_bin..].iter_mut().zip(&band.weights) {
            *sum += weight;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_magnitudes_stay_flat() {
        for fft_size in [512, 2048, 8192] {
            let bank = MelBank::new(44_100.0, fft_size, 128, 20.0, 22_050.0);
            let ones = vec![1.0; fft_size / 2 + 1];
            assert!(bank.apply(&ones).all(|value| (value - 1.0).abs() < 1e-5));
        }
    }

    #[test]
    fn equal_factors_of_bands_give_equal_factors_of_bins() {
        let bank = MelBank::new(44_100.0, 2048, 128, 20.0, 22_050.0);
        let mut gains = vec![0.0; 1025];
        bank.spread(&[0.25; 128], &mut gains);
        assert_eq!(gains[0], 1.0, "no band contains 0 Hz");
        assert!(gains[1..1024].iter().all(|gain| (gain - 0.25).abs() < 1e-5), "{gains:?}");
    }

    #[test]
    fn the_scale_inverts() {
        for frequency_hz in [20.0, 440.0, 22_050.0] {
            assert!((mel_to_hertz(hertz_to_mel(frequency_hz)) - frequency_hz).abs() < 1e-6);
        }
    }
}
