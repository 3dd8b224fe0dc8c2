//! Checks the nodes of a graph that depend on constants alone. WORKER side.
//!
//! The inference library evaluates such nodes while it reads a graph, before shapes have been checked. Therefore only operators whose
//! result is no larger than their input are allowed there, and the two that make tensors from numbers, whose sizes are computed here.

use std::collections::{HashMap, HashSet};

use super::check::MAX_ELEMENTS;
use super::proto;
use proto::{GraphProto, NodeProto, TensorProto, tensor_proto::DataType};

/// Most elements that `Range` or `ConstantOfShape` may make: enough for positions or masks of a sequence; 4 MiB of 32-bit numbers.
const MAX_MADE_ELEMENTS: i64 = 1 << 20;
/// Operators whose result has no more elements than their first input.
const NOT_GROWING: [&str; 20] = [
    "Abs",
    "Cast",
    "Ceil",
    "Cos",
    "Exp",
    "Flatten",
    "Floor",
    "Identity",
    "Log",
    "Neg",
    "Reciprocal",
    "Reshape",
    "Round",
    "Sin",
    "Slice",
    "Sqrt",
    "Squeeze",
    "Tanh",
    "Transpose",
    "Unsqueeze",
];

/// Refuses nodes that compute a tensor of unbounded size from constants.
pub(super) fn check(graph: &GraphProto) -> Result<(), String> {
    let mut literals: HashMap<&str, &TensorProto> =
        graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    for node in graph.node.iter().filter(|node| node.op_type == "Constant") {
        let tensor = node.attribute.iter().find_map(|attribute| attribute.t.as_ref());
        if let (Some(name), Some(tensor)) = (node.output.first(), tensor) {
            literals.insert(name, tensor);
        }
    }
    let mut constants: HashSet<&str> = literals.keys().copied().collect();
    for node in in_order_of_use(graph) {
        let mut inputs = node.input.iter().filter(|name| !name.is_empty());
        if node.op_type != "Constant" && inputs.all(|name| constants.contains(name.as_str())) {
            check_node(node, &literals)?;
            constants.extend(node.output.iter().map(String::as_str));
        }
        check_reshape(node, &literals)?;
    }
    Ok(())
}

/// The nodes in topological order, whatever their order in the file.
fn in_order_of_use(graph: &GraphProto) -> impl Iterator<Item = &NodeProto> {
    let makers: HashMap<&str, usize> = (graph.node.iter().enumerate())
        .flat_map(|(index, node)| node.output.iter().map(move |name| (name.as_str(), index)))
        .collect();
    let mut order = Vec::with_capacity(graph.node.len());
    let mut is_placed = vec![false; graph.node.len()];
    for start in 0..graph.node.len() {
        let mut path = vec![(start, false)];
        while let Some((index, inputs_done)) = path.pop() {
            if inputs_done {
                order.push(&graph.node[index]);
            } else if !std::mem::replace(&mut is_placed[index], true) {
                path.push((index, true));
                let inputs = graph.node[index].input.iter().filter_map(|name| makers.get(name.as_str()));
                path.extend(inputs.map(|maker| (*maker, false)));
            }
        }
    }
    order.into_iter()
}

fn check_node(node: &NodeProto, literals: &HashMap<&str, &TensorProto>) -> Result<(), String> {
    let operator = node.op_type.as_str();
    let numbers = |index: usize| node.input.get(index).and_then(|name| literals.get(name.as_str())).map(|t| numbers(t));
    let elements = match operator {
        _ if NOT_GROWING.contains(&operator) => return Ok(()),
        "ConstantOfShape" => numbers(0).map(|sizes| sizes.iter().product::<f64>()),
        "Range" => numbers(0)
            .zip(numbers(1))
            .zip(numbers(2))
            .and_then(|((start, limit), step)| Some((limit.first()? - start.first()?) / step.first()?)),
        _ => {
            return Err(format!(
                "operator {operator} computes from constants alone: the result must be stored instead"
            ));
        }
    };
    match elements {
        Some(elements) if (0.0..=MAX_MADE_ELEMENTS as f64).contains(&elements) => Ok(()),
        Some(elements) => {
            Err(format!("operator {operator} makes {elements} values, 0 to {MAX_MADE_ELEMENTS} are allowed"))
        }
        None => Err(format!("operator {operator} takes its size from a computed tensor, which is not allowed")),
    }
}

/// Refuses a `Reshape` whose number of elements could overflow in the library.
fn check_reshape(node: &NodeProto, literals: &HashMap<&str, &TensorProto>) -> Result<(), String> {
    let shape = node.input.get(1).and_then(|name| literals.get(name.as_str())).filter(|_| node.op_type == "Reshape");
    // 0 and −1 stand for sizes that are taken from the input.
    let elements = shape.map_or(1.0, |shape| numbers(shape).iter().map(|size| size.max(1.0)).product::<f64>());
    if elements <= MAX_ELEMENTS as f64 { Ok(()) } else { Err(format!("operator Reshape asks for {elements} values")) }
}

/// The values of a stored tensor. All sizes and bounds that are allowed are exact in double precision.
fn numbers(tensor: &TensorProto) -> Vec<f64> {
    let is = |kind: DataType| tensor.data_type == kind as i32;
    let raw = tensor.raw_data.as_slice();
    if !raw.is_empty() {
        return if is(DataType::Int64) {
            raw.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f64).collect()
        } else if is(DataType::Int32) {
            raw.as_chunks().0.iter().map(|bytes| f64::from(i32::from_le_bytes(*bytes))).collect()
        } else if is(DataType::Float) {
            raw.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()
        } else {
            // 16-bit floats are weights, not sizes.
            vec![f64::NAN]
        };
    }
    let floats = tensor.float_data.iter().copied().map(f64::from);
    let integers = tensor.int32_data.iter().copied().map(f64::from);
    floats.chain(integers).chain(tensor.int64_data.iter().map(|value| *value as f64)).collect()
}
