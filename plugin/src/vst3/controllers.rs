//! MIDI controllers as VST3 parameters. Plain values; any thread, but naming one allocates.
//!
//! VST3 hosts send no controllers: they ask `IMidiMapping` which parameter a controller moves, and move that. The framework therefore adds
//! a parameter for every controller of every channel. They are no parameters of the instrument: they are hidden, which since VST 3.7 says
//! that they are read-only to users and cannot be automated, and have the names that JUCE gives them, by which hosts tell them apart
//! (`pedalboard` leaves out names that begin with "MIDI CC ").

use engine::params::resting_controller;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{ParamID, ParamValue, ParameterInfo};

/// MIDI channels.
const CHANNELS: ParamID = 16;
/// Controllers of a channel: MIDI's 128, channel pressure (128) and the pitch wheel (129).
const CONTROLLERS: ParamID = 130;
/// Number above the largest one of a parameter; the framework numbers the controllers from below it, channel by channel.
const END: ParamID = 1 << 31;
const FIRST: ParamID = END - CHANNELS * CONTROLLERS;

const WHEEL: ParamID = 129;

/// A controller of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Channel, [0, 15].
    channel: ParamID,
    /// Number, [0, 129].
    number: ParamID,
}

impl Controller {
    /// The controller that a parameter stands for; `None` for a parameter of the instrument.
    pub fn of(id: ParamID) -> Option<Self> {
        let index = id.checked_sub(FIRST).filter(|_| id < END)?;
        Some(Self { channel: index / CONTROLLERS, number: index % CONTROLLERS })
    }

    /// The value of a controller that was never moved. A host that writes back all values that it has read changes nothing.
    pub fn resting(self) -> ParamValue {
        match self.number {
            WHEEL => 8192.0 / 16_383.0,
            number => u8::try_from(number).map_or(0.0, |number| resting_controller(number).into()),
        }
    }

    /// Gives a parameter the controller's name and resting value. Allocates.
    pub fn describe(self, info: &mut ParameterInfo) {
        let name = format!("MIDI CC {}|{}", self.channel, self.number);
        for title in [&mut info.title, &mut info.shortTitle] {
            title.fill(0);
            title.iter_mut().zip(name.encode_utf16()).for_each(|(unit, from)| *unit = from);
        }
        info.defaultNormalizedValue = self.resting();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_below_the_controllers_are_the_instruments() {
        for id in [0, FIRST - 1, END, ParamID::MAX] {
            assert_eq!(Controller::of(id), None, "{id}");
        }
        assert_eq!(Controller::of(FIRST), Some(Controller { channel: 0, number: 0 }));
        assert_eq!(Controller::of(END - 1), Some(Controller { channel: 15, number: WHEEL }));
    }
}
