//! The tasks of an instance and their order: requests, jobs put aside, sounds that wait for room. WORKER THREADS, one at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::mailbox::{Mailbox, Urgency};
use super::running::RunningJob;
use super::transfer::SoundTransfer;
use super::view::SoundView;
use crate::decode::source::Pace;
use crate::decode::sustain;
use crate::link::{Request, RequestBoard, SLOTS, SoundSpec, SustainMap, WorkerEnd};

/// Urgency of a preview: after slots with voices, before the main zone.
pub(super) const PREVIEW_URGENCY: u32 = 1;
/// How long an instance counts as busy after its last request. Longer polls often for longer; shorter delays a sweep's next move.
const BUSY_AFTER_REQUEST: Duration = Duration::from_secs(1);
/// How long after the last request the rest of a sound waits whose region has been delivered. A step of it takes up to 7 ms, which a knob that
/// still moves would wait for; the region lasts for about 180 ms. By
/// `bench_knob` on two cores the median falls from 18 to 14 ms.
const REST_AFTER: Duration = Duration::from_millis(8);
/// A host that has not rendered for this long counts as not processing, and its voices as not playing. Must be longer than the longest
/// block: 8192 samples at 22 050 Hz are 372 ms.
const RENDERS_WITHIN: Duration = Duration::from_secs(2);

/// A task of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Work on a slot's request.
    Slot(usize),
    /// Work on the preview.
    Preview,
}

/// What a search for a sound's sustain has found.
#[derive(Clone, Copy)]
struct Searched {
    key: f32,
    length_samples: usize,
    map: SustainMap,
}

/// The work of one instance.
pub(super) struct Scheduler {
    pub(super) end: WorkerEnd,
    board: RequestBoard,
    done: [u64; SLOTS],
    /// Where held notes go on in the last sound of each slot that was searched for it.
    sustains: [Option<Searched>; SLOTS],
    /// The turn in which each slot was last given the region that its voices need; see [`Self::served`].
    served: [u64; SLOTS],
    turns: u64,
    /// Jobs that have been begun and put aside.
    jobs: [Option<RunningJob>; SLOTS],
    preview: Option<RunningJob>,
    /// A complete sound, or the report of a failure, that waits for room in the queue.
    backlog: Option<SoundTransfer>,
    shown_generation: u64,
    last_request: Option<Instant>,
    /// Number of calls of the synth, and the time at which it was last seen to have grown.
    renders: (u64, Option<Instant>),
}

impl Scheduler {
    pub(super) fn new(end: WorkerEnd) -> Self {
        Self {
            end,
            board: [None; SLOTS],
            done: [0; SLOTS],
            sustains: [None; SLOTS],
            served: [0; SLOTS],
            turns: 0,
            jobs: [const { None }; SLOTS],
            preview: None,
            backlog: None,
            shown_generation: 0,
            last_request: None,
            renders: (0, None),
        }
    }

    fn read_board(&mut self) {
        if self.end.has_new_board() {
            self.board = *self.end.board();
            self.last_request = Some(Instant::now());
        }
    }

    /// Reads the newest board, drops obsolete jobs, and sends what waits for room.
    pub(super) fn refresh(&mut self) {
        self.read_board();
        for slot in 0..SLOTS {
            let newest = self.board[slot].map(|request| request.generation);
            // A job that has begun delivers its region first, so that a sweep is audible while it moves.
            let is_over = self.jobs[slot].as_ref().is_some_and(|job| {
                newest.is_none_or(|newest| {
                    newest > job.generation() && job.has_given_region() && !self.must_finish(slot, job)
                })
            });
            if is_over {
                self.jobs[slot] = None;
            }
            if let Some(job) = &mut self.jobs[slot] {
                job.send(&mut self.end);
            }
        }
        self.send_backlog();
    }

    /// Whether a sound is finished although a newer request waits: nothing is known yet of where held notes of its key go on. Without it, notes whose
    /// sound never stands still would end with it.
    fn must_finish(&self, slot: usize, job: &RunningJob) -> bool {
        let is_known = self.sustains[slot].is_some_and(|found| found.key == job.spec().key);
        let is_replaced = self.board[slot].is_some_and(|request| request.generation > job.generation());
        is_replaced && !is_known && !job.is_slow()
    }

    /// Urgency of a slot's job, for a request of urgency `request`.
    pub(super) fn urgency(&self, slot: usize, job: &RunningJob, request: u32) -> Urgency {
        let urgency = job.urgency(request);
        Urgency { is_rest: urgency.is_rest && !self.must_finish(slot, job), ..urgency }
    }

    /// Drops every job: the instance has been removed from the pool.
    pub(super) fn drop_jobs(&mut self) {
        self.jobs = [const { None }; SLOTS];
        (self.preview, self.backlog) = (None, None);
    }

    /// Sends the backlog, or drops it if its slot has a newer request.
    fn send_backlog(&mut self) {
        if let Some(mut transfer) = self.backlog.take() {
            let newest = self.board[transfer.slot()].map_or(0, |request| request.generation);
            if newest <= transfer.generation() && !transfer.send(&mut self.end) {
                self.backlog = Some(transfer);
            }
        }
    }

    /// The most urgent task; among equals that of the slot whose last sound is longest ago, so that slots which ask for more than can be
    /// made get equally many sounds. Requests are not served while the backlog waits.
    pub(super) fn next(&self, mailbox: &Mailbox) -> Option<(Urgency, Task)> {
        let preview = match &self.preview {
            Some(job) => Some(job.urgency(PREVIEW_URGENCY)),
            None => mailbox.preview.lock().as_ref().map(|spec| first_step(pace_of(spec, mailbox), PREVIEW_URGENCY)),
        };
        let preview = preview.map(|urgency| (urgency, 0, 0, Task::Preview));
        let takes = self.backlog.is_none() && !self.end.audio_is_gone();
        let is_still = self.last_request.is_none_or(|at| at.elapsed() >= REST_AFTER);
        let slots = self.open().filter(|_| takes).map(|(slot, request)| {
            let urgency = match &self.jobs[slot] {
                Some(job) => self.urgency(slot, job, request.urgency),
                None => first_step(pace_of(&request.spec, mailbox), request.urgency),
            };
            (urgency, self.served[slot], request.generation, Task::Slot(slot))
        });
        let slots = slots.filter(|(urgency, ..)| is_still || !urgency.is_rest);
        let first =
            slots.chain(preview).min_by_key(|(urgency, served, generation, _)| (*urgency, *served, *generation));
        first.map(|(urgency, .., task)| (urgency, task))
    }

    /// Requests that have neither been completed nor failed.
    fn open(&self) -> impl Iterator<Item = (usize, Request)> {
        let open = self.board.iter().zip(&self.done).enumerate();
        open.filter_map(|(slot, (request, done))| {
            request.filter(|request| request.generation > *done).map(|request| (slot, request))
        })
    }

    /// Urgency of a slot's newest request; `u32::MAX` if there is none.
    pub(super) fn urgency_of(&self, slot: usize) -> u32 {
        self.board[slot].map_or(u32::MAX, |request| request.urgency)
    }

    /// The job of a slot that was put aside, or the request to begin one for.
    pub(super) fn take(&mut self, slot: usize) -> (Option<RunningJob>, Option<Request>) {
        (self.jobs[slot].take(), self.board[slot])
    }

    /// The preview that was put aside, or the newer sound to begin one for.
    pub(super) fn take_preview(&mut self, mailbox: &Mailbox) -> (Option<RunningJob>, Option<SoundSpec>) {
        match mailbox.preview.lock().take() {
            Some(spec) => (None, Some(spec)),
            None => (self.preview.take(), None),
        }
    }

    /// Keeps a job for later.
    pub(super) fn put_aside(&mut self, task: Task, job: RunningJob) {
        match task {
            Task::Slot(slot) => {
                if job.has_given_region() {
                    self.served(slot);
                }
                self.jobs[slot] = Some(job);
            }
            Task::Preview => self.preview = Some(job),
        }
    }

    /// Notes that a slot has been given what its voices need.
    fn served(&mut self, slot: usize) {
        self.turns += 1;
        self.served[slot] = self.turns;
    }

    /// Marks a request as done, and sends the rest of its complete sound, now or when there is room.
    pub(super) fn finish(&mut self, mut transfer: SoundTransfer) {
        self.served(transfer.slot());
        self.done[transfer.slot()] = transfer.generation();
        self.read_board();
        let sustain = self.sustain_of(&transfer);
        transfer.finish(sustain);
        if !transfer.send(&mut self.end) {
            self.backlog = Some(transfer);
        }
    }

    /// Where held notes go on in a sound. The search takes 4 to 9 ms, so a sound that a waiting request will soon replace takes over what
    /// was found in the one before it, if both have the same key and length: their frames stand at the same places.
    fn sustain_of(&mut self, transfer: &SoundTransfer) -> SustainMap {
        let (slot, head) = (transfer.slot(), transfer.head());
        let (key, length_samples) = (head.spec.key, head.length_samples);
        if let Some(map) = transfer.known_sustain() {
            self.sustains[slot] = Some(Searched { key, length_samples, map });
            return map;
        }
        let is_replaced = self.board[slot].is_some_and(|request| request.generation > transfer.generation());
        let before = self.sustains[slot].filter(|found| found.key == key && found.length_samples == length_samples);
        if let Some(found) = before.filter(|_| is_replaced) {
            return found.map;
        }
        let map = sustain::find(transfer.samples(), head.channels, head.sample_rate_hz);
        self.sustains[slot] = Some(Searched { key, length_samples, map });
        map
    }

    /// Marks a request as done, and reports its failure to the audio thread.
    pub(super) fn fail(&mut self, slot: usize, generation: u64, spec: SoundSpec) {
        self.done[slot] = generation;
        self.served(slot);
        let mut transfer = SoundTransfer::failed((slot, generation), spec);
        if !transfer.send(&mut self.end) {
            self.backlog = Some(transfer);
        }
    }

    /// Marks a request as done whose source has been removed: the audio side requests its sound from the current source.
    pub(super) fn skip(&mut self, slot: usize, generation: u64) {
        self.done[slot] = generation;
    }

    /// Whether the instance plays, has had a request lately, or has a backlog that a processing host will take.
    pub(super) fn is_busy(&mut self) -> bool {
        let moves = self.last_request.is_some_and(|at| at.elapsed() < BUSY_AFTER_REQUEST);
        let plays = self.is_playing();
        !self.end.audio_is_gone() && (plays || moves || (self.backlog.is_some() && self.is_rendering()))
    }

    /// Whether there are voices, and the host processes.
    fn is_playing(&mut self) -> bool {
        let is_rendering = self.is_rendering();
        is_rendering && self.end.telemetry().playing_voices.load(Ordering::Relaxed) > 0
    }

    fn is_rendering(&mut self) -> bool {
        let renders = self.end.telemetry().renders.load(Ordering::Relaxed);
        if renders != self.renders.0 {
            self.renders = (renders, Some(Instant::now()));
        }
        self.renders.1.is_some_and(|at| at.elapsed() < RENDERS_WITHIN)
    }

    /// Shows the sound of the main zone once it is complete; a preview is shown until then.
    pub(super) fn show_main(&mut self, mailbox: &Mailbox) {
        let sounds = mailbox.sounds.lock();
        let main = self.board.iter().zip(sounds.iter()).find_map(|(request, sound)| match (request, sound) {
            (Some(request), Some(sound)) if request.main && sound.generation == request.generation => Some(sound),
            _ => None,
        });
        if let Some(view) = main.filter(|view| view.generation != self.shown_generation) {
            self.shown_generation = view.generation;
            *mailbox.view.lock() = Some(Arc::clone(view));
        }
    }

    /// Shows a preview, and keeps main sounds that were requested before it from replacing it.
    pub(super) fn show_preview(&mut self, view: SoundView, mailbox: &Mailbox) {
        *mailbox.view.lock() = Some(Arc::new(view));
        let main = self.board.iter().flatten().filter(|request| request.main);
        self.shown_generation = main.map(|request| request.generation).max().unwrap_or(0);
    }
}

fn first_step(lane: Pace, request: u32) -> Urgency {
    Urgency { lane, request, is_rest: false }
}

fn pace_of(spec: &SoundSpec, mailbox: &Mailbox) -> Pace {
    mailbox.source(spec.source).map_or(Pace::Interactive, |source| source.properties().pace)
}
