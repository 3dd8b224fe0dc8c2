//! MIDI: channel messages as events of the synth, Standard MIDI Files, and playing them offline. MAIN AND WORKER THREADS, but for
//! [`ChannelMessage::event`] and [`wheel_position`], which are plain arithmetic and safe on the audio thread.

mod drums;
mod message;
mod performance;
mod read;
mod song;
mod tempo;

pub use drums::{DRUM_CHANNEL, drum_names};
pub use message::{ChannelMessage, wheel_position};
pub use performance::{BLOCK_SAMPLES, Part, Performance, TAIL_SECONDS};
pub use read::{MAX_FILE_BYTES, MAX_SONG_EVENTS, MidiError};
pub use song::{Song, SongEvent};
pub use tempo::TempoMap;
