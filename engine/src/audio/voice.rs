//! One voice: a note with its read position, envelope, expression and crossfade. AUDIO THREAD.

mod render;

use super::channel::ChannelMix;
use super::envelope::Envelope;
use super::expression::NoteExpression;
use super::fade_in::FadeIn;
use super::glide::Glide;
use super::key_tuning::NotePitch;
use super::motion::Motion;
use super::note::{Expression, NoteAddress};
use super::note_motion::{Heard, NoteMotion};
use super::playback::{Crossfade, Play};
use super::slots::SoundRef;
use super::sustaining::{Jump, Jumper, Position};
use super::tick::{Ramp, ratio};
use super::unison::UnisonPlace;
use super::velocity::VelocityResponse;
use super::zone_crossfade::{NoteZone, ZoneSide};
use crate::link::SustainMap;
use crate::params::{Hold, NoteModulated};

pub(super) use render::{Scratch, Span};

/// A note that starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteStart {
    pub(super) note: NoteAddress,
    pub(super) pitch: NotePitch,
    pub(super) zone: NoteZone,
    pub(super) channel: u8,
    pub(super) response: VelocityResponse,
    pub(super) mix: ChannelMix,
    pub(super) hold: Hold,
    pub(super) glide: Glide,
    pub(super) motion: NoteMotion,
    /// Where in the sound it starts, as part of its length.
    pub(super) start_part: f64,
    /// The rise of a voice that starts within the sound.
    pub(super) fade_in: FadeIn,
    /// Number of the note, in the order of their starts.
    pub(super) order: u64,
}

/// Fade-out in progress, of a stolen or choked note.
#[derive(Clone, Copy, Debug)]
struct FadeOut {
    left_samples: u32,
    total_samples: u32,
}

/// A voice: idle, or playing a note.
pub(super) struct Voice {
    pub(super) note: NoteAddress,
    /// The key that is nearest to its pitch, in one of whose zones it plays.
    pub(super) key: u8,
    pitch: NotePitch,
    channel: u8,
    /// Variation of its sound.
    pub(super) variation: u32,
    /// Lane of its note; 0 for one that shares its sound.
    pub(super) lane: u8,
    /// Which of its key's zones it plays in.
    pub(super) side: ZoneSide,
    /// Slot of that zone.
    pub(super) zone_slot: usize,
    /// Linear gain of the note there.
    zone_gain: f32,
    /// Number of the note, in the order of their starts.
    pub(super) order: u64,
    response: VelocityResponse,
    expression: NoteExpression,
    envelope: Envelope,
    current: Option<Play>,
    crossfade: Option<Crossfade>,
    fade_in: FadeIn,
    fade_out: Option<FadeOut>,
    jumper: Jumper,
    glide: Glide,
    motion: NoteMotion,
    unison: UnisonPlace,
    /// Whether it is the first voice of its note, with which the note ends.
    is_first: bool,
    start_part: f64,
    active: bool,
    /// Whether the key is up and a pedal holds the note.
    on_pedal: bool,
    /// Whether the sostenuto pedal went down while the note's key was down.
    on_sostenuto: bool,
}

/// Sounds that a voice no longer reads; the caller releases them by [`Slots::release`].
pub(super) type Freed = [Option<SoundRef>; 2];

impl Voice {
    pub(super) fn idle() -> Self {
        Self {
            note: NoteAddress::ALL,
            key: 0,
            pitch: NotePitch::of(0),
            channel: 0,
            variation: 0,
            lane: 0,
            side: ZoneSide::Nearest,
            zone_slot: 0,
            zone_gain: 1.0,
            order: 0,
            response: VelocityResponse::NONE,
            expression: NoteExpression::of_channel(ChannelMix::NEUTRAL),
            envelope: Envelope::start(),
            current: None,
            crossfade: None,
            fade_in: FadeIn::NONE,
            fade_out: None,
            jumper: Jumper::default(),
            glide: Glide::default(),
            motion: NoteMotion::default(),
            unison: UnisonPlace::ONLY,
            is_first: true,
            start_part: 0.0,
            active: false,
            on_pedal: false,
            on_sostenuto: false,
        }
    }

    /// Starts a voice of a note, without a sound yet.
    pub(super) fn start(&mut self, start: NoteStart, unison: UnisonPlace, is_first: bool) {
        let NoteStart { note, pitch, zone, channel, response, mix, hold, glide, motion, start_part, fade_in, order } =
            start;
        let is_within = start_part > 0.0 || unison.start_s > 0.0;
        *self = Self {
            note,
            key: pitch.nearest_key(),
            pitch,
            channel,
            response,
            expression: NoteExpression::of_channel(mix.with(placed(unison.mix, zone.gain))),
            side: zone.side,
            zone_slot: zone.slot,
            zone_gain: zone.gain,
            order,
            jumper: Jumper::new(hold, order),
            glide,
            motion,
            unison,
            is_first,
            start_part,
            fade_in: if is_within { fade_in } else { FadeIn::NONE },
            active: true,
            ..Self::idle()
        };
    }

    /// The voice goes on as another note: at another pitch, from its present one by `glide`.
    pub(super) fn become_note(&mut self, note: NoteAddress, pitch: NotePitch, glide: Glide) {
        self.move_to(pitch);
        (self.note, self.key, self.glide) = (note, pitch.nearest_key(), glide);
        (self.on_pedal, self.on_sostenuto) = (false, false);
    }

    /// The voice goes on at another pitch, in the zone that it plays.
    pub(super) fn move_to(&mut self, pitch: NotePitch) {
        let moved = ratio(pitch.key - self.pitch.key);
        let next = self.crossfade.as_mut().map(|crossfade| &mut crossfade.to);
        for play in [self.current.as_mut(), next].into_iter().flatten() {
            play.step *= moved;
        }
        self.pitch = pitch;
        self.motion.set_key(pitch.key as f32);
    }

    /// Its pitch without glide, bend and modulation.
    pub(super) fn pitch(&self) -> NotePitch {
        self.pitch
    }

    /// Semitones from the pitch that the voice has at sample `offset` of the tick to another one.
    pub(super) fn semitones_from(&self, pitch: NotePitch, offset: usize) -> f64 {
        self.pitch.key - pitch.key + self.glide.semitones(offset as f64)
    }

    /// Position in a sound of `length_samples` at `rate_hz` at which the voice starts.
    pub(super) fn start_samples(&self, length_samples: usize, rate_hz: f32) -> f64 {
        let start = self.start_part * length_samples as f64 + self.unison.start_s * f64::from(rate_hz);
        start.min(length_samples.saturating_sub(1) as f64)
    }

    /// What moves in its note.
    pub(super) fn motion(&self) -> &NoteMotion {
        &self.motion
    }

    /// Sets the velocity with which its key was let go.
    pub(super) fn set_release_velocity(&mut self, velocity: f32) {
        self.motion.set_release_velocity(velocity);
    }

    /// Whether its end is the end of its note.
    pub(super) fn is_first(&self) -> bool {
        self.is_first
    }

    /// Its end is not that of its note: the note's key is held, and the note may sound again.
    pub(super) fn end_untold(&mut self) {
        self.is_first = false;
    }

    /// Whether its key is down.
    pub(super) fn is_key_down(&self) -> bool {
        self.is_living() && !self.is_released() && !self.on_pedal
    }

    /// Whether the sostenuto pedal holds the note once its key is up.
    pub(super) fn is_on_sostenuto(&self) -> bool {
        self.on_sostenuto
    }

    /// Sets whether the sostenuto pedal holds the note.
    pub(super) fn set_on_sostenuto(&mut self, is_on: bool) {
        self.on_sostenuto = is_on;
    }

    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Whether it is active and neither stolen nor choked.
    pub(super) fn is_living(&self) -> bool {
        self.active && self.fade_out.is_none()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.active && self.current.is_none()
    }

    pub(super) fn is_released(&self) -> bool {
        self.envelope.is_released()
    }

    pub(super) fn is_crossfading(&self) -> bool {
        self.crossfade.is_some()
    }

    /// MIDI channel, [0, 15].
    pub(super) fn channel(&self) -> usize {
        usize::from(self.channel)
    }

    /// Current linear level, by which the voice to steal is chosen.
    pub(super) fn level(&self) -> f32 {
        let fade_out =
            self.fade_out.map_or(1.0, |fade_out| fade_out.left_samples as f32 / fade_out.total_samples as f32);
        self.envelope.level() * self.response.gain * self.expression.level() * self.fallen() * fade_out
    }

    /// Linear gain to which it has fallen beyond the end of its sound.
    fn fallen(&self) -> f32 {
        self.place().map_or(1.0, |play| play.gain)
    }

    /// Whether it decays on beyond the end of its sound.
    pub(super) fn falls_on(&self) -> bool {
        self.fallen() < 1.0
    }

    /// Its read position; during a crossfade that in the new sound.
    pub(super) fn place(&self) -> Option<Play> {
        self.crossfade.map(|crossfade| crossfade.to).or(self.current)
    }

    /// Playback ratio of its tuning over the tick: that of its channel times its own.
    pub(super) fn tune(&self, tunes: &[Ramp]) -> Ramp {
        self.tune_with(tunes, |tune| self.glide.tuned(tune))
    }

    fn tune_with(&self, tunes: &[Ramp], glide: impl Fn(Ramp) -> Ramp) -> Ramp {
        let channel = tunes.get(self.channel()).copied().unwrap_or(Ramp::ONE);
        let tuned = self.motion.tuned(glide(self.expression.tuned(channel)));
        if self.unison.ratio == 1.0 { tuned } else { tuned.map(|tune| tune * self.unison.ratio) }
    }

    /// Starts a waiting voice on its sound. The caller has counted it as a reader.
    pub(super) fn play(&mut self, play: Play) {
        self.current = Some(play);
    }

    /// Starts a crossfade of `length_samples` output samples. The caller has counted the voice as a reader of the new sound.
    pub(super) fn cross_to(&mut self, to: Play, correlation: f32, length_samples: u32) {
        self.crossfade = Some(Crossfade { to, position_samples: 0, length_samples, correlation });
    }

    /// The crossing within its sound, of `generation`, that is due.
    pub(super) fn jump(&mut self, map: &SustainMap, generation: u64, position: &Position) -> Option<Jump> {
        self.jumper.jump(map, generation, position)
    }

    /// Whether it goes on in a loop that is set.
    pub(super) fn follows_set_loop(&self) -> bool {
        self.jumper.follows_set_loop()
    }

    /// Where the note takes up a sound in which it would be at `cursor_samples`; see [`Jumper::taken_up`].
    pub(super) fn taken_up(&self, map: &SustainMap, cursor_samples: f64, reserve_samples: f64) -> (f64, f32) {
        self.jumper.taken_up(map, cursor_samples, reserve_samples)
    }

    /// Sets an expression value of the note.
    pub(super) fn express(&mut self, expression: Expression, value: f32) {
        self.expression.set(expression, value);
    }

    /// Sets what the host's modulation adds to a parameter of the note.
    pub(super) fn modulate(&mut self, parameter: NoteModulated, offset: f32) {
        self.motion.modulate(parameter, offset);
    }

    /// Sets gain and pan of the note's channel.
    pub(super) fn set_channel_mix(&mut self, mix: ChannelMix) {
        self.expression.set_channel_mix(mix.with(placed(self.unison.mix, self.zone_gain)));
    }

    /// Sets the linear gain of the note in the zone of this voice, and gain and pan of its channel.
    pub(super) fn set_zone_gain(&mut self, gain: f32, mix: ChannelMix) {
        self.zone_gain = gain;
        self.set_channel_mix(mix);
    }

    /// Moves the smoothed expression values, the glide and what is modulated by one tick.
    pub(super) fn begin_tick(&mut self, pace: f64, motion: &Motion) {
        self.expression.step(pace);
        self.glide.step();
        let [pressure, timbre] = self.expression.pressure_and_timbre();
        self.motion.begin_tick(motion, &Heard { pressure, timbre, envelope: self.envelope.level() });
    }

    /// Handles a note-off while the sustain pedal is down: the note is held until the pedal is up.
    pub(super) fn leave_to_pedal(&mut self) -> Freed {
        self.on_pedal = true;
        [None; 2]
    }

    pub(super) fn is_left_to_pedal(&self) -> bool {
        self.on_pedal
    }

    /// Releases the note; a one-shot plays on.
    pub(super) fn release(&mut self) -> Freed {
        if self.jumper.is_one_shot() && !self.is_waiting() {
            return [None; 2];
        }
        self.envelope.release();
        self.motion.release();
        // A note that is released before its sound has arrived ends without sounding.
        if self.is_waiting() { self.end() } else { [None; 2] }
    }

    /// Starts a fade-out of `samples` samples.
    pub(super) fn fade_out(&mut self, samples: u32) -> Freed {
        // What has not sounded yet has nothing to fade.
        if self.is_waiting() || self.envelope.is_delayed() {
            return self.end();
        }
        if self.is_living() {
            let total_samples = samples.max(1);
            self.fade_out = Some(FadeOut { left_samples: total_samples, total_samples });
        }
        [None; 2]
    }

    /// Ends at once, without a fade.
    pub(super) fn end(&mut self) -> Freed {
        self.active = false;
        let crossfade = self.crossfade.take().map(|crossfade| crossfade.to.sound);
        [self.current.take().map(|play| play.sound), crossfade]
    }
}

/// Level and pan of one voice of a note in a zone.
fn placed(unison: ChannelMix, zone_gain: f32) -> ChannelMix {
    ChannelMix { gain: unison.gain * zone_gain, ..unison }
}
