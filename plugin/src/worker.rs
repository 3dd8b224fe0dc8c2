//! The work of the job thread: loading models, reading audio files and tunings, writing WAV files, listing folders,
//! finding fonts. Job thread only.

mod presets;
mod prime;
mod takes;
mod tuning;

use std::path::Path;
use std::sync::Arc;

use engine::decode::Pipeline;
use engine::import::{Choice, Imported};
use engine::instrument::SoundView;
use engine::presets::PresetLibrary;
use engine::state::SoundState;

use crate::folder::{Listing, list};
use crate::jobs::Job;
use crate::library::{Library, PackEntry};
use crate::notices::Offer;
use crate::project::ProjectStore;
use crate::reimport::{self, RegionChange};
use crate::revision::Revision;
use crate::session::{Outcome, Session};
use crate::system_fonts;
use crate::target::Target;

/// An instrument whose jobs are done here.
pub fn open(store: Arc<ProjectStore>, library: Library) -> Arc<Session> {
    open_with(store, library, PresetLibrary::of_user())
}

/// As [`open`], with presets in another folder.
pub fn open_with(store: Arc<ProjectStore>, library: Library, presets: PresetLibrary) -> Arc<Session> {
    Session::new(store, library, presets, run)
}

fn run(job: Job, session: &Arc<Session>, pipeline: &mut Option<Pipeline>) {
    match job {
        Job::Load => session.load(),
        Job::Import { path, target, revision } => import(&path, target, revision, session, pipeline),
        Job::Survey { sound, ticket } => survey(&sound, ticket, session),
        Job::ChangeRegion(change) => change_region(&change, session, pipeline),
        Job::Encode { sound, target, revision } => encode(&sound, target, revision, session, pipeline),
        Job::Export { path, sound } => export(&path, &sound, session),
        Job::ExportTake(series) => takes::write_next(series, session),
        Job::ListPacks => session.deliver(Outcome::Packs(session.library.list())),
        Job::ChangePack(found) => change_pack(Ok(found), session),
        Job::AddPack(path) => {
            change_pack(session.library.add(&path), session);
            session.deliver(Outcome::Packs(session.library.list()));
        }
        Job::Preset(job) => presets::run(job, session),
        Job::Tune(path) => tuning::load(&path, session),
        Job::Prime(path) => prime::load(&path, session),
        Job::FindFonts => system_fonts::find(),
        Job::List(folder) => session.deliver(Outcome::Listed(Listing { entries: list(&folder), folder })),
    }
}

fn import(path: &Path, target: Target, revision: Revision, session: &Session, pipeline: &mut Option<Pipeline>) {
    let notices = &session.store.notices;
    let pipeline = match ready(session, pipeline) {
        Ok(ready) => ready,
        Err(error) => return notices.fault(format!("Nothing was imported: {error}")),
    };
    match engine::import::import(path, pipeline, Choice::default()) {
        Ok(imported) => {
            let sound = reimport::sound_of(&imported, Choice::default(), path, pipeline);
            if session.place(revision, target, sound) {
                announce(&imported, target, revision, session);
            } else {
                notices.note(format!("“{}” was not placed: the project has changed meanwhile.", imported.name));
            }
        }
        Err(error) => notices.fault(format!("Nothing was imported: {error}")),
    }
}

/// Looks at what a sound was cut out of, unless nobody waits for the answer any more.
fn survey(sound: &SoundState, ticket: u64, session: &Session) {
    if session.surveys.is_void(ticket) {
        return;
    }
    let survey = reimport::survey(sound);
    session.surveys.redeem(ticket, || session.deliver(Outcome::Surveyed(ticket, survey)));
}

/// Says where a sound went; offers its region and key where the choice was not plain.
fn announce(imported: &Imported, target: Target, revision: Revision, session: &Session) {
    let remark = imported.notes.iter().map(|note| format!("; {note}")).collect::<String>();
    let text = format!("“{}” is now on {}{remark}.", imported.name, target.describe());
    let offer = (!imported.notes.is_empty()).then(|| Offer { target, name: imported.name.clone(), revision });
    session.store.notices.note_with_offer(text, offer);
}

/// Cuts a sound anew, unless a newer change, another sound or another project has come.
fn change_region(change: &RegionChange, session: &Session, pipeline: &mut Option<Pipeline>) {
    if session.region_changes(change.target).is_void(change.ticket) || session.store.revision() != change.revision {
        return;
    }
    let cut = ready(session, pipeline).and_then(|pipeline| reimport::change_region(change, pipeline));
    session.region_changes(change.target).redeem(change.ticket, || match cut {
        _ if session.store.revision() != change.revision
            || !reimport::stands(&session.store, &change.sound, change.target) => {}
        Ok(sound) => {
            let point = sound.latent;
            session.replace_sound(change.revision, change.target, &change.sound, sound, point);
        }
        Err(error) => session.store.notices.fault(format!("“{}” stays as it was: {error}", change.sound.name)),
    });
}

/// The thread's pipeline for the pack that is loaded now, made when there is none.
fn ready<'a>(session: &Session, pipeline: &'a mut Option<Pipeline>) -> Result<&'a mut Pipeline, String> {
    let model = session.loaded_pack().ok_or("no model is loaded")?.latents()?;
    let made = match pipeline.take().filter(|made| Arc::ptr_eq(made.model(), &model)) {
        Some(made) => made,
        None => Pipeline::new(model).map_err(|error| error.to_string())?,
    };
    Ok(pipeline.insert(made))
}

fn change_pack(found: Result<PackEntry, String>, session: &Arc<Session>) {
    match found.and_then(|found| session.change_pack(&found).map(|()| found)) {
        Ok(found) => {
            let model = session.loaded_pack().and_then(|loaded| loaded.model.clone());
            let is_shaped = model.is_none_or(|model| model.info().kind.is_shaped());
            let more = if is_shaped { "" } else { " Stretch, formant and tilt do not change its sounds." };
            session.store.notices.note(format!("“{}” plays now.{more}", found.name));
        }
        Err(error) => session.store.notices.fault(format!("The pack was not taken: {error}")),
    }
}

fn encode(sound: &SoundState, target: Target, revision: Revision, session: &Session, pipeline: &mut Option<Pipeline>) {
    match ready(session, pipeline).and_then(|pipeline| reimport::point_of(sound, pipeline)) {
        Ok((latent, residual)) => {
            session.replace_sound(revision, target, sound, SoundState { latent, residual, ..sound.clone() }, latent);
        }
        // Another project, pack or sound is there now.
        Err(_) if session.store.revision() != revision || !reimport::stands(&session.store, sound, target) => {}
        Err(error) => {
            session.store.notices.fault(format!("“{}” keeps its point of the other pack: {error}", sound.name));
        }
    }
}

fn export(path: &Path, sound: &SoundView, session: &Session) {
    let notices = &session.store.notices;
    let folder_made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    if let Err(error) = folder_made {
        return notices.fault(format!("Nothing was exported: cannot make the folder of {}: {error}.", path.display()));
    }
    match engine::sample::write_wav(path, &sound.interleaved(), sound.channels as u16, sound.sample_rate_hz as u32) {
        Ok(()) => notices.note(format!("Exported to {}", path.display())),
        Err(error) => notices.fault(format!("Nothing was exported: {error}")),
    }
}
