//! The synth: events and controls in, samples out. AUDIO THREAD.
//!
//! No allocation, no free, no lock, no wait (but for [`offline`]), no log, no panic, bounded work: everything is allocated by
//! [`Synth::new`], and what a call does grows with the samples it renders, not with what has piled up.
//!
//! Controls are read, requests published and new sounds taken up on a grid of 64 samples, counted from the last reset. Notes act on
//! their own sample. So the output does not depend on how the host cuts its blocks.

mod bank;
mod controls;
mod envelope;
mod kernel;
mod offline;
mod poly;
mod slot;
mod slots;
mod stroke;
mod tick;
mod voice;
mod wants;

use std::sync::atomic::Ordering;

use crate::link::AudioEnd;
use crate::units::db_to_gain;
use envelope::EnvelopeRates;
use kernel::Kernels;
use poly::{Moment, Note, Timing, Voices};
use slots::Slots;
use stroke::Stroke;
use tick::{Smoothed, TICK_SAMPLES};
use voice::{Scratch, Span};
use wants::Wants;

pub use controls::{Controls, ResidualSet, is_within_recording};

/// Messages taken, and blocks handed back, per tick: a sound of 2 s fits in one.
const MESSAGES_PER_TICK: usize = 64;
/// Time constant of gain and tuning.
const SMOOTHING_S: f32 = 0.005;
/// Range of pitch bend in semitones.
const BEND_LIMIT: f32 = 96.0;
/// Rate before the host has named one.
const FIRST_RATE_HZ: f32 = 48_000.0;

/// Something that happens at a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples from the start of the call. Beyond its end counts as its end.
    pub offset: usize,
    /// What happens.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note begins. A note of the same key and channel that still sounds is released. Velocity 0 is a note-off.
    NoteOn {
        /// MIDI key, [0, 127].
        key: u8,
        /// [0, 1].
        velocity: f32,
        /// MIDI channel, [0, 15].
        channel: u8,
    },
    /// A note is released.
    NoteOff {
        /// MIDI key, [0, 127].
        key: u8,
        /// MIDI channel, [0, 15].
        channel: u8,
    },
    /// A note ends within 5 ms.
    Choke {
        /// MIDI key, [0, 127].
        key: u8,
        /// MIDI channel, [0, 15].
        channel: u8,
    },
    /// All notes are bent.
    PitchBend {
        /// [−96, 96].
        semitones: f32,
    },
    /// The sustain pedal: while it is down, released notes of its channel go on.
    Sustain {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// Whether it is down.
        down: bool,
    },
    /// All notes are released, whatever the pedals.
    AllNotesOff,
    /// All notes end within 5 ms.
    AllSoundOff,
}

/// The audio side of an instance. Made and dropped off the audio thread, since both allocate or free.
pub struct Synth {
    slots: Slots,
    voices: Voices,
    wants: Wants,
    scratch: Scratch,
    kernels: &'static Kernels,
    controls: Controls,
    timing: Timing,
    rates: EnvelopeRates,
    gain: Smoothed,
    tune: Smoothed,
    bend_semitones: f32,
    offline: bool,
    /// Ticks since the last reset, the present one not counted.
    tick: u64,
    /// Samples of the present tick that are rendered; [`TICK_SAMPLES`] when the next tick is due.
    in_tick: usize,
}

impl Synth {
    /// Allocates all that it will ever need: not for the audio thread.
    pub(crate) fn new(mut end: AudioEnd) -> Self {
        let zones = end.zones();
        let controls = Controls::default();
        Self {
            slots: Slots::new(end),
            voices: Voices::new(),
            wants: Wants::new(zones),
            scratch: Scratch::new(),
            kernels: Kernels::shared(),
            timing: Timing::new(FIRST_RATE_HZ),
            rates: rates(&controls, FIRST_RATE_HZ),
            controls,
            gain: Smoothed::new(),
            tune: Smoothed::new(),
            bend_semitones: 0.0,
            offline: false,
            tick: 0,
            in_tick: TICK_SAMPLES,
        }
    }

    /// Renders `out.len()` mono samples over whatever `out` holds. `events` are sorted by offset. Audio-thread safe.
    pub fn render(&mut self, events: &[Event], controls: &Controls, out: &mut [f32]) {
        out.fill(0.0);
        let mut events = events.iter().peekable();
        let mut position = 0;
        loop {
            let due = events.peek().map_or(usize::MAX, |event| event.offset.min(out.len()));
            if self.in_tick >= TICK_SAMPLES && (position < out.len() || due <= position) {
                self.begin_tick(controls);
            }
            if due <= position {
                if let Some(event) = events.next() {
                    self.handle(event.kind);
                }
                continue;
            }
            if position >= out.len() {
                break;
            }
            let count = due.min(out.len()).min(position + TICK_SAMPLES - self.in_tick) - position;
            if let Some(out) = out.get_mut(position..position + count) {
                self.render_span(out);
            }
            position += count;
        }
        let peak = out.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        self.slots.end().telemetry().raise_peak(peak);
    }

    /// Sets the host's rate in hertz, [1000, 1 000 000], and ends all notes. Audio-thread safe.
    pub fn set_sample_rate(&mut self, hz: f32) {
        let rate_hz = if hz.is_finite() { hz.clamp(1e3, 1e6) } else { FIRST_RATE_HZ };
        self.timing = Timing::new(rate_hz);
        self.reset();
    }

    /// Ends all notes at once, without a fade, and restarts the 64-sample grid. Decoded sounds stay. Audio-thread safe.
    pub fn reset(&mut self) {
        self.voices.reset(&mut self.slots);
        self.gain = Smoothed::new();
        self.tune = Smoothed::new();
        self.bend_semitones = 0.0;
        self.tick = 0;
        self.in_tick = TICK_SAMPLES;
        if self.offline {
            self.slots.set_offline(true);
        }
        self.slots.end().telemetry().render_failed.store(false, Ordering::Relaxed);
    }

    /// Offline, rendering waits for the worker, and the result depends on nothing but events and controls. Audio-thread safe.
    pub fn set_offline(&mut self, offline: bool) {
        if self.offline != offline {
            self.offline = offline;
            self.slots.set_offline(offline);
        }
    }

    /// Whether no note sounds or waits: the output stays silent until the next one. Audio-thread safe.
    pub fn is_idle(&self) -> bool {
        self.voices.active() == 0
    }

    /// Whether an offline render since the last reset went on without a sound because the worker had failed. Audio-thread safe.
    pub fn render_failed(&mut self) -> bool {
        self.slots.end().telemetry().render_failed.load(Ordering::Relaxed)
    }

    /// Reads the controls, takes up what the worker has sent, asks for what is wanted.
    fn begin_tick(&mut self, controls: &Controls) {
        self.in_tick = 0;
        self.read_controls(controls);
        self.read_zones();
        self.slots.drain(MESSAGES_PER_TICK);
        if self.offline {
            offline::take_over(&mut self.slots, self.tick);
        } else {
            self.slots.receive(MESSAGES_PER_TICK);
        }
        let moment = Moment { wants: &self.wants, timing: &self.timing, tune: self.tune.ramp(ratio) };
        let late = self.voices.follow(&mut self.slots, &moment);
        if self.offline {
            let delay = offline::delay_ticks(self.timing.fade_samples);
            self.wants.request_offline(&mut self.slots, &self.voices, self.tick, delay);
        } else {
            self.wants.request_live(&mut self.slots, &self.voices, self.tick);
        }
        self.slots.publish();
        self.report(late);
        self.tick += 1;
    }

    fn read_controls(&mut self, controls: &Controls) {
        self.controls = controls.checked(&self.controls);
        self.wants.set_point(&self.controls);
        self.rates = rates(&self.controls, self.timing.rate_hz);
        let pace = f64::from(1.0 - (-(TICK_SAMPLES as f32) / (SMOOTHING_S * self.timing.rate_hz)).exp());
        self.gain.step(f64::from(db_to_gain(self.controls.gain_db)), pace);
        let semitones = self.controls.coarse_semitones + self.controls.fine_cents / 100.0 + self.bend_semitones;
        self.tune.step(f64::from(semitones), pace);
    }

    fn read_zones(&mut self) {
        let zones = self.slots.end().zones();
        if self.wants.set_zones(zones) {
            self.slots.forget_all(self.wants.zones().roots());
            self.voices.rehome(&mut self.slots, &self.wants, self.tick);
        }
    }

    fn report(&mut self, late: u64) {
        let active = u32::try_from(self.voices.active()).unwrap_or(u32::MAX);
        let playhead = self.voices.playhead(&self.slots);
        let telemetry = self.slots.end().telemetry();
        telemetry.playing_voices.store(active, Ordering::Relaxed);
        telemetry.set_playhead(playhead);
        if late > 0 {
            telemetry.late_count.fetch_add(late, Ordering::Relaxed);
        }
    }

    fn handle(&mut self, kind: EventKind) {
        let slots = &mut self.slots;
        match kind {
            EventKind::NoteOn { key, velocity, channel } if velocity > 0.0 => {
                let stroke = Stroke::new(velocity.min(1.0), self.controls.touch, self.timing.rate_hz);
                self.note_on(Note { key: key.min(127), stroke, channel });
            }
            EventKind::NoteOn { key, channel, .. } | EventKind::NoteOff { key, channel } => {
                self.voices.note_off(slots, key.min(127), channel)
            }
            EventKind::Choke { key, channel } => self.voices.choke(slots, &self.timing, key.min(127), channel),
            EventKind::PitchBend { semitones } if semitones.is_finite() => {
                self.bend_semitones = semitones.clamp(-BEND_LIMIT, BEND_LIMIT)
            }
            EventKind::PitchBend { .. } => {}
            EventKind::Sustain { channel, down } => self.voices.sustain(slots, channel, down),
            EventKind::AllNotesOff => self.voices.all_notes_off(slots),
            EventKind::AllSoundOff => self.voices.all_sound_off(slots, &self.timing),
        }
    }

    fn note_on(&mut self, note: Note) {
        let key = self.wants.slot_key(note.key);
        self.wants.set_main(key);
        let Some(home) = self.slots.slot_for(key, self.tick) else { return };
        if self.offline {
            offline::ensure(&mut self.slots, &self.wants, &self.voices, home, self.tick);
        } else if self
            .slots
            .get(home)
            .is_some_and(|slot| slot.requested.is_some_and(|request| slot.failed >= request.generation))
        {
            // A new note tries a failed sound once more.
            self.slots.withdraw(home);
        }
        let moment = Moment { wants: &self.wants, timing: &self.timing, tune: self.tune.ramp(ratio) };
        if !self.voices.note_on(&mut self.slots, &moment, note, home) {
            self.slots.end().telemetry().late_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Renders within one tick and between events.
    fn render_span(&mut self, out: &mut [f32]) {
        let span = Span {
            kernels: self.kernels,
            rates: &self.rates,
            tune: self.tune.ramp(ratio),
            offset: self.in_tick,
            fade_samples: self.timing.fade_samples,
        };
        self.voices.render(&mut self.slots, &span, &mut self.scratch, out);
        let gain = self.gain.ramp(|gain| gain);
        for (offset, sample) in out.iter_mut().enumerate() {
            *sample *= gain.at(self.in_tick + offset) as f32;
        }
        self.in_tick += out.len();
    }
}

/// Playback ratio of a number of semitones.
fn ratio(semitones: f64) -> f64 {
    (semitones / 12.0).exp2()
}

fn rates(controls: &Controls, rate_hz: f32) -> EnvelopeRates {
    EnvelopeRates::new(controls.attack_s, controls.decay_s, controls.sustain, controls.release_s, rate_hz)
}
