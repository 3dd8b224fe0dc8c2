//! Reading Standard MIDI Files, by the crate `midly`. Main and worker threads: it reads files.
//!
//! A file is outside data. Its size and its number of events are bounded before memory is taken for them; a track that is damaged is
//! played as far as it goes, with a remark.

use std::io::Read as _;
use std::path::Path;

use midly::{EventIter, Format, Fps, MetaMessage, MidiMessage, Timing, TrackEventKind};

use super::message::ChannelMessage;
use super::song::{Song, SongEvent};
use super::tempo::TempoMap;
use crate::params::Retune;
use crate::tuning::{MOST_MESSAGE_BYTES, TuningMessage};

/// Longest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;
/// Most channel messages of one song, and most changes of tempo.
pub const MAX_SONG_EVENTS: usize = 1 << 22;

/// Why a MIDI file is not played.
#[derive(Debug, thiserror::Error)]
pub enum MidiError {
    /// The system does not give it.
    #[error("it cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// Not a file, such as a folder or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Above [`MAX_FILE_BYTES`].
    #[error("it has more than {} MiB, the most that is read", MAX_FILE_BYTES >> 20)]
    TooLong,
    /// No Standard MIDI File.
    #[error("it is not a Standard MIDI File ({0})")]
    NotMidi(String),
    /// Type 2.
    #[error("it is of type 2, a set of songs that do not belong together; types 0 and 1 are played")]
    Sequential,
    /// A division of nothing.
    #[error("it is damaged: its ticks have no length (a division of 0)")]
    NoDivision,
    /// Above [`MAX_SONG_EVENTS`].
    #[error("it has more than {MAX_SONG_EVENTS} events, the most that are played")]
    TooManyEvents,
    /// Nothing sounds.
    #[error("there is no note in it")]
    NoNotes,
}

impl Song {
    /// Reads a file.
    ///
    /// # Errors
    /// [`MidiError`] for a file that cannot be read, and as [`Song::parse`].
    pub fn load(path: &Path) -> Result<Self, MidiError> {
        // Opening a pipe would wait for its other end.
        if !path.metadata()?.is_file() {
            return Err(MidiError::NotAFile);
        }
        let mut bytes = Vec::new();
        // One byte beyond the limit is enough to see that there is more.
        std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Self::parse(&bytes)
    }

    /// Reads the content of a file: a Standard MIDI File, or one inside RIFF.
    ///
    /// # Errors
    /// [`MidiError`] for content that is too long, is not one, is of type 2, or has no note that can be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, MidiError> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(MidiError::TooLong);
        }
        let (header, tracks) = midly::parse(bytes).map_err(|error| MidiError::NotMidi(error.to_string()))?;
        if header.format == Format::Sequential {
            return Err(MidiError::Sequential);
        }
        let mut reading = Reading::default();
        for (index, track) in tracks.flatten().enumerate() {
            reading.track(index + 1, track)?;
        }
        reading.finish(tempo_map(header.timing).ok_or(MidiError::NoDivision)?)
    }
}

fn tempo_map(timing: Timing) -> Option<TempoMap> {
    match timing {
        Timing::Metrical(ticks) => TempoMap::of_quarters(ticks.as_int()),
        Timing::Timecode(fps, ticks) => {
            let (frames, seconds) = match fps {
                Fps::Fps24 => (24, 1),
                Fps::Fps25 => (25, 1),
                Fps::Fps29 => (30_000, 1_001),
                Fps::Fps30 => (30, 1),
            };
            TempoMap::of_frames(frames, seconds, ticks)
        }
    }
}

/// What has been read of the tracks so far.
#[derive(Default)]
struct Reading {
    events: Vec<SongEvent>,
    /// Tick and microseconds of a quarter note.
    tempos: Vec<(u64, u32)>,
    retunes: Vec<(u64, Retune)>,
    remarks: Vec<String>,
}

impl Reading {
    fn track(&mut self, number: usize, mut track: EventIter) -> Result<(), MidiError> {
        let (mut tick, mut status, mut is_whole) = (0_u64, None, false);
        while let Some(event) = track.next() {
            let Ok(event) = event else { break };
            // The format ends running status at meta events; some programs go on with it.
            status = track.running_status().or(status);
            *track.running_status_mut() = status;
            tick = tick.saturating_add(u64::from(event.delta.as_int()));
            match event.kind {
                TrackEventKind::Midi { channel, message } => self.message(tick, channel.as_int(), message)?,
                TrackEventKind::SysEx(data) => self.system_message(tick, data)?,
                TrackEventKind::Meta(MetaMessage::Tempo(quarter)) => self.tempo(tick, quarter.as_int())?,
                TrackEventKind::Meta(MetaMessage::EndOfTrack) => {
                    is_whole = true;
                    break;
                }
                _ => {}
            }
        }
        if !is_whole {
            self.remarks.push(format!("track {number} is damaged or cut; it is played as far as it goes"));
        }
        Ok(())
    }

    fn message(&mut self, tick: u64, channel: u8, message: MidiMessage) -> Result<(), MidiError> {
        let Some(message) = channel_message(message) else { return Ok(()) };
        if self.events.len() >= MAX_SONG_EVENTS {
            return Err(MidiError::TooManyEvents);
        }
        self.events.push(SongEvent { tick, channel, message });
        Ok(())
    }

    /// A system-exclusive message from behind its first byte; tuning messages are heard.
    fn system_message(&mut self, tick: u64, data: &[u8]) -> Result<(), MidiError> {
        let shown = data.get(..data.len().min(MOST_MESSAGE_BYTES)).unwrap_or_default();
        let bytes = [&[0xf0], shown].concat();
        if !TuningMessage::is_meant(&bytes) {
            return Ok(());
        }
        let Some(message) = TuningMessage::read(&bytes) else {
            self.remarks.push("a damaged tuning message was left out".to_owned());
            return Ok(());
        };
        self.retunes.extend(message.changes().map(|change| (tick, change)));
        if self.retunes.len() > MAX_SONG_EVENTS { Err(MidiError::TooManyEvents) } else { Ok(()) }
    }

    fn tempo(&mut self, tick: u64, quarter_us: u32) -> Result<(), MidiError> {
        if self.tempos.len() >= MAX_SONG_EVENTS {
            return Err(MidiError::TooManyEvents);
        }
        self.tempos.push((tick, quarter_us));
        Ok(())
    }

    fn finish(mut self, mut tempo: TempoMap) -> Result<Song, MidiError> {
        // Stable: what is at the same tick keeps the order of tracks and of their events.
        self.events.sort_by_key(|event| event.tick);
        self.tempos.sort_by_key(|(tick, _)| *tick);
        self.retunes.sort_by_key(|(tick, _)| *tick);
        if self.tempos.iter().any(|(_, quarter_us)| *quarter_us == 0) {
            self.remarks.push("a tempo without a length was left out".to_owned());
        }
        self.tempos.iter().for_each(|(tick, quarter_us)| tempo.set_tempo(*tick, *quarter_us));
        let song = Song { events: self.events, retunes: self.retunes, tempo, remarks: limited(self.remarks) };
        if song.notes() == 0 { Err(MidiError::NoNotes) } else { Ok(song) }
    }
}

/// Program changes are not heard: the sound is chosen by the user.
fn channel_message(message: MidiMessage) -> Option<ChannelMessage> {
    Some(match message {
        MidiMessage::NoteOff { key, vel } => ChannelMessage::NoteOff { key: key.as_int(), velocity: vel.as_int() },
        MidiMessage::NoteOn { key, vel } => ChannelMessage::NoteOn { key: key.as_int(), velocity: vel.as_int() },
        MidiMessage::Aftertouch { key, vel } => ChannelMessage::KeyPressure { key: key.as_int(), value: vel.as_int() },
        MidiMessage::Controller { controller, value } => {
            ChannelMessage::Controller { number: controller.as_int(), value: value.as_int() }
        }
        MidiMessage::ChannelAftertouch { vel } => ChannelMessage::ChannelPressure { value: vel.as_int() },
        MidiMessage::PitchBend { bend } => ChannelMessage::PitchWheel { value: bend.0.as_int() },
        MidiMessage::ProgramChange { .. } => return None,
    })
}

/// The first remarks, and how many there are beyond: a file may have thousands of damaged tracks.
fn limited(mut remarks: Vec<String>) -> Vec<String> {
    const MOST: usize = 8;
    if remarks.len() > MOST {
        let more = remarks.len() - MOST;
        remarks.truncate(MOST);
        remarks.push(format!("and {more} more remarks of this kind"));
    }
    remarks
}
