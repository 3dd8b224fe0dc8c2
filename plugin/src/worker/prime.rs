//! Recordings that the sounds of a pack go on from: reading their files into the project. Job thread only.

use std::path::Path;

use engine::decode::raw::PrimeRoom;
use engine::sample::{Recording, read_from};
use engine::state::{DEFAULT_PRIME_MS, PRIME_MS, Prime};

use crate::folder::file_name;
use crate::project::Edit;
use crate::session::Session;

/// Lets the beginning of a file take the place of the project's prime, with the length of the one before. A file that cannot be used
/// changes nothing, and the user is told why.
pub(super) fn load(path: &Path, session: &Session) {
    let store = &session.store;
    let name = file_name(path);
    // Another project may have come meanwhile; the file is for what is there now.
    let before = store.project().prime.clone();
    match read(path, &name, before.as_ref(), session) {
        Ok((prime, notes)) => {
            let remark = notes.iter().map(|note| format!("; {note}")).collect::<String>();
            let text = format!("Sounds go on from the first {} ms of “{name}”{remark}.", prime.length_ms);
            store.apply(Edit::SetPrime { prime: Some(prime), change: format!("prime {name}") });
            store.notices.note(text);
        }
        Err(error) => store.notices.fault(format!("The prime was not taken: {error}.")),
    }
}

fn read(path: &Path, name: &str, before: Option<&Prime>, session: &Session) -> Result<(Prime, Vec<String>), String> {
    let loaded = session.loaded_pack().ok_or("no model is loaded")?;
    let pack = &loaded.catalogue.pack_name;
    let room = loaded.catalogue.prime_room.ok_or_else(|| format!("the sounds of “{pack}” go on from no recording"))?;
    let recording = read_from(path, 0.0).map_err(|error| error.to_string())?;
    let length_ms = length_ms(&recording, before.map_or(DEFAULT_PRIME_MS, |prime| prime.length_ms), room);
    let prime = Prime::of_recording(name, &recording.samples, recording.sample_rate_hz, length_ms);
    let mut prime = prime.map_err(|error| error.to_string())?;
    prime.keep = before.is_none_or(|prime| prime.keep);
    room.samples(&prime).map_err(|error| error.to_string())?;
    Ok((prime, recording.notes))
}

/// The wanted length as far as recording and pack have it, in tenths of a millisecond.
fn length_ms(recording: &Recording, wanted_ms: f32, room: PrimeRoom) -> f32 {
    let recorded_ms = recording.samples.len() as f64 * 1000.0 / f64::from(recording.sample_rate_hz);
    let most_ms = (recorded_ms.min(room.longest_ms()) * 10.0).floor() / 10.0;
    wanted_ms.min(most_ms as f32).max(*PRIME_MS.start())
}
