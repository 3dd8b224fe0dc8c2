//! The slots of an instance: requested and received sounds. AUDIO THREAD.
//!
//! A slot serves one zone. While voices play one of its sound buffers and crossfade to another, a third fills or drains. Voices refer to a
//! buffer by [`SoundRef`] and are counted as its readers, so that no buffer drains while a voice reads it.

use super::slot::{Slot, SlotKey};
use super::sound_buffer::SoundBuffer;
use crate::link::{AudioEnd, BUFFERS, Delivery, GENERATION_STEP, Part, Request, RequestBoard, SLOTS, SourceSet};

/// A buffer of a slot. Valid from [`Slots::acquire`] to [`Slots::release`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SoundRef {
    pub(super) slot: usize,
    pub(super) buffer: usize,
}

/// What happened to the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// There was none.
    Nothing,
    /// It was taken.
    One,
    /// It stays in the queue: no buffer is free yet, or there is no room to return its block.
    Blocked,
}

/// All slots, and the link to the worker.
pub(super) struct Slots {
    slots: Vec<Slot>,
    end: AudioEnd,
    board: RequestBoard,
    next_generation: u64,
    /// Uses of slots so far; see [`Slot::last_use`].
    uses: u64,
    board_changed: bool,
    /// Offline, only sounds of pending requests are accepted.
    offline: bool,
    /// Whether no sound has come since sources were removed: the sounds of these are kept, and new notes begin with them.
    awaits_first: bool,
}

impl Slots {
    /// Allocates; not audio-thread safe.
    pub(super) fn new(end: AudioEnd) -> Self {
        let slots = (0..SLOTS).map(|_| Slot::new()).collect();
        Self {
            slots,
            end,
            board: [None; SLOTS],
            next_generation: GENERATION_STEP,
            uses: 0,
            board_changed: false,
            offline: false,
            awaits_first: false,
        }
    }

    /// Switches offline rendering on or off; every sound is then requested again.
    pub(super) fn set_offline(&mut self, offline: bool) {
        (self.offline, self.awaits_first) = (offline, false);
        for slot in &mut self.slots {
            slot.requested = None;
            slot.pending = None;
            slot.visible = u64::MAX;
            if offline {
                slot.retire_unfinished();
            }
        }
    }

    pub(super) fn end(&mut self) -> &mut AudioEnd {
        &mut self.end
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.slots.iter().enumerate()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index)
    }

    pub(super) fn buffer(&self, sound: SoundRef) -> Option<&SoundBuffer> {
        self.slots.get(sound.slot)?.buffers.get(sound.buffer)
    }

    fn buffer_mut(&mut self, sound: SoundRef) -> Option<&mut SoundBuffer> {
        self.slots.get_mut(sound.slot)?.buffers.get_mut(sound.buffer)
    }

    /// Counts a voice as a reader of `sound`.
    pub(super) fn acquire(&mut self, sound: SoundRef) {
        if let Some(buffer) = self.buffer_mut(sound) {
            buffer.add_reader();
        }
    }

    /// Removes a voice from the readers of `sound`.
    pub(super) fn release(&mut self, sound: SoundRef) {
        if let Some(buffer) = self.buffer_mut(sound) {
            buffer.remove_reader();
        }
    }

    /// The slot of a zone: its own, else an empty one, else the least recently used one without voices, else that of the nearest zone.
    pub(super) fn slot_for(&mut self, key: SlotKey) -> Option<usize> {
        let own = self.slots.iter().position(|slot| slot.key == Some(key));
        let index = own.or_else(|| self.give_up_one(key)).or_else(|| {
            let used = self.slots.iter().enumerate().filter_map(|(index, slot)| Some((index, slot.key?)));
            let distance = |other: &SlotKey| (other.source != key.source, other.root.abs_diff(key.root));
            used.min_by_key(|(_, other)| distance(other)).map(|(index, _)| index)
        })?;
        self.uses += 1;
        self.slots.get_mut(index)?.last_use = self.uses;
        Some(index)
    }

    fn give_up_one(&mut self, key: SlotKey) -> Option<usize> {
        let first_generation = self.first_generation();
        let unused = self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.voices == 0 && !slot.is_read());
        let (index, slot) = unused.min_by_key(|(_, slot)| (slot.key.is_some(), slot.last_use))?;
        slot.assign(key, first_generation);
        self.withdraw(index);
        Some(index)
    }

    /// Generation of the draft of the next request, the oldest that a slot may hold from now on.
    fn first_generation(&self) -> u64 {
        self.next_generation - 1
    }

    /// Clears the slots of removed sources, whose sounds are stale. Live, notes begin with them until the first sound of another source has come.
    pub(super) fn retain_sources(&mut self, sources: &SourceSet) {
        let first_generation = self.first_generation();
        for (slot, place) in self.slots.iter_mut().zip(&mut self.board) {
            if slot.key.is_some_and(|key| sources.get(key.source).is_none()) {
                slot.forget_sounds(first_generation);
                slot.key = None;
                *place = None;
                self.board_changed = true;
                self.awaits_first = !self.offline;
            }
        }
    }

    /// Whether notes begin with stale sounds where there are no others.
    pub(super) fn awaits_first(&self) -> bool {
        self.awaits_first
    }

    /// Correlation between two sounds of one slot; 0 between slots.
    pub(super) fn correlation(&mut self, from: SoundRef, to: SoundRef) -> f32 {
        let slot = self.slots.get_mut(to.slot).filter(|_| from.slot == to.slot);
        slot.map_or(0.0, |slot| slot.correlation(from.buffer, to.buffer))
    }

    /// Puts a request on the board, to be published by [`Self::publish`]; returns its generation.
    pub(super) fn request(&mut self, index: usize, mut request: Request) -> u64 {
        request.generation = self.next_generation;
        if let (Some(slot), Some(place)) = (self.slots.get_mut(index), self.board.get_mut(index)) {
            self.next_generation += GENERATION_STEP;
            slot.requested = Some(request);
            *place = Some(request);
            self.board_changed = true;
        }
        request.generation
    }

    /// Changes the urgency of a slot's request.
    pub(super) fn set_urgency(&mut self, index: usize, urgency: u32, main: bool) {
        for request in [
            self.slots.get_mut(index).and_then(|slot| slot.requested.as_mut()),
            self.board.get_mut(index).and_then(Option::as_mut),
        ]
        .into_iter()
        .flatten()
        {
            if request.urgency != urgency || request.main != main {
                request.urgency = urgency;
                request.main = main;
                self.board_changed = true;
            }
        }
    }

    /// Withdraws a slot's request.
    pub(super) fn withdraw(&mut self, index: usize) {
        if let (Some(slot), Some(place)) = (self.slots.get_mut(index), self.board.get_mut(index)) {
            slot.requested = None;
            if place.take().is_some() {
                self.board_changed = true;
            }
        }
    }

    /// Publishes the board to the worker if it has changed.
    pub(super) fn publish(&mut self) {
        if std::mem::take(&mut self.board_changed) {
            self.end.publish(&self.board);
        }
    }

    /// Takes at most `budget` messages.
    pub(super) fn receive(&mut self, budget: usize) {
        for _ in 0..budget {
            if self.receive_one() != Received::One {
                return;
            }
        }
    }

    /// Takes one message.
    pub(super) fn receive_one(&mut self) -> Received {
        let Some(delivery) = self.end.peek() else { return Received::Nothing };
        let (index, generation) = (delivery.slot, delivery.generation);
        let is_block = matches!(delivery.part, Part::Block { .. });
        let is_begin = matches!(delivery.part, Part::Begin(_));
        let Some(slot) = self.slots.get_mut(index) else { return self.discard_one() };
        let buffer =
            slot.buffers.iter().position(|buffer| buffer.generation() == generation && buffer.live_head().is_some());
        // A sound that is begun again after an interruption keeps its buffer.
        let is_new =
            is_begin && buffer.is_none() && generation >= slot.valid_from && generation > slot.newest_generation();
        let expected = slot.pending.map_or(!self.offline, |pending| pending.generation == generation);
        if is_new && expected && !slot.buffers.iter().any(SoundBuffer::is_free) {
            slot.retire_for_newcomer();
            return Received::Blocked;
        }
        // Any block may have to be returned at once: its sound may be stale, or its place taken.
        if is_block && !self.end.has_room_for_empties() {
            return Received::Blocked;
        }
        match self.end.pop() {
            Some(delivery) => self.accept(delivery, buffer, is_new && expected),
            None => return Received::Nothing,
        }
        Received::One
    }

    /// Takes a message of a slot that does not exist, so that it cannot hold up the others.
    fn discard_one(&mut self) -> Received {
        if !self.end.has_room_for_empties() {
            return Received::Blocked;
        }
        if let Some(Delivery { part: Part::Block { block, .. }, .. }) = self.end.pop() {
            self.hand_back(block);
        }
        Received::One
    }

    fn accept(&mut self, delivery: Delivery, buffer: Option<usize>, is_new: bool) {
        let Delivery { slot: index, generation, part } = delivery;
        let Some(slot) = self.slots.get_mut(index) else { return };
        let is_present = generation >= slot.valid_from;
        let buffer = buffer.and_then(|buffer| slot.buffers.get_mut(buffer));
        match part {
            Part::Begin(head) => {
                let sustain = slot.sustain_of(&head);
                if let Some(free) = slot.buffers.iter_mut().find(|buffer| buffer.is_free()).filter(|_| is_new) {
                    free.begin(generation, head, sustain);
                }
            }
            Part::Block { index, channel, block } => {
                let unwanted = match buffer {
                    Some(buffer) => buffer.put(channel, index, block),
                    None => Some(block),
                };
                if let Some(block) = unwanted {
                    self.hand_back(block);
                }
            }
            Part::End(sustain) => {
                if let Some(buffer) = buffer {
                    self.awaits_first &= !is_present;
                    buffer.complete(sustain);
                    if let Some(head) = buffer.head().copied() {
                        slot.know(&head, sustain);
                    }
                }
            }
            Part::Failed => {
                self.awaits_first &= !is_present;
                slot.failed = slot.failed.max(generation);
            }
        }
    }

    /// Returns a block to the worker. The caller has checked that there is room.
    fn hand_back(&mut self, block: crate::link::Block) {
        if let Some(block) = self.end.give_back(block) {
            // Unreachable, since the queue has room for every block that exists. The audio thread must not free, so the block leaks.
            std::mem::forget(block);
        }
    }

    /// Retires replaced sounds and returns at most `budget` blocks to the worker.
    pub(super) fn drain(&mut self, budget: usize) {
        let mut left = budget;
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(index) else { return };
            slot.retire_replaced(self.awaits_first);
            for buffer in 0..BUFFERS {
                left = self.drain_buffer(SoundRef { slot: index, buffer }, left);
            }
        }
    }

    fn drain_buffer(&mut self, sound: SoundRef, budget: usize) -> usize {
        let mut left = budget;
        while left > 0 && self.end.has_room_for_empties() {
            let Some(buffer) = self.buffer_mut(sound).filter(|buffer| buffer.is_draining()) else { break };
            let Some(block) = buffer.drain() else { break };
            self.hand_back(block);
            left -= 1;
        }
        left
    }
}

#[cfg(test)]
mod tests;
