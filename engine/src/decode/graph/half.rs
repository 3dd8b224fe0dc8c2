//! Converts 16-bit weights to 32 bits when a graph is loaded. WORKER side.

use std::collections::{HashMap, HashSet};

use half::f16;

use super::proto;
use proto::tensor_proto::DataType;

/// Weights may be stored in 16 bits and cast to 32 by a node, which halves the file. The library would cast them in every run; instead
/// such a weight is converted here, once, and the inputs that refer to the cast are changed to the weight.
pub(super) fn widen(model: &mut proto::ModelProto) {
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
        widen_tensor(tensor);
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

fn widen_tensor(tensor: &mut proto::TensorProto) {
    let wide = tensor.raw_data.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32());
    tensor.raw_data = wide.flat_map(f32::to_le_bytes).collect();
    tensor.data_type = DataType::Float as i32;
}
