//! The worker threads of the process, and the poller that finds work for them. WORKER THREADS.
//!
//! The audio thread wakes no thread. Instead a poller checks every instance each millisecond while any of them plays or changes, every
//! 10 ms while all are idle, every 30 ms after two idle seconds, and every 100 ms while no host processes: a timed wake-up costs up to
//! 20 µs on a loaded machine, and an idle process is to stay below 0.1 % of a core. The poller sends tokens to the workers. A worker with a
//! token takes the most urgent job of all instances, among equals that of the instance that has waited longest. An instance is served by one worker at a time.
//!
//! There are two lanes: slow jobs come after all interactive ones and are put aside after every step, so that an interactive job never
//! waits for more than one step.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "worker threads may wait: they park, and share locks with the main thread, never with the audio thread"
)]

mod client;
mod mailbox;
mod running;
mod scheduler;
mod transfer;
mod view;
mod worker_instance;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;

use mailbox::Urgency;

pub use client::PoolClient;
pub use view::SoundView;

/// Poll interval while any instance plays or changes. Adds to the latency of a control; shorter costs more wake-ups.
const BUSY_INTERVAL: Duration = Duration::from_millis(1);
/// Poll interval while every instance is idle. Delays the first note or change after a pause.
const IDLE_INTERVAL: Duration = Duration::from_millis(10);
/// Poll interval once every instance has been idle for [`LONG_IDLE_AFTER`].
const LONG_IDLE_INTERVAL: Duration = Duration::from_millis(30);
/// Poll interval while no host processes; a request of an editor wakes the poller at once.
const NOT_PROCESSING_INTERVAL: Duration = Duration::from_millis(100);
/// See [`LONG_IDLE_INTERVAL`].
const LONG_IDLE_AFTER: Duration = Duration::from_secs(2);
/// Most worker threads of the process-wide pool. More serve more instances at once; each keeps pipelines of its own in memory.
const MAX_WORKERS: usize = 4;

/// No thread can be started for decoding; without one an instance would stay silent, and offline rendering would wait forever.
#[derive(Debug, thiserror::Error)]
#[error("no thread can be started to decode sounds ({0}); close other programs and try again")]
pub struct PoolError(std::io::Error);

/// Worker threads that serve any number of instances. Dropping the last handle stops and joins them.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    tokens: Option<Sender<()>>,
}

/// What the threads of a pool share.
struct Shared {
    instances: Mutex<Vec<Arc<PoolClient>>>,
    poller: OnceLock<Thread>,
    stop: AtomicBool,
    turn: AtomicU64,
    polls: AtomicU64,
}

/// The pool of the process while any handle to it lives.
static GLOBAL: Mutex<Weak<Pool>> = Mutex::new(Weak::new());

impl Pool {
    /// The pool of the process: half as many workers as cores, at least one and at most four. It starts with the first instance and ends
    /// with the last, so that no thread outlives the plug-in's code in the host.
    ///
    /// # Errors
    /// As [`Pool::new`].
    pub fn global() -> Result<Arc<Pool>, PoolError> {
        let mut global = GLOBAL.lock();
        if let Some(pool) = global.upgrade() {
            return Ok(pool);
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = Pool::new((cores / 2).clamp(1, MAX_WORKERS))?;
        *global = Arc::downgrade(&pool);
        Ok(pool)
    }

    /// A pool with up to `workers` worker threads (at least one) and a poller.
    ///
    /// # Errors
    /// [`PoolError`] if the poller or the first worker cannot be started; fewer workers than requested are no error.
    pub fn new(workers: usize) -> Result<Arc<Pool>, PoolError> {
        let workers = workers.max(1);
        let (token_in, token_out) = crossbeam_channel::bounded(workers);
        let shared = Arc::new(Shared {
            instances: Mutex::new(Vec::new()),
            poller: OnceLock::new(),
            stop: AtomicBool::new(false),
            turn: AtomicU64::new(1),
            polls: AtomicU64::new(0),
        });
        // Dropped on an early return, which stops and joins the threads started so far.
        let mut pool = Pool { shared, threads: Vec::new(), tokens: Some(token_in.clone()) };
        let shared = pool.shared.clone();
        let poller = spawn("heptode-poll", move || poll_all(&shared, &token_in))?;
        // Set once, here: the cell is new.
        let _ = pool.shared.poller.set(poller.thread().clone());
        pool.threads.push(poller);
        for index in 0..workers {
            let shared = pool.shared.clone();
            let tokens = token_out.clone();
            match spawn(&format!("heptode-work-{index}"), move || work(&shared, &tokens)) {
                Ok(worker) => pool.threads.push(worker),
                Err(error) if index == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(Arc::new(pool))
    }

    /// Adds an instance to those that are served.
    pub fn attach(&self, client: &Arc<PoolClient>) {
        self.shared.instances.lock().push(client.clone());
        self.unpark();
    }

    /// Removes an instance from those that are served; a running job stops after its step.
    pub fn detach(&self, client: &Arc<PoolClient>) {
        self.shared.instances.lock().retain(|other| !Arc::ptr_eq(other, client));
        client.detach();
    }

    /// Wakes the poller now. Never called by the audio thread.
    pub fn unpark(&self) {
        if let Some(poller) = self.shared.poller.get() {
            poller.unpark();
        }
    }

    /// Looks of the poller at all instances so far, for a measurement of what an idle pool costs.
    pub fn polls(&self) -> u64 {
        self.shared.polls.load(Ordering::Relaxed)
    }

    /// Instances served now.
    pub fn instance_count(&self) -> usize {
        self.shared.instances.lock().len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.tokens = None;
        self.unpark();
        let own = std::thread::current().id();
        for handle in self.threads.drain(..) {
            // A worker that drops the last handle (with a source that owns one) must not join itself.
            if handle.thread().id() != own {
                // A thread panics only by a defect of the pool itself, and no caller is left to report it to.
                let _ = handle.join();
            }
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, PoolError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(PoolError)
}

/// Main loop of the poller.
fn poll_all(shared: &Shared, tokens: &Sender<()>) {
    let mut last_busy = Instant::now();
    while !shared.stop.load(Ordering::Acquire) {
        let Some(look) = poll_once(shared, tokens) else {
            std::thread::park();
            continue;
        };
        if look.busy {
            last_busy = Instant::now();
        }
        let interval = match last_busy.elapsed() {
            _ if look.busy => BUSY_INTERVAL,
            idle if idle < LONG_IDLE_AFTER => IDLE_INTERVAL,
            _ if look.processing => LONG_IDLE_INTERVAL,
            _ => NOT_PROCESSING_INTERVAL,
        };
        std::thread::park_timeout(interval);
    }
}

/// What a look at all instances has found.
#[derive(Clone, Copy, Default)]
struct Look {
    /// Whether any instance plays, moves or waits for something.
    busy: bool,
    /// Whether any host has rendered since the look before.
    processing: bool,
}

/// Looks at every instance and hands out tokens. `None` when there are none.
fn poll_once(shared: &Shared, tokens: &Sender<()>) -> Option<Look> {
    shared.polls.fetch_add(1, Ordering::Relaxed);
    let mut found = None;
    for client in shared.instances.lock().iter() {
        let polled = client.poll();
        if polled.urgency.is_some() {
            // A full queue means that every worker has a token already.
            let _ = tokens.try_send(());
        }
        let look: &mut Look = found.get_or_insert_default();
        look.busy |= polled.busy;
        look.processing |= client.has_rendered();
    }
    found
}

/// Main loop of a worker: waits for a token, then serves instances until nothing is left to do.
fn work(shared: &Shared, tokens: &Receiver<()>) {
    while tokens.recv().is_ok() {
        while !shared.stop.load(Ordering::Acquire) {
            let Some(client) = pick(shared) else { break };
            client.serve(shared.turn.fetch_add(1, Ordering::Relaxed));
        }
    }
    super::latent::drop_pipelines();
}

/// The instance with the most urgent task that no other worker serves.
fn pick(shared: &Shared) -> Option<Arc<PoolClient>> {
    let instances = shared.instances.lock();
    let urgent = instances.iter().filter_map(|client| Some((client.poll().urgency?, client.last_turn(), client)));
    let first: Option<(Urgency, u64, &Arc<PoolClient>)> = urgent.min_by_key(|(urgency, turn, _)| (*urgency, *turn));
    first.map(|(_, _, client)| client.clone())
}
