//! One sound, block by block. AUDIO THREAD: blocks are moved in and out, never made or freed.

use crate::link::{BLOCK_SAMPLES, Block, MAX_SOUND_BLOCKS, SoundHead};

/// Holds the blocks of one sound.
pub(super) struct Bank {
    blocks: [Option<Block>; MAX_SOUND_BLOCKS],
    head: Option<SoundHead>,
    generation: u64,
    complete: bool,
    retired: bool,
    readers: u32,
    /// Blocks below this index are already drained.
    drained: usize,
}

impl Bank {
    pub(super) fn new() -> Self {
        Self {
            blocks: [const { None }; MAX_SOUND_BLOCKS],
            head: None,
            generation: 0,
            complete: false,
            retired: false,
            readers: 0,
            drained: 0,
        }
    }

    /// Nothing inside, ready for [`Self::begin`].
    pub(super) fn is_free(&self) -> bool {
        self.head.is_none()
    }

    pub(super) fn begin(&mut self, generation: u64, head: SoundHead) {
        self.head = Some(head);
        self.generation = generation;
        self.complete = false;
        self.retired = false;
        self.drained = 0;
    }

    /// The sound, unless there is none or it is on its way out.
    pub(super) fn live_head(&self) -> Option<&SoundHead> {
        self.head.as_ref().filter(|_| !self.retired)
    }

    /// The sound, even if it is on its way out.
    pub(super) fn head(&self) -> Option<&SoundHead> {
        self.head.as_ref()
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete && self.live_head().is_some()
    }

    /// Takes a block; hands it back if its place is taken or does not exist.
    pub(super) fn put(&mut self, index: usize, block: Block) -> Option<Block> {
        match self.blocks.get_mut(index) {
            Some(place @ None) => {
                *place = Some(block);
                None
            }
            _ => Some(block),
        }
    }

    /// All blocks have arrived.
    pub(super) fn complete(&mut self) {
        self.complete = true;
    }

    /// No voice may start to read it any more; it drains once the last reader has gone.
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

    /// Whether there is something to drain.
    pub(super) fn is_draining(&self) -> bool {
        self.retired && self.readers == 0
    }

    /// Takes the next block out; the bank is free when it gives none.
    pub(super) fn drain(&mut self) -> Option<Block> {
        for (index, place) in self.blocks.iter_mut().enumerate().skip(self.drained) {
            self.drained = index + 1;
            if let Some(block) = place.take() {
                return Some(block);
            }
        }
        self.head = None;
        self.retired = false;
        None
    }

    /// End of the samples that are there without a gap from `from` on; the sound's length when all are there.
    pub(super) fn available_end(&self, from: usize) -> usize {
        let length = self.head.map_or(0, |head| head.length_samples);
        if self.complete {
            return length;
        }
        let first = from / BLOCK_SAMPLES;
        let run = self.blocks.iter().skip(first).take_while(|place| place.is_some()).count();
        ((first + run) * BLOCK_SAMPLES).min(length)
    }

    /// Whether `need` samples from `from` on are there, or all up to the end.
    pub(super) fn is_playable(&self, from: usize, need: usize) -> bool {
        self.live_head()
            .is_some_and(|head| self.available_end(from) >= head.length_samples.min(from.saturating_add(need)))
    }

    /// Copies samples from `start` on; zeros where there are none.
    pub(super) fn copy(&self, start: i64, out: &mut [f32]) {
        const BLOCK: i64 = BLOCK_SAMPLES as i64;
        let mut filled = 0;
        while filled < out.len() {
            let position = start + filled as i64;
            let within = position.rem_euclid(BLOCK) as usize;
            let count = (BLOCK_SAMPLES - within).min(out.len() - filled);
            let index = usize::try_from(position.div_euclid(BLOCK)).ok();
            let from = index
                .and_then(|index| self.blocks.get(index))
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
}
