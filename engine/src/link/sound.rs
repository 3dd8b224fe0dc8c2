//! What determines a sound, and what is known of it before its samples. Plain values; any thread, the audio thread included.

use super::assets::AssetMix;
use super::sources::SourceId;
use super::stretch::StretchMap;
use crate::units::Latent;

/// Channels of a stereo sound, and the most that a sound has.
pub const MAX_CHANNELS: usize = 2;

/// What is done to the frames between decoder and vocoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shaping {
    /// Length factor, [0.25, 4]; pitch stays.
    pub stretch: f32,
    /// Shift of the spectral envelope in semitones, [−12, 12]; harmonics stay.
    pub formant_semitones: f32,
    /// Slope of the spectrum in dB per octave, [−6, 6].
    pub tilt_db_per_octave: f32,
}

impl Default for Shaping {
    fn default() -> Self {
        Self { stretch: 1.0, formant_semitones: 0.0, tilt_db_per_octave: 0.0 }
    }
}

/// All that determines a sound: a source gives the same samples for the same spec.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundSpec {
    /// The source that makes it.
    pub source: SourceId,
    /// Position of the source's seven controls; of a latent source a point of the latent space, in σ units.
    pub controls: Latent,
    /// Key at which the sound is decoded (the root of its zone).
    pub key: f32,
    /// Velocity layer, 0 the only one of a source without layers.
    pub layer: u8,
    /// Frame shaping.
    pub shaping: Shaping,
    /// Assets that are mixed in.
    pub assets: AssetMix,
    /// Seed of what a source draws at random.
    pub seed: u64,
    /// Which of several versions of the same sound; 0 is the sound itself, which no seed changes.
    pub variation: u32,
}

impl SoundSpec {
    /// The unshaped sound of `controls` at `key`, without assets.
    pub fn new(source: SourceId, controls: Latent, key: f32) -> Self {
        let (shaping, assets) = (Shaping::default(), AssetMix::default());
        Self { source, controls, key, layer: 0, shaping, assets, seed: 0, variation: 0 }
    }

    /// Whether the two differ by nothing but rounding. A sweep is never quantised: the bound is far below what is heard.
    pub fn is_near(&self, other: &SoundSpec) -> bool {
        const EPSILON: f32 = 1e-5;
        let near = |a: f32, b: f32| (a - b).abs() <= EPSILON;
        self.controls.iter().zip(&other.controls).all(|(a, b)| near(*a, *b))
            && near(self.key, other.key)
            && near(self.shaping.stretch, other.shaping.stretch)
            && near(self.shaping.formant_semitones, other.shaping.formant_semitones)
            && near(self.shaping.tilt_db_per_octave, other.shaping.tilt_db_per_octave)
            && self.assets.is_near(&other.assets, EPSILON)
            && (self.source, self.layer, self.seed, self.variation)
                == (other.source, other.layer, other.seed, other.variation)
    }
}

/// What is known of a sound before its blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundHead {
    /// The request's sound.
    pub spec: SoundSpec,
    /// Length in samples of each channel, at most [`super::MAX_SOUND_SAMPLES`].
    pub length_samples: usize,
    /// Rate of the samples in hertz.
    pub sample_rate_hz: f32,
    /// 1 or 2.
    pub channels: usize,
    /// Where its moments lie against those of the unstretched sound.
    pub stretch: StretchMap,
}
