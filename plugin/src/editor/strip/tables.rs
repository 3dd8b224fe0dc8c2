//! Which controls stand in which tab: one table for each tab. Constants.

use crate::editor::choice::Face;
use crate::editor::envelope::{AMP, SECOND, Stages};
use crate::project::StripTab;

/// How a parameter is controlled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A knob whose arc starts at its left end.
    Knob,
    /// A knob whose arc starts at the middle.
    FromMiddle,
    /// One of several things.
    Choice(Face),
}

/// One control.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    /// Identifier of its parameter.
    pub id: &'static str,
    /// What is written below it.
    pub label: &'static str,
    /// How it is drawn and used.
    pub kind: Kind,
}

/// What a panel shows beside its controls.
#[derive(Debug, Clone, Copy)]
pub enum Picture {
    /// Nothing.
    None,
    /// An envelope; its corners can be dragged.
    Envelope(Stages),
    /// An envelope to look at.
    SmallEnvelope(Stages),
    /// The filter's response.
    Filter,
    /// The levels of the steps, which can be drawn.
    Steps,
    /// The recorded path.
    Path,
    /// The modulation matrix, which holds the amounts of its routes.
    Matrix,
}

/// One panel of a tab.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    /// Its heading.
    pub heading: &'static str,
    /// What it shows at its left.
    pub picture: Picture,
    /// Width of the picture, in cells.
    pub picture_cells: f32,
    /// Cells of a row of controls.
    pub columns: usize,
    /// Controls, row by row.
    pub controls: &'static [Control],
}

const fn knob(id: &'static str, label: &'static str) -> Control {
    Control { id, label, kind: Kind::Knob }
}

const fn turned(id: &'static str, label: &'static str) -> Control {
    Control { id, label, kind: Kind::FromMiddle }
}

const fn choice(id: &'static str, label: &'static str) -> Control {
    Control { id, label, kind: Kind::Choice(Face::Name) }
}

const fn shape(id: &'static str, label: &'static str) -> Control {
    Control { id, label, kind: Kind::Choice(Face::Shape) }
}

const fn plain(heading: &'static str, columns: usize, controls: &'static [Control]) -> Panel {
    Panel { heading, picture: Picture::None, picture_cells: 0.0, columns, controls }
}

/// The panel with the seed.
pub const VARIATION: &str = "Variation";

/// The panels of a tab, from left to right.
pub fn panels(tab: StripTab) -> &'static [Panel] {
    match tab {
        StripTab::Sound => SOUND,
        StripTab::Amp => AMPLITUDE,
        StripTab::Filter => FILTER,
        StripTab::Motion => MOTION,
        StripTab::Matrix => MATRIX,
        StripTab::Space => SPACE,
        StripTab::Play => PLAY,
    }
}

const SOUND: &[Panel] = &[
    plain(
        "Shape",
        4,
        &[
            turned("stretch", "Stretch"),
            turned("formant", "Formant"),
            turned("tilt", "Tilt"),
            knob("fidelity", "Fidelity"),
        ],
    ),
    Panel {
        heading: "Envelope",
        picture: Picture::SmallEnvelope(AMP),
        picture_cells: 1.0,
        columns: 5,
        controls: &[
            knob("attack", "Attack"),
            knob("decay", "Decay"),
            knob("sustain", "Sustain"),
            knob("release", "Release"),
            choice("hold", "Hold"),
        ],
    },
    plain(
        "Output",
        4,
        &[knob("touch", "Touch"), turned("coarse", "Coarse"), turned("fine", "Fine"), knob("gain", "Gain")],
    ),
];

const AMPLITUDE: &[Panel] = &[Panel {
    heading: "Amplitude envelope",
    picture: Picture::Envelope(AMP),
    picture_cells: 5.0,
    columns: 7,
    controls: &[
        knob("attack", "Attack"),
        knob("decay", "Decay"),
        knob("sustain", "Sustain"),
        knob("release", "Release"),
        choice("hold", "Notes"),
        knob("loop_start", "Loop start"),
        knob("loop_end", "Loop end"),
        knob("amp_hold", "Hold"),
        turned("attack_curve", "Attack curve"),
        knob("amp_delay", "Delay"),
        turned("fall_curve", "Fall curve"),
        choice("reverse", "Direction"),
        choice("loop", "Loop"),
        knob("loop_fade", "Crossfade"),
    ],
}];

const FILTER: &[Panel] = &[
    Panel {
        heading: "Filter",
        picture: Picture::Filter,
        picture_cells: 3.4,
        columns: 3,
        controls: &[
            choice("filter", "Type"),
            knob("cutoff", "Cutoff"),
            knob("resonance", "Resonance"),
            knob("filter_drive", "Drive"),
            turned("filter_env", "Envelope"),
            turned("filter_key", "Key"),
        ],
    },
    Panel {
        heading: "Envelope 2",
        picture: Picture::Envelope(SECOND),
        picture_cells: 3.4,
        columns: 3,
        controls: &[
            knob("env2_attack", "Attack"),
            knob("env2_decay", "Decay"),
            knob("env2_sustain", "Sustain"),
            knob("env2_release", "Release"),
            knob("env2_delay", "Delay"),
            knob("env2_hold", "Hold"),
        ],
    },
];

const MOTION: &[Panel] = &[
    plain(
        "LFO 1 and 2",
        7,
        &[
            shape("lfo1_shape", "Shape"),
            knob("lfo1_rate", "Rate"),
            choice("lfo1_sync", "Sync"),
            knob("lfo1_phase", "Phase"),
            knob("lfo1_delay", "Delay"),
            knob("lfo1_fade", "Fade"),
            choice("lfo1_mode", "Notes"),
            shape("lfo2_shape", "Shape"),
            knob("lfo2_rate", "Rate"),
            choice("lfo2_sync", "Sync"),
            knob("lfo2_phase", "Phase"),
            knob("lfo2_delay", "Delay"),
            knob("lfo2_fade", "Fade"),
            choice("lfo2_mode", "Notes"),
        ],
    ),
    Panel {
        heading: "Steps",
        picture: Picture::Steps,
        picture_cells: 3.6,
        columns: 3,
        controls: &[
            knob("steps_count", "Steps"),
            knob("steps_rate", "Rate"),
            choice("steps_sync", "Sync"),
            knob("steps_glide", "Glide"),
            choice("steps_mode", "Notes"),
        ],
    },
    Panel {
        heading: "Path of the pad",
        picture: Picture::Path,
        picture_cells: 2.6,
        columns: 2,
        controls: &[
            choice("path_play", "Play"),
            choice("path_notes", "Notes"),
            knob("path_speed", "Speed"),
            choice("path_sync", "Sync"),
        ],
    },
];

const MATRIX: &[Panel] = &[
    plain("Macros", 2, &[knob("macro1", "1"), knob("macro2", "2"), knob("macro3", "3"), knob("macro4", "4")]),
    Panel { heading: "Matrix", picture: Picture::Matrix, picture_cells: 12.0, columns: 0, controls: &[] },
];

const SPACE: &[Panel] = &[
    plain("Width", 1, &[knob("width", "Width")]),
    plain("Drive", 1, &[knob("drive", "Drive")]),
    plain("Ensemble", 2, &[knob("ensemble", "Amount"), knob("ensemble_rate", "Rate")]),
    plain(
        "Delay",
        4,
        &[
            knob("delay", "Amount"),
            knob("delay_time", "Time"),
            choice("delay_sync", "Sync"),
            knob("delay_feedback", "Feedback"),
        ],
    ),
    plain("Reverb", 3, &[knob("reverb", "Amount"), knob("reverb_size", "Size"), knob("reverb_tone", "Tone")]),
];

const PLAY: &[Panel] = &[
    plain(
        "Voices",
        2,
        &[
            choice("voice_mode", "Mode"),
            knob("voices", "Voices"),
            knob("start", "Start"),
            knob("zone_crossfade", "Zones"),
        ],
    ),
    plain("Glide", 2, &[knob("glide", "Time"), choice("glide_law", "Law"), choice("glide_when", "Notes")]),
    plain(
        "Unison",
        2,
        &[
            knob("unison", "Voices"),
            knob("unison_detune", "Detune"),
            knob("unison_spread", "Spread"),
            knob("unison_blend", "Blend"),
        ],
    ),
    plain(
        "Pitch",
        2,
        &[
            turned("octave", "Octave"),
            turned("transpose", "Transpose"),
            knob("bend_up", "Bend +"),
            knob("bend_down", "Bend −"),
        ],
    ),
    plain(
        VARIATION,
        2,
        &[
            knob("vary", "Amount"),
            knob("vary_count", "Sounds"),
            choice("vary_order", "Order"),
            turned("temperature", "Temp."),
        ],
    ),
    plain("Velocity", 1, &[turned("velocity_curve", "Curve"), knob("velocity_level", "Level")]),
    plain(
        "Arpeggiator",
        2,
        &[choice("arp", "Mode"), choice("arp_rate", "Rate"), knob("arp_octaves", "Octaves"), knob("arp_gate", "Gate")],
    ),
];

/// Parameters whose controls stand elsewhere: the latents, the pad and the morph slider above the strip.
pub const ABOVE_THE_STRIP: [&str; 10] = ["z1", "z2", "z3", "z4", "z5", "z6", "z7", "pad_x", "pad_y", "morph"];
/// The amounts of the routes, in the matrix.
pub const AMOUNTS: [&str; 16] = [
    "route1", "route2", "route3", "route4", "route5", "route6", "route7", "route8", "route9", "route10", "route11",
    "route12", "route13", "route14", "route15", "route16",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::params::{TABLE, TextForm};

    use super::*;

    fn controls() -> impl Iterator<Item = Control> {
        StripTab::ALL.into_iter().flat_map(panels).flat_map(|panel| panel.controls.iter().copied())
    }

    #[test]
    fn every_parameter_of_the_table_is_reachable() {
        let elsewhere = ABOVE_THE_STRIP.iter().chain(&AMOUNTS).copied();
        let mut places: BTreeMap<&str, usize> = TABLE.iter().map(|row| (row.id, 0)).collect();
        for id in controls().map(|control| control.id).chain(elsewhere) {
            *places.get_mut(id).unwrap_or_else(|| panic!("{id} is no parameter")) += 1;
        }
        let missing: Vec<_> = places.iter().filter(|(_, count)| **count == 0).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn what_chooses_one_of_several_is_a_choice_and_nothing_else_is() {
        for control in controls() {
            let row = TABLE.iter().find(|row| row.id == control.id).expect("a parameter");
            let is_named = matches!(row.text, TextForm::Names(_));
            assert_eq!(matches!(control.kind, Kind::Choice(_)), is_named, "{}", control.id);
        }
    }
}
