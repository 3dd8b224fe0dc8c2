//! Clips as samples of one rate and length. Worker threads.

use anyhow::Result;
use engine::sample::{ReadProblem, SampleError, normalise_loudness, read_from, resample};
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::clips::{Clip, ClipSet, Place};
use crate::eval::sound_features::{SILENT_DB, is_clipped, loudness_db};

/// Length of the fade of a clip that is cut, in seconds: as corpora have it.
const CUT_FADE_S: f64 = 0.023;

/// Rate and length that all clips are brought to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// Sample rate in hertz.
    pub rate_hz: u32,
    /// Length in samples.
    pub samples: usize,
    /// Whether levels stay as they are, instead of one loudness for all.
    pub keep_levels: bool,
}

/// Samples of a clip.
pub struct Read {
    /// As they are, at the format's rate; of the clip's own length up to the format's.
    pub own: Vec<f32>,
    /// As they are compared: at one loudness unless levels are kept, of the format's length.
    pub compared: Vec<f32>,
    /// Whether it is clipped or beyond full scale, before its rate is changed: that may lift a peak at full scale a little.
    pub clipped: bool,
}

/// Reads a clip. An error says why it is left out.
///
/// # Errors
/// The file cannot be read, holds a value that is no number, or is of a rate that is not supported.
pub fn read(set: &ClipSet, clip: &Clip, format: &Format) -> Result<Read> {
    let (samples, rate_hz) = match (&clip.place, &set.corpus) {
        (Place::Item(item), Some(corpus)) => (corpus.samples(item)?, corpus.manifest.sample_rate_hz),
        (Place::Item(item), None) => anyhow::bail!("{} belongs to no corpus", item.file),
        (Place::File(path), _) => match read_from(path, 0.0) {
            Ok(recording) => (recording.samples, recording.sample_rate_hz),
            Err(SampleError::Read { problem: ReadProblem::Silent | ReadProblem::SilentStart { .. }, .. }) => {
                (vec![0.0; format.samples], format.rate_hz)
            }
            Err(error) => return Err(error.into()),
        },
    };
    let mut own = resample(&samples, rate_hz, format.rate_hz)?;
    cut(&mut own, format);
    let own = clip.change.apply(own, f64::from(format.rate_hz));
    let clipped = is_clipped(if clip.change == Change::None { &samples } else { &own });
    let mut compared = own.clone();
    if !format.keep_levels && loudness_db(&own, f64::from(format.rate_hz)) > SILENT_DB {
        normalise_loudness(&mut compared, format.rate_hz);
    }
    compared.resize(format.samples, 0.0);
    Ok(Read { own, compared, clipped })
}

/// Ends a sound at the format's length, faded if it is longer.
fn cut(samples: &mut Vec<f32>, format: &Format) {
    if samples.len() <= format.samples {
        return;
    }
    samples.truncate(format.samples);
    let length = (CUT_FADE_S * f64::from(format.rate_hz)) as usize;
    let fade = samples.iter_mut().rev().take(length).enumerate();
    fade.for_each(|(from_end, sample)| *sample *= from_end as f32 / length as f32);
}
