//! Which named sounds are in tune at every key.
//!
//! A decoder may be asked for a key at which it has never heard a timbre, and then put its partials elsewhere. Such a sound is of
//! use to nobody who plays it as an instrument.

use std::sync::Arc;

use anyhow::Result;
use engine::decode::{Model, Shaping};
use engine::measure::pitch_offset_cents;
use engine::pack::NamedSound;
use engine::units::key_to_hz;

use crate::eval::measures::is_pitched;
use crate::eval::spread::spread;

/// Largest offset of a root key from equal temperament, in cents.
const TOLERANCE_CENTS: f64 = 5.0;
/// Part of a sound in which its pitch is measured, in seconds: after the attack.
const MEASURED_S: std::ops::Range<f64> = 0.1..1.3;

/// The sounds that are within 5 cents of every root key or have no key, and the names of the others.
pub fn in_tune(model: &Arc<Model>, sounds: Vec<NamedSound>) -> Result<(Vec<NamedSound>, Vec<String>)> {
    let rate_hz = f64::from(model.shape().sample_rate_hz);
    let place = |time_s: f64, samples: &[f32]| ((time_s * rate_hz) as usize).min(samples.len());
    let roots = &model.manifest().root_keys;
    let verdicts = spread("tuning", model, &sounds, |tools, sound| {
        for root in roots.iter().filter(|_| is_pitched(&sound.category)) {
            let samples = tools.pipeline.decode(&sound.latent, f32::from(*root), &Shaping::default())?;
            let steady = &samples[place(MEASURED_S.start, &samples)..place(MEASURED_S.end, &samples)];
            let offset = pitch_offset_cents(steady, rate_hz, key_to_hz(f64::from(*root)));
            if offset.is_none_or(|cents| cents.abs() > TOLERANCE_CENTS) {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    let (kept, left): (Vec<_>, Vec<_>) = sounds.into_iter().zip(verdicts).partition(|(_, in_tune)| *in_tune);
    let names = left.into_iter().map(|(sound, _)| sound.name).collect();
    Ok((kept.into_iter().map(|(sound, _)| sound).collect(), names))
}
