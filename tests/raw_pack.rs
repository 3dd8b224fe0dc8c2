//! Laws of packs of kind `raw` as sources: sounds are determined by their requests alone, delivered as they are made, in the slow lane.

use std::sync::Arc;

use engine::audio::{Event, Synth};
use engine::decode::load::load;
use engine::decode::raw::{Generator, RawModel, Wish};
use engine::decode::source::{Pace, Source};
use engine::decode::{Pool, Shaping};
use engine::instrument::{Instance, create_with_source};
use engine::link::{BLOCK_SAMPLES, MAX_SOUND_SAMPLES, SoundSpec, SourceId};
use engine::params::{Controls, VariationControls};
use support::delivered::made;
use support::fake::{Fake, Timbre};
use support::raw::raw_pack;
use support::script::{BLOCK_SIZES, Script, all_sound_off, on, point};
use support::wait::wait_until;

/// Length of its sounds: six blocks and a part of one.
const LENGTH: usize = 6 * BLOCK_SAMPLES + 100;
const CONTROLS: [f32; 7] = [1.0, 3.0, 2.0, -1.0, 0.0, 0.5, 0.0];

fn source() -> Arc<dyn Source> {
    source_of(LENGTH)
}

fn source_of(length: usize) -> Arc<dyn Source> {
    load(&raw_pack(length).into()).expect("its own weights").source()
}

fn spec() -> SoundSpec {
    SoundSpec { seed: 9, ..SoundSpec::new(SourceId(0), CONTROLS, 60.0) }
}

#[test]
fn a_request_gives_the_samples_of_its_weights_and_seed_in_order_and_in_steps() {
    let source = source();
    let properties = source.properties();
    assert_eq!((properties.pace, properties.is_shaped, properties.longest_samples), (Pace::Slow, false, LENGTH));
    assert_eq!(source.roots(), [60]);
    let delivered = made(&*source, &spec());
    assert_eq!(delivered.indices, (0..7).collect::<Vec<_>>());
    assert!(delivered.steps >= 6, "a block is delivered when it is made: {} steps", delivered.steps);
    let model = Arc::new(RawModel::load(&raw_pack(LENGTH)).expect("its own weights"));
    let wish = Wish {
        class_weights: vec![1.0, 3.0],
        temperature: 1.0,
        keep: 0.99,
        seed: 9,
        prime: Vec::new(),
        with_prime: true,
    };
    let mut expected = vec![0.0; LENGTH];
    Generator::new(model, &wish).expect("possible").fill(&mut expected);
    assert!(delivered.samples == expected, "the sound of the seed itself");
}

#[test]
fn only_what_determines_a_sound_changes_it() {
    let source = source();
    let sound = |spec: SoundSpec| made(&*source, &spec).samples;
    let first = sound(spec());
    for other in [
        SoundSpec { seed: 10, ..spec() },
        SoundSpec { variation: 1, ..spec() },
        SoundSpec { variation: 2, ..spec() },
        SoundSpec { controls: [3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..spec() },
    ] {
        let own = sound(other);
        assert!(own != first, "{other:?}");
        assert!(sound(other) == own && made(&*self::source(), &other).samples == own, "again, and by another instance");
    }
    let stretched = Shaping { stretch: 3.0, formant_semitones: 5.0, tilt_db_per_octave: 2.0, is_reversed: false };
    let unused = [1.0, 3.0, 0.0, 0.0, -3.0, 0.0, 3.0];
    for same in [SoundSpec { shaping: stretched, ..spec() }, SoundSpec { controls: unused, ..spec() }] {
        assert!(sound(same) == first, "{same:?}");
    }
    let backwards = sound(SoundSpec { shaping: Shaping { is_reversed: true, ..Shaping::default() }, ..spec() });
    let mut turned: Vec<f32> = first[..first.len() - 1].to_vec();
    turned.reverse();
    assert!(backwards.windows(500).any(|part| part == &turned[2_000..2_500]), "from the end to the beginning");
}

fn instance(pool: &Arc<Pool>) -> (Synth, Instance) {
    create_with_source(pool, source(), Arc::default())
}

fn varied() -> Controls {
    let variation = VariationControls { amount: 0.35, count: 4.0, order: 1.0 };
    Controls { variation, seed: 5, ..point(1.0) }
}

#[test]
fn a_bounce_is_the_same_in_any_block_size_and_its_hits_differ() {
    /// Samples from one note to the next.
    const STEP: usize = 4_032;
    let pool = Pool::new(1).expect("threads");
    let (mut synth, _instance) = instance(&pool);
    synth.set_sample_rate(48_000.0);
    synth.set_offline(true);
    let notes = (0..4).map(|note| (note * STEP, on(60 + note as u8 % 2, 1.0))).collect();
    let script = Script::still(varied(), notes, 4 * STEP);
    let mut bounce = |block: usize| {
        synth.reset();
        script.play(&mut synth, block)
    };
    let first = bounce(512);
    assert!(first.iter().any(|sample| sample.abs() > 0.01));
    for block in BLOCK_SIZES.into_iter().filter(|block| *block > 1) {
        assert!(bounce(block) == first, "blocks of {block}");
    }
    let (mut plain, _other) = instance(&pool);
    plain.set_sample_rate(48_000.0);
    plain.set_offline(true);
    let hits = |controls: Controls, synth: &mut Synth| {
        let events = [(0, on(60, 1.0)), (STEP - 1_000, all_sound_off()), (STEP, on(60, 1.0))];
        let played = Script::still(controls, events.to_vec(), 2 * STEP).play(synth, 64);
        (played[100..STEP / 2].to_vec(), played[STEP + 100..STEP + STEP / 2].to_vec())
    };
    let (one, other) = hits(Controls { variation: VariationControls::default(), ..varied() }, &mut plain);
    assert!(one == other, "without variation hits are equal");
    plain.reset();
    let (one, other) = hits(varied(), &mut plain);
    assert!(one != other, "with it they differ");
}

#[test]
fn what_will_be_played_is_made_ahead_and_a_note_sounds_at_once() {
    let pool = Pool::new(1).expect("threads");
    let (mut synth, instance) = instance(&pool);
    synth.set_sample_rate(48_000.0);
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    let mut play = |events: &[Event]| {
        synth.render(events, &varied(), &mut left, &mut right);
        left.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
    };
    wait_until("the sound and its three variations are made", || {
        play(&[]);
        instance.status().decodes >= 4
    });
    for _ in 0..100 {
        play(&[]);
    }
    let late = instance.status().late_count;
    for hit in 0..8 {
        let heard = play(&[Event { offset: 0, kind: on(60, 1.0) }]).max(play(&[]));
        assert!(heard > 0.0, "hit {hit} is silent");
        play(&[Event { offset: 0, kind: all_sound_off() }]);
        for _ in 0..20 {
            play(&[]);
        }
    }
    let status = instance.status();
    assert_eq!((status.late_count, status.failed, status.decodes), (late, None, 4));
}

#[test]
fn a_note_is_heard_and_interactive_sounds_are_made_long_before_a_long_sound_is_whole() {
    let pool = Pool::new(1).expect("threads");
    // Longer than any other wait of the test: 48 s at its rate.
    let (mut synth, long) = create_with_source(&pool, source_of(MAX_SOUND_SAMPLES), Arc::default());
    synth.set_sample_rate(48_000.0);
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    let mut events = vec![Event { offset: 0, kind: on(60, 1.0) }];
    wait_until("the note is heard", || {
        synth.render(&events, &point(1.0), &mut left, &mut right);
        events.clear();
        left.iter().any(|sample| sample.abs() > 0.0)
    });
    assert_eq!(long.status().decodes, 0, "before its sound is whole");
    let (mut other, fast) = create_with_source(&pool, Arc::new(Fake::new(Timbre::Sine).0), Arc::default());
    Script::still(point(0.1), vec![(0, on(60, 1.0))], 64).play(&mut other, 64);
    wait_until("the interactive sound is made", || fast.status().decodes > 0);
    let status = long.status();
    assert_eq!(status.decodes, 0, "the long sound has not kept it waiting");
    assert!(status.progress.is_some_and(|part| part > 0.0 && part < 1.0), "{:?}", status.progress);
}
