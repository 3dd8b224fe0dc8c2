//! The arguments of every command. Main thread.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::pack::Pack;

/// Arguments of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Model pack to use: the name of a shipped one (factory, footsteps, raw, foley), or the path of a pack's file or folder. Without it, footsteps for
    /// `walk`, that of a preset for the preset, else factory
    #[arg(long, value_name = "NAME|FILE")]
    pack: Option<PathBuf>,
    /// Write the result to standard output as one JSON object, or to standard error if the sound goes to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

impl Common {
    /// The pack to use.
    pub(crate) fn pack(&self) -> &Path {
        self.pack.as_deref().unwrap_or(Path::new(Pack::FACTORY_NAME))
    }

    /// The same arguments with another pack where none is given.
    pub(crate) fn or_pack(&self, name: &str) -> Self {
        Self { pack: Some(self.pack.clone().unwrap_or_else(|| name.into())), json: self.json }
    }
}
