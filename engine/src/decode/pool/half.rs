//! The worker's half of an instance: takes the newest requests, runs the source, sends what it gives. WORKER THREADS, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::parcel::{Parcel, Tail};
use super::served::{Mail, Polled};
use crate::decode::source::{Flow, Sink, Source, SourceError};
use crate::link::{BLOCK_SAMPLES, Request, RequestBoard, SLOTS, SoundSpec, WorkerEnd};

/// Blocks from the last cursor on that are given before a render yields: 186 ms at 44.1 kHz.
const FIRST_REGION_BLOCKS: usize = 4;
/// Urgency of a preview: after sounding slots.
const PREVIEW_URGENCY: u32 = 1;
/// How long an instance counts as busy after its last request.
const BUSY_AFTER_REQUEST: Duration = Duration::from_secs(1);

/// A finished sound, for the waveform and for export.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundView {
    /// Mono samples.
    pub samples: Vec<f32>,
    /// Their rate in hertz.
    pub sample_rate_hz: f32,
    /// What they are the sound of.
    pub spec: SoundSpec,
    /// Generation of the request; 0 for a preview.
    pub generation: u64,
}

/// The last sound that was begun in a slot.
struct Last {
    view: Arc<SoundView>,
    complete: bool,
}

/// What the sink of a render needs besides the source.
struct Line {
    end: WorkerEnd,
    board: RequestBoard,
    done: [u64; SLOTS],
    last: [Option<Last>; SLOTS],
    backlog: Option<Parcel>,
    shown_generation: u64,
    last_request: Option<Instant>,
}

/// The worker's half of an instance.
pub(super) struct Half {
    source: Box<dyn Source>,
    line: Line,
}

impl Half {
    pub(super) fn new(end: WorkerEnd, source: Box<dyn Source>) -> Self {
        let line = Line {
            end,
            board: [None; SLOTS],
            done: [0; SLOTS],
            last: [const { None }; SLOTS],
            backlog: None,
            shown_generation: 0,
            last_request: None,
        };
        Self { source, line }
    }

    pub(super) fn existing_blocks(&self) -> usize {
        self.line.end.existing_blocks()
    }

    pub(super) fn waiting_messages(&self) -> usize {
        self.line.end.waiting_messages()
    }

    /// Moves mail and messages, and says what there is to do.
    pub(super) fn poll(&mut self, mail: &Mail) -> Polled {
        if let Some(source) = mail.new_source.lock().take() {
            self.source = source;
            *mail.sounds.lock() = [const { None }; SLOTS];
        }
        self.line.end.collect_empties();
        self.line.refresh();
        self.line.send_backlog();
        self.line.show_main(mail);
        let preview = mail.preview.lock().is_some().then_some(PREVIEW_URGENCY);
        let request = self.line.most_urgent().map(|(_, request)| request.urgency);
        let urgency = [preview, request].into_iter().flatten().min();
        let busy = urgency.is_some() || self.line.is_busy();
        if !busy {
            self.line.end.free_spare();
        }
        Polled { urgency, busy }
    }

    /// Does the most urgent thing there is to do.
    pub(super) fn serve(&mut self, mail: &Mail) {
        let polled = self.poll(mail);
        let request = self.line.most_urgent().filter(|(_, request)| Some(request.urgency) == polled.urgency);
        if let Some((slot, request)) = request {
            self.serve_request(mail, slot, &request);
        } else {
            let preview = mail.preview.lock().take();
            if let Some(spec) = preview {
                self.serve_preview(mail, spec);
            }
        }
    }

    fn serve_request(&mut self, mail: &Mail, slot: usize, request: &Request) {
        let started = Instant::now();
        let parcel = Parcel::new(slot, request, self.source.sample_rate_hz());
        let mut sink = RequestSink { line: &mut self.line, mail, request, parcel, stopped: false, refused: None };
        let result = run(self.source.as_mut(), &request.spec, request.cursor_sample as usize, &mut sink);
        let RequestSink { mut parcel, stopped, refused, .. } = sink;
        let result = verdict(result, refused, stopped, &parcel);
        self.line.keep(mail, &parcel, request, matches!(result, Ok(true)));
        match result {
            Ok(true) => {
                self.line.done[slot] = request.generation;
                parcel.finish(Tail::End);
                note_success(mail, started);
            }
            Ok(false) => {}
            Err(error) => {
                self.line.done[slot] = request.generation;
                parcel.finish(Tail::Failed);
                *mail.failure.lock() = Some(error.to_string());
            }
        }
        let finished = self.line.done[slot] == request.generation;
        if !parcel.send(&mut self.line.end) && finished {
            self.line.backlog = Some(parcel);
        }
        self.line.show_main(mail);
    }

    fn serve_preview(&mut self, mail: &Mail, spec: SoundSpec) {
        let started = Instant::now();
        let request = Request {
            generation: 0,
            spec,
            urgency: PREVIEW_URGENCY,
            cursor_sample: 0,
            last_cursor_sample: 0,
            main: true,
        };
        let parcel = Parcel::new(0, &request, self.source.sample_rate_hz());
        let mut sink = PreviewSink { line: &mut self.line, mail, parcel, stopped: false, refused: None };
        let result = run(self.source.as_mut(), &spec, 0, &mut sink);
        let PreviewSink { parcel, stopped, refused, .. } = sink;
        match verdict(result, refused, stopped, &parcel) {
            Ok(true) => {
                note_success(mail, started);
                *mail.view.lock() = Some(Arc::new(view_of(parcel)));
                // The player has moved on from what was asked for before.
                let main = self.line.board.iter().flatten().filter(|request| request.main);
                self.line.shown_generation = main.map(|request| request.generation).max().unwrap_or(0);
            }
            Ok(false) => {
                // Something more urgent came between; the preview is done afterwards unless a newer one is there.
                mail.preview.lock().get_or_insert(spec);
            }
            Err(error) => *mail.failure.lock() = Some(error.to_string()),
        }
    }
}

impl Line {
    /// Reads the newest board.
    fn refresh(&mut self) {
        if self.end.has_new_board() {
            self.board = *self.end.board();
            self.last_request = Some(Instant::now());
        }
    }

    /// Sends what waits for room, unless a newer request has overtaken it.
    fn send_backlog(&mut self) {
        if let Some(mut parcel) = self.backlog.take() {
            let newest = self.board[parcel.slot()].map_or(0, |request| request.generation);
            if newest <= parcel.generation() && !parcel.send(&mut self.end) {
                self.backlog = Some(parcel);
            }
        }
    }

    /// The most urgent request that is not done. None while the audio side takes nothing.
    fn most_urgent(&self) -> Option<(usize, Request)> {
        if self.backlog.is_some() || self.end.audio_is_gone() {
            return None;
        }
        let open = self.board.iter().zip(&self.done).enumerate();
        let open = open.filter_map(|(slot, (request, done))| {
            request.filter(|request| request.generation > *done).map(|request| (slot, request))
        });
        open.min_by_key(|(_, request)| (request.urgency, request.generation))
    }

    fn is_busy(&self) -> bool {
        let plays = self.end.telemetry().playing_voices.load(Ordering::Relaxed) > 0;
        let moves = self.last_request.is_some_and(|at| at.elapsed() < BUSY_AFTER_REQUEST);
        !self.end.audio_is_gone() && (plays || moves || self.backlog.is_some())
    }

    /// Whether a render of `request` in `slot` should make way.
    fn is_overtaken(&mut self, slot: usize, request: &Request) -> bool {
        self.refresh();
        let newer = self.board[slot].is_none_or(|now| now.generation > request.generation);
        newer || self.most_urgent().is_some_and(|(_, other)| other.urgency < request.urgency)
    }

    /// Keeps a sound for the next one's correlation, for the editor and for the project.
    fn keep(&mut self, mail: &Mail, parcel: &Parcel, request: &Request, complete: bool) {
        if parcel.given_blocks() == 0 {
            return;
        }
        let head = parcel.head();
        let view = Arc::new(SoundView {
            samples: parcel.samples().to_vec(),
            sample_rate_hz: head.sample_rate_hz,
            spec: request.spec,
            generation: request.generation,
        });
        if complete {
            mail.sounds.lock()[parcel.slot()] = Some(view.clone());
        }
        self.last[parcel.slot()] = Some(Last { view, complete });
    }

    /// Shows the sound of the main zone once it is complete.
    fn show_main(&mut self, mail: &Mail) {
        let main = self.board.iter().zip(&self.last).find_map(|(request, last)| match (request, last) {
            (Some(request), Some(last))
                if request.main && last.complete && last.view.generation == request.generation =>
            {
                Some(&last.view)
            }
            _ => None,
        });
        // A preview stays until another main sound is there.
        if let Some(view) = main.filter(|view| view.generation != self.shown_generation) {
            self.shown_generation = view.generation;
            *mail.view.lock() = Some(view.clone());
        }
    }

    /// Correlation of block `index` of `parcel` with the slot's last sound.
    fn correlation(&self, parcel: &Parcel, index: usize) -> f32 {
        let Some(last) = &self.last[parcel.slot()] else { return 0.0 };
        let (spec, before) = (&parcel.head().spec, &last.view.spec);
        if before.shaping.stretch != spec.shaping.stretch || before.key != spec.key {
            return 0.0;
        }
        let start = (index * BLOCK_SAMPLES).min(last.view.samples.len());
        let old = &last.view.samples[start..(start + BLOCK_SAMPLES).min(last.view.samples.len())];
        correlation(old, parcel.block(index))
    }
}

/// Normalised correlation at lag 0, [0, 1]; 0 where either is silent.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (mut dot, mut energy_a, mut energy_b) = (0.0f64, 0.0f64, 0.0f64);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        dot += x * y;
        energy_a += x * x;
        energy_b += y * y;
    }
    let norm = (energy_a * energy_b).sqrt();
    if norm > 1e-12 { (dot / norm).clamp(0.0, 1.0) as f32 } else { 0.0 }
}

/// Runs the source, with panics made errors.
fn run(source: &mut dyn Source, spec: &SoundSpec, first_sample: usize, sink: &mut dyn Sink) -> Result<(), SourceError> {
    catch_unwind(AssertUnwindSafe(|| source.render(spec, first_sample, sink))).unwrap_or_else(|payload| {
        source.recover();
        let text =
            payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
        Err(SourceError::Panicked(text.unwrap_or("no reason given").to_owned()))
    })
}

/// Ok(true): complete. Ok(false): made way for something else.
fn verdict(
    result: Result<(), SourceError>,
    refused: Option<SourceError>,
    stopped: bool,
    parcel: &Parcel,
) -> Result<bool, SourceError> {
    result?;
    if let Some(error) = refused {
        return Err(error);
    }
    let (found, expected) = (parcel.given_blocks(), parcel.total_blocks());
    if expected > 0 && found == expected {
        return Ok(true);
    }
    if stopped { Ok(false) } else { Err(SourceError::Incomplete { found, expected }) }
}

fn note_success(mail: &Mail, started: Instant) {
    *mail.failure.lock() = None;
    let decode_us = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);
    mail.decode_us.store(decode_us, Ordering::Relaxed);
    mail.decodes.fetch_add(1, Ordering::Relaxed);
}

fn view_of(parcel: Parcel) -> SoundView {
    let head = *parcel.head();
    let generation = parcel.generation();
    SoundView { samples: parcel.into_samples(), sample_rate_hz: head.sample_rate_hz, spec: head.spec, generation }
}

/// Sends a requested sound to the audio thread as it comes.
struct RequestSink<'a> {
    line: &'a mut Line,
    mail: &'a Mail,
    request: &'a Request,
    parcel: Parcel,
    stopped: bool,
    refused: Option<SourceError>,
}

impl RequestSink<'_> {
    fn refuse(&mut self, error: SourceError) -> Flow {
        self.refused.get_or_insert(error);
        Flow::Stop
    }
}

impl Sink for RequestSink<'_> {
    fn begin(&mut self, length_samples: usize) -> Flow {
        match self.parcel.set_length(length_samples) {
            Ok(()) => Flow::Continue,
            Err(error) => self.refuse(error),
        }
    }

    fn block(&mut self, index: usize, samples: &[f32]) -> Flow {
        if let Err(error) = self.parcel.accept(index, samples) {
            return self.refuse(error);
        }
        if self.parcel.given_blocks() == 1 {
            let correlation = self.line.correlation(&self.parcel, index);
            self.parcel.set_correlation(correlation);
        }
        // What finds no room now is sent by a later poll.
        let _ = self.parcel.send(&mut self.line.end);
        if self.cancelled() { Flow::Stop } else { Flow::Continue }
    }

    fn cancelled(&mut self) -> bool {
        let nobody = self.mail.detached.load(Ordering::Acquire) || self.line.end.audio_is_gone();
        let first = self.request.cursor_sample as usize / BLOCK_SAMPLES;
        let last = (self.request.last_cursor_sample as usize / BLOCK_SAMPLES).max(first) + FIRST_REGION_BLOCKS;
        let playable = self.parcel.has_region(first, last);
        self.stopped = nobody || (playable && self.line.is_overtaken(self.parcel.slot(), self.request));
        self.stopped
    }
}

/// Keeps a sound that is only shown.
struct PreviewSink<'a> {
    line: &'a mut Line,
    mail: &'a Mail,
    parcel: Parcel,
    stopped: bool,
    refused: Option<SourceError>,
}

impl Sink for PreviewSink<'_> {
    fn begin(&mut self, length_samples: usize) -> Flow {
        self.refused = self.refused.take().or(self.parcel.set_length(length_samples).err());
        if self.refused.is_some() { Flow::Stop } else { Flow::Continue }
    }

    fn block(&mut self, index: usize, samples: &[f32]) -> Flow {
        self.refused = self.refused.take().or(self.parcel.accept(index, samples).err());
        if self.refused.is_some() || self.cancelled() { Flow::Stop } else { Flow::Continue }
    }

    fn cancelled(&mut self) -> bool {
        self.line.refresh();
        let wanted = self.line.most_urgent().is_some_and(|(_, request)| request.urgency < PREVIEW_URGENCY);
        self.stopped = wanted || self.mail.detached.load(Ordering::Acquire) || self.mail.preview.lock().is_some();
        self.stopped
    }
}
