//! Converts frames to samples in steps, so that more urgent work can be done between them. WORKER side.
//!
//! A step takes about two milliseconds at most: a part of a run of the vocoder, the phases of noise, one round of Griffin-Lim, or the inverse
//! transform. The steps of one sound may run in pipelines of different threads; the samples are the same. Only frames up to the end of the
//! sound are worked on: what follows is silence.

use std::time::{Duration, Instant};

use super::bins::Chunk;
use super::graph::{GraphError, Runner};
use super::noisiness::{noisiness, randomise};
use super::peak::restore;
use super::pipeline::Pipeline;
use crate::spectral::{Frames, GriffinLimRun, Spectrogram};

/// About how long the vocoder runs in one step. Shorter makes other sounds wait less, and costs more looks at what waits.
const PART: Duration = Duration::from_millis(1);

/// Frames after the last one above the floor that are still worked on: as far as the means of the estimate of noise reach, and farther than
/// an analysis window.
const AFTER_END_FRAMES: usize = 8;

/// State of a sound between the steps.
pub(super) struct Vocoding {
    /// Up to the end of the sound.
    frames: Frames,
    /// Length of the result.
    sound_samples: usize,
    key: f32,
    noise_key: u32,
    spectrogram: Spectrogram,
    chunks: Vec<Chunk>,
    next: Step,
    steps_done: usize,
}

/// The next step.
enum Step {
    /// A run of the vocoder, begun or not.
    Chunk(usize, Option<Box<Runner>>),
    Noise,
    Improve(GriffinLimRun, usize),
    Synthesis,
}

impl Vocoding {
    /// For frames that were made for `key`. `noise_key` selects the noise phases; see [`crate::spectral::ReferencePhasors::with_noise`].
    pub(super) fn new(pipeline: &Pipeline, frames: Frames, key: f32, noise_key: u32) -> Self {
        let sound_samples = frames.frames * pipeline.model().shape().hop_samples;
        let worked_on = match frames.sounding() {
            0 => 0,
            sounding => (sounding + AFTER_END_FRAMES).min(frames.frames),
        };
        let frames = frames.crop(0..worked_on);
        let chunks = pipeline.chunks(frames.frames);
        let spectrogram = Spectrogram::zeros(pipeline.model().shape().bins(), frames.frames);
        Self { frames, sound_samples, key, noise_key, spectrogram, chunks, next: Step::Chunk(0, None), steps_done: 0 }
    }

    /// Fraction of the steps that are done, [0, 1].
    pub(super) fn progress(&self, pipeline: &Pipeline) -> f32 {
        let rounds = pipeline.model().manifest().griffin_lim_iterations;
        self.steps_done as f32 / (self.chunks.len() + rounds + 2) as f32
    }

    /// Does one step; returns the samples after the last one.
    ///
    /// # Errors
    /// [`GraphError`] if the vocoder fails.
    pub(super) fn advance(&mut self, pipeline: &mut Pipeline) -> Result<Option<Vec<f32>>, GraphError> {
        if self.frames.frames == 0 {
            return Ok(Some(vec![0.0; self.sound_samples]));
        }
        self.steps_done += 1;
        self.next = match std::mem::replace(&mut self.next, Step::Synthesis) {
            Step::Chunk(index, run) => self.run_chunk(pipeline, index, run)?,
            Step::Noise => self.add_noise(pipeline),
            Step::Improve(run, left) => self.improve(pipeline, run, left),
            Step::Synthesis => return Ok(Some(self.synthesise(pipeline))),
        };
        Ok(None)
    }

    fn run_chunk(
        &mut self,
        pipeline: &mut Pipeline,
        index: usize,
        run: Option<Box<Runner>>,
    ) -> Result<Step, GraphError> {
        let Some(chunk) = self.chunks.get(index) else { return Ok(Step::Noise) };
        let runner = match run {
            Some(runner) => *runner,
            None => {
                if index == 0 {
                    pipeline.restart_timings();
                }
                pipeline.begin_chunk(&self.frames, self.key, chunk)?
            }
        };
        let of = (self.key, self.noise_key, chunk);
        match pipeline.go_on_with_chunk(runner, PART, of, &mut self.spectrogram)? {
            Some(runner) => {
                self.steps_done -= 1;
                Ok(Step::Chunk(index, Some(Box::new(runner))))
            }
            None => Ok(if index + 1 < self.chunks.len() { Step::Chunk(index + 1, None) } else { Step::Noise }),
        }
    }

    fn add_noise(&mut self, pipeline: &mut Pipeline) -> Step {
        let started = Instant::now();
        let noise = noisiness(&self.frames, pipeline.model().shape(), self.key);
        let phase_bins = pipeline.model().manifest().phase_bins();
        let phasors = pipeline.phasors(self.key, self.frames.frames, self.noise_key);
        randomise(&mut self.spectrogram, phase_bins, &noise, (phasors, 0));
        pipeline.timings_mut().bins += started.elapsed();
        let started = Instant::now();
        let (griffin_lim, stft) = pipeline.inversion();
        let run = griffin_lim.begin(stft, &self.frames, &mut self.spectrogram);
        pipeline.timings_mut().griffin_lim += started.elapsed();
        let rounds = pipeline.model().manifest().griffin_lim_iterations;
        self.after_round(run, rounds)
    }

    fn improve(&mut self, pipeline: &mut Pipeline, mut run: GriffinLimRun, left: usize) -> Step {
        let started = Instant::now();
        let (griffin_lim, stft) = pipeline.inversion();
        griffin_lim.iterate(&mut run, stft, &mut self.spectrogram);
        pipeline.timings_mut().griffin_lim += started.elapsed();
        self.after_round(run, left - 1)
    }

    fn after_round(&mut self, run: GriffinLimRun, left: usize) -> Step {
        if left > 0 {
            return Step::Improve(run, left);
        }
        run.finish(&mut self.spectrogram);
        Step::Synthesis
    }

    fn synthesise(&mut self, pipeline: &mut Pipeline) -> Vec<f32> {
        let started = Instant::now();
        let (_, stft) = pipeline.inversion();
        let mut samples = stft.synthesise(&self.spectrogram);
        samples.resize(self.sound_samples, 0.0);
        restore(&mut samples, pipeline.model().shape().sample_rate_hz);
        pipeline.timings_mut().synthesis = started.elapsed();
        samples
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decode::Model;
    use crate::decode::model::DRAFT_FRAMES;
    use crate::pack::Pack;

    const KEY: f32 = 60.0;

    #[test]
    fn runs_in_parts_that_take_turns_give_the_bins_of_whole_ones() {
        const LEAST_PARTS: usize = 20;
        let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"));
        let mut pipeline = Pipeline::new(model).expect("memory");
        let sounds = [[0.0; 7], [0.7; 7]].map(|latent| pipeline.decode_frames(&latent, KEY).expect("it decodes"));
        let whole = sounds.each_ref().map(|frames| pipeline.bins(frames, KEY).expect("the vocoder runs"));
        let chunks = pipeline.chunks(sounds[0].frames);
        assert_eq!(chunks.len(), 1, "a sound takes one run");
        let mut runs =
            sounds.each_ref().map(|frames| Some(pipeline.begin_chunk(frames, KEY, &chunks[0]).expect("it begins")));
        let mut made = whole.each_ref().map(|bins| Spectrogram::zeros(bins.bins, bins.frames()));
        let mut parts = 0;
        while runs.iter().any(Option::is_some) {
            for (run, out) in runs.iter_mut().zip(&mut made) {
                let Some(runner) = run.take() else { continue };
                let part = pipeline.go_on_with_chunk(runner, Duration::ZERO, (KEY, 0, &chunks[0]), out);
                *run = part.expect("a part runs");
                parts += 1;
            }
        }
        assert!(parts >= 2 * LEAST_PARTS, "{parts} parts");
        for (whole, made) in whole.iter().zip(&made) {
            assert!(whole.values == made.values, "the same bits");
        }
    }

    /// Named sounds of the factory pack whose frames are over after `most` frames.
    fn short_sounds(pipeline: &mut Pipeline, most: usize) -> Vec<Frames> {
        let model = Arc::clone(pipeline.model());
        let frames = model.sounds().iter().map(|sound| pipeline.decode_frames(&sound.latent, KEY).expect("it decodes"));
        let short = frames.filter(|frames| frames.sounding() + AFTER_END_FRAMES <= most).take(4).collect::<Vec<_>>();
        assert!(short.len() == 4, "the pack has short sounds");
        short
    }

    #[test]
    fn a_short_sound_takes_runs_at_the_small_width_and_sounds_as_at_the_whole_one() {
        /// Against the largest bin. What differs is what the vocoder makes of silence after the end and of its own edge.
        const LARGEST_DIFFERENCE: f32 = 1e-3;
        let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"));
        let mut pipeline = Pipeline::new(Arc::clone(&model)).expect("memory");
        // What two runs that overlap by their context reach.
        let two_runs = 2 * (DRAFT_FRAMES - model.manifest().vocoder.context_frames);
        for frames in short_sounds(&mut pipeline, two_runs) {
            let sounding = frames.sounding();
            let short = frames.crop(0..sounding + AFTER_END_FRAMES);
            let chunks = pipeline.chunks(short.frames);
            assert!(chunks.iter().all(|chunk| chunk.width == DRAFT_FRAMES), "{chunks:?}");
            let (made, whole) = (pipeline.bins(&short, KEY).expect("bins"), pipeline.bins(&frames, KEY).expect("bins"));
            let heard = sounding * whole.bins;
            let loudest = whole.values[..heard].iter().map(|value| value.norm()).fold(0.0, f32::max);
            let pairs = made.values[..heard].iter().zip(&whole.values);
            let farthest = pairs.map(|(made, whole)| (made - whole).norm()).fold(0.0, f32::max);
            assert!(farthest <= LARGEST_DIFFERENCE * loudest, "{farthest} of {loudest}, {sounding} frames");
        }
    }

    #[test]
    fn after_the_end_of_its_frames_a_sound_is_silent() {
        let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"));
        let mut pipeline = Pipeline::new(Arc::clone(&model)).expect("memory");
        let hop_samples = model.shape().hop_samples;
        for frames in short_sounds(&mut pipeline, 100) {
            let samples = pipeline.vocode(&frames, KEY).expect("it decodes");
            assert_eq!(samples.len(), frames.frames * hop_samples);
            let end = (frames.sounding() + AFTER_END_FRAMES) * hop_samples;
            assert!(samples[..end].iter().any(|sample| *sample != 0.0));
            assert!(samples[end..].iter().all(|sample| *sample == 0.0));
        }
        let silent = Frames::silent(model.shape().mel_bands, model.shape().frame_count);
        let samples = pipeline.vocode(&silent, KEY).expect("it decodes");
        assert!(samples.iter().all(|sample| *sample == 0.0), "silence stays silence");
    }
}
