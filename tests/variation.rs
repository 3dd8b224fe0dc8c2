//! Notes vary as their parameters say: another sound for each, no later than the sound itself, the same at every bounce. A fake source
//! stands at the worker's border.

use engine::audio::Event;
use engine::params::{Controls, ModDestination, ModSource, Route, VariationControls};
use support::fake::{Rig, Sort, TAKE_STEP, Timbre};
use support::script::{BLOCK_SIZES, Script, all_sound_off, off, on, point};
use support::wait::wait_until;

/// Samples from one note to the next.
const STEP: usize = 6_000;
/// Notes of a phrase.
const NOTES: usize = 12;

fn phrase(variation: VariationControls, seed: u64) -> Script {
    let controls = Controls { variation, seed, sustain: 0.0, decay_s: 0.05, ..point(0.3) };
    Script::still(controls, (0..NOTES).map(|note| (note * STEP, on(60, 1.0))).collect(), NOTES * STEP)
}

fn varied(order: f32) -> VariationControls {
    VariationControls { amount: 0.5, count: 4.0, order }
}

/// The first samples of each note, in which no earlier one sounds.
fn hits(played: &[f32]) -> Vec<Vec<f32>> {
    played.chunks_exact(STEP).map(|note| note[..STEP / 2].to_vec()).collect()
}

fn offline(rig: &mut Rig, script: &Script, block: usize) -> Vec<f32> {
    rig.synth.reset();
    script.play(&mut rig.synth, block)
}

#[test]
fn without_variation_all_hits_are_equal_and_with_it_neighbours_differ() {
    let mut rig = Rig::new(Timbre::Constant, 48_000.0);
    rig.synth.set_offline(true);
    let plain = hits(&offline(&mut rig, &phrase(VariationControls::default(), 5), 512));
    assert!(plain.windows(2).all(|pair| pair[0] == pair[1]));
    for order in [0.0, 1.0] {
        let hits = hits(&offline(&mut rig, &phrase(varied(order), 5), 512));
        assert!(hits.windows(2).all(|pair| pair[0] != pair[1]), "order {order}");
        assert_eq!(hits[0], plain[0], "the first note is the sound itself");
    }
}

#[test]
fn a_bounce_repeats_in_any_block_size_and_another_seed_plays_another() {
    let mut rig = Rig::new(Timbre::Constant, 48_000.0);
    rig.synth.set_offline(true);
    for order in 0..3 {
        let script = phrase(varied(order as f32), 5);
        let first = offline(&mut rig, &script, 512);
        for block in BLOCK_SIZES.into_iter().filter(|block| *block > 1) {
            assert!(first == offline(&mut rig, &script, block), "order {order}, blocks of {block}");
        }
        assert!(first != offline(&mut rig, &phrase(varied(order as f32), 6), 512), "order {order}");
    }
}

#[test]
fn a_route_to_variation_makes_notes_differ() {
    /// Part of its level by which a note differs from another one that is not the same sound.
    const LEAST_PART: f32 = 0.01;
    let mut rig = Rig::new(Timbre::Constant, 48_000.0);
    rig.synth.set_offline(true);
    let levels = |rig: &mut Rig, macro_1: f32| -> Vec<f32> {
        let mut controls = point(0.3);
        let (source, destination) = (ModSource::Macro1, ModDestination::Variation);
        controls.routes[0] = Route { source, via: ModSource::None, destination };
        (controls.motion.amounts[0], controls.motion.macros[0]) = (1.0, macro_1);
        (controls.variation.amount, controls.variation.count, controls.variation.order) = (0.0, 8.0, 1.0);
        let notes = (0..4).flat_map(|n| [(n * 12_000, on(60, 1.0)), (n * 12_000 + 9_000, off(60))]).collect();
        let played = offline(rig, &Script::still(controls, notes, 48_000), 512);
        (0..4).map(|n| played[n * 12_000 + 6_000]).collect()
    };
    let plain = levels(&mut rig, 0.0);
    let differ = |levels: &[f32]| levels.iter().any(|level| (level / levels[0] - 1.0).abs() > LEAST_PART);
    assert!(plain[0] != 0.0 && !differ(&plain), "{plain:?}");
    let varied = levels(&mut rig, 1.0);
    assert!(differ(&varied), "{varied:?}");
}

#[test]
fn variations_are_decoded_ahead() {
    let mut rig = Rig::new(Timbre::Constant, 48_000.0);
    let controls = Controls { variation: varied(1.0), ..point(0.3) };
    let [mut left, mut right] = [vec![0.0; 64], vec![0.0; 64]];
    let mut play = |rig: &mut Rig, events: &[Event]| {
        rig.synth.render(events, &controls, &mut left, &mut right);
        left[63]
    };
    // The main zone, its three variations and the two neighbours, whose blocks arrive with the calls.
    wait_until("everything is decoded ahead", || {
        play(&mut rig, &[]);
        rig.instance.status().decodes >= 6
    });
    (0..100).for_each(|_| {
        play(&mut rig, &[]);
    });
    let late_before = rig.instance.status().late_count;
    let mut levels: Vec<f32> = (0..4)
        .map(|_| {
            let level = play(&mut rig, &[Event { offset: 0, kind: on(60, 1.0) }]);
            play(&mut rig, &[Event { offset: 0, kind: all_sound_off() }]);
            (0..20).for_each(|_| {
                play(&mut rig, &[]);
            });
            level
        })
        .collect();
    levels.sort_unstable_by(f32::total_cmp);
    assert!(levels.windows(2).all(|pair| pair[1] - pair[0] > 1e-4), "four sounds at once: {levels:?}");
    assert_eq!(rig.instance.status().late_count, late_before);
}

#[test]
fn every_note_of_a_walk_is_another_step_from_the_other_foot_the_same_at_every_bounce() {
    let mut rig = Rig::of_sort(Sort::Walking, Timbre::Constant, 48_000.0);
    rig.synth.set_offline(true);
    let script = phrase(varied(0.0), 5);
    let bounce = |rig: &mut Rig, block: usize| {
        rig.synth.reset();
        script.play_stereo(&mut rig.synth, block)
    };
    let [left, right] = bounce(&mut rig, 512);
    let heard: Vec<[f32; 2]> =
        (0..NOTES).map(|note| [&left, &right].map(|side| side[note * STEP + STEP / 4])).collect();
    for (note, [left, right]) in heard.iter().enumerate() {
        assert_eq!(left.abs() > right.abs(), note % 2 == 1, "note {note}: {left} and {right}");
        assert!(heard[..note].iter().all(|other| (other[0] - left).abs() > 1e-6), "note {note}: {heard:?}");
    }
    for block in BLOCK_SIZES.into_iter().filter(|block| *block > 1) {
        assert!([left.clone(), right.clone()] == bounce(&mut rig, block), "blocks of {block}");
    }
}

/// Number of the take that a level belongs to: of a sound at `sustained`.
fn take_of(level: f32, sustained: f32) -> f32 {
    (level - sustained) / TAKE_STEP
}

#[test]
fn every_note_of_takes_is_the_next_one_and_a_bounce_begins_with_the_sound_itself() {
    let mut rig = Rig::of_sort(Sort::Takes, Timbre::Constant, 48_000.0);
    rig.synth.set_offline(true);
    let script = phrase(varied(0.0), 5);
    let first = offline(&mut rig, &script, 512);
    let level = |note: usize| first[note * STEP + 500];
    let (one, step) = (level(0), level(1) - level(0));
    assert!(step.abs() > 1e-4, "{step}");
    for note in 0..NOTES {
        assert!((level(note) - one - note as f32 * step).abs() < 0.05 * step, "note {note}");
    }
    for block in BLOCK_SIZES.into_iter().filter(|block| *block > 1) {
        assert!(first == offline(&mut rig, &script, block), "blocks of {block}");
    }
    let plain = hits(&offline(&mut rig, &phrase(VariationControls::default(), 5), 512));
    assert!(plain.windows(2).all(|pair| pair[0] == pair[1]) && plain[0] == hits(&first)[0], "without variation");
}

/// Level of a hit at its beginning and later: it stays what it began as.
fn hit(rig: &mut Rig, mut play: impl FnMut(&mut Rig, &[Event]) -> f32) -> (f32, f32) {
    play(rig, &[Event { offset: 0, kind: on(60, 1.0) }]);
    let mut after = |calls: usize| (0..calls).map(|_| play(rig, &[])).last().unwrap_or(0.0);
    let (early, late) = (after(20), after(200));
    play(rig, &[Event { offset: 0, kind: all_sound_off() }]);
    (0..20).for_each(|_| {
        play(rig, &[]);
    });
    (early, late)
}

#[test]
fn a_take_that_is_not_made_yet_waits_for_a_later_note_and_no_note_waits_for_it() {
    let mut rig = Rig::of_sort(Sort::Takes, Timbre::Constant, 48_000.0);
    let controls = Controls { variation: varied(0.0), ..point(0.3) };
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    let mut play = |rig: &mut Rig, events: &[Event]| {
        rig.synth.render(events, &controls, &mut left, &mut right);
        left[63]
    };
    // The main zone, the three takes ahead and the two neighbours.
    wait_until("takes are made ahead", || {
        play(&mut rig, &[]);
        rig.instance.status().decodes >= 6
    });
    (0..100).for_each(|_| {
        play(&mut rig, &[]);
    });
    rig.control.silent.store(true, std::sync::atomic::Ordering::SeqCst);
    let late_before = rig.instance.status().late_count;
    let hits: Vec<(f32, f32)> = (0..7).map(|_| hit(&mut rig, &mut play)).collect();
    let gain = hits[0].1 / 0.3;
    let takes: Vec<f32> = hits.iter().map(|(_, level)| take_of(level / gain, 0.3)).collect();
    for ((early, late), take) in hits.iter().zip(&takes) {
        assert!((early - late).abs() < 1e-3 && (take - take.round()).abs() < 0.1, "{hits:?} {takes:?}");
    }
    let heard: Vec<i32> = takes.iter().map(|take| take.round() as i32).collect();
    assert_eq!(heard[..4], [0, 1, 2, 3]);
    assert!(heard[4..].iter().all(|take| (0..4).contains(take)), "earlier ones come again: {heard:?}");
    assert_eq!(rig.instance.status().late_count, late_before);
    rig.control.silent.store(false, std::sync::atomic::Ordering::SeqCst);
    wait_until("the next takes are made", || {
        play(&mut rig, &[]);
        rig.instance.status().decodes >= 9
    });
    (0..100).for_each(|_| {
        play(&mut rig, &[]);
    });
    let level = hit(&mut rig, &mut play).1;
    assert_eq!(take_of(level / gain, 0.3).round() as i32, 4, "then the one that was waited for comes");
}
