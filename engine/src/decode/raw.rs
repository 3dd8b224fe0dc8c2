//! Raw audio by a state-space network: one step of a recurrence for each sample. WORKER side or main thread.
//!
//! The network is SaShiMi (Goel, Gu, Donahue and Ré 2022) with diagonal state-space layers (S4D: Gu, Goel, Gupta and Ré 2022): three levels, of
//! which each lower one runs once in four steps of the one above. It was trained as a convolution; here each layer keeps its state, so that cost
//! is linear in the length and memory constant. Values are added in a fixed order and without fused multiplications: the same pack and seed give
//! the same samples on every processor.

mod envelopes;
mod generator;
mod head;
mod layers;
mod model;
mod prime;
mod run;
mod source;
mod sums;

pub use super::wish::WishError;
pub use envelopes::{ENVELOPE_LEVELS, ENVELOPE_STEP_DB, LOWEST_DB, level_db};
pub use generator::{Generator, Wish};
pub use head::{COMPONENTS, LOG_SCALES};
pub use model::RawModel;
pub use prime::{PrimeError, PrimeRoom};
pub use run::Run;
pub use sums::{MEMORIES_S, SUMS, UNITS_S};
