//! One voice: where it is in which sound, how loud, and on its way to which other sound. AUDIO THREAD.

use super::bank::Bank;
use super::envelope::{Envelope, EnvelopeRates};
use super::kernel::{Kernels, MAX_TAPS};
use super::poly::Note;
use super::slots::{Slots, SoundRef};
use super::stroke::Stroke;
use super::tick::{Ramp, TICK_SAMPLES};

/// Room for the samples of a sound that one piece of output is made from.
const WINDOW_SAMPLES: usize = 8192;
/// Samples that a stretch leaves at their place: the first 30 ms.
const UNSTRETCHED_S: f64 = 0.03;

/// Buffers that all voices share.
pub(super) struct Scratch {
    window: Vec<f32>,
    current: [f32; TICK_SAMPLES],
    next: [f32; TICK_SAMPLES],
}

impl Scratch {
    /// Allocates: not for the audio thread.
    pub(super) fn new() -> Self {
        Self { window: vec![0.0; WINDOW_SAMPLES], current: [0.0; TICK_SAMPLES], next: [0.0; TICK_SAMPLES] }
    }
}

/// What is the same for all voices within a tick.
pub(super) struct Span<'a> {
    pub(super) kernels: &'a Kernels,
    pub(super) rates: &'a EnvelopeRates,
    /// Playback ratio of the tuning (coarse, fine, bend), over the tick.
    pub(super) tune: Ramp,
    /// Where in the tick the span begins.
    pub(super) offset: usize,
    pub(super) fade_samples: u32,
}

/// A place in a sound, and the pace through it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play {
    pub(super) sound: SoundRef,
    /// Position in samples of the sound.
    pub(super) cursor: f64,
    /// Samples of the sound per output sample, without the tuning.
    pub(super) step: f64,
}

/// What was played of a piece of output.
#[derive(Clone, Copy, Debug)]
struct Played {
    /// Samples before the end of the sound; silence follows them.
    samples: usize,
    /// Whether there is more to come.
    goes_on: bool,
}

/// A crossfade under way.
#[derive(Clone, Copy, Debug)]
struct Fade {
    to: Play,
    position: u32,
    correlation: f32,
}

/// A fade to silence under way: stolen or choked.
#[derive(Clone, Copy, Debug)]
struct Dying {
    left: u32,
    total: u32,
}

/// A note.
pub(super) struct Voice {
    pub(super) key: u8,
    pub(super) channel: u8,
    /// Slot of the note's zone.
    pub(super) home: usize,
    /// Grows with every note.
    pub(super) order: u64,
    stroke: Stroke,
    envelope: Envelope,
    current: Option<Play>,
    fade: Option<Fade>,
    dying: Option<Dying>,
    active: bool,
    /// Its key is up, and the sustain pedal holds it.
    on_pedal: bool,
}

/// References that a voice has let go.
pub(super) type Freed = [Option<SoundRef>; 2];

impl Voice {
    pub(super) fn idle() -> Self {
        let envelope = Envelope::start();
        Self {
            key: 0,
            channel: 0,
            home: 0,
            order: 0,
            stroke: Stroke::NONE,
            envelope,
            current: None,
            fade: None,
            dying: None,
            active: false,
            on_pedal: false,
        }
    }

    /// Begins a note, as yet without a sound.
    pub(super) fn start(&mut self, note: Note, home: usize, order: u64) {
        let Note { key, stroke, channel } = note;
        *self = Self { key, channel, stroke, home, order, active: true, ..Self::idle() };
    }

    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Active, and neither stolen nor choked.
    pub(super) fn is_living(&self) -> bool {
        self.active && self.dying.is_none()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.active && self.current.is_none()
    }

    pub(super) fn is_released(&self) -> bool {
        self.envelope.is_released()
    }

    pub(super) fn is_fading(&self) -> bool {
        self.fade.is_some()
    }

    /// Present level, for the choice of a victim.
    pub(super) fn level(&self) -> f32 {
        let dying = self.dying.map_or(1.0, |dying| dying.left as f32 / dying.total as f32);
        self.envelope.level() * self.stroke.gain * dying
    }

    /// Where it plays; during a crossfade, where it goes.
    pub(super) fn place(&self) -> Option<Play> {
        self.fade.map(|fade| fade.to).or(self.current)
    }

    /// Gives a waiting voice its sound. The caller has counted the reader.
    pub(super) fn play(&mut self, play: Play) {
        self.current = Some(play);
    }

    /// Begins a crossfade. The caller has counted the reader.
    pub(super) fn cross_to(&mut self, to: Play, correlation: f32) {
        self.fade = Some(Fade { to, position: 0, correlation });
    }

    /// The key is up while the pedal is down.
    pub(super) fn leave_to_pedal(&mut self) -> Freed {
        self.on_pedal = true;
        [None; 2]
    }

    pub(super) fn is_left_to_pedal(&self) -> bool {
        self.on_pedal
    }

    pub(super) fn release(&mut self) -> Freed {
        self.envelope.release();
        // A note that ends before its sound is there is not heard any more.
        if self.is_waiting() { self.end() } else { [None; 2] }
    }

    /// Fades out within `samples`.
    pub(super) fn die(&mut self, samples: u32) -> Freed {
        if self.is_waiting() {
            return self.end();
        }
        if self.is_living() {
            let total = samples.max(1);
            self.dying = Some(Dying { left: total, total });
        }
        [None; 2]
    }

    /// Ends at once.
    pub(super) fn end(&mut self) -> Freed {
        self.active = false;
        let fade = self.fade.take().map(|fade| fade.to.sound);
        [self.current.take().map(|play| play.sound), fade]
    }

    /// Adds the voice to `out`, at most one tick long. Returns what it no longer reads.
    pub(super) fn render(&mut self, slots: &Slots, span: &Span, scratch: &mut Scratch, out: &mut [f32]) -> Freed {
        let mut freed = [None; 2];
        let mut done = 0;
        while self.active && done < out.len() {
            let Some(mut current) = self.current else { break };
            let piece =
                self.fade.map_or(usize::MAX, |fade| span.fade_samples.saturating_sub(fade.position).max(1) as usize);
            let piece = piece.min(out.len() - done);
            let (Some(out), Some(here)) = (out.get_mut(done..done + piece), scratch.current.get_mut(..piece)) else {
                break;
            };
            let offset = span.offset + done;
            let mut played = current.render(slots.bank(current.sound), span, offset, here, &mut scratch.window);
            self.current = Some(current);
            if let (Some(fade), Some(next)) = (&mut self.fade, scratch.next.get_mut(..piece)) {
                played = fade.to.render(slots.bank(fade.to.sound), span, offset, next, &mut scratch.window);
                fade.mix(here, next, span.fade_samples);
                if fade.position >= span.fade_samples {
                    freed = [Some(current.sound), None];
                    self.current = Some(fade.to);
                    self.fade = None;
                }
            }
            // What the filter still holds at the end of a sound is not heard: where a piece stops must not decide how much of it.
            self.stroke.darken(here.get_mut(..played.samples).unwrap_or_default());
            if !self.add(here, span.rates, out) || !played.goes_on {
                let [a, b] = self.end();
                return if freed[0].is_some() { [freed[0], a] } else { [a, b] };
            }
            done += piece;
        }
        freed
    }

    /// Adds `sound` to `out` under the envelope; false when the note has ended.
    fn add(&mut self, sound: &[f32], rates: &EnvelopeRates, out: &mut [f32]) -> bool {
        for (out, sample) in out.iter_mut().zip(sound) {
            let mut gain = self.envelope.next(rates) * self.stroke.gain;
            if let Some(dying) = &mut self.dying {
                if dying.left == 0 {
                    return false;
                }
                dying.left -= 1;
                gain *= dying.left as f32 / dying.total as f32;
            }
            if self.envelope.has_ended() {
                return false;
            }
            *out += sample * gain;
        }
        true
    }
}

impl Fade {
    /// Mixes `next` into `current` with gains that keep g₁² + g₂² + 2·r·g₁·g₂ = 1.
    fn mix(&mut self, current: &mut [f32], next: &[f32], fade_samples: u32) {
        for (current, next) in current.iter_mut().zip(next) {
            self.position += 1;
            let rise = self.position as f32 / fade_samples.max(1) as f32;
            let fall = 1.0 - rise;
            let norm = (fall * fall + rise * rise + 2.0 * self.correlation * fall * rise).sqrt();
            *current = (*current * fall + next * rise) / norm;
        }
    }
}

impl Play {
    /// The same moment in another sound, at that sound's pace.
    pub(super) fn moved_to(&self, sound: SoundRef, step: f64, from: &Bank, to: &Bank) -> Play {
        let (Some(old), Some(new)) = (from.head(), to.head()) else { return Play { sound, step, cursor: self.cursor } };
        let mut cursor = self.cursor;
        let (old_stretch, new_stretch) = (f64::from(old.spec.shaping.stretch), f64::from(new.spec.shaping.stretch));
        if old_stretch != new_stretch && old_stretch > 0.0 {
            let kept = UNSTRETCHED_S * f64::from(old.sample_rate_hz);
            cursor = if cursor <= kept { cursor } else { kept + (cursor - kept) * new_stretch / old_stretch };
        }
        if step != self.step && self.step > 0.0 {
            cursor *= step / self.step;
        }
        Play { sound, step, cursor }
    }

    /// Fills `out` and moves on.
    fn render(
        &mut self,
        bank: Option<&Bank>,
        span: &Span,
        offset: usize,
        out: &mut [f32],
        window: &mut [f32],
    ) -> Played {
        let mut played = Played { samples: 0, goes_on: false };
        let top_ratio = self.step * span.tune.maximum();
        let kernel = span.kernels.for_ratio(top_ratio);
        let (Some(bank), Some(kernel)) = (bank, kernel) else {
            out.fill(0.0);
            return played;
        };
        let length = bank.head().map_or(0.0, |head| head.length_samples as f64);
        let fits = ((window.len().saturating_sub(kernel.taps() + 2)) as f64 / top_ratio.max(1e-9)) as usize;
        let mut offset = offset;
        for piece in out.chunks_mut(fits.max(1)) {
            let first = self.cursor.floor();
            let reach = (self.step * span.tune.maximum() * piece.len() as f64) as usize + kernel.taps() + 2;
            let needed = reach.min(window.len());
            let Some(window) = window.get_mut(..needed) else { return played };
            bank.copy(first as i64 - kernel.lead() as i64, window);
            for out in piece {
                let whole = self.cursor.floor();
                let start = (whole - first) as usize;
                // Nothing comes after the end: where a piece stops must not decide how much of the kernel's tail is heard.
                let taps = if self.cursor < length { window.get(start..start + kernel.taps()) } else { None };
                played.samples += usize::from(self.cursor < length);
                *out = taps.map_or(0.0, |window| kernel.interpolate(window, self.cursor - whole));
                self.cursor += self.step * span.tune.at(offset);
                offset += 1;
            }
        }
        played.goes_on = self.cursor < length;
        played
    }
}

/// Samples of a sound that must be there before a voice moves to it, and how near to a gap it turns back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Samples from the cursor on that make a sound playable.
    pub(super) need: usize,
    /// Samples before a gap at which the voice must cross over to something else.
    pub(super) margin: usize,
}

impl Reach {
    /// For a playback ratio and a crossfade of `fade_samples` output samples.
    pub(super) fn new(ratio: f64, fade_samples: u32) -> Self {
        const LEAST: usize = 2 * crate::link::BLOCK_SAMPLES;
        let taps = ((ratio.max(1.0) * 40.0) as usize).min(MAX_TAPS);
        let fade = (ratio * f64::from(fade_samples)) as usize;
        let tick = (ratio * TICK_SAMPLES as f64) as usize;
        let margin = fade + 2 * tick + taps;
        Self { need: LEAST.max(4 * margin), margin }
    }
}
