//! Plays a song by one or several synths, offline: the very synths of the plug-in, as a host's bounce runs them. Main thread: it waits
//! for decodes.
//!
//! Blocks have 64 samples and begin on the synth's own grid, so that tempo and position are read at every step of it. The output of a
//! synth does not depend on that: its events alone decide.

use std::collections::BTreeMap;

use crate::audio::{ControllerMoves, Event, EventKind, NoteAddress, Synth};
use crate::params::{ControllerMap, Controls, ParamId, Transport};

use super::drums::{DRUM_CHANNEL, ended_by};
use super::message::ChannelMessage;
use super::song::{Song, SongEvent};

/// Samples of a block.
pub const BLOCK_SAMPLES: usize = 64;
/// A sound that does not end is cut this long after the last message, in seconds.
pub const TAIL_SECONDS: u32 = 30;
/// Fade where it is cut, in seconds.
const CUT_FADE_S: f64 = 0.005;

/// A synth with the values of its controls.
pub struct Part {
    synth: Synth,
    controls: Controls,
    controllers: ControllerMap,
    moves: ControllerMoves,
    batch: Vec<Event>,
}

impl Part {
    /// Of a synth that has rendered nothing.
    pub fn new(synth: Synth, controls: Controls) -> Self {
        let (controllers, moves) = Default::default();
        Self { synth, controls, controllers, moves, batch: Vec::new() }
    }

    /// The part whose parameters are moved by the controllers of a map.
    #[must_use]
    pub fn moved_by(self, controllers: ControllerMap) -> Self {
        Self { controllers, ..self }
    }

    fn prepare(&mut self, rate_hz: u32) {
        self.synth.set_sample_rate(rate_hz as f32);
        self.synth.set_offline(true);
        self.synth.reset();
    }
}

/// A part of channel 10 that plays one sound.
struct Drum {
    part: Part,
    /// The key that its sound is played at, whatever the song's key.
    key: u8,
}

/// A song under way.
pub struct Performance<'a> {
    song: &'a Song,
    rate_hz: u32,
    melodic: Part,
    drums: Vec<Drum>,
    /// Places in `drums` by the song's key. Without any, channel 10 is a channel like the others.
    kit: BTreeMap<u8, usize>,
    next: usize,
    next_retune: usize,
    position: u64,
    /// Sample at which a sound is cut that does not end.
    limit: u64,
    scratch: [[f32; BLOCK_SAMPLES]; 2],
}

impl<'a> Performance<'a> {
    /// All channels by one part.
    pub fn new(song: &'a Song, rate_hz: u32, mut melodic: Part) -> Self {
        melodic.prepare(rate_hz);
        let limit = song.last_sample(rate_hz).saturating_add(u64::from(TAIL_SECONDS) * u64::from(rate_hz));
        let (drums, kit, scratch) = (Vec::new(), BTreeMap::new(), [[0.0; BLOCK_SAMPLES]; 2]);
        Self { song, rate_hz, melodic, drums, kit, next: 0, next_retune: 0, position: 0, limit, scratch }
    }

    /// The keys `keys` of channel 10 by a part of their own, whose sound is played at `key`. Once there is one, channel 10's other keys
    /// are silent.
    pub fn add_drum(&mut self, keys: impl IntoIterator<Item = u8>, mut part: Part, key: u8) {
        part.prepare(self.rate_hz);
        let place = self.drums.len();
        self.kit.extend(keys.into_iter().map(|key| (key, place)));
        self.drums.push(Drum { part, key });
    }

    /// Samples played so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Most samples that it can have.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Whether a decode failed: what was rendered then is not the song.
    pub fn failed(&mut self) -> bool {
        let synths = self.drums.iter_mut().map(|drum| &mut drum.part.synth);
        synths.chain([&mut self.melodic.synth]).any(Synth::render_failed)
    }

    /// Renders the next block, and returns how many of its samples belong to the song: fewer than [`BLOCK_SAMPLES`] in the last one, 0
    /// after it.
    pub fn render(&mut self, left: &mut [f32; BLOCK_SAMPLES], right: &mut [f32; BLOCK_SAMPLES]) -> usize {
        let is_over = self.next == self.song.events.len() && self.position > 0 && self.is_idle();
        let count = usize::try_from(self.limit - self.position).unwrap_or(usize::MAX).min(BLOCK_SAMPLES);
        if is_over || count == 0 {
            return 0;
        }
        self.gather();
        let (song, position, rate_hz) = (self.song, self.position, self.rate_hz);
        let transport = |offset: usize| song.tempo.transport_at(position + offset as u64, rate_hz);
        let [other_left, other_right] = &mut self.scratch;
        render(&mut self.melodic, transport, left, right);
        for drum in &mut self.drums {
            render(&mut drum.part, transport, other_left, other_right);
            left.iter_mut().zip(other_left.iter()).for_each(|(sum, drum)| *sum += drum);
            right.iter_mut().zip(other_right.iter()).for_each(|(sum, drum)| *sum += drum);
        }
        self.fade(left);
        self.fade(right);
        self.position += count as u64;
        count
    }

    fn is_idle(&self) -> bool {
        self.melodic.synth.is_idle() && self.drums.iter().all(|drum| drum.part.synth.is_idle())
    }

    /// Gives the events of the next block to their parts.
    fn gather(&mut self) {
        let end = self.position + BLOCK_SAMPLES as u64;
        let song = self.song;
        while let Some(event) = song.events.get(self.next) {
            let sample = song.tempo.sample_at(event.tick, self.rate_hz);
            if sample >= end {
                break;
            }
            self.retune_while(|tick, _| tick <= event.tick);
            let offset = usize::try_from(sample.saturating_sub(self.position)).unwrap_or(0);
            self.send(*event, offset);
            self.next += 1;
        }
        self.retune_while(|_, sample| sample < end);
    }

    /// Gives the next changes of tuning to the melodic part as long as their tick and sample are due; drums stay at their pitch.
    fn retune_while(&mut self, is_due: impl Fn(u64, u64) -> bool) {
        while let Some((tick, retune)) = self.song.retunes.get(self.next_retune) {
            let sample = self.song.tempo.sample_at(*tick, self.rate_hz);
            if !is_due(*tick, sample) {
                break;
            }
            let offset = usize::try_from(sample.saturating_sub(self.position)).unwrap_or(0);
            self.melodic.batch.push(Event { offset, kind: EventKind::Retune(*retune) });
            self.next_retune += 1;
        }
    }

    fn send(&mut self, event: SongEvent, offset: usize) {
        if event.channel != DRUM_CHANNEL || self.drums.is_empty() {
            let kind = event.message.event(event.channel);
            return self.melodic.batch.push(Event { offset, kind });
        }
        match event.message {
            ChannelMessage::NoteOn { key, velocity } => {
                if let Some(open) = ended_by(key).filter(|_| velocity > 0) {
                    self.strike(open, offset, |key| EventKind::Choke { notes: NoteAddress::key(DRUM_CHANNEL, key) });
                }
                self.strike(key, offset, |key| ChannelMessage::NoteOn { key, velocity }.event(DRUM_CHANNEL));
            }
            ChannelMessage::NoteOff { key, velocity } => {
                self.strike(key, offset, |key| ChannelMessage::NoteOff { key, velocity }.event(DRUM_CHANNEL));
            }
            ChannelMessage::KeyPressure { key, value } => {
                self.strike(key, offset, |key| ChannelMessage::KeyPressure { key, value }.event(DRUM_CHANNEL));
            }
            of_channel => {
                let kind = of_channel.event(DRUM_CHANNEL);
                self.drums.iter_mut().for_each(|drum| drum.part.batch.push(Event { offset, kind }));
            }
        }
    }

    /// Sends an event to the sound of a key of channel 10, if it has one.
    fn strike(&mut self, key: u8, offset: usize, kind: impl Fn(u8) -> EventKind) {
        if let Some(drum) = self.kit.get(&key).and_then(|place| self.drums.get_mut(*place)) {
            drum.part.batch.push(Event { offset, kind: kind(drum.key) });
        }
    }

    /// Fades out towards the limit.
    fn fade(&self, block: &mut [f32; BLOCK_SAMPLES]) {
        let fade_samples = CUT_FADE_S * f64::from(self.rate_hz);
        if self.position + BLOCK_SAMPLES as u64 + fade_samples.ceil() as u64 <= self.limit {
            return;
        }
        for (sample, place) in block.iter_mut().zip(self.position..) {
            let left_samples = self.limit.saturating_sub(place) as f64;
            if left_samples < fade_samples {
                *sample *= (left_samples / fade_samples) as f32;
            }
        }
    }
}

/// Renders a block, in stretches that begin where a controller moves a parameter; `transport` by offsets in the block.
fn render(part: &mut Part, transport: impl Fn(usize) -> Transport, left: &mut [f32], right: &mut [f32]) {
    let host = part.controls;
    let place = |id: ParamId| id.spec().scale.place(id.spec().of(&host));
    let (mut start, mut rest) = (0, part.batch.as_mut_slice());
    while start < left.len() {
        let is_later = |event: &Event| event.offset > start && ControllerMoves::heeds(&part.controllers, &event.kind);
        let count = rest.iter().position(is_later).unwrap_or(rest.len());
        let end = rest.get(count).map_or(left.len(), |event| event.offset);
        let (events, later) = std::mem::take(&mut rest).split_at_mut(count);
        events.iter_mut().for_each(|event| event.offset -= start);
        part.moves.hear(&part.controllers, events, place);
        let mut controls = Controls { transport: transport(start), ..host };
        part.moves.apply(&mut controls);
        part.synth.render(events, &controls, &mut left[start..end], &mut right[start..end]);
        (start, rest) = (end, later);
    }
    part.batch.clear();
}
