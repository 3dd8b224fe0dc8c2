//! Embeddings by VGGish (Hershey and others 2017), where the user gives its network as an ONNX file, for figures as the literature has them.
//!
//! Its input are the patches of [`super::patches`]; its output are 128 values for each patch. Worker threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use engine::decode::graph::proto;
use prost::Message;
use tract_onnx::prelude::*;

use super::patches::{BANDS, FRAMES};

/// Values of an embedding.
pub const WIDTH: usize = 128;
/// The network.
pub struct Vggish {
    plan: Arc<TypedSimplePlan>,
    shape: Vec<usize>,
}

impl Vggish {
    /// Reads it.
    ///
    /// # Errors
    /// The file cannot be read, is no ONNX graph, or does not take 96 × 64 values and give 128.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let made = catch_unwind(AssertUnwindSafe(|| Self::from_bytes(&bytes)));
        let made = made.unwrap_or_else(|_| Err(anyhow!("the inference library panicked")));
        made.with_context(|| format!("{} is no VGGish network of {FRAMES} x {BANDS} to {WIDTH}", path.display()))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let model = proto::ModelProto::decode(bytes).map_err(|_| anyhow!("it is no ONNX graph"))?;
        let shape = input_shape(&model)?;
        let model = tract_onnx::onnx().model_for_proto_model(&model)?;
        let fact = InferenceFact::dt_shape(f32::datum_type(), &shape);
        let plan = model.with_input_fact(0, fact)?.into_optimized()?.into_runnable()?;
        let network = Self { plan, shape };
        network.embed(&[0.0; FRAMES * BANDS])?;
        Ok(network)
    }

    /// The embedding of a patch, `[frame][band]` flat.
    ///
    /// # Errors
    /// The network fails or gives another number of values.
    pub fn embed(&self, patch: &[f32]) -> Result<Vec<f32>> {
        let input = tract_onnx::prelude::Tensor::from_shape(&self.shape, patch)?;
        let outputs = self.plan.run(tvec!(input.into_tvalue()))?;
        let output = outputs.first().context("it has no output")?;
        let values = output.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        ensure!(values.len() == WIDTH, "its output has {} values", values.len());
        Ok(values)
    }
}

/// The shape of the only input for one patch: a dimension that is not fixed is one patch.
fn input_shape(model: &proto::ModelProto) -> Result<Vec<usize>> {
    use proto::{tensor_shape_proto::dimension::Value as Dimension, type_proto::Value};
    let graph = model.graph.as_ref().context("it holds no graph")?;
    let weights: Vec<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut inputs = graph.input.iter().filter(|port| !weights.contains(&port.name.as_str()));
    let input = inputs.next().context("it has no input")?;
    ensure!(inputs.next().is_none(), "it has more than one input");
    let Some(Value::TensorType(tensor)) = input.r#type.as_ref().and_then(|kind| kind.value.as_ref()) else {
        return Err(anyhow!("its input is no tensor"));
    };
    let dimensions = tensor.shape.as_ref().map(|shape| shape.dim.as_slice()).unwrap_or_default();
    let size = |dimension: &proto::tensor_shape_proto::Dimension| match dimension.value {
        Some(Dimension::DimValue(size)) if size > 0 => size as usize,
        _ => 1,
    };
    let shape: Vec<usize> = dimensions.iter().map(size).collect();
    let sides: Vec<usize> = shape.iter().copied().filter(|size| *size > 1).collect();
    ensure!(sides == [FRAMES, BANDS], "its input is of shape {shape:?}");
    Ok(shape)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::onnx::builder::Builder;

    /// A graph that gives the first `width` numbers of the patch.
    pub(in super::super) fn write_graph(path: &Path, input: &[i64], width: i64) {
        let mut builder = Builder::new("small");
        let x = builder.input("x", input);
        let flat = builder.reshape(&x, &[1, input.iter().product()]);
        let first = builder.slice(&flat, 1, 0..width);
        builder.output(first, "y", &[1, width]);
        std::fs::write(path, builder.finish()).expect("a file can be written");
    }

    #[test]
    fn a_network_of_the_right_shape_runs_and_another_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("small.onnx");
        for shape in [vec![1, 96, 64], vec![1, 1, 96, 64], vec![1, 96, 64, 1]] {
            write_graph(&path, &shape, 128);
            let network = Vggish::open(&path).expect("a network");
            let patch: Vec<f32> = (0..FRAMES * BANDS).map(|n| n as f32).collect();
            assert_eq!(network.embed(&patch).expect("an embedding"), patch[..128]);
        }
        for (shape, width) in [(vec![1, 64, 96], 128), (vec![1, 96, 64], 100)] {
            write_graph(&path, &shape, width);
            let why = format!("{:#}", Vggish::open(&path).err().expect("it is refused"));
            assert!(why.contains("no VGGish network"), "{why}");
        }
        std::fs::write(&path, b"no graph").expect("a file can be written");
        assert!(Vggish::open(&path).is_err() && Vggish::open(&folder.path().join("gone")).is_err());
    }
}
