//! Taught MIDI controllers between the audio thread, which hears them, and the window, which teaches them and moves the host's parameters.
//!
//! [`ControllerLink`] is shared: atomics only, so either side may use it at any time. [`ControllerEnd`] belongs to the audio thread: it
//! never locks, waits, allocates or frees. The audio thread must not call the host; it plays a move at once, in place of the host's value,
//! and tells its place here. An open window follows it with the host's parameter. Without one the move stands until the host moves the
//! parameter, and is saved.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::unreachable)
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use engine::audio::{ControllerMoves, Event, EventKind};
use engine::params::{ControllerMap, Controls, ParamId};

use crate::params::Parameters;
use crate::project::AudioScene;

/// Stands for no controller, and as bits of a number for no place.
const NONE: u32 = u32::MAX;
/// Places nearer than this on 0…1 are the same: hosts round what they keep.
const SAME: f32 = 1e-4;

/// What both threads see.
#[derive(Debug)]
pub struct ControllerLink {
    is_teaching: AtomicBool,
    /// The controller that was moved first since the window began to listen.
    taught: AtomicU32,
    /// Bits of the places where moved parameters are heard.
    heard: [AtomicU32; ParamId::COUNT],
    /// Bits of the places to which the window has followed last.
    followed: [AtomicU32; ParamId::COUNT],
}

impl Default for ControllerLink {
    fn default() -> Self {
        let none = || std::array::from_fn(|_| AtomicU32::new(NONE));
        Self { is_teaching: AtomicBool::new(false), taught: AtomicU32::new(NONE), heard: none(), followed: none() }
    }
}

impl ControllerLink {
    /// Begins to listen for the next controller that is moved.
    pub fn listen(&self) {
        self.taught.store(NONE, Ordering::Release);
        self.is_teaching.store(true, Ordering::Release);
    }

    /// Listens no longer.
    pub fn stop_listening(&self) {
        self.is_teaching.store(false, Ordering::Release);
    }

    /// The controller that was moved first since [`Self::listen`].
    pub fn taught(&self) -> Option<u8> {
        u8::try_from(self.taught.load(Ordering::Acquire)).ok()
    }

    /// Where a parameter is heard on 0…1, if a controller has moved it away from where the host has it and no window has taken that.
    pub fn heard(&self, id: ParamId) -> Option<f32> {
        place(self.heard.get(id.index())?)
    }

    /// [`Self::heard`] for the window, which moves the host's parameter there.
    pub fn follow(&self, id: ParamId) -> Option<f32> {
        let (heard, followed) = (self.heard.get(id.index())?, self.followed.get(id.index())?);
        let place = place(heard)?;
        // Before the host can hear of it.
        followed.store(place.to_bits(), Ordering::Release);
        // What the audio thread tells meanwhile is taken next.
        _ = heard.compare_exchange(place.to_bits(), NONE, Ordering::AcqRel, Ordering::Relaxed);
        Some(place)
    }
}

/// The audio thread's end.
pub struct ControllerEnd {
    link: Arc<ControllerLink>,
    moves: ControllerMoves,
    recalls: u64,
}

impl ControllerEnd {
    /// Of an instrument in which nothing was moved.
    pub fn new(link: Arc<ControllerLink>) -> Self {
        Self { link, moves: ControllerMoves::default(), recalls: 0 }
    }

    /// Begins a block: what the host has followed or moved itself is the host's again. Safe on the audio thread.
    pub fn begin_block(&mut self, scene: &AudioScene, params: &Parameters) {
        if self.recalls != scene.recalls {
            self.recalls = scene.recalls;
            self.moves.clear();
        }
        let followed = &self.link.followed;
        let is_following = |id: ParamId, now: f32| {
            followed.get(id.index()).and_then(place).is_some_and(|place| (place - now).abs() < SAME)
        };
        self.moves.follow_host(&scene.controllers, |id| params.get(id).normalized(), is_following);
    }

    /// The controls of the stretch that begins with `events`, given those of the host. Safe on the audio thread.
    pub fn hear(&mut self, map: &ControllerMap, events: &[Event], params: &Parameters, host: Controls) -> Controls {
        let moved = self.moves.hear(map, events, |id| params.get(id).normalized());
        if let Some(controller) = moved.filter(|controller| ControllerMap::can_move(*controller))
            && self.link.is_teaching.swap(false, Ordering::AcqRel)
        {
            self.link.taught.store(controller.into(), Ordering::Release);
        }
        let mut controls = host;
        self.moves.apply(&mut controls);
        controls
    }

    /// Ends a block: tells where moved parameters are heard. Safe on the audio thread.
    pub fn end_block(&self) {
        for (id, heard) in ParamId::all().zip(&self.link.heard) {
            heard.store(self.moves.place(id).map_or(NONE, f32::to_bits), Ordering::Release);
        }
    }

    /// Whether what is rendered after an event has other controls. Safe on the audio thread.
    pub fn heeds(map: &ControllerMap, event: &EventKind) -> bool {
        ControllerMoves::heeds(map, event)
    }
}

fn place(bits: &AtomicU32) -> Option<f32> {
    let bits = bits.load(Ordering::Acquire);
    (bits != NONE).then(|| f32::from_bits(bits))
}
