//! Tests of the slots.

use super::*;
use crate::link::{SoundHead, SoundSpec, SourceId, SourceInfo, StretchMap, SustainMap, WorkerEnd, link};

const SOUND_BLOCKS: usize = 100;
const SOURCE: SourceId = SourceId(0);

fn ends() -> (AudioEnd, WorkerEnd) {
    let (audio, worker, _main) = link(SourceSet::of(SourceInfo::new(SOURCE, &[60])));
    (audio, worker)
}

fn key(root: u8) -> SlotKey {
    SlotKey { source: SOURCE, root, layer: 0, variation: 0, lane: 0 }
}

fn send(worker: &mut WorkerEnd, generation: u64, part: Part) {
    worker.push(Delivery { slot: 0, generation, part }).expect("there is room");
}

/// Sends a whole sound for slot 0 to the queue.
fn send_sound(worker: &mut WorkerEnd, request: &Request, generation: u64) {
    let length_samples = SOUND_BLOCKS * crate::link::BLOCK_SAMPLES;
    let (spec, stretch) = (request.spec, StretchMap::NONE);
    send(
        worker,
        generation,
        Part::Begin(SoundHead { spec, length_samples, sample_rate_hz: 44_100.0, channels: 1, stretch }),
    );
    for index in 0..SOUND_BLOCKS {
        let block = worker.take_block().expect("a block");
        send(worker, generation, Part::Block { index, channel: 0, block });
    }
    send(worker, generation, Part::End(SustainMap::default()));
}

#[test]
fn no_call_receives_or_returns_more_than_its_budget() {
    let (audio, mut worker) = ends();
    let mut slots = Slots::new(audio);
    slots.slot_for(key(60)).expect("a free slot");
    let request = Request {
        generation: 0,
        spec: SoundSpec::new(SOURCE, [0.0; 7], 60.0),
        urgency: 0,
        cursor_sample: 0,
        region_end_sample: 0,
        wants_draft: false,
        main: true,
    };
    let first = slots.request(0, request);
    send_sound(&mut worker, &request, first);
    for budget in [0, 1, 7, 64] {
        let before = worker.waiting_messages();
        slots.receive(budget);
        assert_eq!(before - worker.waiting_messages(), budget);
    }
    slots.receive(usize::MAX);
    assert!(slots.get(0).is_some_and(|slot| slot.has_whole(first)), "the whole sound has been received");
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
        assert_eq!(before - worker.existing_blocks(), budget, "blocks of the replaced sound are returned");
    }
}

#[test]
fn the_least_recently_used_slot_is_reassigned() {
    let (audio, _worker) = ends();
    let mut slots = Slots::new(audio);
    let placed: Vec<_> = (0..SLOTS as u8).map(|root| slots.slot_for(key(root)).expect("a slot")).collect();
    slots.slot_for(key(0)).expect("used again");
    assert_eq!(slots.slot_for(key(100)), Some(placed[1]), "root 1 is the least recently used");
    assert_eq!(slots.slot_for(key(0)), Some(placed[0]), "root 0 keeps its slot");
}
