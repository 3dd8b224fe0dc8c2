//! The work of the job thread on presets. What fails becomes one message, and nothing is changed then.

use engine::presets::{Place, PresetError};

use crate::jobs::PresetJob;
use crate::session::{Outcome, Session};

/// Does a job; the editor gets the list anew where that may have changed.
pub fn run(job: PresetJob, session: &Session) {
    let changes_list = !matches!(job, PresetJob::Load(_) | PresetJob::Step(..) | PresetJob::Compare);
    let (done, without) = match job {
        PresetJob::List => (Ok(None), ""),
        PresetJob::Load(place) => (session.load_preset(&place).map(|()| None), "Nothing was loaded"),
        PresetJob::Step(by, query) => (session.step_preset(by, &query).map(|()| None), "Nothing was loaded"),
        PresetJob::Save(label) => (session.save_preset(label).map(|place| Some(saved(&place))), "Nothing was saved"),
        PresetJob::Overwrite { place, label } => {
            (session.overwrite_preset(&place, label).map(|()| Some(saved(&place))), "Nothing was saved")
        }
        PresetJob::Rename(place, name) => (session.rename_preset(&place, &name).map(|()| None), "Nothing was renamed"),
        PresetJob::Delete(place) => (delete(&place, session).map(Some), "Nothing was deleted"),
        PresetJob::Mark(place, is_favourite) => {
            (session.presets.set_favourite(&place, is_favourite).map(|()| None), "Nothing was marked")
        }
        PresetJob::Compare => {
            session.read_preset_base();
            (Ok(None), "")
        }
    };
    match done {
        Ok(Some(message)) => session.store.notices.note(message),
        Ok(None) => {}
        Err(error) => session.store.notices.fault(format!("{without}: {error}.")),
    }
    if changes_list {
        session.deliver(Outcome::Presets(session.presets.list()));
    }
}

fn saved(place: &Place) -> String {
    format!("Saved as {}.", place.id())
}

fn delete(place: &Place, session: &Session) -> Result<String, PresetError> {
    let now = session.delete_preset(place)?;
    Ok(format!("Moved to {}, from where it can be taken back.", now.display()))
}
