//! The network of a pack of kind `raw`, loaded and checked. Immutable, shared between threads.

use super::envelopes::Envelopes;
use super::head::Head;
use super::layers::Level;
use super::sums::SUMS;
use crate::decode::lanes::{Affine, Norm, Row, add, rows, to_rows};
use crate::pack::{LEVELS, PackError, RawManifest, RawPack};

/// Steps of a level for one of the level below.
pub(super) const POOL: usize = 4;

/// A loaded network.
#[derive(Debug)]
pub struct RawModel {
    manifest: RawManifest,
    hash: String,
    /// What each heard level is to the network.
    embedding: Vec<Vec<Row>>,
    /// Weight of the distance from the heard level, for a network of fine levels.
    fine: Option<Vec<Row>>,
    classes: Vec<Vec<Row>>,
    pub(super) envelopes: Option<Envelopes>,
    pub(super) levels: [Level; 3],
    /// Four steps of a level → one of the level below.
    pub(super) down: [Affine; 2],
    /// One step of a level → four of the level above.
    pub(super) up: [Affine; 2],
    pub(super) norm: Norm,
    pub(super) last: Affine,
    /// The factor for each of the sums, for a network that is told them.
    pub(super) tilt: Option<Affine>,
    pub(super) head: Head,
}

impl RawModel {
    /// Loads the network of a pack.
    ///
    /// # Errors
    /// [`PackError::Weights`] if the weights are not those of a network of the manifest's sizes.
    pub fn load(pack: &RawPack) -> Result<Self, PackError> {
        let manifest = pack.manifest().clone();
        let weights = pack.weights()?;
        let network = manifest.network;
        let [top, middle, bottom] = network.widths;
        let level = |number: usize| {
            Level::load(&weights, number, network.widths[number], network.blocks[number], network.states)
        };
        let is_fine = manifest.quantisation.levels() > LEVELS;
        let fine = is_fine.then(|| weights.take("fine", &[top])).transpose()?;
        let classes = match manifest.classes.len() {
            0 => Vec::new(),
            count => weights.take("classes", &[count, top])?,
        };
        let head = Head::new(manifest.quantisation);
        let model = Self {
            embedding: weights.take("embedding", &[LEVELS, top])?.chunks_exact(top).map(to_rows).collect(),
            fine: fine.map(|fine| to_rows(&fine)),
            classes: classes.chunks_exact(top).map(to_rows).collect(),
            envelopes: Envelopes::load(&weights, &manifest)?,
            levels: [level(0)?, level(1)?, level(2)?],
            down: [
                Affine::load(&weights, "down0", middle, POOL * top)?,
                Affine::load(&weights, "down1", bottom, POOL * middle)?,
            ],
            up: [
                Affine::load(&weights, "up0", POOL * top, middle)?,
                Affine::load(&weights, "up1", POOL * middle, bottom)?,
            ],
            norm: Norm::load(&weights, "norm", top)?,
            last: Affine::load(&weights, "head", head.outputs(), top)?,
            tilt: (manifest.sums > 0).then(|| Affine::load(&weights, "tilt", SUMS, top)).transpose()?,
            head,
            hash: pack.hash().to_owned(),
            manifest,
        };
        weights.finish()?;
        Ok(model)
    }

    /// Description of the pack.
    pub fn manifest(&self) -> &RawManifest {
        &self.manifest
    }

    /// Hash of the pack; see [`RawPack::hash`].
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The sum of the classes' vectors by weight.
    pub(super) fn condition(&self, class_weights: &[f32]) -> Vec<Row> {
        let mut sum = rows(self.manifest.network.widths[0]);
        for (weight, class) in class_weights.iter().zip(&self.classes) {
            let weighed: Vec<Row> = class.iter().map(|row| row.map(|value| value * weight)).collect();
            add(&weighed, &mut sum);
        }
        sum
    }

    /// Writes what a level is to the network.
    pub(super) fn hear(&self, level: usize, condition: &[Row], x: &mut [Row]) {
        let (heard, offset) = self.manifest.quantisation.heard(level);
        x.copy_from_slice(&self.embedding[heard]);
        if let Some(fine) = &self.fine {
            let values = x.as_flattened_mut().iter_mut().zip(fine.as_flattened());
            values.for_each(|(x, fine)| *x += offset * fine);
        }
        add(condition, x);
    }
}
