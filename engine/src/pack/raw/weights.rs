//! The weights of a pack of kind `raw`, by name. They are outside data: every shape and every number is checked. Any thread but the audio thread.

use std::cell::RefCell;
use std::collections::BTreeSet;

use half::f16;
use safetensors::{Dtype, SafeTensors};

use super::super::PackError;

/// The end of the name of a tensor that each state-space layer has exactly one of.
const ONE_EACH: &str = ".skip";

/// Weights of which each is taken once.
#[derive(Debug)]
pub struct Weights<'a> {
    tensors: SafeTensors<'a>,
    left: RefCell<BTreeSet<String>>,
}

impl<'a> Weights<'a> {
    /// # Errors
    /// [`PackError::Weights`] for bytes in another format.
    pub(in super::super) fn parse(bytes: &'a [u8]) -> Result<Self, PackError> {
        let refused = |error| PackError::Weights(format!("not in the format safetensors ({error:?})"));
        let tensors = SafeTensors::deserialize(bytes).map_err(refused)?;
        let left = tensors.names().into_iter().cloned().collect();
        Ok(Self { tensors, left: RefCell::new(left) })
    }

    /// Number of state-space layers.
    pub(super) fn layers(&self) -> usize {
        self.left.borrow().iter().filter(|name| name.ends_with(ONE_EACH)).count()
    }

    /// The values of a tensor, row by row.
    ///
    /// # Errors
    /// [`PackError::Weights`] if it is missing, has another shape, or holds a value that is not finite.
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, PackError> {
        let refuse = |why: String| Err(PackError::Weights(format!("{name} {why}")));
        let Ok(tensor) = self.tensors.tensor(name) else { return refuse("is missing".into()) };
        let (words, pairs) = (tensor.data().as_chunks::<4>().0, tensor.data().as_chunks::<2>().0);
        let values: Vec<f32> = match tensor.dtype() {
            Dtype::F32 if tensor.shape() == shape => words.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F16 if tensor.shape() == shape => {
                pairs.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()
            }
            other => return refuse(format!("is {other:?} {:?}, expected F32 or F16 {shape:?}", tensor.shape())),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return refuse("holds a value that is not finite".into());
        }
        self.left.borrow_mut().remove(name);
        Ok(values)
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    /// [`PackError::Weights`] with the first tensor that was not taken.
    pub fn finish(&self) -> Result<(), PackError> {
        match self.left.borrow().first() {
            Some(name) => Err(PackError::Weights(format!("{name} belongs to no network of the manifest's sizes"))),
            None => Ok(()),
        }
    }
}
