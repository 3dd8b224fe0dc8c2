//! Which sounds are wanted: the zones that sound, the zone played last, its neighbours. AUDIO THREAD.

use super::controls::Controls;
use super::poly::Voices;
use super::slot::{Pending, SlotKey};
use super::slots::Slots;
use crate::link::{Request, ResidualMix, Shaping, SoundSpec, Zones};
use crate::units::Latent;

/// Urgency of a slot that sounds.
const SOUNDING: u32 = 0;
/// Urgency of the zone played last, after previews.
const MAIN: u32 = 2;
/// Urgency of its neighbours.
const NEIGHBOUR: u32 = 3;
/// Neighbours are wanted once nothing has moved for this long: 43 ms at 48 kHz.
const STILL_TICKS: u32 = 32;
/// Key whose zone is the main one before any note.
const FIRST_KEY: u8 = 60;

/// The wanted point and zones.
pub(super) struct Wants {
    zones: Zones,
    main_root: u8,
    latent: Latent,
    shaping: Shaping,
    residual: ResidualMix,
    seed: u64,
    still_ticks: u32,
}

impl Wants {
    pub(super) fn new(zones: Zones) -> Self {
        let main_root = nearest_root(&zones, FIRST_KEY);
        let (shaping, residual) = (Shaping::default(), ResidualMix::default());
        Self { zones, main_root, latent: [0.0; 7], shaping, residual, seed: 0, still_ticks: 0 }
    }

    /// Takes the point of a tick.
    pub(super) fn set_point(&mut self, controls: &Controls) {
        let before = self.spec(self.main_root);
        self.latent = controls.point();
        self.shaping = controls.shaping();
        self.residual = controls.residual_mix();
        self.seed = controls.seed;
        let moved = !self.spec(self.main_root).is_near(&before);
        self.still_ticks = if moved { 0 } else { self.still_ticks.saturating_add(1) };
    }

    /// Takes new zones; true when the source has changed.
    pub(super) fn set_zones(&mut self, zones: Zones) -> bool {
        let changed = zones.source_epoch != self.zones.source_epoch;
        self.zones = zones;
        self.main_root = nearest_root(&self.zones, self.main_root);
        changed
    }

    pub(super) fn zones(&self) -> &Zones {
        &self.zones
    }

    /// The slot key of a played key.
    pub(super) fn slot_key(&self, key: u8) -> SlotKey {
        SlotKey { root: nearest_root(&self.zones, key), variation: 0 }
    }

    /// Makes the zone of a played key the main one.
    pub(super) fn set_main(&mut self, key: SlotKey) {
        self.main_root = key.root;
    }

    /// The wanted sound of a zone.
    pub(super) fn spec(&self, root: u8) -> SoundSpec {
        let (latent, shaping, residual) = (self.latent, self.shaping, self.residual);
        SoundSpec { latent, key: f32::from(root), shaping, residual, seed: self.seed, variation: 0 }
    }

    /// Live: asks for what is wanted and not asked for.
    pub(super) fn request_live(&mut self, slots: &mut Slots, voices: &Voices, tick: u64) {
        let main = slots.slot_for(SlotKey { root: self.main_root, variation: 0 }, tick);
        for index in 0..crate::link::SLOTS {
            let Some(slot) = slots.get(index) else { continue };
            let Some(key) = slot.key else { continue };
            let (sounds, is_main) = (slot.homes > 0, Some(index) == main);
            let spec = self.spec(key.root);
            let stands = slot.requested.map_or_else(|| slot.holds(&spec), |request| request.spec.is_near(&spec));
            let unfinished = slot.requested.is_some_and(|request| !slot.has_whole(request.generation));
            if sounds || is_main {
                let urgency = if sounds { SOUNDING } else { MAIN };
                if stands {
                    slots.set_urgency(index, urgency, is_main);
                } else {
                    slots.request(index, request(spec, urgency, is_main, voices.cursors(index)));
                }
            } else if unfinished && !stands {
                // Work on a point that has passed would delay what sounds.
                slots.withdraw(index);
            } else {
                slots.set_urgency(index, NEIGHBOUR, false);
            }
        }
        if self.still_ticks >= STILL_TICKS {
            self.request_neighbours(slots, tick);
        }
    }

    fn request_neighbours(&self, slots: &mut Slots, tick: u64) {
        let roots = self.zones.roots();
        let main = roots.iter().position(|root| *root == self.main_root).unwrap_or(0);
        let neighbours = [main.checked_add(1), main.checked_sub(1)].into_iter().flatten();
        for root in neighbours.filter_map(|index| roots.get(index)) {
            let Some(index) = slots.slot_for(SlotKey { root: *root, variation: 0 }, tick) else { continue };
            let spec = self.spec(*root);
            let Some(slot) = slots.get(index).filter(|slot| slot.key.is_some_and(|key| key.root == *root)) else {
                continue;
            };
            if slot.homes == 0 && !slot.requested.is_some_and(|request| request.spec.is_near(&spec)) {
                slots.request(index, request(spec, NEIGHBOUR, false, (0, 0)));
            }
        }
    }

    /// Offline: asks for the sounding zones; each takes over `delay_ticks` later.
    pub(super) fn request_offline(&self, slots: &mut Slots, voices: &Voices, tick: u64, delay_ticks: u64) {
        for index in 0..crate::link::SLOTS {
            let Some((slot, key)) = slots.get(index).and_then(|slot| Some((slot, slot.key?))) else { continue };
            let spec = self.spec(key.root);
            let stands = slot.requested.is_some_and(|request| request.spec == spec);
            if slot.homes > 0 && slot.pending.is_none() && !stands && !slot.holds(&spec) {
                self.request_pending(slots, index, voices.cursors(index), tick + delay_ticks);
            }
        }
    }

    /// Offline: asks for the sound of a slot, to take over at `due_tick`.
    pub(super) fn request_pending(&self, slots: &mut Slots, index: usize, cursors: (u32, u32), due_tick: u64) {
        let Some(key) = slots.get(index).and_then(|slot| slot.key) else { return };
        let spec = self.spec(key.root);
        let generation = slots.request(index, request(spec, SOUNDING, key.root == self.main_root, cursors));
        if let Some(slot) = slots.get_mut(index) {
            slot.pending = Some(Pending { generation, due_tick });
            slot.visible = generation - 1;
        }
    }
}

fn request(spec: SoundSpec, urgency: u32, main: bool, cursors: (u32, u32)) -> Request {
    Request { generation: 0, spec, urgency, cursor_sample: cursors.0, last_cursor_sample: cursors.1, main }
}

/// The root nearest to `key`; the lower of two.
fn nearest_root(zones: &Zones, key: u8) -> u8 {
    zones.roots().iter().copied().min_by_key(|root| root.abs_diff(key)).unwrap_or(FIRST_KEY)
}
