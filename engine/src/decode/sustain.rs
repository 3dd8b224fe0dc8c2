//! Finds where a held note goes on in a finished sound: places that are followed by nearly the same samples. WORKER THREADS; allocates.
//!
//! A steady part is sought first: from the end of the attack to the last moment near its level. Within it each exit is compared with all
//! earlier places by normalised cross-correlation: at a reduced rate through the spectrum, then sample by sample around the best ones.
//! In a tone these places lie whole periods apart; in noise none is alike, the correlation is low, and level alone decides.
//!
//! A sound that is not steady but falls, and is still heard at its end, has exits in its last second too. Places there are compared along the
//! line by which the level falls, and the gain of a landing is the fall from it to the exit.

mod levels;
mod likeness;

use crate::link::{COURSE_POINTS, Exit, Exits, Landing, LevelCourse, MAX_EXITS, MAX_LANDINGS, SustainMap};
use crate::units::db_to_gain;
use levels::Levels;
use likeness::{Coarse, PIECE_S, correlation};

/// Shortest steady part, in seconds: with less, its repetition is heard as a tone or a flutter.
const LEAST_PART_S: f32 = 0.4;
/// Longest part that is searched, in seconds, counted back from its end: bounds the work for stretched sounds.
const LONGEST_PART_S: f32 = 3.0;
/// What is kept free before the end of the sound, in seconds: room for a crossfade at a playback ratio of 4 and the fade of the end.
const END_MARGIN_S: f32 = 0.1;
/// Slopes of the level within which a sound is steady, in dB per second. Factory sounds: pianos fall by 8 to 11, organs, strings, winds
/// and pads by 4 at most.
const STEADY_SLOPES_DB_PER_S: std::ops::RangeInclusive<f32> = -6.0..=8.0;
/// Part at the end of a decaying sound that is searched, in seconds. A longer one keeps more of its colours; the level of a shorter one is
/// nearer to a line.
const DECAY_PART_S: f32 = 1.0;
/// Largest distance of a level of that part from a line, in dB: a strike or a step in it is farther, and would be heard again and again. The
/// two stages of a piano's decay stay within 3 dB.
const LARGEST_DISTANCE_DB: f32 = 6.0;
/// Least fall of a sound that decays on, in dB per second: slower ones would sound for a minute after a loud end.
const LEAST_FALL_DB_PER_S: f32 = 4.0;
/// Distance of a level from a line through the steady part, in dB, from which on it is a gap between events: barks, drops and keystrokes are 30 dB
/// apart from theirs, swells of pads 13 at most (204 factory sounds).
const DEEPEST_GAP_DB: f32 = 20.0;
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
/// Where half of the exits have a best score below this, nothing follows on without a change, and all are kept: one way back alone would be heard as
/// a period. Rain on a tin roof, in which single drops are alike, was repeated exactly.
const UNLIKE: f32 = 0.6;

/// A possible exit in samples of the sound, and the places to go on with their scores, the best one first; never empty.
struct Scored {
    at: usize,
    places: Vec<(f32, usize)>,
}

impl Scored {
    fn best(&self) -> f32 {
        self.places.first().map_or(f32::NEG_INFINITY, |(score, _)| *score)
    }
}

/// The exits of a finished sound of one or two `channels`, whose samples stand channel after channel.
pub fn find(samples: &[f32], channels: usize, sample_rate_hz: f32) -> SustainMap {
    let mono = mixed(samples, channels);
    let levels = Levels::new(&mono, sample_rate_hz);
    let Some(steps) = levels.steady_steps() else { return SustainMap::default() };
    let line = levels.line(steps.0, steps.1, sample_rate_hz);
    let is_steady = STEADY_SLOPES_DB_PER_S.contains(&line.slope_db_per_s) && line.farthest_db < DEEPEST_GAP_DB;
    let steady =
        Search::new((&mono, sample_rate_hz), &levels, Part { steps, longest_s: LONGEST_PART_S, fall_db_per_s: 0.0 });
    let course = steady.as_ref().map(Search::course).unwrap_or_default();
    let falls = line.slope_db_per_s < *STEADY_SLOPES_DB_PER_S.start();
    let decay = decaying_part(&levels, sample_rate_hz).filter(|_| falls);
    let decay = decay.and_then(|part| Search::new((&mono, sample_rate_hz), &levels, part)).map(|search| search.exits());
    let sustain = steady.map(|search| search.exits()).unwrap_or_default();
    SustainMap { sustain, course, is_steady, decay: decay.unwrap_or_default() }
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

/// The end of a sound that decays there and has not died away.
fn decaying_part(levels: &Levels, rate_hz: f32) -> Option<Part> {
    let in_steps = |seconds: f32| (seconds * rate_hz) as usize / levels.step_samples;
    let last = levels.count().checked_sub(1 + in_steps(END_MARGIN_S))?;
    let first = last.checked_sub(in_steps(DECAY_PART_S))?;
    let line = levels.line(first, last, rate_hz);
    let decays = line.farthest_db <= LARGEST_DISTANCE_DB && !levels.has_died_at(last);
    let fall_db_per_s = (-line.slope_db_per_s).max(LEAST_FALL_DB_PER_S);
    decays.then_some(Part { steps: (first, last), longest_s: DECAY_PART_S, fall_db_per_s })
}

/// A part of a sound in which exits are searched.
struct Part {
    /// Its first and last step of the level curve.
    steps: (usize, usize),
    /// Most of it, counted back from its end, in seconds.
    longest_s: f32,
    /// What its level falls by, in dB per second; 0 for a steady part.
    fall_db_per_s: f32,
}

/// A sound and the part of it that is searched.
struct Search<'a> {
    samples: &'a [f32],
    rate_hz: f32,
    levels: &'a Levels,
    /// In samples.
    part: std::ops::Range<usize>,
    fall_db_per_s: f32,
}

impl<'a> Search<'a> {
    /// `None` if the part is too short.
    fn new((samples, rate_hz): (&'a [f32], f32), levels: &'a Levels, part: Part) -> Option<Self> {
        let in_samples = |seconds: f32| (seconds * rate_hz) as usize;
        let (first, last) = part.steps;
        let end = (last * levels.step_samples).min(samples.len().saturating_sub(in_samples(END_MARGIN_S)));
        let start = (first * levels.step_samples).max(end.saturating_sub(in_samples(part.longest_s)));
        let is_long = end.saturating_sub(start) >= in_samples(LEAST_PART_S);
        is_long.then_some(Self { samples, rate_hz, levels, part: start..end, fall_db_per_s: part.fall_db_per_s })
    }

    fn in_samples(&self, seconds: f32) -> usize {
        (seconds * self.rate_hz) as usize
    }

    fn exits(&self) -> Exits {
        let coarse = Coarse::new(&self.samples[self.part.clone()], self.rate_hz);
        let scored: Vec<Scored> = self.exit_samples().filter_map(|at| self.scored(at, &coarse)).collect();
        let mut best: Vec<f32> = scored.iter().map(Scored::best).collect();
        best.sort_unstable_by(f32::total_cmp);
        let (Some(middle), Some(most)) = (best.get(best.len() / 2), best.last()) else { return Exits::default() };
        let range = if *middle < UNLIKE { f32::INFINITY } else { SCORE_RANGE };
        let kept = scored.iter().filter(|exit| exit.best() >= most - range);
        Exits::new(&kept.map(|exit| self.exit(exit, range, coarse.factor)).collect::<Vec<_>>())
    }

    /// How the level moves in the part.
    fn course(&self) -> LevelCourse {
        let step = self.part.len() / (COURSE_POINTS - 1);
        let level = |point: usize| db_to_gain(self.levels.at(self.part.start + point * step));
        LevelCourse::new(self.part.start as u32, step as u32, std::array::from_fn(level))
    }

    /// What the level falls by over a number of samples, in dB.
    fn fall_db(&self, samples: usize) -> f32 {
        self.fall_db_per_s * samples as f32 / self.rate_hz
    }

    /// Positions of possible exits: evenly over the second half of the part.
    fn exit_samples(&self) -> impl Iterator<Item = usize> {
        let piece = self.in_samples(PIECE_S);
        let last = self.part.end.saturating_sub(piece);
        let first = self.part.start.midpoint(last).max(self.part.start + self.in_samples(LEAST_JUMP_S));
        let step = last.saturating_sub(first) / (MAX_EXITS - 1);
        (0..MAX_EXITS).map(move |index| first + index * step).filter(move |at| *at <= last)
    }

    /// A possible exit with the scores of all places to go on.
    fn scored(&self, at: usize, coarse: &Coarse) -> Option<Scored> {
        let most = (at - self.part.start).checked_sub(self.in_samples(LEAST_JUMP_S))?;
        let level_db = self.levels.at(at);
        let mut places: Vec<(f32, usize)> = coarse
            .correlations(at - self.part.start, most)?
            .into_iter()
            .map(|(offset, correlation)| {
                let sample = self.part.start + offset;
                let off_db = self.levels.at(sample) - self.fall_db(at - sample) - level_db;
                (correlation - LEVEL_PENALTY_PER_DB * off_db.abs(), sample)
            })
            .collect();
        places.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        (!places.is_empty()).then_some(Scored { at, places })
    }

    /// An exit with its best landings, none of them worse than the best by more than `range`.
    fn exit(&self, scored: &Scored, range: f32, reach: usize) -> Exit {
        let mut landings: Vec<Landing> = Vec::new();
        let near = scored.places.iter().take_while(|(score, _)| *score >= scored.best() - range);
        for (_, sample) in near {
            let is_new = landings
                .iter()
                .all(|other| (other.sample as usize).abs_diff(*sample) >= self.in_samples(LANDING_DISTANCE_S));
            if is_new {
                landings.push(self.refined(*sample, scored.at, reach));
            }
            if landings.len() == MAX_LANDINGS {
                break;
            }
        }
        Exit::new(scored.at as u32, &landings)
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
        let gain = db_to_gain(-self.fall_db(exit.saturating_sub(sample)));
        Landing { sample: sample as u32, correlation: correlation.clamp(0.0, 1.0), gain }
    }
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
            assert!(map.is_steady && map.sustain.as_slice().len() >= 3, "{hz} Hz: {map:?}");
            for exit in map.sustain.as_slice() {
                for landing in exit.landings() {
                    let periods = (exit.sample - landing.sample) as f32 * hz / RATE_HZ;
                    assert!(
                        (periods - periods.round()).abs() < PHASE_TOLERANCE_PERIODS.max(0.6 * hz / RATE_HZ),
                        "{hz} Hz: {periods}"
                    );
                    assert!(landing.correlation > LEAST_CORRELATION, "{hz} Hz: {landing:?}");
                }
            }
            assert!(!find(&tone(hz, 12.0), 1, RATE_HZ).is_steady, "{hz} Hz");
        }
    }

    #[test]
    fn a_decaying_tone_falls_on_at_its_own_pace_unless_it_has_died_away() {
        const FALL_TOLERANCE: f32 = 0.15;
        const LEAST_CORRELATION: f32 = 0.95;
        for hz in [55.0, 220.0, 881.3, 3_000.0] {
            for fall_db_per_s in [8.0, 12.0, 20.0] {
                let map = find(&tone(hz, fall_db_per_s), 1, RATE_HZ);
                assert!(!map.is_steady && map.decay.as_slice().len() >= 3, "{hz} Hz, {fall_db_per_s} dB/s: {map:?}");
                for exit in map.decay.as_slice() {
                    for landing in exit.landings() {
                        let way_s = (exit.sample - landing.sample) as f32 / RATE_HZ;
                        let fall = -20.0 * landing.gain.log10() / way_s / fall_db_per_s;
                        assert!((fall - 1.0).abs() < FALL_TOLERANCE, "{hz} Hz, {fall_db_per_s} dB/s: {fall} of it");
                        assert!(landing.correlation > LEAST_CORRELATION, "{hz} Hz: {landing:?}");
                    }
                }
            }
            for fall_db_per_s in [0.0, 40.0] {
                let map = find(&tone(hz, fall_db_per_s), 1, RATE_HZ);
                assert!(map.decay.as_slice().is_empty(), "{hz} Hz, {fall_db_per_s} dB/s: {map:?}");
            }
        }
    }

    #[test]
    fn a_strike_near_the_end_is_not_heard_again() {
        let mut sound = tone(220.0, 12.0);
        for (n, sample) in sound.iter_mut().enumerate().skip(60_000).take(8_000) {
            *sample += 0.3 * (std::f32::consts::TAU * 440.0 * n as f32 / RATE_HZ).sin();
        }
        assert!(find(&sound, 1, RATE_HZ).decay.as_slice().is_empty());
    }

    #[test]
    fn exits_lead_back_within_the_sound_in_mono_and_stereo() {
        let both: Vec<f32> = [tone(220.0, 0.0), noise()].concat();
        for (samples, channels) in [(tone(220.0, 0.0), 1), (noise(), 1), (both, 2)] {
            let map = find(&samples, channels, RATE_HZ);
            assert!(map.is_steady && !map.sustain.as_slice().is_empty());
            for exit in map.sustain.as_slice() {
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
        assert!(!find(&[left, right].concat(), 2, RATE_HZ).sustain.as_slice().is_empty());
    }

    #[test]
    fn noise_is_steady_and_unlike_itself() {
        let map = find(&noise(), 1, RATE_HZ);
        assert!(
            map.sustain.as_slice().iter().all(|exit| exit.landings().iter().all(|landing| landing.correlation < 0.3))
        );
    }

    #[test]
    fn silence_and_short_sounds_have_no_exits() {
        let short: Vec<f32> = tone(220.0, 0.0)[..12_000].to_vec();
        for sound in [vec![], vec![0.0; 88_200], short, vec![0.5; 10]] {
            assert!(find(&sound, 1, RATE_HZ).sustain.as_slice().is_empty());
        }
    }
}
