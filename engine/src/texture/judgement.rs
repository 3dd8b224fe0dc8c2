//! How much a recording is a texture: whether it stays the same over time, and whether it is tonal music.

use super::beat::beat;
use super::levels::{Levels, SEGMENT};
use super::lines::{TOGETHER_SHARE, held_together};
use super::source::Source;
use super::tones::Spectra;

/// So much of a recording is looked at, in seconds.
const LONGEST_S: usize = 60;
/// Parts whose levels are compared.
const PARTS: usize = 8;
/// Shortest part in frames of 10 ms.
const LEAST_PART: usize = 25;
/// Above this deviation of the levels between parts a recording is not stationary, in dB.
const UNSTEADY_DB: f64 = 6.0;
/// Above this clearness of the beat a recording is music. Of seven pieces of music of a game all are above (0.50 to 0.93), of 15 loops of percussion
/// and synthesizers 14; of 21 natural textures none (highest 0.32: insects at night), nor of 13 further ones.
const BEAT: f64 = 0.35;
/// Above this product a recording is tonal as music is: the share of its energy in tones, times what the moment tells of their pitch in bits. It must
/// have something of a beat, too: frogs at night are at 1.2 without one.
const MUSIC_BITS: f64 = 0.9;
const TONAL_BEAT: f64 = 0.2;
/// Above this share of the energy in a twentieth of the time a recording is single events.
const SPARSE: f64 = 0.95;
/// Pitches that count as those of music, in Hz: birds and insects are above.
const PITCH_HZ: [f64; 2] = [60.0, 2_000.0];
/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Standard deviation of the band levels between eight parts of the recording, in dB, mean over the bands.
    pub drift_db: f64,
    /// Share of the energy between 60 and 2000 Hz that is in tones, 0 to 1.
    pub tonality: f64,
    /// How much the pitches of those tones change: mutual information of time and semitone, in bits.
    pub pitch_change_bits: f64,
    /// Share of the time in which two or more tones hold their pitch, 0 to 1.
    pub held_together: f64,
    /// Share of the energy in the loudest twentieth of the time.
    pub peak_energy: f64,
    /// How clear a beat is: autocorrelation of what rises in all bands together, mean over one to four beats, 0 to 1.
    pub beat: f64,
}

impl Judgement {
    /// Of a recording.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let length = source.len().min(LONGEST_S * source.rate_hz() as usize);
        let channels: Vec<&[f32]> = source.channels().iter().map(|channel| &channel[..length]).collect();
        let [tonality, pitch_change_bits] = tones(&channels, source.rate_hz());
        let levels = Levels::new(&channels, source.rate_hz(), None);
        Self {
            drift_db: drift_db(&levels),
            beat: beat(&levels),
            tonality,
            pitch_change_bits,
            held_together: held_together(&channels, source.rate_hz()),
            peak_energy: peak_energy(&channels, source.rate_hz()),
        }
    }

    /// What the user should know before a texture is made, if anything.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let share = 100.0 * self.tonality;
        if self.tonality * self.pitch_change_bits > MUSIC_BITS && self.beat > TONAL_BEAT {
            return Some(format!(
                "this is tonal music or the like ({share:.0} % of the energy in tones that change): the result will not sound like it"
            ));
        }
        if self.held_together > TOGETHER_SHARE {
            return Some(format!(
                "this is tonal music or the like ({:.0} % of the time with several tones that are held): the result will not sound like it",
                100.0 * self.held_together
            ));
        }
        if self.beat > BEAT {
            return Some(format!("this has a beat, as music has ({:.2} of 1): the result will not keep it", self.beat));
        }
        if self.peak_energy > SPARSE {
            return Some(format!(
                "this is single events, not a texture ({:.0} % of the energy in a twentieth of the time): they will be scattered",
                100.0 * self.peak_energy
            ));
        }
        (self.drift_db > UNSTEADY_DB).then(|| {
            format!(
                "this does not stay the same ({:.1} dB between its parts): the result will mix its parts",
                self.drift_db
            )
        })
    }
}

fn drift_db(levels: &Levels) -> f64 {
    let parts = (levels.segments() / LEAST_PART).clamp(1, PARTS);
    let length = levels.segments() / parts;
    let means: Vec<Vec<f64>> = (0..parts)
        .map(|part| {
            let count = length.div_ceil(SEGMENT) as f64;
            let mut mean = vec![0.0; levels.segment(0).len()];
            for frame in (part * length..(part + 1) * length).step_by(SEGMENT) {
                mean.iter_mut().zip(levels.segment(frame)).for_each(|(mean, level)| *mean += f64::from(*level) / count);
            }
            mean
        })
        .collect();
    let bands = levels.segment(0).len();
    let deviation = |band: usize| {
        let mean = means.iter().map(|part| part[band]).sum::<f64>() / parts as f64;
        (means.iter().map(|part| (part[band] - mean).powi(2)).sum::<f64>() / parts as f64).sqrt()
    };
    (0..bands).map(deviation).sum::<f64>() / bands as f64
}

fn peak_energy(channels: &[&[f32]], rate_hz: u32) -> f64 {
    let block = (rate_hz / 100).max(1) as usize;
    let blocks = channels.first().map_or(0, |channel| channel.len() / block);
    let mut energies: Vec<f64> = (0..blocks)
        .map(|at| {
            let part = channels.iter().flat_map(|channel| &channel[at * block..][..block]);
            part.map(|sample| f64::from(*sample).powi(2)).sum()
        })
        .collect();
    energies.sort_by(|a, b| b.total_cmp(a));
    let all: f64 = energies.iter().sum();
    energies.iter().take(energies.len().div_ceil(20)).sum::<f64>() / all.max(1e-30)
}

/// Share of the energy in tones, and the mutual information of time and semitone.
fn tones(channels: &[&[f32]], rate_hz: u32) -> [f64; 2] {
    let size = (rate_hz as usize / 12).next_power_of_two();
    let spectra = Spectra::new(channels, rate_hz, size, size / 2);
    let (mut all, mut tonal) = (0.0, 0.0);
    let mut frames: Vec<Vec<f64>> = Vec::new();
    for frame in spectra.frames() {
        all += frame[spectra.bins_of(PITCH_HZ)].iter().map(|value| f64::from(*value)).sum::<f64>();
        let mut pitches = vec![0.0; 64];
        for tone in spectra.tones(frame, PITCH_HZ) {
            let semitone = (12.0 * (tone.hz / PITCH_HZ[0]).log2()).round().max(0.0) as usize;
            pitches[semitone.min(63)] += tone.energy;
            tonal += tone.energy;
        }
        frames.push(pitches);
    }
    [(tonal / all.max(1e-30)).min(1.0), information(&frames)]
}

/// Entropy of the mean distribution less the mean entropy, each frame weighted by its energy.
fn information(frames: &[Vec<f64>]) -> f64 {
    let all: f64 = frames.iter().flatten().sum();
    if all <= 0.0 {
        return 0.0;
    }
    let entropy = |distribution: &[f64]| {
        let sum: f64 = distribution.iter().sum();
        let parts = distribution.iter().filter(|value| **value > 0.0).map(|value| value / sum);
        -parts.map(|part| part * part.log2()).sum::<f64>()
    };
    let mut mean = vec![0.0; frames.first().map_or(0, Vec::len)];
    for frame in frames {
        mean.iter_mut().zip(frame).for_each(|(mean, value)| *mean += value);
    }
    let within: f64 = frames.iter().map(|frame| frame.iter().sum::<f64>() / all * entropy(frame)).sum();
    entropy(&mean) - within
}
