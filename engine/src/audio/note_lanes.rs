//! Notes with a decoded sound of their own: up to eight, where a route to what is decoded has a source that differs between notes, or the host
//! modulates what is decoded for single notes. AUDIO THREAD: plain arithmetic, bounded by the number of voices.
//!
//! A note takes a lane when it starts, or when such a route comes into use while it sounds, and keeps it until it has ended. A lane's sounds lie in slots of their own; what the last note of
//! a lane had decoded is found again there. Notes beyond the eighth share the sound of those without a lane.

use super::Synth;
use super::note_motion::NoteMotion;
use super::slot::SlotKey;
use super::sound_motion::SoundOffsets;
use crate::link::Succession;

/// Most notes that have a sound of their own: half of the slots, so that the others stay for zones and variations.
pub(super) const LANES: usize = crate::link::SLOTS / 2;

/// The lane of notes without one.
pub(super) const SHARED_LANE: u8 = 0;

/// The lanes in use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NoteLanes {
    /// What the routes of each lane's note add to its sound.
    offsets: [SoundOffsets; LANES],
    /// The lane that was given last.
    last: u8,
    /// Whether routes moved the sounds of notes apart in the last tick.
    apart: bool,
}

/// The numbers of the lanes, from 1 on, beginning after `last`.
fn after(last: u8) -> impl Iterator<Item = u8> {
    (0..LANES as u8).map(move |step| (last + step) % LANES as u8 + 1)
}

impl Synth {
    /// The lane of a note that starts at a key with a variation: a free one, one that holds its sound before others. The shared one if none
    /// is free or the note's sound does not differ from that of others.
    pub(super) fn lane_for(&mut self, note: &NoteMotion, key: u8, variation: u32) -> u8 {
        // Takes are made slowly, each for any note.
        if !self.moves_sounds_apart() || self.planner.succession() == Succession::Takes {
            return SHARED_LANE;
        }
        let offsets = SoundOffsets::of(&self.motion, note);
        let shared = self.planner.slot_key(key, variation, SHARED_LANE);
        let moved = offsets.moved(&self.controls);
        let wanted = self.planner.spec_of(&moved, shared);
        let used = self.voices.living_lanes();
        let is_free = |lane: &u8| used & (1 << lane) == 0;
        let holds = |lane: &u8| {
            let key = Some(SlotKey { lane: *lane, ..shared });
            self.slots.iter().any(|(_, slot)| slot.key == key && slot.holds_near(&wanted))
        };
        // Offline the lane follows from the notes alone: what an earlier render has left must make no difference.
        let held = after(self.lanes.last).filter(|lane| is_free(lane) && !self.offline).find(holds);
        let Some(lane) = held.or_else(|| after(self.lanes.last).find(is_free)) else { return SHARED_LANE };
        self.lanes.last = lane;
        if let Some(place) = self.lanes.offsets.get_mut(usize::from(lane) - 1) {
            *place = offsets;
        }
        self.planner.set_lane(lane, Some(&moved));
        lane
    }

    /// Whether routes, or the host's modulation of single notes, move the sounds of notes apart.
    fn moves_sounds_apart(&self) -> bool {
        self.motion.moves_sounds_apart() || self.voices.are_modulated_apart()
    }

    /// Whether the sounds of notes move apart from this tick on.
    pub(super) fn begins_to_move_apart(&mut self) -> bool {
        let is_apart = self.moves_sounds_apart();
        !std::mem::replace(&mut self.lanes.apart, is_apart) && is_apart
    }

    /// Gives the planner what the notes with a lane want.
    pub(super) fn move_lanes(&mut self) {
        let mut notes: [Option<&NoteMotion>; LANES] = [None; LANES];
        for (lane, note) in self.voices.motions_of_lanes() {
            if let Some(place) = notes.get_mut(usize::from(lane).wrapping_sub(1)) {
                *place = Some(note);
            }
        }
        for (lane, note) in (1u8..).zip(notes) {
            let is_due = self.is_move_due(u64::from(lane), LANES as u64);
            let Some(offsets) = self.lanes.offsets.get_mut(usize::from(lane) - 1) else { continue };
            let Some(note) = note else {
                self.planner.set_lane(lane, None);
                continue;
            };
            if is_due {
                *offsets = SoundOffsets::of(&self.motion, note);
            }
            self.planner.set_lane(lane, Some(&offsets.moved(&self.controls)));
        }
    }
}
