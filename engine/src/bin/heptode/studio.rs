//! The pack that a command works with, and the sounds that its arguments name. Main thread.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use engine::Latent;
use engine::decode::load::load;
use engine::decode::{Model, PackModel, Pipeline};
use engine::import::{Choice, Imported, import, zone_residual};
use engine::pack::{AnyPack, NamedSound, PackError};
use engine::residual::ZoneResidual;
use engine::sample::{FileKind, file_kind};
use serde_json::{Value, json};

use crate::args::Common;
use crate::failure::Failure;
use crate::output::path_text;
use crate::recording::Recorded;

/// Opens the pack that was asked for. The name of a shipped pack comes before a file of that name, which `./factory` reaches.
pub(crate) fn open_pack(path: &Path) -> Result<AnyPack, Failure> {
    let shipped = path.to_str().map_or(Ok(None), AnyPack::shipped)?;
    shipped.map_or_else(|| open_pack_file(path), Ok)
}

fn open_pack_file(path: &Path) -> Result<AnyPack, Failure> {
    if !path.exists() {
        let names = AnyPack::shipped_names().join(", ");
        return Err(Failure::failed(format!("{}: there is no such pack file; shipped packs: {names}", path.display())));
    }
    Ok(AnyPack::open(path)?)
}

/// A pack that is ready to play.
pub(crate) struct Studio {
    pub(crate) pack: AnyPack,
    pub(crate) model: Arc<dyn PackModel>,
}

impl Studio {
    pub(crate) fn open(common: &Common) -> Result<Self, Failure> {
        let pack = open_pack(common.pack())?;
        let model = load(&pack)?;
        Ok(Self { pack, model })
    }

    /// Which pack a result was made with.
    pub(crate) fn pack_json(&self) -> Value {
        json!({ "id": self.pack.info().id, "hash": self.pack.info().hash })
    }

    /// The graphs of its seven latents; a failure for a pack of another kind.
    pub(crate) fn latents(&self) -> Result<Arc<Model>, Failure> {
        let refused = || PackError::NoLatents { kind: self.pack.info().kind.name() };
        Ok(Arc::clone(&self.model).latents().ok_or_else(refused)?)
    }

    /// Reads and encodes an audio file.
    pub(crate) fn import(&self, file: &Path, choice: Choice) -> Result<Imported, Failure> {
        Ok(import(file, &mut Pipeline::new(self.latents()?)?, choice)?)
    }

    /// What a word names: a sound of the pack, or an audio file. Names of sounds come first.
    pub(crate) fn find<'a>(&'a self, word: &'a OsStr) -> Result<Source<'a>, Failure> {
        let text = word.to_string_lossy();
        let unknown = match self.pack.sound(&text) {
            Ok(sound) => return Ok(Source::Pack(sound)),
            Err(unknown @ PackError::UnknownSound { .. }) => unknown,
            Err(other) => return Err(other.into()),
        };
        let path = Path::new(word);
        let is_file = path.exists() || text.contains(['/', '\\']) || file_kind(path) != FileKind::Other;
        if is_file { Ok(Source::File(path)) } else { Err(unknown.into()) }
    }

    /// The sound itself. `key` is the MIDI key that the user says its file is at, by the option `option`; a sound of the pack has its own.
    pub(crate) fn load(&self, source: &Source, key: Option<f32>, option: &str) -> Result<Named, Failure> {
        match source {
            Source::Pack(sound) if key.is_some() => {
                Err(Failure::usage(format!("{option} is for audio files, and “{}” is a sound of the pack", sound.name)))
            }
            Source::Pack(sound) => Ok(self.of_pack(sound)),
            Source::File(path) => self.of_file(path, Choice { key, region_s: None }),
        }
    }

    /// A sound of the pack.
    pub(crate) fn of_pack(&self, sound: &NamedSound) -> Named {
        let residuals = self.pack.residuals().of(&sound.name).to_vec();
        Named { name: sound.name.clone(), latent: sound.latent, residuals, recording: None, notes: Vec::new() }
    }

    fn of_file(&self, path: &Path, choice: Choice) -> Result<Named, Failure> {
        let mut pipeline = Pipeline::new(self.latents()?)?;
        let mut imported = import(path, &mut pipeline, choice)?;
        // A recording too far from every root to be transposed there is played from its point alone.
        let residual = zone_residual(&imported.samples, &imported.latent, imported.key, &mut pipeline);
        imported.notes.extend(residual.as_ref().err().map(|error| format!("played from its point alone: {error}")));
        let file = path_text(path);
        let recording = Recorded::new(path, &imported);
        let notes = imported.notes.iter().map(|note| format!("{file}: {note}")).collect();
        let residuals = residual.into_iter().collect();
        Ok(Named { name: imported.name, latent: imported.latent, residuals, recording: Some(recording), notes })
    }
}

/// What a word of the command line names.
pub(crate) enum Source<'a> {
    /// A sound of the pack.
    Pack(&'a NamedSound),
    /// An audio file, which may not be there.
    File(&'a Path),
}

impl Source<'_> {
    /// The file that is read, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Pack(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

/// A latent point with its name and residuals.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) latent: Latent,
    /// Its residuals, by zone.
    pub(crate) residuals: Vec<ZoneResidual>,
    /// What was read, for a sound from a file.
    pub(crate) recording: Option<Recorded>,
    pub(crate) notes: Vec<String>,
}

impl Named {
    /// What was read as JSON: null for a sound of the pack.
    pub(crate) fn recording_json(&self) -> Value {
        self.recording.as_ref().map_or(Value::Null, |recording| recording.json.clone())
    }

    /// What was read as a line: empty for a sound of the pack.
    pub(crate) fn recording_text(&self) -> String {
        self.recording.as_ref().map_or_else(String::new, |recording| format!("{}\n", recording.text))
    }
}
