//! From the bytes of an audio file to mono samples.
//!
//! Worker and main threads only. Nothing here trusts the file: what is there counts, not what headers promise, and a panic inside a
//! decoder is caught.

use std::fs::File;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::bytes::Bytes;
use super::channels::{Channels, Keeper};
use super::mix::Mix;
use super::outline::{Outline, Tracer};
use super::sink::Sink;
use super::stream::Stream;
use super::window::{Limits, Window};
use super::{LEAD_LIMIT_S, LOOK_S, MAX_FILE_BYTES, ReadProblem, Recording, container};

/// Below this a sample counts as silence in front of the first sound: −80 dB of full scale.
const SILENCE: f32 = 1e-4;
/// The user is told that a file ends early when this part of what its header promises is missing; less is a header's slip.
const MISSING: f64 = 0.02;

/// Reads a file as [`super::read`] promises.
pub(super) fn read_file(path: &Path) -> Result<Recording, ReadProblem> {
    read_limited(path, Limits { look_s: LOOK_S, lead_s: LEAD_LIMIT_S, silence: SILENCE, skip_s: 0.0 })
}

/// Reads a file as [`super::read_from`] promises.
pub(super) fn read_file_from(path: &Path, start_s: f64) -> Result<Recording, ReadProblem> {
    read_limited(path, Limits { look_s: LOOK_S, lead_s: 0.0, silence: 0.0, skip_s: start_s })
}

fn read_limited(path: &Path, limits: Limits) -> Result<Recording, ReadProblem> {
    guarded(|| {
        let window = |mix| move |rate_hz| Window::new(rate_hz, limits, mix);
        let (first, facts) = poured(open(path)?, window(Mix::Mean))?;
        let Some((channel, note)) = first.cancelled() else { return recording(first, facts) };
        let (again, facts) = poured(open(path)?, window(Mix::Only(channel)))?;
        let mut recording = recording(again, facts)?;
        recording.notes.push(note);
        Ok(recording)
    })
}

/// Reads a file from its beginning for as long as the reader may look for a sound and then at it, and keeps its outline.
/// A file that is damaged further on keeps the outline of what comes before.
pub(super) fn outline_file(path: &Path) -> Result<Outline, ReadProblem> {
    guarded(|| {
        let tracer = traced(open(path)?, Mix::Mean)?;
        let tracer = match tracer.cancelled() {
            Some(channel) => traced(open(path)?, Mix::Only(channel))?,
            None => tracer,
        };
        Ok(tracer.finish())
    })
}

fn traced(bytes: Bytes, mix: Mix) -> Result<Tracer, ReadProblem> {
    let mut stream = Stream::new(container::open(bytes)?)?;
    let mut tracer = Tracer::new(stream.rate_hz(), LEAD_LIMIT_S + LOOK_S, mix);
    match stream.pour(&mut tracer) {
        Err(problem) if tracer.seen() == 0 => Err(problem),
        _ if tracer.seen() == 0 => Err(ReadProblem::Empty),
        _ => Ok(tracer),
    }
}

/// Opens a file that may hold audio.
fn open(path: &Path) -> Result<Bytes, ReadProblem> {
    let meta = std::fs::metadata(path).map_err(ReadProblem::System)?;
    if !meta.is_file() {
        return Err(ReadProblem::NotAFile);
    }
    match meta.len() {
        0 => return Err(ReadProblem::Empty),
        bytes if bytes > MAX_FILE_BYTES => return Err(ReadProblem::TooLarge(bytes)),
        _ => {}
    }
    let file = File::open(path).map_err(ReadProblem::System)?;
    Bytes::new(Box::new(file)).map_err(ReadProblem::System)
}

/// Reads a file as [`super::read_channels`] promises.
pub(super) fn read_file_channels(path: &Path, look_s: f64) -> Result<Channels, ReadProblem> {
    guarded(|| {
        let (keeper, facts) = poured(open(path)?, |rate_hz| Keeper::new(rate_hz, look_s))?;
        keeper.finish(facts.rate_hz, facts.notes)
    })
}

/// Reads a whole FLAC stream that lies in memory, silence included, up to `max_s` seconds, as the mean of its channels.
pub(crate) fn decode_flac(stream: Vec<u8>, max_s: f64) -> Result<Recording, ReadProblem> {
    let limits = Limits { look_s: max_s, lead_s: 0.0, silence: 0.0, skip_s: 0.0 };
    guarded(|| {
        let bytes = Bytes::new(Box::new(Cursor::new(stream))).map_err(ReadProblem::System)?;
        let (window, facts) = poured(bytes, |rate_hz| Window::new(rate_hz, limits, Mix::Mean))?;
        recording(window, facts)
    })
}

/// Turns a panic of a decoder into an error: a damaged file must not end the host's process.
fn guarded<T>(work: impl FnOnce() -> Result<T, ReadProblem>) -> Result<T, ReadProblem> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(ReadProblem::Unknown("its decoder failed".to_owned())))
}

/// What a file says beside its samples.
struct Facts {
    rate_hz: u32,
    /// Length of the whole stream, if it is known.
    frames: Option<u64>,
    root_key: Option<f32>,
    notes: Vec<String>,
}

/// Decodes a file into a window that is made for its rate.
fn poured<S: Sink>(bytes: Bytes, window: impl FnOnce(u32) -> S) -> Result<(S, Facts), ReadProblem> {
    let mut stream = Stream::new(container::open(bytes)?)?;
    let mut window = window(stream.rate_hz());
    let is_ended = stream.pour(&mut window)?;
    let (rate_hz, root_key) = (stream.rate_hz(), stream.root_key());
    let mut facts = Facts { rate_hz, frames: stream.frames(), root_key, notes: Vec::new() };
    facts.notes.extend(stream.note());
    let found = window.seen();
    if is_ended && let Some(promised) = stream.frames().filter(|&frames| frames > found) {
        facts.frames = Some(found);
        if stream.is_lossless() {
            return Err(ReadProblem::Truncated { promised, found });
        }
        if (promised - found) as f64 > MISSING * promised as f64 && found > 0 {
            let [promised_s, found_s] = [promised, found].map(|frames| frames as f64 / f64::from(stream.rate_hz()));
            facts.notes.push(format!("its header promises {promised_s:.2} s, and {found_s:.2} s are there"));
        }
    }
    Ok((window, facts))
}

fn recording(window: Window, facts: Facts) -> Result<Recording, ReadProblem> {
    let mut recording = window.finish(facts.frames)?;
    recording.root_key = facts.root_key;
    recording.notes.extend(facts.notes);
    Ok(recording)
}
