//! The sounds of an instance: which are wanted, which are there. AUDIO THREAD.
//!
//! A slot is the sound of one zone. Of its banks voices play one, cross to another, while a third fills or drains. Voices refer
//! to a bank by [`SoundRef`] and are counted, so that no bank drains under a voice.

use super::bank::Bank;
use super::slot::{Slot, SlotKey};
use crate::link::{AudioEnd, BANKS, Delivery, Part, Request, RequestBoard, SLOTS};

/// A bank of a slot. Valid as long as it is counted by [`Slots::acquire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SoundRef {
    pub(super) slot: usize,
    pub(super) bank: usize,
}

/// What became of the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// There was none.
    Nothing,
    /// It was taken.
    One,
    /// It stays in the queue: there is no bank for it yet, or no room to hand its block back.
    Blocked,
}

/// All slots, and the link to the worker.
pub(super) struct Slots {
    slots: Vec<Slot>,
    end: AudioEnd,
    board: RequestBoard,
    next_generation: u64,
    board_changed: bool,
    /// Offline, nothing is taken that was not waited for.
    offline: bool,
}

impl Slots {
    /// Allocates: not for the audio thread.
    pub(super) fn new(end: AudioEnd) -> Self {
        let slots = (0..SLOTS).map(|_| Slot::new()).collect();
        Self { slots, end, board: [None; SLOTS], next_generation: 1, board_changed: false, offline: false }
    }

    /// Begins or ends offline rendering: what was asked for before is asked for again.
    pub(super) fn set_offline(&mut self, offline: bool) {
        self.offline = offline;
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

    pub(super) fn bank(&self, sound: SoundRef) -> Option<&Bank> {
        self.slots.get(sound.slot)?.banks.get(sound.bank)
    }

    fn bank_mut(&mut self, sound: SoundRef) -> Option<&mut Bank> {
        self.slots.get_mut(sound.slot)?.banks.get_mut(sound.bank)
    }

    /// A voice starts to read.
    pub(super) fn acquire(&mut self, sound: SoundRef) {
        if let Some(bank) = self.bank_mut(sound) {
            bank.add_reader();
        }
    }

    /// A voice no longer reads.
    pub(super) fn release(&mut self, sound: SoundRef) {
        if let Some(bank) = self.bank_mut(sound) {
            bank.remove_reader();
        }
    }

    /// The slot of a zone: its own, a new one, the least recently used that nobody needs, else that of the nearest zone.
    pub(super) fn slot_for(&mut self, key: SlotKey, tick: u64) -> Option<usize> {
        let own = self.slots.iter().position(|slot| slot.key == Some(key));
        let index = own.or_else(|| self.give_up_one(key)).or_else(|| {
            let used = self.slots.iter().enumerate().filter_map(|(index, slot)| Some((index, slot.key?.root)));
            used.min_by_key(|(_, root)| root.abs_diff(key.root)).map(|(index, _)| index)
        })?;
        self.slots.get_mut(index)?.used_tick = tick;
        Some(index)
    }

    fn give_up_one(&mut self, key: SlotKey) -> Option<usize> {
        let first_generation = self.next_generation;
        let unused = self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.homes == 0 && !slot.is_read());
        let (index, slot) = unused.min_by_key(|(_, slot)| (slot.key.is_some(), slot.used_tick))?;
        slot.assign(key, first_generation);
        self.withdraw(index);
        Some(index)
    }

    /// Makes every sound stale: the source has changed. Zones without a root in `roots` lose their slot.
    pub(super) fn forget_all(&mut self, roots: &[u8]) {
        let first_generation = self.next_generation;
        for slot in &mut self.slots {
            slot.forget_sounds(first_generation);
            slot.key = slot.key.filter(|key| roots.contains(&key.root));
        }
        self.board = [None; SLOTS];
        self.board_changed = true;
    }

    /// Puts a request on the board; published by [`Self::publish`].
    pub(super) fn request(&mut self, index: usize, mut request: Request) -> u64 {
        request.generation = self.next_generation;
        if let (Some(slot), Some(place)) = (self.slots.get_mut(index), self.board.get_mut(index)) {
            self.next_generation += 1;
            slot.requested = Some(request);
            *place = Some(request);
            self.board_changed = true;
        }
        request.generation
    }

    /// Makes the request that stands in a slot more or less urgent.
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

    /// Takes a request back.
    pub(super) fn withdraw(&mut self, index: usize) {
        if let (Some(slot), Some(place)) = (self.slots.get_mut(index), self.board.get_mut(index)) {
            slot.requested = None;
            if place.take().is_some() {
                self.board_changed = true;
            }
        }
    }

    /// Shows the worker what has changed.
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
        let Some(slot) = self.slots.get_mut(index) else { return Received::Blocked };
        let bank = slot.banks.iter().position(|bank| bank.generation() == generation && bank.live_head().is_some());
        // A sound begun again after an interruption keeps its bank.
        let is_new =
            is_begin && bank.is_none() && generation >= slot.valid_from && generation > slot.newest_generation();
        let expected = slot.pending.map_or(!self.offline, |pending| pending.generation == generation);
        if is_new && expected && !slot.banks.iter().any(Bank::is_free) {
            slot.retire_for_newcomer();
            return Received::Blocked;
        }
        // Any block may come back at once: its sound may be stale, or its place taken.
        if is_block && !self.end.has_room_for_empties() {
            return Received::Blocked;
        }
        match self.end.pop() {
            Some(delivery) => self.accept(delivery, bank, is_new && expected),
            None => return Received::Nothing,
        }
        Received::One
    }

    fn accept(&mut self, delivery: Delivery, bank: Option<usize>, is_new: bool) {
        let Delivery { slot: index, generation, part } = delivery;
        let Some(slot) = self.slots.get_mut(index) else { return };
        let bank = bank.and_then(|bank| slot.banks.get_mut(bank));
        match part {
            Part::Begin(head) => {
                if let Some(free) = slot.banks.iter_mut().find(|bank| bank.is_free()).filter(|_| is_new) {
                    free.begin(generation, head);
                }
            }
            Part::Block { index, block } => {
                let unwanted = match bank {
                    Some(bank) => bank.put(index, block),
                    None => Some(block),
                };
                if let Some(block) = unwanted {
                    self.hand_back(block);
                }
            }
            Part::End => {
                if let Some(bank) = bank {
                    bank.complete();
                }
            }
            Part::Failed => slot.failed = slot.failed.max(generation),
        }
    }

    /// Hands a block back. The caller has seen that there is room.
    fn hand_back(&mut self, block: crate::link::Block) {
        if let Some(block) = self.end.give_back(block) {
            // Unreachable by the bound on blocks; leaking is what stays when freeing is forbidden.
            std::mem::forget(block);
        }
    }

    /// Retires replaced sounds and hands back at most `budget` blocks.
    pub(super) fn drain(&mut self, budget: usize) {
        let mut left = budget;
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(index) else { return };
            slot.retire_replaced();
            for bank in 0..BANKS {
                left = self.drain_bank(SoundRef { slot: index, bank }, left);
            }
        }
    }

    fn drain_bank(&mut self, sound: SoundRef, budget: usize) -> usize {
        let mut left = budget;
        while left > 0 && self.end.has_room_for_empties() {
            let Some(bank) = self.bank_mut(sound).filter(|bank| bank.is_draining()) else { break };
            let Some(block) = bank.drain() else { break };
            self.hand_back(block);
            left -= 1;
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Shaping, SoundHead, SoundSpec, WorkerEnd, Zones, link};

    const SOUND_BLOCKS: usize = 100;

    fn send(worker: &mut WorkerEnd, generation: u64, part: Part) {
        worker.push(Delivery { slot: 0, generation, part }).expect("there is room");
    }

    /// A whole sound in slot 0, waiting in the queue.
    fn send_sound(worker: &mut WorkerEnd, request: &Request, generation: u64) {
        let length_samples = SOUND_BLOCKS * crate::link::BLOCK_SAMPLES;
        let head = SoundHead { spec: request.spec, length_samples, sample_rate_hz: 44_100.0, correlation: 0.0 };
        send(worker, generation, Part::Begin(head));
        for index in 0..SOUND_BLOCKS {
            let block = worker.take_block().expect("a block");
            send(worker, generation, Part::Block { index, block });
        }
        send(worker, generation, Part::End);
    }

    #[test]
    fn no_call_takes_or_hands_back_more_than_its_budget() {
        let (audio, mut worker, _main) = link(Zones::new(&[60], 0));
        let mut slots = Slots::new(audio);
        slots.slot_for(SlotKey { root: 60, variation: 0 }, 0).expect("a free slot");
        let spec = SoundSpec {
            latent: [0.0; 7],
            key: 60.0,
            shaping: Shaping::default(),
            residual: Default::default(),
            seed: 0,
            variation: 0,
        };
        let request = Request { generation: 0, spec, urgency: 0, cursor_sample: 0, last_cursor_sample: 0, main: true };
        let first = slots.request(0, request);
        send_sound(&mut worker, &request, first);
        for budget in [0, 1, 7, 64] {
            let before = worker.waiting_messages();
            slots.receive(budget);
            assert_eq!(before - worker.waiting_messages(), budget);
        }
        slots.receive(usize::MAX);
        assert!(slots.get(0).is_some_and(|slot| slot.has_whole(first)), "the budgets add up to the whole sound");
        let second = slots.request(0, request);
        send_sound(&mut worker, &request, second);
        slots.receive(usize::MAX);
        worker.collect_empties();
        worker.free_spare();
        for budget in [0, 1, 7, 64] {
            let before = worker.existing_blocks();
            slots.drain(budget);
            worker.collect_empties();
            worker.free_spare();
            assert_eq!(before - worker.existing_blocks(), budget, "blocks of the replaced sound come back");
        }
    }
}
