//! heptode
fn main() {}
