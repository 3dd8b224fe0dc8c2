//! The weights of a run as the engine takes them, by its names.

use anyhow::{Context, Result};
use tch::{Kind, Tensor};

use super::prior::{Norm, Prior};
use super::vqvae::VqVae;
use crate::model::layers::Linear;

type Named = Vec<(String, Tensor)>;

/// The file of weights of a pack in 16 bits: the prior and the table of codes.
///
/// # Errors
/// A temporary file cannot be written or read.
pub fn file(prior: &Prior, vqvae: &VqVae) -> Result<Vec<u8>> {
    let mut named: Named = vec![
        ("codes".to_owned(), vqvae.codes()),
        ("embedding".to_owned(), prior.embedding.detach()),
        ("steps".to_owned(), prior.steps.detach()),
        ("classes".to_owned(), prior.classes.detach()),
    ];
    for (number, block) in prior.blocks.iter().enumerate() {
        let place = |part: &str| format!("block{number}.{part}");
        add_norm(&mut named, &place("norm"), &block.norm);
        add_norm(&mut named, &place("feed_norm"), &block.feed_norm);
        for (part, layer) in
            [("attend", &block.attend), ("gather", &block.gather), ("widen", &block.widen), ("narrow", &block.narrow)]
        {
            add_affine(&mut named, &place(part), layer);
        }
    }
    add_norm(&mut named, "norm", &prior.norm);
    add_affine(&mut named, "head", &prior.head);
    let named: Named = named
        .into_iter()
        .map(|(name, tensor)| (name, tensor.to_kind(Kind::Half).contiguous().to_device(tch::Device::Cpu)))
        .collect();
    let place = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    Tensor::write_safetensors(&named, place.path())?;
    std::fs::read(place.path()).context("cannot read a temporary file")
}

fn add_norm(out: &mut Named, place: &str, norm: &Norm) {
    out.extend([("gain", &norm.gain), ("bias", &norm.bias)].map(|(part, x)| (format!("{place}.{part}"), x.detach())));
}

fn add_affine(out: &mut Named, place: &str, layer: &Linear) {
    let parts = [("weight", &layer.weight), ("bias", &layer.bias)];
    out.extend(parts.map(|(part, x)| (format!("{place}.{part}"), x.detach())));
}
