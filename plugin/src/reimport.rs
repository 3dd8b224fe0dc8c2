//! Region and key of an imported sound, chosen anew, and its point in another pack: what the job thread does for the editor's
//! region editor. Never on the audio thread.

use std::path::Path;
use std::sync::Arc;

use engine::Latent;
use engine::decode::Pipeline;
use engine::import::{Choice, Imported, import, import_again, zone_residual};
use engine::residual::ZoneResidual;
use engine::sample::{self, Outline, Recording, SampleError};
use engine::state::{Cut, FrozenZone, SoundState};

use crate::project::ProjectStore;
use crate::revision::Revision;
use crate::target::Target;

/// Another region or key for an imported sound.
#[derive(Debug, Clone)]
pub struct RegionChange {
    /// The sound as it stands.
    pub sound: Arc<SoundState>,
    /// Where it stands.
    pub target: Target,
    /// What the user says of it now.
    pub choice: Choice,
    /// See [`crate::tickets::Tickets`].
    pub ticket: u64,
    /// Revision of the project in which it was asked for.
    pub revision: Revision,
}

/// Whether a sound, however it is cut now, still stands where it did.
pub fn stands(store: &ProjectStore, sound: &SoundState, target: Target) -> bool {
    store.project().sound_at(target).is_some_and(|now| is_still(now, sound))
}

/// Whether what stands somewhere now is an imported sound, however it is cut.
pub fn is_still(now: &SoundState, sound: &SoundState) -> bool {
    now.audio.is_some() && (&now.name, &now.file) == (&sound.name, &sound.file)
}

/// What a sound was cut out of, as far as it is there.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Its outline: of the file, else of the recording that the project keeps.
    pub outline: Arc<Outline>,
    /// Where the sound is found to begin in the file, in seconds; none where only the recording is there.
    pub onset_s: Option<f64>,
    /// Why only the recording is there.
    pub remark: Option<String>,
}

/// Looks at the file of a sound, or at its recording where the file is unknown or cannot be read.
///
/// # Errors
/// Why neither can be looked at.
pub fn survey(sound: &SoundState) -> Result<Survey, String> {
    let remark = match sound.file.as_deref().map(|path| (path, survey_file(path))) {
        Some((_, Ok(survey))) => return Ok(survey),
        Some((path, Err(_))) if !path.exists() => "The file is gone: the sound stays, its key can be chosen".to_owned(),
        Some((_, Err(error))) => error,
        None if sound.endless.is_some() => "It is endless: its key can be chosen".to_owned(),
        None => "The project keeps the recording, not its file: the key can be chosen".to_owned(),
    };
    let zone = sound.audio.as_ref().ok_or("it has no recording")?;
    let samples = zone.to_samples().map_err(|error| error.to_string())?;
    let outline = Arc::new(Outline::of(&samples, zone.sample_rate_hz));
    Ok(Survey { outline, onset_s: None, remark: Some(remark) })
}

fn survey_file(path: &Path) -> Result<Survey, String> {
    let start_s = sample::read(path).and_then(|recording| sample::start_s(&recording));
    // A file whose automatic beginning is silent may hold a sound further on.
    let onset_s = Some(start_s.unwrap_or(0.0));
    let outline = sample::outline(path).map_err(|error| match error {
        // The region editor names the file already.
        SampleError::Read { problem, .. } => format!("The file cannot be read: {problem}"),
        other => other.to_string(),
    });
    let outline = Arc::new(outline?);
    Ok(Survey { outline, onset_s, remark: None })
}

/// Cuts a sound anew. Its file is read where another region is chosen; for another key the recording is enough.
///
/// # Errors
/// Why that cannot be done; nothing was changed.
pub fn change_region(change: &RegionChange, pipeline: &mut Pipeline) -> Result<SoundState, String> {
    let region_s = change.sound.cut.as_ref().and_then(|cut| cut.choice().region_s);
    let is_same_region = change.choice.region_s == region_s;
    let mut sound = match &change.sound.file {
        _ if is_same_region => with_key(change, pipeline)?,
        Some(path) => {
            let imported = import(path, pipeline, change.choice).map_err(|error| error.to_string())?;
            sound_of(&imported, change.choice, path, pipeline)
        }
        None => return Err("the file of the sound is not known, so no other region can be taken".to_owned()),
    };
    sound.unknown.clone_from(&change.sound.unknown);
    if let (Some(cut), Some(before)) = (&mut sound.cut, &change.sound.cut) {
        cut.unknown.clone_from(&before.unknown);
    }
    Ok(sound)
}

/// The same recording at another key.
fn with_key(change: &RegionChange, pipeline: &mut Pipeline) -> Result<SoundState, String> {
    let rate_hz = pipeline.model().shape().sample_rate_hz;
    let start_s = change.sound.cut.as_ref().map_or(0.0, |cut| cut.start_s);
    let root_key = change.sound.cut.as_ref().and_then(Cut::root_key);
    let one_shot = Recording { start_s, root_key, ..Recording::new(kept_samples(&change.sound, rate_hz)?, rate_hz) };
    let name = change.sound.name.clone();
    let imported = import_again(name, one_shot, pipeline, change.choice.key).map_err(|error| error.to_string())?;
    let mut sound = SoundState {
        latent: imported.latent,
        residual: residual(&imported.samples, imported.latent, imported.key, pipeline),
        cut: Some(Cut::new(&imported, change.choice)),
        ..SoundState::clone(&change.sound)
    };
    if let Some(zone) = &mut sound.audio {
        zone.root_key = whole_key(imported.key);
    }
    Ok(sound)
}

/// An imported file as the project keeps it. A recording that cannot be packed is left out: its point is what is heard.
pub fn sound_of(imported: &Imported, choice: Choice, path: &Path, pipeline: &mut Pipeline) -> SoundState {
    let rate_hz = pipeline.model().shape().sample_rate_hz;
    SoundState {
        audio: FrozenZone::from_samples(whole_key(imported.key), rate_hz, &imported.samples).ok(),
        residual: residual(&imported.samples, imported.latent, imported.key, pipeline),
        cut: Some(Cut::new(imported, choice)),
        file: Some(path.to_owned()),
        ..SoundState::new(&imported.name, imported.latent)
    }
}

/// Point and residual of an imported sound in the pack of `pipeline`.
///
/// # Errors
/// Why it has none.
pub fn point_of(sound: &SoundState, pipeline: &mut Pipeline) -> Result<(Latent, Option<ZoneResidual>), String> {
    let samples = kept_samples(sound, pipeline.model().shape().sample_rate_hz)?;
    let key = sound.recorded_key().ok_or("it has no recording")?;
    let point = pipeline.place(&samples, key).map_err(|error| error.to_string())?;
    Ok((point, residual(&samples, point, key, pipeline)))
}

/// The recording that the project keeps, at another rate.
fn kept_samples(sound: &SoundState, rate_hz: u32) -> Result<Vec<f32>, String> {
    let zone = sound.audio.as_ref().ok_or("it has no recording")?;
    let samples = zone.to_samples().map_err(|error| error.to_string())?;
    sample::resample(&samples, zone.sample_rate_hz, rate_hz).map_err(|error| error.to_string())
}

/// What the point leaves out. Where that fails the model's own sound is what is heard.
fn residual(samples: &[f32], point: Latent, key: f32, pipeline: &mut Pipeline) -> Option<ZoneResidual> {
    zone_residual(samples, &point, key, pipeline).ok()
}

fn whole_key(key: f32) -> u8 {
    key.round().clamp(0.0, 127.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_file_is_gone_the_recording_is_shown() {
        let audio = FrozenZone::from_samples(60, 44_100, &[0.5; 4_410]).ok();
        let sound = SoundState { audio, file: Some("/no such folder/rain.wav".into()), ..SoundState::default() };
        let survey = survey(&sound).expect("the recording is there");
        assert!((survey.outline.length_s() - 0.1).abs() < 1e-9 && survey.onset_s.is_none());
        assert!(survey.remark.is_some_and(|remark| remark.contains("file is gone")));
        assert!(super::survey(&SoundState::default()).is_err(), "a sound of a pack was cut out of nothing");
    }
}
