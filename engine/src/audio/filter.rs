//! The filter of a voice: a state-variable filter as trapezoidal integrators, and a saturation before it. AUDIO THREAD: plain arithmetic.
//!
//! Sources: Zavalishin, The Art of VA Filter Design (2012), 4.3 and 5.1; Simper, Linear Trapezoidal Integrated State Variable Filter (2013).
//! The frequency is exact at every rate (bilinear transform with its own pre-warping), and the filter is stable while its coefficients
//! move. They are known at the ends of each tick and lie on a line between.

mod saturation;

use std::f32::consts::{PI, SQRT_2};

use super::entry::Entry;
use super::playback::Piece;
use super::tick::TICK_SAMPLES;
use crate::link::MAX_CHANNELS;
use saturation::Saturation;

/// Highest cut-off as a part of the sample rate; what lies above is limited to it.
pub(super) const HIGHEST_PART: f32 = 0.48;
/// Lowest cut-off in hertz.
const LOWEST_HZ: f32 = 5.0;
/// Damping (1 / Q) at full resonance: a peak of 34 dB, which rings for half a second at 100 Hz.
const LEAST_DAMPING: f32 = 0.02;
/// Dampings of the two sections of a Butterworth filter of fourth order, 2·cos(π/8) and 2·cos(3π/8). The resonance moves the second alone.
const FOURTH_ORDER: [f32; 2] = [1.847_759, 0.765_366_9];
/// States below this magnitude are set to 0, since denormal numbers are slow.
const INAUDIBLE: f32 = 1e-15;

/// Types of the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FilterKind {
    #[default]
    Off,
    Low12,
    Low24,
    Band12,
    Band24,
    High12,
    High24,
    Notch,
}

impl FilterKind {
    /// The type of a parameter's value.
    pub(super) fn of(value: f32) -> Self {
        match value.round() as i32 {
            1 => Self::Low12,
            2 => Self::Low24,
            3 => Self::Band12,
            4 => Self::Band24,
            5 => Self::High12,
            6 => Self::High24,
            7 => Self::Notch,
            _ => Self::Off,
        }
    }

    fn sections(self) -> usize {
        match self {
            Self::Off => 0,
            Self::Low12 | Self::Band12 | Self::High12 | Self::Notch => 1,
            Self::Low24 | Self::Band24 | Self::High24 => 2,
        }
    }

    /// Dampings of both sections without resonance.
    fn dampings(self) -> [f32; 2] {
        match self {
            Self::Low24 | Self::High24 => FOURTH_ORDER,
            _ => [SQRT_2; 2],
        }
    }
}

/// Where the filter stands at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct FilterSettings {
    /// Cut-off or centre frequency in hertz.
    pub(super) cutoff_hz: f32,
    /// [0, 1].
    pub(super) resonance: f32,
    /// Gain into the saturation in dB; 0 is without saturation.
    pub(super) drive_db: f32,
}

/// What the samples are computed with: the integrators' gain tan(π·f / rate), and the damping of each section.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Coefficients {
    gain: f32,
    dampings: [f32; 2],
}

impl Coefficients {
    fn new(kind: FilterKind, settings: &FilterSettings, rate_hz: f32) -> Self {
        let part = (settings.cutoff_hz.max(LOWEST_HZ) / rate_hz).min(HIGHEST_PART);
        let resonance = settings.resonance.clamp(0.0, 1.0);
        let [first, second] = kind.dampings();
        // Even steps of resonance are even steps of the peak in dB.
        let resonant = |damping: f32| damping * (LEAST_DAMPING / damping).powf(resonance);
        let first = if kind.sections() == 2 && kind != FilterKind::Band24 { first } else { resonant(first) };
        Self { gain: (PI * part).tan(), dampings: [first, resonant(second)] }
    }

    /// The line from here to `to`, at its part `at`.
    fn between(&self, to: &Self, at: f32) -> Self {
        let line = |from: f32, to: f32| from + (to - from) * at;
        let ([a, b], [c, d]) = (self.dampings, to.dampings);
        Self { gain: line(self.gain, to.gain), dampings: [line(a, c), line(b, d)] }
    }
}

/// A section of second order: the states of its two integrators.
#[derive(Clone, Copy, Debug, Default)]
struct Section {
    band: f32,
    low: f32,
}

impl Section {
    /// Band pass, whose peak is 1 / damping, and low pass of the next sample.
    fn next(&mut self, sample: f32, gain: f32, damping: f32) -> [f32; 2] {
        let scale = 1.0 / (1.0 + gain * (gain + damping));
        let error = sample - self.low;
        let band = scale * (self.band + gain * error);
        let low = self.low + gain * band;
        self.band = 2.0 * band - self.band;
        self.low = 2.0 * low - self.low;
        [band, low]
    }

    fn filter(&mut self, kind: FilterKind, sample: f32, gain: f32, damping: f32) -> f32 {
        let [band, low] = self.next(sample, gain, damping);
        match kind {
            FilterKind::Off => sample,
            FilterKind::Low12 | FilterKind::Low24 => low,
            FilterKind::Band12 | FilterKind::Band24 => damping * band,
            FilterKind::High12 | FilterKind::High24 => sample - damping * band - low,
            FilterKind::Notch => sample - damping * band,
        }
    }

    fn settle(&mut self) {
        for state in [&mut self.band, &mut self.low] {
            if state.abs() < INAUDIBLE {
                *state = 0.0;
            }
        }
    }
}

/// The filter of a voice with its state. Its type is that of the note's start, since another type in a sounding note would click.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VoiceFilter {
    kind: FilterKind,
    from: Coefficients,
    to: Coefficients,
    saturation: Saturation,
    sections: [[Section; 2]; MAX_CHANNELS],
    entry: Entry,
}

impl VoiceFilter {
    /// At rest, at `settings`.
    pub(super) fn new(kind: FilterKind, settings: &FilterSettings, rate_hz: f32) -> Self {
        let to = Coefficients::new(kind, settings, rate_hz);
        Self { kind, from: to, to, saturation: Saturation::new(settings.drive_db), ..Self::default() }
    }

    /// Fades in, for a note that sounds already.
    pub(super) fn fade_in(&mut self, rate_hz: f32) {
        self.entry.begin(rate_hz);
    }

    pub(super) fn is_on(&self) -> bool {
        self.kind != FilterKind::Off
    }

    /// Takes where it stands at the end of the tick that begins.
    pub(super) fn begin_tick(&mut self, settings: &FilterSettings, rate_hz: f32) {
        self.from = self.to;
        self.to = Coefficients::new(self.kind, settings, rate_hz);
        self.saturation.begin_tick(settings.drive_db);
    }

    /// Filters the first `count` samples of each channel in place, from sample `offset` of the tick on. Does nothing while it is off.
    pub(super) fn process(&mut self, sound: &mut Piece, channels: usize, count: usize, offset: usize) {
        if !self.is_on() {
            return;
        }
        let unfiltered = (!self.entry.is_over()).then_some(*sound);
        self.saturation.process(sound, channels, count, offset);
        let (kind, used) = (self.kind, self.kind.sections());
        for (samples, sections) in sound.iter_mut().zip(&mut self.sections).take(channels) {
            for (index, sample) in samples.iter_mut().take(count).enumerate() {
                let at = (offset + index + 1) as f32 / TICK_SAMPLES as f32;
                let Coefficients { gain, dampings } = self.from.between(&self.to, at);
                for (section, damping) in sections.iter_mut().zip(dampings).take(used) {
                    *sample = section.filter(kind, *sample, gain, damping);
                }
            }
            sections.iter_mut().for_each(Section::settle);
        }
        if let Some(unfiltered) = unfiltered {
            self.mix_in(sound, &unfiltered, channels, count);
        }
        if channels == 1 {
            // If the voice moves to a stereo sound, both channels continue from this state.
            let [first, ..] = self.sections;
            self.sections = [first; MAX_CHANNELS];
        }
    }

    /// Mixes the filtered samples with the unfiltered ones while it fades in.
    fn mix_in(&mut self, sound: &mut Piece, unfiltered: &Piece, channels: usize, count: usize) {
        let start = self.entry;
        for (samples, unfiltered) in sound.iter_mut().zip(unfiltered).take(channels) {
            self.entry = start;
            for (sample, unfiltered) in samples.iter_mut().zip(unfiltered).take(count) {
                // The last samples of a piece may lie beyond the fade-in, and stay to the bit.
                if self.entry.is_over() {
                    break;
                }
                *sample = unfiltered + (*sample - unfiltered) * self.entry.next();
            }
        }
    }
}

#[cfg(test)]
mod tests;
