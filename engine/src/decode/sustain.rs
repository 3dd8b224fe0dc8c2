//! Finds where a held note goes on in a finished sound: places that are followed by nearly the same samples. WORKER THREADS; allocates.
//!
//! A steady part is sought first: from the end of the attack to the last moment near its level. Within it each exit is compared with all
//! earlier places by normalised cross-correlation: at a reduced rate through the spectrum, then sample by sample around the best ones.
//! In a tone these places lie whole periods apart; in noise none is alike, the correlation is low, and level alone decides.

#![expect(clippy::disallowed_types, reason = "worker threads may wait for each other")]

use std::sync::LazyLock;

use parking_lot::Mutex;
use realfft::RealFftPlanner;

use crate::link::{Exit, Landing, MAX_EXITS, MAX_LANDINGS, SustainMap};
use crate::spectral::Complex32;

/// Least rate of the first search, in Hz: partials above half of it are left to the second one.
const SEARCH_RATE_HZ: f32 = 11_025.0;
/// Length of the compared pieces, in seconds: three periods of the lowest key (27.5 Hz) take 109 ms, but longer pieces rule out places
/// that differ only by a slow beat, of which ensembles are full.
const PIECE_S: f32 = 0.05;
/// Step of the level curve, in seconds.
const LEVEL_STEP_S: f32 = 0.025;
/// Steps over which the level curve is averaged: 225 ms, more than a period of vibrato or tremolo at 5 Hz.
const LEVEL_SMOOTH_STEPS: usize = 9;
/// The steady part begins where the level first comes this near to its median, in dB.
const ATTACK_BELOW_DB: f32 = 3.0;
/// It ends where the level is last this near to its median, in dB.
const END_BELOW_DB: f32 = 9.0;
/// Levels this far below the loudest do not count for the median, in dB.
const SILENT_BELOW_DB: f32 = 40.0;
/// A sound that never exceeds this level, in dB of full scale, is silent.
const SILENT_DBFS: f32 = -90.0;
/// Shortest steady part, in seconds: with less, its repetition is heard as a tone or a flutter.
const LEAST_PART_S: f32 = 0.4;
/// Longest part that is searched, in seconds, counted back from its end: bounds the work for stretched sounds.
const LONGEST_PART_S: f32 = 3.0;
/// What is kept free before the end of the sound, in seconds: room for a crossfade at a playback ratio of 4 and the fade of the end.
const END_MARGIN_S: f32 = 0.1;
/// Slopes of the level within which a sound is steady, in dB per second. Factory sounds: pianos fall by 8 to 11, organs, strings, winds
/// and pads by 4 at most.
const STEADY_SLOPES_DB_PER_S: std::ops::RangeInclusive<f32> = -6.0..=8.0;
/// Shortest way back from an exit, in seconds.
const LEAST_JUMP_S: f32 = 0.25;
/// Least distance of two landings of an exit, in seconds.
const LANDING_DISTANCE_S: f32 = 0.1;
/// What a difference of level by 1 dB takes from the correlation when landings are compared. Not tuned: in noise, where all correlations
/// are near 0.15, it makes the level decide.
const LEVEL_PENALTY_PER_DB: f32 = 0.05;
/// Landings and exits that are worse than the best by more than this are left out. Not compared with other values: with it, 18 factory
/// sounds held for 30 s have no second difference more than 8 % above those of their first two seconds.
const SCORE_RANGE: f32 = 0.15;

/// The exits of a finished sound of one or two `channels`, whose samples stand channel after channel.
pub fn find(samples: &[f32], channels: usize, sample_rate_hz: f32) -> SustainMap {
    let mono = mixed(samples, channels);
    Search::new(&mono, sample_rate_hz).map_or_else(SustainMap::default, |search| search.map())
}

/// The louder one of the channels' sum and difference, halved: one of them holds any sound, however its channels are related.
fn mixed(samples: &[f32], channels: usize) -> Vec<f32> {
    let Some((left, right)) = samples.split_at_checked(samples.len() / 2).filter(|_| channels == 2) else {
        return samples.to_vec();
    };
    let sides = [1.0, -1.0].map(|sign| left.iter().zip(right).map(|(l, r)| 0.5 * (l + sign * r)).collect::<Vec<f32>>());
    let [sum_energy, difference_energy] = [0, 1].map(|side| sides[side].iter().map(|v| v * v).sum::<f32>());
    let [sum, difference] = sides;
    if sum_energy >= difference_energy { sum } else { difference }
}

/// A sound with its steady part.
struct Search<'a> {
    samples: &'a [f32],
    rate_hz: f32,
    levels: Levels,
    /// The steady part in samples.
    part: std::ops::Range<usize>,
    is_steady: bool,
}

/// A level curve in steps of [`LEVEL_STEP_S`].
struct Levels {
    step_samples: usize,
    db: Vec<f32>,
}

impl Levels {
    fn new(samples: &[f32], rate_hz: f32) -> Self {
        let step_samples = ((LEVEL_STEP_S * rate_hz) as usize).max(1);
        let energies: Vec<f32> = samples.chunks(step_samples).map(|step| step.iter().map(|v| v * v).sum()).collect();
        let half = LEVEL_SMOOTH_STEPS / 2;
        let smoothed = (0..energies.len()).map(|at| {
            let near = &energies[at.saturating_sub(half)..(at + half + 1).min(energies.len())];
            let mean = near.iter().sum::<f32>() / (near.len() * step_samples) as f32;
            10.0 * mean.max(1e-12).log10()
        });
        Self { step_samples, db: smoothed.collect() }
    }

    fn at(&self, sample: usize) -> f32 {
        let last = self.db.len().saturating_sub(1);
        self.db.get((sample / self.step_samples).min(last)).copied().unwrap_or(f32::NEG_INFINITY)
    }

    /// First and last step of the steady part.
    fn steady_steps(&self) -> Option<(usize, usize)> {
        let loudest_db = self.db.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if loudest_db < SILENT_DBFS {
            return None;
        }
        let mut audible: Vec<f32> = self.db.iter().copied().filter(|db| *db > loudest_db - SILENT_BELOW_DB).collect();
        audible.sort_unstable_by(f32::total_cmp);
        let median_db = *audible.get(audible.len() / 2)?;
        let first = self.db.iter().position(|db| *db >= median_db - ATTACK_BELOW_DB)?;
        let last = self.db.iter().rposition(|db| *db >= median_db - END_BELOW_DB)?;
        (first < last).then_some((first, last))
    }

    /// Slope of the line through the levels from step `first` to `last`, in dB per second, by least squares.
    fn slope_db_per_s(&self, first: usize, last: usize, rate_hz: f32) -> f32 {
        let levels = &self.db[first..=last];
        let count = levels.len() as f32;
        let (middle, mean) = ((count - 1.0) / 2.0, levels.iter().sum::<f32>() / count);
        let away = |step: usize| step as f32 - middle;
        let product: f32 = levels.iter().enumerate().map(|(step, db)| away(step) * (db - mean)).sum();
        let square: f32 = (0..levels.len()).map(|step| away(step) * away(step)).sum();
        product / square.max(1e-9) * rate_hz / self.step_samples as f32
    }
}

impl<'a> Search<'a> {
    /// `None` if the sound has no part that is long enough.
    fn new(samples: &'a [f32], rate_hz: f32) -> Option<Self> {
        let levels = Levels::new(samples, rate_hz);
        let (first, last) = levels.steady_steps()?;
        let is_steady = STEADY_SLOPES_DB_PER_S.contains(&levels.slope_db_per_s(first, last, rate_hz));
        let in_samples = |seconds: f32| (seconds * rate_hz) as usize;
        let end = (last * levels.step_samples).min(samples.len().saturating_sub(in_samples(END_MARGIN_S)));
        let start = (first * levels.step_samples).max(end.saturating_sub(in_samples(LONGEST_PART_S)));
        let is_long = end.saturating_sub(start) >= in_samples(LEAST_PART_S);
        is_long.then_some(Self { samples, rate_hz, levels, part: start..end, is_steady })
    }

    fn in_samples(&self, seconds: f32) -> usize {
        (seconds * self.rate_hz) as usize
    }

    fn map(&self) -> SustainMap {
        let coarse = Coarse::new(&self.samples[self.part.clone()], self.rate_hz);
        let mut exits: Vec<(f32, Exit)> = self.exit_samples().filter_map(|at| self.exit(at, &coarse)).collect();
        let best = exits.iter().map(|(score, _)| *score).fold(f32::NEG_INFINITY, f32::max);
        exits.retain(|(score, _)| *score >= best - SCORE_RANGE);
        SustainMap::new(&exits.into_iter().map(|(_, exit)| exit).collect::<Vec<_>>(), self.is_steady)
    }

    /// Positions of possible exits: evenly over the second half of the part.
    fn exit_samples(&self) -> impl Iterator<Item = usize> {
        let piece = self.in_samples(PIECE_S);
        let last = self.part.end.saturating_sub(piece);
        let first = self.part.start.midpoint(last).max(self.part.start + self.in_samples(LEAST_JUMP_S));
        let step = last.saturating_sub(first) / (MAX_EXITS - 1);
        (0..MAX_EXITS).map(move |index| first + index * step).filter(move |at| *at <= last)
    }

    /// An exit with its best landings, and the score of the best one.
    fn exit(&self, at: usize, coarse: &Coarse) -> Option<(f32, Exit)> {
        let most = (at - self.part.start).checked_sub(self.in_samples(LEAST_JUMP_S))?;
        let level_db = self.levels.at(at);
        let mut scores: Vec<(f32, usize)> = coarse
            .correlations(at - self.part.start, most)?
            .into_iter()
            .map(|(offset, correlation)| {
                let sample = self.part.start + offset;
                (correlation - LEVEL_PENALTY_PER_DB * (self.levels.at(sample) - level_db).abs(), sample)
            })
            .collect();
        scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let (best, _) = *scores.first()?;
        let mut landings: Vec<Landing> = Vec::new();
        for (_, sample) in scores.into_iter().take_while(|(score, _)| *score >= best - SCORE_RANGE) {
            let is_new = landings
                .iter()
                .all(|other| (other.sample as usize).abs_diff(sample) >= self.in_samples(LANDING_DISTANCE_S));
            if is_new {
                landings.push(self.refined(sample, at, coarse.factor));
            }
            if landings.len() == MAX_LANDINGS {
                break;
            }
        }
        Some((best, Exit::new(at as u32, &landings)))
    }

    /// The landing within `reach` samples of `near` that is most like the exit.
    fn refined(&self, near: usize, exit: usize, reach: usize) -> Landing {
        let piece = self.in_samples(PIECE_S);
        let candidates = near.saturating_sub(reach)..=near + reach;
        let compared = candidates.filter_map(|at| {
            let (here, there) = (self.samples.get(at..at + piece)?, self.samples.get(exit..exit + piece)?);
            Some((correlation(here, there), at))
        });
        let (correlation, sample) = compared.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, near));
        Landing { sample: sample as u32, correlation: correlation.clamp(0.0, 1.0) }
    }
}

/// Normalised correlation of two pieces of equal length; 0 if one is silent.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (mut product, mut energy_a, mut energy_b) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (x, y) in a.iter().zip(b) {
        product += x * y;
        energy_a += x * x;
        energy_b += y * y;
    }
    let norm = (energy_a * energy_b).sqrt();
    if norm > 1e-12 { product / norm } else { 0.0 }
}

/// The steady part at a reduced rate, with its spectrum.
struct Coarse {
    /// Samples of the sound for each of these.
    factor: usize,
    samples: Vec<f32>,
    /// Sums of the squares of the samples before each.
    energies: Vec<f64>,
    spectrum: Vec<Complex32>,
    piece: usize,
    size: usize,
}

/// Plans of the transforms, shared by all workers: each size is planned once.
static PLANNER: LazyLock<Mutex<RealFftPlanner<f32>>> = LazyLock::new(|| Mutex::new(RealFftPlanner::new()));

impl Coarse {
    fn new(part: &[f32], rate_hz: f32) -> Self {
        let factor = ((rate_hz / SEARCH_RATE_HZ) as usize).max(1);
        let samples: Vec<f32> =
            part.chunks_exact(factor).map(|group| group.iter().sum::<f32>() / factor as f32).collect();
        let mut energies = vec![0.0];
        energies.extend(samples.iter().scan(0.0, |sum, sample| {
            *sum += f64::from(*sample) * f64::from(*sample);
            Some(*sum)
        }));
        let piece = ((PIECE_S * rate_hz) as usize / factor).max(1);
        let size = (samples.len() + piece).next_power_of_two();
        let spectrum = spectrum_of(&samples, size);
        Self { factor, samples, energies, spectrum, piece, size }
    }

    /// Normalised correlation of the piece at `exit` with those at every place up to `most`; places in samples of the sound.
    fn correlations(&self, exit: usize, most: usize) -> Option<Vec<(usize, f32)>> {
        let (exit, most) = (exit / self.factor, most / self.factor);
        let piece = self.samples.get(exit..exit + self.piece)?;
        let mut products = spectrum_of(piece, self.size);
        for (product, bin) in products.iter_mut().zip(&self.spectrum) {
            *product = bin * product.conj();
        }
        let inverse = PLANNER.lock().plan_fft_inverse(self.size);
        let mut sums = inverse.make_output_vec();
        inverse.process(&mut products, &mut sums).ok()?;
        let energy = |at: usize| self.energies[(at + self.piece).min(self.samples.len())] - self.energies[at];
        let own = energy(exit);
        let normalised = |at: usize| {
            let norm = (own * energy(at)).sqrt() as f32 * self.size as f32;
            if norm > 1e-12 { sums[at] / norm } else { 0.0 }
        };
        Some((0..most.min(self.samples.len())).map(|at| (at * self.factor, normalised(at))).collect())
    }
}

/// Spectrum of samples followed by zeros.
fn spectrum_of(samples: &[f32], size: usize) -> Vec<Complex32> {
    let forward = PLANNER.lock().plan_fft_forward(size);
    let mut time = forward.make_input_vec();
    time[..samples.len()].copy_from_slice(samples);
    let mut bins = forward.make_output_vec();
    // The lengths are the plan's own.
    let transformed = forward.process(&mut time, &mut bins);
    debug_assert!(transformed.is_ok(), "{transformed:?}");
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f32 = 44_100.0;

    /// Two seconds of partials of `hz`, each with a slow beat of its own, whose level falls by `fall_db_per_s`.
    fn tone(hz: f32, fall_db_per_s: f32) -> Vec<f32> {
        (0..88_200)
            .map(|n| {
                let time_s = n as f32 / RATE_HZ;
                let partial = |h: f32| {
                    let beat = 1.0 + 0.2 * (std::f32::consts::TAU * (1.1 + 0.7 * h) * time_s).sin();
                    beat * (std::f32::consts::TAU * hz * h * time_s).sin() / h
                };
                let rise = (time_s / 0.05).min(1.0);
                0.3 * rise
                    * 10_f32.powf(-fall_db_per_s * time_s / 20.0)
                    * [1.0, 2.0, 3.0].map(partial).iter().sum::<f32>()
            })
            .collect()
    }

    fn noise() -> Vec<f32> {
        let mut state = 1_u32;
        (0..88_200)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            })
            .collect()
    }

    #[test]
    fn a_steady_tone_goes_on_at_whole_periods_and_a_decaying_one_is_not_steady() {
        const LEAST_CORRELATION: f32 = 0.97;
        const PHASE_TOLERANCE_PERIODS: f32 = 0.02;
        for hz in [55.0, 220.0, 881.3, 3_000.0] {
            let map = find(&tone(hz, 0.0), 1, RATE_HZ);
            assert!(map.is_steady() && map.exits().len() >= 3, "{hz} Hz: {map:?}");
            for exit in map.exits() {
                for landing in exit.landings() {
                    let periods = (exit.sample - landing.sample) as f32 * hz / RATE_HZ;
                    assert!(
                        (periods - periods.round()).abs() < PHASE_TOLERANCE_PERIODS.max(0.6 * hz / RATE_HZ),
                        "{hz} Hz: {periods}"
                    );
                    assert!(landing.correlation > LEAST_CORRELATION, "{hz} Hz: {landing:?}");
                }
            }
            assert!(!find(&tone(hz, 12.0), 1, RATE_HZ).is_steady(), "{hz} Hz");
        }
    }

    #[test]
    fn exits_lead_back_within_the_sound_in_mono_and_stereo() {
        let both: Vec<f32> = [tone(220.0, 0.0), noise()].concat();
        for (samples, channels) in [(tone(220.0, 0.0), 1), (noise(), 1), (both, 2)] {
            let map = find(&samples, channels, RATE_HZ);
            assert!(map.is_steady() && !map.exits().is_empty());
            for exit in map.exits() {
                let free = samples.len() / channels - exit.sample as usize;
                assert!(free as f32 >= END_MARGIN_S * RATE_HZ, "a crossfade has room behind {exit:?}");
                for landing in exit.landings() {
                    let back_s = (exit.sample - landing.sample) as f32 / RATE_HZ;
                    assert!(back_s > 0.9 * LEAST_JUMP_S, "{back_s} s");
                }
            }
        }
    }

    #[test]
    fn channels_that_cancel_when_mixed_have_exits_too() {
        let left = tone(220.0, 0.0);
        let right: Vec<f32> = left.iter().map(|sample| -sample).collect();
        assert!(!find(&[left, right].concat(), 2, RATE_HZ).exits().is_empty());
    }

    #[test]
    fn noise_is_steady_and_unlike_itself() {
        let map = find(&noise(), 1, RATE_HZ);
        assert!(map.exits().iter().all(|exit| exit.landings().iter().all(|landing| landing.correlation < 0.3)));
    }

    #[test]
    fn silence_and_short_sounds_have_no_exits() {
        let short: Vec<f32> = tone(220.0, 0.0)[..12_000].to_vec();
        for sound in [vec![], vec![0.0; 88_200], short, vec![0.5; 10]] {
            assert!(find(&sound, 1, RATE_HZ).exits().is_empty());
        }
    }
}
