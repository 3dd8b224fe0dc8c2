//! State of the MIDI channels and of their MPE zones: what a controller message changes, and what it requires of the voices. AUDIO THREAD:
//! plain arithmetic.

use super::channel::{BendRange, Channel, ChannelMix, Registered, from_middle};
use super::controllers::*;
use super::zones::{CHANNELS, Zones, is_in, mask};

/// The instrument's range of the wheel until its controls are read: General MIDI's 2 semitones.
const FIRST_BEND_RANGE: [f32; 2] = [2.0; 2];

/// What a controller message requires of the voices. Bit n of a mask stands for channel n, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelAction {
    /// Nothing.
    None,
    /// Sounding notes of the channel take its new timbre.
    Timbre,
    /// Sounding notes take the gain and pan of their channels.
    Mix,
    /// Notes held by the sustain pedal of these channels are released.
    PedalUp {
        /// Bit mask of the channels.
        channels: u16,
    },
    /// The sounding notes of these channels are held by the sostenuto pedal.
    SostenutoDown {
        /// Bit mask of the channels.
        channels: u16,
    },
    /// Notes that no sostenuto pedal holds any more are released.
    SostenutoUp,
    /// As [`Self::PedalUp`], [`Self::SostenutoUp`] and [`Self::Mix`].
    ZoneSet {
        /// Bit mask of the channels.
        channels: u16,
    },
    /// As [`Self::PedalUp`], [`Self::SostenutoUp`] and [`Self::Mix`], and the channel's pressure is 0.
    ControllersReset {
        /// Bit mask of the channels.
        channels: u16,
    },
    /// All notes of the channel are released, or held by its pedal.
    AllNotesOff,
    /// All notes of the channel fade out within milliseconds.
    AllSoundOff,
}

/// State of all channels.
pub(super) struct Channels {
    channels: [Channel; CHANNELS],
    zones: Zones,
    /// The instrument's range of the wheel in semitones, downward and upward.
    bend_range: [f32; 2],
}

impl Channels {
    pub(super) fn new() -> Self {
        Self { channels: [Channel::NEW; CHANNELS], zones: Zones::NONE, bend_range: FIRST_BEND_RANGE }
    }

    /// Restores the initial state of all channels.
    pub(super) fn reset(&mut self) {
        *self = Self { bend_range: self.bend_range, ..Self::new() };
    }

    /// Sets the range of the wheel in semitones, downward and upward, of channels for which no message has set another.
    pub(super) fn set_bend_range(&mut self, range: [f32; 2]) {
        self.bend_range = range;
    }

    /// Reset All Controllers on every channel.
    pub(super) fn reset_controllers(&mut self) {
        self.channels.iter_mut().for_each(Channel::reset_controllers);
    }

    /// Pitch bend of a channel's notes in semitones: that of its own wheel plus that of its zone's manager.
    pub(super) fn bend_semitones(&self, channel: usize) -> f32 {
        let bend = |channel: &Channel| channel.bend_semitones(self.bend_range);
        self.channels.get(channel).map_or(0.0, bend) + self.manager(channel).map_or(0.0, bend)
    }

    /// Gain and pan of a channel's notes: its own with that of its zone's manager.
    pub(super) fn mix(&self, channel: usize) -> ChannelMix {
        let own = self.channels.get(channel).map_or(ChannelMix::NEUTRAL, Channel::mix);
        self.manager(channel).map_or(own, |manager| own.with(manager.mix()))
    }

    /// Pressure on a channel, [0, 1].
    pub(super) fn pressure(&self, channel: usize) -> f32 {
        self.channels.get(channel).map_or(0.0, |channel| channel.pressure)
    }

    /// Timbre of a channel (controller 74), [0, 1].
    pub(super) fn timbre(&self, channel: usize) -> f32 {
        self.channels.get(channel).map_or(0.0, |channel| channel.timbre)
    }

    /// What controllers 74 and 71 add to cut-off and resonance of a channel's notes, [−1, 1]; nothing in a zone, where 74 is the timbre.
    pub(super) fn tone(&self, channel: usize) -> [f32; 2] {
        let Some(own) = self.channels.get(channel) else { return [0.0; 2] };
        let brightness = if self.zones.is_in_one(channel) { 0.0 } else { own.brightness };
        let resonance = own.resonance + self.manager(channel).map_or(0.0, |manager| manager.resonance);
        [brightness, resonance.clamp(-1.0, 1.0)]
    }

    /// The place of the glide time on its range, [0, 1], that controller 5 has set for a channel, or for its zone.
    pub(super) fn glide_place(&self, channel: usize) -> Option<f32> {
        let own = self.channels.get(channel).and_then(|channel| channel.glide_place);
        own.or_else(|| self.manager(channel)?.glide_place)
    }

    /// Modulation wheel, breath and expression of a channel, [0, 1]; of the first two the larger of its own and its zone's manager's.
    pub(super) fn sources(&self, channel: usize) -> [f32; 3] {
        let Some(own) = self.channels.get(channel) else { return [0.0, 0.0, 1.0] };
        let manager = self.manager(channel).unwrap_or(own);
        let expression = own.expression.part().min(manager.expression.part());
        [own.modulation.max(manager.modulation), own.breath.max(manager.breath), expression]
    }

    /// Whether the sustain pedal of a channel, or of its zone's manager, is down.
    pub(super) fn is_sustained(&self, channel: usize) -> bool {
        let own = self.channels.get(channel).is_some_and(|channel| channel.pedal);
        own || self.manager(channel).is_some_and(|manager| manager.pedal)
    }

    /// Bit mask of the channels whose sostenuto pedal, and that of their zone's manager, is up.
    pub(super) fn without_sostenuto(&self) -> u16 {
        let is_down = |channel: &Channel| channel.sostenuto;
        mask(|channel| !self.channels.get(channel).is_some_and(is_down) && !self.manager(channel).is_some_and(is_down))
    }

    /// Whether the soft pedal of a channel, or of its zone's manager, is down.
    pub(super) fn is_soft(&self, channel: usize) -> bool {
        let own = self.channels.get(channel).is_some_and(|channel| channel.soft);
        own || self.manager(channel).is_some_and(|manager| manager.soft)
    }

    /// Bit mask of the channels that a message on `channel` concerns: itself, and the members of the zone that it manages.
    pub(super) fn concerned(&self, channel: u8) -> u16 {
        self.zones.concerned(usize::from(channel))
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
        let channel = usize::from(channel);
        let Some(state) = self.channels.get_mut(channel).filter(|_| value.is_finite()) else {
            return ChannelAction::None;
        };
        let value = value.clamp(0.0, 1.0);
        let step = (value * 127.0).round() as u8;
        match controller {
            VOLUME => state.volume.set_coarse(value),
            PAN => state.pan.set_coarse(value),
            EXPRESSION => state.expression.set_coarse(value),
            VOLUME_FINE => state.volume.set_fine(step),
            PAN_FINE => state.pan.set_fine(step),
            EXPRESSION_FINE => state.expression.set_fine(step),
            MODULATION => {
                state.modulation = value;
                return ChannelAction::None;
            }
            BREATH => {
                state.breath = value;
                return ChannelAction::None;
            }
            TIMBRE => {
                (state.timbre, state.brightness) = (value, from_middle(value));
                return ChannelAction::Timbre;
            }
            RESONANCE => {
                state.resonance = from_middle(value);
                return ChannelAction::None;
            }
            GLIDE_TIME => {
                // A host that writes back all values tells one that was never moved to rest.
                state.glide_place = state.glide_place.or(Some(0.0).filter(|_| step > 0)).map(|_| value);
                return ChannelAction::None;
            }
            SUSTAIN => return self.set_pedal(channel, value >= 0.5),
            SOSTENUTO => return self.set_sostenuto(channel, value >= 0.5),
            SOFT => {
                state.soft = value >= 0.5;
                return ChannelAction::None;
            }
            RESET_ALL_CONTROLLERS => return self.reset_controllers_of(channel),
            ALL_SOUND_OFF => return ChannelAction::AllSoundOff,
            ALL_NOTES_OFF..=LAST_MODE => return ChannelAction::AllNotesOff,
            _ => return self.parameter(channel, controller, step),
        }
        ChannelAction::Mix
    }

    /// Handles the controllers that select a registered parameter and set it. A non-registered one deselects it.
    fn parameter(&mut self, channel: usize, controller: u8, step: u8) -> ChannelAction {
        let Some(state) = self.channels.get_mut(channel) else { return ChannelAction::None };
        let is_zone = state.registered() == Registered::MpeZone;
        match controller {
            REGISTERED => state.selected.0 = step,
            REGISTERED_FINE => state.selected.1 = step,
            NON_REGISTERED | NON_REGISTERED_FINE => state.selected = (127, 127),
            DATA_ENTRY if is_zone => return self.set_zone(channel, step),
            DATA_ENTRY => self.change_bend_range(channel, |_| BendRange::of_semitones(step)),
            DATA_ENTRY_FINE => self.change_bend_range(channel, |range| range.with_cents(step)),
            DATA_INCREMENT => self.change_bend_range(channel, BendRange::incremented),
            DATA_DECREMENT => self.change_bend_range(channel, BendRange::decremented),
            _ => {}
        }
        ChannelAction::None
    }

    /// Changes the range of the wheel, if that is the selected parameter. Members of a zone share it.
    fn change_bend_range(&mut self, channel: usize, change: impl Fn(BendRange) -> BendRange) {
        let state = self.channels.get(channel).filter(|state| state.registered() == Registered::BendRange);
        let Some(range) = state.map(|state| change(state.bend_range.unwrap_or(BendRange::CHANNEL))) else { return };
        for state in of(&mut self.channels, self.zones.alike(channel)) {
            state.bend_range = Some(range);
        }
    }

    fn set_pedal(&mut self, channel: usize, down: bool) -> ChannelAction {
        let channels = self.let_go_by(|channels| {
            if let Some(state) = channels.channels.get_mut(channel) {
                state.pedal = down;
            }
        });
        if down { ChannelAction::None } else { ChannelAction::PedalUp { channels } }
    }

    /// On the manager of a zone for the members too. A pedal that is down already holds no further notes.
    fn set_sostenuto(&mut self, channel: usize, down: bool) -> ChannelAction {
        let channels = self.zones.concerned(channel);
        let Some(state) = self.channels.get_mut(channel) else { return ChannelAction::None };
        match (std::mem::replace(&mut state.sostenuto, down), down) {
            (false, true) => ChannelAction::SostenutoDown { channels },
            (true, false) => ChannelAction::SostenutoUp,
            _ => ChannelAction::None,
        }
    }

    /// Reset All Controllers; on the manager of a zone for the members too.
    fn reset_controllers_of(&mut self, channel: usize) -> ChannelAction {
        let channels = self.let_go_by(|channels| {
            of(&mut channels.channels, channels.zones.concerned(channel)).for_each(Channel::reset_controllers);
        });
        ChannelAction::ControllersReset { channels }
    }

    /// Sets the number of members of the zone of `manager`. Channels that join or leave a zone get the range of their new role.
    fn set_zone(&mut self, manager: usize, members: u8) -> ChannelAction {
        let before = self.zones;
        let mut zones = before;
        if !zones.resize(manager, members) {
            return ChannelAction::None;
        }
        let set = mask(|channel| {
            let now = zones.manager(channel);
            now != before.manager(channel) || now == Some(manager) || channel == manager
        });
        let channels = self.let_go_by(|channels| {
            channels.zones = zones;
            for (index, state) in channels.channels.iter_mut().enumerate().filter(|(index, _)| is_in(set, *index)) {
                state.bend_range = zones.manager(index).map(|_| BendRange::MEMBER);
            }
        });
        ChannelAction::ZoneSet { channels }
    }

    /// Bit mask of the channels that are sustained before `change` and no longer after it.
    fn let_go_by(&mut self, change: impl FnOnce(&mut Self)) -> u16 {
        let before = mask(|channel| self.is_sustained(channel));
        change(self);
        before & !mask(|channel| self.is_sustained(channel))
    }

    fn manager(&self, channel: usize) -> Option<&Channel> {
        self.channels.get(self.zones.manager(channel)?)
    }
}

/// The channels of a bit mask.
fn of(channels: &mut [Channel], bits: u16) -> impl Iterator<Item = &mut Channel> {
    channels.iter_mut().enumerate().filter(move |(index, _)| is_in(bits, *index)).map(|(_, channel)| channel)
}

#[cfg(test)]
mod tests;
