//! The ways in which a sound is made again before it is compared with itself.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use engine::decode::{Pipeline, Shaping};
use engine::pack::NamedSound;

use crate::corpus::Item;
use crate::corpus::plain_name::plain_name;

/// How a sound is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResynthesisPath {
    /// Its own frames, through the vocoder.
    Frames,
    /// Its own latent point, decoded at its key.
    Latent,
    /// The same with what the point leaves out, as an imported sound has it.
    Residual,
    /// The pack's named sound of its name, decoded at its key; for the hardest stroke only, which it stands for.
    Named,
    /// The same with what the pack's residuals add, as the instrument plays it.
    NamedResidual,
}

impl ResynthesisPath {
    /// Every path, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Frames, Self::Latent, Self::Residual, Self::Named, Self::NamedResidual];

    /// What a report calls it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Frames => "true frames → audio",
            Self::Latent => "seven latents → audio",
            Self::Residual => "latents + residual → audio",
            Self::Named => "named sound → audio",
            Self::NamedResidual => "named sound + residual → audio",
        }
    }
}

/// The named sounds of a pack by the files that they stand for.
pub type NamedFiles = HashMap<String, NamedSound>;

/// The named sounds of a pack, by the files of the corpus that they stand for: of the first instrument of that name the hardest stroke.
pub fn named_files(sounds: &[NamedSound], items: &[Item]) -> NamedFiles {
    let mut hardest = HashMap::<&str, (&str, u8)>::new();
    for item in items {
        let (instrument, velocity) = hardest.entry(&item.name).or_insert((&item.instrument, 0));
        if item.instrument == *instrument {
            *velocity = item.velocity.max(*velocity);
        }
    }
    let stands_for = |item: &&Item| hardest.get(item.name.as_str()) == Some(&(item.instrument.as_str(), item.velocity));
    let sounds: HashMap<&str, &NamedSound> = sounds.iter().map(|sound| (sound.name.as_str(), sound)).collect();
    let named =
        items.iter().filter(stands_for).filter_map(|item| Some((item, *sounds.get(plain_name(&item.name).as_str())?)));
    named.map(|(item, sound)| (item.file.clone(), sound.clone())).collect()
}

/// Makes a sound of the corpus again; `None` when the path does not know it.
///
/// # Errors
/// Encoding or decoding fails.
pub fn remake(
    pipeline: &mut Pipeline,
    path: ResynthesisPath,
    item: &Item,
    truth: &[f32],
    named: &NamedFiles,
) -> Result<Option<Vec<f32>>> {
    let key = f32::from(item.key);
    Ok(match path {
        ResynthesisPath::Frames => {
            let frames = pipeline.analyse(truth)?;
            Some(pipeline.vocode(&frames, key)?)
        }
        ResynthesisPath::Latent => {
            let latent = pipeline.place(truth, key)?;
            Some(pipeline.decode(&latent, key, &Shaping::default())?)
        }
        ResynthesisPath::Residual => {
            let latent = pipeline.place(truth, key)?;
            let residual = pipeline.residual(truth, &latent, key)?;
            Some(pipeline.decode_recorded(&latent, key, &residual)?)
        }
        ResynthesisPath::Named => match named.get(&item.file) {
            Some(sound) => Some(pipeline.decode(&sound.latent, key, &Shaping::default())?),
            None => None,
        },
        ResynthesisPath::NamedResidual => match named.get(&item.file) {
            Some(sound) => as_played(pipeline, sound, item.key)?,
            None => None,
        },
    })
}

/// A named sound at one of its zones' roots with its residual; `None` where it has none.
fn as_played(pipeline: &mut Pipeline, sound: &NamedSound, key: u8) -> Result<Option<Vec<f32>>> {
    let model = Arc::clone(pipeline.model());
    let Some(zone) = model.residuals().of(&sound.name).iter().find(|zone| zone.root_key == key) else {
        return Ok(None);
    };
    Ok(Some(pipeline.decode_recorded(&sound.latent, f32::from(key), &zone.residual)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Split;

    fn item(file: &str, instrument: &str, velocity: u8) -> Item {
        Item {
            file: file.into(),
            name: "Bell".into(),
            category: "Bell".into(),
            instrument: instrument.into(),
            group: "g".into(),
            split: Split::Train,
            key: 60,
            velocity,
            source: String::new(),
            sha256: String::new(),
            labels: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_name_stands_for_the_hardest_stroke_of_the_first_of_that_name() {
        let sound = |name: &str| NamedSound { name: name.into(), category: "Bell".into(), latent: [0.0; 7], key: 60 };
        let items = [item("a", "one", 48), item("b", "one", 112), item("c", "two", 127)];
        let found = named_files(&[sound("Bell"), sound("Gong")], &items);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["b"]);
    }
}
