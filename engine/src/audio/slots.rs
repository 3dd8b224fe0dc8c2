//! The sounds of an instance: which are wanted, which are there. AUDIO THREAD.
//!
//! A slot is the sound of one zone. Of its banks voices play one, cross to another, while a third fills or drains. Voices refer to a bank by [`SoundRef`] and are counted, so that no bank drains under a voice.

use super::bank::Bank;
use crate::link::{AudioEnd, BANKS, Delivery, Part, Request, RequestBoard, SLOTS, SoundSpec};

/// A bank of a slot. Valid as long as it is counted by [`Slots::acquire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SoundRef {
    pub(super) slot: usize,
    pub(super) bank: usize,
}

/// Which sound a slot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotKey {
    /// Root key of the zone.
    pub(super) root: u8,
    /// Which of the pre-decoded variations.
    pub(super) variation: u32,
}

/// An offline request that takes over at a fixed tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) generation: u64,
    pub(super) due_tick: u64,
}

/// One slot.
pub(super) struct Slot {
    pub(super) key: Option<SlotKey>,
    banks: [Bank; BANKS],
    /// The newest request.
    pub(super) requested: Option<Request>,
    /// Generation of the last request that failed.
    pub(super) failed: u64,
    /// Offline: the request that has not taken over yet.
    pub(super) pending: Option<Pending>,
    /// Sounds of an older generation belong to another zone or source.
    pub(super) valid_from: u64,
    /// Newest generation that voices may move to: without bound, except between an offline request and its take-over.
    pub(super) visible: u64,
    /// Voices whose zone this is.
    pub(super) homes: u32,
    /// Tick of the last use, for the choice of the slot that is given up.
    pub(super) used_tick: u64,
}

impl Slot {
    fn new() -> Self {
        Self {
            key: None,
            banks: std::array::from_fn(|_| Bank::new()),
            requested: None,
            failed: 0,
            pending: None,
            valid_from: 0,
            visible: u64::MAX,
            homes: 0,
            used_tick: 0,
        }
    }

    /// Whether a voice reads any of its banks.
    fn is_read(&self) -> bool {
        self.banks.iter().any(Bank::is_read)
    }

    /// The newest bank that a voice may move to. `place` says for a bank from where on how many samples are needed.
    pub(super) fn newest_playable(&self, place: impl Fn(&Bank) -> (usize, usize)) -> Option<usize> {
        let banks = self.banks.iter().enumerate();
        let known = self.valid_from..=self.visible;
        let playable = banks.filter(|(_, bank)| {
            let (from, need) = place(bank);
            known.contains(&bank.generation()) && bank.is_playable(from, need)
        });
        playable.max_by_key(|(_, bank)| bank.generation()).map(|(index, _)| index)
    }

    /// The newest complete sound that voices may move to, if it belongs to this zone and source.
    pub(super) fn newest_complete(&self) -> Option<&Bank> {
        let complete = self.banks.iter().filter(|bank| bank.is_complete() && bank.generation() <= self.visible);
        complete.max_by_key(|bank| bank.generation()).filter(|bank| bank.generation() >= self.valid_from)
    }

    /// Whether the newest complete sound is exactly `spec`.
    pub(super) fn holds(&self, spec: &SoundSpec) -> bool {
        self.newest_complete().and_then(Bank::live_head).is_some_and(|head| head.spec == *spec)
    }

    /// Whether `generation` has arrived whole.
    pub(super) fn has_whole(&self, generation: u64) -> bool {
        self.banks.iter().any(|bank| bank.is_complete() && bank.generation() == generation)
    }

    fn newest_generation(&self) -> u64 {
        self.banks.iter().filter(|bank| !bank.is_free()).map(Bank::generation).max().unwrap_or(0)
    }

    /// Retires what no voice reads and a newer complete sound has replaced.
    fn retire_replaced(&mut self) {
        let keep = self.newest_complete().map_or(0, Bank::generation).max(self.valid_from);
        for bank in &mut self.banks {
            if !bank.is_read() && bank.generation() < keep {
                bank.retire();
            }
        }
    }

    /// Retires every unfinished sound that no voice reads: it will never be finished.
    pub(super) fn retire_unfinished(&mut self) {
        for bank in &mut self.banks {
            if !bank.is_complete() && !bank.is_read() {
                bank.retire();
            }
        }
    }

    /// Makes room for a sound that is about to begin.
    fn retire_for_newcomer(&mut self) {
        let newest = self.newest_generation();
        let unread = self.banks.iter_mut().filter(|bank| !bank.is_read() && bank.live_head().is_some());
        // An interrupted sound goes before a whole one, an old one before a new one.
        let victim = unread.min_by_key(|bank| (bank.is_complete() || bank.generation() == newest, bank.generation()));
        if let Some(victim) = victim {
            victim.retire();
        }
    }

    /// Gives the slot to another zone.
    fn assign(&mut self, key: SlotKey, first_generation: u64) {
        self.key = Some(key);
        self.forget_sounds(first_generation);
    }

    /// Makes every sound of before `first_generation` stale.
    fn forget_sounds(&mut self, first_generation: u64) {
        self.requested = None;
        self.pending = None;
        self.visible = u64::MAX;
        self.valid_from = first_generation;
    }
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
