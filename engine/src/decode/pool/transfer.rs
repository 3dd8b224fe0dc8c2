//! Transfer of one sound from a source to the audio thread. WORKER THREADS.
//!
//! Samples are checked and kept as they arrive. Blocks are made only when there is room for them in the queue, so that a host that has
//! stopped processing neither fills memory nor blocks a worker.

use std::collections::VecDeque;

use crate::decode::end_fade::end_gain;
use crate::decode::source::{SoundShape, SourceError};
use crate::link::{
    BLOCK_SAMPLES, Delivery, MAX_CHANNELS, MAX_SOUND_SAMPLES, Part, SoundHead, SoundSpec, StretchMap, SustainMap,
    WorkerEnd,
};

/// Smaller magnitudes become 0, so that filters do not process denormal numbers.
const FLUSH_BELOW: f32 = 1e-20;

/// A sound that is being made or sent.
pub(super) struct SoundTransfer {
    slot: usize,
    generation: u64,
    head: SoundHead,
    /// Channel after channel.
    samples: Vec<f32>,
    /// Whether the source has given each block, channel after channel.
    given: Vec<bool>,
    /// Positions in [`Self::given`] that have not been sent yet.
    unsent: VecDeque<usize>,
    begun: bool,
    tail: Option<Tail>,
    /// Where held notes go on, if the source has told it.
    known_sustain: Option<SustainMap>,
}

/// Last message of a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each sound; a box would be one more allocation")]
pub(super) enum Tail {
    End(SustainMap),
    Failed,
}

impl SoundTransfer {
    /// For a sound of `shape`, requested for this slot and generation.
    ///
    /// # Errors
    /// [`SourceError::OutOfBounds`] if length or channels are 0 or too large.
    pub(super) fn new(
        (slot, generation): (usize, u64),
        spec: SoundSpec,
        sample_rate_hz: f32,
        shape: SoundShape,
    ) -> Result<Self, SourceError> {
        let SoundShape { length_samples, channels, stretch, known_loop } = shape;
        let sample_rate_hz = known_loop.map_or(sample_rate_hz, |known| known.sample_rate_hz);
        let within = |what, found, limit| match found {
            0 => Err(SourceError::OutOfBounds { what, found, limit }),
            _ if found > limit => Err(SourceError::OutOfBounds { what, found, limit }),
            _ => Ok(()),
        };
        within("length in samples", length_samples, MAX_SOUND_SAMPLES)?;
        within("channels", channels, MAX_CHANNELS)?;
        let head = SoundHead { spec, length_samples, sample_rate_hz, channels, stretch };
        Ok(Self {
            slot,
            generation,
            head,
            samples: vec![0.0; length_samples * channels],
            given: vec![false; length_samples.div_ceil(BLOCK_SAMPLES) * channels],
            unsent: VecDeque::new(),
            begun: false,
            tail: None,
            known_sustain: known_loop.map(|known| known.sustain),
        })
    }

    /// Reports only that a request has failed.
    pub(super) fn failed((slot, generation): (usize, u64), spec: SoundSpec) -> Self {
        let head = SoundHead { spec, length_samples: 0, sample_rate_hz: 1.0, channels: 1, stretch: StretchMap::NONE };
        Self {
            slot,
            generation,
            head,
            samples: Vec::new(),
            given: Vec::new(),
            unsent: VecDeque::new(),
            begun: false,
            tail: Some(Tail::Failed),
            known_sustain: None,
        }
    }

    /// Stores a block of the source. A block that has already been given is stored again, but not sent again.
    ///
    /// # Errors
    /// [`SourceError`] for a block that does not fit, or that holds a sample that is not finite.
    pub(super) fn accept(&mut self, index: usize, channel: usize, block: &[f32]) -> Result<(), SourceError> {
        let length = self.head.length_samples;
        let start = index.saturating_mul(BLOCK_SAMPLES);
        let expected = length.saturating_sub(start).min(BLOCK_SAMPLES);
        let refuse = |what, found, limit| Err(SourceError::OutOfBounds { what, found, limit });
        if expected == 0 {
            return refuse("block index", index, self.blocks().saturating_sub(1));
        }
        if channel >= self.head.channels {
            return refuse("channel", channel, self.head.channels - 1);
        }
        if block.len() != expected {
            return refuse("samples in a block", block.len(), expected);
        }
        if block.iter().any(|sample| !sample.is_finite()) {
            return Err(SourceError::NotFinite { block: index });
        }
        let place = channel * length + start;
        for (offset, (to, from)) in self.samples[place..place + expected].iter_mut().zip(block).enumerate() {
            let fade = end_gain(length - (start + offset));
            *to = if from.abs() < FLUSH_BELOW { 0.0 } else { from * fade };
        }
        let place = channel * self.blocks() + index;
        if !std::mem::replace(&mut self.given[place], true) {
            self.unsent.push_back(place);
        }
        Ok(())
    }

    /// Number of blocks of one channel.
    fn blocks(&self) -> usize {
        self.head.length_samples.div_ceil(BLOCK_SAMPLES)
    }

    /// Samples of a block, by its position among the blocks of all channels.
    fn block(&self, place: usize) -> &[f32] {
        let (channel, index) = (place / self.blocks().max(1), place % self.blocks().max(1));
        let (start, end) = (index * BLOCK_SAMPLES, ((index + 1) * BLOCK_SAMPLES).min(self.head.length_samples));
        &self.samples[channel * self.head.length_samples + start..channel * self.head.length_samples + end]
    }

    /// All samples, channel after channel.
    pub(super) fn samples(&self) -> &[f32] {
        &self.samples
    }

    pub(super) fn head(&self) -> &SoundHead {
        &self.head
    }

    pub(super) fn slot(&self) -> usize {
        self.slot
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Number of blocks that the source has given, and the number of all blocks, over all channels.
    pub(super) fn given(&self) -> (usize, usize) {
        (self.given.iter().filter(|given| **given).count(), self.given.len())
    }

    /// Whether the samples from `first` to `end`, limited to the length of the sound, have been given in every channel.
    pub(super) fn has_region(&self, first: usize, end: usize) -> bool {
        let blocks = self.blocks();
        let end = end.div_ceil(BLOCK_SAMPLES).min(blocks);
        let first = (first / BLOCK_SAMPLES).min(end);
        let mut channels = self.given.chunks(blocks.max(1));
        !self.given.is_empty() && channels.all(|given| given[first..end].iter().all(|given| *given))
    }

    /// Where held notes go on, if the source has told it.
    pub(super) fn known_sustain(&self) -> Option<SustainMap> {
        self.known_sustain
    }

    /// The sound is whole: its end follows the last block, with the places where held notes go on.
    pub(super) fn finish(&mut self, sustain: SustainMap) {
        self.tail = Some(Tail::End(sustain));
    }

    /// Sends as much as there is room for. Returns whether nothing is left to send.
    pub(super) fn send(&mut self, end: &mut WorkerEnd) -> bool {
        if !self.begun && !self.unsent.is_empty() {
            let begin = Part::Begin(self.head);
            if !self.push(end, begin) {
                return false;
            }
            self.begun = true;
        }
        while let Some(place) = self.unsent.front().copied() {
            let Some(mut block) = end.take_block() else { return false };
            let samples = self.block(place);
            block[..samples.len()].copy_from_slice(samples);
            let (index, channel) = (place % self.blocks(), place / self.blocks());
            if !self.push(end, Part::Block { index, channel, block }) {
                return false;
            }
            self.unsent.pop_front();
        }
        match self.tail {
            Some(Tail::End(sustain)) => self.push(end, Part::End(sustain)),
            Some(Tail::Failed) => self.push(end, Part::Failed),
            None => true,
        }
    }

    /// Sends one message. If there is no room, keeps its block and returns false.
    fn push(&self, end: &mut WorkerEnd, part: Part) -> bool {
        let refused = end.push(Delivery { slot: self.slot, generation: self.generation, part }).err();
        match refused {
            None => true,
            Some(delivery) => {
                if let Part::Block { block, .. } = delivery.part {
                    end.put_back(block);
                }
                false
            }
        }
    }
}
