//! A sound at full scale, as all sounds are compared.

/// The sound at peak 1.
pub fn at_full_scale(samples: &[f32]) -> Vec<f32> {
    let peak = samples.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    samples.iter().map(|sample| sample / peak).collect()
}
