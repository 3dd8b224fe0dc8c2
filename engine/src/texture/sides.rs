//! How the channels of a recording belong together: their correlation in each octave.

use crate::spectral::Stft;

/// Lower edge of the lowest octave in Hz.
const LOW_HZ: f64 = 60.0;
/// Octaves.
const OCTAVES: usize = 8;
/// Octaves in which a recording has so much less power than in its loudest one do not count.
const LEAST_SHARE: f64 = 1e-6;

/// The correlation of two channels in each octave from 60 Hz on; none where an octave is silent in either, or above half the sample rate.
pub(super) type Correlations = [Option<f64>; OCTAVES];

/// The correlations of two channels in their octaves.
pub(super) fn correlations(left: &[f32], right: &[f32], rate_hz: u32) -> Correlations {
    let size = (rate_hz as usize / 15).next_power_of_two();
    let mut stft = Stft::with_sizes(size, size / 2, 0);
    let bins = stft.bins();
    let octave = |bin: usize| {
        let octave = (bin as f64 * f64::from(rate_hz) / size as f64 / LOW_HZ).log2().floor();
        (0.0..OCTAVES as f64).contains(&octave).then_some(octave as usize)
    };
    let octaves: Vec<Option<usize>> = (0..bins).map(octave).collect();
    let (left, right) = (stft.analyse(left), stft.analyse(right));
    // Power of the left and of the right channel, and their product.
    let mut sums = [[0.0_f64; 3]; OCTAVES];
    for (at, (left, right)) in left.values.iter().zip(&right.values).enumerate() {
        if let Some(octave) = octaves[at % bins] {
            let values = [left.norm_sqr(), right.norm_sqr(), (left * right.conj()).re];
            sums[octave].iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(value));
        }
    }
    let loudest = sums.iter().map(|sums| sums[0] + sums[1]).fold(0.0, f64::max);
    sums.map(|[left, right, product]| {
        let is_heard = left.min(right) > 0.0 && left + right > LEAST_SHARE * loudest;
        is_heard.then(|| product / (left * right).sqrt())
    })
}

/// The largest difference of the correlations of two recordings, if there is an octave that counts in both.
pub(super) fn difference(one: &Correlations, other: &Correlations) -> Option<f64> {
    let differences = one.iter().zip(other).filter_map(|(one, other)| Some((one.as_ref()? - other.as_ref()?).abs()));
    differences.reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texture::random::Random;

    #[test]
    fn a_recording_with_common_bass_and_separate_treble_is_told_from_one_with_neither() {
        let mut random = Random::new(7);
        let mut noise = || (0..80_000).map(|_| random.unit() - 0.5).collect::<Vec<f32>>();
        // The mean over 32 samples has its power below a thirtieth of the rate.
        let common = noise();
        let low = |n: usize| common[n.saturating_sub(31)..=n].iter().sum::<f32>();
        let [left, right] = [noise(), noise()].map(|own| (0..80_000).map(|n| low(n) + own[n]).collect::<Vec<f32>>());
        let found = correlations(&left, &right, 16_000);
        let value = |octave: usize| found[octave].unwrap_or(0.0);
        assert!(value(0) > 0.95 && value(6) < 0.5, "{found:?}");
        let apart = correlations(&noise(), &noise(), 16_000);
        assert!(difference(&found, &apart).is_some_and(|most| most > 0.9));
        assert_eq!(difference(&found, &found), Some(0.0));
    }
}
