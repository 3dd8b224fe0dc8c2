//! Getting a bare machine ready. Each command calls the part that it needs; `cargo xtask setup` does all of it.

pub mod apt;
pub mod libtorch;
pub mod python;
pub mod rtsan;

use anyhow::Result;

use crate::process::say;

/// All that any command of this program needs, training included.
///
/// # Errors
///
/// Fails if something is missing and cannot be installed.
pub fn everything() -> Result<()> {
    apt::ensure(&[apt::BUILD, apt::HOST, apt::TEST, apt::PEERS, apt::TRAINER, apt::FACTORY_SOUNDS])?;
    let python = python::ensure()?;
    let libtorch = libtorch::ensure()?;
    let _ = rtsan::ensure();
    say(&format!("ready: Python {}, libtorch {}", python.display(), libtorch.display()));
    say(&format!("to build the trainer without xtask: export LIBTORCH={}", libtorch.display()));
    Ok(())
}
