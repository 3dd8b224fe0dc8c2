//! The specification of a sound, and the description that precedes its samples. Plain values; any thread, the audio thread included.

use super::assets::AssetMix;
use super::sources::SourceId;
use super::stretch::StretchMap;
use crate::units::Latent;

/// Largest number of channels of a sound: stereo.
pub const MAX_CHANNELS: usize = 2;

/// Changes of the frames between decoder and vocoder, and the direction of the finished sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shaping {
    /// Length factor, [0.25, 4]; the pitch is kept.
    pub stretch: f32,
    /// Shift of the spectral envelope in semitones, [−12, 12]; the harmonics are kept.
    pub formant_semitones: f32,
    /// Slope of the spectrum in dB per octave, [−6, 6].
    pub tilt_db_per_octave: f32,
    /// Whether the sound is played from its end to its beginning.
    pub is_reversed: bool,
}

impl Default for Shaping {
    fn default() -> Self {
        Self { stretch: 1.0, formant_semitones: 0.0, tilt_db_per_octave: 0.0, is_reversed: false }
    }
}

/// Everything that determines a sound: a source gives the same samples for the same spec.
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
    /// Factor on the temperature at which the source's network draws, above 0; nothing to one that does not draw.
    pub temperature: f32,
    /// Seed of the source's random numbers.
    pub seed: u64,
    /// Variation of the sound; 0 is the sound itself, which depends on the seed in a source of chance alone.
    pub variation: u32,
}

impl SoundSpec {
    /// The unshaped sound of `controls` at `key`, without assets.
    pub fn new(source: SourceId, controls: Latent, key: f32) -> Self {
        let (shaping, assets) = (Shaping::default(), AssetMix::default());
        Self { source, controls, key, layer: 0, shaping, assets, temperature: 1.0, seed: 0, variation: 0 }
    }

    /// Whether the two differ only by rounding: by at most 1e-5 in each value, far below what is audible, so that a sweep is not quantised.
    pub fn is_near(&self, other: &SoundSpec) -> bool {
        const EPSILON: f32 = 1e-5;
        let near = |a: f32, b: f32| (a - b).abs() <= EPSILON;
        self.controls.iter().zip(&other.controls).all(|(a, b)| near(*a, *b))
            && near(self.key, other.key)
            && near(self.shaping.stretch, other.shaping.stretch)
            && near(self.shaping.formant_semitones, other.shaping.formant_semitones)
            && near(self.shaping.tilt_db_per_octave, other.shaping.tilt_db_per_octave)
            && self.shaping.is_reversed == other.shaping.is_reversed
            && self.assets.is_near(&other.assets, EPSILON)
            && near(self.temperature, other.temperature)
            && (self.source, self.layer, self.seed, self.variation)
                == (other.source, other.layer, other.seed, other.variation)
    }
}

/// Description of a sound, sent before its blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundHead {
    /// The request's sound.
    pub spec: SoundSpec,
    /// Length in samples of each channel, at most [`super::MAX_SOUND_SAMPLES`].
    pub length_samples: usize,
    /// Rate of the samples in hertz.
    pub sample_rate_hz: f32,
    /// Number of channels, 1 or 2.
    pub channels: usize,
    /// Maps its positions to those of the unstretched sound.
    pub stretch: StretchMap,
}
