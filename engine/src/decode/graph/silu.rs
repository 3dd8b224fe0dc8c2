//! x · sigmoid(x) as one pass over a tensor. WORKER side.
//!
//! The trainer writes it as x / (1 + e⁻ˣ), which is exact but four passes and a copy. A graph runner's own fused operator may be an
//! approximation that is wrong the same way in every channel whose value is far below 0. [`silu`] is both fast and exact; for it
//! to be used, the division is written as the product that runners know.

use std::collections::{HashMap, HashSet};

use multiversion::multiversion;

use super::proto;
use crate::spectral::exp;
use proto::{GraphProto, NodeProto};

/// Where [`exp`] holds.
const LARGEST_EXPONENT: f32 = 80.0;

/// x · sigmoid(x) to 3 parts in 10⁶; below −80, where it is below 10⁻³², to that. Compiled once more for processors with wide
/// registers.
#[multiversion(targets("x86_64+avx2+fma", "x86_64+avx512f+avx512vl+avx512dq"))]
pub(super) fn silu(values: &mut [f32]) {
    for value in values {
        *value /= 1.0 + exp((-*value).clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT));
    }
}

/// Writes every x / (1 + e⁻ˣ) as x · sigmoid(x).
pub(super) fn join(model: &mut proto::ModelProto) {
    let Some(graph) = model.graph.as_mut() else { return };
    let divisions = Pattern::new(graph).divisions();
    let mut names = names(graph);
    for index in divisions {
        let node = &mut graph.node[index];
        let mut sigmoid = format!("{}_sigmoid", node.output[0]);
        while !names.insert(sigmoid.clone()) {
            sigmoid.push('_');
        }
        let before = NodeProto {
            name: sigmoid.clone(),
            op_type: "Sigmoid".into(),
            input: vec![node.input[0].clone()],
            output: vec![sigmoid.clone()],
            ..NodeProto::default()
        };
        node.op_type = "Mul".into();
        node.input[1] = sigmoid;
        // The order of nodes is free for the runner, and it drops what computed the divisor.
        graph.node.push(before);
    }
}

/// Every name that a graph gives to a value or a node.
fn names(graph: &GraphProto) -> HashSet<String> {
    let of_nodes = graph.node.iter().flat_map(|node| node.output.iter().chain([&node.name]));
    let of_ports = graph.input.iter().map(|port| &port.name).chain(graph.initializer.iter().map(|tensor| &tensor.name));
    of_nodes.chain(of_ports).cloned().collect()
}

/// What a division is recognised by.
struct Pattern<'a> {
    graph: &'a GraphProto,
    /// Which node gives a value.
    makers: HashMap<&'a str, &'a NodeProto>,
    /// Constants of one 32-bit float and no more dimensions than one.
    numbers: HashMap<&'a str, f32>,
}

impl<'a> Pattern<'a> {
    fn new(graph: &'a GraphProto) -> Self {
        let made = |node: &'a NodeProto| node.output.iter().map(move |output| (output.as_str(), node));
        let is_float = |tensor: &proto::TensorProto| tensor.data_type == proto::tensor_proto::DataType::Float as i32;
        let number = |tensor: &'a proto::TensorProto| {
            let bytes = tensor.raw_data.as_slice().try_into().ok()?;
            let fits = is_float(tensor) && tensor.dims.len() <= 1;
            fits.then(|| (tensor.name.as_str(), f32::from_le_bytes(bytes)))
        };
        Self {
            graph,
            makers: graph.node.iter().flat_map(made).collect(),
            numbers: graph.initializer.iter().filter_map(number).collect(),
        }
    }

    /// Indices of the nodes that divide x by 1 + e⁻ˣ.
    fn divisions(&self) -> Vec<usize> {
        let nodes = self.graph.node.iter().enumerate();
        nodes.filter(|(_, node)| self.is_silu(node).unwrap_or(false)).map(|(index, _)| index).collect()
    }

    fn is_silu(&self, division: &NodeProto) -> Option<bool> {
        let [x, divisor] = inputs(division, "Div")?;
        let [power, one] = self.inputs_of(divisor, "Add")?;
        let [negative] = self.inputs_of(power, "Exp")?;
        let [negated, minus_one] = self.inputs_of(negative, "Mul")?;
        let number = |name: &String| self.numbers.get(name.as_str()).copied();
        Some(number(one)? == 1.0 && number(minus_one)? == -1.0 && negated == x && division.output.len() == 1)
    }

    fn inputs_of<const COUNT: usize>(&self, value: &str, operator: &str) -> Option<&'a [String; COUNT]> {
        inputs(self.makers.get(value)?, operator)
    }
}

fn inputs<'a, const COUNT: usize>(node: &'a NodeProto, operator: &str) -> Option<&'a [String; COUNT]> {
    if node.op_type == operator { node.input.as_slice().try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::decode::graph::{Graph, Port};

    const VALUES: usize = 61;

    fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
        NodeProto {
            op_type: operator.into(),
            input: inputs.iter().map(|name| (*name).into()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        }
    }

    /// `numerator` / (`constant` + e^(`sign` · x)), twice in a row, of nodes without names.
    fn graph(numerator: &str, constant: f32, sign: f32) -> proto::ModelProto {
        use proto::{tensor_shape_proto::dimension::Value as Dimension, type_proto::Value};
        let dimension = proto::tensor_shape_proto::Dimension {
            value: Some(Dimension::DimValue(VALUES as i64)),
            ..Default::default()
        };
        let shape = proto::TensorShapeProto { dim: vec![dimension] };
        let tensor = proto::type_proto::Tensor { elem_type: 1, shape: Some(shape) };
        let kind = proto::TypeProto { value: Some(Value::TensorType(tensor)), ..Default::default() };
        let port =
            |name: &str| proto::ValueInfoProto { name: name.into(), r#type: Some(kind.clone()), ..Default::default() };
        let number = |name: &str, value: f32| proto::TensorProto {
            name: name.into(),
            dims: vec![1],
            data_type: 1,
            raw_data: value.to_le_bytes().to_vec(),
            ..Default::default()
        };
        let stage = |x: &str, numerator: &str, place: &str, out: &str| {
            let value = |name: &str| format!("{name}{place}");
            vec![
                node("Mul", &[x, "sign"], &value("negative")),
                node("Exp", &[&value("negative")], &value("power")),
                node("Add", &[&value("power"), "constant"], &value("divisor")),
                node("Div", &[numerator, &value("divisor")], out),
            ]
        };
        let second = if numerator == "x" { "middle" } else { numerator };
        let graph = GraphProto {
            node: [stage("x", numerator, "1", "middle"), stage("middle", second, "2", "y")].concat(),
            initializer: vec![number("sign", sign), number("constant", constant), number("two", 2.0)],
            input: vec![port("x")],
            output: vec![port("y")],
            ..Default::default()
        };
        let opset = proto::OperatorSetIdProto { domain: String::new(), version: 20 };
        proto::ModelProto { ir_version: 9, opset_import: vec![opset], graph: Some(graph), ..Default::default() }
    }

    fn sigmoids(mut model: proto::ModelProto) -> usize {
        join(&mut model);
        model.graph.expect("a graph").node.iter().filter(|node| node.op_type == "Sigmoid").count()
    }

    #[test]
    fn a_loaded_graph_computes_it_exactly() {
        let (inputs, outputs) = (vec![Port::new("x", &[VALUES])], vec![Port::new("y", &[VALUES])]);
        let model = graph("x", 1.0, -1.0);
        assert_eq!(sigmoids(model.clone()), 2);
        let loaded = Graph::load("two.onnx", &model.encode_to_vec(), inputs, outputs).expect("a graph");
        let x: Vec<f32> = (0..VALUES).map(|step| step as f32 - 30.0).collect();
        let made = loaded.runner().and_then(|mut runner| runner.run(&[&x])).expect("a run");
        let exact = |x: f64| x / (1.0 + (-x).exp());
        for (x, y) in x.iter().zip(made.get(0)) {
            let wanted = exact(exact(f64::from(*x)));
            // The runner's own approximation is 7e-6 away wherever x is below −14.
            assert!(
                (f64::from(*y) - wanted).abs() <= 1e-5 * wanted.abs() + 1e-12,
                "silu(silu({x})) is {y}, not {wanted}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for (numerator, constant, sign) in [("two", 1.0, -1.0), ("x", 2.0, -1.0), ("x", 1.0, 1.0)] {
            assert_eq!(sigmoids(graph(numerator, constant, sign)), 0, "{numerator}, {constant}, {sign}");
        }
    }

    #[test]
    fn new_names_are_new() {
        let mut model = graph("x", 1.0, -1.0);
        let graph = model.graph.as_mut().expect("a graph");
        graph.node.push(node("Identity", &["x"], "y_sigmoid"));
        join(&mut model);
        let graph = model.graph.expect("a graph");
        let outputs: Vec<&String> = graph.node.iter().flat_map(|node| &node.output).collect();
        assert_eq!(outputs.iter().collect::<HashSet<_>>().len(), outputs.len(), "{outputs:?}");
    }

    #[test]
    fn it_is_exact_far_below_zero_too() {
        let inputs: Vec<f32> = (-4000..=4000).map(|step| step as f32 / 40.0).collect();
        let mut outputs = inputs.clone();
        silu(&mut outputs);
        for (x, y) in inputs.iter().map(|x| f64::from(*x)).zip(outputs) {
            let exact = x / (1.0 + (-x).exp());
            let error = (f64::from(y) - exact).abs();
            assert!(error <= 3e-6 * exact.abs() + 1e-32, "silu({x}) is {y}, {exact} is right");
        }
    }

    #[test]
    fn nan_stays_nan() {
        let mut values = [f32::NAN; 40];
        silu(&mut values);
        assert!(values.iter().all(|value| value.is_nan()));
    }
}
