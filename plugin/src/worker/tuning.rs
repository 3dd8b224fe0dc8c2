//! Scales and keyboard maps: reading their files into the project. Job thread only.

use std::path::Path;
use std::sync::Arc;

use engine::tuning::{Tuning, TuningError, TuningFile, TuningKind};

use crate::folder::file_name;
use crate::project::Edit;
use crate::session::Session;

/// Lets a file take the place of the project's scale or map. A file that cannot be used changes nothing, and the user is told why.
pub(super) fn load(path: &Path, session: &Session) {
    let store = &session.store;
    let before = store.project();
    match read(path, &before.tuning) {
        // Another project may have come meanwhile; the file is for what is there now.
        Ok((tuning, kind)) => {
            store.apply(Edit::SetTuning(Arc::new(tuning)));
            store.notices.note(format!("The {kind} “{}” is heard from the next note on.", file_name(path)));
        }
        Err(error) => store.notices.fault(format!("“{}” was not taken: {error}.", file_name(path))),
    }
}

fn read(path: &Path, now: &Tuning) -> Result<(Tuning, &'static str), TuningError> {
    let file = Some(TuningFile::load(path)?);
    Ok(match TuningKind::of(path) {
        Some(TuningKind::KeyboardMap) => (now.with(TuningKind::KeyboardMap, file)?, "keyboard map"),
        _ => (now.with(TuningKind::Scale, file)?, "scale"),
    })
}
