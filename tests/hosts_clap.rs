//! The built CLAP in a real host, played in real time as on a host: level, pitch, the effect of a knob, and a project
//! without its pack.

use engine::measure::pitch_offset_cents;
use engine::units::key_to_hz;
use support::bundles::{pitched_sound, plainly, with_another_pack};
use support::clap::{SAMPLE_RATE_HZ, TestHost, built_entry};
use support::listen::{rms_db, spectral_difference_db};

const PITCH_TOLERANCE_CENTS: f64 = 10.0;
/// Two renders of one sound differ less than this; two sounds differ more than [`OTHER_DB`].
const SAME_DB: f32 = 0.2;
const OTHER_DB: f32 = 1.0;

/// With a pitched sound on its knobs; the value of the first one beside it.
fn pitched() -> (TestHost, f64) {
    let mut host = TestHost::open(&built_entry(), |body| body());
    let sound = plainly(&pitched_sound());
    sound.iter().for_each(|(id, value)| host.set(id, *value));
    host.render(0.5);
    (host, sound[0].1)
}

/// Far from `value`, in a knob's range.
fn away_from(value: f64) -> f64 {
    if value < 0.5 { 0.85 } else { 0.15 }
}

/// What a key sounds like once its own zone is decoded, which begins when it is first played.
fn settled(host: &mut TestHost, key: u16) -> Vec<f32> {
    let mut last = host.play(key, 1.0);
    host.play_until(key, 1.0, "two strokes that sound and are the same", |next| {
        let sounds = rms_db(next) > -40.0 && difference(&last, next) < SAME_DB;
        last = next.to_vec();
        sounds
    })
}

fn is_same(other: &[f32]) -> impl Fn(&[f32]) -> bool {
    move |samples| difference(other, samples) < SAME_DB
}

fn is_other(than: &[f32]) -> impl Fn(&[f32]) -> bool {
    move |samples| difference(than, samples) > OTHER_DB
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    spectral_difference_db(a, b, SAMPLE_RATE_HZ as f32)
}

#[test]
fn notes_sound_at_their_pitch_and_a_knob_changes_them() {
    let (mut host, z1) = pitched();
    let mut middle_c = Vec::new();
    for key in [69_u16, 60] {
        let samples = settled(&mut host, key);
        let level_db = rms_db(&samples);
        assert!((-40.0..0.0).contains(&level_db), "key {key}: {level_db} dB");
        let steady = &samples[(0.1 * SAMPLE_RATE_HZ) as usize..];
        let cents = pitch_offset_cents(steady, SAMPLE_RATE_HZ, key_to_hz(f64::from(key))).expect("a pitch");
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "key {key} is {cents:+.1} cents off");
        middle_c = samples;
    }
    host.set("z1", away_from(z1));
    host.play_until(60, 1.0, "z1 changes the sound", is_other(&middle_c));
    host.close();
}

#[test]
fn a_project_of_a_missing_pack_plays_its_frozen_sound_in_an_active_plugin() {
    let (mut host, z1) = pitched();
    let before = settled(&mut host, 60);
    let saved = host.save();
    host.set("z1", away_from(z1));
    host.render(0.5);
    let elsewhere = with_another_pack(&saved);
    host.load(&elsewhere);
    host.play_until(60, 1.0, "the frozen sound is back", is_same(&before));
    host.set("z1", away_from(z1));
    host.render(0.5);
    let turned = difference(&before, &host.play(60, 1.0));
    assert!(turned < SAME_DB, "a knob changed the frozen sound by {turned} dB");
    host.load(&saved);
    host.play_until(60, 1.0, "the pack's sound is back", is_same(&before));
    host.set("z1", away_from(z1));
    host.play_until(60, 1.0, "z1 changes the pack's sound", is_other(&before));
    host.close();
}

#[test]
fn a_project_saved_in_the_middle_of_a_sweep_holds_its_sound() {
    let (mut host, z1) = pitched();
    host.note_on(60);
    for step in 0..40 {
        host.set("z1", z1 + (away_from(z1) - z1) * f64::from(step) / 40.0);
        host.render(0.003);
    }
    // The knob has just been turned, and nothing of the new sound can be there yet.
    host.set("z1", away_from(z1));
    host.render(0.003);
    let saved = host.save();
    host.note_off(60);
    host.render(0.5);
    let wanted = settled(&mut host, 60);
    host.load(&with_another_pack(&saved));
    host.play_until(60, 1.0, "the frozen sound is the sweep's end", is_same(&wanted));
    host.close();
}
