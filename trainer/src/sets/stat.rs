//! Statistics of cepstra, spectral shape, onsets and envelope: what the embedding `stat-64` is whitened from. Pure.

use super::spectra::{BANDS, Spectra};

/// Cepstral coefficients.
const CEPSTRA: usize = 20;
/// Frames on either side over which a delta is the slope (Young and others, The HTK Book, equation 5.16).
const DELTA_REACH: usize = 2;
/// Levels below the loudest frame whose time is counted, in dB.
const ACTIVE_DB: [f32; 2] = [20.0, 40.0];
/// Rise of the mean level over bands within one frame that counts as an onset, in dB.
const ONSET_DB: f32 = 3.0;
/// Lags at which the envelope is compared with itself, in seconds.
const LAGS_S: [f64; 2] = [0.05, 0.5];

/// The statistics of a clip; as many whatever it is.
pub fn statistics(spectra: &Spectra) -> Vec<f32> {
    let cepstra: Vec<[f32; CEPSTRA]> = spectra.levels_db.iter().map(cepstrum).collect();
    let mut out = Vec::new();
    for coefficient in 0..CEPSTRA {
        let course: Vec<f32> = cepstra.iter().map(|values| values[coefficient]).collect();
        out.extend(moments(&course));
        out.extend(moments(&deltas(&course)));
    }
    for part in 0..3 {
        out.extend(moments(&spectra.shapes.iter().map(|shape| shape[part]).collect::<Vec<_>>()));
    }
    onsets(spectra, &mut out);
    envelope(spectra, &mut out);
    out
}

/// Orthonormal DCT-II of the mel levels, the first coefficients.
fn cepstrum(levels_db: &[f32; BANDS]) -> [f32; CEPSTRA] {
    std::array::from_fn(|coefficient| {
        let step = std::f32::consts::PI * coefficient as f32 / BANDS as f32;
        let sum: f32 = levels_db.iter().enumerate().map(|(band, db)| db * (step * (band as f32 + 0.5)).cos()).sum();
        sum * (if coefficient == 0 { 1.0 } else { 2.0_f32 } / BANDS as f32).sqrt()
    })
}

/// Slope at each frame.
fn deltas(course: &[f32]) -> Vec<f32> {
    let last = course.len().saturating_sub(1);
    let norm: f32 = (1..=DELTA_REACH).map(|reach| 2.0 * (reach * reach) as f32).sum();
    let at = |frame: usize| {
        let part =
            |reach: usize| reach as f32 * (course[(frame + reach).min(last)] - course[frame.saturating_sub(reach)]);
        (1..=DELTA_REACH).map(part).sum::<f32>() / norm
    };
    (0..course.len()).map(at).collect()
}

/// Mean, standard deviation and skewness; 0 of nothing.
fn moments(values: &[f32]) -> [f32; 3] {
    let count = values.len().max(1) as f64;
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let moment = |power: i32| values.iter().map(|value| (f64::from(*value) - mean).powi(power)).sum::<f64>() / count;
    let deviation = moment(2).sqrt();
    [mean as f32, deviation as f32, (moment(3) / (deviation + 1e-3).powi(3)) as f32]
}

/// Strength of onsets, the mean rise over bands: its moments and its largest value, and how many there are a second.
fn onsets(spectra: &Spectra, out: &mut Vec<f32>) {
    let rise = |pair: &[[f32; BANDS]]| {
        pair[0].iter().zip(&pair[1]).map(|(before, now)| (now - before).max(0.0)).sum::<f32>() / BANDS as f32
    };
    let strength: Vec<f32> = spectra.levels_db.windows(2).map(rise).collect();
    let is_peak = |three: &&[f32]| three[1] > ONSET_DB && three[1] >= three[0] && three[1] > three[2];
    let count = strength.windows(3).filter(is_peak).count();
    out.extend(moments(&strength));
    out.push(strength.iter().copied().fold(0.0, f32::max));
    out.push((count as f64 * spectra.frame_rate_hz / strength.len().max(1) as f64) as f32);
}

/// Moments of the frames' levels, where the loudest is, where their centre is, for how long they are near the loudest, and how far the
/// envelope repeats.
fn envelope(spectra: &Spectra, out: &mut Vec<f32>) {
    let levels = &spectra.frame_db;
    let count = levels.len().max(1) as f32;
    let loudest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let peak = levels.iter().position(|level| *level >= loudest).unwrap_or(0);
    let weights: Vec<f32> = levels.iter().map(|level| 10f32.powf((level - loudest) / 20.0)).collect();
    let sum = weights.iter().sum::<f32>().max(1e-9);
    let centre = weights.iter().enumerate().map(|(frame, weight)| frame as f32 * weight).sum::<f32>() / sum;
    out.extend(moments(levels));
    out.extend([peak as f32 / count, centre / count, sum / count]);
    for below in ACTIVE_DB {
        out.push(levels.iter().filter(|level| **level > loudest - below).count() as f32 / count);
    }
    out.push(repetition(&weights, spectra.frame_rate_hz));
}

/// Largest autocorrelation of the envelope at lags of 0.05 to 0.5 s.
fn repetition(weights: &[f32], frame_rate_hz: f64) -> f32 {
    let mean = weights.iter().sum::<f32>() / weights.len().max(1) as f32;
    let centred: Vec<f32> = weights.iter().map(|weight| weight - mean).collect();
    let power: f32 = centred.iter().map(|value| value * value).sum::<f32>() + 1e-6;
    let [from, to] = LAGS_S.map(|lag_s| (lag_s * frame_rate_hz).ceil() as usize);
    let at = |lag: usize| centred.iter().zip(centred.iter().skip(lag)).map(|(a, b)| a * b).sum::<f32>() / power;
    (from..=to.min(weights.len() / 2)).map(at).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_slopes_are_those_of_the_definition() {
        let [mean, deviation, skewness] = moments(&[1.0, 1.0, 1.0, 5.0]);
        assert!(
            (mean - 2.0).abs() < 1e-6 && (deviation - 3f32.sqrt()).abs() < 1e-6 && (skewness - 1.1547).abs() < 5e-3
        );
        let line: Vec<f32> = (0..9).map(|n| 0.5 * n as f32).collect();
        assert!(deltas(&line)[2..7].iter().all(|slope| (slope - 0.5).abs() < 1e-6));
        // A flat spectrum has the first coefficient alone.
        let flat = cepstrum(&[-30.0; BANDS]);
        assert!((flat[0] + 240.0).abs() < 1e-3 && flat[1..].iter().all(|value| value.abs() < 1e-3));
    }
}
