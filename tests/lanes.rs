//! Laws of jobs: the region that is heard comes first, slow jobs wait, what nobody wants is dropped, several sources side by side.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use engine::decode::Pool;
use engine::decode::assets::Assets;
use engine::decode::latent::LatentSource;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, Source, SourceError, Version};
use engine::decode::{Model, Shaping};
use engine::instrument::{self, TooManySources};
use engine::link::{BLOCK_SAMPLES, MAX_SOUND_SAMPLES, MAX_SOURCES, SoundSpec, SourceId};
use engine::measure::LogMelMeter;
use engine::pack::Pack;
use support::fake::{FAKE_LENGTH, FAKE_RATE_HZ, Fake, Rig, Sort, Timbre};
use support::listen::rms_db;
use support::script::{Script, on, point};
use support::wait::wait_until;

const RATE_HZ: f32 = 48_000.0;

fn play(rig: &mut Rig, length: usize) -> Vec<f32> {
    Script::still(point(0.0), Vec::new(), length).play_stereo(&mut rig.synth, 64)[0].clone()
}

/// Keeps the versions of a sound.
#[derive(Default)]
struct Versions {
    now: Option<Version>,
    draft: Vec<(usize, Vec<f32>)>,
    whole: Vec<(usize, Vec<f32>)>,
}

impl Sink for Versions {
    fn begin(&mut self, version: Version, _shape: SoundShape) -> Result<(), SourceError> {
        self.now = Some(version);
        Ok(())
    }

    fn block(&mut self, index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        let blocks = if self.now == Some(Version::Draft) { &mut self.draft } else { &mut self.whole };
        blocks.push((index, samples.to_vec()));
        Ok(())
    }
}

fn factory() -> Arc<Model> {
    Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"))
}

fn run(source: &LatentSource, spec: &SoundSpec, focus: Focus) -> (Versions, usize) {
    let (mut versions, mut steps) = (Versions::default(), 1);
    let mut job = source.begin(spec, Assets::default()).expect("a job");
    while job.advance(&focus, &mut versions).expect("it decodes") != Progress::Done {
        steps += 1;
    }
    (versions, steps)
}

#[test]
fn a_draft_holds_the_region_and_is_near_to_the_sound() {
    /// Level of a draft against that of the same part of the sound: of each, and on average. Where a sound has nearly died away, what is
    /// left of it decides little of the loudness that the level is estimated from.
    const LEVEL_TOLERANCE_DB: f32 = 6.0;
    const MEAN_TOLERANCE_DB: f32 = 1.0;
    let model = factory();
    let source = LatentSource::new(Arc::clone(&model));
    let sounds: Vec<_> = model.sounds().iter().step_by(31).collect();
    let mut differences_db = Vec::new();
    for sound in sounds {
        for first_sample in [0, 10_000, 30_000] {
            let spec = SoundSpec::new(SourceId(0), sound.latent, 60.0);
            let focus = Focus { first_sample, end_sample: first_sample + 4_096, wants_draft: true };
            let (with, _) = run(&source, &spec, focus);
            let (without, _) = run(&source, &spec, Focus { wants_draft: false, ..focus });
            assert_eq!(with.whole, without.whole, "{}: a draft changes nothing in the sound", sound.name);
            let needed = first_sample / BLOCK_SAMPLES..(first_sample + 4_096).div_ceil(BLOCK_SAMPLES);
            let given: Vec<usize> = with.draft.iter().map(|(index, _)| *index).collect();
            let wanted: Vec<usize> = needed.collect();
            assert!(given.starts_with(&wanted), "{} from {first_sample}: {given:?}", sound.name);
            assert!(given.is_sorted_by(|a, b| a + 1 == *b), "{}: {given:?}", sound.name);
            let of_whole = |index: usize| &with.whole.iter().find(|(other, _)| *other == index).expect("whole").1;
            let whole: Vec<f32> = given.iter().flat_map(|index| of_whole(*index).clone()).collect();
            let draft: Vec<f32> = with.draft.iter().flat_map(|(_, block)| block.clone()).collect();
            let (draft_db, whole_db) = (rms_db(&draft), rms_db(&whole));
            if draft_db.max(whole_db) > -60.0 {
                let difference_db = (draft_db - whole_db).abs();
                let levels = format!("{draft_db:.1} against {whole_db:.1} dB");
                assert!(difference_db < LEVEL_TOLERANCE_DB, "{} from {first_sample}: {levels}", sound.name);
                differences_db.push(difference_db);
            }
        }
    }
    let mean_db = differences_db.iter().sum::<f32>() / differences_db.len() as f32;
    println!("drafts of {} parts differ in level by {mean_db:.2} dB on average", differences_db.len());
    assert!(differences_db.len() > 30 && mean_db < MEAN_TOLERANCE_DB, "{mean_db} dB over {}", differences_db.len());
}

#[test]
fn a_draft_sounds_like_the_sound() {
    /// Mean log-mel error of drafts against their sounds, in dB.
    const MEAN_ERROR_DB: f32 = 2.0;
    let model = factory();
    let source = LatentSource::new(Arc::clone(&model));
    let sounds: Vec<_> = model.sounds().iter().step_by(31).collect();
    let errors: Vec<f32> = sounds
        .iter()
        .map(|sound| {
            let spec = SoundSpec::new(SourceId(0), sound.latent, 60.0);
            let (versions, _) = run(&source, &spec, Focus { first_sample: 0, end_sample: 8_192, wants_draft: true });
            let draft: Vec<f32> = versions.draft.iter().flat_map(|(_, block)| block.clone()).collect();
            let whole: Vec<f32> = versions.whole.iter().flat_map(|(_, block)| block.clone()).collect();
            LogMelMeter::default().measure(&draft, &whole[..draft.len()]).mean_db()
        })
        .collect();
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    println!("drafts differ by {mean:.2} dB on average over {} sounds", errors.len());
    assert!(mean < MEAN_ERROR_DB, "{mean} dB");
}

#[test]
fn a_stretched_sound_is_made_in_many_steps() {
    let source = LatentSource::new(factory());
    let shaping = Shaping { stretch: 4.0, ..Shaping::default() };
    let spec = SoundSpec { shaping, ..SoundSpec::new(SourceId(0), [0.0; 7], 60.0) };
    let (versions, steps) = run(&source, &spec, Focus::default());
    assert!(steps >= 8, "{steps} steps");
    assert!(versions.draft.is_empty(), "nobody asked for a draft");
}

#[test]
fn variations_differ_by_their_noise_and_come_back_by_their_seed() {
    let source = LatentSource::new(factory());
    let with = |seed, variation| {
        let spec = SoundSpec { seed, variation, ..SoundSpec::new(SourceId(0), [0.0; 7], 60.0) };
        run(&source, &spec, Focus::default()).0.whole
    };
    assert_eq!(with(0, 0), with(7, 0), "variation 0 is the sound itself");
    assert_eq!(with(7, 2), with(7, 2));
    assert_ne!(with(7, 1), with(7, 0));
    assert_ne!(with(7, 1), with(7, 2));
    assert_ne!(with(7, 1), with(8, 1));
}

#[test]
fn a_slow_job_never_keeps_an_interactive_one_waiting_for_more_than_a_step() {
    /// Time of one step of the slow job.
    const STEP: Duration = Duration::from_millis(30);
    let pool = Pool::new(1).expect("threads");
    let (slow, slow_control) = Fake::of_sort(Sort::Slow, Timbre::Sine);
    let (mut slow_synth, slow_instance) = instrument::create_with_source(&pool, Arc::new(slow), Arc::default());
    let (fast, _) = Fake::new(Timbre::Sine);
    let (mut fast_synth, fast_instance) = instrument::create_with_source(&pool, Arc::new(fast), Arc::default());
    slow_control.block_pause_us.store(STEP.as_micros() as u64, Ordering::SeqCst);
    Script::still(point(0.0), vec![(0, on(60, 1.0))], 64).play(&mut slow_synth, 64);
    wait_until("the slow job is at work", || slow_control.blocks.load(Ordering::SeqCst) > 1);
    let steps = FAKE_LENGTH.div_ceil(BLOCK_SAMPLES) as u64;
    let mut waits = Vec::new();
    for round in 0..8 {
        let (before, decodes) = (slow_control.blocks.load(Ordering::SeqCst), fast_instance.status().decodes);
        let asked = Instant::now();
        Script::still(point(0.1 * round as f32), Vec::new(), 64).play(&mut fast_synth, 64);
        wait_until("the interactive sound", || fast_instance.status().decodes > decodes);
        waits.push(asked.elapsed());
        let during = slow_control.blocks.load(Ordering::SeqCst) - before;
        // One step may be under way, and one may begin before the poller has looked.
        assert!(during <= 2, "round {round}: {during} steps of the slow job came between");
    }
    let progress = slow_instance.status().progress;
    assert!(progress.is_some_and(|part| (0.0..1.0).contains(&part)), "{progress:?} is shown");
    assert!(slow_control.blocks.load(Ordering::SeqCst) < steps, "the slow job is still under way");
    slow_control.block_pause_us.store(0, Ordering::SeqCst);
    wait_until("the slow job goes on from where it was", || slow_instance.status().decodes == 1);
    assert_eq!(slow_control.renders.load(Ordering::SeqCst), 1, "and was begun once");
    assert_eq!(slow_instance.status().progress, None);
}

#[test]
fn a_slow_job_that_nobody_wants_any_more_is_dropped() {
    let mut rig = Rig::of_sort(Sort::Slow, Timbre::Sine, RATE_HZ);
    rig.control.block_pause_us.store(5_000, Ordering::SeqCst);
    play(&mut rig, 64);
    wait_until("the job is at work", || rig.control.blocks.load(Ordering::SeqCst) > 5);
    rig.control.block_pause_us.store(0, Ordering::SeqCst);
    // Another point: the old job's region is given, so it makes way.
    let script = Script::still(point(1.0), Vec::new(), 64);
    wait_until("the newer sound is there", || {
        script.play(&mut rig.synth, 64);
        rig.instance.status().decodes == 1
    });
    assert_eq!(rig.control.renders.load(Ordering::SeqCst), 2);
}

#[test]
fn a_source_that_fails_always_is_told_and_plays_nothing() {
    let mut rig = Rig::of_sort(Sort::Failing, Timbre::Sine, RATE_HZ);
    wait_until("the failure is told", || {
        Script::still(point(0.0), vec![(0, on(60, 1.0))], 64).play(&mut rig.synth, 64);
        rig.instance.status().failed.is_some_and(|text| text.contains("fails always"))
    });
    assert!(play(&mut rig, 4_800).iter().all(|sample| *sample == 0.0));
}

#[test]
fn the_longest_sound_is_played_to_its_end() {
    let mut rig = Rig::of_sort(Sort::Longest, Timbre::Noise, FAKE_RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    let script = Script::still(point(0.3), vec![(0, on(60, 1.0))], MAX_SOUND_SAMPLES + 1_000);
    let [left, _] = script.play_stereo(&mut rig.synth, 8_192);
    let end = left.iter().rposition(|sample| *sample != 0.0).expect("a sound");
    assert!((MAX_SOUND_SAMPLES - 300..MAX_SOUND_SAMPLES).contains(&end), "the last sample is {end}");
}

#[test]
fn several_sources_are_kept_and_come_back_without_being_decoded_again() {
    let mut rig = Rig::new(Timbre::Constant, RATE_HZ);
    let first = rig.instance.source();
    let settle = |rig: &mut Rig| {
        let mut last = u64::MAX;
        wait_until("the worker comes to rest", || {
            play(rig, 6_400);
            std::thread::sleep(Duration::from_millis(20));
            let now = rig.instance.status().decodes;
            std::mem::replace(&mut last, now) == now && now > 0
        });
    };
    settle(&mut rig);
    let (second, second_control) = Fake::new(Timbre::Fixed(441));
    let second = rig.instance.add_source(Arc::new(second)).expect("there is room");
    settle(&mut rig);
    assert!(second_control.renders.load(Ordering::SeqCst) > 0 && rig.instance.source() == second);
    let renders = rig.control.renders.load(Ordering::SeqCst);
    assert!(rig.instance.play_source(first));
    settle(&mut rig);
    assert_eq!(rig.control.renders.load(Ordering::SeqCst), renders, "its sounds were still there");
    for _ in 2..MAX_SOURCES {
        rig.instance.add_source(Arc::new(Fake::new(Timbre::Sine).0)).expect("there is room");
    }
    let one_more = Arc::new(Fake::new(Timbre::Sine).0);
    assert_eq!(rig.instance.add_source(one_more), Err(TooManySources));
    assert!(rig.instance.play_source(first) && !rig.instance.play_source(SourceId(99)));
    rig.instance.remove_source(second);
    settle(&mut rig);
    assert_eq!(second_control.dropped.load(Ordering::SeqCst), 1, "a removed source is freed");
}

#[test]
fn a_host_that_stops_with_notes_sounding_lets_the_pool_rest() {
    /// Looks of the poller at an idle pool in the window, ten times as many as it takes at 30 ms; a busy one takes 500.
    const WINDOW: Duration = Duration::from_millis(500);
    let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
    wait_until("the sound is there", || {
        play(&mut rig, 640);
        rig.instance.status().decodes > 0
    });
    Script::still(point(0.0), vec![(0, on(60, 1.0))], 640).play(&mut rig.synth, 64);
    assert_eq!(rig.instance.status().playing_voices, 1);
    // Playing for two seconds after the last call, then idle for two before the poller slows down.
    std::thread::sleep(Duration::from_millis(4_600));
    let before = rig.pool.polls();
    std::thread::sleep(WINDOW);
    let polls = rig.pool.polls() - before;
    assert!(polls < 50, "{polls} looks in half a second with a host that does not process");
    play(&mut rig, 640);
    assert_eq!(rig.instance.status().playing_voices, 1, "and it goes on where it was");
}
