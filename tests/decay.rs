//! Laws of held notes of the factory pack: those that decay fall on beyond the end of their sound, end by themselves, and end with their key;
//! those that last keep their level.

use std::sync::Arc;

use engine::decode::latent::LatentSource;
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::pack::Pack;
use engine::params::{Controls, Hold};

use support::listen::rms_db;
use support::script::{Script, off, on};

const RATE_HZ: usize = 48_000;
/// Sounds that ring at the end of their two seconds.
const RINGING: [&str; 3] = ["Grand Piano", "Vibraphone", "Harp"];
/// Samples of a piece whose level is compared: half a second, more than a period of tremolo.
const PIECE_SAMPLES: usize = RATE_HZ / 2;
const SILENT_DB: f32 = -119.0;
/// Level of silence here, in dB.
const LEAST_DB: f32 = -120.0;

/// The left side of a note of key 60 that ends at `end`, rendered offline in blocks of `block` samples.
fn play(model: &Arc<Model>, name: &str, hold: Hold, (end, length): (usize, usize), block: usize) -> Vec<f32> {
    let latent = model.sounds().iter().find(|sound| sound.name == name).expect("it is in the pack").latent;
    let controls = Controls { knobs: latent, hold: hold.value(), release_s: 0.02, ..Controls::default() };
    let pool = Pool::global().expect("threads");
    let source = Arc::new(LatentSource::new(Arc::clone(model)));
    let (mut synth, _instance) = instrument::create_with_source(&pool, source, Arc::default());
    synth.set_sample_rate(RATE_HZ as f32);
    synth.set_offline(true);
    synth.reset();
    let [left, _] =
        Script::still(controls, vec![(0, on(60, 1.0)), (end, off(60))], length).play_stereo(&mut synth, block);
    left
}

fn factory() -> Arc<Model> {
    Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"))
}

#[test]
fn a_held_sound_that_rings_falls_on_and_ends_by_itself() {
    /// What a piece may be above the one before it, in dB: beats of two strings.
    const RISE_DB: f32 = 2.0;
    /// What a piece may be below the one before it in the two seconds after the sound's own end, in dB.
    const STEP_DB: f32 = 12.0;
    /// Samples at its end in which a note has faded out, and by what it has against those before them.
    const LAST_SAMPLES: usize = 24;
    const FADED: f32 = 0.2;
    let model = factory();
    for name in RINGING {
        let out = play(&model, name, Hold::Auto, (30 * RATE_HZ, 30 * RATE_HZ), 480);
        let levels: Vec<f32> = out.chunks_exact(PIECE_SAMPLES).map(|piece| rms_db(piece).max(LEAST_DB)).collect();
        for (index, pair) in levels.windows(2).enumerate().skip(1) {
            assert!(pair[1] < pair[0] + RISE_DB, "{name}: {pair:?} dB at {} s", index as f32 / 2.0);
            assert!(index > 7 || pair[1] > pair[0] - STEP_DB, "{name}: {pair:?} dB at {} s", index as f32 / 2.0);
        }
        assert!(levels.last().is_some_and(|level| *level < SILENT_DB), "{name} has ended: {levels:?}");
        let end = out.iter().rposition(|sample| *sample != 0.0).expect("it sounds") + 1;
        let peak = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let (before, last) = (peak(&out[end - RATE_HZ / 20..end - RATE_HZ / 50]), peak(&out[end - LAST_SAMPLES..end]));
        assert!(last < FADED * before, "{name}: {last} at its end, {before} before");
        let gated = play(&model, name, Hold::Gated, (4 * RATE_HZ, 4 * RATE_HZ), 480);
        assert!(rms_db(&gated[5 * RATE_HZ / 2..]) < SILENT_DB, "{name}: a gated one ends with its sound");
    }
}

#[test]
fn a_key_ends_a_sound_that_falls_on() {
    let model = factory();
    let out = play(&model, "Grand Piano", Hold::Auto, (3 * RATE_HZ, 4 * RATE_HZ), 480);
    assert!(rms_db(&out[5 * RATE_HZ / 2..3 * RATE_HZ]) > -60.0, "it sounds while the key is down");
    assert!(rms_db(&out[3 * RATE_HZ + RATE_HZ / 2..]) < SILENT_DB, "it ends with the key");
}

#[test]
fn a_sound_that_falls_on_is_the_same_at_every_block_size() {
    let model = factory();
    let lengths = (5 * RATE_HZ, 6 * RATE_HZ);
    let whole = play(&model, "Vibraphone", Hold::Auto, lengths, 8_192);
    for block in [63, 64, 1_024] {
        assert!(play(&model, "Vibraphone", Hold::Auto, lengths, block) == whole, "blocks of {block}");
    }
}

#[test]
fn a_held_sound_that_lasts_keeps_its_level() {
    const LEVEL_DB: f32 = 1.5;
    let model = factory();
    for name in ["Synth Brass 2", "Polysynth", "Warm pad 4", "Lorry engine 1"] {
        let length = 10 * RATE_HZ;
        let out = play(&model, name, Hold::Sustained, (length, length), 480);
        let levels: Vec<f32> = out.chunks_exact(RATE_HZ).skip(2).map(rms_db).collect();
        let mean = levels.iter().sum::<f32>() / levels.len() as f32;
        assert!(levels.iter().all(|level| (level - mean).abs() < LEVEL_DB), "{name}: {levels:?}");
    }
}
