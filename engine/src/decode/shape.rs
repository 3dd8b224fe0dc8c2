//! Frame shaping between decoder and vocoder: time stretch, formant shift, spectral tilt. WORKER side.

pub use crate::link::Shaping;
use crate::link::StretchMap;
use crate::spectral::{Frames, SpectralShape, hertz_to_mel};
use crate::units::key_to_hz;

/// Duration at the start that is not stretched. Longer keeps more of a slow attack; shorter stretches more of the sound.
const ATTACK_S: f32 = 0.03;
/// Distance to the floor, in frame values, over which formant shift and tilt fade in, so that silence stays silent.
const FADE_IN: f32 = 0.15;
/// Largest value of a shaped frame: 22 dB above full scale at the default floor.
const HIGHEST: f32 = 1.5;
/// Frequency at which a tilt has a gain of 0 dB.
const TILT_PIVOT_HZ: f64 = 1000.0;

impl Shaping {
    /// Clamps every value to its range; a value that is not finite becomes neutral.
    pub fn clamped(self) -> Self {
        let inside = |value: f32, low: f32, high: f32, neutral: f32| {
            if value.is_finite() { value.clamp(low, high) } else { neutral }
        };
        Self {
            stretch: inside(self.stretch, 0.25, 4.0, 1.0),
            formant_semitones: inside(self.formant_semitones, -12.0, 12.0, 0.0),
            tilt_db_per_octave: inside(self.tilt_db_per_octave, -6.0, 6.0, 0.0),
            ..self
        }
    }

    /// Maps positions in the stretched sound to those in the unstretched one, for sounds of this analysis.
    pub fn stretch_map(&self, shape: &SpectralShape) -> StretchMap {
        let stretch = self.clamped().stretch;
        if stretch == 1.0 { StretchMap::NONE } else { stretch_map(shape.frame_count, stretch, shape) }
    }

    /// Shapes the frames of a sound that was decoded for `key`. Neutral values return them bit for bit unchanged.
    pub fn apply(&self, frames: Frames, shape: &SpectralShape, key: f32) -> Frames {
        let shaping = self.clamped();
        let mut frames = if shaping.stretch == 1.0 { frames } else { stretch(&frames, shaping.stretch, shape) };
        if shaping.formant_semitones != 0.0 || shaping.tilt_db_per_octave != 0.0 {
            let before_db = loudest_db(&frames, shape);
            colour(&mut frames, &shaping, shape, key);
            let change_db = before_db - loudest_db(&frames, shape);
            raise(&mut frames, change_db / half_range_db(shape));
        }
        frames
    }
}

/// Fewest frames of a stretched sound, so that windows overlap fully in its middle.
const FEWEST_FRAMES: usize = 8;

fn stretched_count(frames: usize, factor: f32) -> usize {
    ((frames as f32 * factor).round() as usize).max(FEWEST_FRAMES)
}

fn stretch_map(frames: usize, factor: f32, shape: &SpectralShape) -> StretchMap {
    let attack_frames = (ATTACK_S * shape.sample_rate_hz as f32 / shape.hop_samples as f32).round();
    let first_centre = shape.first_centre_samples();
    StretchMap::of_frames(
        frames,
        stretched_count(frames, factor),
        attack_frames,
        shape.hop_samples as f32,
        first_centre,
    )
}

/// Resamples the frames in time by linear interpolation of levels in dB.
fn stretch(frames: &Frames, factor: f32, shape: &SpectralShape) -> Frames {
    let count = stretched_count(frames.frames, factor);
    let map = stretch_map(frames.frames, factor, shape);
    let last = (frames.frames - 1) as f32;
    let mut out = Frames::silent(frames.bands, count);
    for target in 0..count {
        let source = map.source_frame(target as f32).clamp(0.0, last);
        let (from, part) = (source as usize, source.fract());
        let to = (from + 1).min(frames.frames - 1);
        for band in 0..frames.bands {
            let row = frames.band(band);
            out.values[band * count + target] = row[from] + (row[to] - row[from]) * part;
        }
    }
    out
}

/// Shifts the spectral envelope of every frame and adds the tilt.
fn colour(frames: &mut Frames, shaping: &Shaping, shape: &SpectralShape, key: f32) {
    let centres_hz = shape.centres_hz();
    let scale = if shape.constant_q.is_some() { f64::log2 } else { hertz_to_mel };
    let octaves = centres_hz.iter().map(|centre_hz| (centre_hz / TILT_PIVOT_HZ).log2() as f32);
    let tilt: Vec<f32> = octaves.map(|octaves| shaping.tilt_db_per_octave * octaves / half_range_db(shape)).collect();
    let sources = source_bands(&centres_hz, shaping.formant_semitones, scale);
    let kernel = envelope_kernel(shape, key);
    let mut column = vec![0.0; frames.bands];
    for frame in 0..frames.frames {
        for (band, value) in column.iter_mut().enumerate() {
            *value = frames.values[band * frames.frames + frame];
        }
        let envelope = smooth(&column, &kernel);
        for (band, value) in column.iter().enumerate() {
            let moved = at(&envelope, sources[band]) - envelope[band];
            let level = value + (moved + tilt[band]) * audible(*value);
            frames.values[band * frames.frames + frame] = level.clamp(-1.0, HIGHEST);
        }
    }
}

fn half_range_db(shape: &SpectralShape) -> f32 {
    -shape.floor_db / 2.0
}

/// Weight of a change of a frame value: 0 at the floor, 1 from [`FADE_IN`] above it on.
fn audible(value: f32) -> f32 {
    ((value + 1.0) / FADE_IN).clamp(0.0, 1.0)
}

/// Level in dB of the frame with the most power, an estimate of loudness that formant shift and tilt keep.
fn loudest_db(frames: &Frames, shape: &SpectralShape) -> f32 {
    let power = |value: f32| 10f32.powf(shape.denormalise_db(value) / 10.0);
    let sums =
        (0..frames.frames).map(|frame| (0..frames.bands).map(|band| power(frames.band(band)[frame])).sum::<f32>());
    10.0 * sums.fold(f32::MIN_POSITIVE, f32::max).log10()
}

/// Adds `change`, in frame values, to all values above the floor.
fn raise(frames: &mut Frames, change: f32) {
    for value in &mut frames.values {
        *value = (*value + change * audible(*value)).clamp(-1.0, HIGHEST);
    }
}

/// For each band the (fractional) band whose envelope it takes when formants are shifted up by `semitones`; on `scale` bands are
/// spaced evenly.
fn source_bands(centres_hz: &[f64], semitones: f32, scale: fn(f64) -> f64) -> Vec<f32> {
    let ratio = (f64::from(semitones) / 12.0).exp2();
    let first = scale(centres_hz[0]);
    let step = (scale(centres_hz[centres_hz.len() - 1]) - first) / (centres_hz.len() - 1) as f64;
    let top = (centres_hz.len() - 1) as f64;
    centres_hz.iter().map(|centre| ((scale(centre / ratio) - first) / step).clamp(0.0, top) as f32).collect()
}

/// A normalised Gaussian over bands that smooths out the harmonics of `key`. Its standard deviation is 0.45 harmonic distances, within
/// [4, 16] bands: wider blurs formants, narrower leaves harmonics in the envelope. Among constant-Q bands it is half an octave.
fn envelope_kernel(shape: &SpectralShape, key: f32) -> Vec<f32> {
    let low = hertz_to_mel(f64::from(shape.mel_low_hz));
    let step = (hertz_to_mel(f64::from(shape.mel_high_hz)) - low) / (shape.mel_bands + 1) as f64;
    let bands_per_harmonic = (hertz_to_mel(key_to_hz(f64::from(key))) - low) / step;
    let sigma = match shape.constant_q {
        Some(bands) => bands.bins_per_octave as f64 / 2.0,
        None => (0.45 * bands_per_harmonic).clamp(4.0, 16.0),
    };
    let reach = (2.5 * sigma).ceil() as i32;
    let weights: Vec<f64> = (-reach..=reach).map(|offset| (-0.5 * (f64::from(offset) / sigma).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

fn smooth(values: &[f32], kernel: &[f32]) -> Vec<f32> {
    let reach = (kernel.len() / 2) as isize;
    let last = values.len() as isize - 1;
    let value_at = |band: isize| values[band.clamp(0, last) as usize];
    (0..values.len() as isize)
        .map(|band| kernel.iter().enumerate().map(|(tap, weight)| weight * value_at(band + tap as isize - reach)).sum())
        .collect()
}

/// Linear interpolation at a position inside `values`.
fn at(values: &[f32], position: f32) -> f32 {
    let from = position as usize;
    let to = (from + 1).min(values.len() - 1);
    values[from] + (values[to] - values[from]) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn ramp() -> Frames {
        let values = (0..128 * 172).map(|index| ((index % 172) as f32 / 172.0) - 0.5).collect();
        Frames { bands: 128, frames: 172, values }
    }

    #[test]
    fn neutral_shaping_changes_nothing() {
        assert_eq!(Shaping::default().apply(ramp(), &SHAPE, 60.0), ramp());
    }

    #[test]
    fn a_stretch_keeps_the_attack_and_the_end() {
        for factor in [0.25, 0.5, 2.0, 4.0] {
            let out = Shaping { stretch: factor, ..Shaping::default() }.apply(ramp(), &SHAPE, 60.0);
            assert_eq!(out.frames, (172.0 * factor).round() as usize);
            assert_eq!(out.band(5)[..3], ramp().band(5)[..3]);
            assert!((out.band(5)[out.frames - 1] - ramp().band(5)[171]).abs() < 1e-4);
        }
    }

    #[test]
    fn a_formant_shift_moves_a_bump_of_the_envelope() {
        let mut frames = Frames::silent(128, 172);
        for (index, value) in frames.values.iter_mut().enumerate() {
            let band = (index / 172) as f32;
            *value = 0.5 * (-((band - 60.0) / 12.0).powi(2)).exp();
        }
        let peak = |frames: &Frames| (0..128).max_by(|a, b| frames.band(*a)[50].total_cmp(&frames.band(*b)[50]));
        let up = Shaping { formant_semitones: 7.0, ..Shaping::default() }.apply(frames.clone(), &SHAPE, 36.0);
        assert!(peak(&up) > peak(&frames), "{:?} against {:?}", peak(&up), peak(&frames));
    }

    #[test]
    fn formant_shift_and_tilt_keep_the_level() {
        const TOLERANCE_DB: f32 = 0.5;
        for tilt_db_per_octave in [-6.0, -2.0, 3.0, 6.0] {
            for formant_semitones in [-7.0, 0.0, 12.0] {
                let shaping = Shaping { formant_semitones, tilt_db_per_octave, ..Shaping::default() };
                let out = shaping.apply(ramp(), &SHAPE, 60.0);
                let change_db = loudest_db(&out, &SHAPE) - loudest_db(&ramp(), &SHAPE);
                assert!(change_db.abs() < TOLERANCE_DB, "{shaping:?}: {change_db} dB");
            }
        }
    }

    #[test]
    fn silence_stays_silent() {
        let shaping = Shaping { stretch: 1.5, formant_semitones: 5.0, tilt_db_per_octave: 6.0, ..Shaping::default() };
        let out = shaping.apply(Frames::silent(128, 172), &SHAPE, 60.0);
        assert!(out.values.iter().all(|value| *value == -1.0));
    }
}
