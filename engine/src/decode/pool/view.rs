//! A complete sound for the waveform and for export. Any thread but the audio thread.

use crate::link::SoundSpec;

/// A complete sound.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundView {
    /// Samples, channel after channel.
    pub samples: Vec<f32>,
    /// Number of channels, 1 or 2.
    pub channels: usize,
    /// Sample rate in hertz.
    pub sample_rate_hz: f32,
    /// Specification of the sound.
    pub spec: SoundSpec,
    /// Generation of the request; 0 for a preview.
    pub generation: u64,
}

impl SoundView {
    /// Samples of one channel; those of the first one if the sound has no such channel.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let length = self.samples.len() / self.channels.max(1);
        let start = if channel < self.channels { channel * length } else { 0 };
        self.samples.get(start..start + length).unwrap_or_default()
    }

    /// Samples of all channels, interleaved as in audio files.
    pub fn interleaved(&self) -> Vec<f32> {
        if self.channels <= 1 {
            return self.samples.clone();
        }
        let channels: Vec<&[f32]> = (0..self.channels).map(|channel| self.channel(channel)).collect();
        (0..channels[0].len()).flat_map(|frame| channels.iter().map(move |channel| channel[frame])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::SourceId;

    #[test]
    fn channels_are_separated_and_interleaved() {
        let spec = SoundSpec::new(SourceId(0), [0.0; 7], 60.0);
        let view =
            SoundView { samples: vec![1.0, 2.0, 3.0, 4.0], channels: 2, sample_rate_hz: 1.0, spec, generation: 0 };
        assert_eq!((view.channel(0), view.channel(1)), (&[1.0, 2.0][..], &[3.0, 4.0][..]));
        assert_eq!(view.interleaved(), [1.0, 3.0, 2.0, 4.0]);
        let mono = SoundView { channels: 1, ..view };
        assert_eq!(mono.channel(1), mono.channel(0));
    }
}
