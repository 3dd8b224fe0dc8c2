//! ONNX graphs run by tract: the only file that names it. WORKER side; every run allocates, so never the audio thread.
//!
//! A graph is data from outside. Before tract sees it, its size, node count, operators, tensor types, names, shapes and what it
//! computes from constants are checked; the sizes of all results are checked before memory is taken for them; loading runs under a
//! guard that turns a panic into an error; and one trial run must give finite numbers.

mod check;
mod constants;
mod half;
mod parts;
mod resize;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use multiversion::multiversion;
use prost::Message;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid as _;

/// The protobuf types of ONNX, for the trainer that writes graphs.
pub use tract_onnx::pb as proto;

pub use check::OPERATORS;
use parts::Order;

/// Largest graph in bytes.
const MAX_GRAPH_BYTES: usize = 128 << 20;
/// Most elements of all tensors of a graph together, weights included: 512 MiB of 32-bit numbers. The largest graph of the factory pack
/// has 8 million.
const MAX_TOTAL_ELEMENTS: i64 = 1 << 27;
/// Longest message of the inference library that is quoted, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// Why a graph is refused or a run fails. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The bytes are not an ONNX graph, or not one that the engine accepts.
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
    /// A run gave a value that is NaN or infinite.
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
    /// Dimensions, all fixed.
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
    order: Arc<Order>,
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

    /// Loads a graph with the ports `inputs` and `outputs`, changed to ports of the same names and other sizes. This works for graphs that
    /// contain no fixed sizes, such as stacks of convolutions.
    ///
    /// # Errors
    /// As [`Graph::load`]; [`GraphError::Refused`] if the graph does not run at the new sizes.
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
            optimise(&model, &outputs)
        });
        let plan = plan.map_err(|why| GraphError::Refused { graph: name.into(), why })?;
        let order = Arc::new(Order::of(&plan));
        let graph = Self { name: name.into(), plan, order, inputs, outputs };
        graph.trial_run()?;
        Ok(graph)
    }

    /// A state to run the graph with; one per thread.
    ///
    /// # Errors
    /// [`GraphError::Run`] if tract cannot make one.
    pub fn runner(&self) -> Result<Runner, GraphError> {
        let why = |error: TractError| GraphError::Run { graph: self.name.clone(), why: error.to_string() };
        Ok(Runner { graph: self.clone(), state: self.plan.spawn().map_err(why)?, done: 0 })
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
    model.graph.iter().try_for_each(constants::check).map_err(refuse)?;
    Ok(model)
}

/// A graph with the memory to run it.
pub struct Runner {
    graph: Graph,
    state: TypedSimpleState,
    /// Nodes that a run in parts has computed.
    done: usize,
}

impl Runner {
    /// Runs the graph on inputs in the order of its ports.
    ///
    /// # Errors
    /// [`GraphError::Run`] for a wrong number of values or a failure inside, [`GraphError::NotFinite`] for NaN or infinity.
    pub fn run(&mut self, inputs: &[&[f32]]) -> Result<Outputs, GraphError> {
        let tensors = self.tensors(inputs).map_err(|why| self.failed(why))?;
        let state = &mut self.state;
        let values = guarded(|| state.run(tensors).map_err(|error| error.to_string()));
        self.checked(Outputs { values: values.map_err(|why| self.failed(why))? })
    }

    fn failed(&self, why: String) -> GraphError {
        GraphError::Run { graph: self.graph.name.clone(), why }
    }

    /// The outputs of a run, if they are what the graph's ports say and all finite.
    fn checked(&self, outputs: Outputs) -> Result<Outputs, GraphError> {
        for (index, port) in self.graph.outputs.iter().enumerate() {
            let values = outputs.get(index);
            if values.len() != port.len() {
                return Err(self.failed(format!("{} has {} values, expected {}", port.name, values.len(), port.len())));
            }
            if !all_finite(values) {
                return Err(GraphError::NotFinite { graph: self.graph.name.clone() });
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

/// The output values of a run.
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

/// Whether no value is NaN or infinite. Has no early exit, so that compilers can vectorise it; compiled a second time for processors with
/// AVX2.
#[multiversion(targets("x86_64+avx2"))]
fn all_finite(values: &[f32]) -> bool {
    let exponent = f32::INFINITY.to_bits();
    values.iter().fold(0, |largest: u32, value| largest.max(value.to_bits() & exponent)) < exponent
}

/// Runs `work`, and converts a panic in it to an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the inference library panicked".into()))
}

fn optimise(model: &proto::ModelProto, outputs: &[Port]) -> Result<Arc<TypedSimplePlan>, String> {
    let told = |error: TractError| one_line(&format!("{error:#}"));
    let mut inference = tract_onnx::onnx().model_for_proto_model(model).map_err(told)?;
    inference.analyse(false).map_err(told)?;
    // Typing may allocate tensors of the shapes known so far, so these are checked before it; it determines the others.
    let facts =
        inference.nodes.iter().flat_map(|node| node.outputs.iter().map(move |outlet| (&node.name, &outlet.fact)));
    check_sizes(facts.filter_map(|(name, fact)| Some((name, fact.shape.concretize()?))))?;
    let typed = inference.into_typed().map_err(told)?;
    let facts = typed.nodes.iter().flat_map(|node| node.outputs.iter().map(move |outlet| (&node.name, &outlet.fact)));
    check_sizes(facts.map(|(name, fact)| (name, fact.shape.to_tvec())))?;

    check_results(&typed, outputs)?;
    typed.into_optimized().map_err(told)?.into_runnable().map_err(told)
}

/// Refuses tensors without a fixed shape, with more than [`check::MAX_ELEMENTS`], or with more than [`MAX_TOTAL_ELEMENTS`] together.
fn check_sizes<'a>(tensors: impl Iterator<Item = (&'a String, TVec<TDim>)>) -> Result<(), String> {
    let mut total = 0;
    for (name, shape) in tensors {
        let elements = shape.iter().try_fold(1i64, |product, dimension| {
            let size = dimension.to_i64().ok().filter(|size| *size >= 0)?;
            product.checked_mul(size)
        });
        match elements {
            Some(elements) if elements <= check::MAX_ELEMENTS => total += elements,
            _ => {
                return Err(one_line(&format!("the result of {name} is not of a fixed shape or too large: {shape:?}")));
            }
        }
    }
    if total > MAX_TOTAL_ELEMENTS {
        return Err(format!("its tensors hold {total} numbers together, at most {MAX_TOTAL_ELEMENTS} are allowed"));
    }
    Ok(())
}

/// Refuses outputs whose type or number of values differs from the declared ports.
fn check_results(typed: &TypedModel, outputs: &[Port]) -> Result<(), String> {
    for (outlet, port) in typed.output_outlets().map_err(|error| one_line(&error.to_string()))?.iter().zip(outputs) {
        let fact = typed.outlet_fact(*outlet).map_err(|error| one_line(&error.to_string()))?;
        let elements = fact.shape.as_concrete().map(|shape| shape.iter().product::<usize>());
        if elements != Some(port.len()) || fact.datum_type != f32::datum_type() {
            return Err(format!("{} is {:?}, expected floats {:?}", port.name, fact, port.shape));
        }
    }
    Ok(())
}

/// A message of the inference library on one line, at most [`MAX_MESSAGE_CHARS`] long.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_MESSAGE_CHARS).collect()
}
