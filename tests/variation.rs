//! Notes vary as their parameters say: another sound for each, no later than the sound itself, the same at every bounce. A fake source
//! stands at the worker's border.

use engine::audio::Event;
use engine::params::{Controls, VariationControls};
use support::fake::{Rig, Sort, Timbre};
use support::script::{BLOCK_SIZES, Script, all_sound_off, on, point};
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
