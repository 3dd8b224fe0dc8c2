//! A recorded WAV file and what must be true of it.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Below this level a recording counts as silent: far under any real note, far above rounding noise.
const SILENT_RMS_DB: f32 = -60.0;

/// A recording, mixed to mono.
pub struct Recording {
    /// Mean of the channels.
    pub samples: Vec<f32>,
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// Largest magnitude in any channel; not finite if any sample is not.
    pub peak: f32,
}

/// The figures that the demo prints.
pub struct Levels {
    peak_db: f32,
    rms_db: f32,
    duration_s: f32,
}

impl Recording {
    /// A recording of one channel.
    pub fn of(samples: Vec<f32>, sample_rate_hz: u32) -> Self {
        let peak = peak(&samples);
        Self { samples, sample_rate_hz, peak }
    }

    /// Reads a WAV file of 32-bit float samples.
    ///
    /// # Errors
    ///
    /// Fails if the file is missing or holds another format.
    pub fn read(path: &Path) -> Result<Self> {
        let mut reader = hound::WavReader::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let spec = reader.spec();
        let interleaved = reader.samples::<f32>().collect::<Result<Vec<_>, _>>()?;
        let peak = peak(&interleaved);
        let channels = usize::from(spec.channels);
        let samples = interleaved.chunks_exact(channels).map(|f| f.iter().sum::<f32>() / channels as f32).collect();
        Ok(Self { samples, sample_rate_hz: spec.sample_rate, peak })
    }

    /// Fails unless the recording is finite, audible and not clipped.
    ///
    /// # Errors
    ///
    /// Says which of the three it is not.
    pub fn check(&self) -> Result<Levels> {
        let rms = (self.samples.iter().map(|x| x * x).sum::<f32>() / self.samples.len().max(1) as f32).sqrt();
        let levels = Levels {
            peak_db: 20.0 * self.peak.log10(),
            rms_db: 20.0 * rms.log10(),
            duration_s: self.samples.len() as f32 / self.sample_rate_hz as f32,
        };
        if !self.peak.is_finite() {
            bail!("the recording holds samples that are not finite numbers");
        }
        if levels.rms_db < SILENT_RMS_DB {
            bail!("the recording is silent (RMS {:.1} dB)", levels.rms_db);
        }
        if self.peak >= 1.0 {
            bail!("the recording is clipped (peak {:+.1} dB)", levels.peak_db);
        }
        Ok(levels)
    }
}

/// The largest magnitude; infinite if any sample is not a finite number.
fn peak(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |peak: f32, sample| if sample.is_finite() { peak.max(sample.abs()) } else { f32::INFINITY })
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s, peak {:.1} dB, RMS {:.1} dB", self.duration_s, self.peak_db, self.rms_db)
    }
}
