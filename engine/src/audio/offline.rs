//! Offline rendering waits for the worker: the one permitted wait of the audio side. AUDIO THREAD, in offline mode only.
//!
//! The output does not depend on the worker's speed: a request takes over at a tick that is fixed when it is made. Until then voices do
//! not see its sound; at that tick rendering waits until the whole sound has arrived.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::planner::{Hearing, RequestPlanner};
use super::slots::{Received, Slots};
use super::tick::TICK_SAMPLES;

/// Least number of ticks from a request to its take-over: 1024 samples. Longer lets decoding run beside rendering for longer; shorter
/// follows automation more closely.
const DELAY_TICKS: u64 = 16;
/// Sleep between two polls of the queue.
const PAUSE: Duration = Duration::from_micros(200);

/// How a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waited {
    /// The whole sound has arrived.
    Whole,
    /// The decode failed, or the worker has gone.
    Failed,
    /// Voices read every buffer; a crossfade must end first.
    Blocked,
}

/// Ticks from a request to its take-over: at least until the crossfade of the previous take-over has ended.
pub(super) fn delay_ticks(fade_samples: u32) -> u64 {
    DELAY_TICKS.max(u64::from(fade_samples).div_ceil(TICK_SAMPLES as u64) + 2)
}

/// Waits for the sounds of all requests that are due at `tick`, and lets them take over.
pub(super) fn take_over(slots: &mut Slots, tick: u64) {
    for index in 0..crate::link::SLOTS {
        let Some(pending) = slots.get(index).and_then(|slot| slot.pending) else { continue };
        if pending.due_tick > tick {
            continue;
        }
        let waited = wait(slots, index, pending.generation);
        if waited == Waited::Failed {
            slots.end().telemetry().render_failed.store(true, Ordering::Relaxed);
        }
        if let Some(slot) = slots.get_mut(index).filter(|_| waited != Waited::Blocked) {
            slot.pending = None;
            slot.visible = u64::MAX;
            slot.retire_unfinished();
        }
    }
}

/// Before a note: waits for the sound of its zone, unless the slot holds it, or holds an older one while a request is pending.
pub(super) fn ensure(slots: &mut Slots, planner: &RequestPlanner, hearing: &Hearing, zone_slot: usize, tick: u64) {
    let Some((slot, key)) = slots.get(zone_slot).and_then(|slot| Some((slot, slot.key?))) else { return };
    let under_way = slot.pending.is_some() && slot.newest_complete().is_some();
    if under_way || slot.holds(&planner.spec(key)) {
        return;
    }
    if slot.pending.is_none() {
        planner.request_pending(slots, hearing, zone_slot, tick);
    }
    if let Some(pending) = slots.get_mut(zone_slot).and_then(|slot| slot.pending.as_mut()) {
        pending.due_tick = tick;
    }
    slots.publish();
    take_over(slots, tick);
}

#[expect(clippy::disallowed_methods, reason = "offline rendering is the one permitted wait of the audio side")]
fn wait(slots: &mut Slots, index: usize, generation: u64) -> Waited {
    loop {
        let received = slots.receive_one();
        let Some(slot) = slots.get(index) else { return Waited::Failed };
        if slot.has_whole(generation) {
            return Waited::Whole;
        }
        if slot.failed >= generation {
            return Waited::Failed;
        }
        match received {
            Received::One => continue,
            Received::Blocked => {
                slots.drain(usize::MAX);
                if slots.receive_one() == Received::Blocked {
                    return Waited::Blocked;
                }
            }
            Received::Nothing if slots.end().worker_is_gone() => return Waited::Failed,
            Received::Nothing => std::thread::sleep(PAUSE),
        }
    }
}
