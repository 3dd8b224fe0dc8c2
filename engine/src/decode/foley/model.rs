//! The networks of a pack of kind `foley`, loaded and checked. Immutable, shared between threads.

use thiserror::Error;

use super::prior::Prior;
use crate::decode::graph::{Graph, GraphError, Port};
use crate::pack::{DECODER_FILE, FoleyManifest, FoleyPack, PackError, VOCODER_FILE};

/// Why a pack cannot be used. Each message is one line for the user.
#[derive(Debug, Error)]
pub enum FoleyError {
    /// Its weights do not fit its manifest.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// One of its graphs is refused.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Loaded networks.
pub struct FoleyModel {
    manifest: FoleyManifest,
    hash: String,
    pub(super) prior: Prior,
    /// `[code][value]`.
    codes: Vec<f32>,
    pub(super) decoder: Graph,
    pub(super) vocoder: Graph,
}

impl std::fmt::Debug for FoleyModel {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.debug_struct("FoleyModel").field("manifest", &self.manifest).finish_non_exhaustive()
    }
}

impl FoleyModel {
    /// Loads the networks of a pack, and runs each graph once.
    ///
    /// # Errors
    /// [`FoleyError`] if the weights or the graphs are not of the manifest's sizes.
    pub fn load(pack: &FoleyPack) -> Result<Self, FoleyError> {
        let manifest = pack.manifest().clone();
        let (network, shape) = (manifest.network, manifest.shape);
        let weights = pack.weights()?;
        let prior = Prior::load(&weights, &manifest)?;
        let codes = weights.take("codes", &[network.codes, network.latent])?;
        weights.finish()?;
        let load = |name: &str, inputs, outputs| Graph::load(name, pack.file(name), inputs, outputs);
        let decoder_outputs: &[&'static str] =
            if manifest.spread.is_some() { &["frames", "spread"] } else { &["frames"] };
        let of_frames = |name: &&'static str| Port::new(name, &[1, shape.mel_bands, shape.frame_count]);
        let decoder = load(
            DECODER_FILE,
            vec![Port::new("positions", &[1, network.levels * network.latent, manifest.positions()])],
            decoder_outputs.iter().map(of_frames).collect(),
        )?;
        let (bins, width) = (shape.bins(), manifest.vocoder.chunk_frames);
        let vocoder = load(
            VOCODER_FILE,
            vec![Port::new("frames", &[1, shape.mel_bands, width]), Port::new("key", &[1, 1])],
            vec![
                Port::new("log_magnitude", &[1, bins, width]),
                Port::new("phase", &[1, 3 * manifest.phase_bins(), width]),
            ],
        )?;
        Ok(Self { hash: pack.hash().to_owned(), manifest, prior, codes, decoder, vocoder })
    }

    /// Description of the pack.
    pub fn manifest(&self) -> &FoleyManifest {
        &self.manifest
    }

    /// Hash of the pack; see [`FoleyPack::hash`].
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The codes of each position one after the other, as the decoder takes them, `[level][value][position]`, of codes `[position][level]`; zeros
    /// behind them.
    pub(super) fn positions(&self, codes: &[usize]) -> Vec<f32> {
        let network = self.manifest.network;
        let count = self.manifest.positions();
        let mut out = vec![0.0; network.levels * network.latent * count];
        for (position, codes) in codes.chunks_exact(network.levels).take(count).enumerate() {
            for (level, code) in codes.iter().enumerate() {
                let values = &self.codes[code * network.latent..][..network.latent];
                let start = level * network.latent * count + position;
                for (value, out) in values.iter().zip(out[start..].iter_mut().step_by(count)) {
                    *out = *value;
                }
            }
        }
        out
    }
}
