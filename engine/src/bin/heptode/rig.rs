//! Instances of the instrument as documents describe them, for offline rendering. Main thread.

use std::ffi::OsStr;
use std::sync::Arc;

use engine::audio::Synth;
use engine::decode::assets::AssetTable;
use engine::decode::frozen::FrozenSource;
use engine::decode::pool::Pool;
use engine::decode::source::Source;
use engine::instrument::{Instance, create_with_source};
use engine::pack::{AnyPack, NamedSound};
use engine::params::{Controls, ParamId, TABLE};
use engine::presets::PresetLibrary;
use engine::scene;
use engine::state::{PackRef, Preset, SoundState, StateDocument};

use crate::args::Common;
use crate::failure::Failure;
use crate::studio::Studio;

/// Makes instances, and serves them with decoded sounds for as long as it is there.
pub(crate) struct Rig<'a> {
    studio: &'a Studio,
    pool: Arc<Pool>,
}

impl<'a> Rig<'a> {
    pub(crate) fn new(studio: &'a Studio) -> Result<Self, Failure> {
        Ok(Self { studio, pool: Pool::new(1).map_err(Failure::failed)? })
    }

    /// An instance that plays a document, with the values of its controls. A document of another pack plays the zones that were saved
    /// with it, if there are any, as in the plug-in.
    pub(crate) fn instance(&self, document: &StateDocument) -> Result<(Synth, Instance, Controls), Failure> {
        let table = Arc::<AssetTable>::default();
        let controls = scene::controls(document, Some(&self.studio.pack.residuals()), &table);
        let source: Arc<dyn Source> = if self.is_here(document) || document.frozen.is_empty() {
            self.studio.model.clone().source()
        } else {
            Arc::new(FrozenSource::new(&document.frozen).map_err(Failure::failed)?)
        };
        let (mut synth, instance) = create_with_source(&self.pool, source, table);
        synth.set_tuning(document.tuning.pitches());
        Ok((synth, instance, controls))
    }

    /// The named sounds of the pack.
    pub(crate) fn sounds(&self) -> &'a [NamedSound] {
        &self.studio.pack.info().sounds
    }

    fn is_here(&self, document: &StateDocument) -> bool {
        document.pack.is_same(&self.pack())
    }

    fn pack(&self) -> PackRef {
        PackRef::new(&self.studio.pack.info().id, &self.studio.pack.info().hash)
    }

    /// A remark for a document of another pack.
    pub(crate) fn remark(&self, document: &StateDocument) -> Option<String> {
        let (id, now) = (&document.pack.id, &self.studio.pack.info().id);
        let how = if document.frozen.is_empty() {
            format!("it plays with “{now}” and may sound different")
        } else {
            "it plays the sound that was saved with it".to_owned()
        };
        (!self.is_here(document)).then(|| format!("the preset was made with another pack, “{id}”; {how}"))
    }

    /// A new instance with a sound on its knobs. Sounds that chance makes are varied, as in the plug-in.
    pub(crate) fn document(&self, sound: SoundState) -> StateDocument {
        let mut document = StateDocument::new(
            TABLE.iter().map(|row| (row.id.to_owned(), row.default)).collect(),
            self.pack(),
            Default::default(),
        );
        document.params.insert("vary".to_owned(), self.studio.pack.info().variation());
        for (axis, sigma) in sound.latent.into_iter().enumerate() {
            document.params.insert(ParamId::latent(axis).spec().id.to_owned(), sigma);
        }
        document.knobs = Some(sound);
        document
    }
}

/// Reads the preset that a word names.
pub(crate) fn find_preset(word: &OsStr) -> Result<Preset, Failure> {
    let library = PresetLibrary::of_user();
    Ok(library.load(&library.find(word)?)?)
}

/// The arguments with the shipped pack that a preset was made with, where no pack is given.
pub(crate) fn for_preset(common: &Common, preset: &Preset) -> Common {
    let shipped = AnyPack::shipped_infos().unwrap_or_default();
    let own = shipped.iter().find(|(_, pack)| preset.document.pack.is_same(&PackRef::new(&pack.id, &pack.hash)));
    own.map_or_else(|| common.clone(), |(name, _)| common.or_pack(name))
}
