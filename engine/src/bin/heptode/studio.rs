//! The pack that a command works with, and the sounds that its arguments name. Main thread.

use std::path::Path;
use std::sync::Arc;

use engine::Latent;
use engine::decode::{Model, Pipeline};
use engine::import::{Choice, Imported, import, zone_residual};
use engine::pack::{NamedSound, Pack, PackError};
use engine::residual::ZoneResidual;
use serde_json::{Value, json};

use crate::args::{Common, Input};
use crate::failure::Failure;

/// Endings that mark a word as a file and not as the name of a sound.
const AUDIO_ENDINGS: [&str; 6] = ["wav", "wave", "aif", "aiff", "aifc", "flac"];

/// Opens the pack that was asked for. The name of a shipped pack comes before a file of that name, which `./factory` reaches.
pub(crate) fn open_pack(common: &Common) -> Result<Pack, Failure> {
    let shipped = common.pack.to_str().map_or(Ok(None), Pack::shipped)?;
    shipped.map_or_else(|| open_pack_file(&common.pack), Ok)
}

fn open_pack_file(path: &Path) -> Result<Pack, Failure> {
    if !path.exists() {
        let names = Pack::shipped_names().join(", ");
        return Err(Failure::failed(format!("{}: there is no such pack file; shipped packs: {names}", path.display())));
    }
    Ok(Pack::open(path)?)
}

/// A pack with its graphs ready to run.
pub(crate) struct Studio {
    pub(crate) pack: Pack,
    pub(crate) model: Arc<Model>,
}

impl Studio {
    pub(crate) fn open(common: &Common) -> Result<Self, Failure> {
        let pack = open_pack(common)?;
        let model = Arc::new(Model::load(&pack)?);
        Ok(Self { pack, model })
    }

    /// Which pack a result was made with.
    pub(crate) fn pack_json(&self) -> Value {
        json!({ "id": self.pack.manifest().id, "hash": self.pack.hash() })
    }

    /// Reads and encodes an audio file.
    pub(crate) fn import(&self, input: &Input) -> Result<Imported, Failure> {
        let choice = Choice { key: input.key, region_s: input.region.map(f64::from) };
        Ok(import(&input.file, &mut Pipeline::new(self.model.clone())?, choice)?)
    }

    /// A sound of the pack, or an audio file: names of sounds come first.
    pub(crate) fn resolve(&self, word: &str) -> Result<Named, Failure> {
        let unknown = match self.pack.sound(word) {
            Ok(sound) => return Ok(self.of_pack(sound)),
            Err(unknown @ PackError::UnknownSound { .. }) => unknown,
            Err(other) => return Err(other.into()),
        };
        let path = Path::new(word);
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        let is_file = path.exists() || word.contains(['/', '\\']) || AUDIO_ENDINGS.contains(&ending.as_str());
        if !is_file {
            return Err(unknown.into());
        }
        let mut pipeline = Pipeline::new(self.model.clone())?;
        let mut imported = import(path, &mut pipeline, Choice::default())?;
        // A recording too far from every root to be transposed there is played from its point alone.
        let residual = zone_residual(&imported.samples, &imported.latent, imported.key, &mut pipeline);
        imported.notes.extend(residual.as_ref().err().map(|error| format!("played from its point alone: {error}")));
        let notes = imported.notes.iter().map(|note| format!("{}: {note}", path.display())).collect();
        Ok(Named { name: imported.name, latent: imported.latent, residuals: residual.into_iter().collect(), notes })
    }

    /// A sound of the pack.
    pub(crate) fn of_pack(&self, sound: &NamedSound) -> Named {
        let residuals = self.pack.residuals().of(&sound.name).to_vec();
        Named { name: sound.name.clone(), latent: sound.latent, residuals, notes: Vec::new() }
    }
}

/// A latent point with its name and residuals.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) latent: Latent,
    /// Its residuals, by zone.
    pub(crate) residuals: Vec<ZoneResidual>,
    pub(crate) notes: Vec<String>,
}
