//! bench
use anyhow::Result;
use crate::paths::Paths;
pub fn bench(_paths: &Paths) -> Result<()> { Ok(()) }
