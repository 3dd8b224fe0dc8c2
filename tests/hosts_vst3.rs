//! The built VST3 in a real host (`vst3-host`), rendering offline as a bounce does: level, pitch, the effect of a knob,
//! release, state.

use engine::measure::pitch_offset_cents;
use engine::params::TABLE;
use engine::units::key_to_hz;
use support::bundles::{bundle, parameter_number, pitched_sound, plainly, with_another_pack};
use support::listen::{rms_db, spectral_difference_db};
use support::wait::PATIENCE;
use vst3_host::{AudioBuffers, MidiChannel, MidiEvent, Plugin, ProcessMode, Vst3Host};

/// Odd on purpose: no multiple of any grid inside the plug-in.
const BLOCK_SAMPLES: usize = 333;
/// Two renders of one sound differ less than this; two sounds differ more than [`OTHER_DB`].
const SAME_DB: f32 = 0.2;
const OTHER_DB: f32 = 1.0;
const PITCH_TOLERANCE_CENTS: f64 = 10.0;

/// A loaded instance that renders offline.
fn instrument(sample_rate_hz: f64) -> Plugin {
    instrument_with_blocks(sample_rate_hz, BLOCK_SAMPLES)
}

fn instrument_with_blocks(sample_rate_hz: f64, block_samples: usize) -> Plugin {
    let mut host = Vst3Host::builder()
        .sample_rate(sample_rate_hz)
        .block_size(block_samples)
        .input_channels(0)
        .output_channels(2)
        .build()
        .expect("the host starts");
    let mut plugin = host.load_plugin(bundle("Heptode.vst3")).expect("the bundle loads");
    plugin.set_process_mode(ProcessMode::Offline).expect("offline rendering is supported");
    plugin.start_processing().expect("processing starts");
    // Without what a new instance does to its first sound: in the middle, and in one zone for each key.
    ["width", "zone_crossfade"].iter().for_each(|id| set(&mut plugin, id, 0.0));
    plugin
}

fn switch(plugin: &mut Plugin, mode: ProcessMode) {
    plugin.stop_processing().expect("processing stops");
    plugin.set_process_mode(mode).expect("the mode is supported");
    plugin.start_processing().expect("processing starts");
}

/// How far the difference between two instances with one project lies below its sound, at least. Gated notes are bit-identical; where a held
/// note crosses to an earlier place of its sound, the fade depends on what the instance decoded before: 64 dB below the sound here.
const SAME_PROJECT_DB: f32 = 60.0;

fn set(plugin: &mut Plugin, id: &str, value: f64) {
    plugin.set_parameter(parameter_number(id), value).unwrap_or_else(|error| panic!("{id} = {value}: {error}"));
}

fn pitched_instrument(sample_rate_hz: f64) -> Plugin {
    let mut plugin = instrument(sample_rate_hz);
    plainly(&pitched_sound()).iter().for_each(|(id, value)| set(&mut plugin, id, *value));
    // A moment without notes: the sound that was asked for is ready when the first note comes.
    render(&mut plugin, 0.2);
    plugin
}

/// Renders the left channel; both channels must be equal, and every sample finite.
fn render(plugin: &mut Plugin, length_s: f64) -> Vec<f32> {
    let block_samples = plugin.block_size();
    let blocks = (length_s * plugin.sample_rate()) as usize / block_samples;
    let mut buffers = AudioBuffers::new(0, 2, block_samples, plugin.sample_rate());
    let mut samples = Vec::with_capacity(blocks * block_samples);
    for _ in 0..blocks {
        buffers.clear();
        plugin.process_audio(&mut buffers).expect("a block renders");
        assert_eq!(buffers.outputs[0], buffers.outputs[1], "a mono sound is the same in both channels");
        samples.extend_from_slice(&buffers.outputs[0]);
    }
    assert!(samples.iter().all(|sample| sample.is_finite()));
    samples
}

/// Plays a key for `length_s` and lets it end.
fn play(plugin: &mut Plugin, key: u8, length_s: f64) -> Vec<f32> {
    let note = plugin.note_on(MidiChannel::Ch1, key, 100).expect("a note starts");
    let samples = render(plugin, length_s);
    plugin.note_off(note).expect("a note ends");
    render(plugin, 1.0);
    samples
}

#[test]
fn notes_sound_at_their_pitch_at_every_common_rate() {
    for sample_rate_hz in [44_100.0, 48_000.0, 96_000.0] {
        let mut plugin = pitched_instrument(sample_rate_hz);
        assert_eq!(plugin.info().name, "Heptode");
        for key in [60_u8, 69] {
            let sound = play(&mut plugin, key, 1.0);
            let level_db = rms_db(&sound);
            assert!((-40.0..0.0).contains(&level_db), "key {key} at {sample_rate_hz} Hz: {level_db} dB");
            let steady = &sound[(0.1 * sample_rate_hz) as usize..];
            let cents = pitch_offset_cents(steady, sample_rate_hz, key_to_hz(f64::from(key))).expect("a pitch");
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "key {key} at {sample_rate_hz} Hz is {cents:+.1} cents off");
        }
    }
}

#[test]
fn a_knob_changes_the_sound() {
    let mut plugin = pitched_instrument(48_000.0);
    let before = play(&mut plugin, 60, 1.0);
    let again = play(&mut plugin, 60, 1.0);
    let turned = if plugin.get_parameter(parameter_number("z1")).expect("z1 exists") < 0.5 { 0.85 } else { 0.15 };
    set(&mut plugin, "z1", turned);
    render(&mut plugin, 0.2);
    let after = play(&mut plugin, 60, 1.0);
    let (same, changed) =
        (spectral_difference_db(&before, &again, 48e3), spectral_difference_db(&before, &after, 48e3));
    assert!(same < 0.1, "the same note twice differs by {same} dB");
    assert!(changed > 1.0, "z1 = {turned} changes the sound by {changed} dB only");
}

#[test]
fn a_released_note_ends_in_silence() {
    let mut plugin = pitched_instrument(48_000.0);
    play(&mut plugin, 60, 0.5);
    let tail = render(&mut plugin, 0.5);
    assert!(tail.iter().all(|sample| *sample == 0.0), "{} dB are left", rms_db(&tail));
}

#[test]
fn a_saved_project_sounds_the_same_in_a_new_instance() {
    let mut first = pitched_instrument(48_000.0);
    for (id, value) in [("morph", 0.25), ("pad_x", 0.8), ("pad_y", 0.1), ("tilt", 0.6), ("coarse", 0.75), ("gain", 0.7)]
    {
        set(&mut first, id, value);
    }
    render(&mut first, 0.2);
    let state = first.save_state().expect("the state is saved");
    let mut second = instrument(48_000.0);
    second.load_state(&state).expect("the state is loaded");
    render(&mut second, 0.2);
    for parameter in first.get_parameters().expect("parameters") {
        let value = second.get_parameter(parameter.id).expect("the same parameters");
        let was = first.get_parameter(parameter.id).expect("a value");
        assert!((value - was).abs() < 1e-6, "{}: {was} became {value}", parameter.name);
    }
    let (a, b) = (play(&mut first, 57, 1.0), play(&mut second, 57, 1.0));
    let difference: Vec<f32> = a.iter().zip(&b).map(|(x, y)| x - y).collect();
    assert!(rms_db(&a) > -50.0);
    assert!(rms_db(&difference) < rms_db(&a) - SAME_PROJECT_DB, "the difference is at {} dB", rms_db(&difference));
}

/// One note from the start, on a zone that nothing has asked for yet, with a knob that moves every 2664 samples.
fn cold_bounce(block_samples: usize) -> Vec<f32> {
    const STEP_SAMPLES: usize = 2664;
    let mut plugin = instrument_with_blocks(48_000.0, block_samples);
    plugin.note_on(MidiChannel::Ch1, 41, 100).expect("a note starts");
    let piece_s = STEP_SAMPLES as f64 / 48e3 + 1e-6;
    let mut samples = Vec::new();
    for step in 0..12 {
        set(&mut plugin, "z2", 0.2 + 0.05 * f64::from(step));
        samples.extend(render(&mut plugin, piece_s));
    }
    samples
}

#[test]
fn a_bounce_is_bit_identical_at_every_block_size_from_its_first_note_on() {
    let expected = cold_bounce(2664);
    assert!(rms_db(&expected[..2664]) > -60.0, "the first note is there at once: {} dB", rms_db(&expected[..2664]));
    for block_samples in [1, 37, 72, 333, 888] {
        let bounce = cold_bounce(block_samples);
        let first = bounce.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!((first, bounce.len()), (None, expected.len()), "blocks of {block_samples} samples");
    }
}

/// Notes, the wheel, volume and expression at samples that fit no grid.
fn bounce_with_controllers(block_samples: usize) -> Vec<f32> {
    const LENGTH_SAMPLES: usize = 30_000;
    let channel = MidiChannel::Ch1;
    let wheel = |value| MidiEvent::PitchBend { channel, value };
    let control = |controller, value| MidiEvent::ControlChange { channel, controller, value };
    let events = [
        (3, MidiEvent::NoteOn { channel, note: 60, velocity: 100 }),
        (1501, wheel(12_000)),
        (2345, control(7, 90)),
        (4097, MidiEvent::NoteOn { channel, note: 67, velocity: 80 }),
        (7777, wheel(3000)),
        (8001, control(11, 40)),
        (12_345, wheel(8192)),
        (17_003, control(121, 0)),
        (20_001, MidiEvent::NoteOff { channel, note: 60, velocity: 0 }),
    ];
    let mut plugin = instrument_with_blocks(48_000.0, block_samples);
    let mut samples = Vec::new();
    while samples.len() < LENGTH_SAMPLES {
        let start = samples.len();
        for (at, event) in events.iter().filter(|(at, _)| (start..start + block_samples).contains(at)) {
            plugin.send_midi_event_at(*event, (at - start) as i32).expect("the event is taken");
        }
        samples.extend(render(&mut plugin, (block_samples as f64 + 0.5) / 48e3));
    }
    samples.truncate(LENGTH_SAMPLES);
    samples
}

#[test]
fn controllers_are_heard_at_their_sample_in_any_blocks() {
    let expected = bounce_with_controllers(8192);
    assert!(rms_db(&expected) > -40.0);
    for block_samples in [1, 17, 64, 333, 1024] {
        let bounce = bounce_with_controllers(block_samples);
        let first = bounce.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(first, None, "blocks of {block_samples} samples");
    }
}

/// `ParameterFlags::kIsHidden`.
const HIDDEN: u32 = 1 << 4;

#[test]
fn hosts_see_the_table_and_hidden_controllers_by_their_usual_names() {
    let plugin = instrument(48_000.0);
    let parameters = plugin.get_parameters().expect("parameters");
    let (controllers, own): (Vec<_>, Vec<_>) =
        parameters.into_iter().partition(|parameter| parameter.name.starts_with("MIDI CC "));
    let names: Vec<&str> = own.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, TABLE.iter().map(|row| row.name).collect::<Vec<_>>());
    assert!(own.iter().all(|parameter| parameter.can_automate && parameter.flags & HIDDEN == 0));
    let mut wanted = Vec::new();
    for channel in 0..16 {
        for number in 0..130 {
            let id = plugin.midi_cc_to_parameter(0, channel, number).expect("every controller is mapped");
            wanted.push((id, format!("MIDI CC {channel}|{number}")));
        }
    }
    let found: Vec<_> = controllers.iter().map(|parameter| (parameter.id, parameter.name.clone())).collect();
    assert_eq!(found, wanted);
    for parameter in &controllers {
        assert!(
            !parameter.can_automate && parameter.flags & HIDDEN != 0,
            "{}: flags {:#x}",
            parameter.name,
            parameter.flags
        );
        assert_eq!(parameter.default, parameter.value, "{}: nothing has moved it", parameter.name);
    }
}

#[test]
fn a_host_that_writes_back_the_controllers_that_it_has_read_changes_nothing() {
    let mut plugin = pitched_instrument(48_000.0);
    let before = play(&mut plugin, 60, 0.5);
    let values: Vec<_> =
        plugin.get_parameters().expect("parameters").iter().map(|info| (info.id, info.value)).collect();
    for (id, value) in values {
        plugin.set_parameter(id, value).expect("the value is taken");
    }
    render(&mut plugin, 0.2);
    assert!(play(&mut plugin, 60, 0.5) == before);
}

#[test]
fn live_and_offline_take_turns() {
    let mut plugin = pitched_instrument(48_000.0);
    let offline = play(&mut plugin, 60, 0.5);
    switch(&mut plugin, ProcessMode::Realtime);
    // Live, nothing waits: blocks come as fast as the test asks, so the sound may come late but must come.
    let started = std::time::Instant::now();
    let mut live = play(&mut plugin, 60, 0.5);
    while spectral_difference_db(&offline, &live, 48e3) > SAME_DB {
        assert!(started.elapsed() < PATIENCE, "live playing gives another sound: {} dB", rms_db(&live));
        std::thread::sleep(std::time::Duration::from_millis(20));
        live = play(&mut plugin, 60, 0.5);
    }
    switch(&mut plugin, ProcessMode::Offline);
    let again = play(&mut plugin, 60, 0.5);
    assert_eq!(again, offline, "the second bounce is the first");
}

#[test]
fn a_project_of_a_missing_pack_plays_its_frozen_sound_in_an_active_plugin() {
    let mut plugin = pitched_instrument(48_000.0);
    let z1 = plugin.get_parameter(parameter_number("z1")).expect("z1 exists");
    let away = if z1 < 0.5 { 0.85 } else { 0.15 };
    let before = play(&mut plugin, 60, 1.0);
    let saved = plugin.save_state().expect("the state is saved");
    plugin.load_state(&with_another_pack(&saved)).expect("the state is loaded");
    let frozen = spectral_difference_db(&before, &play(&mut plugin, 60, 1.0), 48e3);
    assert!(frozen < SAME_DB, "the frozen sound is {frozen} dB off");
    set(&mut plugin, "z1", away);
    render(&mut plugin, 0.2);
    let turned = spectral_difference_db(&before, &play(&mut plugin, 60, 1.0), 48e3);
    assert!(turned < SAME_DB, "a knob changed the frozen sound by {turned} dB");
    plugin.load_state(&saved).expect("the state is loaded");
    let back = spectral_difference_db(&before, &play(&mut plugin, 60, 1.0), 48e3);
    assert!(back < SAME_DB, "the pack's sound came back {back} dB off");
    set(&mut plugin, "z1", away);
    render(&mut plugin, 0.2);
    let thawed = spectral_difference_db(&before, &play(&mut plugin, 60, 1.0), 48e3);
    assert!(thawed > OTHER_DB, "z1 changes the pack's sound by {thawed} dB only");
}

#[test]
fn a_broken_state_is_refused_and_the_sound_stays() {
    let mut plugin = pitched_instrument(48_000.0);
    let before = play(&mut plugin, 60, 0.5);
    let whole = plugin.save_state().expect("the state is saved");
    for broken in [&[][..], &whole[..whole.len() / 2], b"not a state"] {
        // Whether the host reports an error is the framework's affair; that the sound stays is ours.
        let _ = plugin.load_state(broken);
        render(&mut plugin, 0.2);
        let after = play(&mut plugin, 60, 0.5);
        let difference = spectral_difference_db(&before, &after, 48e3);
        assert!(difference < 0.1, "a state of {} bytes changed the sound by {difference} dB", broken.len());
    }
}
