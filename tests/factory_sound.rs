//! The factory pack as it is heard: every named sound is sane, keys are in tune, long sounds have no seams.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use engine::Latent;
use engine::audio::{Event, EventKind, NoteAddress};
use engine::decode::pipeline::Pipeline;
use engine::decode::{Model, Shaping};
use engine::instrument::{self, Pool};
use engine::measure::pitch_offset_cents;
use engine::pack::{NamedSound, Pack};
use engine::params::Controls;
use engine::sample::{LOUDNESS_LUFS, loudness_lufs};
use engine::spectral::{Complex32, Frames, Spectrogram};
use engine::units::key_to_hz;

/// Level difference between a sound and what its own recording is placed at, for half and for four fifths of the sounds asked.
const PLACED_HALF_DB: f32 = 3.0;
const PLACED_MOST_DB: f32 = 6.0;
/// Part of all zones of all sounds that have a residual: most sounds of the corpus are at four or five roots.
const RECORDED_ZONES: f64 = 0.8;
/// Part of the named sounds, at most, that go without their recordings: those that these would put out of tune.
const BARE_NAMES: f64 = 0.01;
/// Categories of sounds with a clear pitch; the first sound of each is played.
const PITCHED: [&str; 6] = ["Piano", "Organ", "Guitar", "Brass", "Reed", "Lead"];

/// A played key lies at most this far from equal temperament.
const PITCH_TOLERANCE_CENTS: f64 = 5.0;

/// Largest distance of a sound, in loudness (ITU-R BS.1770, 400 ms), from the common one, unless its peak holds it back.
const LOUDNESS_TOLERANCE_LU: f64 = 4.3;

/// Largest difference between two runs of the vocoder over the same frames, as part of the sound's loudest bin. Equal sums in another order
/// give 3e-7; one frame of context too few gives more than this.
const SEAM_MAGNITUDE: f32 = 3e-6;

/// What a factory pack has at least, and what it weighs at most.
const FEWEST_SOUNDS: usize = 300;
const FEWEST_CATEGORIES: usize = 16;
const MOST_BYTES: u64 = 40 << 20;

fn model() -> Arc<Model> {
    static MODEL: OnceLock<Arc<Model>> = OnceLock::new();
    let load = || Arc::new(Model::load(&Pack::factory().expect("valid")).expect("the factory graphs load"));
    Arc::clone(MODEL.get_or_init(load))
}

fn pipeline() -> Pipeline {
    Pipeline::new(model()).expect("the factory graphs run")
}

/// `seconds` of one note of a sound, played by the instrument offline.
fn play(latent: Latent, key: u8, rate_hz: f32, seconds: f32) -> Vec<f32> {
    let (mut synth, _instance) = instrument::create(&Pool::global().expect("threads"), model(), Arc::default());
    synth.set_sample_rate(rate_hz);
    synth.set_offline(true);
    synth.reset();
    let mut controls = Controls { knobs: latent, gain_db: 0.0, ..Controls::default() };
    controls.voices.width = 0.0;
    let note = Event { offset: 0, kind: EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: 0.8 } };
    let length = (seconds * rate_hz) as usize;
    let (mut out, mut right) = (vec![0.0; length], vec![0.0; length]);
    synth.render(&[note], &controls, &mut out, &mut right);
    out
}

#[test]
fn there_are_many_sounds_of_many_kinds_in_little_space() {
    let pack = Pack::factory().expect("valid");
    let manifest = pack.manifest();
    let categories: BTreeSet<&str> = manifest.sounds.iter().map(|sound| sound.category.as_str()).collect();
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    assert!(manifest.sounds.len() >= FEWEST_SOUNDS && categories.len() >= FEWEST_CATEGORIES, "{categories:?}");
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

#[test]
fn keys_are_in_tune_at_every_rate() {
    for category in PITCHED {
        let model = model();
        let sound = model.sounds().iter().find(|sound| sound.category == category);
        let NamedSound { name, latent, .. } = sound.unwrap_or_else(|| panic!("no sound in {category}"));
        for key in [24, 29, 36, 43, 48, 55, 60, 66, 72, 79, 84, 91, 96] {
            for rate_hz in [44_100.0, 48_000.0, 96_000.0] {
                let sound = play(*latent, key, rate_hz, 1.2);
                let steady = &sound[(0.1 * rate_hz) as usize..];
                let offset = pitch_offset_cents(steady, f64::from(rate_hz), key_to_hz(f64::from(key)));
                let offset = offset.unwrap_or_else(|| panic!("{name} at key {key}, {rate_hz} Hz has no pitch"));
                assert!(offset.abs() <= PITCH_TOLERANCE_CENTS, "{name} at key {key}, {rate_hz} Hz: {offset:.1} cents");
            }
        }
    }
}

#[test]
fn every_named_sound_is_sane_with_and_without_its_residual() {
    let (mut pipeline, model) = (pipeline(), model());
    for sound in model.sounds() {
        let key = f32::from(sound.key);
        let samples = pipeline.decode(&sound.latent, key, &Shaping::default()).expect("decodes");
        check(&sound.name, &samples);
        let Some(zone) = model.residuals().of(&sound.name).iter().find(|zone| zone.root_key == sound.key) else {
            continue;
        };
        check(&sound.name, &pipeline.decode_recorded(&sound.latent, key, &zone.residual).expect("decodes"));
    }
}

/// No sound is too loud, too soft, or off its middle.
fn check(name: &str, samples: &[f32]) {
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    let mean = samples.iter().sum::<f32>() / samples.len() as f32;
    assert_eq!(samples.len(), model().shape().sound_samples());
    let loudness_lufs = loudness_lufs(samples, model().shape().sample_rate_hz).expect("it sounds");
    let is_even = (loudness_lufs - LOUDNESS_LUFS).abs() < LOUDNESS_TOLERANCE_LU;
    assert!(peak < 1.001, "{name} peaks at {peak}");
    assert!(is_even || peak > 0.999, "{name}: {loudness_lufs} LUFS at peak {peak}");
    assert!(mean.abs() < 0.02 * peak, "{name} has an offset of {mean}");
}

#[test]
fn named_sounds_bring_their_recordings() {
    let model = model();
    let values = model.shape().mel_bands * model.shape().frame_count;
    let (mut zones, mut bare) = (0, 0);
    for sound in model.sounds() {
        let residuals = model.residuals().of(&sound.name);
        if residuals.is_empty() {
            bare += 1;
            continue;
        }
        let root_key = model.manifest().root_keys[model.manifest().nearest_root(f32::from(sound.key))];
        assert!(residuals.iter().any(|zone| zone.root_key == root_key), "{} at {root_key}", sound.name);
        assert!(residuals.iter().all(|zone| zone.residual.difference().values.len() == values), "{}", sound.name);
        zones += residuals.len();
    }
    let sounds = model.sounds().len() as f64;
    assert!(f64::from(bare) / sounds <= BARE_NAMES, "{bare} sounds without any");
    let part = zones as f64 / (model.sounds().len() * model.manifest().root_keys.len()) as f64;
    assert!(part > RECORDED_ZONES, "{part} of all zones");
}

#[test]
fn straight_lines_between_sounds_never_fall_silent() {
    let mut pipeline = pipeline();
    let model = model();
    let sounds = model.sounds();
    for pair in 0..12 {
        let (from, to) = (&sounds[pair * 7 % sounds.len()], &sounds[(pair * 31 + 11) % sounds.len()]);
        for step in 0..=8 {
            let part = step as f32 / 8.0;
            let mut latent = from.latent;
            for (coordinate, target) in latent.iter_mut().zip(to.latent) {
                *coordinate += (target - *coordinate) * part;
            }
            let samples = pipeline.decode(&latent, 60.0, &Shaping::default()).expect("decodes");
            let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!((0.1..1.001).contains(&peak), "{} → {} at {part}: peak {peak}", from.name, to.name);
        }
    }
}

/// A stretched sound takes several runs of the vocoder. Each of its frames has the magnitudes that one run over its neighbours alone
/// gives, which has its edges elsewhere; so does each frame at a seam. Phases cannot be compared: their noise goes by the place in
/// the sound.
#[test]
fn stretched_sounds_have_no_seam() {
    let mut pipeline = pipeline();
    let model = model();
    let vocoder = model.manifest().vocoder;
    let shaping = Shaping { stretch: 4.0, ..Shaping::default() };
    for sound in model.sounds().iter().step_by(61) {
        let frames = pipeline.decode_frames(&sound.latent, 60.0).expect("decodes");
        let frames = shaping.apply(frames, model.shape(), 60.0);
        assert!(frames.frames > 2 * vocoder.chunk_frames, "the sound takes several runs");
        let whole = pipeline.bins(&frames, 60.0).expect("vocodes");
        // Steps that are no divisor of the runs' own, so that no edge falls on a seam twice.
        for start in (0..frames.frames - vocoder.chunk_frames).step_by(97) {
            let part = pipeline.bins(&cut(&frames, start, vocoder.chunk_frames), 60.0).expect("vocodes");
            let inside = vocoder.context_frames..vocoder.chunk_frames - vocoder.context_frames;
            let loudest = whole.values.iter().map(|bin| bin.norm()).fold(0.0, f32::max);
            for frame in inside {
                let difference = magnitude_difference([(&whole, start + frame), (&part, frame)]) / loudest;
                assert!(difference < SEAM_MAGNITUDE, "{}, frame {}: {difference}", sound.name, start + frame);
            }
        }
    }
}

/// `count` frames from `start` on.
fn cut(frames: &Frames, start: usize, count: usize) -> Frames {
    let mut part = Frames::silent(frames.bands, count);
    for band in 0..frames.bands {
        part.values[band * count..][..count].copy_from_slice(&frames.band(band)[start..start + count]);
    }
    part
}

fn bins_of((spectrogram, frame): (&Spectrogram, usize)) -> &[Complex32] {
    &spectrogram.values[frame * spectrogram.bins..][..spectrogram.bins]
}

/// Largest difference in magnitude of two frames.
fn magnitude_difference([a, b]: [(&Spectrogram, usize); 2]) -> f32 {
    let pairs = bins_of(a).iter().zip(bins_of(b));
    pairs.map(|(a, b)| (a.norm() - b.norm()).abs()).fold(0.0, f32::max)
}

#[test]
fn a_sound_is_placed_where_it_sounds_like_itself() {
    let mut pipeline = pipeline();
    let model = model();
    let mut differences = Vec::new();
    for sound in model.sounds().iter().step_by(9) {
        let key = f32::from(sound.key);
        let samples = pipeline.decode(&sound.latent, key, &Shaping::default()).expect("decodes");
        let found = pipeline.place(&samples, key).expect("is placed");
        let own = pipeline.decode_frames(&sound.latent, key).expect("decodes");
        let placed = pipeline.decode_frames(&found, key).expect("decodes");
        differences.push((difference_db(&own, &placed), sound.name.clone()));
    }
    differences.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [half, most] = [differences.len() / 2, differences.len() * 4 / 5].map(|place| differences[place].0);
    assert!(half < PLACED_HALF_DB && most < PLACED_MOST_DB, "{half} dB, {most} dB of {differences:?}");
}

/// Mean difference over the bands that sound in either.
fn difference_db(a: &Frames, b: &Frames) -> f32 {
    let model = model();
    let shape = model.shape();
    let silence = shape.normalise_db(-60.0);
    let sounding = a.values.iter().zip(&b.values).filter(|(a, b)| a.max(**b) > silence);
    let (count, sum) = sounding.fold((0, 0.0), |(count, sum), (a, b)| (count + 1, sum + (a - b).abs()));
    sum / count.max(1) as f32 * -shape.floor_db / 2.0
}
