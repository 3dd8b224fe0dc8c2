//! The beginning of a clip as far as its first codes give it, for notes that wait. WORKER side.
//!
//! It is close to the beginning of the whole clip, which replaces it by a crossfade. It differs in what depends on later codes: in the frames near its
//! end, and in its level.

use super::model::FoleyModel;
use super::vocode::Vocoding;
use crate::decode::graph::GraphError;
use crate::spectral::Frames;

/// Positions whose codes are there when a beginning is made. The first gives a quarter of a second; the second lasts until the whole clip is there on a core
/// with twice as much to do.
const STAGES: [usize; 2] = [12, 32];
/// Positions at the end of those whose frames are left out, since the decoder makes them of later codes as well: it reaches seven positions, hardly any
/// of them beyond four.
const DECODER_REACH: usize = 4;
/// Frames at the end of those whose samples are left out: eight of the vocoder's context, as in the drafts of latent packs, and the reach of a window.
const VOCODER_REACH_FRAMES: usize = 11;

/// What there is of a beginning after a step.
#[derive(Debug)]
pub enum Beginning {
    /// Nothing new: more codes are needed.
    NotDue,
    /// It is being made.
    Going,
    /// Samples from the first of the clip on; the second time more of them.
    Made(Vec<f32>),
}

/// The beginnings of a clip.
#[derive(Default)]
pub(super) struct Beginnings {
    /// Stages that are begun.
    begun: usize,
    vocoding: Option<Vocoding>,
}

impl Beginnings {
    /// The number of positions of which the next beginning is to be made, of so many whose codes are `known`.
    pub(super) fn due(&mut self, known: usize) -> Option<usize> {
        let reached = STAGES.iter().filter(|stage| **stage <= known).count();
        let is_new = reached > self.begun;
        self.begun = self.begun.max(reached);
        is_new.then(|| STAGES[reached - 1])
    }

    /// Begins to make samples of the frames of so many positions, without those at their end that later codes change.
    ///
    /// # Errors
    /// [`GraphError`] if the vocoder's run state cannot be made.
    pub(super) fn begin(&mut self, model: &FoleyModel, frames: Frames, noise_key: u32) -> Result<(), GraphError> {
        let of_position = model.manifest().network.frames_of_position;
        let count = frames.frames.saturating_sub(DECODER_REACH * of_position);
        let values = (0..frames.bands).flat_map(|band| frames.band(band)[..count].iter().copied()).collect();
        let frames = Frames { bands: frames.bands, frames: count, values };
        self.vocoding = Some(Vocoding::of_beginning(model, frames, noise_key)?);
        Ok(())
    }

    /// One step of a beginning that has been begun.
    ///
    /// # Errors
    /// [`GraphError`] if the vocoder fails.
    pub(super) fn advance(&mut self, model: &FoleyModel) -> Result<Beginning, GraphError> {
        let Some(vocoding) = &mut self.vocoding else { return Ok(Beginning::NotDue) };
        let Some(mut samples) = vocoding.advance(model)? else { return Ok(Beginning::Going) };
        self.vocoding = None;
        samples.truncate(samples.len().saturating_sub(VOCODER_REACH_FRAMES * model.manifest().shape.hop_samples));
        Ok(Beginning::Made(samples))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_is_due_once_and_a_late_request_gets_the_longest() {
        let mut beginnings = Beginnings::default();
        let due: Vec<Option<usize>> = [0, 11, 12, 13, 31, 32, 86].map(|known| beginnings.due(known)).into();
        assert_eq!(due, [None, None, Some(12), None, None, Some(32), None]);
        assert_eq!(Beginnings::default().due(40), Some(32));
    }
}
