//! Raw audio by a state-space network, `trainer train --model sashimi`: SaShiMi (Goel, Gu, Donahue and Ré 2022) with diagonal layers.
//!
//! Its data, its training as a convolution and its export. The recurrence that plays it is the engine's.

mod clip;
mod config;
mod data;
mod diagonal;
mod export;
mod head;
mod model;
mod run;
mod stage;
mod useful;
mod weights;

pub use config::{Size, is_run};
pub use export::{ExportOptions, export};
pub use run::{TrainOptions, train};
pub use useful::{UsefulOptions, useful};
