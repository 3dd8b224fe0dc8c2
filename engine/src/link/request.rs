//! What the audio thread asks for. Plain values; any thread, the audio thread included.

use super::SLOTS;
use super::sound::SoundSpec;

/// Generations of two requests of an instance differ by this much: the odd ones between them name drafts.
pub const GENERATION_STEP: u64 = 2;

/// A sound that the audio thread wants in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Grows with every request of the instance, in steps of [`GENERATION_STEP`]; names the sound in all deliveries.
    pub generation: u64,
    /// The wanted sound.
    pub spec: SoundSpec,
    /// The smaller, the sooner: 0 for a slot that sounds now.
    pub urgency: u32,
    /// Where the first of the listening voices is, in samples of the sound: blocks from here on come first.
    pub cursor_sample: u32,
    /// End of what the listening voices need to move over: a job does not make way before it has given the samples up to here.
    pub region_end_sample: u32,
    /// Whether a draft of that region is welcome: a first version, given before the whole sound, that the whole replaces.
    pub wants_draft: bool,
    /// Whether this is the sound that the editor shows.
    pub main: bool,
}

impl Request {
    /// Names the draft of this request's region in deliveries: older than the sound itself, newer than what was there before.
    pub fn draft_generation(&self) -> u64 {
        self.generation.saturating_sub(1)
    }
}

/// The newest request of every slot. `None`: the slot is not in use.
pub type RequestBoard = [Option<Request>; SLOTS];
