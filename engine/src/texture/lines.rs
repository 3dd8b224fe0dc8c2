//! Tones that hold their pitch while others sound, as those of instruments do. Birds and frogs call one tone at a time, or one that
//! glides; the resonances of wind and water waver; the hum of the mains never ends.

use super::tones::{Spectra, Tone};

/// Pitches that are looked at, in Hz.
const PITCH_HZ: [f64; 2] = [60.0, 4_000.0];
/// Windows in a second, before they are made a power of two long, and frames in a window.
const WINDOWS_PER_S: usize = 6;
const OVERLAP: usize = 4;
/// A tone is not so far below the loudest frame, in power.
const LEAST: f64 = 1e-6;
/// From frame to frame the pitch of a line moves by at most so many cents, or this part of a bin.
const STEP_CENTS: f64 = 25.0;
const STEP_BINS: f64 = 0.35;
/// Its deviation from its mean pitch, in cents, and its length in seconds.
const HELD_CENTS: f64 = 35.0;
const HELD_S: [f64; 2] = [0.3, 30.0];
/// So many lines at a time are more than one voice of nature.
const TOGETHER: u32 = 2;
/// Above this share of the time in which two or more tones hold their pitch a recording is music, without a beat, too. Set by a prototype at twice the
/// highest of every second one of 66 natural recordings (0.09). By this program 65 of them are at 0.01 or less and a cock's crow is at 1; of 35 pieces
/// of music one without a beat is below, which is a recording of wind.
pub(super) const TOGETHER_SHARE: f64 = 0.2;

/// A tone that is followed from frame to frame.
struct Line {
    first: usize,
    frames: usize,
    first_hz: f64,
    last_hz: f64,
    /// Energy, and the sums of cents above the first pitch and of their squares, each weighted by energy.
    energy: f64,
    cents: [f64; 2],
}

impl Line {
    fn new(frame: usize, hz: f64, energy: f64) -> Self {
        Self { first: frame, frames: 1, first_hz: hz, last_hz: hz, energy, cents: [0.0; 2] }
    }

    fn add(&mut self, hz: f64, energy: f64) {
        let cents = cents(self.first_hz, hz);
        self.frames += 1;
        self.last_hz = hz;
        self.energy += energy;
        self.cents[0] += energy * cents;
        self.cents[1] += energy * cents * cents;
    }

    /// Whether it holds its pitch for a time that is neither too short nor all there is.
    fn is_held(&self, frame_s: f64, all: usize) -> bool {
        let [mean, square] = self.cents.map(|sum| sum / self.energy);
        let seconds = self.frames as f64 * frame_s;
        let is_whole = self.frames + 1 >= all;
        (square - mean * mean).max(0.0).sqrt() < HELD_CENTS && (HELD_S[0]..HELD_S[1]).contains(&seconds) && !is_whole
    }
}

/// The share of the time in which two or more tones hold their pitch, 0 to 1.
pub(super) fn held_together(channels: &[&[f32]], rate_hz: u32) -> f64 {
    let size = (rate_hz as usize / WINDOWS_PER_S).next_power_of_two();
    let hop = size / OVERLAP;
    let spectra = Spectra::new(channels, rate_hz, size, hop);
    let counts = counts(&spectra, hop as f64 / f64::from(rate_hz));
    counts.iter().filter(|count| **count >= TOGETHER).count() as f64 / counts.len().max(1) as f64
}

/// How many tones hold their pitch in each frame.
fn counts(spectra: &Spectra, frame_s: f64) -> Vec<u32> {
    let frames: Vec<&[f32]> = spectra.frames().collect();
    let sum = |frame: &&[f32]| frame.iter().map(|value| f64::from(*value)).sum::<f64>();
    let least = LEAST * frames.iter().map(sum).fold(0.0, f64::max);
    let mut counts = vec![0; frames.len()];
    let mut sounding: Vec<Line> = Vec::new();
    for at in 0..=frames.len() {
        let mut ended = std::mem::take(&mut sounding);
        let tones = frames.get(at).map_or_else(Vec::new, |frame| spectra.tones(frame, PITCH_HZ));
        for Tone { hz, energy } in tones.into_iter().filter(|tone| tone.energy > least) {
            let step = STEP_CENTS.max(STEP_BINS * cents(hz, hz + spectra.bin_hz));
            let away = |line: &Line| cents(line.last_hz, hz).abs();
            let near = (0..ended.len()).filter(|line| away(&ended[*line]) < step);
            match near.min_by(|a, b| away(&ended[*a]).total_cmp(&away(&ended[*b]))) {
                Some(line) => {
                    let mut line = ended.swap_remove(line);
                    line.add(hz, energy);
                    sounding.push(line);
                }
                None => sounding.push(Line::new(at, hz, energy)),
            }
        }
        for line in ended.iter().filter(|line| line.is_held(frame_s, frames.len())) {
            counts[line.first..line.first + line.frames].iter_mut().for_each(|count| *count += 1);
        }
    }
    counts
}

fn cents(from_hz: f64, to_hz: f64) -> f64 {
    1200.0 * (to_hz / from_hz).log2()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::texture::random::Random;

    const RATE_HZ: u32 = 22_050;

    /// Twelve seconds of what `pitches_hz` gives at each time in seconds, under noise.
    fn sound(noise: f32, pitches_hz: impl Fn(f64) -> Vec<(f64, f64)>) -> Vec<f32> {
        let mut random = Random::new(1);
        let mut phases = [0.0_f64; 8];
        (0..12 * RATE_HZ)
            .map(|n| {
                let tones = pitches_hz(f64::from(n) / f64::from(RATE_HZ));
                let mut sum = noise * (random.unit() - 0.5);
                for (phase, (hz, gain)) in phases.iter_mut().zip(tones) {
                    *phase += hz / f64::from(RATE_HZ);
                    sum += 0.1 * (gain * (TAU * *phase).sin()) as f32;
                }
                sum
            })
            .collect()
    }

    fn share(sound: &[f32]) -> f64 {
        held_together(&[sound], RATE_HZ)
    }

    #[test]
    fn slow_chords_are_told_from_voices_of_nature_and_from_hum() {
        // Chords of 3 s that swell: no beat, and tones that hardly change.
        let chords = [[48.0, 55.0, 64.0], [45.0, 52.0, 60.0], [41.0, 53.0, 57.0], [43.0, 50.0, 59.0]];
        let pads = sound(0.02, |time_s| {
            let chord = chords[(time_s / 3.0) as usize % 4];
            let swell = (time_s / 3.0 * std::f64::consts::PI).sin().powi(2);
            chord.iter().map(|key| (440.0 * ((key - 69.0) / 12.0_f64).exp2(), swell)).collect()
        });
        let found = share(&pads);
        assert!(found > 0.6, "{found} of slow chords");

        // One call at a time at a steady pitch, calls that glide and overlap, the hum of the mains.
        let call = |time_s: f64, every_s: f64| if time_s % every_s < 0.5 * every_s { 1.0 } else { 0.0 };
        let owl = sound(0.05, |time_s| vec![(400.0, call(time_s, 1.6))]);
        let gulls = sound(0.05, |time_s| {
            let glide = |every_s: f64| 1.0 + 0.4 * (time_s % every_s) / every_s;
            vec![(900.0 * glide(0.9), call(time_s, 0.9)), (1_400.0 * glide(0.7), call(time_s, 0.7))]
        });
        let hum = sound(0.05, |_| [50.0, 100.0, 150.0, 300.0].map(|hz| (hz, 1.0)).to_vec());
        let noise = sound(0.5, |_| Vec::new());
        for (name, sound) in [("owl", owl), ("gulls", gulls), ("hum", hum), ("noise", noise)] {
            let found = share(&sound);
            assert!(found < TOGETHER_SHARE / 2.0, "{found} of {name}");
        }
    }

    #[test]
    fn silence_and_single_samples_hold_no_tones() {
        for length in [0, 1, 5_000, 50_000] {
            assert_eq!(share(&vec![0.0; length]), 0.0);
        }
    }
}
