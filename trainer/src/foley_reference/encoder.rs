//! A pretrained encoder of audio, given as a file: an ONNX graph or a TorchScript module that makes rows of features of a clip.
//!
//! It is data from outside: a graph is run by the engine's guarded reader, and what either gives is checked before it is used.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use engine::decode::graph::proto::{ModelProto, ValueInfoProto, tensor_shape_proto::dimension, type_proto};
use engine::decode::graph::{Graph, Port, Runner};
use engine::pack::hex_sha256;
use prost::Message;
use tch::{CModule, Device, Kind, Tensor};

use super::geometry::Geometry;

/// Names of the ports once the graph is read; in the file they may have any.
const INPUT: &str = "samples";
const OUTPUT: &str = "features";

/// The two kinds of files.
enum Form {
    Onnx(Box<Runner>),
    TorchScript(CModule),
}

/// An encoder that is ready to run.
pub struct Encoder {
    form: Form,
    shape: [i64; 3],
    samples: i64,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl Encoder {
    /// Opens a file, `.onnx` or any other for TorchScript, and runs it once on silence.
    ///
    /// # Errors
    /// The file cannot be read, is neither of both, or does not make `[1, rows, frames]` of `[1, samples]` as `geometry` has them.
    pub fn open(path: &Path, geometry: &Geometry) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read the encoder {}", path.display()))?;
        let shape = [1, geometry.encoder_rows, geometry.frames];
        let is_onnx = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"));
        let form = if is_onnx { onnx(&bytes, geometry.samples, shape) } else { torch_script(&bytes) };
        let form = form.map_err(|error| anyhow!("the encoder {} cannot be used: {error:#}", path.display()))?;
        let mut encoder = Self { form, shape, samples: geometry.samples, sha256: hex_sha256(&bytes) };
        let silence = vec![0.0; geometry.samples as usize];
        let _ = encoder
            .rows(&silence)
            .map_err(|error| anyhow!("the encoder {} cannot be used: {error:#}", path.display()))?;
        Ok(encoder)
    }

    /// Features of a clip, `[row, frame]`.
    ///
    /// # Errors
    /// The run fails, or gives another shape or a number that is not finite.
    pub fn rows(&mut self, samples: &[f32]) -> Result<Tensor> {
        let made = match &mut self.form {
            Form::Onnx(runner) => Tensor::from_slice(runner.run(&[samples])?.get(0)).view(self.shape),
            Form::TorchScript(module) => {
                let input = Tensor::from_slice(samples).unsqueeze(0);
                let made = tch::no_grad(|| module.forward_ts(&[input])).map_err(first_line)?;
                ensure!(made.size() == self.shape, "{}", other_shape(&made.size(), self.samples, self.shape));
                made.to_kind(Kind::Float)
            }
        };
        ensure!(made.isfinite().all().int64_value(&[]) == 1, "it gives numbers that are not finite");
        Ok(made.get(0))
    }
}

fn other_shape(found: &[i64], samples: i64, wanted: [i64; 3]) -> String {
    format!("it makes {found:?} of [1, {samples}] samples instead of {wanted:?}")
}

/// Torch's messages are followed by a trace of its own calls.
fn first_line(error: tch::TchError) -> anyhow::Error {
    let text = error.to_string();
    anyhow!("{}", text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned())
}

fn torch_script(bytes: &[u8]) -> Result<Form> {
    let mut module = CModule::load_data_on_device(&mut &bytes[..], Device::Cpu)
        .map_err(|_| anyhow!("it is no TorchScript module, and an ONNX graph needs a name that ends in .onnx"))?;
    module.f_set_eval().map_err(first_line)?;
    Ok(Form::TorchScript(module))
}

fn onnx(bytes: &[u8], samples: i64, shape: [i64; 3]) -> Result<Form> {
    let mut model = ModelProto::decode(bytes).map_err(|_| anyhow!("it is no ONNX graph"))?;
    let graph = model.graph.as_mut().context("it holds no ONNX graph")?;
    let ([input], [output]) = (graph.input.as_mut_slice(), graph.output.as_mut_slice()) else {
        bail!("it has {} inputs and {} outputs instead of one each", graph.input.len(), graph.output.len());
    };
    let (takes, gives) = (dimensions(input), dimensions(output));
    ensure!(takes == [1, samples], "it takes {takes:?} instead of [1, {samples}] samples");
    ensure!(gives == shape, "{}", other_shape(&gives, samples, shape));
    let names = [(std::mem::replace(&mut input.name, INPUT.into()), INPUT), (output.name.clone(), OUTPUT)];
    output.name = OUTPUT.into();
    for node in &mut graph.node {
        for value in node.input.iter_mut().chain(&mut node.output) {
            if let Some((_, new)) = names.iter().find(|(old, _)| old == value) {
                *value = (*new).to_owned();
            }
        }
    }
    let sizes = |shape: &[i64]| shape.iter().map(|size| *size as usize).collect::<Vec<_>>();
    let (inputs, outputs) = (vec![Port::new(INPUT, &sizes(&takes))], vec![Port::new(OUTPUT, &sizes(&gives))]);
    let graph = Graph::load("the graph", &model.encode_to_vec(), inputs, outputs)?;
    Ok(Form::Onnx(Box::new(graph.runner()?)))
}

/// Sizes of a port; −1 for one that is not fixed.
fn dimensions(port: &ValueInfoProto) -> Vec<i64> {
    let Some(type_proto::Value::TensorType(tensor)) = port.r#type.as_ref().and_then(|kind| kind.value.as_ref()) else {
        return Vec::new();
    };
    let sizes = tensor.shape.iter().flat_map(|shape| &shape.dim);
    let fixed = sizes.map(|size| match size.value {
        Some(dimension::Value::DimValue(size)) => size,
        _ => -1,
    });
    fixed.collect()
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::super::config::{Size, Variant};
    use super::*;
    use crate::model::layers::{Conv, ConvShape};
    use crate::onnx::builder::Builder;

    /// A convolution from each hop of samples to a frame.
    fn layer(store: &VarStore, rows: i64, hop: i64) -> Conv {
        tch::manual_seed(8);
        let shape = ConvShape { stride: hop, ..ConvShape::new(1, rows, hop) };
        let layer = Conv::new(&(store.root() / "layer"), shape);
        // Graphs hold weights of 16 bits.
        let weight = layer.weight.detach().to_kind(Kind::Half).to_kind(Kind::Float);
        Conv { padding: 0, weight, bias: layer.bias.detach(), ..layer }
    }

    fn onnx_file(path: &Path, geometry: &Geometry, rows: i64) -> Result<()> {
        let layer = layer(&VarStore::new(Device::Cpu), rows, geometry.hop);
        let mut builder = Builder::new("encoder");
        let samples = builder.input("wave", &[1, geometry.samples]);
        let line = builder.reshape(&samples, &[1, 1, geometry.samples]);
        let made = builder.conv(&line, &layer, 0)?;
        let made = builder.relu(&made);
        builder.output(made, "hidden states", &[1, rows, geometry.frames]);
        Ok(std::fs::write(path, builder.finish())?)
    }

    fn torch_script_file(path: &Path, geometry: &Geometry, rows: i64) -> Result<()> {
        let layer = layer(&VarStore::new(Device::Cpu), rows, geometry.hop);
        let input = Tensor::zeros([1, geometry.samples], (Kind::Float, Device::Cpu));
        let module = tch::no_grad(|| {
            CModule::create_by_tracing("Encoder", "forward", &[input], &mut |inputs: &[Tensor]| {
                vec![layer.forward(&inputs[0].unsqueeze(1)).relu()]
            })
        });
        Ok(module?.save(path)?)
    }

    #[test]
    fn both_kinds_of_files_give_the_same_rows_at_the_published_size() -> Result<()> {
        let geometry = Geometry::new(Variant::Combined, Size::Published);
        let folder = tempfile::tempdir()?;
        let [onnx, script] = ["encoder.onnx", "encoder.pt"].map(|name| folder.path().join(name));
        onnx_file(&onnx, &geometry, 1023)?;
        torch_script_file(&script, &geometry, 1023)?;
        let sound: Vec<f32> = (0..geometry.samples).map(|n| (n as f32 * 0.01).sin()).collect();
        let first = Encoder::open(&onnx, &geometry)?.rows(&sound)?;
        let second = Encoder::open(&script, &geometry)?.rows(&sound)?;
        assert_eq!((first.size(), second.size()), (vec![1023, 300], vec![1023, 300]));
        let difference = (&first - &second).abs().max().double_value(&[]);
        assert!(difference < 1e-4 && first.max().double_value(&[]) > 0.1, "{difference}");
        Ok(())
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_in_one_line() -> Result<()> {
        let geometry = Geometry::new(Variant::Combined, Size::Tiny);
        let folder = tempfile::tempdir()?;
        let place = |name: &str| folder.path().join(name);
        onnx_file(&place("wide.onnx"), &geometry, 20)?;
        torch_script_file(&place("wide.pt"), &geometry, 20)?;
        let longer = Geometry { samples: geometry.samples * 2, frames: geometry.frames * 2, ..geometry };
        onnx_file(&place("long.onnx"), &longer, 19)?;
        std::fs::write(place("text.pt"), "no module")?;
        std::fs::write(place("text.onnx"), "no graph")?;
        for (name, part) in [
            ("wide.onnx", "makes [1, 20, 24] of [1, 7680] samples instead of [1, 19, 24]"),
            ("wide.pt", "makes [1, 20, 24] of [1, 7680] samples instead of [1, 19, 24]"),
            ("long.onnx", "takes [1, 15360] instead of [1, 7680] samples"),
            ("text.pt", "no TorchScript module"),
            ("text.onnx", "no ONNX graph"),
            ("missing.pt", "cannot read the encoder"),
        ] {
            let told = Encoder::open(&place(name), &geometry).err().map(|error| format!("{error:#}"));
            let told = told.expect("it is refused");
            assert!(told.contains(part) && told.contains(name) && told.lines().count() == 1, "{name}: {told}");
        }
        Ok(())
    }
}
