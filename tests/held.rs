//! Laws of held notes: a steady sound goes on for as long as the key is down, without a dip, a click or a change of pitch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::audio::Event;
use engine::decode::latent::LatentSource;
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::pack::Pack;
use engine::params::{Controls, Hold, ModDestination, ModSource, Route, Routes};
use engine::units::key_to_hz;

use support::fake::{Rig, Sort, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{Script, off, on, point};

const RATE_HZ: f32 = 48_000.0;
/// Samples of the fake's sound at [`RATE_HZ`].
const SOUND_SAMPLES: usize = 95_850;
const SILENT_DB: f32 = -90.0;

fn held(hold: Hold) -> Controls {
    Controls { hold: hold.value(), release_s: 0.02, ..point(0.0) }
}

/// Both sides of a note of key 60 from the first sample to `end`, rendered offline in blocks of `block` samples.
fn play(sort: Sort, timbre: Timbre, controls: Controls, (end, length): (usize, usize), block: usize) -> [Vec<f32>; 2] {
    let mut rig = Rig::of_sort(sort, timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    Script::still(controls, vec![(0, on(60, 1.0)), (end, off(60))], length).play_stereo(&mut rig.synth, block)
}

/// Largest and smallest level of pieces of `piece` samples, in dB.
fn levels_db(samples: &[f32], piece: usize) -> (f32, f32) {
    let levels = samples.chunks_exact(piece).map(rms_db);
    levels.fold((f32::NEG_INFINITY, f32::INFINITY), |(most, least), level| (most.max(level), least.min(level)))
}

/// Largest second difference: a measure of clicks.
fn roughness(samples: &[f32]) -> f32 {
    samples.windows(3).map(|three| (three[0] - 2.0 * three[1] + three[2]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_held_tone_keeps_its_level_and_pitch_and_ends_with_its_key() {
    const LEVEL_DB: f32 = 0.2;
    const PITCH_CENTS: f64 = 1.0;
    let (end, length) = (20 * 48_000, 21 * 48_000);
    for sort in [Sort::Mono, Sort::Stereo] {
        for hold in [Hold::Auto, Hold::Sustained] {
            let [out, _] = play(sort, Timbre::Sine, held(hold), (end, length), 480);
            let body = &out[4_800..end];
            let (most, least) = levels_db(body, 4_800);
            assert!(most - least < LEVEL_DB, "{sort:?}, {hold:?}: {least} to {most} dB");
            let cents = 1200.0 * (frequency_hz(body, RATE_HZ) / key_to_hz(60.0)).log2();
            assert!(cents.abs() < PITCH_CENTS, "{sort:?}, {hold:?}: {cents} cents");
            let (first, all) = (roughness(&body[..48_000]), roughness(body));
            assert!(all < 1.1 * first, "{sort:?}, {hold:?}: clicks of {all}, {first} in the first second");
            assert!(rms_db(&out[end + 9_600..]) < SILENT_DB, "{sort:?}, {hold:?}: it ends with its key");
        }
    }
}

#[test]
fn held_noise_keeps_its_level() {
    const LEVEL_DB: f32 = 1.5;
    let end = 15 * 48_000;
    let [out, _] = play(Sort::Mono, Timbre::Noise, held(Hold::Auto), (end, end), 480);
    let (most, least) = levels_db(&out[4_800..end], 4_800);
    assert!(most - least < LEVEL_DB, "{least} to {most} dB");
}

#[test]
fn a_gated_note_ends_with_key_or_sound_and_a_one_shot_with_its_sound() {
    let length = 3 * 48_000;
    let heard = |hold, end| {
        let [out, _] = play(Sort::Mono, Timbre::Sine, held(hold), (end, length), 480);
        let sounding = |from: usize| rms_db(&out[from..from + 2_400]) > SILENT_DB;
        [30_000, 80_000, SOUND_SAMPLES + 1_000].map(sounding)
    };
    assert_eq!(heard(Hold::Gated, 20_000), [false, false, false]);
    assert_eq!(heard(Hold::Gated, length), [true, true, false]);
    assert_eq!(heard(Hold::OneShot, 20_000), [true, true, false]);
    assert_eq!(heard(Hold::OneShot, length), [true, true, false]);
    assert_eq!(heard(Hold::Auto, length), [true, true, true]);
}

#[test]
fn a_held_note_is_the_same_at_every_block_size() {
    let lengths = (6 * 48_000, 7 * 48_000);
    let whole = play(Sort::Stereo, Timbre::Sine, held(Hold::Auto), lengths, 8_192);
    for block in [1, 63, 64, 333, 1_024] {
        assert!(play(Sort::Stereo, Timbre::Sine, held(Hold::Auto), lengths, block) == whole, "blocks of {block}");
    }
}

#[test]
fn a_held_note_follows_the_controls() {
    let mut rig = Rig::of_sort(Sort::Mono, Timbre::Constant, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    let auto = |first| Controls { hold: Hold::Auto.value(), ..point(first) };
    let controls = vec![(0, auto(0.25)), (6 * 48_000, auto(0.5))];
    let out = Script { events: vec![(0, on(60, 1.0))], controls, length: 8 * 48_000 }.play(&mut rig.synth, 480);
    let (before, after) = (out[6 * 48_000 - 100], out[8 * 48_000 - 100]);
    assert!((after / before - 2.0).abs() < 0.05, "{before}, then {after}");
}

/// A sine of 2 Hz on the first latent, for all notes or (`mode` 1) for each.
fn moved_by_an_lfo(mode: f32, latent: [f32; 7]) -> Controls {
    let mut controls = Controls { routes: Routes::default(), ..held(Hold::Sustained) };
    controls.knobs = latent;
    controls.routes[0] = Route { source: ModSource::Lfo1, via: ModSource::None, destination: ModDestination::Latent1 };
    controls.motion.amounts = [0.0; 16];
    controls.motion.amounts[0] = 0.3;
    let lfo = &mut controls.motion.lfos[0];
    (lfo.shape, lfo.rate_octaves, lfo.mode) = (0.0, 1.0, mode);
    controls
}

#[test]
fn a_held_note_whose_sound_never_stands_still_goes_on() {
    const BLOCK: usize = 64;
    const SECONDS: usize = 5;
    /// Level of the quietest half second after the sound's own length against the loudest before it, in dB.
    const LEVEL_DB: f32 = -15.0;
    let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"));
    let organ = model.sounds().iter().find(|sound| sound.name == "Reed Organ").expect("it is in the pack").latent;
    for mode in [0.0, 1.0] {
        let source = Arc::new(LatentSource::new(Arc::clone(&model)));
        let pool = Pool::global().expect("threads");
        let (mut synth, _instance) = instrument::create_with_source(&pool, source, Arc::default());
        synth.set_sample_rate(RATE_HZ);
        let controls = moved_by_an_lfo(mode, organ);
        let (started, mut out) = (Instant::now(), Vec::new());
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        while out.len() < SECONDS * 48_000 {
            let events = if out.is_empty() { vec![Event { offset: 0, kind: on(60, 1.0) }] } else { Vec::new() };
            synth.render(&events, &controls, &mut left, &mut right);
            out.extend_from_slice(&left);
            let due = Duration::from_secs_f64(out.len() as f64 / f64::from(RATE_HZ));
            std::thread::sleep(due.saturating_sub(started.elapsed()));
        }
        let (before, after) = out.split_at(SOUND_SAMPLES);
        let (loudest, _) = levels_db(before, 24_000);
        let (_, quietest) = levels_db(&after[..after.len() / 24_000 * 24_000], 24_000);
        println!("mode {mode}: {loudest:.1} dB before, {quietest:.1} dB after");
        assert!(quietest > loudest + LEVEL_DB, "mode {mode}: {loudest} dB before, {quietest} dB after");
    }
}
