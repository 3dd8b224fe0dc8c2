//! What a voice adds to the output: its sound, filtered and with its gains. AUDIO THREAD.

use super::super::envelope::EnvelopeRates;
use super::super::kernel::Kernels;
use super::super::mixer::Buses;
use super::super::playback::{Crossfade, Piece, Played, Reader, Reading, widen};
use super::super::slots::Slots;
use super::super::tick::{Ramp, TICK_SAMPLES};
use super::{FadeOut, Freed, Voice};
use crate::link::MAX_CHANNELS;

/// Scratch buffers that all voices share.
pub(in super::super) struct Scratch {
    reader: Reader,
    current: Piece,
    next: Piece,
    /// The buses that the voices are added to.
    pub(in super::super) buses: Buses,
}

impl Scratch {
    /// Allocates; not audio-thread safe.
    pub(in super::super) fn new() -> Self {
        let silence = [[0.0; TICK_SAMPLES]; MAX_CHANNELS];
        Self { reader: Reader::new(), current: silence, next: silence, buses: Buses::new() }
    }
}

/// What is the same for all voices of a rendered span, which lies within one tick.
pub(in super::super) struct Span<'a> {
    pub(in super::super) kernels: &'a Kernels,
    pub(in super::super) rates: &'a EnvelopeRates,
    /// Playback ratio of each channel's tuning (coarse, fine, bend), over the tick.
    pub(in super::super) tunes: &'a [Ramp],
    /// Fade-out of a note that has decayed until nothing of it is heard.
    pub(in super::super) fade_samples: u32,
    /// Sample of the tick at which the span begins.
    pub(in super::super) offset: usize,
}

impl Voice {
    /// Adds `length` samples of the voice, at most one tick, to the buses. Returns the sounds that it no longer reads.
    pub(in super::super) fn render(
        &mut self,
        slots: &Slots,
        span: &Span,
        scratch: &mut Scratch,
        length: usize,
    ) -> Freed {
        let mut freed = [None; 2];
        let mut done = 0;
        while self.active && done < length {
            if self.current.is_some() && self.fade_out.is_none() {
                done += self.envelope.wait(span.rates, length - done);
            }
            if done == length {
                break;
            }
            let rest = |crossfade: &Crossfade| crossfade.left_samples().max(1);
            let offset = span.offset + done;
            let glide = self.glide.left_in_tick(offset).unwrap_or(usize::MAX);
            let piece = self.crossfade.as_ref().map_or(usize::MAX, rest).min(length - done).min(glide);
            let tune = self.tune_with(span.tunes, |tune| self.glide.tuned_from(tune, offset));
            let reading = Reading { kernels: span.kernels, tune, offset };
            let Some(played) = self.read(slots, &reading, piece, scratch, &mut freed) else { break };
            // Filtering stops at the end of the sound, so that the filter's tail does not depend on where a piece ends.
            let ends_tick = reading.offset + piece == TICK_SAMPLES;
            self.response.darken(&mut scratch.current, played.channels, played.samples, ends_tick);
            self.motion.filter(&mut scratch.current, played.channels, piece, reading.offset);
            let ring = self.motion.ring_samples().filter(|_| !played.goes_on);
            let ringing = ring.map(|samples| (played.samples, samples));
            let fading = ringing.or_else(|| played.is_faint.then_some((0, span.fade_samples)));
            let goes_on = self.add(done, piece, &reading, (span.rates, fading), played.channels, scratch);
            if !goes_on || (!played.goes_on && ring.is_none()) {
                let ended = self.end();
                // A crossfade that has just ended leaves one sound.
                return match (freed, ended) {
                    ([Some(left), _], [now, _]) => [Some(left), now],
                    (_, ended) => ended,
                };
            }
            done += piece;
        }
        freed
    }

    /// Reads the current sound, mixed with the next one during a crossfade, into `scratch.current`. `None` while the voice waits.
    fn read(
        &mut self,
        slots: &Slots,
        reading: &Reading,
        piece: usize,
        scratch: &mut Scratch,
        freed: &mut Freed,
    ) -> Option<Played> {
        let Scratch { reader, current: here, next, .. } = scratch;
        let current = self.current.as_mut()?;
        let mut played = current.render(slots.buffer(current.sound), reading, piece, here, reader);
        if let Some(crossfade) = &mut self.crossfade {
            let before = played.channels;
            played = crossfade.to.render(slots.buffer(crossfade.to.sound), reading, piece, next, reader);
            let channels = before.max(played.channels);
            widen(here, before, channels, piece);
            widen(next, played.channels, channels, piece);
            played.channels = channels;
            crossfade.mix(here, next, channels, piece);
            if crossfade.left_samples() == 0 {
                *freed = [Some(current.sound), None];
                self.current = Some(crossfade.to);
                self.crossfade = None;
            }
        }
        Some(played)
    }

    /// Adds `scratch.current` to the buses, multiplied by envelope and gains; `fading` is the sample from which on it fades out, since only its filter
    /// rings or nothing of it is heard any more, and the samples in which it does. Returns false if the note has ended.
    fn add(
        &mut self,
        start: usize,
        length: usize,
        reading: &Reading,
        (rates, fading): (&EnvelopeRates, Option<(usize, u32)>),
        channels: usize,
        scratch: &mut Scratch,
    ) -> bool {
        let mut gains = [0.0; TICK_SAMPLES];
        let gains = gains.get_mut(..length).unwrap_or_default();
        let count = self.envelope.fill(rates, gains);
        let gains = gains.get_mut(..count).unwrap_or_default();
        gains.iter_mut().for_each(|gain| *gain *= self.response.gain);
        let count = self.fade(gains, fading);
        let gains = gains.get_mut(..count).unwrap_or_default();
        self.fade_in.apply(gains);
        self.expression.apply_gain(reading.offset, gains);
        self.motion.apply_gain(reading.offset, gains);
        let pan = self.expression.pan(reading.offset, self.motion.pan());
        scratch.buses.add(start, &scratch.current, channels, gains, pan.as_ref());
        count == length
    }

    /// Multiplies gains by the fade-out, which begins at the sample that `fading` tells if none is in progress. Returns how many lie before its end.
    fn fade(&mut self, gains: &mut [f32], fading: Option<(usize, u32)>) -> usize {
        let mut first = 0;
        if self.fade_out.is_none()
            && let Some((start, samples)) = fading.filter(|(start, _)| *start < gains.len())
        {
            first = start;
            self.fade_out = Some(FadeOut { left_samples: samples, total_samples: samples });
        }
        let Some(fade_out) = &mut self.fade_out else { return gains.len() };
        let left = gains.len().min(first.saturating_add(fade_out.left_samples as usize));
        for gain in gains.iter_mut().take(left).skip(first) {
            fade_out.left_samples -= 1;
            *gain *= fade_out.left_samples as f32 / fade_out.total_samples as f32;
        }
        left
    }
}
