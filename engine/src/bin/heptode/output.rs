//! What people and programs see: results as text or JSON, progress and complaints on standard error. Main thread.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::failure::Failure;

/// Writes the result to standard output: `json` as one line when it was asked for, else `text`.
pub(crate) fn result(as_json: bool, text: &str, json: &Value) -> Result<(), Failure> {
    report(&mut io::stdout().lock(), as_json, text, json)
}

/// Writes the result as [`result`] does, to `stream`.
pub(crate) fn report(stream: &mut dyn Write, as_json: bool, text: &str, json: &Value) -> Result<(), Failure> {
    let out = if as_json { json.to_string() } else { text.trim_end().to_owned() };
    unless_reader_left(writeln!(stream, "{out}").and_then(|()| stream.flush()), "the result")
}

/// A reader that closes the pipe early, as `head` does, is not an error.
pub(crate) fn unless_reader_left(written: io::Result<()>, what: &str) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write {what}: {error}")))
        }
        _ => Ok(()),
    }
}

/// One line on standard error, also for a path that has line breaks in it.
pub(crate) fn complain(message: &str) {
    let message = message.replace(char::is_control, " ");
    // A failure to write to standard error cannot be reported anywhere.
    let _ = writeln!(io::stderr().lock(), "heptode: {message}");
}

/// A path as text; what is not Unicode in it is replaced by U+FFFD.
pub(crate) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Remarks as lines that follow a text result.
pub(crate) fn noted(notes: &[String]) -> String {
    notes.iter().map(|note| format!("note: {note}\n")).collect()
}

/// A latent point in the form that `--latent` takes.
pub(crate) fn latent_text(latent: &[f32]) -> String {
    latent.iter().map(|z| format!("{z:.4}")).collect::<Vec<_>>().join(",")
}

/// A bar on standard error; nothing is drawn unless that is a terminal.
pub(crate) fn progress(steps: usize, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}
