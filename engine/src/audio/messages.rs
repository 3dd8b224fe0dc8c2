//! What each event does to channels and voices. AUDIO THREAD: bounded by the number of voices for each event.

use std::sync::atomic::Ordering;

use super::Synth;
use super::channels::ChannelAction;
use super::following::{self, TickContext};
use super::note::{EventKind, Expression, NoteAddress};
use super::offline;
use super::planner::Hearing;
use super::tick::{Ramp, Smoothed, ratio};
use super::velocity::VelocityResponse;
use super::voices::NoteOn;
use super::zones::{CHANNELS, is_in};
use crate::params::Hold;

impl Synth {
    /// Handles an event at the sample where the next span begins.
    pub(super) fn handle(&mut self, kind: EventKind) {
        match kind {
            EventKind::NoteOn { note, velocity } if velocity > 0.0 => self.note_on(note, velocity),
            EventKind::NoteOn { note: notes, .. } | EventKind::NoteOff { notes } => self.note_off(&notes),
            EventKind::Choke { notes } => self.voices.choke(&mut self.slots, &self.timing, &notes),
            EventKind::Expression { notes, expression, value } => self.voices.express(&notes, expression, value),
            EventKind::PitchWheel { channel, position } => self.channels.set_wheel(channel, position),
            EventKind::ChannelPressure { channel, pressure } => {
                self.channels.set_pressure(channel, pressure);
                let pressure = self.channels.pressure(usize::from(channel));
                self.express_channel(channel, Expression::Pressure, pressure);
            }
            EventKind::Controller { channel, controller, value } => {
                let action = self.channels.control(channel, controller, value);
                self.act(channel, action);
            }
        }
    }

    /// Applies the action of a controller to the voices of its channel; a message on the manager of an MPE zone concerns the members too.
    fn act(&mut self, channel: u8, action: ChannelAction) {
        match action {
            ChannelAction::None => {}
            ChannelAction::Timbre => {
                let timbre = self.channels.timbre(usize::from(channel));
                self.express_channel(channel, Expression::Timbre, timbre);
            }
            ChannelAction::Mix => self.mix_channels(),
            ChannelAction::PedalUp { channels } => self.voices.pedal_up(&mut self.slots, channels),
            ChannelAction::ZoneSet { channels } => {
                self.voices.pedal_up(&mut self.slots, channels);
                self.mix_channels();
            }
            ChannelAction::ControllersReset { channels } => {
                self.voices.pedal_up(&mut self.slots, channels);
                self.mix_channels();
                self.express_channel(channel, Expression::Pressure, 0.0);
            }
            ChannelAction::AllNotesOff => {
                for notes in notes_of(self.channels.concerned(channel)) {
                    self.note_off(&notes);
                }
            }
            ChannelAction::AllSoundOff => {
                for notes in notes_of(self.channels.concerned(channel)) {
                    self.voices.choke(&mut self.slots, &self.timing, &notes);
                }
            }
        }
    }

    /// Releases notes, or leaves them to the pedals that are down.
    fn note_off(&mut self, notes: &NoteAddress) {
        let channels = &self.channels;
        self.voices.note_off(&mut self.slots, notes, |channel| channels.is_sustained(channel));
    }

    fn mix_channels(&mut self) {
        let channels = &self.channels;
        self.voices.follow_channels(|channel| channels.mix(channel));
    }

    fn express_channel(&mut self, channel: u8, expression: Expression, value: f32) {
        for notes in notes_of(self.channels.concerned(channel)) {
            self.voices.express(&notes, expression, value);
        }
    }

    /// Ends the smoothing of a channel's tuning: a note that starts on a channel without others starts at its pitch.
    fn tune_at_once(&mut self, channel: usize) {
        let semitones = self.semitones(channel);
        if let (Some(tuning), Some(tune)) = (self.tuning.get_mut(channel), self.tunes.get_mut(channel)) {
            *tuning = Smoothed::at(semitones);
            *tune = Ramp::still(ratio(semitones));
        }
    }

    fn note_on(&mut self, note: NoteAddress, velocity: f32) {
        let Some(key) = note.key.map(|key| key.min(127)) else { return };
        let channel = note.channel.unwrap_or(0).min(CHANNELS as u8 - 1);
        let note = NoteAddress { channel: Some(channel), key: Some(key), ..note };
        let response = VelocityResponse::new(velocity.min(1.0), self.controls.touch, self.timing.rate_hz);
        let variation = self.variations.next(&self.controls.variation, self.controls.seed);
        let zone = self.planner.slot_key(key, variation);
        self.planner.set_main(zone);
        let Some(zone_slot) = self.slots.slot_for(zone) else { return };
        self.prepare(zone_slot);
        if !self.voices.plays_on(usize::from(channel)) {
            self.tune_at_once(usize::from(channel));
        }
        let mix = self.channels.mix(usize::from(channel));
        let start = NoteOn { note, key, channel, response, mix, hold: Hold::of(self.controls.hold) };
        let Some(voice) = self.voices.note_on(&mut self.slots, &self.timing, start, zone_slot) else { return };
        voice.variation = variation;
        voice.express(Expression::Pressure, self.channels.pressure(usize::from(channel)));
        voice.express(Expression::Timbre, self.channels.timbre(usize::from(channel)));
        let context = TickContext { planner: &self.planner, timing: &self.timing, tunes: &self.tunes };
        if !following::begin(voice, &mut self.slots, &context) {
            self.slots.end().telemetry().late_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Before a note: offline, waits for the sound of its zone; live, withdraws a failed request so that it is made again.
    fn prepare(&mut self, zone_slot: usize) {
        if self.offline {
            let hearing = Hearing { voices: &self.voices, timing: &self.timing, tunes: &self.tunes };
            offline::ensure(&mut self.slots, &self.planner, &hearing, zone_slot, self.tick);
        } else if self
            .slots
            .get(zone_slot)
            .is_some_and(|slot| slot.requested.is_some_and(|request| slot.failed >= request.generation))
        {
            self.slots.withdraw(zone_slot);
        }
    }
}

/// The notes of each channel of a bit mask.
fn notes_of(channels: u16) -> impl Iterator<Item = NoteAddress> {
    let channels = (0..CHANNELS as u8).filter(move |channel| is_in(channels, usize::from(*channel)));
    channels.map(|channel| NoteAddress::channel(Some(channel)))
}
