//! The contract of the crossing: full, empty, order, drop, newest wins, and the bound on blocks. Part of a program that counts allocations
//! and frees.

use std::thread;

use engine::link::{
    AudioEnd, BLOCK_SAMPLES, Block, DELIVERY_CAPACITY, Delivery, MAX_BLOCKS, MAX_SOURCES, MainEnd, Part, Request,
    SLOTS, SoundSpec, SourceId, SourceInfo, SourceSet, SustainMap, WorkerEnd, link,
};
use support::guard::counted;

fn ends() -> (AudioEnd, WorkerEnd, MainEnd) {
    link(SourceSet::of(source(0, &[60])))
}

fn request(generation: u64) -> Request {
    Request {
        generation,
        spec: SoundSpec::new(SourceId(0), [0.0; 7], 60.0),
        urgency: 0,
        cursor_sample: 0,
        region_end_sample: 0,
        wants_draft: false,
        main: true,
    }
}

fn source(id: u32, roots: &[u8]) -> SourceInfo {
    SourceInfo::new(SourceId(id), roots)
}

fn end_of(generation: u64) -> Delivery {
    Delivery { slot: 0, generation, part: Part::End(SustainMap::default()) }
}

#[test]
fn empty_means_nothing_new() {
    let (mut audio, mut worker, _main) = ends();
    assert!(audio.peek().is_none() && audio.pop().is_none());
    assert!(!worker.has_new_board());
    assert_eq!(worker.board(), &[None; SLOTS]);
}

#[test]
fn the_newest_board_wins() {
    let (mut audio, mut worker, _main) = ends();
    for generation in 1..=5 {
        let mut board = [None; SLOTS];
        board[3] = Some(request(generation));
        audio.publish(&board);
    }
    assert!(worker.has_new_board());
    assert_eq!(worker.board()[3], Some(request(5)));
    assert!(!worker.has_new_board());
}

#[test]
fn messages_keep_their_order() {
    let (mut audio, mut worker, _main) = ends();
    for generation in 0..100 {
        assert!(worker.push(end_of(generation)).is_ok());
    }
    for generation in 0..100 {
        assert_eq!(audio.peek().map(|delivery| delivery.generation), Some(generation));
        assert_eq!(audio.pop().map(|delivery| delivery.generation), Some(generation));
    }
}

#[test]
fn a_full_queue_hands_the_message_back() {
    let (mut audio, mut worker, _main) = ends();
    for generation in 0..DELIVERY_CAPACITY as u64 {
        assert!(worker.push(end_of(generation)).is_ok());
    }
    let refused = worker.push(end_of(9_999)).err();
    assert_eq!(refused.map(|delivery| delivery.generation), Some(9_999));
    assert!(audio.pop().is_some());
    assert!(worker.push(end_of(9_999)).is_ok());
}

#[test]
fn no_more_blocks_exist_than_can_be_handed_back() {
    let (mut audio, mut worker, _main) = ends();
    let mut blocks: Vec<_> = std::iter::from_fn(|| worker.take_block()).collect();
    assert_eq!(blocks.len(), MAX_BLOCKS);
    while let Some(block) = blocks.pop() {
        assert!(audio.has_room_for_empties());
        assert!(audio.give_back(block).is_none(), "the queue of empties has room for every block");
    }
    worker.collect_empties();
    worker.free_spare();
    assert_eq!(worker.existing_blocks(), 0);
}

#[test]
fn a_returned_block_is_used_again_and_is_silent() {
    let (mut audio, mut worker, _main) = ends();
    let Some(mut block) = worker.take_block() else { panic!("no block") };
    block.fill(1.0);
    let place = block.as_ptr();
    assert!(audio.give_back(block).is_none());
    let Some(again) = worker.take_block() else { panic!("no block") };
    assert_eq!(again.as_ptr(), place);
    assert_eq!(*again, [0.0; BLOCK_SAMPLES]);
    assert_eq!(worker.existing_blocks(), 1);
}

#[test]
fn either_end_may_go_first() {
    let (mut audio, mut worker, _main) = ends();
    let Some(block) = worker.take_block() else { panic!("no block") };
    assert!(
        worker.push(Delivery { slot: 0, generation: 1, part: Part::Block { index: 0, channel: 0, block } }).is_ok()
    );
    assert!(!audio.worker_is_gone());
    drop(worker);
    assert!(audio.worker_is_gone());
    assert!(audio.pop().is_some(), "what was sent still arrives");

    let (audio, mut worker, _main) = ends();
    assert!(!worker.audio_is_gone());
    drop(audio);
    assert!(worker.audio_is_gone());
    assert!(worker.push(end_of(1)).is_ok(), "and nothing breaks");
}

#[test]
fn roots_are_sorted_distinct_and_never_none() {
    assert_eq!(source(1, &[72, 36, 72, 60]).roots(), [36, 60, 72]);
    assert_eq!(source(1, &[]).roots(), [60]);
    assert_eq!(source(1, &(0..=127).collect::<Vec<u8>>()).roots().len(), 32);
    assert_eq!(source(1, &[36, 60]).nearest_root(48), 36, "the lower of two");
}

#[test]
fn a_set_of_sources_has_one_that_plays_and_a_bound() {
    let mut set = SourceSet::of(source(0, &[60]));
    for id in 1..MAX_SOURCES as u32 {
        set = set.with(source(id, &[36])).expect("there is room");
        assert_eq!(set.current().id, SourceId(id), "a new source plays");
    }
    assert_eq!(set.with(source(99, &[36])), None);
    assert_eq!(set.playing(SourceId(99)), None);
    let set = set.playing(SourceId(0)).expect("it is there").without(SourceId(1)).without(SourceId(0));
    assert!(set.get(SourceId(0)).is_some(), "the one that plays stays");
    assert!(set.get(SourceId(1)).is_none() && set.with(source(9, &[36])).is_some());
}

/// The sample that every place of a block holds.
fn mark(generation: u64, index: usize) -> f32 {
    (generation as usize * 1000 + index) as f32
}

/// The worker's part: one sound for each board that it sees, until generation `last`.
fn serve(worker: &mut WorkerEnd, blocks: usize, last: u64) {
    let send = |worker: &mut WorkerEnd, mut delivery: Delivery| {
        while let Err(refused) = worker.push(delivery) {
            delivery = refused;
            thread::yield_now();
        }
    };
    let mut served = 0;
    while served < last {
        let Some(generation) = worker.board()[0].map(|request| request.generation).filter(|newest| *newest > served)
        else {
            thread::yield_now();
            continue;
        };
        for index in 0..blocks {
            let mut block = worker.take_block().expect("fewer blocks exist than may");
            block.fill(mark(generation, index));
            send(worker, Delivery { slot: 0, generation, part: Part::Block { index, channel: 0, block } });
        }
        send(worker, end_of(generation));
        served = generation;
    }
}

/// The audio thread's part: wants one sound after another, keeps the blocks of the last one and hands the older ones back.
fn listen(audio: &mut AudioEnd, blocks: usize, last: u64, held: &mut Vec<Block>) {
    for wanted in 1..=last {
        let mut board = [None; SLOTS];
        board[0] = Some(request(wanted));
        audio.publish(&board);
        while let Some(block) = held.pop() {
            assert!(audio.give_back(block).is_none(), "the queue of empties has room for every block");
        }
        loop {
            let Some(Delivery { generation, part, .. }) = audio.pop() else {
                thread::yield_now();
                continue;
            };
            assert_eq!(generation, wanted);
            match part {
                Part::Block { index, block, .. } => {
                    assert_eq!(index, held.len(), "blocks keep their order");
                    assert!(
                        block.iter().all(|sample| *sample == mark(wanted, index)),
                        "a block arrives as it was sent"
                    );
                    held.push(block);
                }
                Part::End(_) => break,
                other => panic!("{other:?} was never sent"),
            }
        }
        assert_eq!(held.len(), blocks);
    }
    while let Some(block) = held.pop() {
        assert!(audio.give_back(block).is_none());
    }
}

#[test]
fn two_threads_pass_every_block_there_and_back_and_the_worker_alone_frees_them() {
    // More than the delivery queue holds, so that both ends meet a full and an empty one.
    const BLOCKS: usize = DELIVERY_CAPACITY + 100;
    const SOUNDS: u64 = 50;
    let (mut audio, mut worker, _main) = ends();
    let mut held = Vec::with_capacity(BLOCKS);
    let count = thread::scope(|scope| {
        let listening = scope.spawn(|| counted(|| listen(&mut audio, BLOCKS, SOUNDS, &mut held)));
        serve(&mut worker, BLOCKS, SOUNDS);
        listening.join().expect("every sound arrives")
    });
    assert_eq!(count, 0, "allocations and frees of the audio thread");
    assert!(audio.pop().is_none());
    let existing = worker.existing_blocks();
    assert!(
        (BLOCKS..=2 * BLOCKS).contains(&existing),
        "{existing} blocks: those of a sound that plays and one that comes"
    );
    let freed = counted(|| {
        worker.collect_empties();
        worker.free_spare();
    });
    assert_eq!(worker.existing_blocks(), 0);
    assert!(freed >= existing as u64, "{freed} frees of {existing} blocks");
}

#[test]
fn blocks_in_a_queue_are_freed_with_its_last_end() {
    /// Frees when both ends are dropped with blocks on their way in both directions.
    fn frees(waiting: usize, returned: usize, audio_goes_first: bool) -> u64 {
        let (mut audio, mut worker, _main) = ends();
        let blocks: Vec<Block> = (0..waiting + returned).map(|_| worker.take_block().expect("a block")).collect();
        for (index, block) in blocks.into_iter().enumerate() {
            let part = Part::Block { index, channel: 0, block };
            assert!(worker.push(Delivery { slot: 0, generation: 1, part }).is_ok());
        }
        for _ in 0..returned {
            let Some(Part::Block { block, .. }) = audio.pop().map(|delivery| delivery.part) else { panic!("no block") };
            assert!(audio.give_back(block).is_none());
        }
        counted(|| {
            if audio_goes_first {
                drop(audio);
                drop(worker);
            } else {
                drop(worker);
                drop(audio);
            }
        })
    }
    for audio_goes_first in [true, false] {
        let none = frees(0, 0, audio_goes_first);
        for (waiting, returned) in [(1, 0), (0, 1), (40, 3), (DELIVERY_CAPACITY - 100, 100), (DELIVERY_CAPACITY, 0)] {
            let freed = frees(waiting, returned, audio_goes_first) - none;
            assert_eq!(freed, (waiting + returned) as u64, "{waiting} waiting, {returned} returned");
        }
    }
}
