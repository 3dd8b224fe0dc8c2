//! What each event does to channels and voices. AUDIO THREAD: bounded by the number of voices for each event.

use super::Synth;
use super::channels::ChannelAction;
use super::note::{EventKind, Expression, NoteAddress, UNKNOWN_RELEASE};
use super::offline;
use super::planner::Hearing;
use super::tick::{Ramp, Smoothed, ratio};
use super::zones::{CHANNELS, is_in};

impl Synth {
    /// Handles an event at the sample where the next span begins.
    pub(super) fn handle(&mut self, kind: EventKind) {
        match kind {
            EventKind::NoteOn { note, velocity } if velocity > 0.0 => self.note_on(note, velocity),
            EventKind::NoteOn { note: notes, .. } => self.note_off(&notes, UNKNOWN_RELEASE),
            EventKind::NoteOff { notes, velocity } => self.note_off(&notes, velocity),
            EventKind::Choke { notes } => self.choke(&notes),
            EventKind::Expression { notes, expression, value } => self.voices.express(&notes, expression, value),
            EventKind::Modulate { notes, parameter, offset } => self.voices.modulate(&notes, parameter, offset),
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
            EventKind::Retune(retune) => self.retune(retune),
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
            ChannelAction::PedalUp { channels } => self.pedal_up(channels),
            ChannelAction::SostenutoDown { channels } => self.voices.sostenuto_down(channels),
            ChannelAction::SostenutoUp => self.pedal_up(0),
            ChannelAction::ZoneSet { channels } => {
                self.pedal_up(channels);
                self.mix_channels();
            }
            ChannelAction::ControllersReset { channels } => {
                self.pedal_up(channels);
                self.mix_channels();
                self.express_channel(channel, Expression::Pressure, 0.0);
            }
            ChannelAction::AllNotesOff => {
                for notes in notes_of(self.channels.concerned(channel)) {
                    self.note_off(&notes, UNKNOWN_RELEASE);
                }
            }
            ChannelAction::AllSoundOff => {
                for notes in notes_of(self.channels.concerned(channel)) {
                    self.choke(&notes);
                }
            }
        }
    }

    /// Releases notes with a velocity in [0, 1], or leaves them to the pedals that are down.
    pub(super) fn release_notes(&mut self, notes: &NoteAddress, velocity: f32) {
        let channels = &self.channels;
        let velocity = if velocity.is_finite() { velocity.clamp(0.0, 1.0) } else { UNKNOWN_RELEASE };
        self.voices.note_off(&mut self.slots, notes, velocity, |channel| channels.is_sustained(channel));
    }

    fn choke(&mut self, notes: &NoteAddress) {
        self.let_keys_go(notes);
        self.voices.choke(&mut self.slots, &self.timing, notes);
    }

    /// Releases the notes that the sustain pedals of `channels`, a bit mask, have held, and those that no sostenuto pedal holds any more.
    fn pedal_up(&mut self, channels: u16) {
        self.return_from_pedal();
        self.voices.pedal_up(&mut self.slots, channels);
        let states = &self.channels;
        let up = states.without_sostenuto();
        self.voices.sostenuto_up(&mut self.slots, up, |channel| states.is_sustained(channel));
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
    pub(super) fn tune_at_once(&mut self, channel: usize) {
        let semitones = self.semitones(channel);
        if let (Some(tuning), Some(tune)) = (self.tuning.get_mut(channel), self.tunes.get_mut(channel)) {
            *tuning = Smoothed::at(semitones);
            *tune = Ramp::still(ratio(semitones));
        }
    }

    /// Before a note: offline, waits for the sound of its zone; live, withdraws a failed request so that it is made again.
    pub(super) fn prepare(&mut self, zone_slot: usize) {
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
