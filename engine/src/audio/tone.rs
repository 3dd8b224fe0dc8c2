//! What controllers 74 and 71 add to cut-off and resonance of the notes of each channel, smoothed. AUDIO THREAD: plain arithmetic, once per tick.
//!
//! They act without being learned, and change nothing until one of them has left its middle.

use super::channels::Channels;
use super::tick::Smoothed;
use super::zones::CHANNELS;
use crate::params::LearnedElsewhere;

/// The offsets of all channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    /// Cut-off and resonance, each [−1, 1].
    values: [[Smoothed; 2]; CHANNELS],
    learned: LearnedElsewhere,
    /// Whether any has left its middle.
    is_moved: bool,
}

impl Default for Tone {
    /// In the middle.
    fn default() -> Self {
        Self { values: [[Smoothed::at(0.0); 2]; CHANNELS], learned: LearnedElsewhere::default(), is_moved: false }
    }
}

impl Tone {
    /// Moves by the part `pace` of the way that is left. Controllers that have learned something else go back to their middle.
    pub(super) fn begin_tick(&mut self, channels: &Channels, learned: LearnedElsewhere, pace: f64) {
        self.learned = learned;
        self.is_moved |= (0..CHANNELS).any(|channel| self.target(channels, channel) != [0.0; 2]);
        if self.is_moved {
            (0..CHANNELS).for_each(|channel| self.step(channels, channel, pace));
        }
    }

    /// Ends the smoothing of a channel.
    pub(super) fn follow_at_once(&mut self, channels: &Channels, channel: usize) {
        self.step(channels, channel, 1.0);
    }

    fn target(&self, channels: &Channels, channel: usize) -> [f32; 2] {
        let [cutoff, resonance] = channels.tone(channel);
        [if self.learned.cutoff { 0.0 } else { cutoff }, if self.learned.resonance { 0.0 } else { resonance }]
    }

    fn step(&mut self, channels: &Channels, channel: usize, pace: f64) {
        let targets = self.target(channels, channel);
        let values = self.values.get_mut(channel).into_iter().flatten();
        values.zip(targets).for_each(|(value, target)| value.step(f64::from(target), pace));
    }

    /// What is added to cut-off and resonance of a channel's notes now.
    pub(super) fn of(&self, channel: usize) -> [f32; 2] {
        self.values.get(channel).map_or([0.0; 2], |values| values.map(|value| value.now() as f32))
    }
}
