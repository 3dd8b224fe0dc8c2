//! A job under way and the sound that it makes. WORKER THREADS, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::mailbox::{Mailbox, Urgency};
use super::transfer::SoundTransfer;
use crate::decode::reverse::Reversed;
use crate::decode::source::{Focus, Job, Pace, Progress, Sink, SoundShape, SourceError, Version};
use crate::link::{Request, SoundSpec, WorkerEnd};

/// A sound being made: its job, and the parts made so far.
pub(super) struct RunningJob {
    slot: usize,
    request: Request,
    job: Box<dyn Job>,
    pace: Pace,
    sample_rate_hz: f32,
    draft: Option<SoundTransfer>,
    whole: Option<SoundTransfer>,
    /// Time spent in the job so far.
    worked: Duration,
}

impl RunningJob {
    /// Begins the sound of a request; `None` if its source has been removed.
    ///
    /// # Errors
    /// [`SourceError`] if an asset is missing, or if the source refuses the request or panics.
    pub(super) fn begin(slot: usize, request: Request, mailbox: &Mailbox) -> Result<Option<Self>, SourceError> {
        let Some(source) = mailbox.source(request.spec.source) else { return Ok(None) };
        let assets = mailbox.assets.resolve(&request.spec.assets)?;
        let job = guarded(|| source.begin(&request.spec, assets))?;
        let properties = source.properties();
        let shaping = request.spec.shaping;
        // What is not shaped was made with its shaping, its direction among it.
        let is_turned = shaping.is_reversed && properties.is_shaped;
        let job: Box<dyn Job> = if is_turned { Box::new(Reversed::new(job, shaping.stretch)) } else { job };
        let (pace, sample_rate_hz) = (properties.pace, properties.sample_rate_hz);
        Ok(Some(Self { slot, request, job, pace, sample_rate_hz, draft: None, whole: None, worked: Duration::ZERO }))
    }

    pub(super) fn generation(&self) -> u64 {
        self.request.generation
    }

    pub(super) fn spec(&self) -> &SoundSpec {
        &self.request.spec
    }

    pub(super) fn worked(&self) -> Duration {
        self.worked
    }

    pub(super) fn is_slow(&self) -> bool {
        self.pace == Pace::Slow
    }

    /// Urgency of the next step, for a request of urgency `request`.
    pub(super) fn urgency(&self, request: u32) -> Urgency {
        Urgency { lane: self.pace, request, is_rest: self.has_given_region() }
    }

    /// Whether the region that the voices need has been delivered, as a draft or as part of the whole sound.
    pub(super) fn has_given_region(&self) -> bool {
        let (first, end) = (self.request.cursor_sample as usize, self.request.region_end_sample as usize);
        let end = end.max(first + 1);
        [&self.draft, &self.whole].into_iter().flatten().any(|transfer| transfer.has_region(first, end))
    }

    /// Does one step. Its blocks are sent to `end` as far as there is room; without an end they are kept only.
    ///
    /// # Errors
    /// [`SourceError`] if the job fails, panics or ends with blocks missing.
    pub(super) fn advance(&mut self, end: Option<&mut WorkerEnd>) -> Result<Progress, SourceError> {
        let started = Instant::now();
        let focus = Focus {
            first_sample: self.request.cursor_sample as usize,
            end_sample: self.request.region_end_sample as usize,
            wants_draft: self.request.wants_draft && end.is_some(),
        };
        let mut sink = TransferSink {
            slot: self.slot,
            request: &self.request,
            sample_rate_hz: self.sample_rate_hz,
            draft: &mut self.draft,
            whole: &mut self.whole,
            end,
        };
        let job = &mut self.job;
        let result = guarded(|| job.advance(&focus, &mut sink));
        self.worked += started.elapsed();
        if result == Ok(Progress::Done) {
            self.check_whole()?;
        }
        result
    }

    fn check_whole(&self) -> Result<(), SourceError> {
        let (found, expected) = self.whole.as_ref().map_or((0, 0), SoundTransfer::given);
        if expected > 0 && found == expected { Ok(()) } else { Err(SourceError::Incomplete { found, expected }) }
    }

    /// Sends the blocks that had no room in the queue before.
    pub(super) fn send(&mut self, end: &mut WorkerEnd) {
        // Once the whole sound has begun, the draft is obsolete.
        let transfer = self.whole.as_mut().or(self.draft.as_mut());
        if let Some(transfer) = transfer {
            // Blocks without room are sent by a later poll.
            let _ = transfer.send(end);
        }
    }

    /// The whole sound, once the job is done.
    pub(super) fn into_whole(self) -> Option<SoundTransfer> {
        self.whole
    }
}

/// Runs code of a source, and converts a panic to [`SourceError::Panicked`].
fn guarded<T>(work: impl FnOnce() -> Result<T, SourceError>) -> Result<T, SourceError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text =
            payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
        Err(SourceError::Panicked(text.unwrap_or("no reason given").to_owned()))
    })
}

/// Keeps the blocks of a job, and sends them to the audio thread as they arrive.
struct TransferSink<'a> {
    slot: usize,
    request: &'a Request,
    sample_rate_hz: f32,
    draft: &'a mut Option<SoundTransfer>,
    whole: &'a mut Option<SoundTransfer>,
    end: Option<&'a mut WorkerEnd>,
}

impl Sink for TransferSink<'_> {
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
        let (place, generation) = match version {
            Version::Draft => (&mut *self.draft, self.request.draft_generation()),
            Version::Whole => (&mut *self.whole, self.request.generation),
        };
        *place = Some(SoundTransfer::new((self.slot, generation), self.request.spec, self.sample_rate_hz, shape)?);
        Ok(())
    }

    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        let Some(transfer) = self.whole.as_mut().or(self.draft.as_mut()) else {
            return Err(SourceError::OutOfBounds { what: "blocks before a sound", found: 1, limit: 0 });
        };
        transfer.accept(index, channel, samples)?;
        if let Some(end) = &mut self.end {
            // Blocks without room are sent by a later poll.
            let _ = transfer.send(end);
        }
        Ok(())
    }
}
