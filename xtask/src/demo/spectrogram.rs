//! Levels over time and logarithmic frequency.

use anyhow::Result;
use realfft::RealFftPlanner;

use super::recording::Recording;

/// Long enough to part the partials of the phrase's bass notes.
const FFT_SIZE: usize = 8192;
/// Lower edge of the picture.
pub const LOW_HZ: f32 = 30.0;
/// Upper edge of the picture.
pub const HIGH_HZ: f32 = 20_000.0;
/// Columns and rows.
pub const COLUMNS: usize = 1200;
/// See [`COLUMNS`].
pub const ROWS: usize = 480;

/// Levels in dB below the loudest, `ROWS` × `COLUMNS`, the highest frequency first.
pub struct Spectrogram {
    /// Row by row.
    pub levels_db: Vec<f32>,
    /// What the width stands for.
    pub duration_s: f32,
}

/// The frequency in the middle of a row.
pub fn row_hz(row: usize) -> f32 {
    let height = 1.0 - (row as f32 + 0.5) / ROWS as f32;
    LOW_HZ * (HIGH_HZ / LOW_HZ).powf(height)
}

/// Analyses a recording at as many evenly spaced moments as the picture has columns.
pub fn of(recording: &Recording) -> Result<Spectrogram> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FFT_SIZE);
    let window: Vec<f32> =
        (0..FFT_SIZE).map(|n| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FFT_SIZE as f32).cos()).collect();
    let (mut input, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let mut levels_db = vec![0.0; ROWS * COLUMNS];
    for column in 0..COLUMNS {
        let middle = (column as f32 + 0.5) / COLUMNS as f32 * recording.samples.len() as f32;
        let first = middle as isize - FFT_SIZE as isize / 2;
        for (n, (slot, gain)) in input.iter_mut().zip(&window).enumerate() {
            let at = usize::try_from(first + n as isize).ok();
            *slot = gain * at.and_then(|at| recording.samples.get(at)).copied().unwrap_or(0.0);
        }
        fft.process(&mut input, &mut bins)?;
        for row in 0..ROWS {
            let bin = row_hz(row) / recording.sample_rate_hz as f32 * FFT_SIZE as f32;
            let (low, part) = (bin as usize, bin.fract());
            let magnitude = |bin: usize| bins.get(bin).map_or(0.0, |value| value.norm());
            let blended = magnitude(low) * (1.0 - part) + magnitude(low + 1) * part;
            levels_db[row * COLUMNS + column] = 20.0 * blended.max(1e-9).log10();
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
        let picture = of(&Recording { samples, sample_rate_hz: 48_000, peak: 1.0 })?;
        let level = |row: usize| picture.levels_db[row * COLUMNS + COLUMNS / 2];
        let brightest = (0..ROWS).max_by(|&a, &b| level(a).total_cmp(&level(b))).unwrap_or(0);
        assert!((row_hz(brightest) / 1000.0 - 1.0).abs() < 0.02, "{} Hz", row_hz(brightest));
        Ok(())
    }
}
