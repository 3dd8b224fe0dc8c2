//! The categories of sounds in eight families: as many colours as can be told apart at a glance.

use crate::look::{AMBER, Colour, DIM, TEAL, rgb};

/// Categories that share a colour.
pub struct Family {
    pub name: &'static str,
    pub colour: Colour,
    pub categories: &'static [&'static str],
}

/// In the order of the legend: what sounds alike stands together.
pub const FAMILIES: [Family; 8] = [
    Family { name: "Keys and bells", colour: AMBER, categories: &["Piano", "Mallet", "Bell"] },
    Family { name: "Plucked", colour: rgb(0xa6d95f), categories: &["Guitar", "Bass", "Pluck", "Ethnic"] },
    Family {
        name: "Winds and strings",
        colour: TEAL,
        categories: &["Strings", "Ensemble", "Brass", "Reed", "Pipe", "Organ"],
    },
    Family { name: "Synths", colour: rgb(0xa98cff), categories: &["Lead", "Pad", "FX"] },
    Family { name: "Voices and animals", colour: rgb(0xff86c0), categories: &["Voice", "Dog", "Sneeze", "Cough"] },
    Family { name: "Drums", colour: rgb(0xff6a55), categories: &["Kick", "Snare", "Tom", "Clap"] },
    Family {
        name: "Cymbals and percussion",
        colour: rgb(0xf4ea9a),
        categories: &["Hat", "Cymbal", "Percussion", "Percussive"],
    },
    Family {
        name: "Everyday sounds",
        colour: rgb(0x6aa6ff),
        categories: &["Footsteps", "Typing", "Gunshot", "Motor", "Water", "Rain", "SFX"],
    },
];

/// The family of a category, by its place in [`FAMILIES`].
pub fn family_of(category: &str) -> Option<usize> {
    FAMILIES.iter().position(|family| family.categories.contains(&category))
}

/// The colour of a category; grey for one that a later pack has added.
pub fn colour_of(category: &str) -> Colour {
    family_of(category).map_or(DIM, |family| FAMILIES[family].colour)
}
