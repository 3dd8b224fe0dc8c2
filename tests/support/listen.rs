//! What tests hear in a recording beside `engine::measure`: its level, and how different two sounds are.

use realfft::RealFftPlanner;

/// Level of `samples` in dB below full scale; −∞ for silence.
pub fn rms_db(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    10.0 * (power / samples.len().max(1) as f64).log10() as f32
}

/// Mean difference in dB between the average spectra of two sounds, in third-octave bands from 50 Hz to 12.8 kHz. Blind to
/// phase and to small shifts in time, so that what it reports is a difference that can be heard.
pub fn spectral_difference_db(a: &[f32], b: &[f32], sample_rate_hz: f32) -> f32 {
    let (a, b) = (band_levels_db(a, sample_rate_hz), band_levels_db(b, sample_rate_hz));
    a.iter().zip(&b).map(|(x, y)| (x - y).abs()).sum::<f32>() / a.len() as f32
}

const FFT_SIZE: usize = 4096;
/// Bands this far below the loudest count as silent.
const FLOOR_DB: f32 = -80.0;

fn band_levels_db(samples: &[f32], sample_rate_hz: f32) -> Vec<f32> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FFT_SIZE);
    let (mut input, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let mut power = vec![0.0_f32; bins.len()];
    for stretch in samples.chunks_exact(FFT_SIZE) {
        for (n, (slot, &x)) in input.iter_mut().zip(stretch).enumerate() {
            *slot = x * (0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FFT_SIZE as f32).cos());
        }
        fft.process(&mut input, &mut bins).expect("buffers come from the plan");
        power.iter_mut().zip(&bins).for_each(|(sum, bin)| *sum += bin.norm_sqr());
    }
    let bin_of = |hz: f32| ((hz / sample_rate_hz * FFT_SIZE as f32).round() as usize).clamp(1, power.len());
    let levels: Vec<f32> = (0..24)
        .map(|band| 50.0 * 2.0_f32.powf(band as f32 / 3.0))
        .map(|low| {
            let (first, last) = (bin_of(low), bin_of(low * 2.0_f32.cbrt()));
            let sum: f32 = power[first.min(power.len() - 1)..last.max(first + 1).min(power.len())].iter().sum();
            10.0 * sum.max(1e-20).log10()
        })
        .collect();
    let floor = levels.iter().copied().fold(f32::MIN, f32::max) + FLOOR_DB;
    levels.into_iter().map(|level| level.max(floor)).collect()
}

/// Frequency of a tone in hertz, by its interpolated rising zero crossings; two of them at least.
pub fn frequency_hz(samples: &[f32], rate_hz: f32) -> f64 {
    let crossings: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(index, pair)| index as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
        .collect();
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    (crossings.len() - 1) as f64 / (last - first) * f64::from(rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, sample_rate_hz: f32) -> Vec<f32> {
        let partial =
            |n: usize, k: f32| (std::f32::consts::TAU * (hz * k / sample_rate_hz * n as f32).fract()).sin() / k;
        (0..24_000).map(|n| (1..6).map(|k| partial(n, k as f32)).sum::<f32>() * 0.3).collect()
    }

    #[test]
    fn equal_sounds_do_not_differ_and_other_spectra_do() {
        let (low, high) = (tone(110.0, 48_000.0), tone(880.0, 48_000.0));
        assert_eq!(spectral_difference_db(&low, &low, 48_000.0), 0.0);
        assert!(spectral_difference_db(&low, &high, 48_000.0) > 10.0);
    }
}
