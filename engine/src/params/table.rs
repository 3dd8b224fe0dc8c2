//! The rows of the table of parameters. ANY THREAD: constants.

use super::names::{
    ARP_MODES, DIRECTIONS, DIVISIONS, FILTERS, GLIDE_LAWS, GLIDE_NOTES, LFO_MODES, LFO_SHAPES, LOOPS, NOTE_VALUES,
    PATH_NOTES, PATH_PLAYS, VARIATION_ORDERS, VOICE_MODES,
};
use super::{Hold, ParamSpec, STEPS, Scale, Smoothing, TextForm};
use crate::units::LATENT_LIMIT;
use Smoothing::{ByReader, Grid, PerNote};
use TextForm::{
    Cents, Count, Decibels, DecibelsPerOctave, KeyHertz, Knob, Names, OctavesHertz, Percent, Seconds, Semitones, Times,
};

/// 20 Hz as a MIDI key number: 69 + 12·log₂(20 / 440).
const LOWEST_CUTOFF_KEY: f32 = 15.486_821;
/// 20 kHz as a MIDI key number.
const HIGHEST_CUTOFF_KEY: f32 = 135.076_23;
/// 0.01 Hz as log₂ of hertz.
const SLOWEST_LFO_OCTAVES: f32 = -6.643_856;
/// 50 Hz as log₂ of hertz.
const FASTEST_LFO_OCTAVES: f32 = 5.643_856;

/// Puts 1 in the middle of 0.25 to 4, which is nearly a logarithmic scale: ln 0.5 / ln((1 − 0.25) / (4 − 0.25)).
const STRETCH_SKEW: f32 = 0.430_677;
/// Puts a sixteenth of the range at half of the knob's travel, since short times need finer control.
const TIME_SKEW: f32 = 0.25;
/// Time constant of gain and tuning. Shorter makes steps of automation click; longer lags behind a moving control.
const FAST: Smoothing = Smoothing::OnePole { time_s: 0.005 };

const UNIT: Scale = Scale::Linear { min: 0.0, max: 1.0 };
const LATENT: Scale = Scale::Linear { min: -LATENT_LIMIT, max: LATENT_LIMIT };

const fn linear(min: f32, max: f32) -> Scale {
    Scale::Linear { min, max }
}

const fn time(max: f32) -> Scale {
    Scale::Skewed { min: 0.0, max, factor: TIME_SKEW }
}

const fn steps(min: i32, max: i32) -> Scale {
    Scale::Steps { min, max }
}

/// One of the things that `names` names.
const fn choice(names: &[&str]) -> Scale {
    Scale::Steps { min: 0, max: names.len() as i32 - 1 }
}

/// One row of the table; `before` is equal to the default unless it is given.
macro_rules! row {
    ($id:literal, $name:literal, $group:literal, $scale:expr, $default:expr, $text:expr, $smoothing:expr, |$controls:ident| $field:expr) => {
        row!($id, $name, $group, $scale, $default, before $default, $text, $smoothing, |$controls| $field)
    };
    ($id:literal, $name:literal, $group:literal, $scale:expr, $default:expr, before $before:expr, $text:expr, $smoothing:expr, |$controls:ident| $field:expr) => {
        ParamSpec {
            id: $id,
            name: $name,
            group: $group,
            scale: $scale,
            default: $default,
            before: $before,
            text: $text,
            smoothing: $smoothing,
            field: |$controls| &mut $field,
        }
    };
}

/// All parameters, in the frozen order.
#[rustfmt::skip]
pub static TABLE: [ParamSpec; 123] = [
    row!("z1", "Latent 1", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[0]),
    row!("z2", "Latent 2", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[1]),
    row!("z3", "Latent 3", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[2]),
    row!("z4", "Latent 4", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[3]),
    row!("z5", "Latent 5", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[4]),
    row!("z6", "Latent 6", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[5]),
    row!("z7", "Latent 7", "Latents", LATENT, 0.0, Knob, Grid, |c| c.knobs[6]),
    row!("pad_x", "Pad X", "Pad", UNIT, 0.5, Percent, Grid, |c| c.pad_x),
    row!("pad_y", "Pad Y", "Pad", UNIT, 0.5, Percent, Grid, |c| c.pad_y),
    row!("morph", "Morph", "Pad", UNIT, 0.0, Percent, Grid, |c| c.morph),
    row!("stretch", "Stretch", "Shape", Scale::Skewed { min: 0.25, max: 4.0, factor: STRETCH_SKEW }, 1.0, Times, Grid, |c| c.stretch),
    row!("formant", "Formant", "Shape", linear(-12.0, 12.0), 0.0, Semitones, Grid, |c| c.formant_semitones),
    row!("tilt", "Tilt", "Shape", linear(-6.0, 6.0), 0.0, DecibelsPerOctave, Grid, |c| c.tilt_db_per_octave),
    row!("attack", "Attack", "Envelope", time(5.0), 0.0, Seconds, PerNote, |c| c.attack_s),
    row!("decay", "Decay", "Envelope", time(10.0), 2.0, Seconds, PerNote, |c| c.decay_s),
    row!("sustain", "Sustain", "Envelope", UNIT, 1.0, Percent, PerNote, |c| c.sustain),
    row!("release", "Release", "Envelope", time(10.0), 0.15, Seconds, PerNote, |c| c.release_s),
    row!("coarse", "Coarse", "Output", steps(-24, 24), 0.0, Semitones, FAST, |c| c.coarse_semitones),
    row!("fine", "Fine", "Output", linear(-100.0, 100.0), 0.0, Cents, FAST, |c| c.fine_cents),
    row!("gain", "Gain", "Output", linear(-60.0, 12.0), -6.0, Decibels, FAST, |c| c.gain_db),
    row!("fidelity", "Fidelity", "Shape", UNIT, 1.0, Percent, Grid, |c| c.fidelity),
    row!("touch", "Touch", "Output", linear(0.0, 2.0), 1.0, before 0.0, Percent, PerNote, |c| c.touch),
    row!("hold", "Hold", "Envelope", choice(Hold::NAMES), 3.0, before 1.0, Names(Hold::NAMES), PerNote, |c| c.hold),
    row!("voice_mode", "Voice mode", "Voices", choice(VOICE_MODES), 0.0, Names(VOICE_MODES), PerNote, |c| c.voices.mode),
    row!("voices", "Voices", "Voices", steps(1, 32), 32.0, Count, PerNote, |c| c.voices.limit),
    row!("glide", "Glide", "Voices", time(5.0), 0.0, Seconds, PerNote, |c| c.voices.glide_s),
    row!("glide_law", "Glide law", "Voices", choice(GLIDE_LAWS), 0.0, Names(GLIDE_LAWS), PerNote, |c| c.voices.glide_law),
    row!("glide_when", "Glide notes", "Voices", choice(GLIDE_NOTES), 0.0, Names(GLIDE_NOTES), PerNote, |c| c.voices.glide_when),
    row!("unison", "Unison", "Voices", steps(1, 8), 1.0, Count, PerNote, |c| c.voices.unison),
    row!("unison_detune", "Unison detune", "Voices", linear(0.0, 100.0), 15.0, Cents, PerNote, |c| c.voices.unison_detune_cents),
    row!("unison_spread", "Unison spread", "Voices", UNIT, 0.6, Percent, PerNote, |c| c.voices.unison_spread),
    row!("unison_blend", "Unison blend", "Voices", UNIT, 0.8, Percent, PerNote, |c| c.voices.unison_blend),
    row!("octave", "Octave", "Voices", steps(-4, 4), 0.0, Count, PerNote, |c| c.voices.octave),
    row!("transpose", "Transpose", "Voices", steps(-12, 12), 0.0, Semitones, PerNote, |c| c.voices.transpose_semitones),
    row!("bend_up", "Bend up", "Voices", steps(0, 48), 2.0, Semitones, ByReader, |c| c.voices.bend_up_semitones),
    row!("bend_down", "Bend down", "Voices", steps(0, 48), 2.0, Semitones, ByReader, |c| c.voices.bend_down_semitones),
    row!("velocity_curve", "Velocity curve", "Voices", linear(-1.0, 1.0), 0.0, Percent, PerNote, |c| c.voices.velocity_curve),
    row!("velocity_level", "Velocity to level", "Voices", UNIT, 1.0, Percent, PerNote, |c| c.voices.velocity_level),
    row!("start", "Start", "Voices", linear(0.0, 0.95), 0.0, Percent, PerNote, |c| c.voices.start),
    row!("width", "Width", "Voices", UNIT, 0.0, Percent, ByReader, |c| c.voices.width),
    row!("amp_hold", "Amp hold", "Envelope", time(5.0), 0.0, Seconds, PerNote, |c| c.amp.hold_s),
    row!("attack_curve", "Attack curve", "Envelope", linear(-1.0, 1.0), 0.0, Percent, PerNote, |c| c.amp.attack_curve),
    row!("drive", "Drive", "Space", UNIT, 0.0, Percent, ByReader, |c| c.space.drive),
    row!("ensemble", "Ensemble", "Space", UNIT, 0.0, Percent, ByReader, |c| c.space.ensemble),
    row!("ensemble_rate", "Ensemble rate", "Space", linear(-4.0, 3.0), -0.5, OctavesHertz, ByReader, |c| c.space.ensemble_rate_octaves),
    row!("delay", "Delay", "Space", UNIT, 0.0, Percent, ByReader, |c| c.space.delay),
    row!("delay_time", "Delay time", "Space", Scale::Skewed { min: 0.001, max: 2.0, factor: 0.4 }, 0.375, Seconds, ByReader, |c| c.space.delay_s),
    row!("delay_sync", "Delay sync", "Space", choice(DIVISIONS), 11.0, Names(DIVISIONS), ByReader, |c| c.space.delay_sync),
    row!("delay_feedback", "Delay feedback", "Space", linear(0.0, 0.95), 0.35, Percent, ByReader, |c| c.space.delay_feedback),
    row!("reverb", "Reverb", "Space", UNIT, 0.0, Percent, ByReader, |c| c.space.reverb),
    row!("reverb_size", "Reverb size", "Space", UNIT, 0.5, Percent, ByReader, |c| c.space.reverb_size),
    row!("reverb_tone", "Reverb tone", "Space", UNIT, 0.5, Percent, ByReader, |c| c.space.reverb_tone),
    row!("arp", "Arpeggiator", "Arpeggiator", choice(ARP_MODES), 0.0, Names(ARP_MODES), ByReader, |c| c.arp.mode),
    row!("arp_rate", "Arp rate", "Arpeggiator", choice(NOTE_VALUES), 14.0, Names(NOTE_VALUES), ByReader, |c| c.arp.rate),
    row!("arp_octaves", "Arp octaves", "Arpeggiator", steps(1, 4), 1.0, Count, ByReader, |c| c.arp.octaves),
    row!("arp_gate", "Arp gate", "Arpeggiator", linear(0.05, 1.0), 0.5, Percent, ByReader, |c| c.arp.gate),
    row!("vary", "Variation", "Voices", UNIT, 0.0, Percent, PerNote, |c| c.variation.amount),
    row!("vary_count", "Variations", "Voices", steps(2, 8), 4.0, Count, PerNote, |c| c.variation.count),
    row!("vary_order", "Variation order", "Voices", choice(VARIATION_ORDERS), 0.0, Names(VARIATION_ORDERS), PerNote, |c| c.variation.order),
    row!("filter", "Filter", "Filter", choice(FILTERS), 0.0, Names(FILTERS), ByReader, |c| c.filter.kind),
    row!("cutoff", "Cutoff", "Filter", linear(LOWEST_CUTOFF_KEY, HIGHEST_CUTOFF_KEY), HIGHEST_CUTOFF_KEY, KeyHertz, ByReader, |c| c.filter.cutoff_key),
    row!("resonance", "Resonance", "Filter", UNIT, 0.0, Percent, ByReader, |c| c.filter.resonance),
    row!("filter_drive", "Filter drive", "Filter", linear(0.0, 36.0), 0.0, Decibels, ByReader, |c| c.filter.drive_db),
    row!("filter_env", "Filter envelope", "Filter", linear(-96.0, 96.0), 0.0, Semitones, ByReader, |c| c.filter.envelope_semitones),
    row!("filter_key", "Filter key", "Filter", linear(-1.0, 2.0), 0.0, Percent, ByReader, |c| c.filter.key_tracking),
    row!("env2_delay", "Envelope 2 delay", "Filter", time(5.0), 0.0, Seconds, PerNote, |c| c.env2.delay_s),
    row!("env2_attack", "Envelope 2 attack", "Filter", time(5.0), 0.0, Seconds, PerNote, |c| c.env2.attack_s),
    row!("env2_hold", "Envelope 2 hold", "Filter", time(5.0), 0.0, Seconds, PerNote, |c| c.env2.hold_s),
    row!("env2_decay", "Envelope 2 decay", "Filter", time(10.0), 0.6, Seconds, PerNote, |c| c.env2.decay_s),
    row!("env2_sustain", "Envelope 2 sustain", "Filter", UNIT, 0.0, Percent, PerNote, |c| c.env2.sustain),
    row!("env2_release", "Envelope 2 release", "Filter", time(10.0), 0.3, Seconds, PerNote, |c| c.env2.release_s),
    row!("lfo1_shape", "LFO 1 shape", "Motion", choice(LFO_SHAPES), 0.0, Names(LFO_SHAPES), ByReader, |c| c.motion.lfos[0].shape),
    row!("lfo1_rate", "LFO 1 rate", "Motion", linear(SLOWEST_LFO_OCTAVES, FASTEST_LFO_OCTAVES), 2.321_928, OctavesHertz, ByReader, |c| c.motion.lfos[0].rate_octaves),
    row!("lfo1_sync", "LFO 1 sync", "Motion", choice(DIVISIONS), 0.0, Names(DIVISIONS), ByReader, |c| c.motion.lfos[0].sync),
    row!("lfo1_phase", "LFO 1 phase", "Motion", UNIT, 0.0, Percent, PerNote, |c| c.motion.lfos[0].phase),
    row!("lfo1_delay", "LFO 1 delay", "Motion", time(5.0), 0.0, Seconds, PerNote, |c| c.motion.lfos[0].delay_s),
    row!("lfo1_fade", "LFO 1 fade", "Motion", time(5.0), 0.0, Seconds, PerNote, |c| c.motion.lfos[0].fade_s),
    row!("lfo1_mode", "LFO 1 notes", "Motion", choice(LFO_MODES), 1.0, Names(LFO_MODES), PerNote, |c| c.motion.lfos[0].mode),
    row!("lfo2_shape", "LFO 2 shape", "Motion", choice(LFO_SHAPES), 0.0, Names(LFO_SHAPES), ByReader, |c| c.motion.lfos[1].shape),
    row!("lfo2_rate", "LFO 2 rate", "Motion", linear(SLOWEST_LFO_OCTAVES, FASTEST_LFO_OCTAVES), -1.0, OctavesHertz, ByReader, |c| c.motion.lfos[1].rate_octaves),
    row!("lfo2_sync", "LFO 2 sync", "Motion", choice(DIVISIONS), 0.0, Names(DIVISIONS), ByReader, |c| c.motion.lfos[1].sync),
    row!("lfo2_phase", "LFO 2 phase", "Motion", UNIT, 0.0, Percent, PerNote, |c| c.motion.lfos[1].phase),
    row!("lfo2_delay", "LFO 2 delay", "Motion", time(5.0), 0.0, Seconds, PerNote, |c| c.motion.lfos[1].delay_s),
    row!("lfo2_fade", "LFO 2 fade", "Motion", time(5.0), 0.0, Seconds, PerNote, |c| c.motion.lfos[1].fade_s),
    row!("lfo2_mode", "LFO 2 notes", "Motion", choice(LFO_MODES), 0.0, Names(LFO_MODES), PerNote, |c| c.motion.lfos[1].mode),
    row!("macro1", "Macro 1", "Motion", UNIT, 0.0, Percent, ByReader, |c| c.motion.macros[0]),
    row!("macro2", "Macro 2", "Motion", UNIT, 0.0, Percent, ByReader, |c| c.motion.macros[1]),
    row!("macro3", "Macro 3", "Motion", UNIT, 0.0, Percent, ByReader, |c| c.motion.macros[2]),
    row!("macro4", "Macro 4", "Motion", UNIT, 0.0, Percent, ByReader, |c| c.motion.macros[3]),
    row!("route1", "Route 1 amount", "Motion", linear(-1.0, 1.0), 0.02, before 0.0, Percent, ByReader, |c| c.motion.amounts[0]),
    row!("route2", "Route 2 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[1]),
    row!("route3", "Route 3 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[2]),
    row!("route4", "Route 4 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[3]),
    row!("route5", "Route 5 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[4]),
    row!("route6", "Route 6 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[5]),
    row!("route7", "Route 7 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[6]),
    row!("route8", "Route 8 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[7]),
    row!("route9", "Route 9 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[8]),
    row!("route10", "Route 10 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[9]),
    row!("route11", "Route 11 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[10]),
    row!("route12", "Route 12 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[11]),
    row!("route13", "Route 13 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[12]),
    row!("route14", "Route 14 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[13]),
    row!("route15", "Route 15 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[14]),
    row!("route16", "Route 16 amount", "Motion", linear(-1.0, 1.0), 0.0, Percent, ByReader, |c| c.motion.amounts[15]),
    row!("amp_delay", "Amp delay", "Envelope", time(5.0), 0.0, Seconds, PerNote, |c| c.amp.delay_s),
    row!("fall_curve", "Fall curve", "Envelope", linear(-1.0, 1.0), 0.0, Percent, PerNote, |c| c.amp.fall_curve),
    row!("reverse", "Reverse", "Shape", choice(DIRECTIONS), 0.0, Names(DIRECTIONS), Grid, |c| c.reverse),
    row!("loop", "Loop", "Envelope", choice(LOOPS), 0.0, Names(LOOPS), ByReader, |c| c.looping.mode),
    row!("loop_start", "Loop start", "Envelope", UNIT, 0.25, Percent, ByReader, |c| c.looping.start),
    row!("loop_end", "Loop end", "Envelope", UNIT, 0.75, Percent, ByReader, |c| c.looping.end),
    row!("loop_fade", "Loop crossfade", "Envelope", Scale::Skewed { min: 0.01, max: 0.5, factor: 0.4 }, 0.05, Seconds, ByReader, |c| c.looping.fade_s),
    row!("steps_count", "Steps", "Motion", steps(1, STEPS as i32), 8.0, Count, ByReader, |c| c.motion.steps.count),
    row!("steps_rate", "Steps rate", "Motion", linear(SLOWEST_LFO_OCTAVES, FASTEST_LFO_OCTAVES), 2.0, OctavesHertz, ByReader, |c| c.motion.steps.rate_octaves),
    row!("steps_sync", "Steps sync", "Motion", choice(DIVISIONS), 12.0, Names(DIVISIONS), ByReader, |c| c.motion.steps.sync),
    row!("steps_glide", "Steps glide", "Motion", UNIT, 0.0, Percent, ByReader, |c| c.motion.steps.glide),
    row!("steps_mode", "Steps notes", "Motion", choice(LFO_MODES), 0.0, Names(LFO_MODES), ByReader, |c| c.motion.steps.mode),
    row!("path_play", "Path play", "Motion", choice(PATH_PLAYS), 1.0, Names(PATH_PLAYS), ByReader, |c| c.motion.path.play),
    row!("path_notes", "Path notes", "Motion", choice(PATH_NOTES), 0.0, Names(PATH_NOTES), ByReader, |c| c.motion.path.notes),
    row!("path_speed", "Path speed", "Motion", Scale::Skewed { min: 0.25, max: 4.0, factor: STRETCH_SKEW }, 1.0, Times, ByReader, |c| c.motion.path.speed),
    row!("path_sync", "Path sync", "Motion", choice(DIVISIONS), 0.0, Names(DIVISIONS), ByReader, |c| c.motion.path.sync),
    row!("temperature", "Temperature", "Voices", linear(0.5, 1.5), 1.0, Percent, Grid, |c| c.temperature),
    row!("zone_crossfade", "Zone crossfade", "Voices", UNIT, 0.0, Percent, PerNote, |c| c.voices.zone_crossfade),
];
