//! The weights of a network as the engine's recurrence takes them: by its names, discretised, with the steps of pooling one after the other.

use anyhow::{Context, Result};
use engine::decode::raw::COMPONENTS;
use engine::pack::Quantisation;
use tch::{Kind, Tensor};

use super::head::LOG_SCALE_OFFSET;
use super::model::{Norm, Pair, Sashimi, steps_in_a_row};
use crate::model::layers::Conv;

type Named = Vec<(String, Tensor)>;

/// Courses of the level of training sounds.
#[derive(Debug)]
pub struct Envelopes {
    /// In dBFS, `[course, frame]`.
    pub courses_db: Tensor,
    /// Numbers of their classes, `[course]`.
    pub classes: Tensor,
}

/// The file of weights of a pack, with the courses for a network that is told levels.
///
/// # Errors
/// A temporary file cannot be written or read.
pub fn file(model: &Sashimi, quantisation: Quantisation, envelopes: Option<&Envelopes>) -> Result<Vec<u8>> {
    let told = envelopes.map(|all| [("envelopes", &all.courses_db), ("envelope_classes", &all.classes)]);
    let told = told.into_iter().flatten().map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone()));
    let named: Named = tch::no_grad(|| named(model, quantisation))
        .into_iter()
        .chain(told)
        .map(|(name, tensor)| (name, tensor.to_kind(Kind::Float).contiguous().to_device(tch::Device::Cpu)))
        .collect();
    let place = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    Tensor::write_safetensors(&named, place.path())?;
    std::fs::read(place.path()).context("cannot read a temporary file")
}

fn named(model: &Sashimi, quantisation: Quantisation) -> Named {
    let mut out = vec![("embedding".to_owned(), model.embedding.detach())];
    out.extend(model.fine.iter().map(|fine| ("fine".to_owned(), fine.detach())));
    out.extend(model.classes.iter().map(|classes| ("classes".to_owned(), classes.detach())));
    out.extend(model.envelope.iter().map(|table| ("envelope_table".to_owned(), table.detach())));
    for (number, level) in model.levels.iter().enumerate() {
        level
            .iter()
            .enumerate()
            .for_each(|(block, pair)| add_pair(&mut out, &format!("level{number}.block{block}"), pair));
    }
    for (number, (weight, bias)) in model.down.iter().enumerate() {
        add(&mut out, &format!("down{number}"), &[("weight", steps_in_a_row(weight)), ("bias", bias.detach())]);
    }
    model.up.iter().enumerate().for_each(|(number, up)| add_affine(&mut out, &format!("up{number}"), up));
    add_norm(&mut out, "norm", &model.norm);
    if let Some((weight, bias)) = &model.tilt {
        add(&mut out, "tilt", &[("weight", weight.detach()), ("bias", bias.detach())]);
    }
    let mut bias = model.head.bias.detach().copy();
    if quantisation == Quantisation::Mixture {
        let count = COMPONENTS as i64;
        let _ = bias.narrow(0, 2 * count, count).g_add_scalar_(LOG_SCALE_OFFSET);
    }
    add(&mut out, "head", &[("weight", model.head.weight.squeeze_dim(-1)), ("bias", std::mem::take(&mut bias))]);
    out
}

fn add(out: &mut Named, place: &str, tensors: &[(&str, Tensor)]) {
    out.extend(tensors.iter().map(|(name, tensor)| (format!("{place}.{name}"), tensor.shallow_clone())));
}

fn add_norm(out: &mut Named, place: &str, norm: &Norm) {
    add(out, place, &[("gain", norm.gain.detach()), ("bias", norm.bias.detach())]);
}

fn add_affine(out: &mut Named, place: &str, layer: &Conv) {
    add(out, place, &[("weight", layer.weight.squeeze_dim(-1)), ("bias", layer.bias.detach())]);
}

fn add_pair(out: &mut Named, place: &str, pair: &Pair) {
    let (factors, outputs) = pair.diagonal.recurrence();
    add(out, place, &[("factors", factors), ("outputs", outputs), ("skip", pair.diagonal.skip.detach())]);
    add_norm(out, &format!("{place}.norm"), &pair.norm);
    add_norm(out, &format!("{place}.feed_norm"), &pair.feed_norm);
    add_affine(out, &format!("{place}.gate"), &pair.gate);
    add_affine(out, &format!("{place}.widen"), &pair.widen);
    add_affine(out, &format!("{place}.narrow"), &pair.narrow);
}
