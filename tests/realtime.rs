//! The audio thread's bans, checked: a counting allocator stands round `render` while notes play, points sweep and the real pool
//! delivers. Runs in debug and in release.

mod link;
mod raw_generator;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use engine::audio::{Event, EventKind, Expression, NoteAddress};
use engine::decode::assets::Recorded;
use engine::params::{
    Controls, KeyPitches, ModDestination, ModSource, PadPath, PathPoint, Retune, StepLevels, TABLE, Transport,
};
use engine::state::Prime;
use support::Random;
use support::fake::{Rig, Sort, Timbre};
use support::guard::{Guard, guarded};
use support::script::{all_notes_off, all_sound_off, bend, choke, off, on, pedal, point};
use support::wait::wait_until;

#[global_allocator]
static GUARD: Guard = Guard;

/// Time in which the pool delivers the few sounds that a storm waits for, on the slowest machine.
const DELIVERY_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_guard_sees_an_allocation_and_a_free() {
    assert_eq!(guarded(|| {}), 0);
    let kept = std::cell::RefCell::new(Vec::new());
    assert_eq!(guarded(|| kept.borrow_mut().push(1u8)), 1, "an allocation is counted");
    assert_eq!(guarded(|| drop(kept.take())), 1, "a free is counted");
}

#[test]
fn the_guard_counts_one_thread_only() {
    let other = std::thread::spawn(|| (0..1_000).map(|_| vec![0u8; 100].len()).sum::<usize>());
    assert_eq!(guarded(|| std::hint::black_box(())), 0);
    assert_eq!(other.join().ok(), Some(100_000));
}

/// Random notes, chokes, bends, pedals and offs.
fn random_event(random: &mut Random, length: usize) -> Event {
    let key = 24 + random.below(80) as u8;
    let kind = match random.below(16) {
        0..=5 => on(key, 0.5),
        6 | 7 => off(key),
        8 => pedal(0, random.below(2) == 0),
        9 => choke(key),
        10 => bend(random.below(5) as f32 - 2.0),
        11 => random_expression(random, key),
        12 | 13 => random_controller(random),
        14 => random_retune(random, key),
        _ if random.below(8) == 0 => all_sound_off(),
        _ => all_notes_off(),
    };
    Event { offset: random.below(length), kind }
}

/// Anything that a note or a channel can be told.
fn random_expression(random: &mut Random, key: u8) -> EventKind {
    let value = random.below(3) as f32 - 1.0;
    let expressions =
        [Expression::TuningSemitones, Expression::Gain, Expression::Pan, Expression::Pressure, Expression::Timbre];
    match random.below(7) {
        5 => EventKind::ChannelPressure { channel: 0, pressure: value },
        6 => EventKind::Controller { channel: 0, controller: random.below(128) as u8, value },
        index => EventKind::Expression { notes: NoteAddress::key(0, key), expression: expressions[index], value },
    }
}

/// A change of one key or of one of twelve.
fn random_retune(random: &mut Random, key: u8) -> EventKind {
    let (moves_notes, parts) = (random.below(2) == 0, random.below(1 << 21) as u32);
    EventKind::Retune(match random.below(2) {
        0 => Retune::Key { key, pitch: parts, moves_notes },
        _ => Retune::Class { channels: 1, class: key % 12, offset: parts as i32 - (1 << 20), moves_notes },
    })
}

/// A controller that the synth knows, on channel 0 or its neighbour: volume, pan, expression, registered parameters, zones, resets.
fn random_controller(random: &mut Random) -> EventKind {
    const KNOWN: [u8; 22] = [1, 2, 6, 7, 10, 11, 38, 39, 42, 43, 64, 74, 96, 97, 98, 99, 100, 101, 120, 121, 123, 124];
    let controller = KNOWN[random.below(KNOWN.len())];
    // Registered parameters 0 (range of the wheel) and 6 (zone) are selected often.
    let steps = if controller == 100 { 6 * random.below(2) } else { random.below(2) * random.below(128) };
    EventKind::Controller { channel: random.below(2) as u8, controller, value: steps as f32 / 127.0 }
}

/// Effects, width, arpeggiator, filter, LFOs, macros and routes jump about, with pauses in which they are off; so does the transport.
fn move_all(random: &mut Random, step: u32, controls: &mut Controls) {
    let is_moved = |group: &str, id: &str| match group {
        "Space" => step % 64 < 48,
        "Arpeggiator" => step % 128 < 32,
        "Filter" | "Motion" => step % 96 < 64,
        _ => id == "width" || id.starts_with("loop"),
    };
    for row in TABLE.iter().filter(|row| is_moved(row.group, row.id)) {
        let part = random.below(5) as f32 / 4.0;
        row.set(controls, row.scale.min() + part * (row.scale.max() - row.scale.min()));
    }
    for route in &mut controls.routes {
        let mut source = || ModSource::ALL[random.below(ModSource::ALL.len())];
        (route.source, route.via) = (source(), source());
        route.destination = ModDestination::ALL[random.below(ModDestination::ALL.len())];
    }
    controls.steps = StepLevels::FIRST.with(random.below(16), random.below(3) as f32 - 1.0);
    let mut part = || random.below(9) as f32 / 8.0;
    let places = [[0.0, part(), part()], [0.3, part(), part()], [0.3 + part(), part(), part()]];
    controls.pad_path = PadPath::recorded(&places.map(PathPoint::from));
    let beat = (random.below(2) == 0).then(|| random.below(100) as f64);
    controls.transport = Transport { tempo_bpm: 5.0 + random.below(900) as f64, beat };
}

/// Plays for `time` of real time, and on until the pool has delivered `decodes` further sounds; returns the number of allocations and frees.
fn storm(rig: &mut Rig, time: Duration, decodes: u64, sweeps: bool) -> u64 {
    let mut random = Random::new(3);
    let (mut out, mut right) = (vec![0.0; 1_024], vec![0.0; 1_024]);
    let mut events = Vec::with_capacity(16);
    let mut count = 0;
    let started = Instant::now();
    let mut step = 0u32;
    let wanted = rig.instance.status().decodes + decodes;
    while started.elapsed() < time || rig.instance.status().decodes < wanted {
        let delivered = rig.instance.status().decodes;
        assert!(started.elapsed() < DELIVERY_LIMIT, "the pool does not deliver: {delivered} of {wanted} sounds");
        let length = 1 + random.below(out.len());
        events.clear();
        for _ in 0..random.below(4) {
            events.push(random_event(&mut random, length));
        }
        events.sort_by_key(|event| event.offset);
        let first = if sweeps { (step as f32 / 50.0).sin() * 3.0 } else { 0.0 };
        let stretch = if sweeps { 1.0 + (step % 64) as f32 / 64.0 } else { 1.0 };
        let mut controls = Controls { stretch, hold: (step / 16 % 4) as f32, ..point(first) };
        if sweeps {
            move_all(&mut random, step, &mut controls);
        }
        let (left, right) = (&mut out[..length], &mut right[..length]);
        let silent_key = random.below(128) as u8;
        let pitches = KeyPitches::new(|key| (key != silent_key).then(|| f64::from(key) + 0.25));
        count += guarded(|| {
            rig.synth.set_tuning(if step % 8 < 4 { &pitches } else { &KeyPitches::EQUAL });
            rig.synth.render(&events, &controls, left, right);
        });
        assert!(left.iter().chain(&*right).all(|sample| sample.is_finite()));
        step += 1;
        std::thread::sleep(Duration::from_micros(300));
    }
    count
}

#[test]
fn rendering_neither_allocates_nor_frees() {
    for (sort, rate_hz) in [(Sort::Mono, 44_100.0), (Sort::Mono, 96_000.0), (Sort::Stereo, 48_000.0)] {
        let mut rig = Rig::of_sort(sort, Timbre::Noise, rate_hz);
        // The pool delivers while the guard stands, however slow the machine is.
        assert_eq!(storm(&mut rig, Duration::from_millis(1_500), 20, true), 0, "{rate_hz} Hz, sweeping");
        assert_eq!(storm(&mut rig, Duration::from_millis(300), 0, false), 0, "{rate_hz} Hz, still");
    }
}

#[test]
fn rendering_neither_allocates_nor_frees_while_the_worker_fails_or_is_late() {
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    assert_eq!(storm(&mut rig, Duration::from_millis(200), 0, true), 0);
    rig.control.fails.store(true, Ordering::SeqCst);
    assert_eq!(storm(&mut rig, Duration::from_millis(200), 0, true), 0, "failing");
    rig.control.fails.store(false, Ordering::SeqCst);
    rig.control.stingy_blocks.store(5, Ordering::SeqCst);
    rig.control.stingy.store(true, Ordering::SeqCst);
    assert_eq!(storm(&mut rig, Duration::from_millis(400), 0, true), 0, "late");
    rig.control.stingy.store(false, Ordering::SeqCst);
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
        assert_eq!(storm(&mut rig, Duration::from_millis(100), 0, false), 0);
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
