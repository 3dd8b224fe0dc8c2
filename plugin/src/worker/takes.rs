//! Writing series of takes. Job thread only.

use std::sync::Arc;

use crate::jobs::Job;
use crate::session::Session;
use crate::takes::{TakeExport, TakeSeries};

/// Ends the series when the making of a take panics, which the job thread tells of.
struct EndOnPanic<'s>(&'s TakeExport);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

/// Writes the next take of a series unless it was ended, and puts the one after that in line behind the jobs that wait.
pub(super) fn write_next(mut series: Box<TakeSeries>, session: &Arc<Session>) {
    let (export, notices) = (&session.take_export, &session.store.notices);
    let place = series.folder.display().to_string();
    if !export.step(series.ticket, series.done) {
        return notices.note(format!("{} of {} takes were exported to {place}", series.done, series.count));
    }
    let _guard = EndOnPanic(export);
    if let Err(error) = series.write_next() {
        export.end();
        return notices.fault(format!("{} of {} takes were exported: {error}.", series.done, series.count));
    }
    if series.done < series.count {
        return session.run(Job::ExportTake(series));
    }
    export.end();
    notices.note(format!("Exported {} takes to {place}", series.count));
}
