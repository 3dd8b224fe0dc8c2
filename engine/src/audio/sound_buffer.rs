//! The blocks of one sound. AUDIO THREAD: blocks are moved in and out, never allocated or freed.

use crate::link::{BLOCK_SAMPLES, Block, MAX_CHANNELS, MAX_SOUND_BLOCKS, SoundHead, SustainMap};

type Blocks = [Option<Block>; MAX_SOUND_BLOCKS];

/// Holds the blocks of one sound, one row for each channel.
pub(super) struct SoundBuffer {
    channels: [Blocks; MAX_CHANNELS],
    head: Option<SoundHead>,
    generation: u64,
    complete: bool,
    sustain: SustainMap,
    retired: bool,
    readers: u32,
    /// Index of the block received first: the position of the voices when the sound was requested.
    first_block: Option<usize>,
    /// Blocks below this index, counted through all channels, have been drained.
    drained: usize,
}

impl SoundBuffer {
    pub(super) fn new() -> Self {
        Self {
            channels: [const { [const { None }; MAX_SOUND_BLOCKS] }; MAX_CHANNELS],
            head: None,
            generation: 0,
            complete: false,
            sustain: SustainMap::default(),
            retired: false,
            readers: 0,
            first_block: None,
            drained: 0,
        }
    }

    /// Whether the buffer is empty and ready for [`Self::begin`].
    pub(super) fn is_free(&self) -> bool {
        self.head.is_none()
    }

    /// Begins a sound; until it is complete, held notes are expected to go on where `sustain` says.
    pub(super) fn begin(&mut self, generation: u64, head: SoundHead, sustain: SustainMap) {
        self.head = Some(head);
        self.generation = generation;
        self.complete = false;
        self.sustain = sustain;
        self.retired = false;
        self.first_block = None;
        self.drained = 0;
    }

    /// Description of the sound; `None` if the buffer is free or retired.
    pub(super) fn live_head(&self) -> Option<&SoundHead> {
        self.head.as_ref().filter(|_| !self.retired)
    }

    /// Description of the sound, retired or not; `None` if the buffer is free.
    pub(super) fn head(&self) -> Option<&SoundHead> {
        self.head.as_ref()
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete && self.live_head().is_some()
    }

    /// Stores a block; returns it if its place is taken or does not exist.
    pub(super) fn put(&mut self, channel: usize, index: usize, block: Block) -> Option<Block> {
        match self.channels.get_mut(channel).and_then(|blocks| blocks.get_mut(index)) {
            Some(place @ None) => {
                *place = Some(block);
                self.first_block.get_or_insert(index);
                None
            }
            _ => Some(block),
        }
    }

    /// Marks the sound complete: all blocks have arrived. Held notes go on where `sustain` says.
    pub(super) fn complete(&mut self, sustain: SustainMap) {
        self.complete = true;
        self.sustain = sustain;
    }

    /// Whether all blocks have arrived, retired or not.
    pub(super) fn has_arrived(&self) -> bool {
        self.complete
    }

    /// Where held notes go on, or are expected to.
    pub(super) fn sustain(&self) -> &SustainMap {
        &self.sustain
    }

    /// Retires the sound: no voice starts to read it any more, and the buffer drains once the last reader has gone.
    pub(super) fn retire(&mut self) {
        self.retired = self.head.is_some();
    }

    pub(super) fn is_read(&self) -> bool {
        self.readers > 0
    }

    pub(super) fn add_reader(&mut self) {
        self.readers += 1;
    }

    pub(super) fn remove_reader(&mut self) {
        self.readers = self.readers.saturating_sub(1);
    }

    /// Whether the buffer is retired and has no readers.
    pub(super) fn is_draining(&self) -> bool {
        self.retired && self.readers == 0
    }

    /// Removes and returns the next block; frees the buffer and returns `None` when no block is left.
    pub(super) fn drain(&mut self) -> Option<Block> {
        for (index, place) in self.channels.as_flattened_mut().iter_mut().enumerate().skip(self.drained) {
            self.drained = index + 1;
            if let Some(block) = place.take() {
                return Some(block);
            }
        }
        self.head = None;
        self.retired = false;
        None
    }

    /// End of the samples that are available without a gap from `from` on; the sound's length if it is complete.
    pub(super) fn available_end(&self, from: usize) -> usize {
        let Some(head) = self.head else { return 0 };
        if self.complete {
            return head.length_samples;
        }
        let first = from / BLOCK_SAMPLES;
        let run = |blocks: &Blocks| blocks.iter().skip(first).take_while(|place| place.is_some()).count();
        let run = self.channels.iter().take(head.channels).map(run).min().unwrap_or(0);
        ((first + run) * BLOCK_SAMPLES).min(head.length_samples)
    }

    /// Start of the samples that are there without a gap up to `to`; `to` itself when there are none.
    pub(super) fn available_start(&self, to: usize) -> usize {
        let Some(head) = self.head else { return to };
        let last = to / BLOCK_SAMPLES;
        let run = |blocks: &Blocks| blocks.iter().take(last + 1).rev().take_while(|place| place.is_some()).count();
        let run = self.channels.iter().take(head.channels).map(run).min().unwrap_or(0);
        if run == 0 { to } else { (last + 1 - run) * BLOCK_SAMPLES }
    }

    /// Whether `need` samples from `from` on are available, or all samples up to the end. What lies behind the end is known once the sound
    /// is complete.
    pub(super) fn is_playable(&self, from: usize, need: usize) -> bool {
        self.live_head().is_some_and(|head| {
            let is_within = self.complete || from < head.length_samples;
            is_within && self.available_end(from) >= head.length_samples.min(from.saturating_add(need))
        })
    }

    /// Copies samples of a channel from `start` on; zeros where there are none.
    pub(super) fn copy(&self, channel: usize, start: i64, out: &mut [f32]) {
        const BLOCK: i64 = BLOCK_SAMPLES as i64;
        let blocks: &[Option<Block>] = self.channels.get(channel).map_or(&[], |blocks| blocks);
        let mut filled = 0;
        while filled < out.len() {
            let position = start + filled as i64;
            let within = position.rem_euclid(BLOCK) as usize;
            let count = (BLOCK_SAMPLES - within).min(out.len() - filled);
            let index = usize::try_from(position.div_euclid(BLOCK)).ok();
            let from = index
                .and_then(|index| blocks.get(index))
                .and_then(Option::as_ref)
                .and_then(|block| block.get(within..within + count));
            if let Some(to) = out.get_mut(filled..filled + count) {
                match from {
                    Some(from) => to.copy_from_slice(from),
                    None => to.fill(0.0),
                }
            }
            filled += count;
        }
    }

    /// Samples of a channel from `start` on, zeros where there are none; they are copied to `scratch` if they do not lie in one block. At most as
    /// many as `scratch` holds.
    pub(super) fn read<'a>(&'a self, channel: usize, start: i64, count: usize, scratch: &'a mut [f32]) -> &'a [f32] {
        let place = usize::try_from(start).ok().map(|start| (start / BLOCK_SAMPLES, start % BLOCK_SAMPLES));
        let block = place.and_then(|(index, within)| self.block(channel, index)?.get(within..within + count));
        block.unwrap_or_else(|| {
            let copied = scratch.get_mut(..count).unwrap_or_default();
            self.copy(channel, start, copied);
            copied
        })
    }

    /// Normalised correlation of `count` samples from two places on, clamped to [0, 1]; 0 where either is silent.
    pub(super) fn likeness(&self, a: i64, b: i64, count: usize) -> f32 {
        const PIECE: usize = 64;
        let channels = self.head.map_or(0, |head| head.channels);
        let (mut here, mut there, mut sums) = ([0.0; PIECE], [0.0; PIECE], [0.0; 3]);
        for channel in 0..channels {
            for first in (0..count as i64).step_by(PIECE) {
                self.copy(channel, a + first, &mut here);
                self.copy(channel, b + first, &mut there);
                add_products(&here, &there, &mut sums);
            }
        }
        normalised(sums)
    }

    fn block(&self, channel: usize, index: usize) -> Option<&[f32]> {
        self.channels.get(channel)?.get(index)?.as_deref().map(<[f32; BLOCK_SAMPLES]>::as_slice)
    }

    /// Normalised correlation at lag 0 of this sound with an earlier one, clamped to [0, 1], over the block that was received first; 0 if
    /// either block is silent or missing, or if the sounds differ in stretch or key, since equal indices are then different moments.
    pub(super) fn correlation(&self, earlier: &SoundBuffer) -> f32 {
        let (Some(head), Some(before), Some(index)) = (self.head, earlier.head, self.first_block) else { return 0.0 };
        if head.stretch != before.stretch || head.spec.key != before.spec.key {
            return 0.0;
        }
        let mut sums = [0.0; 3];
        for channel in 0..head.channels.max(before.channels) {
            // A mono sound is compared with both channels of a stereo one.
            let (here, there) = (channel.min(head.channels - 1), channel.min(before.channels - 1));
            let (Some(now), Some(then)) = (self.block(here, index), earlier.block(there, index)) else { return 0.0 };
            add_products(then, now, &mut sums);
        }
        normalised(sums)
    }
}

/// Correlation from Σ a·b, Σ a·a and Σ b·b, clamped to [0, 1]; 0 where one is silent.
fn normalised([product, energy_a, energy_b]: [f64; 3]) -> f32 {
    let norm = (energy_a * energy_b).sqrt();
    if norm > 1e-12 { (product / norm).clamp(0.0, 1.0) as f32 } else { 0.0 }
}

/// Adds Σ a·b, Σ a·a and Σ b·b to the sums.
fn add_products(a: &[f32], b: &[f32], [product, energy_a, energy_b]: &mut [f64; 3]) {
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        *product += x * y;
        *energy_a += x * x;
        *energy_b += y * y;
    }
}
