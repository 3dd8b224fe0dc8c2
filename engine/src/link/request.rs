//! Requests of the audio thread for sounds. Plain values; any thread, the audio thread included.

use super::SLOTS;
use super::sound::SoundSpec;

/// Distance between the generations of successive requests of an instance; the odd ones between them identify drafts.
pub const GENERATION_STEP: u64 = 2;

/// A sound that the audio thread wants in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Grows with every request of the instance, in steps of [`GENERATION_STEP`]; identifies the sound in all deliveries.
    pub generation: u64,
    /// The wanted sound.
    pub spec: SoundSpec,
    /// Smaller values are served first; 0 is for a slot with voices.
    pub urgency: u32,
    /// Position of the earliest voice of the slot, in samples of the sound: blocks from here on are delivered first.
    pub cursor_sample: u32,
    /// End of the region that the voices of the slot need before they can move to the sound, in samples. A newer request of the slot
    /// does not cancel a job that has begun before the job has delivered this region.
    pub region_end_sample: u32,
    /// Whether a draft of that region is wanted: a first version, delivered before the whole sound and replaced by it.
    pub wants_draft: bool,
    /// Whether this is the main sound: the one that the editor shows.
    pub main: bool,
}

impl Request {
    /// Generation of the draft of this request: older than the sound itself, newer than every earlier sound.
    pub fn draft_generation(&self) -> u64 {
        self.generation.saturating_sub(1)
    }
}

/// The newest request of every slot. `None`: the slot is not in use.
pub type RequestBoard = [Option<Request>; SLOTS];
