//! Changes the sizes of a graph's ports. WORKER side.

use super::{Port, proto};
use proto::tensor_shape_proto::Dimension;
use proto::tensor_shape_proto::dimension::Value as Size;
use proto::type_proto::Value as Kind;

/// Sets the shapes of the ports with the names of `inputs` and `outputs`. Removes the declared shapes of intermediate tensors, which may
/// hold the old sizes.
pub(super) fn resize(model: &mut proto::ModelProto, inputs: &[Port], outputs: &[Port]) {
    let Some(graph) = model.graph.as_mut() else { return };
    graph.value_info.clear();
    for (found, ports) in [(&mut graph.input, inputs), (&mut graph.output, outputs)] {
        for value in found {
            if let Some(port) = ports.iter().find(|port| port.name == value.name) {
                set_shape(value, &port.shape);
            }
        }
    }
}

fn set_shape(value: &mut proto::ValueInfoProto, shape: &[usize]) {
    if let Some(Kind::TensorType(tensor)) = value.r#type.as_mut().and_then(|kind| kind.value.as_mut()) {
        let dimension = |size: &usize| Dimension { value: Some(Size::DimValue(*size as i64)), ..Dimension::default() };
        tensor.shape.get_or_insert_default().dim = shape.iter().map(dimension).collect();
    }
}
