//! Where to compute, as the command line names it.

use anyhow::{Result, ensure};
use clap::ValueEnum;
use tch::Device;

/// A choice of `--device`.
#[derive(Clone, Copy, ValueEnum)]
pub enum DeviceChoice {
    /// CUDA when there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The first CUDA device.
    Cuda,
}

impl DeviceChoice {
    /// The device.
    ///
    /// # Errors
    /// CUDA is asked for and there is none.
    pub fn device(self) -> Result<Device> {
        match self {
            Self::Auto => Ok(Device::cuda_if_available()),
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda => {
                ensure!(tch::Cuda::is_available(), "no CUDA device can be used; give --device cpu");
                Ok(Device::Cuda(0))
            }
        }
    }
}
