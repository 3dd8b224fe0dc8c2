//! Making an imported sound endless: asking, making, laying the result down. Main thread and the threads of
//! [`crate::endless::EndlessWork`]; it reads files, so never the audio thread.

use std::sync::{Arc, Weak};

use engine::endless::{EndlessError, Made, Material};
use engine::state::SoundState;
use engine::texture::TextureError;

use super::Session;
use crate::endless::{Asked, Stage};
use crate::project::Edit;
use crate::reimport::{is_still, stands};
use crate::target::Target;

/// Rate of the recording where no pack is loaded, in Hz.
const PLAIN_RATE_HZ: u32 = 44_100;
/// Measured above this ratio a result is told to be far from its recording: the halves of a recording are at 1.
const FAR: f64 = 2.0;

impl Session {
    /// How far an endless sound is.
    pub fn endless(&self) -> Stage {
        self.endless.stage()
    }

    /// Begins to look at the imported sound at `target`; `false`, with a message, where none stands or another one is being made.
    pub fn ask_endless(self: &Arc<Self>, target: Target) -> bool {
        let newest = self.store.snapshot();
        let sound = newest.project.sound_at(target).filter(|sound| sound.audio.is_some() && sound.endless.is_none());
        let Some(sound) = sound.cloned() else {
            self.store.notices.fault(format!("There is no recording on {} to be made endless.", target.describe()));
            return false;
        };
        let asked = Asked { sound, target, revision: newest.revision };
        let mut busy_with = None;
        let begun = self.endless.begin(|stage| match stage {
            Stage::Making(other, _) => {
                busy_with = Some(other.sound.name.clone());
                None
            }
            _ => Some(Stage::Reading(asked.clone())),
        });
        let Some(ticket) = begun else {
            self.store.notices.fault(busy(&busy_with.unwrap_or_default()));
            return false;
        };
        let (board, store, rate_hz) = (self.endless.board(), Arc::clone(&self.store), self.recording_rate_hz());
        let is_running = self.endless.run(move || match material(&asked.sound, rate_hz) {
            Ok(material) => {
                board.step(ticket, Stage::Ready(asked, Arc::new(material)));
            }
            Err(error) => {
                if board.step(ticket, Stage::Nothing) {
                    store.notices.fault(format!("“{}” cannot be made endless: {error}.", asked.sound.name));
                }
            }
        });
        self.check_thread(is_running)
    }

    /// Begins to make a loop of `seconds` of the recording that was looked at.
    pub fn make_endless(self: &Arc<Self>, seconds: f64) {
        let mut ready = None;
        let begun = self.endless.begin(|stage| {
            let Stage::Ready(asked, material) = stage else { return None };
            ready = Some((asked.clone(), Arc::clone(material)));
            Some(Stage::Making(asked.clone(), 0.0))
        });
        let (Some(ticket), Some((asked, material))) = (begun, ready) else { return };
        let (board, session) = (self.endless.board(), Arc::downgrade(self));
        let is_running = self.endless.run(move || {
            let key = asked.sound.recorded_key().unwrap_or(60.0).round().clamp(0.0, 127.0) as u8;
            let mut progress = |part: f64| board.step(ticket, Stage::Making(asked.clone(), part));
            let made = material.endless(seconds, ticket, key, &mut progress);
            // Whoever cancels from here on comes too late.
            if board.step(ticket, Stage::Making(asked.clone(), 1.0)) {
                end(&session, &asked, made);
                board.step(ticket, Stage::Nothing);
            }
        });
        self.check_thread(is_running);
    }

    /// Ends the work; nothing is changed.
    pub fn cancel_endless(&self) {
        let mut making = None;
        self.endless.begin(|stage| {
            if let Stage::Making(asked, _) = stage {
                making = Some(asked.sound.name.clone());
            }
            Some(Stage::Nothing)
        });
        making.iter().for_each(|name| self.store.notices.withdraw(&busy(name)));
    }

    /// Ends the work unless a loop is being made.
    pub fn leave_endless(&self) {
        self.endless.begin(|stage| (!matches!(stage, Stage::Making(..))).then_some(Stage::Nothing));
    }

    fn check_thread(&self, is_running: bool) -> bool {
        if !is_running {
            self.cancel_endless();
            self.store.notices.fault("The system gives no thread for the work; try again later.");
        }
        is_running
    }

    fn recording_rate_hz(&self) -> u32 {
        let model = self.loaded_pack().and_then(|loaded| loaded.latents().ok());
        model.map_or(PLAIN_RATE_HZ, |model| model.shape().sample_rate_hz)
    }

    /// Puts an endless sound in the place of its recording, if that still stands there.
    fn place_endless(&self, asked: &Asked, sound: SoundState) -> bool {
        match asked.target {
            Target::Corner(corner) => {
                let edit = |sound| Edit::SetCorner { corner, sound: Arc::new(sound) };
                let placed = self.store.apply_if(|newest| {
                    let now = newest.project.sound_at(asked.target)?;
                    (newest.revision == asked.revision && is_still(now, &asked.sound)).then(|| edit(sound))
                });
                placed.is_some()
            }
            Target::Knobs => {
                stands(&self.store, &asked.sound, asked.target) && self.place(asked.revision, asked.target, sound)
            }
        }
    }
}

/// What a second request is told while a sound is being made endless; withdrawn when that ends.
fn busy(name: &str) -> String {
    format!("“{name}” is being made endless: wait for it, or cancel it.")
}

/// The recording of a sound: its file from the chosen start on, or what the project keeps of it.
fn material(sound: &SoundState, rate_hz: u32) -> Result<Material, EndlessError> {
    let start_s = sound.cut.as_ref().filter(|cut| cut.is_start_chosen).map_or(0.0, |cut| cut.start_s);
    if let Some(path) = sound.file.as_deref().filter(|path| path.exists()) {
        return Material::of_file(path, start_s, rate_hz);
    }
    let zone = sound.audio.as_ref().ok_or(TextureError::Silent)?;
    Material::of_recording(zone.to_samples()?, zone.sample_rate_hz, rate_hz)
}

/// Lays a result down in a session that still lives.
fn end(session: &Weak<Session>, asked: &Asked, made: Result<Made, EndlessError>) {
    let Some(session) = session.upgrade() else { return };
    let notices = &session.store.notices;
    notices.withdraw(&busy(&asked.sound.name));
    let made = match made {
        Ok(made) => made,
        Err(EndlessError::Texture(TextureError::Cancelled)) => return,
        Err(error) => return notices.fault(format!("“{}” stays as it was: {error}.", asked.sound.name)),
    };
    let name = format!("{} (endless)", asked.sound.name);
    let result = told(&made);
    let sound =
        SoundState { name: name.clone(), endless: Some(made.sound), file: None, ..SoundState::clone(&asked.sound) };
    if session.place_endless(asked, sound) {
        notices.note(format!("“{name}” is now on {}: {result}.", asked.target.describe()));
    } else {
        notices.note(format!("“{name}” was not placed: the project has changed meanwhile."));
    }
}

/// How near a result is to its recording.
fn told(made: &Made) -> String {
    let Some(ratio) = made.figures.ratio() else { return format!("{:.1} s", made.seconds) };
    let how = if ratio > FAR { "far from the recording" } else { "near the recording" };
    format!(
        "{:.1} s, {how} (its statistics differ {ratio:.1} times as much as those of the recording's halves)",
        made.seconds
    )
}
