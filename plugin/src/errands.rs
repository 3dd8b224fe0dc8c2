//! What takes longer than a frame: loading the model, reading and encoding audio files, writing WAV files, listing
//! folders. One thread per instance, started by the first errand and joined when the instance goes, since a host may
//! unload the library right after. Never on the audio thread.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};
use engine::decode::Pipeline;
use engine::import::{Choice, Imported};
use engine::instrument::SoundView;
use engine::state::SoundState;
use parking_lot::Mutex;

use crate::folder::{Listing, list};
use crate::library::Found;
use crate::notices::Offer;
use crate::recut::{self, Wish};
use crate::session::{Outcome, Session, Target};

/// One piece of work.
pub enum Errand {
    /// Load the model if that has not happened.
    Load,
    /// Bring an audio file in.
    Import {
        /// The file.
        path: PathBuf,
        /// Where its point goes.
        target: Target,
        /// When it was asked for; see [`crate::scene::Desk::era`].
        era: u64,
    },
    /// Look at what an imported sound was cut out of.
    Survey {
        /// The sound.
        sound: SoundState,
        /// Comes back with the answer.
        ticket: u64,
    },
    /// Cut an imported sound anew.
    Recut(Box<Wish>),
    /// Give an imported sound its point in the loaded pack.
    Encode {
        /// The sound, with its recording.
        sound: SoundState,
        /// Where it stands.
        target: Target,
        /// When it was asked for; see [`crate::scene::Desk::era`].
        era: u64,
    },
    /// Write a sound to a WAV file.
    Export {
        /// The file.
        path: PathBuf,
        /// The sound.
        sound: Arc<SoundView>,
    },
    /// List a folder.
    List(PathBuf),
    /// List the packs that can be loaded.
    ListPacks,
    /// Play another pack.
    ChangePack(Found),
    /// Copy a pack into the library and play it.
    AddPack(PathBuf),
}

impl Errand {
    /// Where the imported sound stands that it gives another point.
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::Recut(wish) => Some(wish.target),
            Self::Encode { target, .. } => Some(*target),
            _ => None,
        }
    }

    /// What the user says of that sound.
    pub fn choice(&self) -> Option<Choice> {
        if let Self::Recut(wish) = self { Some(wish.choice) } else { None }
    }
}

/// The instance's end of its errand thread.
#[derive(Default)]
pub struct Runner(Mutex<Option<(Sender<Errand>, JoinHandle<()>)>>);

impl Runner {
    /// Puts work in line. Starts the thread if need be; `false` if the system gives none.
    pub fn send(&self, session: &Arc<Session>, errand: Errand) -> bool {
        let mut running = self.0.lock();
        if running.is_none() {
            let (sender, receiver) = unbounded();
            let session = Arc::downgrade(session);
            let spawned = std::thread::Builder::new().name("heptode-errands".to_owned());
            let Ok(thread) = spawned.spawn(move || run_all(&receiver, &session)) else { return false };
            *running = Some((sender, thread));
        }
        running.as_ref().is_some_and(|(sender, _)| sender.send(errand).is_ok())
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let Some((sender, thread)) = self.0.get_mut().take() else { return };
        drop(sender);
        // The thread itself drops the session when the instance went during an errand; it cannot wait for itself.
        if thread.thread().id() != std::thread::current().id() {
            let _ended = thread.join();
        }
    }
}

fn run_all(errands: &Receiver<Errand>, session: &Weak<Session>) {
    let mut pipeline = None;
    while let Ok(errand) = errands.recv() {
        let Some(session) = session.upgrade() else { return };
        let target = errand.target();
        let work = std::panic::AssertUnwindSafe(|| run(errand, &session, &mut pipeline));
        if std::panic::catch_unwind(work).is_err() {
            session.desk.notices.fault("Something went wrong inside Heptode; nothing was changed.");
        }
        session.errand_done(target);
    }
}

fn run(errand: Errand, session: &Arc<Session>, pipeline: &mut Option<Pipeline>) {
    match errand {
        Errand::Load => session.load(),
        Errand::Import { path, target, era } => import(&path, target, era, session, pipeline),
        Errand::Survey { sound, ticket } => survey(&sound, ticket, session),
        Errand::Recut(wish) => recut(*wish, session, pipeline),
        Errand::Encode { sound, target, era } => encode(sound, target, era, session, pipeline),
        Errand::Export { path, sound } => export(&path, &sound, session),
        Errand::ListPacks => session.deliver(Outcome::Packs(session.library.list())),
        Errand::ChangePack(found) => change_pack(Ok(found), session),
        Errand::AddPack(path) => {
            change_pack(session.library.add(&path), session);
            session.deliver(Outcome::Packs(session.library.list()));
        }
        Errand::List(folder) => session.deliver(Outcome::Listed(Listing { entries: list(&folder), folder })),
    }
}

fn import(path: &Path, target: Target, era: u64, session: &Session, pipeline: &mut Option<Pipeline>) {
    let notices = &session.desk.notices;
    let pipeline = match ready(session, pipeline) {
        Ok(ready) => ready,
        Err(error) => return notices.fault(format!("Nothing was imported: {error}")),
    };
    match engine::import::import(path, pipeline, Choice::default()) {
        Ok(imported) => {
            let sound = recut::sound_of(&imported, Choice::default(), path, pipeline);
            if session.place(era, target, sound) {
                announce(&imported, target, era, session);
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
    let survey = recut::survey(sound);
    session.surveys.redeem(ticket, || session.deliver(Outcome::Surveyed(ticket, survey)));
}

/// Says where a sound went; offers its region and key where the choice was not plain.
fn announce(imported: &Imported, target: Target, era: u64, session: &Session) {
    let remark = imported.notes.iter().map(|note| format!("; {note}")).collect::<String>();
    let text = format!("“{}” is now on {}{remark}.", imported.name, target.describe());
    let offer = (!imported.notes.is_empty()).then(|| Offer { target, name: imported.name.clone(), era });
    session.desk.notices.note_with_offer(text, offer);
}

/// Cuts a sound anew, unless a newer wish, another sound or another project has come.
fn recut(wish: Wish, session: &Session, pipeline: &mut Option<Pipeline>) {
    if session.recuts(wish.target).is_void(wish.ticket) || session.desk.era() != wish.era {
        return;
    }
    let cut = ready(session, pipeline).and_then(|pipeline| recut::recut(&wish, pipeline));
    session.recuts(wish.target).redeem(wish.ticket, || match cut {
        _ if session.desk.era() != wish.era || !recut::stands(session, &wish.sound, wish.target) => {}
        Ok(sound) => {
            let point = sound.latent;
            session.resettle(wish.era, wish.target, &wish.sound, sound, point);
        }
        Err(error) => session.desk.notices.fault(format!("“{}” stays as it was: {error}", wish.sound.name)),
    });
}

/// The thread's pipeline for the pack that is loaded now, made when there is none.
fn ready<'a>(session: &Session, pipeline: &'a mut Option<Pipeline>) -> Result<&'a mut Pipeline, String> {
    let model = session.rig().and_then(|rig| rig.model.clone()).ok_or("no model is loaded")?;
    let made = match pipeline.take().filter(|made| Arc::ptr_eq(made.model(), &model)) {
        Some(made) => made,
        None => Pipeline::new(model).map_err(|error| error.to_string())?,
    };
    Ok(pipeline.insert(made))
}

fn change_pack(found: Result<Found, String>, session: &Arc<Session>) {
    match found.and_then(|found| session.change_pack(&found).map(|()| found)) {
        Ok(found) => session.desk.notices.note(format!("“{}” plays now.", found.name)),
        Err(error) => session.desk.notices.fault(format!("The pack was not taken: {error}")),
    }
}

fn encode(sound: SoundState, target: Target, era: u64, session: &Session, pipeline: &mut Option<Pipeline>) {
    match ready(session, pipeline).and_then(|pipeline| recut::point_of(&sound, pipeline)) {
        Ok((latent, residual)) => {
            session.resettle(era, target, &sound, SoundState { latent, residual, ..sound.clone() }, latent);
        }
        // Another project, pack or sound came meanwhile.
        Err(_) if session.desk.era() != era || !recut::stands(session, &sound, target) => {}
        Err(error) => {
            session.desk.notices.fault(format!("“{}” keeps its point of the other pack: {error}", sound.name));
        }
    }
}

fn export(path: &Path, sound: &SoundView, session: &Session) {
    let notices = &session.desk.notices;
    let folder_made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    if let Err(error) = folder_made {
        return notices.fault(format!("Nothing was exported: cannot make the folder of {}: {error}.", path.display()));
    }
    match engine::sample::write_wav(path, &sound.interleaved(), sound.channels as u16, sound.sample_rate_hz as u32) {
        Ok(()) => notices.note(format!("Exported to {}", path.display())),
        Err(error) => notices.fault(format!("Nothing was exported: {error}")),
    }
}
