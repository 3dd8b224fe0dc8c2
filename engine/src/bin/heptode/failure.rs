//! Failures of commands: one line and an exit code. Main thread.

use std::fmt::Display;

use engine::decode::graph::GraphError;
use engine::decode::load::LoadError;
use engine::decode::raw::WishError;
use engine::import::ImportError;
use engine::pack::PackError;
use engine::presets::PresetError;
use engine::sample::SampleError;
use engine::texture::TextureError;

/// One clear line and the code to exit with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) exit_code: u8,
}

impl Failure {
    /// The command line is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), exit_code: 2 }
    }

    /// The command line is right and the command failed.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { message: message.to_string(), exit_code: 1 }
    }
}

impl From<PackError> for Failure {
    fn from(error: PackError) -> Self {
        match error {
            PackError::UnknownSound { .. } => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        Self::failed(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::failed(error)
    }
}

impl From<SampleError> for Failure {
    fn from(error: SampleError) -> Self {
        Self::failed(error)
    }
}

impl From<WishError> for Failure {
    fn from(error: WishError) -> Self {
        Self::usage(error)
    }
}

impl From<TextureError> for Failure {
    fn from(error: TextureError) -> Self {
        Self::failed(error)
    }
}

impl From<PresetError> for Failure {
    fn from(error: PresetError) -> Self {
        match error {
            PresetError::Unknown { .. } | PresetError::Ambiguous { .. } => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Key(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}
