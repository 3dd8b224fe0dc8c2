//! The named sounds of a model pack, as `heptode info --json` and the pack's manifest both list them.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// Latents of a point.
pub const AXES: usize = 7;
/// A point in the space of sounds.
pub type Latent = [f32; AXES];

/// What the gallery needs to know of a pack.
#[derive(Deserialize)]
pub struct Pack {
    /// All named sounds, the best known first.
    pub sounds: Vec<Sound>,
    latents: Vec<Knob>,
}

/// A named sound.
#[derive(Deserialize)]
pub struct Sound {
    pub name: String,
    pub category: String,
    pub latent: Latent,
    /// The key that it sounds like itself at.
    pub key: u8,
}

#[derive(Deserialize)]
struct Knob {
    name: String,
    /// How well the knob follows its name; absent where the name promises nothing.
    rank_correlation: Option<f32>,
}

impl Pack {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// Fails if the text is not what `heptode info --json` prints.
    pub fn read(json: &str) -> Result<Self> {
        let pack: Self = serde_json::from_str(json).context("the pack's list of sounds cannot be read")?;
        ensure!(pack.sounds.len() > 2, "a pack of {} sounds is too small for a gallery", pack.sounds.len());
        Ok(pack)
    }

    /// The sound of this name or else the first numbered one: `Dog` finds `Dog 1`, or `Dog 2` where that is the first. A
    /// retrained pack numbers generated sounds anew, and the gallery must find its sounds again.
    ///
    /// # Errors
    ///
    /// Fails if the pack has no such sound.
    pub fn find(&self, name: &str) -> Result<&Sound> {
        let exact = self.sounds.iter().find(|sound| sound.name == name);
        exact
            .or_else(|| self.sounds.iter().find(|sound| sound.kind() == name))
            .with_context(|| format!("the pack has no sound named {name}, nor a numbered one"))
    }

    /// Latents whose knob is named after what it does, with that name.
    pub fn named_knobs(&self) -> impl Iterator<Item = (usize, &str)> {
        let knobs = self.latents.iter().enumerate();
        knobs.filter(|(_, knob)| knob.rank_correlation.is_some()).map(|(axis, knob)| (axis, knob.name.as_str()))
    }
}

impl Sound {
    /// The name without its number, and without the letter behind it that tells it from another of that number.
    pub fn kind(&self) -> &str {
        let before = self.name.strip_suffix(|sign: char| sign.is_ascii_lowercase());
        let numbered = before.filter(|before| before.ends_with(|sign: char| sign.is_ascii_digit()));
        numbered.unwrap_or(&self.name).trim_end_matches(|sign: char| sign.is_ascii_digit() || sign == ' ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_itself_before_the_first_numbered_one() -> Result<()> {
        let sound = |name: &str| format!(r#"{{"name":"{name}","category":"Dog","latent":[0,0,0,0,0,0,0],"key":60}}"#);
        let names = ["Dog 2", "Large dog 1", "Dog 3", "Large dog", "Cat 2b"].map(sound).join(",");
        let pack = Pack::read(&format!(r#"{{"latents":[],"sounds":[{names}]}}"#))?;
        assert_eq!(pack.find("Dog")?.name, "Dog 2");
        assert_eq!(pack.find("Dog 3")?.name, "Dog 3");
        assert_eq!(pack.find("Large dog")?.name, "Large dog");
        assert!(pack.find("Large").is_err());
        assert_eq!(pack.find("Cat")?.name, "Cat 2b");
        Ok(())
    }
}
