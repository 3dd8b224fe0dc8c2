//! The worker's part of an instance: runs the job of the most urgent request and delivers its sound. WORKER THREADS, one at a time.

use std::sync::Arc;

use super::mailbox::{Mailbox, Polled};
use super::running::RunningJob;
use super::scheduler::{PREVIEW_URGENCY, Scheduler, Task};
use super::transfer::SoundTransfer;
use super::view::SoundView;
use crate::decode::source::{Progress, SourceError};
use crate::link::{Request, SoundSpec, WorkerEnd};

/// The worker's part of an instance.
pub(super) struct WorkerInstance {
    scheduler: Scheduler,
}

impl WorkerInstance {
    pub(super) fn new(end: WorkerEnd) -> Self {
        Self { scheduler: Scheduler::new(end) }
    }

    pub(super) fn existing_blocks(&self) -> usize {
        self.scheduler.end.existing_blocks()
    }

    pub(super) fn waiting_messages(&self) -> usize {
        self.scheduler.end.waiting_messages()
    }

    /// Sends waiting messages, and returns what there is to do.
    pub(super) fn poll(&mut self, mailbox: &Mailbox) -> Polled {
        self.scheduler.end.collect_empties();
        self.scheduler.refresh();
        self.scheduler.show_main(mailbox);
        let urgency = self.scheduler.next(mailbox).map(|(urgency, _)| urgency);
        let busy = self.scheduler.is_busy() || urgency.is_some();
        if !busy {
            self.scheduler.end.free_spare();
        }
        Polled { urgency, busy }
    }

    /// Works on the most urgent task until it is done or another may come first. Returns false if its job was put aside; the instance then
    /// keeps its turn among equals.
    pub(super) fn serve(&mut self, mailbox: &Mailbox) -> bool {
        self.poll(mailbox);
        let Some((_, task)) = self.scheduler.next(mailbox) else { return true };
        match task {
            Task::Slot(slot) => self.serve_slot(slot, mailbox),
            Task::Preview => self.serve_preview(mailbox),
        }
    }

    fn serve_slot(&mut self, slot: usize, mailbox: &Mailbox) -> bool {
        let (aside, request) = self.scheduler.take(slot);
        let job = match (aside, request) {
            (Some(job), _) => job,
            (None, Some(request)) => match RunningJob::begin(slot, request, mailbox) {
                Ok(Some(job)) => job,
                Ok(None) => {
                    self.scheduler.skip(slot, request.generation);
                    return true;
                }
                Err(error) => {
                    self.fail(slot, request.generation, request.spec, &error, mailbox);
                    return true;
                }
            },
            (None, None) => return true,
        };
        let (generation, spec) = (job.generation(), *job.spec());
        match self.run(Task::Slot(slot), job, mailbox) {
            Ran::PutAside => false,
            Ran::Done(transfer) => {
                let view = Arc::new(view_of(&transfer));
                mailbox.keep(slot, view);
                self.scheduler.finish(*transfer);
                self.scheduler.show_main(mailbox);
                true
            }
            Ran::Failed(error) => {
                self.fail(slot, generation, spec, &error, mailbox);
                true
            }
            Ran::Dropped => true,
        }
    }

    fn fail(&mut self, slot: usize, generation: u64, spec: SoundSpec, error: &SourceError, mailbox: &Mailbox) {
        mailbox.failed(error.to_string());
        self.scheduler.fail(slot, generation, spec);
    }

    fn serve_preview(&mut self, mailbox: &Mailbox) -> bool {
        let job = match self.scheduler.take_preview(mailbox) {
            (Some(job), _) => job,
            (None, Some(spec)) => match RunningJob::begin(0, preview_request(spec), mailbox) {
                Ok(Some(job)) => job,
                Ok(None) => return true,
                Err(error) => {
                    mailbox.failed(error.to_string());
                    return true;
                }
            },
            (None, None) => return true,
        };
        match self.run(Task::Preview, job, mailbox) {
            Ran::PutAside => false,
            Ran::Done(transfer) => {
                self.scheduler.show_preview(view_of(&transfer), mailbox);
                true
            }
            Ran::Failed(error) => {
                mailbox.failed(error.to_string());
                true
            }
            Ran::Dropped => true,
        }
    }

    /// Advances a job until it is done or put aside: after every step of a slow job or of the rest of a sound, and where a more urgent task
    /// waits. A job that has not delivered its region continues even if a newer request of its slot waits.
    fn run(&mut self, task: Task, mut job: RunningJob, mailbox: &Mailbox) -> Ran {
        loop {
            let end = if task == Task::Preview { None } else { Some(&mut self.scheduler.end) };
            let progress = match job.advance(end) {
                Ok(progress) => progress,
                Err(error) => {
                    clear_progress(&job, mailbox);
                    return Ran::Failed(error);
                }
            };
            let Progress::Going(part) = progress else {
                clear_progress(&job, mailbox);
                mailbox.succeeded(job.worked());
                return job.into_whole().map_or(Ran::Dropped, |transfer| Ran::Done(Box::new(transfer)));
            };
            if job.is_slow() {
                mailbox.set_progress(Some(part));
            }
            let nobody = mailbox.is_detached() || (task != Task::Preview && self.scheduler.end.audio_is_gone());
            if nobody {
                clear_progress(&job, mailbox);
                return Ran::Dropped;
            }
            self.scheduler.refresh();
            let own = match task {
                Task::Slot(slot) => self.scheduler.urgency(slot, &job, self.scheduler.urgency_of(slot)),
                Task::Preview => job.urgency(PREVIEW_URGENCY),
            };
            let waits = self.scheduler.next(mailbox).is_some_and(|(urgency, other)| other != task && urgency < own);
            if job.is_slow() || own.is_rest || waits {
                self.scheduler.put_aside(task, job);
                return Ran::PutAside;
            }
        }
    }

    /// Drops every job: the instance has been removed from the pool.
    pub(super) fn drop_jobs(&mut self) {
        self.scheduler.drop_jobs();
    }
}

/// A slow job shows no progress any more.
fn clear_progress(job: &RunningJob, mailbox: &Mailbox) {
    if job.is_slow() {
        mailbox.set_progress(None);
    }
}

/// Result of running a job.
enum Ran {
    /// The job continues later.
    PutAside,
    /// The sound is complete.
    Done(Box<SoundTransfer>),
    /// The job failed.
    Failed(SourceError),
    /// The sound is no longer wanted.
    Dropped,
}

fn preview_request(spec: SoundSpec) -> Request {
    Request {
        generation: 0,
        spec,
        urgency: PREVIEW_URGENCY,
        cursor_sample: 0,
        region_end_sample: 0,
        wants_draft: false,
        main: true,
    }
}

fn view_of(transfer: &SoundTransfer) -> SoundView {
    let head = transfer.head();
    SoundView {
        samples: transfer.samples().to_vec(),
        channels: head.channels,
        sample_rate_hz: head.sample_rate_hz,
        spec: head.spec,
        generation: transfer.generation(),
    }
}
