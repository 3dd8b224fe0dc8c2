//! Fast Griffin-Lim as the report uses it: all magnitudes are kept, only phases are found.

use engine::spectral::{Complex32, Spectrogram, Stft};

/// Momentum α of the fast variant; Perraudin, Balazs and Søndergaard 2013 find 0.99 best.
const MOMENTUM: f32 = 0.99;

/// Runs `iterations` of fast Griffin-Lim (Perraudin et al. 2013, alg. 2) on `spectrogram`, whose magnitudes are kept and
/// whose phases are the start. `iterations` = 0 changes nothing. `samples` is used as scratch.
pub fn fast_griffin_lim(stft: &mut Stft, spectrogram: &mut Spectrogram, iterations: usize, samples: &mut Vec<f32>) {
    if iterations == 0 {
        return;
    }
    let magnitudes: Vec<f32> = spectrogram.values.iter().map(|value| value.norm_sqr().sqrt()).collect();
    let frames = spectrogram.frames();
    let mut rebuilt = Spectrogram::zeros(spectrogram.bins, frames);
    let mut previous = vec![Complex32::ZERO; rebuilt.values.len()];
    for _ in 0..iterations {
        stft.synthesise_into(spectrogram, samples);
        stft.analyse_into(samples, frames, &mut rebuilt);
        project(&mut spectrogram.values, &rebuilt.values, &previous, &magnitudes);
        std::mem::swap(&mut previous, &mut rebuilt.values);
    }
}

/// Takes the phase of `rebuilt` pushed on by the momentum, and the given magnitudes.
fn project(out: &mut [Complex32], rebuilt: &[Complex32], previous: &[Complex32], magnitudes: &[f32]) {
    let weight = MOMENTUM / (1.0 + MOMENTUM);
    let inputs = rebuilt.iter().zip(previous).zip(magnitudes);
    for (value, ((rebuilt, previous), magnitude)) in out.iter_mut().zip(inputs) {
        let direction = rebuilt - previous * weight;
        let length = direction.norm_sqr().sqrt();
        *value = if length > 1e-12 { direction * (magnitude / length) } else { Complex32::new(*magnitude, 0.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::spectral::SpectralShape;

    /// Distance between the wanted magnitudes and those of the sound that comes out, against the wanted ones, in dB.
    fn convergence_db(iterations: usize) -> f32 {
        let shape = SpectralShape::DEFAULT;
        let mut stft = Stft::new(&shape);
        let decay = |n: usize| (-(n as f32) / 9000.0).exp();
        let sound: Vec<f32> = (0..44_032).map(|n| decay(n) * (n as f32 * 0.05).sin()).collect();
        let mut spectrogram = stft.analyse(&sound);
        for value in &mut spectrogram.values {
            *value = Complex32::new(value.norm(), 0.0);
        }
        let wanted = spectrogram.clone();
        let mut samples = Vec::new();
        fast_griffin_lim(&mut stft, &mut spectrogram, iterations, &mut samples);
        let back = stft.synthesise(&spectrogram);
        let got = stft.analyse(&back);
        let error: f32 = wanted.values.iter().zip(&got.values).map(|(a, b)| (a.re - b.norm()).powi(2)).sum();
        let power: f32 = wanted.values.iter().map(|a| a.re.powi(2)).sum();
        10.0 * (error / power).log10()
    }

    #[test]
    fn iterations_bring_the_phases_together() {
        let (start_db, end_db) = (convergence_db(0), convergence_db(32));
        assert!(end_db < start_db - 10.0, "{start_db} dB before, {end_db} dB after");
    }
}
