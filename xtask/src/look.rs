//! The editor's colours and typeface, for pictures that stand beside it.

use std::fs;
use std::path::Path;

use ab_glyph::FontVec;
use anyhow::{Context, Result};

/// Red, green and blue, 0 to 255.
pub type Colour = [f32; 3];

pub const GROUND: Colour = rgb(0x130f0d);
pub const WELL: Colour = rgb(0x0d0a09);
pub const LINE: Colour = rgb(0x3a302a);
pub const TEXT: Colour = rgb(0xf0e6d8);
pub const DIM: Colour = rgb(0xb3a393);
pub const AMBER: Colour = rgb(0xffb04f);
pub const TEAL: Colour = rgb(0x5fd0c4);
/// Halfway from amber to teal: a glow gets whiter where colours meet.
const HALFWAY: Colour = rgb(0xeee2b4);

/// A colour as it is written on the web.
pub const fn rgb(code: u32) -> Colour {
    [(code >> 16) as f32, (code >> 8 & 255) as f32, (code & 255) as f32]
}

/// `part` of the way from one colour to another.
pub fn blend(from: Colour, to: Colour, part: f32) -> Colour {
    std::array::from_fn(|i| from[i] * (1.0 - part) + to[i] * part)
}

/// Amber at 0, teal at 1, as the editor colours a sound between knobs and pad.
pub fn between(morph: f32) -> Colour {
    let place = 2.0 * morph.clamp(0.0, 1.0);
    if place < 1.0 { blend(AMBER, HALFWAY, place) } else { blend(HALFWAY, TEAL, place - 1.0) }
}

/// The two weights of the typeface.
pub struct Fonts {
    /// Body text.
    pub body: FontVec,
    /// Headings.
    pub bold: FontVec,
}

impl Fonts {
    /// Reads them from the workspace's assets.
    ///
    /// # Errors
    ///
    /// Fails if a font is missing or is not a font.
    pub fn read(root: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = root.join("assets/fonts").join(name);
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            FontVec::try_from_vec(bytes).with_context(|| format!("{} is no font", path.display()))
        };
        Ok(Self { body: read("Barlow-Medium.ttf")?, bold: read("Barlow-SemiBold.ttf")? })
    }
}
