//! The plug-in's whole `process`, framework included, under a counting allocator: notes, sweeps, the factory pack's decodes
//! coming in, states loaded meanwhile, in CLAP and in VST3. The plug-in is linked into this program, so that the guard sees what it
//! does. Runs in debug and in release.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clack_host::prelude::PluginEntry;
use engine::measure::pitch_offset_cents;
use engine::pack::{NamedSound, Pack};
use engine::units::key_to_hz;
use serde_json::{Value, json};
use support::Random;
use support::bundles::{pitched_sound, plainly, with_another_pack};
use support::clap::{SAMPLE_RATE_HZ, TestHost};
use support::guard::{Guard, guarded};
use support::listen::{rms_db, spectral_difference_db};
use support::vst3::{Component, Vst3Host};
use support::wait::PATIENCE;

#[global_allocator]
static GUARD: Guard = Guard;

/// Events of a crowded block: all 128 controllers and more of 16 channels.
const CROWD: u32 = 2100;

/// Peak that a sound has and silence has not.
const AUDIBLE: f32 = 0.01;

/// Two renders of one sound differ less than this; two sounds differ more than [`OTHER_DB`].
const SAME_DB: f32 = 0.2;
const OTHER_DB: f32 = 1.0;
/// Level below which a window of [`WINDOW`] samples counts as silence while a note is held: the quietest window of the two sounds
/// that are played lies above it.
const SILENCE_DB: f32 = -50.0;
const WINDOW: usize = 2400;
/// How long a key is held, long enough for several states, and how long its release is listened to.
const STROKE_S: f64 = 0.8;
const RELEASE_S: f64 = 0.3;
/// Largest step from sample to sample while states are loaded, as a multiple of the largest one of the sounds alone. A note that is
/// cut off or begun without a fade, or a jump between the sounds, makes a larger one.
const LARGEST_STEP: f32 = 1.5;

/// Allocations and frees of all guarded blocks of a host.
static CLAP_COUNT: AtomicU64 = AtomicU64::new(0);
static VST3_COUNT: AtomicU64 = AtomicU64::new(0);

unsafe extern "system" {
    /// The plug-in crate's VST3 entry point, which this program is linked with.
    fn GetPluginFactory() -> *mut c_void;
}

fn linked() -> TestHost {
    // SAFETY: the entry is that of the plug-in crate, which this program is linked with.
    let entry = unsafe { PluginEntry::load_from_raw(&plugin::clap_entry, c"") }.expect("the entry is valid");
    TestHost::open(&entry, |body| _ = CLAP_COUNT.fetch_add(guarded(body), Ordering::Relaxed))
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[test]
fn process_neither_allocates_nor_frees() {
    let mut host = linked();
    let mut random = Random::new(11);
    host.play_until(60, 0.1, "the first decoded sound is heard", |samples| peak(samples) > AUDIBLE);
    let mut heard = 0.0_f32;
    let saved = host.save();
    let elsewhere = with_another_pack(&saved);
    for step in 0..600 {
        match random.below(6) {
            0 | 1 => host.note_on(36 + random.below(48) as u16),
            2 => host.note_off(36 + random.below(48) as u16),
            _ => {}
        }
        // Volume, expression, their fine parts and the parameters of the wheel, on channel 1; the levels stay audible.
        for controller in [7, 11, 39, 43, 6, 38, 96, 98, 100, 101] {
            if random.below(8) == 0 {
                host.midi([0xB0, controller, 100 + random.below(28) as u8]);
            }
        }
        for id in ["z1", "z5", "pad_x", "pad_y", "morph", "stretch", "formant", "tilt", "attack", "gain"] {
            if random.below(4) == 0 {
                host.set(id, random.below(1000) as f64 / 1000.0);
            }
        }
        match step % 200 {
            50 => host.load(&saved),
            // The zones that were saved play in place of the pack.
            150 => host.load(&elsewhere),
            // More events than controllers and channels can give in one block.
            199 => (0..CROWD).for_each(|event| host.set("gain", f64::from(event) / f64::from(CROWD))),
            _ => {}
        }
        heard = heard.max(peak(&host.render(0.005)));
    }
    host.note_on(60);
    let (samples, loaded) = host.render_while_loading(2.0, &[saved, elsewhere]);
    assert!(loaded > 2, "{loaded} states were loaded while the audio thread processed");
    heard = heard.max(peak(&samples));
    assert!(heard > AUDIBLE, "decoded sounds were heard while the guard stood: peak {heard}");
    assert_eq!(CLAP_COUNT.load(Ordering::Relaxed), 0, "allocations and frees in `process`");
    host.close();
}

#[test]
fn a_tuning_message_of_the_host_moves_its_key_without_an_allocation() {
    /// Key 60 to 63.5, in real time.
    const MESSAGE: [u8; 12] = [0xf0, 0x7f, 0x7f, 8, 2, 0, 1, 60, 63, 64, 0, 0xf7];
    const TOLERANCE_CENTS: f64 = 12.0;
    let mut host = linked();
    for (id, value) in plainly(&pitched_sound()) {
        host.set(&id, value);
    }
    let is_at = |key: f64| {
        move |samples: &[f32]| {
            let offset = pitch_offset_cents(samples, SAMPLE_RATE_HZ, key_to_hz(key));
            offset.is_some_and(|cents| cents.abs() < TOLERANCE_CENTS)
        }
    };
    host.play_until(60, 0.4, "key 60 sounds at its pitch", is_at(60.0));
    host.system_exclusive(&MESSAGE);
    host.play_until(60, 0.4, "key 60 sounds at the pitch of the message", is_at(63.5));
    assert_eq!(CLAP_COUNT.load(Ordering::Relaxed), 0, "allocations and frees in `process`");
    host.close();
}

/// A saved state, which the framework writes behind its length, with a controller that moves the gain.
fn learned(saved: &[u8], controller: u8) -> Vec<u8> {
    let (_, state) = saved.split_at(size_of::<u64>());
    let state = with_document(state, |document| document["controllers"] = json!({ "gain": controller }));
    [&(state.len() as u64).to_le_bytes()[..], &state].concat()
}

fn saved_gain_db(host: &mut TestHost) -> f64 {
    let state: Value = serde_json::from_slice(&host.save()[size_of::<u64>()..]).expect("the framework writes JSON");
    let text = state["fields"]["heptode"].as_str().expect("one field holds the document");
    let document: Value = serde_json::from_str(text).expect("the document is JSON");
    document["params"]["gain"].as_f64().expect("a gain")
}

#[test]
fn a_learned_controller_is_heard_and_saved_without_a_window_until_the_host_moves_the_parameter() {
    const CONTROLLER: u8 = 21;
    let mut host = linked();
    let state = learned(&host.save(), CONTROLLER);
    host.load(&state);
    host.play_until(60, 0.2, "the sound is heard", |samples| peak(samples) > AUDIBLE);
    host.midi([0xB3, CONTROLLER, 127]);
    host.midi([0xB3, CONTROLLER, 1]);
    host.play_until(60, 0.2, "it is 60 dB quieter", |samples| peak(samples) < AUDIBLE / 10.0);
    let quiet_db = saved_gain_db(&mut host);
    assert!((quiet_db - (-60.0 + 72.0 / 127.0)).abs() < 0.01, "saved as it is heard: {quiet_db} dB");
    host.set("gain", 0.8);
    let loud = host.play(60, 0.2);
    assert!(peak(&loud) > AUDIBLE, "the host has moved it: {}", peak(&loud));
    assert!((saved_gain_db(&mut host) + 2.4).abs() < 0.01);
    assert_eq!(CLAP_COUNT.load(Ordering::Relaxed), 0, "allocations and frees in `process`");
    host.close();
}

fn linked_vst3() -> Vst3Host {
    // SAFETY: the factory is new and goes to this host alone.
    unsafe { Vst3Host::open(GetPluginFactory(), |body| _ = VST3_COUNT.fetch_add(guarded(body), Ordering::Relaxed)) }
}

/// A saved state with another document.
fn with_document(saved: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut state: Value = serde_json::from_slice(saved).expect("the framework writes JSON");
    let text = state["fields"]["heptode"].as_str().expect("one field holds the document");
    let mut document: Value = serde_json::from_str(text).expect("the document is JSON");
    change(&mut document);
    state["fields"]["heptode"] = json!(document.to_string());
    state.to_string().into_bytes()
}

/// A saved state with one sound on all corners, which alone is heard, in the middle and in one zone for each key.
fn with_corners(saved: &[u8], sound: &NamedSound) -> Vec<u8> {
    with_document(saved, |document| {
        document["params"]["morph"] = json!(1.0);
        document["params"]["width"] = json!(0.0);
        document["params"]["zone_crossfade"] = json!(0.0);
        document["corners"] = json!(vec![json!({ "name": sound.name, "latent": sound.latent }); 4]);
    })
}

/// The id of an earlier note, at another key, is used again, as hosts do.
#[test]
fn a_note_expression_of_a_vst3_host_tunes_its_note() {
    /// `kTuningTypeID`, whose range is 240 semitones.
    const TUNING: u32 = 2;
    const ID: i32 = 7;
    const TOLERANCE_CENTS: f64 = 12.0;
    let mut host = linked_vst3();
    let state = with_corners(&host.component().save(), &pitched_sound());
    let before = play_until(&mut host, "a sound", |_, next| rms_db(next) > SILENCE_DB);
    settled(&mut host, &state, &before);
    for key in [72, 60] {
        host.named_note_on(key, ID);
        host.express(ID, TUNING, 0.5 - 5.0 / 240.0);
        let sound = host.render(STROKE_S);
        host.note_off(key);
        host.render(RELEASE_S);
        let wanted_hz = key_to_hz(f64::from(key) - 5.0);
        let cents = pitch_offset_cents(&sound[sound.len() / 4..], SAMPLE_RATE_HZ, wanted_hz).expect("a pitch");
        assert!(cents.abs() < TOLERANCE_CENTS, "key {key}: {cents:+.1} cents off");
    }
    host.close();
}

fn difference_db(a: &[f32], b: &[f32]) -> f32 {
    spectral_difference_db(a, b, SAMPLE_RATE_HZ as f32)
}

/// Largest step from one sample to the next.
fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).fold(0.0, |largest, pair| largest.max((pair[1] - pair[0]).abs()))
}

/// Plays a key again and again until it sounds as wanted, given the stroke before; that sound.
fn play_until(host: &mut Vst3Host, what: &str, fits: impl Fn(&[f32], &[f32]) -> bool) -> Vec<f32> {
    let started = Instant::now();
    let mut last = host.play(60, STROKE_S, RELEASE_S);
    loop {
        let next = host.play(60, STROKE_S, RELEASE_S);
        if fits(&last, &next) {
            return next;
        }
        assert!(started.elapsed() < PATIENCE, "not within {} s: {what}", PATIENCE.as_secs());
        last = next;
    }
}

/// What a state sounds like once its sound, which is unlike `before`, is decoded.
fn settled(host: &mut Vst3Host, state: &[u8], before: &[f32]) -> Vec<f32> {
    host.component().load(state);
    play_until(host, "two strokes of another sound that are the same", |last, next| {
        rms_db(next) > SILENCE_DB && difference_db(last, next) < SAME_DB && difference_db(before, next) > OTHER_DB
    })
}

/// Plays a held note while `load` runs again and again: it goes on without a gap and without a step that neither sound has.
fn hold_while(host: &mut Vst3Host, sounds: [&[f32]; 2], load: impl FnMut(&Component)) -> usize {
    host.note_on(60);
    let (samples, loaded) = host.render_while(STROKE_S, load);
    host.note_off(60);
    let end = host.render(RELEASE_S);
    for (window, samples) in samples.chunks_exact(WINDOW).enumerate() {
        assert!(rms_db(samples) > SILENCE_DB, "window {window} is at {} dB", rms_db(samples));
    }
    let allowed = LARGEST_STEP * sounds.into_iter().map(largest_step).fold(0.0, f32::max);
    let step = largest_step(&[samples, end].concat());
    assert!(step < allowed, "a step of {step} where the sounds alone allow {allowed}");
    loaded
}

#[test]
fn a_vst3_takes_states_while_it_processes() {
    let mut host = linked_vst3();
    let saved = host.component().save();
    let pitched = pitched_sound();
    let pack = Pack::factory().expect("the factory pack is valid");
    let other = pack.manifest().sounds.iter().find(|sound| sound.category == "Lead").expect("a lead");
    let states = [with_corners(&saved, &pitched), with_corners(&saved, other)];
    let before = play_until(&mut host, "a sound", |_, next| rms_db(next) > SILENCE_DB);
    let first = settled(&mut host, &states[0], &before);
    let second = settled(&mut host, &states[1], &first);
    // The zones that were saved play in place of the pack.
    let elsewhere = with_another_pack(&host.component().save());
    let (sounds, states) = ([&first[..], &second], [&states[0], &states[1], &elsewhere]);
    // One after another without a pause, then with one in which the new sound comes.
    for pause in [Duration::ZERO, Duration::from_millis(150)] {
        let mut turn = 0;
        let loaded = hold_while(&mut host, sounds, |component| {
            component.load(states[turn % states.len()]);
            turn += 1;
            std::thread::sleep(pause);
        });
        assert!(loaded > 2, "{loaded} states were loaded while the audio thread processed");
    }
    // A state that is loaded during a note is what the next notes play.
    for (state, sound) in [(states[2], sounds[1]), (states[0], sounds[0]), (states[1], sounds[1])] {
        let mut waiting = Some(state);
        hold_while(&mut host, sounds, |component| match waiting.take() {
            Some(state) => component.load(state),
            None => std::thread::sleep(Duration::from_millis(1)),
        });
        play_until(&mut host, "the sound of the state", |_, next| difference_db(sound, next) < SAME_DB);
    }
    assert_eq!(VST3_COUNT.load(Ordering::Relaxed), 0, "allocations and frees in `process`");
    host.close();
}
