//! Converts constant-Q frames to samples in steps: magnitudes and first phases, rounds of fast Griffin-Lim, the sound. WORKER side.
//!
//! A step takes a few milliseconds at most. The steps of one sound may run in pipelines of different threads; the samples are the same.

use std::time::Instant;

use super::graph::GraphError;
use super::peak::restore;
use super::pipeline::Pipeline;
use crate::spectral::Frames;
use crate::spectral::constant_q::PhaseRetrieval;

/// Seconds over which a sound fades out at its end. What the long windows of the lowest bands hold there is that of blows before it, and
/// decoded frames tell it only nearly: without a fade 20 to 80 Hz rise by up to 15 dB in the last 0.1 s, at -60 dB.
const FADE_S: f32 = 0.15;

/// Corner of the high pass that takes away an offset, in hertz: an octave below the lowest band.
const DRIFT_HZ: f32 = 16.0;

/// State of a sound between the steps.
pub(super) struct ConstantQInversion {
    frames: Frames,
    noise_key: u32,
    next: Step,
    steps_done: usize,
}

/// The next step.
enum Step {
    Begin,
    Improve(Box<PhaseRetrieval>, usize),
}

impl ConstantQInversion {
    /// For decoded frames. A `noise_key` other than 0 gives noise another grain.
    pub(super) fn new(frames: Frames, noise_key: u32) -> Self {
        Self { frames, noise_key, next: Step::Begin, steps_done: 0 }
    }

    /// Fraction of the steps that are done, [0, 1].
    pub(super) fn progress(&self, pipeline: &Pipeline) -> f32 {
        self.steps_done as f32 / (pipeline.model().manifest().griffin_lim_iterations + 2) as f32
    }

    /// Does one step; returns the samples after the last one.
    ///
    /// # Errors
    /// [`GraphError`] if the pack's bands do not fit.
    pub(super) fn advance(&mut self, pipeline: &mut Pipeline) -> Result<Option<Vec<f32>>, GraphError> {
        self.steps_done += 1;
        let started = Instant::now();
        let rate_hz = pipeline.model().shape().sample_rate_hz;
        let rounds = pipeline.model().manifest().griffin_lim_iterations;
        let transform = pipeline.constant_q(self.frames.frames)?;
        match std::mem::replace(&mut self.next, Step::Begin) {
            Step::Begin => {
                let search = transform.search(&self.frames, self.noise_key);
                self.next = Step::Improve(Box::new(search), rounds);
                pipeline.restart_timings();
                pipeline.timings_mut().bins = started.elapsed();
                Ok(None)
            }
            Step::Improve(mut search, left) if left > 0 => {
                search.iterate(transform.transform());
                self.next = Step::Improve(search, left - 1);
                pipeline.timings_mut().griffin_lim += started.elapsed();
                Ok(None)
            }
            Step::Improve(search, _) => {
                let mut samples = search.finish(transform.transform());
                remove_drift(&mut samples, rate_hz);
                fade_out(&mut samples, (FADE_S * rate_hz as f32) as usize);
                restore(&mut samples, rate_hz);
                pipeline.timings_mut().synthesis = started.elapsed();
                Ok(Some(samples))
            }
        }
    }
}

/// A high pass of the first order.
fn remove_drift(samples: &mut [f32], rate_hz: u32) {
    let follow = 1.0 - (-std::f32::consts::TAU * DRIFT_HZ / rate_hz as f32).exp();
    let mut slow = 0.0;
    for sample in samples {
        slow += follow * (*sample - slow);
        *sample -= slow;
    }
}

/// Fades the last `length` samples to 0, by half a period of a cosine.
fn fade_out(samples: &mut [f32], length: usize) {
    let length = length.min(samples.len());
    let first = samples.len() - length;
    for (n, sample) in samples[first..].iter_mut().enumerate() {
        *sample *= 0.5 + 0.5 * (std::f32::consts::PI * (n + 1) as f32 / length as f32).cos();
    }
}
