//! How the arpeggiator stands between the events and the voices: while it is on it takes the keys and the sustain pedal, and the voices get
//! the notes that it plays. AUDIO THREAD: bounded by 128 keys for each event and each step.

use super::Synth;
use super::arpeggiator::{Arpeggiator, Notes};
use super::note::{EndedNote, EventKind, NoteAddress, UNKNOWN_RELEASE};
use super::zones::{CHANNELS, is_in};
use crate::params::Controls;

const SUSTAIN: u8 = 64;
const ALL_SOUND_OFF: u8 = 120;
const RESET_ALL_CONTROLLERS: u8 = 121;
/// All Notes Off, and the changes of mode, which release all notes too.
const NOTES_OFF: std::ops::RangeInclusive<u8> = 123..=127;

impl Synth {
    /// Takes tempo and position at the first sample of a call.
    pub(super) fn begin_arpeggio(&mut self, controls: &Controls) {
        let transport = controls.transport.checked(&self.controls.transport);
        self.arpeggiator.begin_call(transport, self.timing.rate_hz);
    }

    /// Takes the controls of a tick; notes do not hang when the arpeggiator is switched while keys are held.
    pub(super) fn follow_arpeggiator(&mut self) {
        let Controls { arp, transport, seed, .. } = self.controls;
        let switched = self.arpeggiator.begin_tick(arp, &transport, self.timing.rate_hz, seed);
        match switched {
            Some(true) => {
                self.set_voices_pedals(false);
                self.handle(EventKind::NoteOff { notes: NoteAddress::ALL, velocity: UNKNOWN_RELEASE });
                // Their own voices report the ends of these notes.
                self.arpeggiator.take_unreported();
            }
            Some(false) => {
                let sounding = self.arpeggiator.take_sounding();
                self.release(&sounding);
                let unreported = self.arpeggiator.take_unreported();
                self.report_ends(&unreported);
                self.set_voices_pedals(true);
            }
            None => {}
        }
    }

    /// Gives the pedals that are down to the voices, or takes them away.
    fn set_voices_pedals(&mut self, down: bool) {
        let pedals = self.arpeggiator.pedals;
        for channel in (0..CHANNELS as u8).filter(|channel| is_in(pedals, usize::from(*channel))) {
            self.handle(EventKind::Controller { channel, controller: SUSTAIN, value: f32::from(u8::from(down)) });
        }
    }

    /// Handles an event at the sample where the next span begins.
    pub(super) fn hear(&mut self, kind: EventKind) {
        let is_on = self.arpeggiator.is_on();
        let ended = match kind {
            EventKind::NoteOn { note, velocity } if velocity > 0.0 => self.press(note, velocity),
            EventKind::NoteOn { note: notes, .. } | EventKind::NoteOff { notes, .. } => {
                self.arpeggiator.let_go(&notes, self.sustained())
            }
            EventKind::Choke { notes } => self.choke_keys(&notes),
            EventKind::Expression { notes, expression, value } => {
                self.arpeggiator.express(&notes, expression, value);
                for played in self.arpeggiator.played_of(&notes).iter() {
                    self.handle(EventKind::Expression { notes: *played, expression, value });
                }
                Notes::new()
            }
            EventKind::Modulate { notes, parameter, offset } => {
                for played in self.arpeggiator.played_of(&notes).iter() {
                    self.handle(EventKind::Modulate { notes: *played, parameter, offset });
                }
                Notes::new()
            }
            EventKind::Controller { channel, controller, value } => self.control_keys(channel, controller, value),
            EventKind::PitchWheel { .. } | EventKind::ChannelPressure { .. } | EventKind::Retune(_) => Notes::new(),
        };
        if !is_on {
            return self.handle(kind);
        }
        self.report_ends(&ended);
        let orphans = self.arpeggiator.take_orphans();
        self.release(&orphans);
        if !is_for_keys(&kind) {
            self.handle(kind);
        }
    }

    fn press(&mut self, note: NoteAddress, velocity: f32) -> Notes {
        let Some(key) = note.key.map(|key| key.min(127)) else { return Notes::new() };
        let channel = note.channel.unwrap_or(0).min(CHANNELS as u8 - 1);
        self.arpeggiator.press(NoteAddress { channel: Some(channel), key: Some(key), ..note }, velocity)
    }

    fn choke_keys(&mut self, notes: &NoteAddress) -> Notes {
        for played in self.arpeggiator.played_of(notes).iter() {
            self.handle(EventKind::Choke { notes: *played });
        }
        self.arpeggiator.drop_keys(notes)
    }

    /// What a controller means to the keys.
    fn control_keys(&mut self, channel: u8, controller: u8, value: f32) -> Notes {
        let concerned = self.channels.concerned(channel);
        match controller {
            SUSTAIN if usize::from(channel) < CHANNELS && value.is_finite() => {
                let bit = 1 << channel;
                let pedals = self.arpeggiator.pedals & !bit;
                self.arpeggiator.pedals = if value >= 0.5 { pedals | bit } else { pedals };
                self.arpeggiator.follow_pedals(self.sustained())
            }
            RESET_ALL_CONTROLLERS => {
                self.arpeggiator.pedals &= !concerned;
                self.arpeggiator.follow_pedals(self.sustained())
            }
            ALL_SOUND_OFF => self.each_channel(concerned, |synth, notes| synth.arpeggiator.drop_keys(notes)),
            controller if NOTES_OFF.contains(&controller) => self.each_channel(concerned, |synth, notes| {
                let sustained = synth.sustained();
                synth.arpeggiator.let_go(notes, sustained)
            }),
            _ => Notes::new(),
        }
    }

    fn each_channel(&mut self, channels: u16, mut what: impl FnMut(&mut Self, &NoteAddress) -> Notes) -> Notes {
        let mut all = Notes::new();
        for channel in (0..CHANNELS as u8).filter(|channel| is_in(channels, usize::from(*channel))) {
            for note in what(self, &NoteAddress::channel(Some(channel))).iter() {
                all.push(*note);
            }
        }
        all
    }

    /// Bit mask of the channels whose keys a pedal holds: their own, or that of the manager of their zone.
    fn sustained(&self) -> u16 {
        let pedals = (0..CHANNELS as u8).filter(|channel| is_in(self.arpeggiator.pedals, usize::from(*channel)));
        pedals.fold(0, |mask, channel| mask | self.channels.concerned(channel))
    }

    /// Ends and starts the notes that are due now. Returns the samples until something is due again.
    pub(super) fn play_arpeggio(&mut self) -> usize {
        if !self.arpeggiator.is_on() {
            return usize::MAX;
        }
        let [end, step] = self.arpeggiator.due_samples();
        if end == 0 || step == 0 {
            let sounding = self.arpeggiator.take_sounding();
            self.release(&sounding);
        }
        if step == 0 {
            for played in self.arpeggiator.step().clone().iter() {
                self.handle(EventKind::NoteOn { note: played.note, velocity: played.velocity });
                for (expression, value) in played.expressions() {
                    self.handle(EventKind::Expression { notes: played.note, expression, value });
                }
            }
        }
        let [end, step] = self.arpeggiator.due_samples();
        end.min(step).max(1)
    }

    /// `count` samples go by.
    pub(super) fn advance_arpeggio(&mut self, count: usize) {
        self.arpeggiator.advance(count);
    }

    /// The host is not told of notes that it has not started.
    pub(super) fn end_arpeggio(&mut self) {
        self.voices.ended_mut().retain(|ended| !Arpeggiator::is_own(&ended.note));
    }

    /// Releases notes that the arpeggiator plays; the voices' pedals are up while it is on.
    fn release(&mut self, notes: &Notes) {
        for note in notes.iter() {
            self.handle(EventKind::NoteOff { notes: *note, velocity: UNKNOWN_RELEASE });
        }
    }

    /// Tells the host that its notes have ended.
    fn report_ends(&mut self, notes: &Notes) {
        self.end_arpeggio();
        let offset = self.voices.offset();
        let ended = self.voices.ended_mut();
        for note in notes.iter() {
            // Pushing beyond the capacity would allocate.
            if ended.len() < ended.capacity() {
                ended.push(EndedNote { offset, note: *note });
            }
        }
    }
}

/// Whether an event is for the arpeggiator's keys alone while it is on.
fn is_for_keys(kind: &EventKind) -> bool {
    match kind {
        EventKind::Controller { controller, .. } => *controller == SUSTAIN,
        EventKind::PitchWheel { .. } | EventKind::ChannelPressure { .. } | EventKind::Retune(_) => false,
        EventKind::NoteOn { .. }
        | EventKind::NoteOff { .. }
        | EventKind::Choke { .. }
        | EventKind::Expression { .. }
        | EventKind::Modulate { .. } => true,
    }
}
