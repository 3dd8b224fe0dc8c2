//! A pack's graphs, loaded and ready: shared by all instances and workers of a process. WORKER side.

use std::sync::Arc;

use crate::pack::{Manifest, NamedResiduals, NamedSound, Pack};
use crate::spectral::SpectralShape;

use super::graph::{Graph, GraphError, Port};

/// A loaded model: the manifest and the optimised graphs. Immutable, shareable between threads.
pub struct Model {
    manifest: Manifest,
    pack_hash: String,
    shape: SpectralShape,
    residuals: Arc<NamedResiduals>,
    pub(super) encoder: Graph,
    pub(super) decoder: Graph,
    pub(super) vocoder: Graph,
}

impl Model {
    /// Loads, checks and warms the graphs of a pack; takes some tens of milliseconds a graph.
    ///
    /// # Errors
    /// [`GraphError`] naming the graph and what is wrong with it.
    pub fn load(pack: &Pack) -> Result<Self, GraphError> {
        let manifest = pack.manifest().clone();
        let shape = manifest.shape;
        let chunk = manifest.vocoder.chunk_frames;
        let key = || Port::new("key", &[1, 1]);
        let latent = || Port::new("latent", &[1, manifest.controls.len()]);
        let frames = |count| Port::new("frames", &[1, shape.mel_bands, count]);
        let load = |name: &str, inputs, outputs| Graph::load(name, pack.graph(name), inputs, outputs);
        let (bins, phase_bins) = (shape.bins(), manifest.phase_bins());
        let vocoder_outputs =
            vec![Port::new("log_magnitude", &[1, bins, chunk]), Port::new("phase", &[1, 3 * phase_bins, chunk])];
        Ok(Self {
            encoder: load("encoder.onnx", vec![frames(shape.frame_count), key()], vec![latent()])?,
            decoder: load("decoder.onnx", vec![latent(), key()], vec![frames(shape.frame_count)])?,
            vocoder: load("vocoder.onnx", vec![frames(chunk), key()], vocoder_outputs)?,
            pack_hash: pack.hash().to_owned(),
            residuals: Arc::clone(pack.residuals()),
            manifest,
            shape,
        })
    }

    /// Description of the pack.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Hash of the pack; see [`Pack::hash`].
    pub fn pack_hash(&self) -> &str {
        &self.pack_hash
    }

    /// The analysis that the model was trained on.
    pub fn shape(&self) -> &SpectralShape {
        &self.shape
    }

    /// The residuals of the named sounds.
    pub fn residuals(&self) -> &Arc<NamedResiduals> {
        &self.residuals
    }

    /// The sounds with a name.
    pub fn sounds(&self) -> &[NamedSound] {
        &self.manifest.sounds
    }
}
