//! From the frames of a clip to samples, as the default model's are made, in steps of some milliseconds. WORKER side.

use super::gate;
use super::model::FoleyModel;
use crate::decode::bins::{self, Chunk, Heads};
use crate::decode::graph::{GraphError, Runner};
use crate::decode::noisiness::{noisiness, randomise};
use crate::decode::peak::restore;
use crate::decode::pipeline::key_input;
use crate::spectral::{Complex32, Frames, GriffinLim, GriffinLimRun, ReferencePhasors, Spectrogram, Stft};

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
            frames,
        })
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
        remove_offset(&mut self.spectrogram);
        let mut samples = self.stft.synthesise(&self.spectrogram);
        restore(&mut samples, model.manifest().shape.sample_rate_hz);
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

/// Silences the bin at 0 Hz. It lies below the lowest band, so that frames say nothing of it, and what the vocoder gives there is an offset of up to
/// 0.003 of full scale. A third of that stays, by what a constant leaves in the next bin.
fn remove_offset(spectrogram: &mut Spectrogram) {
    let bins = spectrogram.bins.max(1);
    spectrogram.values.iter_mut().step_by(bins).for_each(|value| *value = Complex32::default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::SpectralShape;

    #[test]
    fn a_constant_falls_to_a_third_and_a_tone_stays() {
        const TOLERANCE: f32 = 1e-3;
        let (length, shape) = (44_100, SpectralShape::DEFAULT);
        let tone = |n: usize| 0.5 * (n as f32 * 0.05).sin();
        let made = |offset: f32| {
            let samples: Vec<f32> = (0..length).map(|n| tone(n) + offset).collect();
            let mut stft = Stft::new(&shape);
            let mut spectrogram = stft.analyse(&samples);
            remove_offset(&mut spectrogram);
            stft.synthesise(&spectrogram)
        };
        let middle = 10_000..30_000;
        let (without, with) = (made(0.0), made(0.03));
        for n in middle {
            assert!((without[n] - tone(n)).abs() < TOLERANCE, "sample {n}: {} for {}", without[n], tone(n));
            assert!((with[n] - without[n] - 0.01).abs() < TOLERANCE, "sample {n}: {}", with[n] - without[n]);
        }
    }
}
