//! Which MIDI controllers move which parameters, as controls show it, and what their menus ask for. Plain data; main thread.

use engine::params::{ControllerMap, ParamId};

/// What a parameter's menu asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Let the controller that is moved next move the parameter.
    Learn(ParamId),
    /// Let no controller move it.
    Forget(ParamId),
}

/// What controls need to know of controllers during one frame.
#[derive(Debug, Default)]
pub struct Learning {
    /// Which controllers move which parameters.
    pub map: ControllerMap,
    /// The parameter that waits for a controller.
    pub waiting: Option<ParamId>,
    asked: Option<Asked>,
}

impl Learning {
    /// Asks for a change; the last one of a frame counts.
    pub fn ask(&mut self, asked: Asked) {
        self.asked = Some(asked);
    }

    /// Takes what was asked for.
    pub fn take_asked(&mut self) -> Option<Asked> {
        self.asked.take()
    }
}
