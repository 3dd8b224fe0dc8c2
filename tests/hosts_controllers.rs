//! MIDI controllers through the built bundles: as MIDI in CLAP, as the parameters of `IMidiMapping` in VST3.

use engine::measure::pitch_offset_cents;
use engine::units::key_to_hz;
use support::bundles::{bundle, parameter_number, pitched_sound, plainly};
use support::clap::built_entry;
use support::listen::rms_db;
use support::offline::{BOUNCE_RATE_HZ, HostEvent, OfflineHost};
use vst3_host::{AudioBuffers, MidiChannel, MidiEvent, Plugin, ProcessMode, Vst3Host};

const VOLUME: u8 = 7;
const PAN: u8 = 10;
const EXPRESSION: u8 = 11;
const BRIGHTNESS: u8 = 74;
/// Channel and key of every note, and its velocity.
const CHANNEL: u8 = 2;
const KEY: u8 = 60;
const VELOCITY: u8 = 100;
/// Length of a recording, and of the silence after it in which the note ends.
const LENGTH: usize = 19_200;
/// First sample of a recording that is measured: the attack and all smoothing are over.
const SETTLED: usize = 4_800;
const LEVEL_TOLERANCE_DB: f32 = 0.2;
const PITCH_TOLERANCE_CENTS: f64 = 10.0;
/// Level below which a side or a note counts as silent, and above which it sounds.
const SILENT_DB: f32 = -90.0;
const AUDIBLE_DB: f32 = -45.0;

/// A MIDI message: its three bytes.
type Message = [u8; 3];

fn controller(channel: u8, number: u8, value: u8) -> Message {
    [0xB0 | channel, number, value]
}

fn note_on(velocity: u8) -> Message {
    [0x90 | CHANNEL, KEY, velocity]
}

/// A host that renders offline and sends MIDI.
trait Host {
    /// Sends messages at the first sample, in their order, and renders both sides.
    fn render(&mut self, messages: &[Message]) -> [Vec<f32>; 2];

    /// A note after `messages`, both sides; all is as before afterwards.
    fn play(&mut self, messages: &[Message]) -> [Vec<f32>; 2] {
        self.render(messages);
        let sides = self.render(&[note_on(VELOCITY)]);
        let mut restored = vec![[0x80 | CHANNEL, KEY, 0]];
        for channel in 0..16 {
            // No zone, and the usual range of the wheel.
            let values = [(101, 0), (100, 6), (6, 0), (100, 0), (6, 2), (100, 127), (101, 127)];
            let mix = [(121, 0), (VOLUME, 127), (PAN, 64), (BRIGHTNESS, 64)];
            restored.extend(values.iter().chain(&mix).map(|(number, value)| controller(channel, *number, *value)));
        }
        // One by one: the parameters of a VST3 have no order among them within a block.
        for message in restored {
            self.send(message);
        }
        self.render(&[]);
        sides
    }

    /// Sends a message in a block of its own.
    fn send(&mut self, message: Message);
}

struct Clap(OfflineHost);

impl Clap {
    fn open() -> Self {
        let mut host = OfflineHost::open(&built_entry(), None);
        let set = |id: &str, value| (0, HostEvent::Parameter(parameter_number(id), value));
        let mut sound: Vec<_> = plainly(&pitched_sound()).iter().map(|(id, value)| set(id, *value)).collect();
        sound.push(set("release", 0.0));
        host.render(&sound, LENGTH);
        Self(host)
    }
}

impl Host for Clap {
    fn render(&mut self, messages: &[Message]) -> [Vec<f32>; 2] {
        let events: Vec<_> = messages.iter().map(|message| (0, HostEvent::Midi(*message))).collect();
        let recording = self.0.render(&events, LENGTH);
        [recording.left, recording.right]
    }

    fn send(&mut self, message: Message) {
        self.0.render(&[(0, HostEvent::Midi(message))], 1);
    }
}

struct Vst3(Plugin);

impl Vst3 {
    const BLOCK_SAMPLES: usize = 64;

    fn open() -> Self {
        let mut host = Vst3Host::builder()
            .sample_rate(BOUNCE_RATE_HZ)
            .block_size(Self::BLOCK_SAMPLES)
            .input_channels(0)
            .output_channels(2)
            .build()
            .expect("the host starts");
        let mut plugin = host.load_plugin(bundle("Heptode.vst3")).expect("the bundle loads");
        plugin.set_process_mode(ProcessMode::Offline).expect("offline rendering is supported");
        plugin.start_processing().expect("processing starts");
        for (id, value) in plainly(&pitched_sound()).into_iter().chain([("release".to_owned(), 0.0)]) {
            plugin.set_parameter(parameter_number(&id), value).expect("the parameter is set");
        }
        let mut host = Self(plugin);
        host.render(&[]);
        host
    }

    fn blocks(&mut self, count: usize) -> [Vec<f32>; 2] {
        let mut buffers = AudioBuffers::new(0, 2, Self::BLOCK_SAMPLES, BOUNCE_RATE_HZ);
        let mut sides = [Vec::new(), Vec::new()];
        for _ in 0..count {
            buffers.clear();
            self.0.process_audio(&mut buffers).expect("a block renders");
            sides.iter_mut().zip(&buffers.outputs).for_each(|(side, output)| side.extend_from_slice(output));
        }
        sides
    }

    fn queue(&mut self, [status, first, second]: Message) {
        let channel = MidiChannel::from_index(status & 15).expect("one of 16 channels");
        let event = match status & 0xF0 {
            0x80 => MidiEvent::NoteOff { channel, note: first, velocity: second },
            0x90 => MidiEvent::NoteOn { channel, note: first, velocity: second },
            0xB0 => MidiEvent::ControlChange { channel, controller: first, value: second },
            0xC0 => MidiEvent::ProgramChange { channel, program: first },
            0xE0 => MidiEvent::PitchBend { channel, value: u16::from(first) | u16::from(second) << 7 },
            _ => panic!("status {status:#x} is not used here"),
        };
        self.0.send_midi_event_at(event, 0).expect("the event is taken");
    }
}

impl Host for Vst3 {
    fn render(&mut self, messages: &[Message]) -> [Vec<f32>; 2] {
        messages.iter().for_each(|message| self.queue(*message));
        self.blocks(LENGTH / Self::BLOCK_SAMPLES)
    }

    fn send(&mut self, message: Message) {
        self.queue(message);
        self.blocks(1);
    }
}

fn hosts() -> [(&'static str, Box<dyn Host>); 2] {
    [("CLAP", Box::new(Clap::open())), ("VST3", Box::new(Vst3::open()))]
}

fn settled_db(sides: &[Vec<f32>; 2]) -> [f32; 2] {
    [rms_db(&sides[0][SETTLED..]), rms_db(&sides[1][SETTLED..])]
}

/// The curve of volume and expression of General MIDI 2.
fn curve_db(value: u8) -> f32 {
    40.0 * (f32::from(value) / 127.0).log10()
}

#[test]
fn volume_pan_and_expression_move_the_notes_of_their_channel_and_of_their_zone() {
    let zone = [controller(0, 101, 0), controller(0, 100, 6), controller(0, 6, 5)];
    let quiet = f32::NEG_INFINITY;
    // Messages before a note, and the change of both sides in dB.
    let cases: [(&str, Vec<Message>, [f32; 2]); 9] = [
        ("volume", vec![controller(CHANNEL, VOLUME, 64)], [curve_db(64); 2]),
        ("expression", vec![controller(CHANNEL, EXPRESSION, 100)], [curve_db(100); 2]),
        ("another channel's volume", vec![controller(5, VOLUME, 0)], [0.0; 2]),
        ("the volume of the zone's manager", [&zone[..], &[controller(0, VOLUME, 64)]].concat(), [curve_db(64); 2]),
        ("no volume", vec![controller(CHANNEL, VOLUME, 0)], [quiet; 2]),
        ("pan to the right", vec![controller(CHANNEL, PAN, 127)], [quiet, 3.01]),
        ("pan to the left", vec![controller(CHANNEL, PAN, 1)], [3.01, quiet]),
        ("the middle", vec![controller(CHANNEL, PAN, 64), controller(CHANNEL, VOLUME, 127)], [0.0; 2]),
        ("a program change", vec![[0xC0 | CHANNEL, 11, 0]], [0.0; 2]),
    ];
    for (format, mut host) in hosts() {
        // The first notes decode the zone of their key.
        host.play(&[]);
        let plain = host.play(&[]);
        let plain_db = settled_db(&plain);
        assert!(plain_db[0] > AUDIBLE_DB && plain[0] == plain[1], "{format}: {plain_db:?} dB");
        for (what, messages, wanted_db) in &cases {
            let sides = host.play(messages);
            let found_db = settled_db(&sides);
            for side in 0..2 {
                let change_db = found_db[side] - plain_db[side];
                let fits = if wanted_db[side] == quiet {
                    found_db[side] < SILENT_DB
                } else {
                    (change_db - wanted_db[side]).abs() < LEVEL_TOLERANCE_DB
                };
                assert!(fits, "{format}, {what}: {change_db} dB on side {side} in place of {}", wanted_db[side]);
            }
            assert_eq!(sides == plain, *wanted_db == [0.0; 2], "{format}, {what}: to the bit");
        }
        assert!(host.play(&[]) == plain, "{format}: all is as before");
    }
}

#[test]
fn brightness_is_heard_without_being_learned() {
    /// What a closed low pass takes away at least, in dB.
    const DARKER_DB: f32 = 6.0;
    for (format, mut host) in hosts() {
        host.play(&[]);
        let plain = host.play(&[]);
        let dark = host.play(&[controller(CHANNEL, BRIGHTNESS, 5)]);
        let change_db = settled_db(&dark)[0] - settled_db(&plain)[0];
        assert!(change_db < -DARKER_DB, "{format}: {change_db} dB");
        assert!(host.play(&[controller(CHANNEL, BRIGHTNESS, 64)]) == plain, "{format}: in its middle");
        assert!(host.play(&[controller(5, BRIGHTNESS, 5)]) == plain, "{format}: on another channel");
    }
}

#[test]
fn the_range_of_the_wheel_is_set_by_its_registered_parameter_alone() {
    let wheel = [0xE0 | CHANNEL, 0, 96];
    let set = |values: &[(u8, u8)]| -> Vec<Message> {
        values.iter().map(|(number, value)| controller(CHANNEL, *number, *value)).chain([wheel]).collect()
    };
    let cases = [
        ("the usual range", set(&[]), 1.0),
        ("7 semitones and 50 cents", set(&[(101, 0), (100, 0), (6, 7), (38, 50)]), 3.75),
        ("a non-registered parameter", set(&[(99, 0), (98, 0), (6, 12)]), 1.0),
    ];
    for (format, mut host) in hosts() {
        for (what, messages, semitones) in &cases {
            // One by one, as they come over a wire.
            messages.iter().for_each(|message| host.send(*message));
            let [left, _] = host.play(&[]);
            let wanted_hz = key_to_hz(f64::from(KEY) + semitones);
            let cents = pitch_offset_cents(&left[SETTLED..], BOUNCE_RATE_HZ, wanted_hz).expect("a pitch");
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{format}, {what}: {cents:+.1} cents off");
        }
    }
}

#[test]
fn a_channel_keeps_its_volume_while_the_host_does_not_process() {
    let mut host = Clap::open();
    host.render(&[note_on(VELOCITY)]);
    host.0.restart();
    let plain_db = settled_db(&host.render(&[note_on(VELOCITY)]))[0];
    host.render(&[controller(CHANNEL, VOLUME, 64), controller(CHANNEL, EXPRESSION, 64)]);
    host.0.restart();
    let change_db = settled_db(&host.render(&[note_on(VELOCITY)]))[0] - plain_db;
    assert!((change_db - curve_db(64)).abs() < LEVEL_TOLERANCE_DB, "{change_db} dB");
}

#[test]
fn what_ends_notes_leaves_them_to_a_pedal_that_is_down() {
    let ends = [
        ("All Notes Off", controller(CHANNEL, 123, 0)),
        ("Omni Mode Off", controller(CHANNEL, 124, 0)),
        ("a note-on of velocity 0", note_on(0)),
        ("a note-off", [0x80 | CHANNEL, KEY, 64]),
    ];
    for (format, mut host) in hosts() {
        for (what, end) in ends {
            for pedal in [0, 127] {
                host.send(controller(CHANNEL, 64, pedal));
                host.render(&[note_on(VELOCITY)]);
                let [left, _] = host.render(&[end]);
                let held_db = rms_db(&left[SETTLED..]);
                let fits = if pedal == 0 { held_db < SILENT_DB } else { held_db > AUDIBLE_DB };
                assert!(fits, "{format}, {what} with the pedal at {pedal}: {held_db} dB");
                host.send(controller(CHANNEL, 121, 0));
                let [left, _] = host.render(&[]);
                let after_db = rms_db(&left[SETTLED..]);
                assert!(after_db < SILENT_DB, "{format}, {what}: {after_db} dB after the pedal was reset");
            }
        }
    }
}
