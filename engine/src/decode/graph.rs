//! ONNX graphs run by tract: the only file that names it. WORKER side; every run allocates, so never the audio thread.
//!
//! A graph is data from outside. Before tract sees it, its size, node count, operators, tensor types, names and shapes
//! are checked; loading runs under a guard that turns a panic into an error; and one trial run must give finite numbers.

mod check;
mod half;
mod resize;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use multiversion::multiversion;
use prost::Message;
use tract_onnx::prelude::*;

/// The protobuf types of ONNX, for the trainer that writes graphs.
pub use tract_onnx::pb as proto;

pub use check::OPERATORS;

/// Largest graph in bytes.
const MAX_GRAPH_BYTES: usize = 128 << 20;
/// Why a graph is refused or a run fails. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The bytes are no ONNX graph, or not one of the kind that is played here.
    #[error("{graph}: {why}")]
    Refused {
        /// Name of the graph's file.
        graph: String,
        /// What is wrong.
        why: String,
    },
    /// A run failed.
    #[error("{graph} failed to run: {why}")]
    Run {
        /// Name of the graph's file.
        graph: String,
        /// What went wrong.
        why: String,
    },
    /// A run gave NaN or infinity.
    #[error("{graph} gave numbers that are not finite: the pack is unusable")]
    NotFinite {
        /// Name of the graph's file.
        graph: String,
    },
}

/// Name and shape of one input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name in the graph.
    pub name: &'static str,
    /// Fixed dimensions.
    pub shape: Vec<usize>,
}

impl Port {
    /// A port of this name and shape.
    pub fn new(name: &'static str, shape: &[usize]) -> Self {
        Self { name, shape: shape.to_vec() }
    }

    fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A checked and optimised graph; shared by all workers.
#[derive(Clone)]
pub struct Graph {
    name: String,
    plan: Arc<TypedSimplePlan>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Graph {
    /// Checks and optimises a graph and runs it once on zeros.
    ///
    /// # Errors
    /// [`GraphError::Refused`] with what was found and expected, or the trial run's error.
    pub fn load(name: &str, bytes: &[u8], inputs: Vec<Port>, outputs: Vec<Port>) -> Result<Self, GraphError> {
        let model = parse(name, bytes, &inputs, &outputs)?;
        Self::ready(name, model, inputs, outputs)
    }

    /// The same for a graph with the ports `inputs` and `outputs`, made to run with ports of the same names and other sizes. That works for
    /// graphs that name no size within, such as stacks of convolutions.
    ///
    /// # Errors
    /// As [`Graph::load`]; [`GraphError::Refused`] when the graph does not run at other sizes.
    pub fn load_resized(
        name: &str,
        bytes: &[u8],
        (inputs, outputs): (&[Port], &[Port]),
        (new_inputs, new_outputs): (Vec<Port>, Vec<Port>),
    ) -> Result<Self, GraphError> {
        let mut model = parse(name, bytes, inputs, outputs)?;
        resize::resize(&mut model, &new_inputs, &new_outputs);
        Self::ready(name, model, new_inputs, new_outputs)
    }

    fn ready(
        name: &str,
        mut model: proto::ModelProto,
        inputs: Vec<Port>,
        outputs: Vec<Port>,
    ) -> Result<Self, GraphError> {
        let plan = guarded(|| {
            half::widen(&mut model);
            optimise(&model)
        });
        let plan = plan.map_err(|why| GraphError::Refused { graph: name.into(), why })?;
        let graph = Self { name: name.into(), plan, inputs, outputs };
        graph.trial_run()?;
        Ok(graph)
    }

    /// A state to run the graph with; one per thread.
    ///
    /// # Errors
    /// [`GraphError::Run`] when tract cannot make one.
    pub fn runner(&self) -> Result<Runner, GraphError> {
        let why = |error: TractError| GraphError::Run { graph: self.name.clone(), why: error.to_string() };
        Ok(Runner { graph: self.clone(), state: self.plan.spawn().map_err(why)? })
    }

    fn trial_run(&self) -> Result<(), GraphError> {
        let zeros: Vec<Vec<f32>> = self.inputs.iter().map(|port| vec![0.0; port.len()]).collect();
        let inputs: Vec<&[f32]> = zeros.iter().map(Vec::as_slice).collect();
        self.runner()?.run(&inputs).map(|_| ())
    }
}

/// Reads a graph and checks what it holds.
fn parse(name: &str, bytes: &[u8], inputs: &[Port], outputs: &[Port]) -> Result<proto::ModelProto, GraphError> {
    let refuse = |why: String| GraphError::Refused { graph: name.into(), why };
    if bytes.len() > MAX_GRAPH_BYTES {
        return Err(refuse(format!("larger than {} MiB", MAX_GRAPH_BYTES >> 20)));
    }
    let model = proto::ModelProto::decode(bytes).map_err(|error| refuse(format!("no ONNX graph ({error})")))?;
    check::check(&model, inputs, outputs).map_err(refuse)?;
    Ok(model)
}

/// A graph with the memory to run it.
pub struct Runner {
    graph: Graph,
    state: TypedSimpleState,
}

impl Runner {
    /// Runs the graph on inputs in the order of its ports.
    ///
    /// # Errors
    /// [`GraphError::Run`] for a wrong number of values or a failure inside, [`GraphError::NotFinite`] for NaN or infinity.
    pub fn run(&mut self, inputs: &[&[f32]]) -> Result<Outputs, GraphError> {
        let name = self.graph.name.clone();
        let fail = |why: String| GraphError::Run { graph: name.clone(), why };
        let tensors = self.tensors(inputs).map_err(fail)?;
        let state = &mut self.state;
        let values = guarded(|| state.run(tensors).map_err(|error| error.to_string())).map_err(fail)?;
        let outputs = Outputs { values };
        for (index, port) in self.graph.outputs.iter().enumerate() {
            let values = outputs.get(index);
            if values.len() != port.len() {
                return Err(fail(format!("{} has {} values, expected {}", port.name, values.len(), port.len())));
            }
            if !all_finite(values) {
                return Err(GraphError::NotFinite { graph: name });
            }
        }
        Ok(outputs)
    }

    fn tensors(&self, inputs: &[&[f32]]) -> Result<TVec<TValue>, String> {
        if inputs.len() != self.graph.inputs.len() {
            return Err(format!("{} inputs given, expected {}", inputs.len(), self.graph.inputs.len()));
        }
        let made = self.graph.inputs.iter().zip(inputs).map(|(port, values)| {
            let tensor = Tensor::from_shape(&port.shape, values).map_err(|error| format!("{}: {error}", port.name))?;
            Ok(tensor.into_tvalue())
        });
        made.collect()
    }
}

/// The values that a run gave.
pub struct Outputs {
    values: TVec<TValue>,
}

impl Outputs {
    /// Values of the output at `index`, flat; empty when there is none.
    pub fn get(&self, index: usize) -> &[f32] {
        let plain = self.values.get(index).and_then(|value| value.try_as_plain_ram().ok());
        plain.and_then(|view| view.as_slice::<f32>().ok()).unwrap_or_default()
    }
}

/// Whether there is neither NaN nor infinity. Without leaving early, so that compilers look at many values at a time; compiled once
/// more for processors with wide registers.
#[multiversion(targets("x86_64+avx2"))]
fn all_finite(values: &[f32]) -> bool {
    let exponent = f32::INFINITY.to_bits();
    values.iter().fold(0, |largest: u32, value| largest.max(value.to_bits() & exponent)) < exponent
}

/// Runs `work` and turns a panic inside it into an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the inference library gave up on it".into()))
}

fn optimise(model: &proto::ModelProto) -> Result<Arc<TypedSimplePlan>, String> {
    let inference = tract_onnx::onnx().model_for_proto_model(model).map_err(|error| format!("{error:#}"))?;
    let fast = inference.into_optimized().map_err(|error| format!("{error:#}"))?;
    fast.into_runnable().map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_finite() {
        assert!(all_finite(&[0.0, -1.5, f32::MAX, f32::MIN, f32::MIN_POSITIVE / 8.0]));
        for odd in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(!all_finite(&[0.0, odd, 1.0]));
        }
    }
}
