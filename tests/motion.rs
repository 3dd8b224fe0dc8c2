//! Laws of what moves: the second envelope, LFOs, macros and the modulation matrix. A fake source stands at the worker's border.
//! Frequencies and shapes themselves have their laws beside the code, in `engine/src/audio`.

use engine::audio::{Event, EventKind, NoteAddress};
use engine::link::SoundSpec;
use engine::params::{
    Controls, FIRST_ROUTES, ModDestination, ModSource, PadPath, PathPoint, Route, Routes, StepLevels, TABLE, Transport,
};
use engine::residual::{Pair, Residual, ZoneResidual};
use engine::spectral::{Frames, SpectralShape};
use engine::units::key_to_hz;
use support::Random;
use support::fake::{Rig, Sort, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{BLOCK_SIZES, Script, off, on, point};
use support::wait::wait_until;

const RATE_HZ: f32 = 48_000.0;
/// Pitch against what was asked for.
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
/// Samples of a tick: what an edge of an LFO may be late by.
const TICK: usize = 64;

/// What moves a voice.
const OF_VOICES: [ModDestination; 6] = [
    ModDestination::Pitch,
    ModDestination::Gain,
    ModDestination::Pan,
    ModDestination::Cutoff,
    ModDestination::Resonance,
    ModDestination::Start,
];

fn rig(sort: Sort, timbre: Timbre) -> Rig {
    let mut rig = Rig::of_sort(sort, timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

fn routed(routes: &[(ModSource, ModSource, ModDestination, f32)]) -> Controls {
    let mut controls = Controls { routes: Routes::default(), ..point(0.3) };
    controls.motion.amounts = [0.0; 16];
    for (index, (source, via, destination, amount)) in routes.iter().enumerate() {
        controls.routes[index] = Route { source: *source, via: *via, destination: *destination };
        controls.motion.amounts[index] = *amount;
    }
    controls
}

/// One route of full weight through nothing.
fn one(source: ModSource, destination: ModDestination, amount: f32) -> Controls {
    routed(&[(source, ModSource::None, destination, amount)])
}

fn controller(controller: u8, value: f32) -> EventKind {
    EventKind::Controller { channel: 0, controller, value }
}

/// A note under pressure, with every controller that is a source away from its rest.
fn gestures() -> Vec<(usize, EventKind)> {
    vec![
        (0, controller(1, 0.7)),
        (0, controller(2, 0.6)),
        (0, controller(11, 0.9)),
        (0, controller(74, 0.8)),
        (0, EventKind::ChannelPressure { channel: 0, pressure: 0.5 }),
        (100, on(67, 0.7)),
        (5_000, EventKind::NoteOff { notes: NoteAddress::key(0, 67), velocity: 0.9 }),
    ]
}

fn play(rig: &mut Rig, controls: Controls, events: Vec<(usize, EventKind)>, length: usize) -> [Vec<f32>; 2] {
    rig.synth.reset();
    Script::still(controls, events, length).play_stereo(&mut rig.synth, 512)
}

#[test]
fn what_is_off_changes_no_bit() {
    let mut random = Random::new(7);
    for sort in [Sort::Mono, Sort::Stereo] {
        let mut rig = rig(sort, Timbre::Noise);
        let plain = Controls { release_s: 0.1, ..routed(&[]) };
        let reference = play(&mut rig, plain, gestures(), 8_000);
        for step in 0..6 {
            let mut controls = plain;
            let is_amount = |id: &str| id.starts_with("route");
            for row in TABLE.iter().filter(|row| ["Filter", "Motion"].contains(&row.group) && row.id != "filter") {
                // Amounts of empty routes, or routes without an amount.
                if step % 2 == 1 && is_amount(row.id) {
                    continue;
                }
                let part = random.below(1_001) as f32 / 1_000.0;
                row.set(&mut controls, row.scale.min() + part * (row.scale.max() - row.scale.min()));
            }
            if step % 2 == 1 {
                controls.routes = one(ModSource::Lfo1, ModDestination::Pitch, 0.0).routes;
            }
            assert!(play(&mut rig, controls, gestures(), 8_000) == reference, "{sort:?}, step {step}");
        }
        // The wheel at rest, as a new instance has it.
        let first = Controls { release_s: 0.1, routes: FIRST_ROUTES, ..point(0.3) };
        let still = gestures().split_off(1);
        let reference = play(&mut rig, plain, still.clone(), 8_000);
        assert!(play(&mut rig, first, still, 8_000) == reference, "{sort:?}: the wheel rests");
        assert!(play(&mut rig, first, gestures(), 8_000) != reference, "{sort:?}: the wheel is heard");
    }
}

/// Controls with a route in which every source is away from 0 and every destination can be heard.
fn audible(source: ModSource, destination: ModDestination, amount: f32) -> Controls {
    let mut controls = Controls { release_s: 0.5, attack_s: 0.05, ..one(source, destination, amount) };
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.resonance) = (1.0, 80.0, 0.2);
    (controls.env2.sustain, controls.env2.release_s) = (0.5, 0.5);
    controls.voices.start = 0.3;
    for lfo in &mut controls.motion.lfos {
        (lfo.mode, lfo.phase, lfo.rate_octaves) = (1.0, 0.1, 2.0);
    }
    controls.motion.macros = [0.2, 0.4, 0.6, 0.8];
    (controls.pad_path, controls.motion.path.notes) = (path(), 1.0);
    controls
}

/// A second along the pad: right and up, then down.
fn path() -> PadPath {
    PadPath::recorded(&[[0.0, 0.2, 0.3], [0.4, 0.9, 0.8], [1.0, 0.6, 0.1]].map(PathPoint::from))
}

#[test]
fn every_source_moves_every_destination_of_a_voice() {
    let mut rig = rig(Sort::Mono, Timbre::Noise);
    let reference = play(&mut rig, audible(ModSource::None, ModDestination::None, 0.0), gestures(), 8_000);
    for source in ModSource::ALL.iter().filter(|source| **source != ModSource::None) {
        for destination in OF_VOICES {
            let moved = play(&mut rig, audible(*source, destination, 0.4), gestures(), 8_000);
            // What is 0 when the note starts does not move its start.
            let late = [ModSource::ReleaseVelocity, ModSource::Envelope, ModSource::PathX, ModSource::PathY];
            let is_late = late.contains(source);
            let is_still = destination == ModDestination::Start && is_late;
            assert_eq!(moved == reference, is_still, "{source:?} to {destination:?}");
            assert!(moved.iter().flatten().all(|sample| sample.is_finite()));
            let via = routed(&[(ModSource::Velocity, *source, destination, 0.4)]);
            let scaled = Controls { routes: via.routes, ..audible(*source, destination, 0.4) };
            let moved = play(&mut rig, scaled, gestures(), 8_000);
            assert_eq!(moved == reference, is_still, "velocity through {source:?} to {destination:?}");
        }
    }
}

/// A residual, so that *Fidelity* has something to weigh.
fn recording() -> ZoneResidual {
    let shape = SpectralShape::DEFAULT;
    let silent = Frames::silent(shape.mel_bands, shape.frame_count);
    let louder = Frames { values: vec![0.5; silent.values.len()], ..silent };
    let pair = Pair { wanted: &louder, made: &Frames::silent(shape.mel_bands, shape.frame_count) };
    ZoneResidual { root_key: 60, residual: Residual::between(pair, &shape) }
}

fn spec_of(rig: &Rig) -> Option<SoundSpec> {
    rig.instance.sound().map(|sound| sound.spec)
}

#[test]
fn every_decoded_destination_moves_the_request() {
    let amount = 0.5;
    // What a note's variation is moved to, its successors tell: see below.
    let not_here = |destination: &ModDestination| {
        OF_VOICES.contains(destination) || [ModDestination::None, ModDestination::Variation].contains(destination)
    };
    for destination in ModDestination::ALL.iter().filter(|destination| !not_here(destination)) {
        for source in [ModSource::Macro1, ModSource::Velocity, ModSource::Wheel] {
            let mut base = one(source, *destination, amount);
            base.motion.macros[0] = 1.0;
            base.corners = [[-1.0; 7], [1.0; 7], [0.5; 7], [2.0; 7]];
            (base.pad_x, base.pad_y, base.morph, base.fidelity) = (0.25, 0.25, 0.25, 0.25);
            let mut rig = rig(Sort::Mono, Timbre::Noise);
            base.assets = rig.assets.set_residuals([&[], &[], &[], &[], &[recording()]], base.knobs);
            let mut wanted = base;
            match destination {
                ModDestination::Stretch => wanted.stretch *= 2.0,
                ModDestination::Formant => wanted.formant_semitones += 6.0,
                ModDestination::Tilt => wanted.tilt_db_per_octave += 3.0,
                ModDestination::PadX => wanted.pad_x += 0.5,
                ModDestination::PadY => wanted.pad_y += 0.5,
                ModDestination::Morph => wanted.morph += 0.5,
                ModDestination::Fidelity => wanted.fidelity += 0.5,
                latent => wanted.knobs[*latent as usize - ModDestination::Latent1 as usize] += 1.5,
            }
            let events = vec![(0, controller(1, 1.0)), (100, on(60, 1.0))];
            play(&mut rig, base, events, 24_000);
            let wanted = wanted.spec(rig.instance.source(), 60.0);
            wait_until(&format!("the sound moved by {source:?} to {destination:?} is decoded"), || {
                let seen = spec_of(&rig);
                seen.is_some_and(|seen| seen.is_near(&wanted))
            });
            assert_ne!(wanted, base.spec(rig.instance.source(), 60.0), "{destination:?}");
        }
    }
}

#[test]
fn pitch_moves_by_its_amount_within_a_cent() {
    let mut rig = rig(Sort::Mono, Timbre::Sine);
    for semitones in [-12.0, -0.48, 0.07, 7.0, 19.0] {
        let mut controls = one(ModSource::Macro1, ModDestination::Pitch, semitones / 24.0);
        controls.motion.macros[0] = 1.0;
        let [left, _] = play(&mut rig, controls, vec![(0, on(60, 1.0))], 20_000);
        let wanted_hz = key_to_hz(60.0 + f64::from(semitones));
        let cents = 1200.0 * (frequency_hz(&left[2_000..], RATE_HZ) / wanted_hz).log2();
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{semitones} semitones: {cents} cents off");
    }
}

#[test]
fn a_square_vibrato_reaches_both_of_its_pitches_in_its_time() {
    let mut rig = rig(Sort::Mono, Timbre::Sine);
    let mut controls = one(ModSource::Lfo1, ModDestination::Pitch, 0.25);
    let lfo = &mut controls.motion.lfos[0];
    (lfo.shape, lfo.rate_octaves, lfo.mode) = (4.0, 1.0, 1.0);
    let [left, _] = play(&mut rig, controls, vec![(0, on(60, 1.0))], 48_000);
    for (half, semitones) in [6.0, -6.0, 6.0, -6.0].into_iter().enumerate() {
        let start = half * 12_000;
        let heard = &left[start + 2 * TICK..start + 12_000 - 2 * TICK];
        let cents = 1200.0 * (frequency_hz(heard, RATE_HZ) / key_to_hz(60.0 + semitones)).log2();
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "half {half}: {cents} cents off");
    }
}

/// Plays in blocks of `block` samples with the host's position, a sample more than which is `per_sample` beats.
fn play_with_host(rig: &mut Rig, controls: Controls, (block, length): (usize, usize), tempo_bpm: f64) -> Vec<f32> {
    let per_sample = tempo_bpm / 60.0 / f64::from(RATE_HZ);
    rig.synth.reset();
    let [mut left, mut right] = [vec![0.0; length], vec![0.0; length]];
    for first in (0..length).step_by(block) {
        let end = (first + block).min(length);
        let beat = Some(3.7 + first as f64 * per_sample);
        let controls = Controls { transport: Transport { tempo_bpm, beat }, ..controls };
        let events: &[Event] = if first == 0 { &[Event { offset: 0, kind: on(60, 1.0) }] } else { &[] };
        rig.synth.render(events, &controls, &mut left[first..end], &mut right[first..end]);
    }
    left
}

#[test]
fn a_synced_lfo_that_notes_share_lies_on_the_beats() {
    let mut rig = rig(Sort::Mono, Timbre::Sine);
    for tempo_bpm in [97.0, 140.0] {
        let mut controls = one(ModSource::Lfo1, ModDestination::Gain, 1.0);
        let lfo = &mut controls.motion.lfos[0];
        // A square a quarter note long: twice the level in its first half, silence in its second.
        (lfo.shape, lfo.sync, lfo.mode) = (4.0, 9.0, 0.0);
        let length = 72_000;
        let reference = play_with_host(&mut rig, controls, (length, length), tempo_bpm);
        let samples_per_beat = 60.0 / tempo_bpm * f64::from(RATE_HZ);
        for beat in 4..6 {
            let at = |beats: f64| ((f64::from(beat) + beats - 3.7) * samples_per_beat) as usize;
            let level = |from: usize, to: usize| rms_db(&reference[from..to]);
            assert!(level(at(0.0) + 2 * TICK, at(0.5) - 2 * TICK) > -20.0, "beat {beat} at {tempo_bpm}: sounds");
            assert!(level(at(0.5) + 2 * TICK, at(1.0) - 2 * TICK) < -90.0, "beat {beat} at {tempo_bpm}: silent");
        }
        for block in BLOCK_SIZES {
            assert!(play_with_host(&mut rig, controls, (block, length), tempo_bpm) == reference, "blocks of {block}");
        }
    }
}

#[test]
fn a_sequence_of_steps_plays_its_pitches_in_its_time_for_all_notes_and_for_each() {
    let levels = [0.5, -0.25, 1.0, 0.0];
    let mut rig = rig(Sort::Mono, Timbre::Sine);
    for (mode, first) in [(0.0, 0), (1.0, 0), (2.0, 0), (0.0, 9_600)] {
        let mut controls = one(ModSource::Steps, ModDestination::Pitch, 0.5);
        controls.steps = StepLevels::default();
        levels.iter().enumerate().for_each(|(step, level)| controls.steps = controls.steps.with(step, *level));
        let steps = &mut controls.motion.steps;
        // Eighth notes at 120 beats per minute: 12 000 samples.
        (steps.count, steps.sync, steps.mode) = (4.0, 12.0, mode);
        let [left, _] = play(&mut rig, controls, vec![(first, on(60, 1.0))], 70_000);
        for step in (first / 12_000 + 1)..5 {
            let heard = &left[step * 12_000 + 4 * TICK..(step + 1) * 12_000 - 4 * TICK];
            let is_over = mode == 2.0 && step >= levels.len();
            let level = if is_over { levels[3] } else { levels[step % levels.len()] };
            let cents = 1200.0 * (frequency_hz(heard, RATE_HZ) / key_to_hz(60.0 + 12.0 * f64::from(level))).log2();
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "mode {mode}, step {step}: {cents} cents off");
        }
    }
}

#[test]
fn a_recorded_path_moves_the_pad_and_the_request_follows_it() {
    for (play_mode, wanted) in [(0.0, [0.6, 0.1]), (1.0, [0.2 + 0.7 * 0.5, 0.3 + 0.5 * 0.5])] {
        let mut controls = routed(&[
            (ModSource::PathX, ModSource::None, ModDestination::PadX, 1.0),
            (ModSource::PathY, ModSource::None, ModDestination::PadY, 1.0),
        ]);
        controls.corners = [[-1.0; 7], [1.0; 7], [0.5; 7], [2.0; 7]];
        (controls.pad_x, controls.pad_y, controls.morph, controls.pad_path) = (0.2, 0.3, 1.0, path());
        (controls.motion.path.play, controls.motion.path.notes) = (play_mode, 1.0);
        let mut rig = rig(Sort::Mono, Timbre::Noise);
        // After 1.2 s: at the end, or 0.2 s into the second round.
        play(&mut rig, controls, vec![(0, on(60, 1.0))], 57_600);
        let still = Controls { pad_x: wanted[0], pad_y: wanted[1], ..controls };
        let wanted = still.spec(rig.instance.source(), 60.0).controls;
        wait_until("the sound at the path's place is decoded", || {
            let near =
                |spec: SoundSpec| spec.controls.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // A step of the moves, and what the path moves between two of them.
            spec_of(&rig).is_some_and(|seen| near(seen) < 0.1)
        });
    }
}

#[test]
fn all_that_moves_sounds_the_same_in_any_blocks_and_repeats() {
    let mut controls = routed(&[
        (ModSource::Lfo1, ModSource::Wheel, ModDestination::Pitch, 0.1),
        (ModSource::Lfo2, ModSource::None, ModDestination::Cutoff, 0.3),
        (ModSource::Random, ModSource::None, ModDestination::Pan, 0.8),
        (ModSource::Envelope2, ModSource::Velocity, ModDestination::Gain, -0.5),
        (ModSource::Lfo2, ModSource::None, ModDestination::Latent2, 0.3),
        (ModSource::Key, ModSource::None, ModDestination::Stretch, 0.5),
        (ModSource::Envelope, ModSource::Macro2, ModDestination::Resonance, 0.5),
        (ModSource::Steps, ModSource::None, ModDestination::Formant, 0.5),
        (ModSource::Steps, ModSource::None, ModDestination::Pan, 0.3),
        (ModSource::PathX, ModSource::None, ModDestination::PadX, 1.0),
        (ModSource::PathY, ModSource::None, ModDestination::PadY, 1.0),
    ]);
    (controls.pad_path, controls.motion.path.speed, controls.morph) = (path(), 4.0, 0.7);
    controls.corners = [[-1.0; 7], [1.0; 7], [0.5; 7], [2.0; 7]];
    (controls.motion.steps.sync, controls.motion.steps.rate_octaves, controls.motion.steps.glide) = (0.0, 4.0, 0.3);
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.drive_db) = (2.0, 90.0, 12.0);
    (controls.filter.envelope_semitones, controls.filter.key_tracking) = (24.0, 0.5);
    (controls.motion.lfos[0].shape, controls.motion.lfos[1].shape) = (6.0, 5.0);
    controls.motion.lfos[1].rate_octaves = 3.0;
    controls.motion.macros[1] = 0.7;
    let events = vec![(3, on(60, 1.0)), (700, controller(1, 1.0)), (2_000, on(67, 0.4)), (9_001, off(60))];
    let script = Script::still(controls, events, 16_000);
    let mut rig = rig(Sort::Mono, Timbre::Noise);
    let reference = script.play_stereo(&mut rig.synth, script.length);
    for block in BLOCK_SIZES {
        rig.synth.reset();
        assert!(script.play_stereo(&mut rig.synth, block) == reference, "blocks of {block}");
    }
}
