//! Tests of the channels.

use super::*;

fn send(channels: &mut Channels, channel: u8, messages: &[(u8, u8)]) {
    for (controller, value) in messages {
        channels.control(channel, *controller, f32::from(*value) / 127.0);
    }
}

fn registered(channels: &mut Channels, channel: u8, parameter: u8, value: u8) {
    send(channels, channel, &[(REGISTERED, 0), (REGISTERED_FINE, parameter), (DATA_ENTRY, value)]);
}

#[test]
fn the_wheel_bends_its_own_channel_by_the_range_that_was_set() {
    let mut channels = Channels::new();
    channels.set_wheel(3, 1.0);
    assert_eq!((channels.bend_semitones(3), channels.bend_semitones(4)), (2.0, 0.0));
    registered(&mut channels, 3, 0, 12);
    assert_eq!(channels.bend_semitones(3), 12.0);
    send(&mut channels, 3, &[(DATA_ENTRY_FINE, 50)]);
    assert_eq!(channels.bend_semitones(3), 12.5);
    send(&mut channels, 3, &[(DATA_INCREMENT, 0), (DATA_INCREMENT, 127), (DATA_DECREMENT, 5)]);
    assert_eq!(channels.bend_semitones(3), 12.51);
    registered(&mut channels, 3, 0, 7);
    assert_eq!(channels.bend_semitones(3), 7.0, "the coarse part ends the cents");
    send(&mut channels, 3, &[(RESET_ALL_CONTROLLERS, 0)]);
    assert_eq!(channels.bend_semitones(3), 0.0, "the wheel is reset");
    channels.set_wheel(3, -1.0);
    assert_eq!(channels.bend_semitones(3), -7.0, "the range is kept");
}

#[test]
fn data_entry_sets_nothing_unless_the_range_is_selected() {
    let data = [(DATA_ENTRY, 1), (DATA_ENTRY_FINE, 1), (DATA_INCREMENT, 0), (DATA_DECREMENT, 0)];
    let cases: [(&str, &[(u8, u8)]); 6] = [
        ("null", &[(REGISTERED, 127), (REGISTERED_FINE, 127)]),
        ("a non-registered parameter", &[(NON_REGISTERED, 0), (NON_REGISTERED_FINE, 0)]),
        ("its most significant part alone", &[(NON_REGISTERED, 0)]),
        ("its least significant part alone", &[(NON_REGISTERED_FINE, 0)]),
        ("another registered parameter", &[(REGISTERED, 0), (REGISTERED_FINE, 1)]),
        ("Reset All Controllers", &[(RESET_ALL_CONTROLLERS, 0)]),
    ];
    for (what, after) in cases {
        let mut channels = Channels::new();
        registered(&mut channels, 3, 0, 12);
        send(&mut channels, 3, after);
        send(&mut channels, 3, &data);
        channels.set_wheel(3, 1.0);
        assert_eq!(channels.bend_semitones(3), 12.0, "{what}");
    }
    let mut channels = Channels::new();
    send(&mut channels, 3, &data);
    channels.set_wheel(3, 1.0);
    assert_eq!(channels.bend_semitones(3), 2.0, "nothing was ever selected");
}

#[test]
fn members_of_a_zone_bend_by_their_own_wheel_and_their_managers() {
    let mut channels = Channels::new();
    registered(&mut channels, 0, 6, 5);
    channels.set_wheel(0, 0.5);
    channels.set_wheel(2, 0.25);
    assert_eq!(channels.bend_semitones(2), 12.0 + 1.0);
    assert_eq!(channels.bend_semitones(6), 0.0, "channel 6 is no member");
    registered(&mut channels, 4, 0, 24);
    assert_eq!(channels.bend_semitones(2), 6.0 + 1.0, "members share their range");
    send(&mut channels, 0, &[(RESET_ALL_CONTROLLERS, 0)]);
    assert_eq!(channels.bend_semitones(2), 0.0, "a reset of the manager is one of its members");
    registered(&mut channels, 15, 6, 12);
    channels.set_wheel(14, 1.0);
    assert_eq!(channels.bend_semitones(14), 48.0);
    registered(&mut channels, 0, 6, 0);
    registered(&mut channels, 15, 6, 0);
    assert_eq!(channels.bend_semitones(14), 2.0, "a channel that has left its zone has the usual range");
}

#[test]
fn volume_pan_and_expression_are_the_channels_and_its_managers() {
    let mut channels = Channels::new();
    send(&mut channels, 2, &[(VOLUME, 0)]);
    let gains = [1, 2, 3].map(|channel| channels.mix(channel).gain);
    assert_eq!(gains, [1.0, 0.0, 1.0]);
    send(&mut channels, 2, &[(VOLUME, 127), (PAN, 127), (EXPRESSION, 0)]);
    assert_eq!(channels.mix(2), ChannelMix { gain: 0.0, pan: 1.0 });
    send(&mut channels, 2, &[(RESET_ALL_CONTROLLERS, 0)]);
    assert_eq!(channels.mix(2), ChannelMix { gain: 1.0, pan: 1.0 }, "expression alone is reset");
    registered(&mut channels, 0, 6, 4);
    send(&mut channels, 0, &[(VOLUME, 64), (PAN, 0)]);
    let half = (64.0_f32 / 127.0).powi(2);
    assert_eq!(channels.mix(1), ChannelMix { gain: half, pan: -1.0 });
    assert_eq!(channels.mix(2), ChannelMix { gain: half, pan: 0.0 }, "positions are added");
    assert_eq!(channels.mix(5), ChannelMix::NEUTRAL, "channel 5 is no member");
}

#[test]
fn a_managers_pedal_holds_its_members() {
    let mut channels = Channels::new();
    registered(&mut channels, 0, 6, 3);
    assert_eq!(channels.control(0, SUSTAIN, 1.0), ChannelAction::None);
    assert!(channels.is_sustained(3) && !channels.is_sustained(4));
    channels.control(2, SUSTAIN, 1.0);
    assert_eq!(channels.control(0, SUSTAIN, 0.0), ChannelAction::PedalUp { channels: 0b1011 });
    assert!(channels.is_sustained(2), "its own pedal is down");
    let reset = channels.control(2, RESET_ALL_CONTROLLERS, 0.0);
    assert_eq!(reset, ChannelAction::ControllersReset { channels: 0b0100 });
}

#[test]
fn invalid_channels_and_values_change_nothing() {
    let mut channels = Channels::new();
    assert_eq!(channels.control(99, SUSTAIN, 1.0), ChannelAction::None);
    assert_eq!(channels.control(0, SUSTAIN, f32::NAN), ChannelAction::None);
    assert_eq!(channels.control(0, VOLUME, f32::INFINITY), ChannelAction::None);
    channels.set_wheel(200, 1.0);
    channels.set_wheel(0, f32::INFINITY);
    registered(&mut channels, 7, 6, 9);
    for channel in 0..CHANNELS {
        assert_eq!((channels.bend_semitones(channel), channels.mix(channel)), (0.0, ChannelMix::NEUTRAL));
        assert!(!channels.is_sustained(channel));
    }
}
