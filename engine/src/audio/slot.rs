//! One slot: the banks of one zone's sound, and what was asked for. AUDIO THREAD.

use super::bank::Bank;
use crate::link::{BANKS, Request, SoundSpec};

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
    pub(super) banks: [Bank; BANKS],
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
    pub(super) fn new() -> Self {
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
    pub(super) fn is_read(&self) -> bool {
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

    pub(super) fn newest_generation(&self) -> u64 {
        self.banks.iter().filter(|bank| !bank.is_free()).map(Bank::generation).max().unwrap_or(0)
    }

    /// Retires what no voice reads and a newer complete sound has replaced.
    pub(super) fn retire_replaced(&mut self) {
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
    pub(super) fn retire_for_newcomer(&mut self) {
        let newest = self.newest_generation();
        let unread = self.banks.iter_mut().filter(|bank| !bank.is_read() && bank.live_head().is_some());
        // An interrupted sound goes before a whole one, an old one before a new one.
        let victim = unread.min_by_key(|bank| (bank.is_complete() || bank.generation() == newest, bank.generation()));
        if let Some(victim) = victim {
            victim.retire();
        }
    }

    /// Gives the slot to another zone.
    pub(super) fn assign(&mut self, key: SlotKey, first_generation: u64) {
        self.key = Some(key);
        self.forget_sounds(first_generation);
    }

    /// Makes every sound of before `first_generation` stale.
    pub(super) fn forget_sounds(&mut self, first_generation: u64) {
        self.requested = None;
        self.pending = None;
        self.visible = u64::MAX;
        self.valid_from = first_generation;
    }
}
