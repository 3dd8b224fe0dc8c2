//! A builder of small graphs, from `x` to `y`.

use std::time::Duration;

use prost::Message as _;

use super::super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto, type_proto,
};
use super::super::{Graph, GraphError, Port};

/// A graph under construction.
pub(super) struct Build {
    graph: GraphProto,
}

impl Build {
    pub(super) fn new() -> Self {
        Self { graph: GraphProto { name: "graph".into(), ..GraphProto::default() } }
    }

    /// A tensor of floats.
    pub(super) fn floats(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.graph.initializer.push(tensor(name, dims, DataType::Float, raw_data));
        self
    }

    /// A tensor of whole numbers with one axis.
    pub(super) fn integers(self, name: &str, values: &[i64]) -> Self {
        self.shaped_integers(name, &[values.len() as i64], values)
    }

    /// A tensor of whole numbers.
    pub(super) fn shaped_integers(mut self, name: &str, dims: &[i64], values: &[i64]) -> Self {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.graph.initializer.push(tensor(name, dims, DataType::Int64, raw_data));
        self
    }

    /// An operator on named tensors; names are separated by spaces, `-` is an input that is left out.
    pub(super) fn node(self, operator: &str, inputs: &str, outputs: &str) -> Self {
        self.node_with(operator, inputs, outputs, Vec::new())
    }

    pub(super) fn node_with(
        mut self,
        operator: &str,
        inputs: &str,
        outputs: &str,
        attribute: Vec<AttributeProto>,
    ) -> Self {
        let names = |text: &str| text.split(' ').map(|name| name.trim_matches('-').to_owned()).collect();
        self.graph.node.push(NodeProto {
            op_type: operator.into(),
            name: format!("{operator} of {outputs}"),
            input: names(inputs),
            output: names(outputs),
            attribute,
            ..NodeProto::default()
        });
        self
    }

    /// Loads the graph with `x` and `y` of these shapes.
    pub(super) fn load(mut self, x: &[usize], y: &[usize]) -> Result<Graph, GraphError> {
        (self.graph.input, self.graph.output) = (vec![port("x", x)], vec![port("y", y)]);
        let model = ModelProto {
            ir_version: 9,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 20 }],
            graph: Some(self.graph),
            ..ModelProto::default()
        };
        Graph::load("test.onnx", &model.encode_to_vec(), vec![Port::new("x", x)], vec![Port::new("y", y)])
    }

    /// What the graph makes of `x`, in one run and node by node.
    pub(super) fn run(self, x: &[f32], x_shape: &[usize], y_shape: &[usize]) -> Vec<f32> {
        let graph = self.load(x_shape, y_shape).expect("the graph is valid");
        let mut runner = graph.runner().expect("memory");
        let made = runner.run(&[x]).expect("the graph runs").get(0).to_vec();
        runner.begin(&[x]).expect("the inputs fit");
        let parts = std::iter::repeat_with(|| runner.go_on(Duration::ZERO).expect("a node runs"));
        let in_parts = parts.flatten().next().expect("a run ends").get(0).to_vec();
        assert_eq!(made, in_parts, "a run in parts gives the same");
        made
    }
}

fn tensor(name: &str, dims: &[i64], kind: DataType, raw_data: Vec<u8>) -> TensorProto {
    TensorProto { name: name.into(), dims: dims.to_vec(), data_type: kind as i32, raw_data, ..TensorProto::default() }
}

fn port(name: &str, shape: &[usize]) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let fixed = |size: &usize| Dimension { value: Some(Value::DimValue(*size as i64)), ..Dimension::default() };
    let shape = TensorShapeProto { dim: shape.iter().map(fixed).collect() };
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..ValueInfoProto::default() }
}

/// A whole number as an attribute.
pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i: value, ..AttributeProto::default() }
}

/// Whole numbers as an attribute.
pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    let kind = AttributeType::Ints as i32;
    AttributeProto { name: name.into(), r#type: kind, ints: values.to_vec(), ..AttributeProto::default() }
}

/// A word as an attribute.
pub(super) fn word(name: &str, value: &str) -> AttributeProto {
    let kind = AttributeType::String as i32;
    AttributeProto { name: name.into(), r#type: kind, s: value.into(), ..AttributeProto::default() }
}

/// A tensor of one float as an attribute.
pub(super) fn float_tensor(name: &str, value: f32) -> AttributeProto {
    let tensor = tensor("", &[1], DataType::Float, value.to_le_bytes().to_vec());
    let kind = AttributeType::Tensor as i32;
    AttributeProto { name: name.into(), r#type: kind, t: Some(tensor), ..AttributeProto::default() }
}
