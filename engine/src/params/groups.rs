//! The controls of the synth's parts, one plain value for each parameter in the parameter's own unit. Ranges are in the table of parameters.
//! AUDIO THREAD: `Copy` values.

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
}

/// Parts of the amplitude envelope beside attack, decay, sustain and release.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AmpControls {
    /// Time at full level between attack and decay in seconds.
    pub hold_s: f32,
    /// Curve of the attack, [−1, 1]: 0 linear, above 0 slow at first, below 0 fast at first.
    pub attack_curve: f32,
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
