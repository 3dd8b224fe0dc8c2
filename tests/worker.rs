//! Laws of the worker and of what the listener hears while it is late, fails, panics or goes away.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::decode::Pool;
use engine::instrument;
use engine::link::{BLOCK_SAMPLES, SoundSpec};
use engine::params::Controls;
use support::fake::{FAKE_AMPLITUDE, FAKE_LENGTH, FAKE_ROOTS, Fake, Rig, Timbre, fake_samples};
use support::listen::rms_db;
use support::script::{Script, on, point};
use support::wait::wait_until;

const RATE_HZ: f32 = 48_000.0;

/// Renders silence until the worker has nothing left to do.
fn settle(rig: &mut Rig, controls: Controls) {
    let mut last = u64::MAX;
    wait_until("the worker comes to rest", || {
        let before = rig.instance.status().decodes;
        play(rig, controls, 6_400);
        std::thread::sleep(std::time::Duration::from_millis(30));
        let now = rig.instance.status().decodes;
        let still = now == before && now == last && now > 0;
        last = now;
        still
    });
}

fn play(rig: &mut Rig, controls: Controls, length: usize) -> Vec<f32> {
    Script::still(controls, Vec::new(), length).play(&mut rig.synth, 128)
}

/// Renders for at most ten seconds of real time until the output satisfies `heard`.
fn play_until(rig: &mut Rig, controls: Controls, what: &str, heard: impl Fn(&[f32]) -> bool) {
    wait_until(what, || {
        let out = play(rig, controls, 480);
        heard(&out)
    });
}

fn start_note(rig: &mut Rig, controls: Controls, key: u8) {
    Script::still(controls, vec![(0, on(key, 1.0))], 64).play(&mut rig.synth, 64);
}

/// Whether a [`Timbre::Constant`] sounds with the point `first`.
fn sounds_like(first: f32) -> impl Fn(&[f32]) -> bool {
    move |out| out.last().is_some_and(|sample| (sample - first).abs() < 1e-3)
}

#[test]
fn a_late_worker_changes_nothing_that_sounds() {
    let mut rig = Rig::new(Timbre::Noise, RATE_HZ);
    settle(&mut rig, point(0.5));
    rig.synth.reset();
    let script = Script::still(point(0.5), vec![(0, on(60, 1.0))], 30_000);
    let reference = script.play(&mut rig.synth, 128);
    rig.control.silent.store(true, Ordering::SeqCst);
    rig.synth.reset();
    let late = Script { controls: vec![(0, point(0.5)), (5_000, point(-1.0)), (9_000, point(2.0))], ..script };
    assert_eq!(reference, late.play(&mut rig.synth, 128), "the playing sound is held");
    rig.control.silent.store(false, Ordering::SeqCst);
}

#[test]
fn a_sound_that_breaks_off_is_held_and_counted() {
    // Noise steps by up to twice its amplitude; two loops of it that cross at equal power by √2 more.
    let noise_step = 2.0 * FAKE_AMPLITUDE * std::f32::consts::SQRT_2;
    for (timbre, step_limit) in [(Timbre::Noise, noise_step), (Timbre::Fixed(200), 0.04)] {
        let mut rig = Rig::new(timbre, RATE_HZ);
        rig.control.stingy_blocks.store(4, Ordering::SeqCst);
        rig.control.stingy.store(true, Ordering::SeqCst);
        start_note(&mut rig, point(0.0), 60);
        play_until(&mut rig, point(0.0), "the first region sounds", |out| rms_db(out) > -40.0);
        let out = play(&mut rig, point(0.0), 48_000);
        let expected_db = 20.0 * FAKE_AMPLITUDE.log10();
        for window in out.chunks_exact(2_400) {
            let level_db = rms_db(window) - expected_db;
            assert!((-9.0..0.5).contains(&level_db), "{timbre:?} is held: {level_db:.1} dB");
        }
        let step = out.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(step < step_limit, "{timbre:?} clicks by {step}");
        assert!(rig.instance.status().late_count > 3, "lateness is counted");
        rig.control.stingy.store(false, Ordering::SeqCst);
        wait_until("the note ends with its sound", || {
            play(&mut rig, point(0.0), 4_800);
            rig.instance.status().playing_voices == 0
        });
    }
}

#[test]
fn a_note_without_a_sound_waits_and_begins_at_its_beginning() {
    let mut rig = Rig::new(Timbre::Constant, RATE_HZ);
    rig.control.silent.store(true, Ordering::SeqCst);
    start_note(&mut rig, point(0.7), 60);
    assert!(play(&mut rig, point(0.7), 4_800).iter().all(|sample| *sample == 0.0));
    assert_eq!(rig.instance.status().late_count, 1);
    assert_eq!(rig.instance.status().playing_voices, 1);
    rig.control.silent.store(false, Ordering::SeqCst);
    play_until(&mut rig, point(0.7), "the note begins", sounds_like(0.7));
    assert!(rig.instance.meters().playhead.is_some_and(|playhead| playhead < 0.05));
}

#[test]
fn a_note_outside_its_zone_borrows_and_moves_over() {
    let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
    settle(&mut rig, point(0.0));
    rig.control.silent.store(true, Ordering::SeqCst);
    // Key 86's zone is two zones away from what is decoded.
    start_note(&mut rig, point(0.0), 86);
    assert!(rms_db(&play(&mut rig, point(0.0), 480)) > -20.0, "a note never waits when anything is there");
    assert_eq!(rig.instance.status().late_count, 0);
    let decodes = rig.instance.status().decodes;
    rig.control.silent.store(false, Ordering::SeqCst);
    wait_until("its own zone arrives", || {
        play(&mut rig, point(0.0), 64);
        rig.instance.status().decodes > decodes
    });
    let out = play(&mut rig, point(0.0), 4_800);
    assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.15), "without a click");
    assert!(rms_db(&out) > -12.0);
}

#[test]
fn a_sweep_is_heard_while_it_moves() {
    let mut rig = Rig::new(Timbre::Constant, RATE_HZ);
    settle(&mut rig, point(0.0));
    rig.control.render_pause_us.store(10_000, Ordering::SeqCst);
    start_note(&mut rig, point(0.0), 60);
    let mut heard = std::collections::BTreeSet::new();
    let mut step = 0;
    wait_until("many points are heard while the knob moves", || {
        step = (step + 1) % 60;
        let out = play(&mut rig, point(step as f32 / 60.0), 480);
        heard.insert((out[479] * 60.0).round() as i32);
        std::thread::sleep(std::time::Duration::from_millis(10));
        heard.len() > 10
    });
    play_until(&mut rig, point(0.9), "the sweep's end is heard", sounds_like(0.9));
}

#[test]
fn a_failing_panicking_or_broken_source_keeps_the_last_sound_and_recovers() {
    type Fault = fn(&Rig) -> &std::sync::atomic::AtomicBool;
    let faults: [(Fault, &str); 3] = [
        (|rig| &rig.control.fails, "told to fail"),
        (|rig| &rig.control.panics, "told to panic"),
        (|rig| &rig.control.gives_nan, "not a number"),
    ];
    for (fault, message) in faults {
        let mut rig = Rig::new(Timbre::Constant, RATE_HZ);
        settle(&mut rig, point(0.5));
        start_note(&mut rig, point(0.5), 60);
        play_until(&mut rig, point(0.5), "the note sounds", sounds_like(0.5));
        fault(&rig).store(true, Ordering::SeqCst);
        wait_until("the failure is shown", || {
            play(&mut rig, point(-0.5), 64);
            rig.instance.status().failed.is_some()
        });
        assert!(rig.instance.status().failed.is_some_and(|text| text.contains(message)), "{message}");
        assert!(sounds_like(0.5)(&play(&mut rig, point(-0.5), 4_800)), "{message}: the last sound goes on");
        fault(&rig).store(false, Ordering::SeqCst);
        play_until(&mut rig, point(0.25), "the next point sounds", sounds_like(0.25));
        wait_until("the failure is forgotten", || rig.instance.status().failed.is_none());
    }
}

#[test]
fn a_failed_worker_ends_the_offline_wait_and_is_told() {
    for panics in [false, true] {
        let mut rig = Rig::new(Timbre::Constant, RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let fault = if panics { &rig.control.panics } else { &rig.control.fails };
        fault.store(true, Ordering::SeqCst);
        start_note(&mut rig, point(0.5), 60);
        assert!(rig.synth.render_failed());
        assert!(rig.instance.status().render_failed);
    }
    let Rig { mut synth, instance, .. } = Rig::new(Timbre::Constant, RATE_HZ);
    synth.set_offline(true);
    drop(instance);
    Script::still(point(0.5), vec![(0, on(60, 1.0))], 64).play(&mut synth, 64);
    assert!(synth.render_failed(), "a worker that is gone is not waited for");
}

#[test]
fn dropping_an_instance_frees_its_source_and_leaves_the_synth_playing() {
    let Rig { mut synth, instance, control, pool, .. } = {
        let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
        settle(&mut rig, point(0.0));
        rig
    };
    assert_eq!(pool.instance_count(), 1);
    drop(instance);
    assert_eq!(pool.instance_count(), 0);
    wait_until("the source is freed", || control.dropped.load(Ordering::SeqCst) == 1);
    let out = Script::still(point(1.0), vec![(0, on(60, 1.0))], 4_800).play(&mut synth, 512);
    assert!(rms_db(&out) > -20.0, "what is decoded still plays");
}

#[test]
fn dropping_an_instance_stops_a_render_under_way() {
    let rig = Rig::new(Timbre::Sine, RATE_HZ);
    let Rig { mut synth, instance, control, pool, .. } = rig;
    control.silent.store(true, Ordering::SeqCst);
    Script::still(point(0.0), Vec::new(), 64).play(&mut synth, 64);
    wait_until("the render begins", || control.renders.load(Ordering::SeqCst) > 0);
    drop(instance);
    wait_until("the source is freed", || control.dropped.load(Ordering::SeqCst) == 1);
    // Joins the threads: would hang if the worker were still in the source.
    drop(pool);
}

#[test]
fn blocks_come_back_and_do_not_pile_up() {
    let mut rig = Rig::new(Timbre::Noise, RATE_HZ);
    start_note(&mut rig, point(0.0), 60);
    for step in 0..400 {
        play(&mut rig, point((step % 50) as f32 / 50.0), 480);
    }
    settle(&mut rig, point(0.0));
    let sound = FAKE_LENGTH.div_ceil(BLOCK_SAMPLES);
    wait_until("the blocks come back", || {
        play(&mut rig, point(0.0), 640);
        // The main zone and two neighbours, and one sound to spare.
        rig.instance.existing_blocks().is_some_and(|blocks| blocks <= 4 * sound + 1)
    });
}

#[test]
fn a_host_that_does_not_process_costs_no_memory_and_blocks_no_worker() {
    let mut rig = Rig::new(Timbre::Noise, RATE_HZ);
    let other = Fake::new(Timbre::Noise);
    let (mut other_synth, other_instance) =
        instrument::create_with_source(&rig.pool, Arc::new(other.0), Arc::default());
    start_note(&mut rig, point(0.0), 60);
    for step in 0..100 {
        // No rendering: previews alone.
        let latent = point(step as f32 / 100.0).knobs;
        rig.instance.preview(SoundSpec::new(rig.instance.source(), latent, 60.0));
    }
    wait_until("the last preview is shown", || {
        rig.instance.sound().is_some_and(|sound| sound.spec.controls[0] == 0.99)
    });
    wait_until("another instance is served", || {
        Script::still(point(0.0), Vec::new(), 64).play(&mut other_synth, 64);
        other_instance.status().decodes > 0
    });
    wait_until("at rest", || rig.instance.existing_blocks().is_some_and(|blocks| blocks < 600));
}

#[test]
fn the_shown_sound_is_the_main_zones_whole_sound() {
    let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
    settle(&mut rig, point(0.3));
    for key in [60u8, 72, 48] {
        start_note(&mut rig, point(0.3), key);
        wait_until("the main zone is shown", || {
            play(&mut rig, point(0.3), 640);
            rig.instance.sound().is_some_and(|sound| sound.spec.key == f32::from(key))
        });
        let Some(shown) = rig.instance.sound() else { panic!("nothing is shown") };
        let spec = SoundSpec::new(rig.instance.source(), point(0.3).knobs, f32::from(key));
        let expected = fake_samples(Timbre::Sine, &spec);
        assert_eq!(shown.samples.len(), expected.len());
        assert_eq!(shown.samples[..80_000], expected[..80_000]);
        assert_eq!(shown.samples.last().map(|sample| sample.abs() < 0.01), Some(true), "it fades out");
    }
}

#[test]
fn a_new_source_replaces_every_sound() {
    let mut rig = Rig::new(Timbre::Constant, RATE_HZ);
    settle(&mut rig, point(0.5));
    start_note(&mut rig, point(0.5), 60);
    play_until(&mut rig, point(0.5), "the first source sounds", sounds_like(0.5));
    let (second, _control) = Fake::new(Timbre::Fixed(441));
    rig.instance.set_source(Arc::new(second));
    play_until(&mut rig, point(0.5), "the second source sounds", |out| out.iter().any(|sample| *sample < -0.1));
    assert_eq!(rig.control.dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn every_instance_of_a_pool_is_served() {
    let pool = Pool::new(2).expect("threads");
    let mut rigs: Vec<_> = (0..24)
        .map(|_| {
            let (fake, control) = Fake::new(Timbre::Sine);
            let (synth, instance) = instrument::create_with_source(&pool, Arc::new(fake), Arc::default());
            (synth, instance, control)
        })
        .collect();
    wait_until("all are decoded", || {
        for (synth, ..) in &mut rigs {
            Script::still(point(0.0), Vec::new(), 640).play(synth, 640);
        }
        rigs.iter().all(|(_, instance, _)| instance.status().decodes >= 3)
    });
    assert_eq!(pool.instance_count(), 24);
    assert!(FAKE_ROOTS.len() >= 3);
}
