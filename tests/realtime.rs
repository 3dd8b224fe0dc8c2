//! The audio thread's bans, checked: a counting allocator stands round `render` while notes play, points sweep and the real pool
//! delivers. Runs in debug and in release.

mod link;
mod rates;
mod raw_generator;
mod storm;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use engine::audio::Event;
use engine::decode::Model;
use engine::decode::assets::Recorded;
use engine::decode::latent::LatentSource;
use engine::decode::source::Source;
use engine::pack::Pack;
use engine::params::{Controls, KeyPitches};
use engine::state::Prime;
use storm::Storm;
use support::fake::{Fake, Rig, Sort, Timbre};
use support::guard::{Guard, counted, guarded};
use support::script::{on, point};
use support::wait::wait_until;

#[global_allocator]
static GUARD: Guard = Guard;

/// Time in which the pool delivers the few sounds that a storm waits for, on the slowest machine.
const DELIVERY_LIMIT: Duration = Duration::from_secs(60);
/// Samples of the longest call of a storm.
const LONGEST_CALL: usize = 1_024;
/// Pause after each call of a storm, in which the pool works: a call lasts 12 ms on average.
const CALL_PAUSE: Duration = Duration::from_micros(300);
/// No sample of a storm is larger: delays feed back up to 20 times what goes in, filters ring, and gains of up to 12 dB follow.
const BOUND: f32 = 1e4;
/// Every sort of fake source.
const SORTS: [Sort; 7] =
    [Sort::Mono, Sort::Stereo, Sort::Slow, Sort::Failing, Sort::Longest, Sort::Walking, Sort::Takes];

#[test]
fn the_guard_sees_an_allocation_and_a_free() {
    assert_eq!(counted(|| {}), 0);
    let kept = std::cell::RefCell::new(Vec::new());
    assert_eq!(counted(|| kept.borrow_mut().push(1u8)), 1, "an allocation is counted");
    assert_eq!(counted(|| drop(kept.take())), 1, "a free is counted");
}

#[test]
fn the_guard_counts_one_thread_only() {
    let other = std::thread::spawn(|| (0..1_000).map(|_| vec![0u8; 100].len()).sum::<usize>());
    assert_eq!(guarded(|| std::hint::black_box(())), 0);
    assert_eq!(other.join().ok(), Some(100_000));
}

/// What is played: so many samples, and on until the pool has delivered so many further sounds.
#[derive(Clone, Copy)]
struct Stretch {
    samples: usize,
    decodes: u64,
    /// Whether the controls move.
    moves: bool,
}

/// Plays a stretch; returns the number of allocations and frees.
fn play(rig: &mut Rig, storm: &mut Storm, stretch: Stretch) -> u64 {
    let (mut out, mut right) = (vec![0.0; LONGEST_CALL], vec![0.0; LONGEST_CALL]);
    let mut events = Vec::with_capacity(16);
    let (mut count, mut played, mut step) = (0, 0, 0u32);
    let started = Instant::now();
    let wanted = rig.instance.status().decodes + stretch.decodes;
    while played < stretch.samples || rig.instance.status().decodes < wanted {
        let delivered = rig.instance.status().decodes;
        let is_late = played >= stretch.samples && started.elapsed() > DELIVERY_LIMIT;
        assert!(!is_late, "the pool does not deliver: {delivered} of {wanted} sounds");
        let length = 1 + storm.below(out.len());
        storm.events(length, &mut events);
        let still = Controls { hold: (step / 16 % 4) as f32, ..point(0.0) };
        let controls = if stretch.moves { storm.controls() } else { still };
        let pitches = storm.pitches();
        let (left, right) = (&mut out[..length], &mut right[..length]);
        count += guarded(|| {
            rig.synth.set_tuning(if step % 8 < 4 { &pitches } else { &KeyPitches::EQUAL });
            rig.synth.render(&events, &controls, left, right);
        });
        let peak = left
            .iter()
            .chain(&*right)
            .fold(0.0_f32, |peak, sample| if sample.is_finite() { peak.max(sample.abs()) } else { f32::INFINITY });
        assert!(peak < BOUND, "a peak of {peak} after {played} samples");
        (played, step) = (played + length, step + 1);
        std::thread::sleep(CALL_PAUSE);
    }
    count
}

/// The same with a session of its own.
fn storm(rig: &mut Rig, samples: usize, decodes: u64, moves: bool) -> u64 {
    play(rig, &mut Storm::new(3), Stretch { samples, decodes, moves })
}

/// Plays `seconds` in which everything moves at a rate of its own for each sort of source.
fn play_everything(seconds: usize) {
    for (sort, rate_hz) in [(Sort::Mono, 44_100.0), (Sort::Mono, 96_000.0), (Sort::Stereo, 48_000.0)] {
        let mut rig = Rig::of_sort(sort, Timbre::Noise, rate_hz);
        let mut session = Storm::new(3);
        // The pool delivers while the guard stands, however slow the machine is.
        let moving = Stretch { samples: seconds * rate_hz as usize, decodes: 20, moves: true };
        assert_eq!(play(&mut rig, &mut session, moving), 0, "{rate_hz} Hz, moving");
        let fewest = session.fewest_moves();
        assert!(fewest > 10, "every parameter moves: one has moved {fewest} times");
        let still = Stretch { samples: moving.samples / 10, decodes: 0, moves: false };
        assert_eq!(play(&mut rig, &mut session, still), 0, "{rate_hz} Hz, still");
    }
}

#[test]
fn rendering_neither_allocates_nor_frees() {
    play_everything(10);
}

#[test]
#[ignore = "minutes of work; `cargo test --release -p tests --test realtime -- --ignored`"]
fn an_hour_of_rendering_neither_allocates_nor_frees() {
    play_everything(1_200);
}

#[test]
fn rendering_neither_allocates_nor_frees_while_the_worker_fails_or_is_late() {
    const SAMPLES: usize = 5 * 48_000;
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    assert_eq!(storm(&mut rig, SAMPLES, 0, true), 0);
    rig.control.fails.store(true, Ordering::SeqCst);
    assert_eq!(storm(&mut rig, SAMPLES, 0, true), 0, "failing");
    rig.control.fails.store(false, Ordering::SeqCst);
    rig.control.stingy_blocks.store(5, Ordering::SeqCst);
    rig.control.stingy.store(true, Ordering::SeqCst);
    assert_eq!(storm(&mut rig, SAMPLES, 0, true), 0, "late");
    rig.control.stingy.store(false, Ordering::SeqCst);
}

#[test]
fn sources_of_every_kind_that_come_and_go_neither_allocate_nor_free_in_render() {
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    let mut session = Storm::new(5);
    let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"));
    let mut held = vec![rig.instance.source()];
    for turn in 0..24 {
        let next: Arc<dyn Source> = match SORTS.get(turn % (SORTS.len() + 1)) {
            Some(sort) => Arc::new(Fake::of_sort(*sort, Timbre::Noise).0),
            None => Arc::new(LatentSource::new(Arc::clone(&model))),
        };
        // One after the other, side by side, and back to an earlier one.
        match turn % 3 {
            0 => held = vec![rig.instance.set_source(next)],
            1 => held.push(rig.instance.add_source(next).expect("two are not too many")),
            _ => assert!(rig.instance.play_source(held[0])),
        }
        let stretch = Stretch { samples: 2 * 48_000, decodes: 0, moves: true };
        assert_eq!(play(&mut rig, &mut session, stretch), 0, "turn {turn}");
        if turn % 3 == 2 {
            rig.instance.remove_source(held[1]);
        }
    }
}

#[test]
fn a_prime_that_is_set_and_removed_neither_allocates_nor_frees_in_render() {
    const CHANGES: u64 = 12;
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    let (mut out, mut right) = ([0.0; 256], [0.0; 256]);
    let note = [Event { offset: 0, kind: on(60, 1.0) }];
    for change in 1..=CHANGES {
        let prime = Prime::of_recording("a", &[0.5; 4_000], 48_000, change as f32).expect("a recording");
        let assets = rig.assets.set([Recorded::Residuals(&[]); 5], Some(&prime), [0.0; 7]);
        let controls = Controls { assets, ..point(0.0) };
        let wanted = rig.instance.status().decodes + 1;
        wait_until("the sound is made anew", || {
            assert_eq!(guarded(|| rig.synth.render(&note, &controls, &mut out, &mut right)), 0, "change {change}");
            rig.instance.status().decodes >= wanted
        });
    }
    assert_eq!(guarded(|| rig.synth.render(&note, &point(0.0), &mut out, &mut right)), 0, "removed");
}

#[test]
fn resets_rates_and_offline_rendering_neither_allocate_nor_free() {
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    let (mut out, mut right) = (vec![0.0; 4_096], vec![0.0; 4_096]);
    let note = [Event { offset: 3, kind: on(60, 1.0) }];
    let count = guarded(|| {
        rig.synth.set_sample_rate(96_000.0);
        rig.synth.set_offline(true);
        rig.synth.reset();
        for step in 0..20 {
            rig.synth.render(&note, &point(step as f32 / 10.0), &mut out, &mut right);
        }
        rig.synth.set_offline(false);
        rig.synth.reset();
        rig.synth.render(&note, &point(0.0), &mut out, &mut right);
    });
    assert_eq!(count, 0);
}

#[test]
fn a_changed_source_neither_allocates_nor_frees_in_render() {
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    for _ in 0..5 {
        let (fake, _control) = support::fake::Fake::new(Timbre::Sine);
        rig.instance.set_source(std::sync::Arc::new(fake));
        assert_eq!(storm(&mut rig, 2 * 48_000, 0, false), 0);
    }
}

#[test]
fn a_call_takes_up_no_more_than_its_length_allows_after_a_stall() {
    /// Messages that one tick of 64 samples may take up.
    const SHARE: usize = 64;
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    let longest = Controls { stretch: 4.0, ..point(0.0) };
    let (mut out, mut right) = ([0.0; 64], [0.0; 64]);
    rig.synth.render(&[Event { offset: 0, kind: on(60, 1.0) }], &longest, &mut out, &mut right);
    rig.wait_for_decodes(1);
    // The poller may have the instance in its hands for a moment.
    let waiting = |rig: &Rig| std::iter::repeat_with(|| rig.instance.waiting_messages()).flatten().next().unwrap_or(0);
    wait_until("the whole sound waits in the queue", || waiting(&rig) > 2 * SHARE);
    for length in [0, 1, 63, 64] {
        let before = waiting(&rig);
        rig.synth.render(&[], &longest, &mut out[..length], &mut right[..length]);
        let taken = before - waiting(&rig);
        assert!(taken <= SHARE, "{length} samples took up {taken} of {before} messages");
    }
    assert!(waiting(&rig) > 0, "128 samples do not take up a sound of 8 s at once");
}
