//! What moves in one note: its sources, and what they add to its pitch, gain, pan and filter. AUDIO THREAD: plain arithmetic, once per tick.

use super::filter::{FilterKind, FilterSettings, VoiceFilter};
use super::lfo::NoteLfo;
use super::mod_envelope::ModEnvelope;
use super::motion::Motion;
use super::playback::Piece;
use super::shared_clock::NoteClock;
use super::tick::{Ramp, Smoothed, TICK_SAMPLES, ratio};
use crate::params::{LFOS, ModDestination, ModSource, NOTE_MODULATED, NoteModulated};
use crate::units::db_to_gain;

/// Semitones of the pitch at amount 1.
const PITCH_SEMITONES: f64 = 24.0;
/// Largest tuning by routes in semitones, up or down.
const LARGEST_PITCH_SEMITONES: f64 = 96.0;
/// Gain at amount 1 in dB; at −1 it is silence.
const GAIN_DB: f32 = 12.0;
/// Latest start as part of a sound's length, as the parameter's.
const LATEST_START: f32 = 0.95;
/// Filter that a controller brings in where there is none.
const BROUGHT_IN: FilterKind = FilterKind::Low12;
/// The key whose value as a source is 0, and the keys from there to 1.
const MIDDLE_KEY: f32 = 60.0;
/// Time in which a filter may ring after the end of its sound. Shorter cuts the ringing off; longer occupies the voice for longer.
const RING_S: f32 = 0.1;

/// What a note starts with.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteBegin {
    /// Its pitch as a fractional key.
    pub(super) key: f32,
    pub(super) channel: u8,
    /// As it was played, [0, 1].
    pub(super) velocity: f32,
    pub(super) pressure: f32,
    pub(super) timbre: f32,
    /// Number of the note, in the order of their starts.
    pub(super) order: u64,
    /// Samples left of the tick in which it starts.
    pub(super) left_samples: usize,
}

/// What a note hears at the start of a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// Pressure of the note or its channel, [0, 1].
    pub(super) pressure: f32,
    /// Timbre of the note or its channel, [0, 1].
    pub(super) timbre: f32,
    /// Level of the amplitude envelope, [0, 1].
    pub(super) envelope: f32,
}

/// A value over the current tick.
#[derive(Clone, Copy, Debug)]
struct Line {
    before: f64,
    now: f64,
}

impl Line {
    const ZERO: Self = Self { before: 0.0, now: 0.0 };

    fn still(value: f64) -> Self {
        Self { before: value, now: value }
    }

    fn step(&mut self, to: f64) {
        (self.before, self.now) = (self.now, to);
    }

    fn is_zero(&self) -> bool {
        self.before == 0.0 && self.now == 0.0
    }

    /// The ramp; `None` if it is 0 all the time.
    fn ramp(&self) -> Option<Ramp> {
        (!self.is_zero()).then(|| Ramp::between(self.before, self.now))
    }
}

/// Sums of what routes add, each in units of its amount 1.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    pitch: f32,
    gain: f32,
    pan: f32,
    cutoff: f32,
    resonance: f32,
    start: f32,
}

/// The moving part of a note. All voices of a note move alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteMotion {
    key: f32,
    channel: usize,
    velocity: f32,
    release_velocity: f32,
    /// [−1, 1).
    random: f32,
    pressure: Smoothed,
    timbre: Smoothed,
    amplitude: f32,
    envelope: ModEnvelope,
    lfos: [NoteLfo; LFOS],
    steps: NoteClock,
    path: NoteClock,
    /// Seconds by which envelope, LFOs and clocks have yet to move: they stand while nothing hears them.
    behind_s: f64,
    /// What the host's modulation adds for this note alone, in units of each destination's amount 1, and whether it adds anything.
    modulated: [f32; NOTE_MODULATED],
    is_modulated: bool,
    pitch: Line,
    gain: Line,
    pan: Line,
    filter: VoiceFilter,
    /// Whether a controller has brought the filter in where there is none.
    is_brought_in: bool,
    ring_samples: u32,
}

impl Default for NoteMotion {
    /// At rest.
    fn default() -> Self {
        Self {
            key: MIDDLE_KEY,
            channel: 0,
            velocity: 0.0,
            release_velocity: 0.0,
            random: 0.0,
            pressure: Smoothed::at(0.0),
            timbre: Smoothed::at(0.0),
            amplitude: 0.0,
            envelope: ModEnvelope::default(),
            lfos: [NoteLfo::default(); LFOS],
            steps: NoteClock::default(),
            path: NoteClock::default(),
            behind_s: 0.0,
            modulated: [0.0; NOTE_MODULATED],
            is_modulated: false,
            pitch: Line::ZERO,
            gain: Line::ZERO,
            pan: Line::ZERO,
            filter: VoiceFilter::default(),
            is_brought_in: false,
            ring_samples: 1,
        }
    }
}

impl NoteMotion {
    /// Of a note that starts.
    pub(super) fn start(motion: &Motion, begin: &NoteBegin) -> Self {
        let mut note = Self {
            key: begin.key,
            channel: usize::from(begin.channel),
            velocity: begin.velocity,
            random: (motion.note_seed(begin.order) >> 40) as f32 / (1u64 << 23) as f32 - 1.0,
            pressure: Smoothed::at(f64::from(begin.pressure)),
            timbre: Smoothed::at(f64::from(begin.timbre)),
            lfos: motion.note_lfos(begin.order),
            behind_s: begin.left_samples as f64 / f64::from(motion.rate_hz()),
            ring_samples: ((RING_S * motion.rate_hz()) as u32).max(1),
            ..Self::default()
        };
        note.envelope.advance(motion.envelope(), 0.0);
        let sums = note.sums(motion);
        note.pitch = Line::still(pitch(sums.pitch));
        note.gain = Line::still(f64::from(sums.gain));
        note.pan = Line::still(f64::from(sums.pan));
        note.is_brought_in = note.brings_in(motion, motion.filter_kind());
        let kind = if note.is_brought_in { BROUGHT_IN } else { motion.filter_kind() };
        note.filter = VoiceFilter::new(kind, &note.filter_settings(motion, &sums), motion.rate_hz());
        note
    }

    /// `start`, part of the sound's length at which the note starts, with what routes add.
    pub(super) fn start_part(&self, motion: &Motion, start: f32) -> f32 {
        let moved = self.sums(motion).start;
        if moved == 0.0 { start } else { (start + moved).clamp(0.0, LATEST_START) }
    }

    /// The note goes on at another pitch, a fractional key.
    pub(super) fn set_key(&mut self, key: f32) {
        self.key = key;
    }

    /// The key is let go, with a velocity in [0, 1].
    pub(super) fn set_release_velocity(&mut self, velocity: f32) {
        self.release_velocity = velocity;
    }

    /// The note is released.
    pub(super) fn release(&mut self) {
        self.envelope.release();
    }

    /// Sets what the host's modulation adds to a parameter of this note.
    pub(super) fn modulate(&mut self, parameter: NoteModulated, offset: f32) {
        if let Some(place) = self.modulated.get_mut(parameter.index()) {
            *place = parameter.amount(offset);
        }
        self.is_modulated = self.modulated.iter().any(|amount| *amount != 0.0);
    }

    /// Whether the host's modulation gives it a decoded sound of its own.
    pub(super) fn is_modulated_apart(&self) -> bool {
        self.is_modulated && self.each_modulated().any(|(destination, _)| destination.is_decoded())
    }

    /// Moves to the end of the tick that begins. Does nothing while nothing moves the note.
    pub(super) fn begin_tick(&mut self, motion: &Motion, heard: &Heard) {
        let time_s = self.behind_s + motion.tick_s();
        let rests = self.pitch.is_zero() && self.gain.is_zero() && self.pan.is_zero();
        let brings_in = !self.filter.is_on() && self.brings_in(motion, FilterKind::Off);
        if motion.is_idle() && rests && !self.filter.is_on() && !self.is_modulated && !brings_in {
            self.behind_s = time_s;
            return;
        }
        self.behind_s = 0.0;
        self.pressure.step(f64::from(heard.pressure), motion.pace());
        self.timbre.step(f64::from(heard.timbre), motion.pace());
        self.amplitude = heard.envelope;
        self.envelope.advance(motion.envelope(), time_s);
        self.lfos.iter_mut().zip(motion.lfos()).for_each(|(lfo, tick)| lfo.advance(tick, time_s));
        self.steps.advance(motion.steps().clock(), time_s);
        self.path.advance(motion.path().clock(), time_s);
        let sums = self.sums(motion);
        self.pitch.step(pitch(sums.pitch));
        self.gain.step(f64::from(sums.gain));
        self.pan.step(f64::from(sums.pan));
        if brings_in {
            self.is_brought_in = true;
            self.filter = VoiceFilter::new(BROUGHT_IN, &Motion::open_settings([0.0; 2]), motion.rate_hz());
            self.filter.fade_in(motion.rate_hz());
        }
        if self.filter.is_on() {
            let settings = self.filter_settings(motion, &sums);
            self.filter.begin_tick(&settings, motion.rate_hz());
        }
    }

    /// Whether a controller brings in a filter where `kind` is none: an open one is not heard.
    fn brings_in(&self, motion: &Motion, kind: FilterKind) -> bool {
        let [cutoff, _] = motion.tone(self.channel);
        kind == FilterKind::Off && cutoff < 0.0
    }

    fn filter_settings(&self, motion: &Motion, sums: &Sums) -> FilterSettings {
        let [cutoff, resonance] = motion.tone(self.channel);
        if self.is_brought_in {
            return Motion::open_settings([cutoff, resonance]);
        }
        motion.filter_settings(self.key, self.envelope.level(), sums.cutoff + cutoff, sums.resonance + resonance)
    }

    /// Value of a source.
    pub(super) fn source(&self, source: ModSource, motion: &Motion) -> f32 {
        let lfo = |index: usize| {
            let of = self.lfos.get(index).zip(motion.lfos().get(index));
            of.map_or(0.0, |(lfo, tick)| lfo.value(tick) as f32)
        };
        match source {
            ModSource::Velocity => self.velocity,
            ModSource::ReleaseVelocity => self.release_velocity,
            ModSource::Key => (self.key - MIDDLE_KEY) / MIDDLE_KEY,
            ModSource::Pressure => self.pressure.now() as f32,
            ModSource::Timbre => self.timbre.now() as f32,
            ModSource::Envelope => self.amplitude,
            ModSource::Envelope2 => self.envelope.level() as f32,
            ModSource::Lfo1 => lfo(0),
            ModSource::Lfo2 => lfo(1),
            ModSource::Steps => motion.steps().value(&self.steps) as f32,
            ModSource::PathX => motion.path().offset(&self.path)[0],
            ModSource::PathY => motion.path().offset(&self.path)[1],
            ModSource::Random => self.random,
            _ => motion.shared_source(source, self.channel).unwrap_or(0.0),
        }
    }

    /// Sends `take` what each route in use and the host's modulation of this note add to their destinations, in units of the amount 1.
    pub(super) fn each_route(&self, motion: &Motion, mut take: impl FnMut(ModDestination, f32)) {
        for route in motion.routes() {
            let scale = if route.via == ModSource::None { 1.0 } else { self.source(route.via, motion) };
            if scale != 0.0 {
                take(route.destination, self.source(route.source, motion) * scale * route.amount);
            }
        }
        if self.is_modulated {
            self.each_modulated().for_each(|(destination, amount)| take(destination, amount));
        }
    }

    /// What the host's modulation of this note adds to each destination.
    fn each_modulated(&self) -> impl Iterator<Item = (ModDestination, f32)> {
        let moved = self.modulated.iter().enumerate().filter(|(_, amount)| **amount != 0.0);
        moved.filter_map(|(index, amount)| Some((NoteModulated::at(index)?.destination(), *amount)))
    }

    fn sums(&self, motion: &Motion) -> Sums {
        let mut sums = Sums::default();
        self.each_route(motion, |destination, value| match destination {
            ModDestination::Pitch => sums.pitch += value,
            ModDestination::Gain => sums.gain += value,
            ModDestination::Pan => sums.pan += value,
            ModDestination::Cutoff => sums.cutoff += value,
            ModDestination::Resonance => sums.resonance += value,
            ModDestination::Start => sums.start += value,
            _ => {}
        });
        sums
    }

    /// `tune` with the playback ratio that routes add over the tick.
    pub(super) fn tuned(&self, tune: Ramp) -> Ramp {
        self.pitch.ramp().map_or(tune, |semitones| tune.times(semitones.map(ratio)))
    }

    /// Multiplies `gains`, which start at sample `offset` of the tick, by the gain that routes give.
    pub(super) fn apply_gain(&self, offset: usize, gains: &mut [f32]) {
        if let Some(ramp) = self.gain.ramp().map(|ramp| ramp.map(gain)) {
            gains.iter_mut().enumerate().for_each(|(index, gain)| *gain *= ramp.at(offset + index) as f32);
        }
    }

    /// Pan position that routes add over the tick.
    pub(super) fn pan(&self) -> Option<Ramp> {
        self.pan.ramp()
    }

    /// Samples in which the filter may ring after the end of the sound; `None` without a filter.
    pub(super) fn ring_samples(&self) -> Option<u32> {
        self.filter.is_on().then_some(self.ring_samples)
    }

    /// Filters the first `count` samples of each channel in place, from sample `offset` of the tick on.
    pub(super) fn filter(&mut self, sound: &mut Piece, channels: usize, count: usize, offset: usize) {
        self.filter.process(sound, channels, count.min(TICK_SAMPLES), offset);
    }
}

fn pitch(sum: f32) -> f64 {
    (PITCH_SEMITONES * f64::from(sum)).clamp(-LARGEST_PITCH_SEMITONES, LARGEST_PITCH_SEMITONES)
}

/// Linear gain of a sum: to silence at −1, evenly in dB above 0.
fn gain(sum: f64) -> f64 {
    if sum < 0.0 { (1.0 + sum).max(0.0) } else { f64::from(db_to_gain(GAIN_DB * sum.min(1.0) as f32)) }
}
