//! Laws of packs of kind `foley` as sources: a clip is determined by class mixture, seed and take alone; every note plays the next take.

use std::sync::Arc;

use engine::audio::{Event, Synth};
use engine::decode::Pool;
use engine::decode::foley::{Clip, ClipWish, FoleyModel};
use engine::decode::load::load;
use engine::decode::source::{Pace, Source};
use engine::instrument::{Instance, create_with_source};
use engine::link::{SoundSpec, SourceId};
use engine::pack::AnyPack;
use engine::params::{Controls, VariationControls};
use support::delivered;
use support::foley::pack;
use support::script::{BLOCK_SIZES, Script, on, point};
use support::wait::wait_until;

const CONTROLS: [f32; 7] = [1.0, 3.0, 0.0, -1.0, 0.0, 0.5, 0.0];
const SEED: u64 = 9;
/// Rate of the clips in hertz.
const RATE_HZ: f32 = 44_100.0;
/// Samples before the end from which the pool fades a sound out.
const END_FADE: usize = 256;

fn source() -> Arc<dyn Source> {
    load(&pack().into()).expect("its own files").source()
}

fn made(source: &dyn Source, spec: &SoundSpec) -> Vec<f32> {
    delivered::made(source, spec).samples
}

fn spec() -> SoundSpec {
    SoundSpec { seed: SEED, ..SoundSpec::new(SourceId(0), CONTROLS, 60.0) }
}

/// The clip of a seed as `heptode foley` makes it.
fn clip(class_weights: &[f32], seed: u64) -> Vec<f32> {
    clip_at(1.0, class_weights, seed)
}

/// The same at so many times the pack's temperature.
fn clip_at(temperature: f32, class_weights: &[f32], seed: u64) -> Vec<f32> {
    let model = Arc::new(FoleyModel::load(&pack()).expect("its own files"));
    let manifest = model.manifest();
    let wish = ClipWish {
        class_weights: class_weights.to_vec(),
        temperature: manifest.temperature * temperature,
        keep: manifest.keep,
        guidance: manifest.guidance,
        seed,
        seconds: manifest.seconds(),
    };
    Clip::new(model, &wish).expect("possible").finish().expect("it runs")
}

#[test]
fn a_request_gives_the_clip_of_its_weights_and_a_take_that_of_the_next_seed() {
    let source = source();
    let properties = source.properties();
    assert_eq!((properties.pace, properties.is_shaped), (Pace::Slow, false));
    assert_eq!(source.roots(), [60]);
    let first = made(&*source, &spec());
    assert!(first == clip(&[1.0, 3.0], SEED) && first.len() == properties.longest_samples);
    let take = SoundSpec { variation: 2, ..spec() };
    assert!(made(&*source, &take) == clip(&[1.0, 3.0], SEED + 2), "the third of a series of clips");
    assert!(made(&*source, &spec()) == first && made(&*self::source(), &spec()) == first, "again, and elsewhere");
    let even = SoundSpec { controls: [0.0; 7], ..spec() };
    assert!(made(&*source, &even) == clip(&[1.0; 3], SEED), "no weight is the same of each");
    for other in
        [SoundSpec { seed: 10, ..spec() }, SoundSpec { controls: [3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..spec() }]
    {
        assert!(made(&*source, &other) != first, "{other:?}");
    }
}

#[test]
fn the_temperature_of_a_request_is_a_factor_on_the_packs() {
    let source = source();
    for temperature in [0.5, 1.0, 1.5] {
        let wanted = clip_at(temperature, &[1.0, 3.0], SEED);
        assert!(made(&*source, &SoundSpec { temperature, ..spec() }) == wanted, "{temperature}");
        assert_eq!(wanted == made(&*source, &spec()), temperature == 1.0, "another clip at {temperature} only");
        let controls = Controls { temperature, ..varied() };
        assert_eq!(controls.spec(SourceId(0), 60.0).temperature, temperature, "as the controls say");
    }
}

fn instance(pool: &Arc<Pool>) -> (Synth, Instance) {
    let (mut synth, instance) = create_with_source(pool, source(), Arc::default());
    synth.set_sample_rate(RATE_HZ);
    (synth, instance)
}

fn varied() -> Controls {
    let variation = VariationControls { amount: 0.35, count: 4.0, order: 0.0 };
    Controls { variation, seed: SEED, knobs: CONTROLS, ..point(1.0) }
}

#[test]
fn the_hits_of_a_bounce_are_the_clips_of_a_series_in_any_block_size() {
    /// Largest difference between what the synth plays at the pack's rate and key and the clip, of full scale.
    const TOLERANCE: f32 = 1e-4;
    let pool = Pool::new(1).expect("threads");
    let (mut synth, _instance) = instance(&pool);
    synth.set_offline(true);
    let clips: Vec<Vec<f32>> = (0..3).map(|take| clip(&[1.0, 3.0], SEED + take)).collect();
    let length = clips[0].len();
    let notes = (0..3).map(|note| (note * length, on(60, 1.0))).collect();
    let script = Script::still(varied(), notes, 3 * length);
    let mut bounce = |block: usize| {
        synth.reset();
        script.play(&mut synth, block)
    };
    let first = bounce(512);
    // The gain of a note at full velocity.
    let loudest = clips[0].iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).expect("not empty").0;
    let gain = first[loudest] / clips[0][loudest];
    for (take, clip) in clips.iter().enumerate() {
        let played = &first[take * length..][..length - END_FADE];
        let pairs = played.iter().zip(clip);
        let furthest = pairs.map(|(played, clip)| (played - gain * clip).abs()).fold(0.0, f32::max);
        assert!(gain > 0.0 && furthest < TOLERANCE, "take {take}: {furthest}");
    }
    for block in BLOCK_SIZES.into_iter().filter(|block| *block > 1) {
        assert!(bounce(block) == first, "blocks of {block}");
    }
}

#[test]
fn takes_are_made_ahead_and_a_hit_sounds_at_once() {
    let pool = Pool::new(1).expect("threads");
    let (mut synth, instance) = instance(&pool);
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    let mut play = |events: &[Event]| {
        synth.render(events, &varied(), &mut left, &mut right);
        left.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
    };
    let mut hits = 0;
    for hit in 0..6 {
        wait_until("this take and the next two are made", || {
            play(&[]);
            instance.status().decodes >= (3 + hit).max(4)
        });
        for _ in 0..100 {
            play(&[]);
        }
        let late = instance.status().late_count;
        play(&[Event { offset: 0, kind: on(60, 1.0) }]);
        hits += usize::from((0..20).any(|_| play(&[]) > 0.0));
        assert_eq!((instance.status().late_count, instance.status().failed), (late, None), "hit {hit}");
    }
    assert_eq!(hits, 6);
}

#[test]
fn any_pack_of_the_kind_is_found_by_its_manifest_and_a_damaged_one_is_told_of_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("clips.heptode");
    pack().save_archive(&file).expect("written");
    let info = AnyPack::peek(&file).expect("a manifest");
    assert_eq!((info.kind.name(), info.sounds.len(), info.variation() > 0.0), ("foley", 3, true));
    assert_eq!(AnyPack::open(&file).expect("whole").info().hash, info.hash);
    let broken = folder.path().join("clips");
    pack().save_folder(&broken).expect("written");
    for (name, contents, part) in [
        ("decoder.onnx", Some(&b"spoilt"[..]), "decoder.onnx does not match"),
        ("weights.safetensors", None, "lacks weights.safetensors"),
        ("manifest.json", Some(&b"{}"[..]), "format_version"),
    ] {
        let place = broken.join(name);
        match contents {
            Some(contents) => std::fs::write(&place, contents).expect("written"),
            None => std::fs::remove_file(&place).expect("removed"),
        }
        let error = AnyPack::open(&broken).expect_err("damaged").to_string();
        assert!(error.contains(part) && error.lines().count() == 1, "{error}");
        pack().save_folder(&broken).expect("written");
    }
}
