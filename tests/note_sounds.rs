//! Laws of notes whose own modulation moves what is decoded: each has a sound of its own, up to a number. A fake source stands at the worker's border.

use engine::audio::EventKind;
use engine::params::{Controls, ModDestination, ModSource, Route, Routes};
use support::fake::{Rig, Sort, Timbre};
use support::script::{Script, on, point};

const RATE_HZ: f32 = 48_000.0;
/// Part of a level by which it may differ from what was asked for.
const LEVEL_TOLERANCE: f32 = 1e-3;

/// Notes whose velocity moves the first latent, which is what the fake sounds like, and nothing else.
fn by_velocity() -> Controls {
    let mut controls = Controls { routes: Routes::default(), touch: 0.0, ..point(0.0) };
    controls.routes[0] =
        Route { source: ModSource::Velocity, via: ModSource::None, destination: ModDestination::Latent1 };
    controls.motion.amounts = [0.0; 16];
    controls.motion.amounts[0] = 0.5;
    controls.voices.velocity_level = 0.0;
    controls
}

fn rig() -> Rig {
    let mut rig = Rig::of_sort(Sort::Mono, Timbre::Constant, RATE_HZ);
    rig.synth.set_offline(true);
    rig
}

fn play(rig: &mut Rig, events: Vec<(usize, EventKind)>, length: usize) -> Vec<f32> {
    rig.synth.reset();
    let [left, _] = Script::still(by_velocity(), events, length).play_stereo(&mut rig.synth, 512);
    left
}

/// Level of each of `velocities`, as keys upwards from 60, after their attacks.
fn levels(rig: &mut Rig, velocities: &[f32]) -> f32 {
    let notes = velocities.iter().enumerate().map(|(n, velocity)| (200 * n, on(60 + n as u8 % 4, *velocity)));
    play(rig, notes.collect(), 12_000)[9_000]
}

#[test]
fn notes_that_move_what_is_decoded_have_sounds_of_their_own() {
    let velocities = [0.25, 1.0, 0.5, 0.125];
    let mut rig = rig();
    let alone: Vec<f32> = velocities.iter().map(|velocity| levels(&mut rig, &[*velocity])).collect();
    for (level, velocity) in alone.iter().zip(velocities) {
        let ratio = level / alone[1];
        assert!((ratio - velocity).abs() < LEVEL_TOLERANCE, "velocity {velocity}: {ratio} of the loudest");
    }
    let together = levels(&mut rig, &velocities);
    let wanted: f32 = alone.iter().sum();
    assert!((together / wanted - 1.0).abs() < LEVEL_TOLERANCE, "together {together}, one by one {wanted}");
}

#[test]
fn a_route_that_is_added_reaches_the_notes_that_sound() {
    let velocities = [0.25, 1.0, 0.5];
    let mut rig = rig();
    let wanted = levels(&mut rig, &velocities);
    let notes = velocities.iter().enumerate().map(|(n, velocity)| (200 * n, on(60 + n as u8 % 4, *velocity)));
    let mut still = by_velocity();
    still.routes = Routes::default();
    rig.synth.reset();
    let controls = vec![(0, still), (8_000, by_velocity())];
    let [left, _] = Script { events: notes.collect(), controls, length: 20_000 }.play_stereo(&mut rig.synth, 512);
    assert!((left[7_000] / wanted - 1.0).abs() > 10.0 * LEVEL_TOLERANCE, "the route is heard: {}", left[7_000]);
    assert!((left[18_000] / wanted - 1.0).abs() < LEVEL_TOLERANCE, "{} instead of {wanted}", left[18_000]);
}

#[test]
fn notes_beyond_the_eighth_share_the_sound_of_the_newest() {
    let mut rig = rig();
    let unit = levels(&mut rig, &[1.0]);
    let velocities = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.25, 0.5];
    let notes = velocities.iter().enumerate().map(|(n, velocity)| (200 * n, on(60 + n as u8, *velocity)));
    let left = play(&mut rig, notes.collect(), 16_000);
    let wanted = unit * (velocities[..8].iter().sum::<f32>() + 2.0 * velocities[9]);
    assert!((left[14_000] / wanted - 1.0).abs() < LEVEL_TOLERANCE, "{} instead of {wanted}", left[14_000]);
}
