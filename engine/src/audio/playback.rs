//! Playback of a sound at a variable rate: read position, interpolation, crossfade, and the same moment in another sound. AUDIO THREAD.

use std::ops::Range;

use super::interpolation::Places;
use super::kernel::{Kernel, Kernels};
use super::slots::SoundRef;
use super::sound_buffer::SoundBuffer;
use super::tick::{Ramp, TICK_SAMPLES};
use crate::link::{LevelCourse, MAX_CHANNELS};

/// Samples of a sound that are resampled at a time: enough for a tick with the longest kernel up to a playback ratio of 111; a larger
/// ratio takes several windows.
const WINDOW_SAMPLES: usize = 8192;

/// Gain at which a note that decays on ends: −60 dB, below a level that has fallen before.
const FAINTEST: f32 = 1e-3;

/// Largest gain that keeps the level of a note that goes on, and one over the smallest: 12 dB.
const MOST_LEVELLING: f32 = 4.0;

/// At most one tick of output, `[channel][sample]`.
pub(super) type Piece = [[f32; TICK_SAMPLES]; MAX_CHANNELS];

/// Scratch of reading.
pub(super) struct Reader {
    window: Vec<f32>,
    places: Places,
}

impl Reader {
    /// Allocates; not audio-thread safe.
    pub(super) fn new() -> Self {
        Self { window: vec![0.0; WINDOW_SAMPLES], places: Places::new() }
    }
}

/// A read position in a sound, and its playback rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play {
    pub(super) sound: SoundRef,
    /// Read position in samples of the sound.
    pub(super) cursor_samples: f64,
    /// Sound samples per output sample, without the tuning.
    pub(super) step: f64,
    /// The step with which the sound was taken up: another one than `step` once the note has gone on at another key.
    pub(super) first_step: f64,
    /// Linear gain: below 1 for a note that decays on after the end of its sound.
    pub(super) gain: f32,
    /// Level that a note keeps which goes on, relative to the mean of the part that is repeated; none before its first crossing.
    pub(super) held_level: Option<f32>,
}

/// What a piece of output is rendered with.
pub(super) struct Reading<'a> {
    pub(super) kernels: &'a Kernels,
    /// Playback ratio of the tuning over the tick.
    pub(super) tune: Ramp,
    /// Sample of the tick at which the piece begins.
    pub(super) offset: usize,
}

/// What a rendered piece holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Played {
    /// Samples before the end of the sound; zeros follow them.
    pub(super) samples: usize,
    /// Whether the sound continues after the piece.
    pub(super) goes_on: bool,
    /// Whether it has decayed until nothing of it is heard.
    pub(super) is_faint: bool,
    /// Channels that were filled.
    pub(super) channels: usize,
}

impl Play {
    /// The same moment in another sound, played at `step` sound samples per output sample.
    pub(super) fn moved_to(&self, sound: SoundRef, step: f64, from: &SoundBuffer, to: &SoundBuffer) -> Play {
        let (Some(old), Some(new)) = (from.head(), to.head()) else {
            return Play { sound, step, first_step: step, ..*self };
        };
        let mut cursor_samples = old.stretch.moved_to(&new.stretch, self.cursor_samples);
        // Between roots the time since the note's start stays, at whatever key the note has gone on; within a root the place in the sound.
        let before = if old.spec.key == new.spec.key { self.step } else { self.first_step };
        if step != before && before > 0.0 {
            cursor_samples *= step / before;
        }
        Play { sound, step, first_step: step, cursor_samples, ..*self }
    }

    /// Fills the first `length` samples of `out` and advances the cursor.
    pub(super) fn render(
        &mut self,
        buffer: Option<&SoundBuffer>,
        reading: &Reading,
        length: usize,
        out: &mut Piece,
        reader: &mut Reader,
    ) -> Played {
        let top_ratio = self.step * reading.tune.maximum();
        let kernel = reading.kernels.for_ratio(top_ratio);
        let (Some(buffer), Some(kernel)) = (buffer, kernel) else {
            out.iter_mut().for_each(|channel| channel.fill(0.0));
            return Played { samples: 0, goes_on: false, is_faint: false, channels: 1 };
        };
        let channels = buffer.head().map_or(1, |head| head.channels).clamp(1, MAX_CHANNELS);
        let fits = ((WINDOW_SAMPLES.saturating_sub(kernel.taps() + 2)) as f64 / top_ratio.max(1e-9)) as usize;
        let (mut done, mut samples) = (0, 0);
        while done < length {
            let piece = done..length.min(done.saturating_add(fits.max(1)));
            done = piece.end;
            samples += self.render_piece(buffer, (reading, kernel), (out, channels, piece), reader);
        }
        let end = buffer.head().map_or(0.0, |head| head.length_samples as f64);
        Played { samples, goes_on: self.cursor_samples < end, is_faint: self.gain <= FAINTEST, channels }
    }

    /// Linear gain at a position in the sound: what it has fallen by, and what keeps its level.
    fn level_at(&self, course: &LevelCourse, cursor_samples: f64) -> f32 {
        let Some(held) = self.held_level else { return self.gain };
        let gain = held / course.at(cursor_samples);
        self.gain * if gain.is_finite() { gain.clamp(1.0 / MOST_LEVELLING, MOST_LEVELLING) } else { 1.0 }
    }

    /// Fills the samples `piece` of the first `channels` channels from one window of the sound and advances the cursor. Returns the number of
    /// samples before the end of the sound; those behind it are 0, so that the kernel's tail does not depend on where a piece ends.
    fn render_piece(
        &mut self,
        buffer: &SoundBuffer,
        (reading, kernel): (&Reading, &Kernel),
        (out, channels, piece): (&mut Piece, usize, Range<usize>),
        Reader { window, places }: &mut Reader,
    ) -> usize {
        let length = buffer.head().map_or(0.0, |head| head.length_samples as f64);
        let first = self.cursor_samples.floor();
        let reach = (self.step * reading.tune.maximum() * piece.len() as f64) as usize + kernel.taps() + 2;
        let needed = reach.min(window.len());
        self.advance(reading, &piece, first, places.positions());
        let is_heard = |position: &f64| first + position < length;
        let samples = places.positions().iter().take(piece.len()).rposition(is_heard).map_or(0, |last| last + 1);
        places.locate(kernel, samples);
        let is_levelled = self.gain != 1.0 || self.held_level.is_some();
        for (channel, out) in out.iter_mut().enumerate().take(channels) {
            let read = buffer.read(channel, first as i64 - kernel.lead() as i64, needed, window);
            let out = out.get_mut(piece.clone()).unwrap_or_default();
            let Some((out, rest)) = out.split_at_mut_checked(samples) else { continue };
            places.interpolate(kernel, read, out);
            if is_levelled {
                let course = &buffer.sustain().course;
                let positions = out.iter_mut().zip(places.positions());
                positions.for_each(|(out, position)| *out *= self.level_at(course, first + *position));
            }
            rest.fill(0.0);
        }
        samples
    }

    /// Advances the cursor over the samples `piece` and writes the position of each, relative to `first`.
    fn advance(&mut self, reading: &Reading, piece: &Range<usize>, first: f64, positions: &mut [f64; TICK_SAMPLES]) {
        let mut cursor = self.cursor_samples;
        let places = positions.iter_mut().zip(piece.clone());
        if let Some(tune) = reading.tune.still_value() {
            let step = self.step * tune;
            places.for_each(|(position, _)| {
                *position = cursor - first;
                cursor += step;
            });
        } else {
            places.for_each(|(position, index)| {
                *position = cursor - first;
                cursor += self.step * reading.tune.at(reading.offset + index);
            });
        }
        self.cursor_samples = cursor;
    }
}

/// A crossfade in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossfade {
    pub(super) to: Play,
    /// Output samples mixed so far.
    pub(super) position_samples: u32,
    /// Duration in output samples, at least 1.
    pub(super) length_samples: u32,
    /// Correlation of the two sounds, [0, 1].
    pub(super) correlation: f32,
}

impl Crossfade {
    /// Output samples that are left.
    pub(super) fn left_samples(&self) -> usize {
        self.length_samples.saturating_sub(self.position_samples) as usize
    }

    /// Mixes the first `length` samples of `next` into `current` with gains that keep g₁² + g₂² + 2·r·g₁·g₂ = 1, so that neither
    /// identical (r = 1) nor uncorrelated sounds (r = 0) change in level.
    pub(super) fn mix(&mut self, current: &mut Piece, next: &Piece, channels: usize, length: usize) {
        let start = self.position_samples;
        for (current, next) in current.iter_mut().zip(next).take(channels) {
            self.position_samples = start;
            for (current, next) in current.iter_mut().zip(next).take(length) {
                self.position_samples += 1;
                let rise = self.position_samples as f32 / self.length_samples.max(1) as f32;
                let fall = 1.0 - rise;
                let norm = (fall * fall + rise * rise + 2.0 * self.correlation * fall * rise).sqrt();
                *current = (*current * fall + next * rise) / norm;
            }
        }
    }
}

/// Copies the channel of a mono piece (`has` = 1) to the second one if two `channels` are wanted.
pub(super) fn widen(piece: &mut Piece, has: usize, channels: usize, length: usize) {
    if let ([left, right], true) = (piece, has == 1 && channels == 2)
        && let (Some(from), Some(to)) = (left.get(..length), right.get_mut(..length))
    {
        to.copy_from_slice(from);
    }
}
