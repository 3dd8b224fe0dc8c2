//! x · sigmoid(x) as one pass over a tensor.
//!
//! Graphs write it as x / (1 + e⁻ˣ), which is exact but four passes and a copy. tract's own fused operator computes an
//! approximation that is wrong the same way in every channel whose value is far below 0. This one is both fast and right to a
//! millionth.

use multiversion::multiversion;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_core::ops::nn::Silu;

use super::proto;
use crate::spectral::exp;
use proto::{GraphProto, NodeProto};

/// Where [`exp`] holds.
const LARGEST_EXPONENT: f32 = 80.0;

#[derive(Clone, Debug, PartialEq, Eq)]
struct ExactSilu;

impl ElementWiseMiniOp for ExactSilu {
    fn name(&self) -> String {
        "ExactSilu".into()
    }

    fn eval_in_place(&self, tensor: &mut Tensor, _: Option<DatumType>) -> TractResult<()> {
        let mut plain = tensor.try_as_plain_ram_mut()?;
        silu(plain.as_slice_mut::<f32>()?);
        Ok(())
    }
}

/// Compiled once more for processors with wide registers.
#[multiversion(targets("x86_64+avx2+fma", "x86_64+avx512f+avx512vl+avx512dq"))]
fn silu(values: &mut [f32]) {
    for value in values {
        *value /= 1.0 + exp((-*value).clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT));
    }
}

/// Puts the exact operator in the place of tract's.
pub(super) fn make_exact(model: &mut TypedModel) {
    for node in model.nodes_mut() {
        let fused = node.op_as::<ElementWiseOp>().is_some_and(|op| op.0.is::<Silu>());
        let single = node.outputs.iter().all(|outlet| outlet.fact.datum_type == f32::datum_type());
        if fused && single {
            node.op = Box::new(ElementWiseOp(Box::new(ExactSilu), None));
        }
    }
}

/// Writes every x / (1 + e⁻ˣ) as x · sigmoid(x), which tract joins to one operator.
pub(super) fn join(model: &mut proto::ModelProto) {
    let Some(graph) = model.graph.as_mut() else { return };
    let found: Vec<usize> = (0..graph.node.len()).filter(|index| is_silu(graph, &graph.node[*index])).collect();
    for index in found {
        let node = &mut graph.node[index];
        let sigmoid = format!("{}_sigmoid", node.name);
        let before = NodeProto {
            name: sigmoid.clone(),
            op_type: "Sigmoid".into(),
            input: vec![node.input[0].clone()],
            output: vec![sigmoid.clone()],
            ..NodeProto::default()
        };
        node.op_type = "Mul".into();
        node.input[1] = sigmoid;
        // The order of nodes is free for tract; what computed the divisor is no longer used, and dropped by it.
        graph.node.push(before);
    }
}

/// Whether a node is the division of x / (1 + e⁻ˣ).
fn is_silu(graph: &GraphProto, division: &NodeProto) -> bool {
    let matched = || {
        let [x, divisor] = inputs(division, "Div")?;
        let [power, one] = inputs(maker(graph, divisor)?, "Add")?;
        let [negative] = inputs(maker(graph, power)?, "Exp")?;
        let [negated, minus_one] = inputs(maker(graph, negative)?, "Mul")?;
        let numbers = number(graph, one)? == 1.0 && number(graph, minus_one)? == -1.0;
        Some(numbers && negated == x)
    };
    matched().unwrap_or(false)
}

fn inputs<'a, const COUNT: usize>(node: &'a NodeProto, operator: &str) -> Option<&'a [String; COUNT]> {
    if node.op_type == operator { node.input.as_slice().try_into().ok() } else { None }
}

fn maker<'a>(graph: &'a GraphProto, value: &str) -> Option<&'a NodeProto> {
    graph.node.iter().find(|node| node.output.iter().any(|output| output == value))
}

/// A constant of one 32-bit float.
fn number(graph: &GraphProto, name: &str) -> Option<f32> {
    let tensor = graph.initializer.iter().find(|tensor| tensor.name == name)?;
    let bytes = tensor.raw_data.as_slice().try_into().ok()?;
    let is_float = tensor.data_type == proto::tensor_proto::DataType::Float as i32;
    is_float.then(|| f32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_right_to_a_millionth_far_below_zero_too() {
        let inputs: Vec<f32> = (-4000..=4000).map(|step| step as f32 / 40.0).collect();
        let mut outputs = inputs.clone();
        silu(&mut outputs);
        for (x, y) in inputs.iter().map(|x| f64::from(*x)).zip(outputs) {
            let exact = x / (1.0 + (-x).exp());
            let error = (f64::from(y) - exact).abs();
            assert!(error <= 3e-6 * exact.abs() + 1e-30, "silu({x}) is {y}, {exact} is right");
        }
    }

    #[test]
    fn nan_stays_nan() {
        let mut values = [f32::NAN; 40];
        silu(&mut values);
        assert!(values.iter().all(|value| value.is_nan()));
    }
}
