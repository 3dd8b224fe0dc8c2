//! Where a recording fades out at its end, what follows rises again as the recording fell, in mirrored time: so the level has no step. The same
//! the other way round at its beginning, which a loop leads to.

use super::source::Source;

/// Frames in a second whose levels are looked at: short enough for the fades that keep a file from clicking.
const FRAMES_PER_S: usize = 500;
/// Frames over which a mean is taken.
const SEGMENT: usize = FRAMES_PER_S / 20;
/// An end of so many frames that is quieter than this share of the recording, and by so much, in dB, is met by a swell: no piece would fit.
const END_FRAMES: usize = FRAMES_PER_S / 100;
const QUIETEST: f64 = 0.02;
const QUIETER_DB: f64 = 2.0;
/// A swell ends where the recording is so near its mean level, in dB.
const NEAR_DB: f64 = 1.5;
/// What is so far below the mean level counts as silence, in dB; of silence at the end so many frames are mirrored.
const SILENT_DB: f64 = -70.0;
const SILENT_FRAMES: usize = FRAMES_PER_S / 20;
/// A fade that the steady part takes no notice of is no longer than this, in frames; a longer swell than the second is made shorter.
const SHORT_FRAMES: usize = FRAMES_PER_S / 2;
const MOST_FRAMES: usize = 2 * FRAMES_PER_S;

/// A change of level next to one end of the recording: gains in dB for frames of 2 ms, the one at the end first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Swell {
    gains_db: Vec<f64>,
    frame: usize,
}

/// The end of a recording that is met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// What follows the recording's end, and what comes before its beginning, in a result of `samples` samples that is the recording and more.
pub(super) fn swells(source: &Source, samples: usize, looped: bool) -> [Swell; 2] {
    let longest = samples.saturating_sub(source.len()) / 2;
    let first = if looped { Swell::at(End::First, source, longest) } else { Swell::none() };
    [Swell::at(End::Last, source, longest), first]
}

impl Swell {
    /// The usual level throughout.
    pub fn none() -> Self {
        Self { gains_db: Vec::new(), frame: 1 }
    }

    /// What one end of a recording needs, at most `longest` samples long.
    fn at(end: End, source: &Source, longest: usize) -> Self {
        let frame = (source.rate_hz() as usize / FRAMES_PER_S).max(1);
        // The steady part begins and ends with up to 0.2 s of the fade.
        let margin = source.rate_hz() as usize / 5;
        let steady = source.steady();
        let start = if steady.start > 0 { steady.start + margin } else { 0 };
        let steady = start..if steady.end < source.len() { steady.end - margin } else { steady.end };
        let level_db = |from: usize| {
            let part = source.channels().iter().flat_map(|channel| &channel[from..from + frame]);
            10.0 * part.map(|sample| f64::from(*sample).powi(2)).sum::<f64>().max(1e-30).log10()
        };
        let levels: Vec<f64> = (0..steady.len() / frame).map(|at| level_db(steady.start + at * frame)).collect();
        let mean_db = levels.iter().sum::<f64>() / levels.len() as f64;
        let mut ends_db: Vec<f64> =
            levels.chunks_exact(END_FRAMES).map(|levels| levels.iter().sum::<f64>() / END_FRAMES as f64).collect();
        ends_db.sort_by(f64::total_cmp);
        let quiet_db = ends_db[(ends_db.len() as f64 * QUIETEST) as usize] - mean_db;
        let frames = source.len() / frame;
        let faded = if end == End::First { steady.start } else { source.len() - steady.end } / frame;
        let mut contour: Vec<f64> = (0..frames.min(faded.max(SHORT_FRAMES) + SEGMENT))
            .map(|at| if end == End::First { at * frame } else { source.len() - (at + 1) * frame })
            .map(|from| (level_db(from) - mean_db).max(SILENT_DB - 10.0))
            .collect();
        let end_db = contour[..END_FRAMES.min(contour.len())].iter().sum::<f64>() / END_FRAMES as f64;
        if end_db > quiet_db - QUIETER_DB {
            return Self::none();
        }
        let near = |levels: &[f64]| levels.iter().sum::<f64>() / SEGMENT as f64 > -NEAR_DB;
        let end = contour.windows(SEGMENT).position(near).unwrap_or(contour.len());
        contour.truncate(end.max(1));
        let silent = contour.iter().take_while(|level| **level < SILENT_DB).count();
        contour.drain(..silent.saturating_sub(SILENT_FRAMES));
        let mut gains_db = rising(&contour);
        let last = gains_db[gains_db.len() - 1].min(0.0);
        gains_db.extend((1..=SEGMENT).map(|step| last * (1.0 - step as f64 / SEGMENT as f64)));
        gains_db.iter_mut().for_each(|gain| *gain = gain.min(0.0));
        let wanted = gains_db.len().min(MOST_FRAMES).min(longest / frame);
        let shorter = (0..wanted).map(|at| gains_db[at * gains_db.len() / wanted]).collect();
        Self { gains_db: shorter, frame }
    }

    /// Samples until the usual level is reached.
    pub fn length(&self) -> usize {
        self.gains_db.len() * self.frame
    }

    /// The gain so many samples away from the end.
    pub fn gain(&self, away: usize) -> f32 {
        if away >= self.length() {
            return 1.0;
        }
        let place = (away as f64 / self.frame as f64 - 0.5).max(0.0);
        let (at, part) = (place as usize, place.fract());
        let gain_db = |at: usize| self.gains_db.get(at).copied().unwrap_or(0.0);
        10.0_f64.powf((gain_db(at) * (1.0 - part) + gain_db(at + 1) * part) / 20.0) as f32
    }

    /// Means of the gains of the first 50 ms and of the first 10 ms, in dB.
    pub fn first_db(&self) -> [f32; 2] {
        [SEGMENT, END_FRAMES].map(|count| (self.gains_db.iter().take(count).sum::<f64>() / count as f64) as f32)
    }
}

/// The values that do not fall and are nearest to those given: neighbours in the wrong order take their mean.
fn rising(values: &[f64]) -> Vec<f64> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let mut run = (*value, 1);
        while let Some((sum, count)) = runs.pop_if(|(sum, count)| *sum / *count as f64 > run.0 / run.1 as f64) {
            run = (run.0 + sum, run.1 + count);
        }
        runs.push(run);
    }
    runs.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texture::random::Random;

    fn swell(gain: impl Fn(usize) -> f32) -> Swell {
        let mut random = Random::new(4);
        let noise = (0..40_000).map(|n| gain(n) * (random.unit() - 0.5)).collect();
        let source = Source::new(vec![noise], 8_000).expect("a recording");
        Swell::at(End::Last, &source, 20_000)
    }

    #[test]
    fn a_fade_is_mirrored_and_an_even_end_stays() {
        assert_eq!(swell(|_| 1.0), Swell::none());
        // 60 dB in the last second.
        let faded = swell(|n| 10.0_f32.powf(-3.0 * n.saturating_sub(32_000) as f32 / 8_000.0));
        for away in [0, 2_000, 4_000, 6_000] {
            let (found, wanted) = (20.0 * faded.gain(away).log10(), -60.0 + 60.0 * away as f32 / 8_000.0);
            assert!((found - wanted).abs() < 4.0, "{found} dB instead of {wanted} dB at {away}");
        }
        assert!((1..faded.length()).all(|away| faded.gain(away) >= faded.gain(away - 1)));
        // Ten milliseconds against a click are mirrored in as much; silence is not mirrored for long.
        assert!(swell(|n| ((40_000 - n) as f32 / 80.0).min(1.0)).length() < 1_200);
        let silent = swell(|n| if n < 32_000 { 1.0 } else { 0.0 });
        assert!(silent.gain(0) < 3e-4 && silent.length() < 1_600, "{}", silent.length());
    }

    #[test]
    fn what_rises_already_stays_and_the_rest_is_levelled() {
        assert_eq!(rising(&[1.0, 3.0, 2.0, 2.5, 4.0]), [1.0, 2.5, 2.5, 2.5, 4.0]);
        assert_eq!(rising(&[3.0, 2.0, 1.0]), [2.0; 3]);
    }
}
