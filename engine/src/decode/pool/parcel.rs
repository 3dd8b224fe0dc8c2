//! One sound on its way from a source to the audio thread. WORKER THREADS.
//!
//! Samples are checked and kept as they come; blocks are made only when there is room for them in the queue, so that a host that has
//! stopped processing costs no memory and blocks no worker.

use std::collections::VecDeque;

use crate::decode::source::SourceError;
use crate::link::{BLOCK_SAMPLES, Delivery, MAX_SOUND_SAMPLES, Part, Request, SoundHead, WorkerEnd};

/// The last samples of a sound fade out, since a model may stop anywhere: 5.8 ms at 44.1 kHz.
const END_FADE_SAMPLES: usize = 256;
/// Smaller magnitudes become 0, so that no filter downstream meets denormal numbers.
const FLUSH_BELOW: f32 = 1e-20;

/// A sound being made or sent.
pub(super) struct Parcel {
    slot: usize,
    generation: u64,
    head: SoundHead,
    samples: Vec<f32>,
    given: Vec<bool>,
    unsent: VecDeque<usize>,
    begun: bool,
    tail: Option<Tail>,
}

/// How a sound ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    End,
    Failed,
}

impl Parcel {
    /// Nothing made yet.
    pub(super) fn new(slot: usize, request: &Request, sample_rate_hz: f32) -> Self {
        let head = SoundHead { spec: request.spec, length_samples: 0, sample_rate_hz, correlation: 0.0 };
        Self {
            slot,
            generation: request.generation,
            head,
            samples: Vec::new(),
            given: Vec::new(),
            unsent: VecDeque::new(),
            begun: false,
            tail: None,
        }
    }

    /// The source has named the length.
    pub(super) fn set_length(&mut self, length_samples: usize) -> Result<(), SourceError> {
        if length_samples == 0 || length_samples > MAX_SOUND_SAMPLES {
            return Err(SourceError::OutOfBounds {
                what: "length in samples",
                found: length_samples,
                limit: MAX_SOUND_SAMPLES,
            });
        }
        self.head.length_samples = length_samples;
        self.samples = vec![0.0; length_samples];
        self.given = vec![false; length_samples.div_ceil(BLOCK_SAMPLES)];
        Ok(())
    }

    /// The source has given a block.
    pub(super) fn accept(&mut self, index: usize, block: &[f32]) -> Result<(), SourceError> {
        let start = index.saturating_mul(BLOCK_SAMPLES);
        let expected = self.head.length_samples.saturating_sub(start).min(BLOCK_SAMPLES);
        if expected == 0 {
            return Err(SourceError::OutOfBounds {
                what: "block index",
                found: index,
                limit: self.given.len().saturating_sub(1),
            });
        }
        if block.len() != expected {
            return Err(SourceError::OutOfBounds { what: "samples in a block", found: block.len(), limit: expected });
        }
        if block.iter().any(|sample| !sample.is_finite()) {
            return Err(SourceError::NotFinite { block: index });
        }
        let length = self.head.length_samples;
        for (offset, (to, from)) in self.samples[start..start + expected].iter_mut().zip(block).enumerate() {
            let left = length - (start + offset);
            let fade = (left as f32 / END_FADE_SAMPLES as f32).min(1.0);
            *to = if from.abs() < FLUSH_BELOW { 0.0 } else { from * fade };
        }
        if !std::mem::replace(&mut self.given[index], true) {
            self.unsent.push_back(index);
        }
        Ok(())
    }

    /// Sets the correlation with the slot's previous sound; of use before the first [`Self::send`].
    pub(super) fn set_correlation(&mut self, correlation: f32) {
        self.head.correlation = correlation;
    }

    /// Samples of block `index` so far.
    pub(super) fn block(&self, index: usize) -> &[f32] {
        let start = (index * BLOCK_SAMPLES).min(self.samples.len());
        &self.samples[start..(start + BLOCK_SAMPLES).min(self.samples.len())]
    }

    /// All samples so far; zeros where none are given.
    pub(super) fn into_samples(self) -> Vec<f32> {
        self.samples
    }

    /// A copy of all samples so far.
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

    /// Blocks that the source has given.
    pub(super) fn given_blocks(&self) -> usize {
        self.given.iter().filter(|given| **given).count()
    }

    /// Whether the blocks from `first` to before `last` are given, as far as the sound has them.
    pub(super) fn has_region(&self, first: usize, last: usize) -> bool {
        let end = last.min(self.given.len());
        !self.given.is_empty()
            && self.given.get(first.min(end)..end).is_some_and(|region| region.iter().all(|given| *given))
    }

    /// Blocks of the whole sound; 0 before its length is known.
    pub(super) fn total_blocks(&self) -> usize {
        self.given.len()
    }

    /// Nothing more will come from the source.
    pub(super) fn finish(&mut self, tail: Tail) {
        if tail == Tail::Failed {
            self.unsent.clear();
        }
        self.tail = Some(tail);
    }

    /// Sends what there is room for. True when nothing is left to send.
    pub(super) fn send(&mut self, end: &mut WorkerEnd) -> bool {
        if !self.begun && !self.unsent.is_empty() {
            let begin = Part::Begin(self.head);
            if !self.push(end, begin) {
                return false;
            }
            self.begun = true;
        }
        while let Some(index) = self.unsent.front().copied() {
            let Some(mut block) = end.take_block() else { return false };
            let samples = self.block(index);
            block[..samples.len()].copy_from_slice(samples);
            if !self.push(end, Part::Block { index, block }) {
                return false;
            }
            self.unsent.pop_front();
        }
        match self.tail {
            Some(tail) => self.push(end, if tail == Tail::End { Part::End } else { Part::Failed }),
            None => true,
        }
    }

    /// Sends one message; false, with its block put back, when there is no room.
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
