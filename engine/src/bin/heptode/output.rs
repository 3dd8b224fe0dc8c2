//! What people and programs see: text or JSON on standard output, progress and complaints on standard error.

use std::io::{self, ErrorKind, Write as _};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::failure::Failure;

/// Writes the result: `json` as one line when it was asked for, else `text`.
///
/// A reader that closes the pipe early, as `head` does, is not an error.
pub(crate) fn result(as_json: bool, text: &str, json: &Value) -> Result<(), Failure> {
    let out = if as_json { json.to_string() } else { text.trim_end().to_owned() };
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{out}").and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the result to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// One line on standard error.
pub(crate) fn complain(message: &str) {
    // A failure to write to standard error cannot be reported anywhere.
    let _ = writeln!(io::stderr().lock(), "heptode: {message}");
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
