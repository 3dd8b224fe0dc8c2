//! Which MIDI controllers move which parameters, as learned from the user. Plain `Copy` values; ANY THREAD.

use super::ParamId;

/// Number of controllers of a channel.
const CONTROLLERS: u8 = 128;
/// Stands for no controller.
const NONE: u8 = u8::MAX;
/// Bank select, data entry, parameter selectors and their increments: parts of longer messages.
const PARTS: [u8; 10] = [0, 6, 32, 38, 96, 97, 98, 99, 100, 101];
/// From here on controllers are channel mode messages.
const FIRST_MODE: u8 = 120;

/// For each parameter the controller that moves it, of any channel. One controller may move several parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControllerMap {
    numbers: [u8; ParamId::COUNT],
}

impl Default for ControllerMap {
    /// No controller moves anything.
    fn default() -> Self {
        Self { numbers: [NONE; ParamId::COUNT] }
    }
}

impl ControllerMap {
    /// Whether a controller can move parameters: it is no part of a longer message and no channel mode message.
    pub fn can_move(controller: u8) -> bool {
        controller < FIRST_MODE && !PARTS.contains(&controller)
    }

    /// The controller that moves a parameter.
    pub fn controller_of(&self, id: ParamId) -> Option<u8> {
        self.numbers.get(id.index()).copied().filter(|number| *number < CONTROLLERS)
    }

    /// The parameters that a controller moves.
    pub fn moved_by(&self, controller: u8) -> impl Iterator<Item = ParamId> {
        self.bound().filter_map(move |(id, number)| (number == controller).then_some(id))
    }

    /// Parameters and their controllers, in the order of the table.
    pub fn bound(&self) -> impl Iterator<Item = (ParamId, u8)> {
        let numbers = self.numbers;
        ParamId::all().zip(numbers).filter(|(_, number)| *number < CONTROLLERS)
    }

    /// Whether a controller moves any parameter.
    pub fn moves_any(&self, controller: u8) -> bool {
        controller < CONTROLLERS && self.numbers.contains(&controller)
    }

    /// Whether no controller moves anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The map in which `controller`, or none, moves a parameter. A controller that cannot move parameters is none.
    #[must_use]
    pub fn with(mut self, id: ParamId, controller: Option<u8>) -> Self {
        if let Some(number) = self.numbers.get_mut(id.index()) {
            *number = controller.filter(|controller| Self::can_move(*controller)).unwrap_or(NONE);
        }
        self
    }
}

/// Which of the controllers that move something by themselves have learned something else and no longer do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LearnedElsewhere {
    /// Controller 5, which sets the time of glides.
    pub glide: bool,
    /// Controller 71, which moves the resonance.
    pub resonance: bool,
    /// Controller 74, which moves the cut-off.
    pub cutoff: bool,
}

impl LearnedElsewhere {
    /// By what parameters have learned.
    #[must_use]
    pub fn of(map: &ControllerMap) -> Self {
        let [glide, resonance, cutoff] = [5, 71, 74].map(|number| map.moves_any(number));
        Self { glide, resonance, cutoff }
    }
}

/// Value on [0, 1] of a controller that was never moved. A host that writes back all values that it has read changes nothing.
#[must_use]
pub fn resting_controller(controller: u8) -> f32 {
    /// Channel volume, balance, pan and expression.
    const VOLUME: u8 = 7;
    const BALANCE: u8 = 8;
    const PAN: u8 = 10;
    const EXPRESSION: u8 = 11;
    match controller {
        VOLUME | EXPRESSION => 1.0,
        // So have sound controllers 1 to 10, whose values are offsets from the middle.
        BALANCE | PAN | 70..=79 => 64.0 / 127.0,
        // Selectors of registered and non-registered parameters; 127 selects none.
        98..=101 => 1.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_moves_what_learned_it_and_parts_of_messages_move_nothing() {
        let map = ControllerMap::default().with(ParamId::GAIN, Some(21)).with(ParamId::TILT, Some(21));
        assert_eq!(map.moved_by(21).collect::<Vec<_>>(), [ParamId::TILT, ParamId::GAIN]);
        assert_eq!(map.with(ParamId::GAIN, None).moved_by(21).collect::<Vec<_>>(), [ParamId::TILT]);
        assert_eq!(map.with(ParamId::GAIN, Some(22)).controller_of(ParamId::GAIN), Some(22));
        for controller in PARTS.into_iter().chain(FIRST_MODE..=u8::MAX) {
            assert!(ControllerMap::default().with(ParamId::GAIN, Some(controller)).is_empty(), "{controller}");
        }
        assert!(!ControllerMap::default().moves_any(NONE) && map.moves_any(21) && !map.moves_any(22));
    }
}
