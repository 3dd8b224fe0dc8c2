//! One set of features for the crates that several packages share. No code: see `Cargo.toml`.
