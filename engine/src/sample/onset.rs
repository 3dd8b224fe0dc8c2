//! Where in a recording its sound begins: above the floor of its own noise, after clicks. Worker and main threads only; allocates.

mod bands;
mod lead;

use super::high_pass::without_infrasound;
use crate::units::db_to_gain;

/// In a recording without noise a sound begins where it first comes within this of its peak, in dB.
const BELOW_PEAK_DB: f32 = -40.0;
/// How much later an onset may be without the infrasound before that counts as sound, in seconds: the filter moves an attack by less.
const INFRASOUND_S: f64 = 0.02;
/// Length of a level measurement, in seconds.
const FRAME_S: f64 = 0.005;
/// Time below the floor that ends a sound, in seconds.
const GAP_S: f64 = 0.05;
/// Power at which a sound begins, relative to the noise floor: 6 dB.
const ABOVE_FLOOR: f64 = 4.0;
/// The length of a sound is that of its moments with more than this part of its largest power, 20 dB.
const LENGTH_PART: f64 = 0.01;
/// Energy is compared over the first part of each sound, in seconds.
const COMPARED_S: f64 = 0.5;
/// What is shorter than the first value, in seconds, and has less than the second part of the energy of the loudest sound is no sound: a
/// click of 20 ms at −10 dB, handling noise of 0.3 s at −26 dB. Set on the sounds of `examples/hear_keys`.
const NOT_SOUNDS: [(f64, f64); 2] = [(0.02, 0.1), (0.3, 0.0025)];
/// Clicks in front of a sound that are passed over at most.
const MOST_CLICKS: usize = 16;

/// Where a sound begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Onset {
    /// Index of the first sample of the sound.
    pub(super) at: usize,
    /// Whether there is noise in front of it, so that its first moments may lie before `at`.
    pub(super) is_in_noise: bool,
}

/// The onset of the first sound in samples that are not all silent.
pub(super) fn onset(samples: &[f32], rate_hz: u32) -> Onset {
    let audible = without_infrasound(samples, rate_hz);
    let mut from = 0;
    for _ in 0..MOST_CLICKS {
        let onset = first_onset(&audible[from..], rate_hz);
        match end_of_click(&audible[from..], onset, rate_hz) {
            Some(end) => from += end,
            None if from > 0 => return Onset { at: from + onset.at, ..onset },
            None => return with_infrasound(samples, onset, rate_hz),
        }
    }
    let onset = first_onset(&audible[from..], rate_hz);
    Onset { at: from + onset.at, ..onset }
}

/// The onset as the samples themselves have it, unless that is only infrasound.
fn with_infrasound(samples: &[f32], onset: Onset, rate_hz: u32) -> Onset {
    let raw = near_peak(samples);
    let is_infrasound = raw + ((INFRASOUND_S * f64::from(rate_hz)) as usize) < onset.at;
    if onset.is_in_noise || is_infrasound { onset } else { Onset { at: raw, ..onset } }
}

/// The onset of the first sound or click.
fn first_onset(samples: &[f32], rate_hz: u32) -> Onset {
    match lead::floor(samples, rate_hz).and_then(|floor| bands::onset_above(samples, floor, rate_hz)) {
        Some(at) => Onset { at, is_in_noise: true },
        None => Onset { at: near_peak(samples), is_in_noise: false },
    }
}

/// Index of the first sample within [`BELOW_PEAK_DB`] of the peak.
fn near_peak(samples: &[f32]) -> usize {
    let peak = samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
    let threshold = peak * db_to_gain(BELOW_PEAK_DB);
    samples.iter().position(|v| v.abs() >= threshold).unwrap_or(0)
}

/// Where what begins at `onset` ends, if it is no sound and one follows.
fn end_of_click(samples: &[f32], onset: Onset, rate_hz: u32) -> Option<usize> {
    let frame = ((FRAME_S * f64::from(rate_hz)) as usize).max(1);
    let powers: Vec<f64> = samples.chunks(frame).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let before = onset.at / frame;
    let floor = if onset.is_in_noise { mean(&powers[..before.max(1)]) } else { 0.0 };
    let silence = (floor * ABOVE_FLOOR).max(loudest * f64::from(db_to_gain(BELOW_PEAK_DB)).powi(2));
    let gap = (GAP_S / FRAME_S) as usize;
    let sounds = sounds(&powers, silence, gap);
    let compared = (COMPARED_S / FRAME_S) as usize;
    let energy = |&(begin, end): &(usize, usize)| powers[begin..end.min(begin + compared)].iter().sum::<f64>();
    let first = sounds.iter().position(|(_, end)| *end > before)?;
    let here = &sounds[first];
    let loudest = sounds[first + 1..].iter().map(energy).fold(0.0, f64::max);
    let own = &powers[here.0..here.1];
    let own_loudest = own.iter().copied().fold(0.0, f64::max);
    let length_s = own.iter().filter(|power| **power > LENGTH_PART * own_loudest).count() as f64 * FRAME_S;
    let is_click = |(longest_s, part): (f64, f64)| length_s < longest_s && energy(here) < part * loudest;
    NOT_SOUNDS.into_iter().any(is_click).then(|| (here.1 * frame).min(samples.len()))
}

/// Begin and end of every stretch of frames that is louder than `silence`; shorter gaps than `gap` frames do not end one.
fn sounds(powers: &[f64], silence: f64, gap: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (index, _) in powers.iter().enumerate().filter(|(_, power)| **power > silence) {
        match found.last_mut() {
            Some((_, end)) if index < *end + gap => *end = index + 1,
            _ => found.push((index, index + 1)),
        }
    }
    found
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / samples.len().max(1) as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 44_100;
    /// Where the sounds of these tests begin, in samples: after a second.
    const AT: usize = 44_100;
    /// Largest distance of an onset in noise from where the sound begins, in samples: 20 ms.
    const TOLERANCE: usize = 882;

    fn noise(count: usize, level_db: f32, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 * 2.0 - 1.0
        };
        // A uniform distribution has a root mean square of 1/√3.
        (0..count).map(|_| random() * 3.0_f32.sqrt() * db_to_gain(level_db)).collect()
    }

    /// A decaying tone of a second and a half, after `lead` samples of silence.
    fn tone(lead: usize, hz: f32, attack_s: f32, level: f32) -> Vec<f32> {
        let sound = |n: usize| {
            let time_s = n as f32 / RATE_HZ as f32;
            let partials =
                (1..4).map(|h| (std::f32::consts::TAU * hz * h as f32 * time_s).sin() / h as f32).sum::<f32>();
            level * partials * (-2.0 * time_s).exp() * (time_s / attack_s).min(1.0)
        };
        (0..lead + 66_150).map(|n| n.checked_sub(lead).map_or(0.0, sound)).collect()
    }

    fn add(samples: &mut [f32], from: usize, other: &[f32]) {
        samples[from..].iter_mut().zip(other).for_each(|(sample, other)| *sample += other);
    }

    #[test]
    fn a_sound_begins_above_the_noise_in_front_of_it() {
        for (seed, level_db) in [-70.0, -60.0, -54.0, -48.0, -40.0].into_iter().enumerate() {
            for (hz, attack_s) in [(110.0, 0.003), (440.0, 0.02), (1_760.0, 0.003)] {
                let mut samples = tone(AT, hz, attack_s, 0.4);
                let length = samples.len();
                add(&mut samples, 0, &noise(length, level_db, seed as u32 + 1));
                let found = onset(&samples, RATE_HZ);
                assert!(found.at.abs_diff(AT) < TOLERANCE, "{level_db} dB, {hz} Hz: {found:?}");
            }
        }
    }

    #[test]
    fn clicks_and_handling_in_front_of_a_sound_are_not_it() {
        for level_db in [-200.0, -60.0, -50.0] {
            for (click, click_db) in [(20, -3.0), (300, -15.0), (4_000, -35.0)] {
                let mut samples = tone(AT, 330.0, 0.003, 0.4);
                let length = samples.len();
                add(&mut samples, 0, &noise(length, level_db, 7));
                add(&mut samples, 20_000, &noise(click, click_db, 9));
                let found = onset(&samples, RATE_HZ);
                assert!(
                    found.at.abs_diff(AT) < TOLERANCE,
                    "{level_db} dB, {click} samples at {click_db} dB: {found:?}"
                );
            }
        }
    }

    #[test]
    fn without_noise_a_sound_begins_near_its_peak_however_slow_it_is() {
        for attack_s in [0.001, 0.02, 0.5, 1.5] {
            for lead in [0, 500, AT] {
                let samples = tone(lead, 220.0, attack_s, 0.4);
                assert_eq!(onset(&samples, RATE_HZ), Onset { at: near_peak(&samples), is_in_noise: false });
            }
        }
    }

    #[test]
    fn a_soft_hit_before_a_loud_one_is_the_first_sound() {
        let mut samples = tone(AT, 100.0, 0.003, 0.6);
        let hit: Vec<f32> =
            noise(3_000, -12.0, 3).iter().enumerate().map(|(n, v)| v * (-(n as f32) / 800.0).exp()).collect();
        add(&mut samples, 11_000, &hit);
        assert!(onset(&samples, RATE_HZ).at.abs_diff(11_000) < TOLERANCE);
    }

    #[test]
    fn offset_and_infrasound_in_front_of_a_sound_are_not_it() {
        let mut samples = tone(AT, 220.0, 0.003, 0.4);
        samples.iter_mut().for_each(|v| *v += 0.02);
        assert!(onset(&samples, RATE_HZ).at.abs_diff(AT) < TOLERANCE);
        let rumble = |n: usize| 0.05 * (std::f32::consts::TAU * 2.0 * n as f32 / RATE_HZ as f32).sin();
        let length = samples.len();
        add(&mut samples, 0, &(0..length).map(rumble).collect::<Vec<f32>>());
        assert!(onset(&samples, RATE_HZ).at.abs_diff(AT) < TOLERANCE);
    }

    #[test]
    fn nothing_makes_no_trouble() {
        for samples in [vec![], vec![0.0; 10], vec![0.3], vec![0.3; 50_000]] {
            assert!(onset(&samples, RATE_HZ).at <= samples.len());
        }
    }
}
