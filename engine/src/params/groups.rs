//! The controls of the synth's parts, one plain value for each parameter in the parameter's own unit. Ranges are in the table of parameters.
//! AUDIO THREAD: `Copy` values.

/// Number of LFOs.
pub const LFOS: usize = 2;
/// Number of macros.
pub const MACROS: usize = 4;
/// Number of routes of the modulation matrix.
pub const ROUTES: usize = 16;

/// How notes become voices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VoiceControls {
    /// 0 poly, 1 mono, 2 legato.
    pub mode: f32,
    /// Most notes that sound at once, [1, 32].
    pub limit: f32,
    /// Time of a glide in seconds, or of one octave of it, see `glide_law`; 0 is no glide.
    pub glide_s: f32,
    /// 0: every glide takes the glide time; 1: every octave does.
    pub glide_law: f32,
    /// 0: every note glides; 1: only one that starts while another is held.
    pub glide_when: f32,
    /// Voices of one note, [1, 8].
    pub unison: f32,
    /// Distance of the outer voices of a note from its pitch in cents.
    pub unison_detune_cents: f32,
    /// Pan of the outer voices, [0, 1].
    pub unison_spread: f32,
    /// Level of the outer voices against the middle, [0, 1].
    pub unison_blend: f32,
    /// Octaves added to every key.
    pub octave: f32,
    /// Semitones added to every key.
    pub transpose_semitones: f32,
    /// Range of the pitch wheel upward in semitones.
    pub bend_up_semitones: f32,
    /// Range of the pitch wheel downward in semitones.
    pub bend_down_semitones: f32,
    /// Curve of velocities, [−1, 1]: below 0 soft strokes are louder, above 0 quieter.
    pub velocity_curve: f32,
    /// How much velocity changes the level, [0, 1].
    pub velocity_level: f32,
    /// Where notes start, as part of the sound's length, [0, 1).
    pub start: f32,
    /// Stereo width of mono sounds, [0, 1].
    pub width: f32,
    /// Part of the way between two roots over which notes crossfade between their zones, [0, 1].
    pub zone_crossfade: f32,
}

/// The loop of held notes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoopControls {
    /// Who sets the loop: 0 what is found in the sound, 1 the other values.
    pub mode: f32,
    /// Start as a part of the sound, [0, 1].
    pub start: f32,
    /// End as a part of the sound, [0, 1]; before the start the two change places.
    pub end: f32,
    /// Length of the crossfade in seconds of the sound, [0.01, 0.5].
    pub fade_s: f32,
}

impl LoopControls {
    /// Whether held notes go on where that is found in the sound.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        self.mode < 0.5
    }
}

/// Parts of the amplitude envelope beside attack, decay, sustain and release.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AmpControls {
    /// Time from note-on to the start of the sound in seconds.
    pub delay_s: f32,
    /// Time at full level between attack and decay in seconds.
    pub hold_s: f32,
    /// Curve of the attack, [−1, 1]: 0 linear, above 0 slow at first, below 0 fast at first.
    pub attack_curve: f32,
    /// Curve of decay and release, [−1, 1]: 0 exponential, above 0 straighter, below 0 faster at first.
    pub fall_curve: f32,
}

/// An envelope that modulates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnvelopeControls {
    /// Time from note-on to the attack in seconds.
    pub delay_s: f32,
    /// Time from 0 to 1 in seconds.
    pub attack_s: f32,
    /// Time at 1 in seconds.
    pub hold_s: f32,
    /// Time in seconds in which the distance to the sustain level falls by 60 dB.
    pub decay_s: f32,
    /// Sustain level, [0, 1].
    pub sustain: f32,
    /// Time in seconds in which the level falls by 60 dB after release.
    pub release_s: f32,
}

/// Filter of each voice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FilterControls {
    /// 0 off, 1 and 2 low pass of 12 and 24 dB per octave, 3 and 4 band pass, 5 and 6 high pass, 7 notch.
    pub kind: f32,
    /// Cut-off or centre frequency as a MIDI key number: 69 is 440 Hz.
    pub cutoff_key: f32,
    /// [0, 1]; 0 has no peak, 1 is just below self-oscillation.
    pub resonance: f32,
    /// Gain into the saturation before the filter in dB.
    pub drive_db: f32,
    /// What the second envelope adds to the cut-off at its full level, in semitones.
    pub envelope_semitones: f32,
    /// How much the cut-off follows the key: 1 is semitone by semitone from key 60.
    pub key_tracking: f32,
}

/// A low-frequency oscillator.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LfoControls {
    /// 0 sine, 1 triangle, 2 saw up, 3 saw down, 4 square, 5 random steps, 6 smooth random.
    pub shape: f32,
    /// Free rate as log₂ of hertz.
    pub rate_octaves: f32,
    /// 0: the free rate; else a note value, see `names::DIVISIONS`.
    pub sync: f32,
    /// Phase at its start, [0, 1].
    pub phase: f32,
    /// Time from note-on to its start in seconds.
    pub delay_s: f32,
    /// Time in which it rises to its full amount, in seconds.
    pub fade_s: f32,
    /// 0 one for all notes, 1 one for each note, 2 one cycle for each note.
    pub mode: f32,
}

impl LfoControls {
    /// Whether all notes hear the same cycle.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.mode < 0.5
    }
}

/// The step source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepControls {
    /// Number of steps that are played, [1, 16].
    pub count: f32,
    /// Free rate as log₂ of steps per second.
    pub rate_octaves: f32,
    /// 0: the free rate; else the note value of a step, see `names::DIVISIONS`.
    pub sync: f32,
    /// Part of a step in which the level glides to it, [0, 1].
    pub glide: f32,
    /// As an LFO's.
    pub mode: f32,
}

/// The recorded path of the pad's point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PathControls {
    /// 0 once for each note, 1 again and again, 2 there and back.
    pub play: f32,
    /// Which notes share a path that repeats: 0 all of them, 1 none.
    pub notes: f32,
    /// Free speed as a multiple of the recorded one.
    pub speed: f32,
    /// 0: the free speed; else the note value of one way along the path, see `names::DIVISIONS`.
    pub sync: f32,
}

/// What moves by itself, and by how much.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MotionControls {
    /// The LFOs.
    pub lfos: [LfoControls; LFOS],
    /// The step source.
    pub steps: StepControls,
    /// The recorded path.
    pub path: PathControls,
    /// The macros, [0, 1].
    pub macros: [f32; MACROS],
    /// Amount of each route, [−1, 1].
    pub amounts: [f32; ROUTES],
}

/// The effects behind the voices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpaceControls {
    /// Amount of the saturation, [0, 1].
    pub drive: f32,
    /// Amount of the ensemble, [0, 1].
    pub ensemble: f32,
    /// Rate of the ensemble as log₂ of hertz.
    pub ensemble_rate_octaves: f32,
    /// Amount of the delay, [0, 1].
    pub delay: f32,
    /// Free time of the delay in seconds.
    pub delay_s: f32,
    /// 0: the free time; else a note value.
    pub delay_sync: f32,
    /// What of the delay's output goes back into it, [0, 0.95].
    pub delay_feedback: f32,
    /// Amount of the reverb, [0, 1].
    pub reverb: f32,
    /// Size of the room, [0, 1].
    pub reverb_size: f32,
    /// How bright the room is, [0, 1].
    pub reverb_tone: f32,
}

/// The arpeggiator.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ArpControls {
    /// 0 off, 1 up, 2 down, 3 up and down, 4 as played, 5 random, 6 chord.
    pub mode: f32,
    /// Note value of a step.
    pub rate: f32,
    /// Octaves that it runs through, [1, 4].
    pub octaves: f32,
    /// Length of a note as part of its step, [0.05, 1].
    pub gate: f32,
}
