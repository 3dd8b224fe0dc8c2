//! The pitch at which a one-shot is heard, and how far the evidence agrees.
//!
//! Three measures look at it: how well its spectrum is a harmonic series ([`harmonic`]), which partials it has ([`partials`]), and how exactly
//! it repeats ([`periodicity`]). Worker threads only; allocates.

mod harmonic;
mod moments;
mod partials;
mod periodicity;
mod single_cycle;

use crate::units::hz_to_key;
use moments::{Audible, Moment};
use partials::{Partial, explained, harmonics, level_at, offset_cents, settled};

/// Least confidence of a pitch that is used. Noise, drums without a tone and gongs stay below it. This and the other values of confidence
/// were set on the sounds of `examples/hear_keys`, so that few wrong pitches are used and few right ones are not.
const CLEAR: f64 = 0.6;
/// Confidence that overrules the harmonic strength.
const CERTAIN: f64 = 0.9;
/// Longest stretch in which partials are resolved, in seconds: those of key 21 are 27 Hz apart.
const RESOLVED_S: f64 = 0.37;
/// A sound of fewer periods is measured by its repetition alone: the peaks of its spectrum are too wide.
const FEW_PERIODS: f64 = 12.0;
/// Length in seconds over which repetition is measured, or four periods where that is longer.
const REPETITION_S: f64 = 0.06;
/// What is left of the confidence where the strongest repetition is that of another frequency.
const DISAGREEMENT: f64 = 0.65;
/// Length in seconds in which the strongest repetition is looked for: three periods of key 21.
const REPEATED_S: f64 = 0.11;
/// Highest pitch that is looked for in repetition, in hertz: key 109.
const HIGHEST_HZ: f64 = 4_450.0;
/// Confidence in the strike note of a bell: its partials agree, but what is heard is a virtual pitch.
const BELL_CONFIDENCE: f64 = 0.7;
/// Least harmonic strength of a bell: noise has partials everywhere, but stays below 0.1.
const LEAST_BELL_STRENGTH: f64 = 0.3;

/// A pitch and the confidence in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pitch {
    /// Fractional MIDI key.
    pub(super) key: f32,
    /// 0 to 1: how exactly the sound repeats at it, less where its partials are not harmonics of it.
    pub(super) confidence: f32,
}

impl Pitch {
    /// Whether the confidence suffices to use it.
    pub(super) fn is_clear(&self) -> bool {
        f64::from(self.confidence) >= CLEAR
    }
}

/// The pitch of the sound, if there is a sound.
pub(super) fn find(samples: &[f32], rate_hz: u32) -> Option<Pitch> {
    let audible = Audible::of(samples, rate_hz as f32)?;
    let sound = Sound { samples: &samples[..audible.length], rate_hz: f64::from(rate_hz) };
    let found = sound.of_one_cycle().or_else(|| sound.of_few_periods()).or_else(|| sound.of_partials(&audible))?;
    let hz = found.hz;
    Some(Pitch { key: hz_to_key(hz) as f32, confidence: found.confidence.clamp(0.0, 1.0) as f32 })
}

/// The pitch of a whole file that is one cycle of a wave.
pub(super) fn of_cycle(samples: &[f32], rate_hz: u32) -> Option<Pitch> {
    let hz = single_cycle::pitch_hz(samples, f64::from(rate_hz))?;
    Some(Pitch { key: hz_to_key(hz) as f32, confidence: 1.0 })
}

/// A frequency in hertz and the confidence in it.
struct Heard {
    hz: f64,
    confidence: f64,
}

/// The audible part of a sound.
#[derive(Clone, Copy)]
struct Sound<'a> {
    samples: &'a [f32],
    rate_hz: f64,
}

impl Sound<'_> {
    fn of_one_cycle(self) -> Option<Heard> {
        let hz = single_cycle::pitch_hz(self.samples, self.rate_hz)?;
        Some(Heard { hz, confidence: 1.0 })
    }

    /// The pitch of a sound of three to twelve periods.
    fn of_few_periods(self) -> Option<Heard> {
        const LEAST_CLARITY: f32 = 0.8;
        // Longer ones hold more periods of any key.
        if self.samples.len() as f64 > FEW_PERIODS * self.rate_hz / 27.0 {
            return None;
        }
        let (clarity, period) = periodicity::strongest(self.samples, self.rate_hz / HIGHEST_HZ)?;
        let is_short = (self.samples.len() as f64) < FEW_PERIODS * period;
        (is_short && clarity >= LEAST_CLARITY)
            .then(|| Heard { hz: self.rate_hz / period, confidence: f64::from(clarity) })
    }

    fn of_partials(self, audible: &Audible) -> Option<Heard> {
        let (all, late) = (&audible.moments[..], &audible.moments[audible.late()..]);
        let strongest = harmonic::strongest(self.samples, self.rate_hz, &[all, late])?;
        let [of_all, of_late] = strongest.as_slice() else { return None };
        // A struck sound may begin with partials that are no harmonics and end with its own.
        let (candidate, moments) = if of_late.strength > of_all.strength { (of_late, late) } else { (of_all, all) };
        let partials = self.partials_around(moments.get(moments.len() / 2)?);
        let hz = without_empty_harmonics(settled(&partials, candidate.hz), &partials);
        let bell_hz = strike_note_of_bell(hz, &self.partials_around(all.get(all.len() / 2)?));
        if let Some(strike_hz) = bell_hz.filter(|_| of_all.strength > LEAST_BELL_STRENGTH) {
            return Some(Heard { hz: self.in_tune(strike_hz, all), confidence: BELL_CONFIDENCE });
        }
        let heard = self.heard_at(hz, moments, &partials);
        if heard.confidence >= CLEAR {
            return Some(self.weighed(heard, moments));
        }
        // A missing fundamental whose harmonics are mostly those of the octave or of the fifth above it.
        let below = [2.0, 3.0].into_iter().map(|part| hz / part).filter(|hz| is_whole_series(*hz, &partials));
        let below = below.map(|hz| self.heard_at(hz, moments, &partials)).find(|heard| heard.confidence >= CERTAIN);
        Some(below.unwrap_or(heard))
    }

    /// The frequency as its partials tell it at some moments, the louder ones with more weight: vibrato moves it.
    fn in_tune(self, hz: f64, moments: &[Moment]) -> f64 {
        const LOOKS: usize = 3;
        let looks = LOOKS.min(moments.len());
        let at = (0..looks).map(|look| &moments[moments.len() * (2 * look + 1) / (2 * looks)]);
        let (mut cents, mut weights) = (0.0, 0.0);
        for moment in at {
            cents += moment.level * offset_cents(&self.partials_around(moment), hz);
            weights += moment.level;
        }
        // Silence at all of these moments has no partials to measure.
        if weights > 0.0 { hz * (cents / weights / 1200.0).exp2() } else { hz }
    }

    /// The confidence in a frequency that is all but found.
    fn heard_at(self, hz: f64, moments: &[Moment], partials: &[Partial]) -> Heard {
        let hz = self.in_tune(hz, moments);
        Heard { hz, confidence: self.repetition(hz, moments) * harmony(explained(partials, hz)) }
    }

    fn partials_around(self, moment: &Moment) -> Vec<Partial> {
        let length = (RESOLVED_S * self.rate_hz) as usize;
        let from = moment.centre.saturating_sub(length / 2).min(self.samples.len());
        partials::partials(&self.samples[from..(from + length).min(self.samples.len())], self.rate_hz)
    }

    /// Less confidence in what is not certain where the strongest repetition is that of another frequency.
    fn weighed(self, heard: Heard, moments: &[Moment]) -> Heard {
        let agrees = heard.confidence >= CERTAIN || self.repeats_at(heard.hz, moments);
        Heard { confidence: heard.confidence * if agrees { 1.0 } else { DISAGREEMENT }, ..heard }
    }

    /// Whether the strongest repetition in the middle of the moments is that of the frequency.
    fn repeats_at(self, hz: f64, moments: &[Moment]) -> bool {
        const NEAR: f64 = 0.03;
        let Some(moment) = moments.get(moments.len() / 2) else { return false };
        let length = (REPEATED_S * self.rate_hz) as usize;
        let from = moment.centre.saturating_sub(length / 2).min(self.samples.len().saturating_sub(length));
        let window = &self.samples[from..(from + length).min(self.samples.len())];
        let found = periodicity::strongest(window, self.rate_hz / HIGHEST_HZ);
        found.is_some_and(|(_, period)| (period * hz / self.rate_hz - 1.0).abs() < NEAR)
    }

    /// The middle of the similarities of one period to the next at all moments.
    fn repetition(self, hz: f64, moments: &[Moment]) -> f64 {
        let period = self.rate_hz / hz;
        let span = (4.0 * period).max(REPETITION_S * self.rate_hz) as usize;
        let at = |moment: &Moment| {
            let last = self.samples.len().saturating_sub(span);
            let from = moment.centre.saturating_sub(span / 2).min(last);
            periodicity::similarity_at(&self.samples[from..(from + span).min(self.samples.len())], period)
        };
        let mut found: Vec<f64> = moments.iter().map(at).collect();
        found.sort_by(f64::total_cmp);
        found.get(found.len() / 2).copied().unwrap_or(0.0)
    }
}

/// The tone of which all partials are harmonics: where only every second or third harmonic of `hz` is there, those are the harmonics.
fn without_empty_harmonics(hz: f64, partials: &[Partial]) -> f64 {
    /// From this frequency on (key 84) no instrument's fundamental is weak, and none is heard that is missing.
    const HIGH_HZ: f64 = 1_040.0;
    let range_db = if hz < HIGH_HZ { 30.0 } else { 9.0 };
    let divisor = harmonics(partials, hz, range_db).into_iter().fold(0, gcd);
    hz * divisor.max(1) as f64
}

/// Whether nearly all partials are harmonics of `hz`, and of nothing above it.
fn is_whole_series(hz: f64, partials: &[Partial]) -> bool {
    const NEARLY_ALL: f64 = 0.9;
    explained(partials, hz) > NEARLY_ALL && without_empty_harmonics(hz, partials) == hz
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The strike note of a bell whose hum note is at `hz`: an octave above it, which is an octave below the nominal and a minor third below the
/// tierce (Rossing, "The Science of Percussion Instruments", 2000). `None` unless all four are there.
fn strike_note_of_bell(hz: f64, partials: &[Partial]) -> Option<f64> {
    /// Hum, prime, tierce and nominal in hum notes, and the least level of each against the strongest partial in dB.
    const PARTIALS: [(f64, f64); 4] = [(1.0, -25.0), (2.0, -20.0), (2.4, -15.0), (4.0, -20.0)];
    const NEAR: f64 = 0.02;
    let is_there = |(place, least_db)| level_at(partials, place * hz, NEAR).is_some_and(|level_db| level_db > least_db);
    PARTIALS.into_iter().all(is_there).then_some(2.0 * hz)
}

/// What the explained part of the partials leaves of the confidence.
fn harmony(explained: f64) -> f64 {
    /// At and above this all of it. The vibrato of choirs and the beats of pianos leave that much.
    const MUCH: f64 = 0.6;
    const LITTLE: f64 = 0.2;
    1.0 - 0.5 * ((MUCH - explained) / (MUCH - LITTLE)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::key_to_hz;

    const RATE_HZ: u32 = 44_100;
    /// Largest error of a found key, in keys: 5 cents.
    const TOLERANCE: f64 = 0.05;
    /// Largest error in sounds of few periods, in keys.
    const SHORT_TOLERANCE: f64 = 0.15;

    /// A sound of partials, each with its place above `key`, its amplitude and its decay per second, in a sound of 2 s.
    fn modes(key: f64, length_s: f64, modes: &[(f64, f64, f64)]) -> Vec<f32> {
        let rate_hz = f64::from(RATE_HZ);
        let audible: Vec<(f64, f64, f64)> =
            modes.iter().copied().filter(|mode| mode.0 * key_to_hz(key) < rate_hz / 2.0).collect();
        let sound = |time_s: f64| {
            let wave = |hz: f64| (std::f64::consts::TAU * hz * time_s).sin();
            let mode = |(place, amplitude, decay): &(f64, f64, f64)| {
                amplitude * (-decay * time_s).exp() * wave(place * key_to_hz(key))
            };
            0.2 * audible.iter().map(mode).sum::<f64>() as f32
        };
        let mut samples: Vec<f32> = (0..(length_s * rate_hz) as usize).map(|n| sound(n as f64 / rate_hz)).collect();
        samples.resize(88_064, 0.0);
        samples
    }

    fn harmonics(count: u32, first: f64) -> Vec<(f64, f64, f64)> {
        let amplitude = |number| if number == 1 { first } else { 1.0 / f64::from(number) };
        (1..=count).map(|number| (f64::from(number), amplitude(number), 1.5)).collect()
    }

    fn found(samples: &[f32]) -> Pitch {
        find(samples, RATE_HZ).expect("there is a sound")
    }

    #[test]
    fn a_tone_has_its_key_from_the_lowest_to_the_highest_of_a_piano() {
        for key in (21..=108).step_by(3).map(|key| f64::from(key) + 0.2).take_while(|key| *key < 108.5) {
            for count in [1, 2, 5, 20] {
                let heard = found(&modes(key, 2.0, &harmonics(count, 1.0)));
                let error = f64::from(heard.key) - key;
                assert!(error.abs() < TOLERANCE && heard.is_clear(), "{key}, {count} partials: {heard:?}");
            }
        }
    }

    #[test]
    fn a_tone_has_its_key_without_its_fundamental() {
        for key in [28.0, 36.0, 47.5, 60.3, 72.0] {
            for count in [4, 8, 20] {
                let heard = found(&modes(key, 2.0, &harmonics(count, 0.0)));
                let error = f64::from(heard.key) - key;
                assert!(error.abs() < TOLERANCE && heard.is_clear(), "{key}, {count} partials: {heard:?}");
            }
        }
    }

    #[test]
    fn three_periods_have_a_key() {
        for key in [30.0, 45.0, 69.0, 84.0, 96.0] {
            for periods in [3.05, 4.4, 8.0, 13.0, 22.0] {
                let heard = found(&modes(key, periods / key_to_hz(key), &harmonics(4, 1.0)));
                let error = f64::from(heard.key) - key;
                assert!(error.abs() < SHORT_TOLERANCE && heard.is_clear(), "{key}, {periods} periods: {heard:?}");
            }
        }
    }

    #[test]
    fn bells_have_the_key_of_their_strike_note() {
        let church = [
            (0.5, 0.5, 0.6),
            (1.0, 0.7, 1.2),
            (1.2, 0.7, 1.5),
            (1.5, 0.2, 2.0),
            (2.0, 1.0, 2.5),
            (3.0, 0.5, 5.0),
            (4.0, 0.3, 7.0),
        ];
        let bar = [(1.0, 1.0, 2.0), (2.756, 0.5, 4.0), (5.404, 0.3, 7.0), (8.933, 0.15, 12.0)];
        let tube = [(2.0, 0.7, 2.0), (2.98, 1.0, 2.2), (4.0, 0.8, 2.6), (5.2, 0.5, 3.0), (6.4, 0.25, 4.0)];
        for key in [52.0, 60.5, 69.0, 76.0] {
            for bell in [&church[..], &bar, &tube] {
                let heard = found(&modes(key, 2.0, bell));
                let error = f64::from(heard.key) - key;
                assert!(error.abs() < TOLERANCE && heard.is_clear(), "{key}, {bell:?}: {heard:?}");
            }
            // Frequency modulation of ratio 1.4, whose index falls: the true period is that of a fifth of the carrier.
            let modulated = |n: usize| {
                let time_s = n as f64 / f64::from(RATE_HZ);
                let phase = std::f64::consts::TAU * key_to_hz(key) * time_s;
                ((-1.5 * time_s).exp() * (phase + 2.0 * (-2.0 * time_s).exp() * (1.4 * phase).sin()).sin()) as f32
            };
            let heard = found(&(0..88_064).map(modulated).collect::<Vec<f32>>());
            assert!((f64::from(heard.key) - key).abs() < TOLERANCE && heard.is_clear(), "{key}, modulated: {heard:?}");
        }
    }

    #[test]
    fn noise_is_not_believed_and_silence_has_no_pitch() {
        for seed in 1..6_u32 {
            for decay in [0.0, 5.0, 30.0] {
                let mut state = seed;
                let mut random = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state as f32 / u32::MAX as f32 - 0.5
                };
                let noise: Vec<f32> =
                    (0..RATE_HZ).map(|n| random() * (-decay * n as f32 / RATE_HZ as f32).exp()).collect();
                assert!(!found(&noise).is_clear(), "seed {seed}, decay {decay}");
            }
        }
        assert_eq!(find(&vec![0.0; RATE_HZ as usize], RATE_HZ), None);
        assert_eq!(find(&[], RATE_HZ), None);
        assert!(find(&[0.5], RATE_HZ).is_none_or(|pitch| !pitch.is_clear()));
    }
}
