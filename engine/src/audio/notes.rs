//! How keys become notes: transposition, poly, mono and legato, glides. AUDIO THREAD: bounded by the number of voices for each event.

use std::sync::atomic::Ordering;

use super::Synth;
use super::following::{self, TickContext};
use super::glide::Glide;
use super::held_keys::HeldKey;
use super::key_tuning::NotePitch;
use super::note::{Expression, NoteAddress};
use super::note_lanes::{LANES, SHARED_LANE};
use super::note_motion::{NoteBegin, NoteMotion};
use super::tick::TICK_SAMPLES;
use super::velocity::{VelocityResponse, played_velocity};
use super::voice::Voice;
use super::voices::NoteOn;
use super::zone_crossfade::{NoteZone, NoteZones, ZoneSide};
use super::zones::{CHANNELS, is_in};
use crate::link::Succession;
use crate::params::{Hold, ParamId, VoiceControls};

/// How notes become voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VoiceMode {
    /// A note for each key.
    Poly,
    /// One note a channel, which starts anew with each key.
    Mono,
    /// One note a channel, which goes on at another key while a key is held.
    Legato,
}

impl VoiceMode {
    fn of(value: f32) -> Self {
        match value.round() as i32 {
            ..=0 => Self::Poly,
            1 => Self::Mono,
            _ => Self::Legato,
        }
    }
}

impl Synth {
    /// A key goes down.
    pub(super) fn note_on(&mut self, note: NoteAddress, velocity: f32) {
        let Some(key) = note.key.map(|key| key.min(127)) else { return };
        let channel = note.channel.unwrap_or(0).min(CHANNELS as u8 - 1);
        let note = NoteAddress { channel: Some(channel), key: Some(key), ..note };
        let velocity = velocity.min(1.0);
        if self.note_pitch(channel, key).is_none() {
            return self.voices.report_end(note);
        }
        let forgotten = self.held_keys.press(HeldKey { note, velocity });
        self.report_silent(forgotten.map(|key| key.note));
        self.sound_note(HeldKey { note, velocity });
    }

    /// Tells the end of a note whose key is up and that does not sound, because a monophonic note took its place.
    fn report_silent(&mut self, note: Option<NoteAddress>) {
        let silent = note.filter(|note| self.is_monophonic() && !self.voices.plays(note));
        if let Some(note) = silent {
            self.voices.report_end(note);
        }
    }

    /// Keys are held no longer; the ends of their notes that do not sound are told.
    pub(super) fn let_keys_go(&mut self, notes: &NoteAddress) {
        let before = self.held_keys;
        for key in before.iter().filter(|key| notes.matches(&key.note)) {
            self.report_silent(Some(key.note));
        }
        self.held_keys.let_go(notes);
    }

    /// Keys go up. A monophonic note goes back to the last key of its channel that is still held.
    pub(super) fn note_off(&mut self, notes: &NoteAddress, velocity: f32) {
        self.let_keys_go(notes);
        if self.is_monophonic() {
            for channel in 0..CHANNELS as u8 {
                let is_let_go = |voice: &Voice| notes.matches(&voice.note) && !voice.is_on_sostenuto();
                let ends = self.voices.newest_held(channel).is_some_and(is_let_go);
                let held = self.held_keys.last(channel);
                if let Some(back) = held.filter(|_| ends && !self.channels.is_sustained(usize::from(channel))) {
                    self.sound_note(back);
                }
            }
        }
        self.release_notes(notes, velocity);
    }

    /// Before pedals let notes go: a monophonic note that they have held goes back to the last key of its channel that is still held.
    pub(super) fn return_from_pedal(&mut self) {
        if !self.is_monophonic() {
            return;
        }
        let up = self.channels.without_sostenuto();
        for channel in 0..CHANNELS as u8 {
            let index = usize::from(channel);
            let is_let_go = |voice: &Voice| !voice.is_on_sostenuto() || is_in(up, index);
            let ends = self.voices.newest_on_pedal(channel).is_some_and(is_let_go);
            let held = self.held_keys.last(channel);
            if let Some(back) = held.filter(|_| ends && !self.channels.is_sustained(index)) {
                self.sound_note(back);
            }
        }
    }

    /// Whether the notes of a channel share a voice. One whose key is held may then sound again, and its end is told when the key goes up.
    pub(super) fn is_monophonic(&self) -> bool {
        self.voice_mode() != VoiceMode::Poly
    }

    fn voice_mode(&self) -> VoiceMode {
        VoiceMode::of(self.controls.voices.mode)
    }

    /// Where a pressed key sounds; none for one that the tuning leaves silent.
    fn note_pitch(&self, channel: u8, key: u8) -> Option<NotePitch> {
        let voices = &self.controls.voices;
        let transposed = f32::from(key) + 12.0 * voices.octave + voices.transpose_semitones;
        self.key_tuning.pitch(channel, transposed.round().clamp(0.0, 127.0) as u8)
    }

    fn sound_note(&mut self, pressed: HeldKey) {
        let channel = pressed.note.channel.unwrap_or(0);
        let Some(pitch) = self.note_pitch(channel, pressed.note.key.unwrap_or(0)) else { return };
        let held = self
            .voices
            .newest_held(channel)
            .map(|voice| (voice.order, voice.semitones_from(pitch, self.in_tick_samples)));
        match (self.voice_mode(), held) {
            (VoiceMode::Legato, Some((order, semitones))) => self.go_on_at(order, pressed.note, pitch, semitones),
            (mode, held) => {
                let glide = self.glide(channel, pitch, held.map(|(_, semitones)| semitones));
                if mode != VoiceMode::Poly {
                    let held_keys = &self.held_keys;
                    let goes_on = |note: &NoteAddress| *note != pressed.note && held_keys.holds(note);
                    self.voices.steal_channel(&mut self.slots, &self.timing, channel, goes_on);
                }
                self.start_note(pressed, pitch, channel, glide);
            }
        }
        self.last_played = Some((pitch.key, channel));
    }

    /// The controls of glides, with the time that controller 5 has set for a channel.
    fn glide_controls(&self, channel: u8) -> VoiceControls {
        let controls = self.controls.voices;
        let place = self.channels.glide_place(usize::from(channel)).filter(|_| !self.controls.learned.glide);
        let glide_s = place.map_or(controls.glide_s, |place| ParamId::GLIDE.spec().scale.value(place));
        VoiceControls { glide_s, ..controls }
    }

    /// The glide to a pitch: from the pitch of the note that is held, else from the last one that was played.
    fn glide(&self, channel: u8, pitch: NotePitch, from_held: Option<f64>) -> Glide {
        let controls = &self.glide_controls(channel);
        let from_last = || {
            let last = self.last_played.filter(|(_, played)| *played == channel && controls.glide_when < 0.5);
            last.map(|(last, _)| last - pitch.key)
        };
        let semitones = from_held.or_else(from_last).unwrap_or(0.0);
        Glide::new(semitones, controls, self.timing.rate_hz, self.in_tick_samples)
    }

    /// The voices of a note go on as another note.
    fn go_on_at(&mut self, order: u64, note: NoteAddress, pitch: NotePitch, semitones: f64) {
        let controls = self.glide_controls(note.channel.unwrap_or(0));
        let glide = Glide::new(semitones, &controls, self.timing.rate_hz, self.in_tick_samples);
        let before = self.voices.of_order(order).next().map(|voice| (voice.note, voice.variation, voice.lane));
        let Some((ended, variation, lane)) = before else { return };
        let is_crossfaded = self.voices.of_order(order).any(|voice| voice.side == ZoneSide::Neighbour);
        // A note that began in one zone stays in one, at its full level.
        let crossfade = if is_crossfaded { self.controls.voices.zone_crossfade } else { 0.0 };
        let zones = self.note_zones(pitch, (variation, lane), crossfade, is_crossfaded);
        let mix = self.channels.mix(usize::from(note.channel.unwrap_or(0)));
        for voice in self.voices.of_order(order) {
            voice.become_note(note, pitch, glide);
            let Some(zone) = zones.and_then(|zones| zones.of(voice.side)) else { continue };
            voice.set_zone_gain(zone.gain, mix);
            if zone.slot != voice.zone_slot {
                following::assign(voice, &mut self.slots, zone.slot);
            }
        }
        if ended != note && !self.held_keys.holds(&ended) {
            self.voices.report_end(ended);
        }
    }

    /// The zones in which a note plays at a pitch, each with a slot whose sound is requested; the nearest one becomes the main zone. With `is_crossfaded`
    /// there are always two, else as many as are heard. None if there is no slot.
    fn note_zones(
        &mut self,
        pitch: NotePitch,
        (variation, lane): (u32, u8),
        crossfade: f32,
        is_crossfaded: bool,
    ) -> Option<NoteZones> {
        let key = pitch.nearest_key();
        let [gain, neighbour_gain] = self.planner.zone_gains(pitch, crossfade);
        // The main zone is placed last, so that it keeps its slot where there are too few.
        let neighbour = Some(self.planner.side_slot_key(ZoneSide::Neighbour, key, variation, lane));
        let neighbour = neighbour.filter(|_| is_crossfaded || neighbour_gain > 0.0);
        let neighbour_slot = neighbour.and_then(|zone| self.slots.slot_for(zone));
        let zone = self.planner.slot_key(key, variation, lane);
        self.planner.set_main(zone);
        let slot = self.slots.slot_for(zone)?;
        self.prepare(slot);
        let Some(neighbour_slot) = neighbour_slot.filter(|other| *other != slot || is_crossfaded) else {
            return Some(NoteZones { nearest: NoteZone { side: ZoneSide::Nearest, slot, gain: 1.0 }, neighbour: None });
        };
        self.prepare(neighbour_slot);
        Some(NoteZones {
            nearest: NoteZone { side: ZoneSide::Nearest, slot, gain },
            neighbour: Some(NoteZone { side: ZoneSide::Neighbour, slot: neighbour_slot, gain: neighbour_gain }),
        })
    }

    /// Gives lanes to the notes that sound when a route comes into use that moves their sounds apart: the newest ones, if there are too few.
    pub(super) fn split_lanes(&mut self) {
        if !self.begins_to_move_apart() {
            return;
        }
        let mut before = u64::MAX;
        for nth in 0..LANES {
            let Some((order, note, key, variation)) = self.voices.newest_sharing(before) else { return };
            before = order;
            let lane = self.lane_for(&note, key, variation);
            if lane == SHARED_LANE {
                return;
            }
            if nth == 0 {
                self.planner.set_main(self.planner.slot_key(key, variation, lane));
            }
            for voice in self.voices.of_order(order) {
                let zone = self.planner.side_slot_key(voice.side, key, variation, lane);
                let Some(zone_slot) = self.slots.slot_for(zone) else { return };
                voice.lane = lane;
                following::assign(voice, &mut self.slots, zone_slot);
            }
        }
    }

    fn start_note(&mut self, pressed: HeldKey, pitch: NotePitch, channel: u8, glide: Glide) {
        let controls = self.controls.voices;
        let is_soft = self.channels.is_soft(usize::from(channel));
        let velocity = played_velocity(pressed.velocity, controls.velocity_curve, is_soft);
        let touch = self.controls.touch;
        let response = VelocityResponse::new(velocity, touch, controls.velocity_level, self.timing.rate_hz);
        if !self.voices.plays_on(usize::from(channel)) {
            self.tune_at_once(usize::from(channel));
            self.motion.follow_at_once(usize::from(channel), &self.channels);
        }
        let [pressure, timbre] =
            [self.channels.pressure(usize::from(channel)), self.channels.timbre(usize::from(channel))];
        let order = self.voices.next_order();
        let left_samples = TICK_SAMPLES.saturating_sub(self.in_tick_samples);
        let begin = NoteBegin {
            key: pitch.key as f32,
            channel,
            velocity: pressed.velocity,
            pressure,
            timbre,
            order,
            left_samples,
        };
        let motion = NoteMotion::start(&self.motion, &begin);
        self.move_sound_for(&motion);
        let controls = VoiceControls { start: motion.start_part(&self.motion, controls.start), ..controls };
        let (variation, foot_pan) = self.next_variation(pitch.nearest_key());
        let lane = self.lane_for(&motion, pitch.nearest_key(), variation);
        // A legato note may move to where its neighbouring zone is heard.
        let is_crossfaded = controls.zone_crossfade > 0.0 && self.voice_mode() == VoiceMode::Legato;
        let zones = self.note_zones(pitch, (variation, lane), controls.zone_crossfade, is_crossfaded);
        let Some(zones) = zones else { return };
        let mix = self.channels.mix(usize::from(channel));
        let hold = Hold::of(self.controls.hold);
        let start = NoteOn { note: pressed.note, pitch, zones, channel, response, mix, hold, glide, motion };
        let (is_mono, held_keys) = (self.is_monophonic(), &self.held_keys);
        let goes_on = |note: &NoteAddress| is_mono && *note != pressed.note && held_keys.holds(note);
        let order = self.voices.note_on(&mut self.slots, &self.timing, start, &controls, goes_on);
        let looping = &self.controls.looping;
        let context = TickContext { planner: &self.planner, timing: &self.timing, tunes: &self.tunes, looping };
        let mut late = 0;
        for voice in self.voices.of_order(order) {
            (voice.variation, voice.lane) = (variation, lane);
            if foot_pan != 0.0 {
                voice.express(Expression::Pan, foot_pan);
            }
            voice.express(Expression::Pressure, pressure);
            voice.express(Expression::Timbre, timbre);
            late += u64::from(!following::begin(voice, &mut self.slots, &context));
        }
        self.slots.end().telemetry().late_count.fetch_add(late.min(1), Ordering::Relaxed);
    }

    /// Variation of the next note, its step of a walk or its take, and its place between the channels.
    fn next_variation(&mut self, key: u8) -> (u32, f32) {
        let controls = &self.planner.variation();
        match self.planner.succession() {
            Succession::Variations => (self.variations.next(controls, self.controls.seed), 0.0),
            Succession::Walk => {
                let step = self.variations.next_step(controls);
                self.planner.set_last_number(step);
                (step, controls.foot_pan(step))
            }
            Succession::Takes => (self.next_take(key), 0.0),
        }
    }

    /// The next take. Live, a take that is not made yet waits for a later note, and an earlier one comes again.
    fn next_take(&mut self, key: u8) -> u32 {
        let controls = self.planner.variation();
        let next = self.variations.next_take(&controls);
        let is_varied = controls.sounds() > 1;
        let zone = self.planner.slot_key(key, next, SHARED_LANE);
        let instead = Some(()).filter(|()| is_varied && !self.offline);
        match instead.and_then(|()| self.planner.take_instead_of(zone, &self.slots)) {
            Some(earlier) => {
                self.variations.give_back();
                self.planner.set_last_number(next.saturating_sub(1));
                earlier
            }
            None => {
                self.planner.set_last_number(next);
                next
            }
        }
    }
}
