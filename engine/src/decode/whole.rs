//! A sound made whole on the calling thread, for a file. Never the audio thread; it takes as long as the sound takes to make.

use super::assets::Assets;
use super::end_fade::fade_end;
use super::source::{Focus, Progress, Sink, SoundShape, Source, SourceError, Version};
use crate::link::{BLOCK_SAMPLES, MAX_CHANNELS, MAX_SOUND_SAMPLES, SoundSpec};

/// A finished sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WholeSound {
    /// One or two channels of the same length.
    pub channels: Vec<Vec<f32>>,
    /// Rate in hertz.
    pub sample_rate_hz: f32,
}

impl WholeSound {
    /// Makes the sound of `spec`, into which `assets` are mixed, faded out at its end as the instrument plays it.
    ///
    /// # Errors
    /// [`SourceError`] of the source, or for a length or a number of channels that a sound cannot have.
    pub fn make(source: &dyn Source, spec: &SoundSpec, assets: Assets) -> Result<Self, SourceError> {
        let mut job = source.begin(spec, assets)?;
        let mut whole = Self { channels: Vec::new(), sample_rate_hz: source.properties().sample_rate_hz };
        while let Progress::Going(_) = job.advance(&Focus::default(), &mut whole)? {}
        whole.channels.iter_mut().for_each(|channel| fade_end(channel));
        Ok(whole)
    }

    /// Its samples, the channels of each moment beside each other.
    pub fn interleaved(&self) -> Vec<f32> {
        let length = self.channels.first().map_or(0, Vec::len);
        (0..length).flat_map(|place| self.channels.iter().map(move |channel| channel[place])).collect()
    }
}

impl Sink for WholeSound {
    fn begin(&mut self, _version: Version, shape: SoundShape) -> Result<(), SourceError> {
        within("length", shape.length_samples, MAX_SOUND_SAMPLES)?;
        within("channels", shape.channels, MAX_CHANNELS)?;
        // A draft comes first; the whole sound takes its place.
        self.channels = vec![vec![0.0; shape.length_samples]; shape.channels];
        if let Some(known) = shape.known_loop {
            self.sample_rate_hz = known.sample_rate_hz;
        }
        Ok(())
    }

    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        let (place, count) = (index.saturating_mul(BLOCK_SAMPLES), self.channels.len());
        within("channel", channel + 1, count)?;
        let channel = &mut self.channels[channel];
        within("end of a block", place.saturating_add(samples.len()), channel.len())?;
        channel[place..][..samples.len()].copy_from_slice(samples);
        Ok(())
    }
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), SourceError> {
    if found <= limit { Ok(()) } else { Err(SourceError::OutOfBounds { what, found, limit }) }
}
