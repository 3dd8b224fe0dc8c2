//! Listening with numbers: the log-mel error by which models are judged, pitch, and transposition. Allocates; for the trainer's
//! evaluation, the tests and the command line.

mod log_mel;
mod pitch;
mod transposition;

pub use log_mel::{LogMelError, LogMelMeter};
pub use pitch::pitch_offset_cents;
pub use transposition::transposition_cents;
