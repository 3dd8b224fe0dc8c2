//! Small graphs in the format ONNX, for packs that tests make. Shared with the tests of the command line.

use engine::decode::graph::proto::tensor_proto::DataType;
use engine::decode::graph::proto::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    tensor_shape_proto, type_proto,
};
use prost::Message as _;

/// A constant of numbers.
pub fn numbers(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

/// A constant of whole numbers, of one axis.
pub fn wholes(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

/// An input or an output of numbers.
pub fn port(name: &str, shape: &[i64]) -> ValueInfoProto {
    let fixed = |size: &i64| tensor_shape_proto::Dimension {
        value: Some(tensor_shape_proto::dimension::Value::DimValue(*size)),
        ..Default::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: shape.iter().map(fixed).collect() }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..Default::default() }
}

/// An operation.
pub fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        name: output.into(),
        op_type: operator.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        ..Default::default()
    }
}

/// A graph with one input, as the bytes of an ONNX file.
pub fn graph(
    input: ValueInfoProto,
    output: Vec<ValueInfoProto>,
    node: Vec<NodeProto>,
    initializer: Vec<TensorProto>,
) -> Vec<u8> {
    let graph = GraphProto { name: "test".into(), input: vec![input], output, node, initializer, ..Default::default() };
    let opset = OperatorSetIdProto { domain: String::new(), version: 20 };
    ModelProto { ir_version: 9, opset_import: vec![opset], graph: Some(graph), ..Default::default() }.encode_to_vec()
}
