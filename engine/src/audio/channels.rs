//! State of the MIDI channels: pitch wheel and its range, sustain pedal, pressure, timbre, MPE zones. AUDIO THREAD: plain arithmetic.
//!
//! Sources: MIDI 1.0 detailed specification (registered parameters 0 and 6 by controllers 101, 100, 6 and 38; controllers 64, 121), and
//! MIDI Polyphonic Expression 1.0 (zones, their managers on channels 1 and 16, default ranges of 2 and 48 semitones).

/// MIDI channels.
pub(super) const CHANNELS: usize = 16;
/// Default range of the pitch wheel in semitones (General MIDI).
const DEFAULT_BEND_SEMITONES: f32 = 2.0;
/// Default range of the pitch wheel on a member channel of an MPE zone, in semitones.
const MEMBER_BEND_SEMITONES: f32 = 48.0;
/// Largest range of the pitch wheel in semitones (MPE 1.0).
const LARGEST_BEND_SEMITONES: f32 = 96.0;
/// Most member channels of one MPE zone.
const MOST_MEMBERS: u8 = 15;

const DATA_ENTRY: u8 = 6;
const DATA_ENTRY_FINE: u8 = 38;
const SUSTAIN: u8 = 64;
const TIMBRE: u8 = 74;
const NON_REGISTERED_FINE: u8 = 98;
const NON_REGISTERED: u8 = 99;
const REGISTERED_FINE: u8 = 100;
const REGISTERED: u8 = 101;
const ALL_SOUND_OFF: u8 = 120;
const RESET_ALL_CONTROLLERS: u8 = 121;
const ALL_NOTES_OFF: u8 = 123;
/// Controllers 124 to 127 change the mode, which also releases all notes.
const LAST_MODE: u8 = 127;

/// What a controller message requires of the voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelAction {
    /// Nothing.
    None,
    /// Sounding notes of the channel take its new timbre.
    Timbre,
    /// Notes held by the sustain pedal of these channels are released.
    PedalUp {
        /// Bit mask: bit n stands for channel n, from 0.
        channels: u16,
    },
    /// As [`Self::PedalUp`], and the channel's pressure is 0.
    ControllersReset {
        /// The channels, as bits.
        channels: u16,
    },
    /// All notes of the channel are released.
    AllNotesOff,
    /// All notes of the channel fade out within milliseconds.
    AllSoundOff,
}

/// The registered parameter that data entry sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Registered {
    None,
    BendRange,
    MpeZone,
}

/// State of one channel.
#[derive(Clone, Copy, Debug)]
struct Channel {
    /// Position of the pitch wheel, [−1, 1].
    wheel: f32,
    /// Range of the pitch wheel: the semitones and the cents add up.
    bend_semitones: f32,
    bend_cents: f32,
    /// [0, 1].
    pressure: f32,
    /// Controller 74, [0, 1].
    timbre: f32,
    /// Whether the sustain pedal is down.
    pedal: bool,
    /// Most and least significant 7 bits of the selected registered parameter; (127, 127) is none.
    selected: (u8, u8),
}

impl Channel {
    const NEW: Self = Self {
        wheel: 0.0,
        bend_semitones: DEFAULT_BEND_SEMITONES,
        bend_cents: 0.0,
        pressure: 0.0,
        timbre: 0.0,
        pedal: false,
        selected: (127, 127),
    };

    fn registered(&self) -> Registered {
        match self.selected {
            (0, 0) => Registered::BendRange,
            (0, 6) => Registered::MpeZone,
            _ => Registered::None,
        }
    }

    fn bend(&self) -> f32 {
        self.wheel * (self.bend_semitones + self.bend_cents / 100.0).min(LARGEST_BEND_SEMITONES)
    }
}

/// State of all channels and of the two MPE zones.
pub(super) struct Channels {
    channels: [Channel; CHANNELS],
    /// Member channels of the lower zone (channel 1 upwards, counted from 0) and of the upper one (channel 14 downwards); 0 without a zone.
    lower_members: u8,
    upper_members: u8,
}

impl Channels {
    pub(super) fn new() -> Self {
        Self { channels: [Channel::NEW; CHANNELS], lower_members: 0, upper_members: 0 }
    }

    /// Pitch bend of a channel's notes in semitones: that of its own wheel plus that of its zone's manager.
    pub(super) fn bend_semitones(&self, channel: usize) -> f32 {
        let own = self.channels.get(channel).map_or(0.0, Channel::bend);
        own + self.manager_of(channel).map_or(0.0, Channel::bend)
    }

    /// Pressure on a channel, [0, 1].
    pub(super) fn pressure(&self, channel: usize) -> f32 {
        self.channels.get(channel).map_or(0.0, |channel| channel.pressure)
    }

    /// Timbre of a channel (controller 74), [0, 1].
    pub(super) fn timbre(&self, channel: usize) -> f32 {
        self.channels.get(channel).map_or(0.0, |channel| channel.timbre)
    }

    /// Whether the sustain pedal of a channel, or of its zone's manager, is down.
    pub(super) fn is_sustained(&self, channel: usize) -> bool {
        let own = self.channels.get(channel).is_some_and(|channel| channel.pedal);
        own || self.manager_of(channel).is_some_and(|manager| manager.pedal)
    }

    /// Sets the wheel position of a channel, clamped to [−1, 1]; a value that is not finite is ignored.
    pub(super) fn set_wheel(&mut self, channel: u8, position: f32) {
        if let Some(channel) = self.channels.get_mut(usize::from(channel)).filter(|_| position.is_finite()) {
            channel.wheel = position.clamp(-1.0, 1.0);
        }
    }

    /// Sets the pressure of a channel, clamped to [0, 1]; a value that is not finite is ignored.
    pub(super) fn set_pressure(&mut self, channel: u8, pressure: f32) {
        if let Some(channel) = self.channels.get_mut(usize::from(channel)).filter(|_| pressure.is_finite()) {
            channel.pressure = pressure.clamp(0.0, 1.0);
        }
    }

    /// Handles a controller message with a value in [0, 1], and returns what it requires of the voices.
    pub(super) fn control(&mut self, channel: u8, controller: u8, value: f32) -> ChannelAction {
        if !value.is_finite() {
            return ChannelAction::None;
        }
        let value = value.clamp(0.0, 1.0);
        let step = (value * 127.0).round() as u8;
        let Some(state) = self.channels.get_mut(usize::from(channel)) else { return ChannelAction::None };
        match controller {
            SUSTAIN => return self.set_pedal(channel, value >= 0.5),
            TIMBRE => {
                state.timbre = value;
                return ChannelAction::Timbre;
            }
            REGISTERED => state.selected.0 = step,
            REGISTERED_FINE => state.selected.1 = step,
            NON_REGISTERED | NON_REGISTERED_FINE => state.selected = (127, 127),
            DATA_ENTRY => return self.data_entry(channel, step),
            DATA_ENTRY_FINE if state.registered() == Registered::BendRange => {
                self.each_alike(channel, |state| state.bend_cents = f32::from(step));
            }
            RESET_ALL_CONTROLLERS => return self.reset_controllers(channel),
            ALL_SOUND_OFF => return ChannelAction::AllSoundOff,
            ALL_NOTES_OFF..=LAST_MODE => return ChannelAction::AllNotesOff,
            _ => {}
        }
        ChannelAction::None
    }

    /// Restores the initial state of all channels.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    fn set_pedal(&mut self, channel: u8, down: bool) -> ChannelAction {
        if let Some(state) = self.channels.get_mut(usize::from(channel)) {
            state.pedal = down;
        }
        if down { ChannelAction::None } else { ChannelAction::PedalUp { channels: self.let_go_by(channel) } }
    }

    /// Bit mask of the channels that are no longer sustained once the pedal of `channel` is up: the channel itself and the members of the
    /// zone that it manages, without those that another pedal holds.
    fn let_go_by(&self, channel: u8) -> u16 {
        let bits = (0..CHANNELS).filter(|other| {
            let follows = *other == usize::from(channel) || self.manager_index(*other) == Some(usize::from(channel));
            follows && !self.is_sustained(*other)
        });
        bits.fold(0, |bits, channel| bits | 1 << channel)
    }

    /// Reset All Controllers (MIDI recommended practice 015): resets wheel, pedal, pressure and the selected parameter; the range of the wheel
    /// and timbre stay.
    fn reset_controllers(&mut self, channel: u8) -> ChannelAction {
        if let Some(state) = self.channels.get_mut(usize::from(channel)) {
            let Channel { bend_semitones, bend_cents, timbre, .. } = *state;
            *state = Channel { bend_semitones, bend_cents, timbre, ..Channel::NEW };
        }
        ChannelAction::ControllersReset { channels: self.let_go_by(channel) }
    }

    fn data_entry(&mut self, channel: u8, value: u8) -> ChannelAction {
        match self.channels.get(usize::from(channel)).map_or(Registered::None, Channel::registered) {
            Registered::BendRange => self.each_alike(channel, |state| {
                (state.bend_semitones, state.bend_cents) = (f32::from(value).min(LARGEST_BEND_SEMITONES), 0.0);
            }),
            Registered::MpeZone => return self.set_zone(channel, value.min(MOST_MEMBERS)),
            Registered::None => {}
        }
        ChannelAction::None
    }

    /// Creates, resizes or (with 0 members) removes the MPE zone of `manager`, channel 0 or 15; other channels manage none. Where the zones
    /// overlap, the other one is shortened. Channels that join or leave a zone get the range of their new role, and notes that only the
    /// pedal of a former manager has held are released.
    fn set_zone(&mut self, manager: u8, members: u8) -> ChannelAction {
        let before: [Option<usize>; CHANNELS] = std::array::from_fn(|channel| self.manager_index(channel));
        let sustained = self.sustained();
        let others = (MOST_MEMBERS - 1).saturating_sub(members);
        match manager {
            0 => (self.lower_members, self.upper_members) = (members, self.upper_members.min(others)),
            15 => (self.upper_members, self.lower_members) = (members, self.lower_members.min(others)),
            _ => return ChannelAction::None,
        }
        for (index, before) in before.into_iter().enumerate() {
            let now = self.manager_index(index);
            let range = if now.is_some() { MEMBER_BEND_SEMITONES } else { DEFAULT_BEND_SEMITONES };
            let is_set = now != before || now == Some(usize::from(manager)) || index == usize::from(manager);
            if let Some(state) = self.channels.get_mut(index).filter(|_| is_set) {
                (state.bend_semitones, state.bend_cents) = (range, 0.0);
            }
        }
        ChannelAction::PedalUp { channels: sustained & !self.sustained() }
    }

    /// Bit mask of the sustained channels.
    fn sustained(&self) -> u16 {
        (0..CHANNELS).filter(|channel| self.is_sustained(*channel)).fold(0, |bits, channel| bits | 1 << channel)
    }

    /// Bit mask of the channels that a message on `channel` concerns: itself, and the members of the zone that it manages.
    pub(super) fn concerned(&self, channel: u8) -> u16 {
        let channel = usize::from(channel);
        let bits = (0..CHANNELS).filter(|other| *other == channel || self.manager_index(*other) == Some(channel));
        bits.fold(0, |bits, channel| bits | 1 << channel)
    }

    /// Applies `change` to `channel` and, if it is a member of a zone, to the zone's other members.
    fn each_alike(&mut self, channel: u8, change: impl Fn(&mut Channel)) {
        let channel = usize::from(channel);
        let manager = self.manager_index(channel);
        for index in 0..CHANNELS {
            let is_alike = index == channel || (manager.is_some() && self.manager_index(index) == manager);
            if let Some(state) = self.channels.get_mut(index).filter(|_| is_alike) {
                change(state);
            }
        }
    }

    fn manager_of(&self, channel: usize) -> Option<&Channel> {
        self.channels.get(self.manager_index(channel)?)
    }

    /// Index of the manager of the zone that a channel is a member of.
    fn manager_index(&self, channel: usize) -> Option<usize> {
        let (lower, upper) = (usize::from(self.lower_members), usize::from(self.upper_members));
        match channel {
            1.. if channel <= lower => Some(0),
            ..15 if channel + upper >= 15 => Some(15),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(channels: &mut Channels, channel: u8, parameter: u8, value: u8) {
        let sent = [(REGISTERED, 0), (REGISTERED_FINE, parameter), (DATA_ENTRY, value)];
        sent.into_iter().for_each(|(controller, value)| {
            channels.control(channel, controller, f32::from(value) / 127.0);
        });
    }

    #[test]
    fn the_wheel_bends_its_own_channel_by_the_range_that_was_set() {
        let mut channels = Channels::new();
        channels.set_wheel(3, 1.0);
        assert_eq!((channels.bend_semitones(3), channels.bend_semitones(4)), (2.0, 0.0));
        registered(&mut channels, 3, 0, 12);
        assert_eq!(channels.bend_semitones(3), 12.0);
        channels.control(3, DATA_ENTRY_FINE, 50.0 / 127.0);
        assert_eq!(channels.bend_semitones(3), 12.5);
        channels.control(3, NON_REGISTERED, 0.0);
        channels.control(3, DATA_ENTRY, 1.0);
        assert_eq!(channels.bend_semitones(3), 12.5, "a non-registered parameter is selected");
        channels.control(3, RESET_ALL_CONTROLLERS, 0.0);
        assert_eq!(channels.bend_semitones(3), 0.0, "the wheel is reset");
        channels.set_wheel(3, -1.0);
        assert_eq!(channels.bend_semitones(3), -12.5, "the range is kept");
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
        registered(&mut channels, 15, 6, 12);
        assert_eq!(channels.lower_members, 2, "a zone that grows shortens the other");
        channels.set_wheel(14, 1.0);
        assert_eq!(channels.bend_semitones(14), 48.0);
        registered(&mut channels, 0, 6, 0);
        registered(&mut channels, 15, 6, 0);
        assert_eq!(channels.bend_semitones(14), 2.0, "a channel that has left its zone has the usual range");
        assert_eq!(channels.manager_index(3), None);
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
    }

    #[test]
    fn invalid_channels_and_values_change_nothing() {
        let mut channels = Channels::new();
        assert_eq!(channels.control(99, SUSTAIN, 1.0), ChannelAction::None);
        assert_eq!(channels.control(0, SUSTAIN, f32::NAN), ChannelAction::None);
        channels.set_wheel(200, 1.0);
        channels.set_wheel(0, f32::INFINITY);
        registered(&mut channels, 7, 6, 9);
        assert!(
            (0..CHANNELS).all(|channel| channels.bend_semitones(channel) == 0.0 && !channels.is_sustained(channel))
        );
    }
}
