//! The synth: events and controls in, samples out. AUDIO THREAD.
//!
//! No allocation, no free, no lock, no wait (except in [`offline`]), no log, no panic, bounded work: everything is allocated by
//! [`Synth::new`], and the work of a call is bounded by its samples and events, however many messages wait in the queue.
//!
//! Controls are read, requests published and new sounds received on a 64-sample grid that starts at the last reset. Notes start and end
//! sample-accurately. The output therefore does not depend on the host's block sizes.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::unreachable)
)]

mod activity;
mod arpeggiating;
mod arpeggiator;
mod channel;
mod channels;
mod controller_moves;
mod controllers;
mod effects;
mod entry;
mod envelope;
mod expression;
mod fade_in;
mod filter;
mod fixed_list;
mod following;
mod glide;
mod held_keys;
mod interpolation;
mod kernel;
mod key_tuning;
mod lfo;
mod line;
mod lookahead;
mod messages;
mod mixer;
mod mod_envelope;
mod motion;
mod note;
mod note_lanes;
mod note_motion;
mod notes;
mod offline;
mod one_pole;
mod path;
mod planner;
mod playback;
mod retuning;
mod routing;
mod set_loop;
mod shared_clock;
mod slot;
mod slots;
mod song_position;
mod sound_buffer;
mod sound_motion;
mod steps;
mod sustaining;
mod tick;
mod tone;
mod unison;
mod variation;
mod velocity;
mod voice;
mod voices;
mod width;
mod zone_crossfade;
mod zones;

use std::sync::atomic::Ordering;

use crate::link::AudioEnd;
use crate::params::{Controls, ParamId, Smoothing, VoiceControls};
use crate::units::db_to_gain;
use arpeggiator::Arpeggiator;
use channels::Channels;
use effects::Effects;
use envelope::EnvelopeRates;
use following::TickContext;
use held_keys::HeldKeys;
use kernel::Kernels;
use key_tuning::KeyTuning;
use motion::Motion;
use note_lanes::NoteLanes;
use planner::{Hearing, RequestPlanner};
use slots::Slots;
use song_position::SongPosition;
use sound_motion::SoundMotion;
use tick::{Ramp, Smoothed, TICK_SAMPLES, ratio};
use variation::VariationOrder;
use voice::{Scratch, Span};
use voices::{Timing, Voices};
use width::Width;
use zones::CHANNELS;

pub use controller_moves::ControllerMoves;
pub use note::{EndedNote, Event, EventKind, Expression, NoteAddress, UNKNOWN_RELEASE};
pub use voices::POLYPHONY;

/// Most messages received, and most blocks returned, per tick: a mono sound of 2 s (43 blocks, begin and end) fits in one.
const MESSAGES_PER_TICK: usize = 64;
/// Sample rate until the host sets one.
const FIRST_RATE_HZ: f32 = 48_000.0;

/// The audio half of an instance. Constructed and dropped off the audio thread, since construction allocates and dropping frees.
pub struct Synth {
    slots: Slots,
    voices: Voices,
    channels: Channels,
    planner: RequestPlanner,
    scratch: Scratch,
    arpeggiator: Arpeggiator,
    width: Width,
    effects: Effects,
    kernels: &'static Kernels,
    controls: Controls,
    timing: Timing,
    rates: EnvelopeRates,
    /// Linear output gain.
    gain: Smoothed,
    /// Tuning of each MIDI channel in semitones: coarse + fine + pitch bend.
    tuning: [Smoothed; CHANNELS],
    /// Playback ratio of that tuning over the current tick.
    tunes: [Ramp; CHANNELS],
    song: SongPosition,
    motion: Motion,
    sound_motion: SoundMotion,
    lanes: NoteLanes,
    variations: VariationOrder,
    held_keys: HeldKeys,
    key_tuning: KeyTuning,
    /// Pitch and channel of the note that was played last: where the next one glides from.
    last_played: Option<(f64, u8)>,
    offline: bool,
    /// Ticks begun since the last reset; within [`Self::begin_tick`] the index of the tick.
    tick: u64,
    /// Samples of the current tick already rendered; [`TICK_SAMPLES`] when the next tick is due.
    in_tick_samples: usize,
}

impl Synth {
    /// Allocates everything that the synth needs; not audio-thread safe.
    pub(crate) fn new(mut end: AudioEnd) -> Self {
        let planner = RequestPlanner::new(end.sources());
        let controls = Controls::default();
        Self {
            slots: Slots::new(end),
            voices: Voices::new(),
            channels: Channels::new(),
            planner,
            scratch: Scratch::new(),
            arpeggiator: Arpeggiator::new(),
            width: Width::new(FIRST_RATE_HZ),
            effects: Effects::new(FIRST_RATE_HZ),
            kernels: Kernels::shared(),
            timing: Timing::new(FIRST_RATE_HZ),
            rates: rates(&controls, FIRST_RATE_HZ),
            controls,
            gain: Smoothed::new(),
            tuning: [Smoothed::new(); CHANNELS],
            tunes: [Ramp::ONE; CHANNELS],
            song: SongPosition::default(),
            motion: Motion::new(FIRST_RATE_HZ),
            sound_motion: SoundMotion::default(),
            lanes: NoteLanes::default(),
            variations: VariationOrder::default(),
            held_keys: HeldKeys::default(),
            key_tuning: KeyTuning::new(),
            last_played: None,
            offline: false,
            tick: 0,
            in_tick_samples: TICK_SAMPLES,
        }
    }

    /// Overwrites `left` and `right` with rendered samples, as many as the shorter of the two holds. `events` must be sorted by offset.
    /// Audio-thread safe.
    pub fn render(&mut self, events: &[Event], controls: &Controls, left: &mut [f32], right: &mut [f32]) {
        let length = left.len().min(right.len());
        self.voices.begin_call();
        self.begin_arpeggio(controls);
        self.slots.end().telemetry().renders.fetch_add(1, Ordering::Relaxed);
        let mut events = events.iter().peekable();
        let mut position = 0;
        loop {
            let due = events.peek().map_or(usize::MAX, |event| event.offset.min(length));
            if self.in_tick_samples >= TICK_SAMPLES && (position < length || due <= position) {
                self.begin_tick(controls, position);
            }
            if due <= position {
                if let Some(event) = events.next() {
                    self.voices.set_offset(position);
                    self.hear(event.kind);
                }
                continue;
            }
            if position >= length {
                break;
            }
            self.voices.set_offset(position);
            let due = due.min(length).min(position.saturating_add(self.play_arpeggio()));
            let count = due.min(position + TICK_SAMPLES - self.in_tick_samples) - position;
            let span = position..position + count;
            if let (Some(left), Some(right)) = (left.get_mut(span.clone()), right.get_mut(span)) {
                self.render_span(left, right);
            }
            self.advance_arpeggio(count);
            position += count;
        }
        self.end_arpeggio();
        let loudest = |side: &[f32]| side.iter().take(length).fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        self.slots.end().telemetry().raise_peak(loudest(left).max(loudest(right)));
    }

    /// The notes that ended during the last call of [`Self::render`], sorted by offset. Audio-thread safe.
    pub fn ended_notes(&self) -> &[EndedNote] {
        self.voices.ended()
    }

    /// Sets the host's sample rate in hertz, clamped to [1000, 1 000 000] (48 000 if not finite), and resets the synth; see
    /// [`Self::reset`]. Audio-thread safe.
    pub fn set_sample_rate(&mut self, hz: f32) {
        let rate_hz = if hz.is_finite() { hz.clamp(1e3, 1e6) } else { FIRST_RATE_HZ };
        self.timing = Timing::new(rate_hz);
        self.reset();
    }

    /// Ends all notes at once, without a fade, restarts the 64-sample grid, and restores the initial state of the MIDI channels and the project's tuning. Decoded
    /// sounds are kept. Audio-thread safe.
    pub fn reset(&mut self) {
        self.restart();
        self.channels.reset();
        self.key_tuning.reset();
    }

    /// As [`Self::reset`], but the channels keep what Reset All Controllers leaves: volume, pan, timbre, the range of the wheel, MPE zones, tuning messages.
    /// For a host that stops processing while there is silence: it does not send these again. Audio-thread safe.
    pub fn restart(&mut self) {
        self.voices.reset(&mut self.slots);
        self.song = SongPosition::default();
        self.motion = Motion::new(self.timing.rate_hz);
        self.sound_motion = SoundMotion::default();
        self.lanes = NoteLanes::default();
        self.variations = VariationOrder::default();
        self.planner.set_last_number(0);
        self.held_keys.clear();
        self.last_played = None;
        self.arpeggiator.reset();
        self.width.reset(self.timing.rate_hz);
        self.effects.reset(self.timing.rate_hz);
        self.channels.reset_controllers();
        self.gain = Smoothed::new();
        self.tuning = [Smoothed::new(); CHANNELS];
        self.tick = 0;
        self.in_tick_samples = TICK_SAMPLES;
        if self.offline {
            self.slots.set_offline(true);
        }
        self.slots.end().telemetry().render_failed.store(false, Ordering::Relaxed);
    }

    /// Switches offline rendering on or off. Offline, [`Self::render`] waits for the worker, so that its output depends only on events and
    /// controls. Audio-thread safe.
    pub fn set_offline(&mut self, offline: bool) {
        if self.offline != offline {
            self.offline = offline;
            self.slots.set_offline(offline);
        }
    }

    /// Whether no voice sounds or waits for its sound, no effect has a tail, and the arpeggiator holds no key; the output is then silent
    /// until the next note. Audio-thread safe.
    pub fn is_idle(&self) -> bool {
        let has_tail = self.width.is_awake() || self.effects.is_sounding();
        self.voices.active() == 0 && !has_tail && !self.arpeggiator.is_playing()
    }

    /// Whether an offline render since the last reset continued without a sound because its decode failed. Audio-thread safe.
    pub fn render_failed(&mut self) -> bool {
        self.slots.end().telemetry().render_failed.load(Ordering::Relaxed)
    }

    /// Reads the controls, receives decoded blocks, moves voices to newer sounds and publishes requests. The tick begins at sample
    /// `position` of the call.
    fn begin_tick(&mut self, controls: &Controls, position: usize) {
        self.in_tick_samples = 0;
        self.read_controls(controls, position);
        self.follow_arpeggiator();
        self.read_sources();
        self.slots.drain(MESSAGES_PER_TICK);
        if self.offline {
            offline::take_over(&mut self.slots, self.tick);
        } else {
            self.slots.receive(MESSAGES_PER_TICK);
        }
        let looping = &self.controls.looping;
        let context = TickContext { planner: &self.planner, timing: &self.timing, tunes: &self.tunes, looping };
        let late = following::follow(&mut self.voices, &mut self.slots, &context);
        let hearing = Hearing { voices: &self.voices, timing: &self.timing, tunes: &self.tunes };
        if self.offline {
            let delay = offline::delay_ticks(self.timing.fade_samples);
            self.planner.request_offline(&mut self.slots, &hearing, self.tick, delay);
        } else {
            self.planner.request_live(&mut self.slots, &hearing);
        }
        self.slots.publish();
        self.report(late);
        self.tick += 1;
    }

    fn read_controls(&mut self, controls: &Controls, position: usize) {
        self.controls = controls.checked(&self.controls);
        let is_sounding = self.voices.are_sounding();
        let beat = self.song.begin_tick(&self.controls.transport, position, self.timing.rate_hz);
        self.motion.begin_tick(&self.controls, &self.channels, beat, is_sounding);
        let VoiceControls { bend_down_semitones, bend_up_semitones, .. } = self.controls.voices;
        self.channels.set_bend_range([bend_down_semitones, bend_up_semitones]);
        self.rates = rates(&self.controls, self.timing.rate_hz);
        let gain_pace = self.pace(ParamId::GAIN);
        self.gain.step(f64::from(db_to_gain(self.controls.gain_db)), gain_pace);
        let pace = self.pace(ParamId::COARSE);
        let semitones: [f64; CHANNELS] = std::array::from_fn(|channel| self.semitones(channel));
        for ((tuning, tune), semitones) in self.tuning.iter_mut().zip(&mut self.tunes).zip(semitones) {
            tuning.step(semitones, pace);
            *tune = tuning.ramp().map(ratio);
        }
        self.voices.begin_tick(pace, &self.motion);
        self.move_sound();
        self.width.begin_tick(self.controls.voices.width, is_sounding);
        self.effects.begin_tick(&self.controls.space, &self.controls.transport, is_sounding);
    }

    /// Wanted tuning of a channel: coarse + fine + pitch bend.
    fn semitones(&self, channel: usize) -> f64 {
        let Controls { coarse_semitones, fine_cents, .. } = self.controls;
        f64::from(coarse_semitones + fine_cents / 100.0 + self.channels.bend_semitones(channel))
    }

    /// Fraction of the distance to its target that a parameter covers in one tick: 1 − e^(−tick / time constant).
    fn pace(&self, id: ParamId) -> f64 {
        match id.spec().smoothing {
            Smoothing::OnePole { time_s } => {
                f64::from(1.0 - (-(TICK_SAMPLES as f32) / (time_s * self.timing.rate_hz)).exp())
            }
            Smoothing::Grid | Smoothing::PerNote | Smoothing::ByReader => 1.0,
        }
    }

    fn read_sources(&mut self) {
        let sources = self.slots.end().sources();
        if self.planner.set_sources(sources) {
            self.slots.retain_sources(&sources);
            following::reassign_zones(&mut self.voices, &mut self.slots, &self.planner);
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

    /// Renders a span that lies within one tick and holds no event.
    fn render_span(&mut self, left: &mut [f32], right: &mut [f32]) {
        let (offset, fade_samples) = (self.in_tick_samples, self.timing.fade_samples);
        let span = Span { kernels: self.kernels, rates: &self.rates, tunes: &self.tunes, fade_samples, offset };
        self.scratch.buses.clear();
        let (is_mono, held_keys) = (self.is_monophonic(), &self.held_keys);
        let goes_on = |note: &NoteAddress| is_mono && held_keys.holds(note);
        self.voices.render(&mut self.slots, &span, &mut self.scratch, left.len(), goes_on);
        let gain = self.gain.ramp();
        self.in_tick_samples += left.len();
        self.width.widen(&mut self.scratch.buses, left.len(), offset);
        let gain = |index| gain.at(offset + index) as f32;
        if !self.effects.is_on() {
            self.scratch.buses.write(left, right, gain);
            return;
        }
        self.scratch.buses.write(left, right, |_| 1.0);
        self.effects.process(left, right, offset);
        for side in [left, right] {
            side.iter_mut().enumerate().for_each(|(index, sample)| *sample *= gain(index));
        }
    }
}

fn rates(controls: &Controls, rate_hz: f32) -> EnvelopeRates {
    let Controls { attack_s, decay_s, sustain, release_s, amp, .. } = *controls;
    EnvelopeRates::new(attack_s, decay_s, sustain, release_s, rate_hz).with(&amp, rate_hz)
}
