//! A small ONNX writer: nodes of a fixed set of operators, static shapes, weights in 16 bits.

use std::ops::Range;

use anyhow::{Result, ensure};
use engine::decode::graph::proto;
use prost::Message;
use proto::attribute_proto::AttributeType;
use proto::tensor_proto::DataType;
use proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, tensor_shape_proto, type_proto,
};
use tch::{Kind, Tensor};

use crate::model::layers::{Conv, Linear, RmsNorm};
use crate::model::planes::PlaneConv;

const IR_VERSION: i64 = 9;
const OPSET: i64 = 20;

/// Name of a value in the graph.
pub type Value = String;

/// Collects nodes and weights.
#[derive(Debug, Default)]
pub struct Builder {
    graph: GraphProto,
}

impl Builder {
    /// An empty graph of that name.
    pub fn new(name: &str) -> Self {
        Self { graph: GraphProto { name: name.to_owned(), ..GraphProto::default() } }
    }

    /// Declares an input.
    pub fn input(&mut self, name: &str, shape: &[i64]) -> Value {
        self.graph.input.push(port(name, shape));
        name.to_owned()
    }

    /// Gives a value an output's name.
    pub fn output(&mut self, value: Value, name: &str, shape: &[i64]) {
        self.graph.output.push(port(name, shape));
        for node in &mut self.graph.node {
            let names = node.input.iter_mut().chain(&mut node.output);
            names.filter(|other| **other == value).for_each(|other| *other = name.to_owned());
        }
    }

    /// The finished model, encoded.
    pub fn finish(self) -> Vec<u8> {
        let opset = OperatorSetIdProto { domain: String::new(), version: OPSET };
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "heptode-trainer".into(),
            opset_import: vec![opset],
            graph: Some(self.graph),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }

    /// A convolution; `extra_end` more zeros after the end than before the start.
    ///
    /// # Errors
    /// Torch refuses to give the weights as numbers.
    pub fn conv(&mut self, x: &Value, layer: &Conv, extra_end: i64) -> Result<Value> {
        let weight = self.weight(&format!("{}.weight", layer.name), &layer.weight)?;
        let bias = self.weight(&format!("{}.bias", layer.name), &layer.bias)?;
        let attributes = vec![
            integers("kernel_shape", &layer.weight.size()[2..]),
            integers("pads", &[layer.padding, layer.padding + extra_end]),
            integers("strides", &[layer.stride]),
            integers("dilations", &[1]),
            integer("group", layer.groups),
        ];
        Ok(self.node("Conv", &[x.clone(), weight, bias], attributes))
    }

    /// A convolution over planes.
    ///
    /// # Errors
    /// Torch refuses to give the weights as numbers.
    pub fn plane_conv(&mut self, x: &Value, layer: &PlaneConv) -> Result<Value> {
        let weight = self.weight(&format!("{}.weight", layer.name), &layer.weight)?;
        let bias = self.weight(&format!("{}.bias", layer.name), &layer.bias)?;
        let attributes = vec![
            integers("kernel_shape", &layer.weight.size()[2..]),
            integers("pads", &[layer.padding(); 4]),
            integers("strides", &layer.steps),
            integers("dilations", &[1, 1]),
            integer("group", 1),
        ];
        Ok(self.node("Conv", &[x.clone(), weight, bias], attributes))
    }

    /// A fully connected layer.
    ///
    /// # Errors
    /// Torch refuses to give the weights as numbers.
    pub fn linear(&mut self, x: &Value, layer: &Linear) -> Result<Value> {
        let weight = self.weight(&format!("{}.weight", layer.name), &layer.weight)?;
        let bias = self.weight(&format!("{}.bias", layer.name), &layer.bias)?;
        Ok(self.node("Gemm", &[x.clone(), weight, bias], vec![integer("transB", 1)]))
    }

    /// x · sigmoid(x), written as x / (1 + e⁻ˣ). A graph runner computes `Sigmoid` by an approximation that is wrong the same
    /// way in every channel whose value is far below 0; over hundreds of channels that adds up, while this form is exact.
    ///
    /// # Errors
    /// Torch refuses to give a constant as numbers.
    pub fn silu(&mut self, x: &Value) -> Result<Value> {
        let one = self.number(1.0)?;
        let negative = self.times(x, -1.0)?;
        let power = self.exp(&negative);
        let divisor = self.add(&power, &one);
        Ok(self.node("Div", &[x.clone(), divisor], Vec::new()))
    }

    fn number(&mut self, value: f32) -> Result<Value> {
        self.constant(&Tensor::from_slice(&[value]))
    }

    /// Holds values within a range.
    ///
    /// # Errors
    /// Torch refuses to give a constant as numbers.
    pub fn clip(&mut self, x: &Value, (low, high): (f64, f64)) -> Result<Value> {
        let low = self.constant(&Tensor::from(low as f32))?;
        let high = self.constant(&Tensor::from(high as f32))?;
        Ok(self.node("Clip", &[x.clone(), low, high], Vec::new()))
    }

    /// Root-mean-square normalisation over channels.
    ///
    /// # Errors
    /// Torch refuses to give the weights as numbers.
    pub fn rms_norm(&mut self, x: &Value, layer: &RmsNorm) -> Result<Value> {
        let epsilon = self.number(RmsNorm::EPSILON as f32)?;
        let square = self.mul(x, x);
        let mean = self.mean(&square, 1);
        let shifted = self.add(&mean, &epsilon);
        let root = self.node("Sqrt", &[shifted], Vec::new());
        let even = self.node("Div", &[x.clone(), root], Vec::new());
        self.scaled(&even, &format!("{}.gain", layer.name), &layer.gain)
    }

    /// Multiplies by a named weight.
    ///
    /// # Errors
    /// Torch refuses to give the weights as numbers.
    pub fn scaled(&mut self, x: &Value, name: &str, scale: &Tensor) -> Result<Value> {
        let scale = self.weight(name, scale)?;
        Ok(self.mul(x, &scale))
    }

    /// Multiplies by a number.
    ///
    /// # Errors
    /// Torch refuses to give a constant as numbers.
    pub fn times(&mut self, x: &Value, factor: f64) -> Result<Value> {
        let factor = self.number(factor as f32)?;
        Ok(self.mul(x, &factor))
    }

    /// eˣ.
    pub fn exp(&mut self, x: &Value) -> Value {
        self.node("Exp", std::slice::from_ref(x), Vec::new())
    }

    /// Negative values become 0.
    pub fn relu(&mut self, x: &Value) -> Value {
        self.node("Relu", std::slice::from_ref(x), Vec::new())
    }

    /// Negative values are multiplied by `slope`.
    pub fn leaky_relu(&mut self, x: &Value, slope: f32) -> Value {
        self.node("LeakyRelu", std::slice::from_ref(x), vec![number("alpha", slope)])
    }

    /// Product of two values, element by element.
    pub fn mul(&mut self, a: &Value, b: &Value) -> Value {
        self.node("Mul", &[a.clone(), b.clone()], Vec::new())
    }

    /// Difference of two values.
    pub fn sub(&mut self, a: &Value, b: &Value) -> Value {
        self.node("Sub", &[a.clone(), b.clone()], Vec::new())
    }

    /// Matrix product over the last two axes.
    pub fn matmul(&mut self, a: &Value, b: &Value) -> Value {
        self.node("MatMul", &[a.clone(), b.clone()], Vec::new())
    }

    /// The same numbers with the axes in another order.
    pub fn transpose(&mut self, x: &Value, order: &[i64]) -> Value {
        self.node("Transpose", std::slice::from_ref(x), vec![integers("perm", order)])
    }

    /// Mean along an axis, which stays with length 1.
    pub fn mean(&mut self, x: &Value, axis: i64) -> Value {
        let axes = self.integers(&[axis]);
        self.node("ReduceMean", &[x.clone(), axes], vec![integer("keepdims", 1)])
    }

    /// Sum of two values.
    pub fn add(&mut self, a: &Value, b: &Value) -> Value {
        self.node("Add", &[a.clone(), b.clone()], Vec::new())
    }

    /// Values one after the other along an axis.
    pub fn concat(&mut self, parts: &[Value], axis: i64) -> Value {
        self.node("Concat", parts, vec![integer("axis", axis)])
    }

    /// The same numbers in another shape.
    pub fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.integers(shape);
        self.node("Reshape", &[x.clone(), shape], Vec::new())
    }

    /// The elements of a range along an axis.
    pub fn slice(&mut self, x: &Value, axis: i64, range: Range<i64>) -> Value {
        let bounds = [range.start, range.end, axis].map(|value| self.integers(&[value]));
        let [start, end, axis] = bounds;
        self.node("Slice", &[x.clone(), start, end, axis], Vec::new())
    }

    /// Each of `channels` channels `times` times in turn: `[1, channels, frames]` → `[1, times · channels, frames]`.
    pub fn repeat(&mut self, x: &Value, (channels, times): (i64, i64)) -> Value {
        let apart = self.reshape(x, &[1, channels, 1, -1]);
        let repeated = self.concat(&vec![apart; times as usize], 2);
        self.reshape(&repeated, &[1, times * channels, -1])
    }

    /// `[1, 2 · channels, frames]` → `[1, channels, 2 · frames]`: the first half of the channels as even frames, the second as odd.
    pub fn interleave(&mut self, x: &Value, channels: i64, frames: i64) -> Value {
        let phases = self.reshape(x, &[2, channels, frames]);
        let pairs = self.transpose(&phases, &[1, 2, 0]);
        self.reshape(&pairs, &[1, channels, 2 * frames])
    }

    fn node(&mut self, operator: &str, inputs: &[Value], attribute: Vec<AttributeProto>) -> Value {
        let name = format!("{}_{}", operator.to_lowercase(), self.graph.node.len());
        self.graph.node.push(NodeProto {
            name: name.clone(),
            op_type: operator.to_owned(),
            input: inputs.to_vec(),
            output: vec![name.clone()],
            attribute,
            ..NodeProto::default()
        });
        name
    }

    /// A trained tensor, whose values must already be exact in 16 bits; cast to 32 bits, which runners do once.
    fn weight(&mut self, name: &str, tensor: &Tensor) -> Result<Value> {
        let half = tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Half);
        let exact = half.to_kind(Kind::Float).equal(&tensor.detach().to_device(tch::Device::Cpu));
        ensure!(exact, "{name} has values that 16 bits cannot hold");
        let flat = half.contiguous().view(-1);
        let mut raw_data = vec![0_u8; flat.numel() * 2];
        flat.copy_data_u8(&mut raw_data, flat.numel());
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: tensor.size(),
            data_type: DataType::Float16 as i32,
            raw_data,
            ..TensorProto::default()
        });
        Ok(self.node("Cast", &[name.to_owned()], vec![integer("to", i64::from(DataType::Float as i32))]))
    }

    /// Fixed numbers in 32 bits.
    ///
    /// # Errors
    /// Torch refuses to give the values as 32-bit numbers.
    pub fn constant(&mut self, tensor: &Tensor) -> Result<Value> {
        let values = Vec::<f32>::try_from(tensor.view(-1))?;
        let name = format!("constant_{}", self.graph.initializer.len());
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: tensor.size(),
            data_type: DataType::Float as i32,
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ..TensorProto::default()
        });
        Ok(name)
    }

    fn integers(&mut self, values: &[i64]) -> Value {
        let name = format!("constant_{}", self.graph.initializer.len());
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ..TensorProto::default()
        });
        name
    }
}

fn number(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: AttributeType::Float as i32, f: value, ..AttributeProto::default() }
}

fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: AttributeType::Int as i32, i: value, ..AttributeProto::default() }
}

fn integers(name: &str, values: &[i64]) -> AttributeProto {
    let kind = AttributeType::Ints as i32;
    AttributeProto { name: name.to_owned(), r#type: kind, ints: values.to_vec(), ..AttributeProto::default() }
}

fn port(name: &str, shape: &[i64]) -> ValueInfoProto {
    let fixed = |size: &i64| tensor_shape_proto::Dimension {
        value: Some(tensor_shape_proto::dimension::Value::DimValue(*size)),
        ..tensor_shape_proto::Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: shape.iter().map(fixed).collect() }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(kind), ..ValueInfoProto::default() }
}
