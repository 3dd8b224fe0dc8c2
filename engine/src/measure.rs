//! Measurements of sounds: the log-mel error by which models are compared, pitch, and transposition. Allocates; for the trainer's
//! evaluation, the tests and the command line, never the audio thread.

mod log_mel;
mod pitch;
mod transposition;

pub use log_mel::{LogMelError, LogMelMeter};
pub use pitch::pitch_offset_cents;
pub use transposition::transposition_cents;
