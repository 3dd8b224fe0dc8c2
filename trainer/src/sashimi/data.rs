//! A corpus as samples of the model's rate and length, and as the levels of its quantisation.

use anyhow::{Result, ensure};
use engine::decode::raw::{LOWEST_DB, MEMORIES_S, UNITS_S};
use engine::pack::{LEVELS, Quantisation};
use engine::sample::resample;
use tch::{Kind, Tensor};

use super::config::RunConfig;
use crate::corpus::classes::class_of;
use crate::corpus::{Corpus, Item};

/// Fade at the end of a sound that is longer, in seconds.
const FADE_S: f64 = 0.02;
/// Place of the sample 0 in [`Levels`].
const MIDDLE: i64 = 32_768;
/// Full scale of the stored samples.
pub const FULL_SCALE: f32 = 32_767.0;

/// Sounds and their classes.
#[derive(Debug)]
pub struct SoundData {
    /// `[sound, sample]`, 16 bits.
    samples: Tensor,
    /// `[sound, class]`, 1 for its own; no columns without classes.
    pub classes: Tensor,
}

impl SoundData {
    /// Reads those of `items` that are of a class of `config`.
    ///
    /// # Errors
    /// No item is left, or a sound of the corpus cannot be read or converted.
    pub fn load(corpus: &Corpus, items: &[&Item], config: &RunConfig) -> Result<Self> {
        let how = Prepared { rate_hz: config.sample_rate_hz, length_samples: config.length_samples };
        let mut sounds = Vec::new();
        let mut places = Vec::new();
        for item in items {
            let place =
                config.classes.iter().position(|class| Some(class.as_str()) == class_of(item, &config.class_label));
            if place.is_none() && !config.classes.is_empty() {
                continue;
            }
            sounds.push(Tensor::from_slice(&prepared(corpus, item, how)?));
            places.push(place.unwrap_or(0) as i64);
        }
        ensure!(
            !sounds.is_empty(),
            "the corpus has no sound of the classes {} in this split",
            config.classes.join(", ")
        );
        let classes = match config.classes.len() {
            0 => Tensor::zeros([sounds.len() as i64, 0], tch::kind::FLOAT_CPU),
            count => Tensor::from_slice(&places).one_hot(count as i64).to_kind(Kind::Float),
        };
        Ok(Self { samples: Tensor::stack(&sounds, 0), classes })
    }

    /// Of samples of 16 bits, `[sound, sample]`, and class weights, `[sound, class]`.
    #[cfg(test)]
    pub fn of_samples(samples: Tensor, classes: Tensor) -> Self {
        Self { samples, classes }
    }

    /// Number of sounds.
    pub fn len(&self) -> i64 {
        self.samples.size()[0]
    }

    /// Samples of sounds by their numbers, `[sound, sample]`, as places in [`Levels`].
    pub fn choose(&self, numbers: &Tensor) -> Tensor {
        self.samples.index_select(0, numbers).to_kind(Kind::Int64) + MIDDLE
    }
}

/// Highest frequency of [`drifting`], below that of every sound.
const DRIFT_HZ: f64 = 20.0;

/// What [`SoundData::choose`] gives with a slow sine in each sound, of another strength, frequency from 0 to 20 Hz and phase; the strengths'
/// spread over all sounds is `spread`, a part of full scale. A network that hears its own offset so learns to go back from it.
pub fn drifting(samples: &Tensor, spread: f64, rate_hz: u32) -> Tensor {
    let size = samples.size();
    let each = |draw: fn(&Tensor) -> Tensor| draw(&Tensor::zeros([size[0], 1], (Kind::Float, samples.device())));
    let turns = Tensor::arange(size[1], (Kind::Float, samples.device())) * (DRIFT_HZ / f64::from(rate_hz));
    let phases = (each(Tensor::rand_like) * turns + each(Tensor::rand_like)) * std::f64::consts::TAU;
    let drift = phases.sin() * each(Tensor::randn_like) * (spread * f64::from(FULL_SCALE));
    (samples + drift.round().to_kind(Kind::Int64)).clamp(0, 2 * MIDDLE - 1)
}

/// Levels of the frames of what [`SoundData::choose`] gives, in dBFS, `[sound, frame]`; the engine's `level_db`.
pub fn envelopes_db(samples: &Tensor, frame: usize) -> Tensor {
    let (frame, size) = (frame.max(1) as i64, samples.size());
    let frames = (size[1] + frame - 1) / frame;
    let powers = ((samples - MIDDLE).to_kind(Kind::Float) / f64::from(FULL_SCALE)).square();
    let powers = powers.constant_pad_nd([0i64, frames * frame - size[1]].as_slice());
    let power = powers.view([size[0], frames, frame]).mean_dim([-1i64].as_slice(), false, Kind::Float);
    (power.log10() * 10.0).clamp_min(f64::from(LOWEST_DB))
}

/// How sounds are prepared.
#[derive(Clone, Copy, Debug)]
pub struct Prepared {
    pub rate_hz: u32,
    /// Length of every sound.
    pub length_samples: usize,
}

/// A sound of the corpus at this rate and length, cut with a fade or filled up with silence, of 16 bits.
///
/// # Errors
/// It cannot be read or converted.
pub fn prepared(corpus: &Corpus, item: &Item, how: Prepared) -> Result<Vec<i16>> {
    let mut samples = resample(&corpus.samples(item)?, corpus.manifest.sample_rate_hz, how.rate_hz)?;
    if samples.len() > how.length_samples {
        samples.truncate(how.length_samples);
        let fade = (FADE_S * f64::from(how.rate_hz)) as usize;
        let faded = samples.iter_mut().rev().take(fade).enumerate();
        faded.for_each(|(from_end, sample)| *sample *= from_end as f32 / fade as f32);
    }
    samples.resize(how.length_samples, 0.0);
    Ok(samples.iter().map(|sample| (sample * FULL_SCALE).round() as i16).collect())
}

/// The levels of all samples of 16 bits, computed as the engine computes them.
#[derive(Debug)]
pub struct Levels {
    of_samples: Tensor,
    /// Samples of the levels, full scale ±1.
    samples: Tensor,
    steps: i64,
    silence: i64,
    half: f64,
}

impl Levels {
    /// Of this quantisation.
    pub fn new(quantisation: Quantisation) -> Self {
        let level = |sample: i16| quantisation.level(f32::from(sample) / FULL_SCALE) as i64;
        let of_samples: Vec<i64> = (i16::MIN..=i16::MAX).map(level).collect();
        Self {
            of_samples: Tensor::from_slice(&of_samples),
            samples: Tensor::from_slice(
                &(0..quantisation.levels()).map(|level| f64::from(quantisation.sample(level))).collect::<Vec<_>>(),
            ),
            steps: (quantisation.levels() / LEVELS) as i64,
            silence: quantisation.level(0.0) as i64,
            half: quantisation.half(),
        }
    }

    /// Levels of what [`SoundData::choose`] gives.
    pub fn of(&self, samples: &Tensor) -> Tensor {
        self.of_samples.index_select(0, &samples.view(-1)).view_as(samples)
    }

    /// What the network hears before each of these levels: the one before it, silence at first.
    pub fn before(&self, levels: &Tensor) -> Tensor {
        let length = levels.size()[1];
        let first = Tensor::full_like(&levels.narrow(1, 0, 1), self.silence);
        Tensor::cat(&[first, levels.narrow(1, 0, length - 1)], 1)
    }

    /// `heard`, `[sound, sample]`, with noise: in each sound of another strength, whose spread over all sounds is `spread` steps of 256.
    pub fn noisy(&self, heard: &Tensor, spread: f64) -> Tensor {
        let size = heard.size();
        let kind = (Kind::Float, heard.device());
        let strengths = Tensor::randn([size[0], 1], kind) * (spread * self.steps as f64);
        let noise = (Tensor::randn([size[0], size[1]], kind) * strengths).round().to_kind(Kind::Int64);
        (heard + noise).clamp(0, (2.0 * self.half) as i64 - 1)
    }

    /// The parts of the sum of levels up to each of them, `[sound, sample, part]`; the engine's `Sums`.
    pub fn sums(&self, levels: &Tensor, rate_hz: u32) -> Tensor {
        let samples = self.samples.to_device(levels.device()).index_select(0, &levels.view(-1)).view_as(levels);
        let [short, long] = MEMORIES_S.map(|memory_s| leaky_sum(&samples, memory_s * f64::from(rate_hz)));
        let all = samples.cumsum(1, Kind::Double);
        let parts = [&short / UNITS_S[0], (&long - &short) / UNITS_S[1], (all - &long) / UNITS_S[2]];
        (Tensor::stack(&parts, -1) / f64::from(rate_hz)).to_kind(Kind::Float)
    }

    /// The levels' places on the companded curve, `[level]`.
    pub fn curves(&self) -> Tensor {
        self.curve(&Tensor::arange(self.samples.size()[0], (Kind::Int64, self.samples.device())))
    }

    /// Levels on the companded curve, from −1 to 1.
    pub fn curve(&self, levels: &Tensor) -> Tensor {
        (levels.to_kind(Kind::Float) - self.half) / self.half
    }

    /// What is heard of levels, as [`Quantisation::heard`] says.
    pub fn heard(&self, levels: &Tensor) -> (Tensor, Tensor) {
        let coarse = (levels + self.steps / 2).divide_scalar_mode(self.steps, "floor").clamp_max(LEVELS as i64 - 1);
        let fine = (levels - &coarse * self.steps).to_kind(Kind::Float) / self.steps as f64;
        (coarse, fine)
    }
}

/// The sum of samples, `[sound, sample]`, up to each of them, in which they fade by e within `memory` samples: a convolution by FFT.
fn leaky_sum(samples: &Tensor, memory: f64) -> Tensor {
    let length = samples.size()[1];
    let kernel = (Tensor::arange(length, (Kind::Double, samples.device())) / -memory).exp();
    let spectrum = |x: &Tensor| x.fft_rfft(2 * length, -1, "backward");
    (spectrum(samples) * spectrum(&kernel)).fft_irfft(2 * length, -1, "backward").narrow(1, 0, length)
}
