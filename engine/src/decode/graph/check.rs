//! Checks what a graph holds before the inference library reads it. WORKER side.

use super::{Port, proto};
use proto::tensor_proto::DataType;

/// Most nodes in a graph: about ten times those of a deep transformer.
const MAX_NODES: usize = 2000;
/// Most elements of one tensor: 256 MiB of 32-bit numbers, the size limit of a whole pack.
pub(super) const MAX_ELEMENTS: i64 = 1 << 26;

/// Operators that a graph may use. All are pure arithmetic on tensors of fixed shape, and exist in every opset from 17 on.
pub const OPERATORS: [&str; 70] = [
    "Abs",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "AveragePool",
    "Cast",
    "Ceil",
    "Clip",
    "Concat",
    "Constant",
    "ConstantOfShape",
    "Conv",
    "Cos",
    "CumSum",
    "Div",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Floor",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gemm",
    "GlobalAveragePool",
    "Greater",
    "GreaterOrEqual",
    "Identity",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "Min",
    "Mul",
    "Neg",
    "Not",
    "Or",
    "Pad",
    "Pow",
    "Range",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Resize",
    "Round",
    "ScatterND",
    "Sigmoid",
    "Sin",
    "Slice",
    "Softmax",
    "Softplus",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "Tile",
    "TopK",
    "Transpose",
    "Where",
];
/// Operators that a graph may use beside [`OPERATORS`], kept apart because only newer opsets have them.
const NEWER_OPERATORS: [&str; 3] = ["Gelu", "RMSNormalization", "Unsqueeze"];
/// Attributes that define the window of a convolution or pooling; the library allocates memory for each position of a window.
const WINDOW_ATTRIBUTES: [&str; 4] = ["dilations", "kernel_shape", "pads", "strides"];
/// Largest value of such an attribute, and most positions of a window.
const MAX_WINDOW_SIZE: i64 = 1 << 16;
/// Axes that an operator may name; negative ones count from the end. The library does not refuse every axis that does not exist.
const AXES: std::ops::Range<i64> = -8..8;

/// Refuses a graph with operators, attributes, tensors or ports that the engine does not accept.
pub(super) fn check(model: &proto::ModelProto, inputs: &[Port], outputs: &[Port]) -> Result<(), String> {
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
    node.attribute.iter().try_for_each(|attribute| check_attribute(operator, attribute))
}

fn check_attribute(operator: &str, attribute: &proto::AttributeProto) -> Result<(), String> {
    if attribute.g.is_some() || !attribute.graphs.is_empty() {
        return Err(format!("operator {operator} holds a graph of its own, which is not allowed"));
    }
    attribute.t.iter().try_for_each(check_tensor)?;
    if attribute.name == "axis" && !AXES.contains(&attribute.i) {
        return Err(format!("operator {operator} names axis {}, which does not exist", attribute.i));
    }
    let is_window = WINDOW_ATTRIBUTES.contains(&attribute.name.as_str());
    let sizes_fit = attribute.ints.iter().all(|size| (0..=MAX_WINDOW_SIZE).contains(size));
    let positions = attribute.ints.iter().try_fold(1i64, |positions, size| positions.checked_mul(*size));
    let window_fits = attribute.name != "kernel_shape" || positions.is_some_and(|count| count <= MAX_WINDOW_SIZE);
    if is_window && !(sizes_fit && window_fits) {
        return Err(format!("operator {operator} has {} {:?}, which are too large", attribute.name, attribute.ints));
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
        return Err(format!("tensor {name} has dimensions {:?} but another number of values", tensor.dims));
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

/// Dimensions of a port; a dimension that is not fixed is returned as 0.
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
