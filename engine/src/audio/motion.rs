//! What moves during a tick, as all notes see it: the routes that are in use, the macros, the LFOs, the steps, the recorded path, the
//! filter's controls and the controllers of each channel. AUDIO THREAD: plain arithmetic, once per tick.
//!
//! Values are those of the end of the tick; what they move lies on a line from the end of the tick before.

use super::channels::Channels;
use super::filter::{FilterKind, FilterSettings};
use super::lfo::{LfoTick, NoteLfo, SharedLfo};
use super::path::Path;
use super::routing::{ActiveRoute, Routing};
use super::shared_clock::TickTime;
use super::steps::Steps;
use super::tick::{Smoothed, TICK_SAMPLES};
use super::tone::Tone;
use super::zones::CHANNELS;
use crate::params::{Controls, EnvelopeControls, LFOS, LearnedElsewhere, LfoControls, MACROS, ModSource};
use crate::random::hash;
use crate::units::key_to_hz;

/// Time constant of parameters and controllers. Shorter makes their steps heard in the filter; longer lags behind a moving control.
const SMOOTHING_S: f32 = 0.005;
/// Semitones of the cut-off at amount 1.
const CUTOFF_SEMITONES: f32 = 96.0;
/// Cut-off of an open low pass, above what is heard.
const OPEN_HZ: f32 = 22_000.0;
/// The key at which the cut-off does not follow the key.
const MIDDLE_KEY: f32 = 60.0;

/// The controllers of a channel that are sources.
#[derive(Clone, Copy, Debug)]
struct ChannelValues {
    /// Modulation wheel, breath and expression, each [0, 1].
    values: [Smoothed; 3],
}

impl ChannelValues {
    const NEW: Self = Self { values: [Smoothed::new(); 3] };

    fn step(&mut self, targets: [f32; 3], pace: f64) {
        self.values.iter_mut().zip(targets).for_each(|(value, target)| value.step(f64::from(target), pace));
    }
}

/// Smoothed controls of the filter.
#[derive(Clone, Copy, Debug)]
struct FilterValues {
    cutoff_key: Smoothed,
    resonance: Smoothed,
    drive_db: Smoothed,
    envelope_semitones: Smoothed,
    key_tracking: Smoothed,
}

/// The state of a tick.
pub(super) struct Motion {
    rate_hz: f32,
    pace: f64,
    routing: Routing,
    macros: [Smoothed; MACROS],
    filter: FilterValues,
    kind: FilterKind,
    envelope: EnvelopeControls,
    lfo_controls: [LfoControls; LFOS],
    shared: [SharedLfo; LFOS],
    lfos: [LfoTick; LFOS],
    steps: Steps,
    path: Path,
    tone: Tone,
    channels: [ChannelValues; CHANNELS],
    /// Whether the channels' values have followed the tick before.
    follows_channels: bool,
    seed: u64,
}

impl Motion {
    /// At rest.
    pub(super) fn new(rate_hz: f32) -> Self {
        let new = Smoothed::new();
        Self {
            rate_hz,
            pace: f64::from(1.0 - (-(TICK_SAMPLES as f32) / (SMOOTHING_S * rate_hz)).exp()),
            routing: Routing::default(),
            macros: [new; MACROS],
            filter: FilterValues {
                cutoff_key: new,
                resonance: new,
                drive_db: new,
                envelope_semitones: new,
                key_tracking: new,
            },
            kind: FilterKind::Off,
            envelope: EnvelopeControls::default(),
            lfo_controls: [LfoControls::default(); LFOS],
            shared: [SharedLfo::default(); LFOS],
            lfos: [LfoTick::STILL; LFOS],
            steps: Steps::default(),
            path: Path::default(),
            tone: Tone::default(),
            channels: [ChannelValues::NEW; CHANNELS],
            follows_channels: false,
            seed: 0,
        }
    }

    /// Takes the controls of the tick that begins at `beat` while the transport runs, and whether a note sounds already.
    pub(super) fn begin_tick(
        &mut self,
        controls: &Controls,
        channels: &Channels,
        beat: Option<f64>,
        is_sounding: bool,
    ) {
        let Controls { motion, filter, .. } = controls;
        let (pace, tick_s) = (self.pace, self.tick_s());
        self.seed = controls.seed;
        self.envelope = controls.env2;
        self.lfo_controls = motion.lfos;
        for (value, target) in self.macros.iter_mut().zip(motion.macros) {
            value.step(f64::from(target), pace);
        }
        let time = TickTime { transport: &controls.transport, beat, tick_s };
        let lfos = self.shared.iter_mut().zip(&mut self.lfos).zip(&motion.lfos).enumerate();
        for (index, ((shared, tick), lfo)) in lfos {
            *tick = shared.begin_tick(lfo, &time, lfo_seed(controls.seed, index));
        }
        self.steps.begin_tick(&motion.steps, &controls.steps, &time);
        self.path.begin_tick(&motion.path, &controls.pad_path, &time);
        self.kind = FilterKind::of(filter.kind);
        let values = &mut self.filter;
        values.cutoff_key.step(f64::from(filter.cutoff_key), pace);
        values.resonance.step(f64::from(filter.resonance), pace);
        values.drive_db.step(f64::from(filter.drive_db), pace);
        values.envelope_semitones.step(f64::from(filter.envelope_semitones), pace);
        values.key_tracking.step(f64::from(filter.key_tracking), pace);
        self.routing.begin_tick(&controls.routes, &motion.amounts, pace, is_sounding);
        self.follow_tone(controls, channels);
        self.follow_channels(channels);
    }

    /// Brightness that is routed moves only what its routes say.
    fn follow_tone(&mut self, controls: &Controls, channels: &Channels) {
        let is_routed = |route: &ActiveRoute| [route.source, route.via].contains(&ModSource::Timbre);
        let cutoff = controls.learned.cutoff || self.routes().iter().any(is_routed);
        self.tone.begin_tick(channels, LearnedElsewhere { cutoff, ..controls.learned }, self.pace);
    }

    /// Nothing is done for channels while no route is in use.
    fn follow_channels(&mut self, channels: &Channels) {
        let follows = !self.is_idle();
        let pace = if self.follows_channels { self.pace } else { 1.0 };
        self.follows_channels = follows;
        if follows {
            for (index, values) in self.channels.iter_mut().enumerate() {
                values.step(channels.sources(index), pace);
            }
        }
    }

    /// Ends the smoothing of a channel's controllers: a note that starts on a channel without others starts with their values.
    pub(super) fn follow_at_once(&mut self, channel: usize, channels: &Channels) {
        if let Some(values) = self.channels.get_mut(channel) {
            values.step(channels.sources(channel), 1.0);
        }
        self.tone.follow_at_once(channels, channel);
    }

    /// Whether no route is in use.
    pub(super) fn is_idle(&self) -> bool {
        self.routing.active().is_empty()
    }

    /// The routes in use.
    pub(super) fn routes(&self) -> &[ActiveRoute] {
        self.routing.active()
    }

    /// Whether a route to what is decoded has a source that differs between notes.
    pub(super) fn moves_sounds_apart(&self) -> bool {
        let mut decoded = self.routes().iter().filter(|route| route.destination.is_decoded());
        decoded.any(|route| self.is_of_note(route.source) || self.is_of_note(route.via))
    }

    /// Whether a source differs between the notes of a channel.
    fn is_of_note(&self, source: ModSource) -> bool {
        let lfo = |index: usize| self.lfo_controls.get(index).is_some_and(|lfo| !lfo.is_shared());
        match source {
            ModSource::Velocity
            | ModSource::ReleaseVelocity
            | ModSource::Key
            | ModSource::Pressure
            | ModSource::Timbre
            | ModSource::Envelope
            | ModSource::Envelope2
            | ModSource::Random => true,
            ModSource::Lfo1 => lfo(0),
            ModSource::Lfo2 => lfo(1),
            ModSource::Steps => !self.steps.is_shared(),
            ModSource::PathX | ModSource::PathY => !self.path.is_shared(),
            _ => false,
        }
    }

    /// Length of a tick in seconds.
    pub(super) fn tick_s(&self) -> f64 {
        TICK_SAMPLES as f64 / f64::from(self.rate_hz)
    }

    /// Sample rate in hertz.
    pub(super) fn rate_hz(&self) -> f32 {
        self.rate_hz
    }

    /// Fraction of the distance to its target that a controller's value covers in a tick.
    pub(super) fn pace(&self) -> f64 {
        self.pace
    }

    /// The second envelope's controls.
    pub(super) fn envelope(&self) -> &EnvelopeControls {
        &self.envelope
    }

    /// The LFOs' tick.
    pub(super) fn lfos(&self) -> &[LfoTick; LFOS] {
        &self.lfos
    }

    /// The step source.
    pub(super) fn steps(&self) -> &Steps {
        &self.steps
    }

    /// The recorded path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The LFOs of the note with a number.
    pub(super) fn note_lfos(&self, order: u64) -> [NoteLfo; LFOS] {
        let seed = self.note_seed(order);
        let mut index = 0;
        self.lfo_controls.map(|controls| {
            index += 1;
            NoteLfo::start(&controls, lfo_seed(seed, index))
        })
    }

    /// Seed of the random values of the note with a number.
    pub(super) fn note_seed(&self, order: u64) -> u64 {
        hash(self.seed ^ hash(order))
    }

    /// Type of the filter of notes that start.
    pub(super) fn filter_kind(&self) -> FilterKind {
        self.kind
    }

    /// What controllers add to cut-off and resonance of a channel's notes, [−1, 1].
    pub(super) fn tone(&self, channel: usize) -> [f32; 2] {
        self.tone.of(channel)
    }

    /// Where the low pass of a note stands that controllers have brought in: open, but for what they close.
    pub(super) fn open_settings([cutoff, resonance]: [f32; 2]) -> FilterSettings {
        let closed = (f64::from(CUTOFF_SEMITONES * cutoff.min(0.0)) / 12.0).exp2() as f32;
        FilterSettings { cutoff_hz: OPEN_HZ * closed, resonance: resonance.max(0.0), drive_db: 0.0 }
    }

    /// Where the filter of a note stands: at its key, with its second envelope's level, and what routes and controllers add to cut-off and resonance.
    pub(super) fn filter_settings(&self, key: f32, envelope: f64, cutoff: f32, resonance: f32) -> FilterSettings {
        let values = &self.filter;
        let cutoff_key = values.cutoff_key.now()
            + values.envelope_semitones.now() * envelope
            + values.key_tracking.now() * f64::from(key - MIDDLE_KEY)
            + f64::from(CUTOFF_SEMITONES * cutoff);
        FilterSettings {
            cutoff_hz: key_to_hz(cutoff_key) as f32,
            resonance: values.resonance.now() as f32 + resonance,
            drive_db: values.drive_db.now() as f32,
        }
    }

    /// Value of a source that all notes of a channel share; `None` for another.
    pub(super) fn shared_source(&self, source: ModSource, channel: usize) -> Option<f32> {
        let channel = |index: usize| Some(self.channels.get(channel)?.values.get(index)?.now() as f32);
        let of_macro = |index: usize| Some(self.macros.get(index)?.now() as f32);
        match source {
            ModSource::Wheel => channel(0),
            ModSource::Breath => channel(1),
            ModSource::Expression => channel(2),
            ModSource::Macro1 => of_macro(0),
            ModSource::Macro2 => of_macro(1),
            ModSource::Macro3 => of_macro(2),
            ModSource::Macro4 => of_macro(3),
            _ => None,
        }
    }
}

fn lfo_seed(seed: u64, index: usize) -> u64 {
    hash(seed.wrapping_add(index as u64))
}
