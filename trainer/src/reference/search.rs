//! Hyper-parameter search: grid or Bayesian, over integer, real, logarithmic and categorical parameters.

mod bayes;
mod cut_off;
mod grid;
mod picture;
mod rank;
mod runner;
mod space;
mod study;

pub use runner::{Method, Options, search};
pub use space::Space;
