//! From the frames of a clip to samples, as the default model's are made, in steps of some milliseconds. WORKER side.

use super::gate;
use super::model::FoleyModel;
use crate::decode::bins::{self, Chunk, Heads};
use crate::decode::graph::{GraphError, Runner};
use crate::decode::noisiness::{noisiness, randomise};
use crate::decode::peak::{restore, restore_part};
use crate::decode::pipeline::key_input;
use crate::sample::without_infrasound;
use crate::spectral::{Frames, GriffinLim, GriffinLimRun, ReferencePhasors, Spectrogram, Stft};

/// A clip between frames and samples.
pub(super) struct Vocoding {
    frames: Frames,
    runner: Runner,
    phasors: ReferencePhasors,
    spectrogram: Spectrogram,
    chunks: Vec<Chunk>,
    stft: Stft,
    griffin_lim: GriffinLim,
    next: Step,
    /// Whether the frames are all of the clip, so that its level is known.
    is_whole: bool,
}

enum Step {
    Chunk(usize),
    Noise,
    Improve(GriffinLimRun, usize),
}

impl Vocoding {
    /// Of frames; `noise_key` chooses the phases of noise.
    ///
    /// # Errors
    /// [`GraphError`] if the vocoder's run state cannot be made.
    pub(super) fn new(model: &FoleyModel, frames: Frames, noise_key: u32) -> Result<Self, GraphError> {
        let manifest = model.manifest();
        let shape = &manifest.shape;
        Ok(Self {
            runner: model.vocoder.runner()?,
            phasors: ReferencePhasors::with_noise(shape, f64::from(manifest.vocoder_key), frames.frames, noise_key),
            spectrogram: Spectrogram::zeros(shape.bins(), frames.frames),
            chunks: bins::chunks(frames.frames, manifest.vocoder),
            stft: Stft::new(shape),
            griffin_lim: GriffinLim::new(shape),
            next: Step::Chunk(0),
            is_whole: true,
            frames,
        })
    }

    /// Of the first frames of a clip: its peak is not raised, and its level is that of the frames.
    ///
    /// # Errors
    /// As [`Vocoding::new`].
    pub(super) fn of_beginning(model: &FoleyModel, frames: Frames, noise_key: u32) -> Result<Self, GraphError> {
        Ok(Self { is_whole: false, ..Self::new(model, frames, noise_key)? })
    }

    /// Number of steps.
    pub(super) fn steps(&self, model: &FoleyModel) -> usize {
        self.chunks.len() + 1 + model.manifest().griffin_lim_iterations
    }

    /// Does one step; gives the samples at the last one.
    ///
    /// # Errors
    /// [`GraphError`] if the vocoder fails.
    pub(super) fn advance(&mut self, model: &FoleyModel) -> Result<Option<Vec<f32>>, GraphError> {
        let (run, left) = match std::mem::replace(&mut self.next, Step::Noise) {
            Step::Chunk(index) => {
                self.run_chunk(model, index)?;
                self.next = if index + 1 < self.chunks.len() { Step::Chunk(index + 1) } else { Step::Noise };
                return Ok(None);
            }
            Step::Noise => (self.add_noise(model), model.manifest().griffin_lim_iterations),
            Step::Improve(mut run, left) => {
                self.griffin_lim.iterate(&mut run, &mut self.stft, &mut self.spectrogram);
                (run, left - 1)
            }
        };
        if left > 0 {
            self.next = Step::Improve(run, left);
            return Ok(None);
        }
        run.finish(&mut self.spectrogram);
        let rate_hz = model.manifest().shape.sample_rate_hz;
        let mut samples = audible(&self.stft.synthesise(&self.spectrogram), rate_hz);
        if self.is_whole {
            restore(&mut samples, rate_hz)
        } else {
            restore_part(&mut samples, rate_hz, 0.0, false)
        }
        Ok(Some(samples))
    }

    fn run_chunk(&mut self, model: &FoleyModel, index: usize) -> Result<(), GraphError> {
        let (chunk, manifest) = (&self.chunks[index], model.manifest());
        let mut input = Vec::with_capacity(self.frames.bands * chunk.width);
        for band in 0..self.frames.bands {
            let row = self.frames.band(band);
            input.extend_from_slice(&row[chunk.start..(chunk.start + chunk.width).min(row.len())]);
            input.resize((band + 1) * chunk.width, -1.0);
        }
        let outputs = self.runner.run(&[&input, &[key_input(f32::from(manifest.vocoder_key))]])?;
        let heads = Heads {
            log_magnitude: outputs.get(0),
            phase: outputs.get(1),
            phase_bins: manifest.phase_bins(),
            first_frame: 0,
        };
        bins::write(&heads, &self.phasors, chunk, manifest.shape.full_scale(), &mut self.spectrogram);
        Ok(())
    }

    fn add_noise(&mut self, model: &FoleyModel) -> GriffinLimRun {
        let manifest = model.manifest();
        gate::silence(&self.frames, &manifest.shape, &mut self.spectrogram);
        let noise = noisiness(&self.frames, &manifest.shape, f32::from(manifest.vocoder_key));
        randomise(&mut self.spectrogram, manifest.phase_bins(), &noise, (&self.phasors, 0));
        self.griffin_lim.begin(&self.stft, &self.frames, &mut self.spectrogram)
    }
}

/// Samples below this are silence, −140 dBFS.
const SILENT: f32 = 1e-7;

/// Without what lies below the lowest band, of which frames say nothing: the vocoder gives offsets there of up to 0.006 of full scale that drift. What
/// silence is left with by the filter's decay is silence again.
fn audible(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    let mut samples = without_infrasound(samples, rate_hz);
    samples.iter_mut().filter(|sample| sample.abs() < SILENT).for_each(|sample| *sample = 0.0);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_goes_a_tone_stays_and_silence_comes_back() {
        const RATE_HZ: u32 = 44_100;
        const TOLERANCE: f32 = 1e-3;
        let tone = |n: usize| 0.5 * (n as f32 * 440.0 * std::f32::consts::TAU / RATE_HZ as f32).sin();
        let made: Vec<f32> = (0..88_200).map(|n| if n < 44_100 { tone(n) + 0.01 } else { 0.0 }).collect();
        let heard = audible(&made, RATE_HZ);
        let power = |samples: &[f32]| samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32;
        let whole = 22_050..44_100;
        assert!((power(&heard[whole.clone()]) / 0.125 - 1.0).abs() < TOLERANCE);
        assert!(heard[whole].iter().sum::<f32>().abs() / 22_050.0 < 1e-5);
        assert!(heard[66_150..].iter().all(|sample| *sample == 0.0));
    }
}
