//! Numbers of the MIDI controllers that the synth knows. AUDIO THREAD: constants.

pub(super) const MODULATION: u8 = 1;
pub(super) const BREATH: u8 = 2;
pub(super) const GLIDE_TIME: u8 = 5;
pub(super) const DATA_ENTRY: u8 = 6;
pub(super) const VOLUME: u8 = 7;
pub(super) const PAN: u8 = 10;
pub(super) const EXPRESSION: u8 = 11;
pub(super) const DATA_ENTRY_FINE: u8 = 38;
pub(super) const VOLUME_FINE: u8 = 39;
pub(super) const PAN_FINE: u8 = 42;
pub(super) const EXPRESSION_FINE: u8 = 43;
pub(super) const SUSTAIN: u8 = 64;
pub(super) const SOSTENUTO: u8 = 66;
pub(super) const SOFT: u8 = 67;
pub(super) const RESONANCE: u8 = 71;
pub(super) const TIMBRE: u8 = 74;
pub(super) const DATA_INCREMENT: u8 = 96;
pub(super) const DATA_DECREMENT: u8 = 97;
pub(super) const NON_REGISTERED_FINE: u8 = 98;
pub(super) const NON_REGISTERED: u8 = 99;
pub(super) const REGISTERED_FINE: u8 = 100;
pub(super) const REGISTERED: u8 = 101;
pub(super) const ALL_SOUND_OFF: u8 = 120;
pub(super) const RESET_ALL_CONTROLLERS: u8 = 121;
pub(super) const ALL_NOTES_OFF: u8 = 123;
/// Controllers 124 to 127 change the mode, which also releases all notes.
pub(super) const LAST_MODE: u8 = 127;
