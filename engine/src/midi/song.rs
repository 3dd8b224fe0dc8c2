//! The content of a MIDI file that sounds. Plain data; any thread but the audio thread.

use super::drums::DRUM_CHANNEL;
use super::message::ChannelMessage;
use super::tempo::TempoMap;
use crate::params::Retune;

const DATA_ENTRY: u8 = 6;
const REGISTERED_FINE: u8 = 100;
const REGISTERED: u8 = 101;
/// Registered parameter 6 is the MPE configuration: how many members a zone has.
const MPE_CONFIGURATION: u8 = 6;
const LOWER_MANAGER: u8 = 0;
const UPPER_MANAGER: u8 = 15;

/// A message at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SongEvent {
    /// Ticks from the start of the song.
    pub tick: u64,
    /// Channel, [0, 15].
    pub channel: u8,
    /// What the channel is told.
    pub message: ChannelMessage,
}

/// The channel messages of a file in the order in which they are played: by time, at the same time by track, within a track as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// The messages.
    pub events: Vec<SongEvent>,
    /// Changes of the keys' tuning with their ticks, by time. They come before the messages of their tick.
    pub retunes: Vec<(u64, Retune)>,
    /// When they are.
    pub tempo: TempoMap,
    /// What was left out or mended, for people.
    pub remarks: Vec<String>,
}

impl Song {
    /// Number of notes that start.
    #[must_use]
    pub fn notes(&self) -> usize {
        let starts = |event: &&SongEvent| matches!(event.message, ChannelMessage::NoteOn { velocity: 1.., .. });
        self.events.iter().filter(starts).count()
    }

    /// The sample of the last message.
    #[must_use]
    pub fn last_sample(&self, rate_hz: u32) -> u64 {
        self.events.last().map_or(0, |event| self.tempo.sample_at(event.tick, rate_hz))
    }

    /// Whether channel 10 has notes and is no member of an MPE zone that the song configures.
    #[must_use]
    pub fn has_drum_channel(&self) -> bool {
        let drums = |event: &SongEvent| {
            event.channel == DRUM_CHANNEL && matches!(event.message, ChannelMessage::NoteOn { velocity: 1.., .. })
        };
        self.events.iter().any(drums) && !self.configures_mpe_over(DRUM_CHANNEL)
    }

    /// Whether an MPE configuration makes `member` a member of a zone.
    fn configures_mpe_over(&self, member: u8) -> bool {
        let mut selected = [[127; 2]; 16];
        self.events.iter().any(|event| {
            let ChannelMessage::Controller { number, value } = event.message else { return false };
            let Some(parameter) = selected.get_mut(usize::from(event.channel)) else { return false };
            match number {
                REGISTERED => parameter[0] = value,
                REGISTERED_FINE => parameter[1] = value,
                DATA_ENTRY if *parameter == [0, MPE_CONFIGURATION] => {
                    return match event.channel {
                        LOWER_MANAGER => member <= value,
                        UPPER_MANAGER => member.saturating_add(value) >= UPPER_MANAGER,
                        _ => false,
                    };
                }
                _ => {}
            }
            false
        })
    }
}
