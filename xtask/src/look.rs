//! The editor's colours and typeface, for pictures that stand beside it.

use std::fs;
use std::path::Path;

use ab_glyph::FontVec;
use anyhow::{Context, Result};

/// Red, green and blue in sRGB, each 0 to 255.
pub type Colour = [f32; 3];

/// Background of the window.
pub const GROUND: Colour = rgb(0x130f0d);
/// Background of plots and lists.
pub const WELL: Colour = rgb(0x0d0a09);
/// Thin lines and borders.
pub const LINE: Colour = rgb(0x3a302a);
/// Text.
pub const TEXT: Colour = rgb(0xf0e6d8);
/// Secondary text.
pub const DIM: Colour = rgb(0xb3a393);
/// Colour of the knobs' sound.
pub const AMBER: Colour = rgb(0xffb04f);
/// Colour of the pad's sound.
pub const TEAL: Colour = rgb(0x5fd0c4);
/// Colour at the middle of the morph slider; it is lighter than the mean of amber and teal, which would be a dull green.
const HALFWAY: Colour = rgb(0xeee2b4);

/// A colour from its code `0xRRGGBB`.
pub const fn rgb(code: u32) -> Colour {
    [(code >> 16) as f32, (code >> 8 & 255) as f32, (code & 255) as f32]
}

/// Linear interpolation in sRGB: `from` at `part` 0, `to` at 1.
pub fn blend(from: Colour, to: Colour, part: f32) -> Colour {
    std::array::from_fn(|i| from[i] * (1.0 - part) + to[i] * part)
}

/// Colour of a sound at a position of the morph slider, [0, 1]: amber at 0, teal at 1, as in the editor.
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
