//! ONNX graphs run by tract: the only file that names it. WORKER side; every run allocates, so never the audio thread.
//!
//! A graph is data from outside. Before tract sees it, its size, node count, operators, tensor types, names and shapes
//! are checked; loading runs under a guard that turns a panic into an error; and one trial run must give finite numbers.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use half::f16;
use prost::Message;
use tract_onnx::prelude::*;

/// The protobuf types of ONNX, for the trainer that writes graphs.
pub use tract_onnx::pb as proto;

use proto::tensor_proto::DataType;

/// Largest graph in bytes.
const MAX_GRAPH_BYTES: usize = 128 << 20;
/// Most nodes in a graph.
const MAX_NODES: usize = 2000;
/// Most elements of one tensor.
const MAX_ELEMENTS: i64 = 1 << 26;

/// Operators that a graph may use. All are pure arithmetic on tensors of fixed shape.
pub const OPERATORS: [&str; 31] = [
    "Add",
    "AveragePool",
    "Cast",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "Div",
    "Exp",
    "Expand",
    "Flatten",
    "Gather",
    "Gemm",
    "GlobalAveragePool",
    "Identity",
    "LeakyRelu",
    "MatMul",
    "Mul",
    "Pad",
    "Pow",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Resize",
    "Sigmoid",
    "Slice",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
];
/// Operators that a graph may use beside [`OPERATORS`], kept apart because only newer opsets have them.
const NEWER_OPERATORS: [&str; 2] = ["RMSNormalization", "Unsqueeze"];

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
        let refuse = |why: String| GraphError::Refused { graph: name.into(), why };
        if bytes.len() > MAX_GRAPH_BYTES {
            return Err(refuse(format!("larger than {} MiB", MAX_GRAPH_BYTES >> 20)));
        }
        let mut model = proto::ModelProto::decode(bytes).map_err(|error| refuse(format!("no ONNX graph ({error})")))?;
        check(&model, &inputs, &outputs).map_err(refuse)?;
        widen_half_floats(&mut model);
        let plan = guarded(|| optimise(&model)).map_err(refuse)?;
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
            if !values.iter().all(|value| value.is_finite()) {
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

/// Runs `work` and turns a panic inside it into an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the inference library gave up on it".into()))
}

fn optimise(model: &proto::ModelProto) -> Result<Arc<TypedSimplePlan>, String> {
    let inference = tract_onnx::onnx().model_for_proto_model(model).map_err(|error| format!("{error:#}"))?;
    let typed = inference.into_optimized().map_err(|error| format!("{error:#}"))?;
    typed.into_runnable().map_err(|error| format!("{error:#}"))
}

fn check(model: &proto::ModelProto, inputs: &[Port], outputs: &[Port]) -> Result<(), String> {
    let graph = model.graph.as_ref().ok_or("it holds no graph")?;
    if !model.functions.is_empty() || !graph.sparse_initializer.is_empty() {
        return Err("it uses functions or sparse tensors, which are not allowed".into());
    }
    if graph.node.len() > MAX_NODES {
        return Err(format!("{} nodes, at most {MAX_NODES} are allowed", graph.node.len()));
    }
    graph.node.iter().try_for_each(check_node)?;
    graph.initializer.iter().try_for_each(check_tensor)?;
    check_ports("input", &graph.input, inputs)?;
    check_ports("output", &graph.output, outputs)
}

fn check_node(node: &proto::NodeProto) -> Result<(), String> {
    let operator = node.op_type.as_str();
    let known = OPERATORS.contains(&operator) || NEWER_OPERATORS.contains(&operator);
    if !known || !(node.domain.is_empty() || node.domain == "ai.onnx") {
        return Err(format!("operator {operator} is not allowed in a pack"));
    }
    for attribute in &node.attribute {
        if attribute.g.is_some() || !attribute.graphs.is_empty() {
            return Err(format!("operator {operator} holds a graph of its own, which is not allowed"));
        }
        attribute.t.iter().try_for_each(check_tensor)?;
    }
    Ok(())
}

fn check_tensor(tensor: &proto::TensorProto) -> Result<(), String> {
    let name = &tensor.name;
    let kinds = [DataType::Float, DataType::Float16, DataType::Int64, DataType::Int32];
    let Some(kind) = kinds.into_iter().find(|kind| *kind as i32 == tensor.data_type) else {
        return Err(format!(
            "tensor {name} has element type {}, only floats and integers are allowed",
            tensor.data_type
        ));
    };
    if tensor.data_location.unwrap_or(0) != 0 || !tensor.external_data.is_empty() {
        return Err(format!("tensor {name} keeps its values in another file, which is not allowed"));
    }
    let elements = tensor.dims.iter().try_fold(1i64, |product, dim| match dim {
        0..=MAX_ELEMENTS => product.checked_mul(*dim).filter(|product| *product <= MAX_ELEMENTS),
        _ => None,
    });
    let Some(elements) = elements else {
        return Err(format!("tensor {name} has dimensions {:?}, which are too large", tensor.dims));
    };
    let width = match kind {
        DataType::Float16 => 2,
        DataType::Int64 => 8,
        _ => 4,
    };
    let raw_elements = tensor.raw_data.len() as i64 / width;
    let typed = tensor.float_data.len() + tensor.int64_data.len() + tensor.int32_data.len();
    if raw_elements.max(typed as i64) != elements {
        return Err(format!("tensor {name} has {:?} as dimensions but another number of values", tensor.dims));
    }
    Ok(())
}

fn check_ports(kind: &str, found: &[proto::ValueInfoProto], expected: &[Port]) -> Result<(), String> {
    let describe = |name: &str, shape: &[usize]| format!("{name} {shape:?}");
    let found: Vec<String> = found.iter().map(|port| describe(&port.name, &fixed_shape(port))).collect();
    let expected: Vec<String> = expected.iter().map(|port| describe(port.name, &port.shape)).collect();
    if found == expected {
        return Ok(());
    }
    Err(format!("{kind}s are {}, expected {}", found.join(", "), expected.join(", ")))
}

/// Dimensions of a port; a dimension that is not a fixed number reads as 0.
fn fixed_shape(port: &proto::ValueInfoProto) -> Vec<usize> {
    use proto::{tensor_shape_proto::dimension::Value as Dimension, type_proto::Value};
    let Some(Value::TensorType(tensor)) = port.r#type.as_ref().and_then(|kind| kind.value.as_ref()) else {
        return Vec::new();
    };
    let dimensions = tensor.shape.as_ref().map(|shape| shape.dim.as_slice()).unwrap_or_default();
    let sizes = dimensions.iter().map(|dimension| match dimension.value {
        Some(Dimension::DimValue(size)) => usize::try_from(size).unwrap_or(0),
        _ => 0,
    });
    sizes.collect()
}

/// Weights may be kept in 16 bits and cast to 32, which halves the file. The library would cast them in every run, so such
/// a weight is widened here, once, and whoever used the cast uses the weight.
fn widen_half_floats(model: &mut proto::ModelProto) {
    let Some(graph) = model.graph.as_mut() else { return };
    let halves: HashSet<String> =
        graph.initializer.iter().filter(|tensor| is_half(tensor)).map(|tensor| tensor.name.clone()).collect();
    let mut weight_of_cast = HashMap::new();
    graph.node.retain(|node| {
        let weight = node.input.first().filter(|name| is_widening(node) && halves.contains(*name));
        let (Some(weight), Some(cast)) = (weight, node.output.first()) else { return true };
        weight_of_cast.insert(cast.clone(), weight.clone());
        false
    });
    for name in graph.node.iter_mut().flat_map(|node| &mut node.input) {
        if let Some(weight) = weight_of_cast.get(name) {
            name.clone_from(weight);
        }
    }
    let widened: HashSet<&String> = weight_of_cast.values().collect();
    for tensor in graph.initializer.iter_mut().filter(|tensor| widened.contains(&tensor.name)) {
        widen(tensor);
    }
}

fn is_half(tensor: &proto::TensorProto) -> bool {
    tensor.data_type == DataType::Float16 as i32
}

/// Whether a node casts to 32-bit floats.
fn is_widening(node: &proto::NodeProto) -> bool {
    let to = node.attribute.iter().find(|attribute| attribute.name == "to");
    node.op_type == "Cast" && to.is_some_and(|to| to.i == i64::from(DataType::Float as i32))
}

fn widen(tensor: &mut proto::TensorProto) {
    let wide = tensor.raw_data.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32());
    tensor.raw_data = wide.flat_map(f32::to_le_bytes).collect();
    tensor.data_type = DataType::Float as i32;
}
