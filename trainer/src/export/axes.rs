//! Names for the latent axes: what each goes along with most over the corpus.

use anyhow::Result;
use engine::pack::LatentAxis;
use engine::spectral::SpectralShape;
use engine::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

use crate::features::Dataset;

/// What can be read off a sound's frames; names of the axes that follow it.
const TRAITS: [&str; 9] = ["Bright", "Sustain", "Attack", "Density", "Body", "Air", "Motion", "Punch", "Presence"];

/// The axes of the model. Each gets the trait with which it is most correlated; no trait is given twice. A minus sign says
/// that the trait falls as the knob rises.
pub fn named(data: &Dataset, latents: &[Latent]) -> Result<Vec<LatentAxis>> {
    let mut traits = Vec::new();
    for index in 0..data.len() {
        let values = Vec::<f32>::try_from(data.frames.get(index as i64).contiguous().view(-1))?;
        traits.push(measure(&values));
    }
    let mut pairs = Vec::new();
    for axis in 0..MODEL_LATENTS {
        let knob: Vec<f64> = latents.iter().map(|latent| f64::from(latent[axis])).collect();
        for number in 0..TRAITS.len() {
            let values: Vec<f64> = traits.iter().map(|traits| traits[number]).collect();
            pairs.push((axis, number, correlation(&knob, &values)));
        }
    }
    pairs.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
    let mut names: [Option<(usize, f64)>; MODEL_LATENTS] = Default::default();
    for (axis, number, strength) in pairs {
        let used = names.iter().flatten().any(|(other, _)| *other == number);
        if names[axis].is_none() && !used {
            names[axis] = Some((number, strength));
        }
    }
    let axis = |(index, found): (usize, Option<(usize, f64)>)| {
        let name = match found {
            Some((number, strength)) if strength < 0.0 => format!("−{}", TRAITS[number]),
            Some((number, _)) => TRAITS[number].to_owned(),
            None => format!("Axis {}", index + 1),
        };
        LatentAxis { name, low: -LATENT_LIMIT, high: LATENT_LIMIT }
    };
    Ok(names.into_iter().enumerate().map(axis).collect())
}

/// The traits of one sound, from its frames `[band][frame]`.
fn measure(values: &[f32]) -> [f64; TRAITS.len()] {
    let shape = SpectralShape::DEFAULT;
    let (bands, frames) = (shape.mel_bands, shape.frame_count);
    let level = |band: usize, frame: usize| f64::from(values.get(band * frames + frame).copied().unwrap_or(-1.0)) + 1.0;
    let over = |low: usize, high: usize, from: usize, to: usize| -> f64 {
        let sum: f64 = (low..high).map(|band| (from..to).map(|frame| level(band, frame)).sum::<f64>()).sum();
        sum / ((high - low) * (to - from)) as f64
    };
    let envelope: Vec<f64> = (0..frames).map(|frame| over(0, bands, frame, frame + 1)).collect();
    let peak = envelope.iter().copied().fold(1e-9, f64::max);
    let spectrum: Vec<f64> = (0..bands).map(|band| over(band, band + 1, 0, frames)).collect();
    let mean = spectrum.iter().sum::<f64>() / bands as f64;
    let centroid: f64 = spectrum.iter().enumerate().map(|(band, level)| band as f64 * level).sum();
    [
        centroid / (mean * bands as f64).max(1e-9),
        over(0, bands, frames / 2, frames),
        envelope.iter().position(|value| *value >= 0.9 * peak).unwrap_or(0) as f64,
        -spectrum.iter().map(|level| (level - mean).powi(2)).sum::<f64>(),
        over(0, bands / 6, 0, frames),
        over(bands * 3 / 4, bands, 0, frames),
        envelope.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum(),
        over(0, bands, 0, 6),
        over(bands / 3, bands * 2 / 3, 0, frames),
    ]
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        both += (a - mean_a) * (b - mean_b);
        square_a += (a - mean_a).powi(2);
        square_b += (b - mean_b).powi(2);
    }
    both / (square_a * square_b).sqrt().max(1e-12)
}
