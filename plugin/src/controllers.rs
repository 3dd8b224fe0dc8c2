//! MIDI controllers that parameters have learned: between the audio thread, which hears them, and the window, where they are learned and
//! which moves the host's parameters.
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
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

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
    is_learning: AtomicBool,
    /// The controller that was moved first since the window began to listen.
    learned: AtomicU32,
    /// Bits of the places where moved parameters are heard.
    heard: [AtomicU32; ParamId::COUNT],
    /// Bits of the two places to which the window has followed last, the newest in the lower half: a host may tell the one before late.
    followed: [AtomicU64; ParamId::COUNT],
}

impl Default for ControllerLink {
    fn default() -> Self {
        Self {
            is_learning: AtomicBool::new(false),
            learned: AtomicU32::new(NONE),
            heard: std::array::from_fn(|_| AtomicU32::new(NONE)),
            followed: std::array::from_fn(|_| AtomicU64::new(u64::MAX)),
        }
    }
}

impl ControllerLink {
    /// Begins to listen for the next controller that is moved.
    pub fn listen(&self) {
        self.learned.store(NONE, Ordering::Release);
        self.is_learning.store(true, Ordering::Release);
    }

    /// Listens no longer.
    pub fn stop_listening(&self) {
        self.is_learning.store(false, Ordering::Release);
    }

    /// The controller that was moved first since [`Self::listen`].
    pub fn learned(&self) -> Option<u8> {
        u8::try_from(self.learned.load(Ordering::Acquire)).ok()
    }

    /// Where a parameter is heard on 0…1, if a controller has moved it away from where the host has it and no window has taken that.
    pub fn heard(&self, id: ParamId) -> Option<f32> {
        place(self.heard.get(id.index())?.load(Ordering::Acquire))
    }

    /// [`Self::heard`] for the window, which moves the host's parameter there.
    pub fn follow(&self, id: ParamId) -> Option<f32> {
        let (heard, followed) = (self.heard.get(id.index())?, self.followed.get(id.index())?);
        let place = place(heard.load(Ordering::Acquire))?;
        // Before the host can hear of it.
        let before = followed.load(Ordering::Relaxed);
        followed.store(before << 32 | u64::from(place.to_bits()), Ordering::Release);
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
            let both = followed.get(id.index()).map_or(u64::MAX, |both| both.load(Ordering::Acquire));
            [both as u32, (both >> 32) as u32].into_iter().filter_map(place).any(|place| (place - now).abs() < SAME)
        };
        self.moves.follow_host(&scene.controllers, |id| params.get(id).normalized(), is_following);
    }

    /// The controls of the stretch that begins with `events`, given those of the host. Safe on the audio thread.
    pub fn hear(&mut self, map: &ControllerMap, events: &[Event], params: &Parameters, host: Controls) -> Controls {
        let moved = self.moves.hear(map, events, |id| params.get(id).normalized());
        if let Some(controller) = moved.filter(|controller| ControllerMap::can_move(*controller))
            && self.link.is_learning.swap(false, Ordering::AcqRel)
        {
            self.link.learned.store(controller.into(), Ordering::Release);
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

fn place(bits: u32) -> Option<f32> {
    (bits != NONE).then(|| f32::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_behind_the_window_has_not_moved_the_parameter() {
        let (link, id) = (Arc::new(ControllerLink::default()), ParamId::TILT);
        let map = ControllerMap::default().with(id, Some(21));
        let (store, mut audio) = crate::project::ProjectStore::new();
        store.apply(crate::project::Edit::SetControllers { map, change: String::new() });
        let (mut end, params) = (ControllerEnd::new(Arc::clone(&link)), Parameters::new());
        let mut turn = |value: Option<f32>| {
            let event = value.map(|value| EventKind::Controller { channel: 0, controller: 21, value });
            let events: Vec<Event> = event.into_iter().map(|kind| Event { offset: 0, kind }).collect();
            let scene = audio.scene();
            end.begin_block(&scene, &params);
            let controls = end.hear(&map, &events, &params, params.controls(&scene));
            end.end_block();
            id.spec().scale.place(controls.tilt_db_per_octave)
        };
        let near = |a: f32, b: f32| (a - b).abs() < SAME;
        assert!(near(turn(Some(0.6)), 0.6));
        assert_eq!(link.follow(id), Some(0.6));
        assert!(near(turn(Some(0.7)), 0.7));
        assert_eq!(link.follow(id), Some(0.7));
        assert!(near(turn(Some(0.8)), 0.8));
        // The host has only now moved to the first place, then to the second.
        for late in [0.6, 0.7] {
            params.begin_at(id, id.spec().scale.value(late));
            assert!(near(turn(None), 0.8), "{late}");
        }
        params.begin_at(id, id.spec().scale.value(0.1));
        assert!(near(turn(None), 0.1), "the host has moved it itself");
        assert_eq!(link.heard(id), None);
    }
}
