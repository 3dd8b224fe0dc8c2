//! A pack's loaded graphs, shared by all instances and workers of a process. WORKER side.

use std::sync::Arc;

use crate::pack::{Manifest, NamedResiduals, NamedSound, Pack, PackKind};
use crate::spectral::SpectralShape;

use super::graph::{Graph, GraphError, Port};

/// Frames of one run of the narrow vocoder, for drafts and for short sounds: what a voice at its root key needs (12 frames), the frames that
/// these samples are made from and the context on both sides fit in one.
pub(super) const DRAFT_FRAMES: usize = 40;

/// A loaded model: the manifest, the residuals and the optimised graphs. Immutable, shared between threads.
pub struct Model {
    manifest: Manifest,
    pack_hash: String,
    shape: SpectralShape,
    residuals: Arc<NamedResiduals>,
    pub(super) encoder: Graph,
    pub(super) decoder: Graph,
    /// `None` for a kind whose sounds are searched for.
    pub(super) vocoder: Option<Graph>,
    /// The vocoder at a width of [`DRAFT_FRAMES`] frames; `None` if the graph cannot be resized, or is not wider than that.
    pub(super) draft_vocoder: Option<Graph>,
}

impl Model {
    /// Loads and checks the graphs of a pack and runs each once, on two threads; takes some tens of milliseconds for each graph.
    ///
    /// # Errors
    /// [`GraphError`] with the name of the graph and the reason.
    pub fn load(pack: &Pack) -> Result<Self, GraphError> {
        if pack.manifest().kind == PackKind::Cqt {
            return Self::load_constant_q(pack);
        }
        let manifest = pack.manifest().clone();
        let shape = manifest.shape;
        let key = || Port::new("key", &[1, 1]);
        let latent = || Port::new("latent", &[1, manifest.controls.len()]);
        let frames = |count| Port::new("frames", &[1, shape.mel_bands, count]);
        let load = |name: &str, inputs, outputs| Graph::load(name, pack.graph(name), inputs, outputs);
        let (bins, phase_bins) = (shape.bins(), manifest.phase_bins());
        let vocoder_ports = |count| {
            let outputs =
                vec![Port::new("log_magnitude", &[1, bins, count]), Port::new("phase", &[1, 3 * phase_bins, count])];
            (vec![frames(count), key()], outputs)
        };
        let whole = vocoder_ports(manifest.vocoder.chunk_frames);
        let first = || {
            let encoder = load("encoder.onnx", vec![frames(shape.frame_count), key()], vec![latent()])?;
            Ok((encoder, draft_vocoder(pack, (&whole.0, &whole.1), vocoder_ports(DRAFT_FRAMES))))
        };
        let second = || {
            let decoder = load("decoder.onnx", vec![latent(), key()], vec![frames(shape.frame_count)])?;
            Ok((decoder, load("vocoder.onnx", whole.0.clone(), whole.1.clone())?))
        };
        let (first, second) = together(first, second);
        let ((encoder, draft_vocoder), (decoder, vocoder)) = (first?, second?);
        let (pack_hash, residuals) = (pack.hash().to_owned(), Arc::clone(pack.residuals()));
        Ok(Self { encoder, decoder, vocoder: Some(vocoder), draft_vocoder, pack_hash, residuals, manifest, shape })
    }

    /// Of a pack whose graphs know no key, and whose sounds are searched for.
    fn load_constant_q(pack: &Pack) -> Result<Self, GraphError> {
        let manifest = pack.manifest().clone();
        let shape = manifest.shape;
        let latent = || Port::new("latent", &[1, manifest.controls.len()]);
        let frames = || Port::new("frames", &[1, shape.mel_bands, shape.frame_count]);
        let load = |name: &str, input, output| Graph::load(name, pack.graph(name), vec![input], vec![output]);
        let (encoder, decoder) =
            together(|| load("encoder.onnx", frames(), latent()), || load("decoder.onnx", latent(), frames()));
        let (encoder, decoder) = (encoder?, decoder?);
        let (pack_hash, residuals) = (pack.hash().to_owned(), Arc::clone(pack.residuals()));
        Ok(Self { encoder, decoder, vocoder: None, draft_vocoder: None, pack_hash, residuals, manifest, shape })
    }

    /// Manifest of the pack.
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

    /// The named sounds of the pack.
    pub fn sounds(&self) -> &[NamedSound] {
        &self.manifest.sounds
    }
}

/// The vocoder at a width of [`DRAFT_FRAMES`] frames, if it is wider and can be resized.
fn draft_vocoder(pack: &Pack, whole: (&[Port], &[Port]), narrow: (Vec<Port>, Vec<Port>)) -> Option<Graph> {
    let chunk_frames = pack.manifest().vocoder.chunk_frames;
    let load = || Graph::load_resized("vocoder.onnx", pack.graph("vocoder.onnx"), whole, narrow);
    (chunk_frames > DRAFT_FRAMES).then(load)?.ok()
}

/// Runs two closures in parallel, or one after the other if no thread can be started.
fn together<A: Send, B>(first: impl FnOnce() -> A + Send + Copy, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| match std::thread::Builder::new().spawn_scoped(scope, first) {
        Ok(thread) => {
            let second = second();
            let first = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (first, second)
        }
        Err(_) => (first(), second()),
    })
}
