//! What can be heard of a sound, read off its frames: the properties that knobs are named after.

use engine::spectral::SpectralShape;

/// Names of the properties, in the order in which they choose their knob. All rise with what they are named after.
pub const NAMES: [&str; TRAITS] = ["Brightness", "Length", "Density", "Noise", "Attack", "Motion", "Air"];
/// Number of properties.
pub const TRAITS: usize = 7;

/// Levels below the loudest at which a sound counts as over, in dB.
const OVER_DB: f64 = 40.0;
/// Bands on either side over which a spectrum is smoothed when its ripple is measured.
const REACH_BANDS: usize = 4;

/// The properties of one sound, from its frames `[band][frame]`. All rise with what they are named after.
pub fn measure(values: &[f32]) -> [f64; TRAITS] {
    let shape = SpectralShape::DEFAULT;
    let (bands, frames) = (shape.mel_bands, shape.frame_count);
    let half_range_db = f64::from(-shape.floor_db / 2.0);
    // In dB above the floor, so that weights are not negative.
    let level = |band: usize, frame: usize| {
        (f64::from(values.get(band * frames + frame).copied().unwrap_or(-1.0)) + 1.0).max(0.0) * half_range_db
    };
    let loudness: Vec<f64> = (0..frames)
        .map(|frame| (0..bands).map(|band| 10.0f64.powf(level(band, frame) / 10.0)).sum::<f64>().log10() * 10.0)
        .collect();
    let loudest = loudness.iter().copied().fold(f64::MIN, f64::max);
    let peak = loudness.iter().position(|level| *level >= loudest - 1.0).unwrap_or(0);
    let sounding: Vec<usize> = (0..frames).filter(|frame| loudness[*frame] > loudest - OVER_DB).collect();
    let count = sounding.len().max(1) as f64;
    let spectrum: Vec<f64> =
        (0..bands).map(|band| sounding.iter().map(|frame| level(band, *frame)).sum::<f64>() / count).collect();
    let total: f64 = spectrum.iter().sum::<f64>().max(1e-9);
    let share = |low: usize, high: usize| spectrum[low..high].iter().sum::<f64>() / total;
    let centroid = spectrum.iter().enumerate().map(|(band, level)| band as f64 * level).sum::<f64>() / total;
    let motion: f64 = sounding
        .windows(2)
        .filter(|pair| pair[0] > peak + 2)
        .map(|pair| (0..bands).map(|band| (level(band, pair[1]) - level(band, pair[0])).abs()).sum::<f64>())
        .sum::<f64>()
        / (count * bands as f64);
    [
        centroid,
        count.ln(),
        total / bands as f64,
        -ripple(&spectrum),
        (1.0 + peak as f64).ln(),
        motion,
        share(bands * 3 / 4, bands),
    ]
}

/// Mean distance of bands from the mean of their neighbours: large for separate partials, small for noise.
fn ripple(spectrum: &[f64]) -> f64 {
    let smooth = |band: usize| {
        let around = &spectrum[band.saturating_sub(REACH_BANDS)..(band + REACH_BANDS + 1).min(spectrum.len())];
        around.iter().sum::<f64>() / around.len() as f64
    };
    spectrum.iter().enumerate().map(|(band, level)| (level - smooth(band)).abs()).sum::<f64>() / spectrum.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(level: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let shape = SpectralShape::DEFAULT;
        (0..shape.mel_bands)
            .flat_map(|band| (0..shape.frame_count).map(move |frame| (band, frame)))
            .map(|(band, frame)| level(band, frame).max(-1.0))
            .collect()
    }

    fn of(name: &str, values: &[f32]) -> f64 {
        let place = NAMES.iter().position(|other| *other == name).expect("a name of the list");
        measure(values)[place]
    }

    #[test]
    fn properties_rise_with_what_they_are_named_after() {
        let dark = frames(|band, frame| 0.5 - band as f32 / 40.0 - frame as f32 / 80.0);
        let bright = frames(|band, frame| 0.5 - (127 - band) as f32 / 40.0 - frame as f32 / 80.0);
        let long = frames(|band, frame| 0.5 - band as f32 / 40.0 - frame as f32 / 400.0);
        let slow = frames(|band, frame| 0.5 - band as f32 / 40.0 - (60 - frame as i32).abs() as f32 / 80.0);
        let tone = frames(|band, _| if band % 6 == 0 { 0.3 } else { -0.5 });
        let noise = frames(|band, _| 0.3 - band as f32 / 200.0);
        let steady = frames(|_, _| 0.2);
        let moving = frames(|band, frame| 0.2 + 0.2 * ((frame + band) as f32 / 4.0).sin());
        for (name, low, high) in [
            ("Brightness", &dark, &bright),
            ("Air", &dark, &bright),
            ("Length", &dark, &long),
            ("Attack", &dark, &slow),
            ("Noise", &tone, &noise),
            ("Motion", &steady, &moving),
            ("Density", &tone, &noise),
        ] {
            assert!(of(name, high) > of(name, low), "{name}: {} and {}", of(name, low), of(name, high));
        }
    }
}
