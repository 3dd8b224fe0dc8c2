//! Which named sounds are in tune at every key.
//!
//! A decoder may get a key at which the timbre was not in the training set, and then place its partials elsewhere. Such a sound is of
//! use to nobody who plays it as an instrument.

use std::sync::Arc;

use anyhow::Result;
use engine::decode::{Model, Shaping};
use engine::measure::pitch_offset_cents;
use engine::pack::NamedSound;
use engine::units::key_to_hz;

use crate::corpus::category::is_pitched;
use crate::eval::parallel::{Tools, parallel_map};
use crate::eval::pitch_accuracy;

/// Largest offset of a key from equal temperament, in cents.
const TOLERANCE_CENTS: f64 = 5.0;
/// Part of a sound in which its pitch is measured, in seconds: after the attack.
const MEASURED_S: std::ops::Range<f64> = 0.1..1.3;
/// Semitones between the keys at which a sound is played. The evaluation uses another step, so it also tests keys that are not used here.
const KEY_STEP: usize = 2;

/// Sounds that are in tune, and those that are not.
pub struct Verdict {
    /// In tune, or without a key.
    pub kept: Vec<NamedSound>,
    /// Out of tune somewhere.
    pub left: Vec<NamedSound>,
}

/// Which sounds have no key, or are within 5 cents at every root key by their seven numbers alone.
///
/// # Errors
/// Decoding fails.
pub fn at_roots(model: &Arc<Model>, sounds: Vec<NamedSound>) -> Result<Verdict> {
    partition("tuning", model, sounds, |tools, sound| {
        for root in &model.manifest().root_keys {
            let samples = tools.pipeline.decode(&sound.latent, f32::from(*root), &Shaping::default())?;
            let rate_hz = f64::from(model.shape().sample_rate_hz);
            let place = |time_s: f64| ((time_s * rate_hz) as usize).min(samples.len());
            let steady = &samples[place(MEASURED_S.start)..place(MEASURED_S.end)];
            if !is_near(pitch_offset_cents(steady, rate_hz, key_to_hz(f64::from(*root)))) {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Which sounds of a model have no key, or are within 5 cents all over the keyboard as the instrument plays them, with what their
/// recordings add.
///
/// # Errors
/// The instrument cannot be made or fails while it plays.
pub fn as_played(model: &Arc<Model>, sounds: Vec<NamedSound>) -> Result<Verdict> {
    partition("playing", model, sounds, |_, sound| {
        Ok(pitch_accuracy::at_keys(model, sound, KEY_STEP)?.iter().all(|note| is_near(note.cents)))
    })
}

fn is_near(offset_cents: Option<f64>) -> bool {
    offset_cents.is_some_and(|cents| cents.abs() <= TOLERANCE_CENTS)
}

fn partition(
    what: &str,
    model: &Arc<Model>,
    sounds: Vec<NamedSound>,
    in_tune: impl Fn(&mut Tools, &NamedSound) -> Result<bool> + Sync,
) -> Result<Verdict> {
    let good = |tools: &mut Tools, sound: &NamedSound| Ok(!is_pitched(&sound.category) || in_tune(tools, sound)?);
    let verdicts = parallel_map(what, model, &sounds, good)?;
    let (kept, left): (Vec<_>, Vec<_>) = sounds.into_iter().zip(verdicts).partition(|(_, in_tune)| *in_tune);
    let sounds = |list: Vec<(NamedSound, bool)>| list.into_iter().map(|(sound, _)| sound).collect();
    Ok(Verdict { kept: sounds(kept), left: sounds(left) })
}
