//! A spectrogram on a logarithmic frequency axis, for pictures.

use anyhow::Result;
use realfft::RealFftPlanner;

use crate::recording::Recording;

/// Frequency at the lower edge.
pub const LOW_HZ: f32 = 30.0;
/// Frequency at the upper edge.
pub const HIGH_HZ: f32 = 20_000.0;

/// Resolution of a spectrogram.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Transform length in samples: a longer one resolves closer partials, a shorter one closer onsets.
    pub fft_size: usize,
    /// Number of time steps.
    pub columns: usize,
    /// Number of frequencies.
    pub rows: usize,
}

/// Levels in dB below the loudest, `rows` × `columns`, the highest frequency first.
pub struct Spectrogram {
    /// Level of row r, column c at `r · columns + c`.
    pub levels_db: Vec<f32>,
    /// Duration that the columns span, in seconds.
    pub duration_s: f32,
}

/// Frequency at the middle of a row, in Hz; row 0 is the highest.
fn row_hz(row: usize, rows: usize) -> f32 {
    let height = 1.0 - (row as f32 + 0.5) / rows as f32;
    LOW_HZ * (HIGH_HZ / LOW_HZ).powf(height)
}

/// Analyses a recording with a Hann window at `columns` evenly spaced times.
///
/// # Errors
///
/// Fails if the transform refuses the lengths of its buffers.
pub fn of(recording: &Recording, shape: Shape) -> Result<Spectrogram> {
    let Shape { fft_size, columns, rows } = shape;
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(fft_size);
    let window: Vec<f32> =
        (0..fft_size).map(|n| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / fft_size as f32).cos()).collect();
    let (mut input, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let mut levels_db = vec![0.0; rows * columns];
    for column in 0..columns {
        let middle = (column as f32 + 0.5) / columns as f32 * recording.samples.len() as f32;
        let first = middle as isize - fft_size as isize / 2;
        for (n, (slot, gain)) in input.iter_mut().zip(&window).enumerate() {
            let at = usize::try_from(first + n as isize).ok();
            *slot = gain * at.and_then(|at| recording.samples.get(at)).copied().unwrap_or(0.0);
        }
        fft.process(&mut input, &mut bins)?;
        for row in 0..rows {
            let bin = row_hz(row, rows) / recording.sample_rate_hz as f32 * fft_size as f32;
            let (low, part) = (bin as usize, bin.fract());
            let magnitude = |bin: usize| bins.get(bin).map_or(0.0, |value| value.norm());
            let blended = magnitude(low) * (1.0 - part) + magnitude(low + 1) * part;
            levels_db[row * columns + column] = 20.0 * blended.max(1e-9).log10();
        }
    }
    let loudest = levels_db.iter().copied().fold(f32::MIN, f32::max);
    levels_db.iter_mut().for_each(|level| *level -= loudest);
    let duration_s = recording.samples.len() as f32 / recording.sample_rate_hz as f32;
    Ok(Spectrogram { levels_db, duration_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_brightest_in_the_row_of_its_frequency() -> Result<()> {
        let samples = (0..48_000).map(|n| (std::f32::consts::TAU * (n as f32 / 48.0).fract()).sin()).collect();
        let shape = Shape { fft_size: 8192, columns: 100, rows: 480 };
        let picture = of(&Recording { samples, sample_rate_hz: 48_000, peak: 1.0 }, shape)?;
        let level = |row: usize| picture.levels_db[row * shape.columns + shape.columns / 2];
        let brightest = (0..shape.rows).max_by(|&a, &b| level(a).total_cmp(&level(b))).unwrap_or(0);
        let hz = row_hz(brightest, shape.rows);
        assert!((hz / 1000.0 - 1.0).abs() < 0.02, "{hz} Hz");
        Ok(())
    }
}
