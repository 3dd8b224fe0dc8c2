//! Between trained weights and ONNX graphs: writing them, and starting a training from a pack's graphs.

pub mod builder;
pub mod graphs;
mod migration;

use anyhow::{Context, Result, ensure};
use engine::decode::graph::proto::{ModelProto, TensorProto, tensor_proto::DataType};
use engine::pack::Pack;
use prost::Message;
use tch::nn::VarStore;
use tch::{Kind, Tensor};

use migration::{NEWER_LAYERS, migrated};

/// Log-variance that a model starts with when its weights come from a pack: ln σ² for σ = 0.009, about where training ends. A wider
/// posterior would first blur what the pack knows.
const IMPORTED_LOG_VARIANCE: f64 = -9.5;

/// Takes the weights of the named graphs of a pack into `store`. Initialisers carry the names of the trained tensors.
///
/// The log-variance layer is no part of a pack; it starts as a constant. Layers that the pack does not have yet stay as they are
/// if they are newer than it can be; those of an older form are migrated ([`migration`]).
///
/// # Errors
/// A graph is no ONNX, a weight is missing or has another shape.
pub fn import_weights(pack: &Pack, graphs: &[&str], store: &VarStore) -> Result<()> {
    let mut initialisers = Vec::new();
    for graph in graphs {
        let model = ModelProto::decode(pack.graph(&format!("{graph}.onnx")))
            .with_context(|| format!("the pack's {graph} is no ONNX graph"))?;
        initialisers.extend(model.graph.unwrap_or_default().initializer);
    }
    take(&initialisers, store)
}

fn take(initialisers: &[TensorProto], store: &VarStore) -> Result<()> {
    let lacks = |layer: &str| !initialisers.iter().any(|tensor| tensor.name.starts_with(layer));
    let too_new: Vec<&str> = NEWER_LAYERS.into_iter().filter(|layer| lacks(layer)).collect();
    let stored = |name: &str| {
        let found = initialisers.iter().find(|tensor| tensor.name == name);
        found.and_then(|tensor| values(tensor).ok())
    };
    for (name, mut parameter) in store.variables() {
        if name.starts_with("encoder.log_variance") {
            let value = if name.ends_with("bias") { IMPORTED_LOG_VARIANCE } else { 0.0 };
            let _ = tch::no_grad(|| parameter.fill_(value));
            continue;
        }
        if too_new.iter().any(|layer| name.starts_with(layer)) {
            continue;
        }
        let found = initialisers.iter().find(|tensor| tensor.name == name);
        let value = values(found.with_context(|| format!("the pack belongs to another model: it has no {name}"))?)?;
        let value = migrated(&name, value, &parameter, &stored);
        ensure!(
            value.numel() == parameter.numel(),
            "the pack belongs to another model: {name} has {} values instead of {}",
            value.numel(),
            parameter.numel()
        );
        tch::no_grad(|| parameter.copy_(&value.view(parameter.size().as_slice())));
    }
    Ok(())
}

/// Number of weights in all graphs of a pack: the elements of its floating-point initialisers.
///
/// # Errors
/// A graph is no ONNX.
pub fn parameters(pack: &Pack) -> Result<usize> {
    let mut count = 0;
    for name in engine::pack::GRAPHS {
        let model =
            ModelProto::decode(pack.graph(name)).with_context(|| format!("the pack's {name} is no ONNX graph"))?;
        let floats = [DataType::Float as i32, DataType::Float16 as i32];
        let initialisers = model.graph.unwrap_or_default().initializer;
        let weights = initialisers.iter().filter(|tensor| floats.contains(&tensor.data_type));
        count += weights.map(|tensor| tensor.dims.iter().product::<i64>() as usize).sum::<usize>();
    }
    Ok(count)
}

fn values(tensor: &TensorProto) -> Result<Tensor> {
    let kind = if tensor.data_type == DataType::Float16 as i32 { Kind::Half } else { Kind::Float };
    let width = if kind == Kind::Half { 2 } else { 4 };
    ensure!(!tensor.raw_data.is_empty(), "the pack keeps {} in a form that is not written here", tensor.name);
    let size = [(tensor.raw_data.len() / width) as i64];
    Ok(Tensor::f_from_data_size(&tensor.raw_data, &size, kind)?.to_kind(Kind::Float))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Decoder;

    /// A decoder whose layers all give something, its weights exact in 16 bits.
    pub(super) fn loud_decoder(seed: i64) -> (VarStore, Decoder) {
        let store = VarStore::new(tch::Device::Cpu);
        tch::manual_seed(seed);
        let decoder = Decoder::new(&(store.root() / "decoder"));
        randomise(&store);
        (store, decoder)
    }

    /// Silent layers get weights too.
    pub(super) fn randomise(store: &VarStore) {
        tch::no_grad(|| {
            for (name, mut parameter) in store.variables() {
                let value = match NEWER_LAYERS.iter().any(|layer| name.starts_with(layer)) {
                    true => parameter.randn_like() * 0.05,
                    false => parameter.copy(),
                };
                parameter.copy_(&value.to_kind(Kind::Half).to_kind(Kind::Float));
            }
        });
    }

    fn initialisers(decoder: &Decoder) -> Vec<TensorProto> {
        let bytes = graphs::decoder(decoder).expect("a graph");
        ModelProto::decode(bytes.as_slice()).expect("ONNX").graph.expect("a graph").initializer
    }

    #[test]
    fn a_pack_from_before_the_key_axis_is_a_start() {
        let (before, decoder) = loud_decoder(1);
        let after = VarStore::new(tch::Device::Cpu);
        let _fresh = Decoder::new(&(after.root() / "decoder"));
        let mut found = initialisers(&decoder);
        found.retain(|tensor| !NEWER_LAYERS.iter().any(|layer| tensor.name.starts_with(layer)));
        take(&found, &after).expect("a start");
        for (name, tensor) in after.variables() {
            // Only its output layer is silent at first.
            if name.starts_with("decoder.broad.") {
                continue;
            }
            if NEWER_LAYERS.iter().any(|layer| name.starts_with(layer)) {
                assert_eq!(tensor.abs().max().double_value(&[]), 0.0, "{name} is silent");
            } else {
                assert!(tensor.equal(&before.variables()[&name]), "{name} is taken");
            }
        }
    }

    #[test]
    fn half_of_a_layer_is_no_start() {
        let (store, decoder) = loud_decoder(1);
        let mut found = initialisers(&decoder);
        found.retain(|tensor| tensor.name != "decoder.comb.weight");
        let error = take(&found, &store).expect_err("a weight is missing").to_string();
        assert!(error.contains("decoder.comb.weight"), "{error}");
    }
}
