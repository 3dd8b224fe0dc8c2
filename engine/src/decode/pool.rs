//! The worker threads of the process and the poller that finds work for them. WORKER THREADS.
//!
//! Nobody is woken from the audio thread: one poller looks at every instance each millisecond while anything plays or moves, and every
//! ten when all are idle; every thirty once they have been so for two seconds, since a timed wake costs up to 20 µs on a loaded machine
//! and an idle process is to stay below 0.1 % of a core. It hands tokens to the workers; a worker with a token takes the most urgent
//! job of all instances, the longest unserved instance first among equals. An instance is served by one worker at a time.
//!
//! There are two lanes: slow jobs come after all interactive ones, and are put aside after every step, so that none keeps an interactive
//! job waiting for longer.

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

/// Poll interval while anything plays or moves.
const BUSY_INTERVAL: Duration = Duration::from_millis(1);
/// Poll interval while every instance is idle.
const IDLE_INTERVAL: Duration = Duration::from_millis(10);
/// Poll interval once every instance has been idle for [`LONG_IDLE_AFTER`].
const LONG_IDLE_INTERVAL: Duration = Duration::from_millis(30);
/// See [`LONG_IDLE_INTERVAL`].
const LONG_IDLE_AFTER: Duration = Duration::from_secs(2);
/// Most worker threads of the process-wide pool.
const MAX_WORKERS: usize = 4;

/// The system starts no thread to decode on: without one an instance would stay silent and a bounce would wait for ever.
#[derive(Debug, thiserror::Error)]
#[error("the system starts no thread to decode sounds on ({0}); close other programs and try again")]
pub struct PoolError(std::io::Error);

/// Worker threads that serve any number of instances. Dropping the last handle ends and joins them.
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
}

/// The pool of the process while any handle to it lives.
static GLOBAL: Mutex<Weak<Pool>> = Mutex::new(Weak::new());

impl Pool {
    /// The pool of the process: half the cores, at least one and at most four workers. Started by the first instance, and ended by the last,
    /// so that no thread outlives the plug-in's code in the host.
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
    /// [`PoolError`] when the system starts no poller or no worker; fewer workers than asked for are no error.
    pub fn new(workers: usize) -> Result<Arc<Pool>, PoolError> {
        let workers = workers.max(1);
        let (token_in, token_out) = crossbeam_channel::bounded(workers);
        let shared = Arc::new(Shared {
            instances: Mutex::new(Vec::new()),
            poller: OnceLock::new(),
            stop: AtomicBool::new(false),
            turn: AtomicU64::new(1),
        });
        // Dropped on an early return, which ends and joins what has been started.
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

    /// Starts to serve an instance.
    pub fn attach(&self, client: &Arc<PoolClient>) {
        self.shared.instances.lock().push(client.clone());
        self.unpark();
    }

    /// Stops serving an instance; a render under way is told to stop.
    pub fn detach(&self, client: &Arc<PoolClient>) {
        self.shared.instances.lock().retain(|other| !Arc::ptr_eq(other, client));
        client.detach();
    }

    /// Makes the poller look now. Never from the audio thread.
    pub fn unpark(&self) {
        if let Some(poller) = self.shared.poller.get() {
            poller.unpark();
        }
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
            // A worker that drops the last handle itself (with a source that owns one) must not wait for itself.
            if handle.thread().id() != own {
                // A thread ends by panic only if the pool itself is at fault; there is nobody left to tell.
                let _ = handle.join();
            }
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, PoolError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(PoolError)
}

/// The poller's life.
fn poll_all(shared: &Shared, tokens: &Sender<()>) {
    let mut last_busy = Instant::now();
    while !shared.stop.load(Ordering::Acquire) {
        let Some(busy) = poll_once(shared, tokens) else {
            std::thread::park();
            continue;
        };
        if busy {
            last_busy = Instant::now();
        }
        let interval = match last_busy.elapsed() {
            _ if busy => BUSY_INTERVAL,
            idle if idle < LONG_IDLE_AFTER => IDLE_INTERVAL,
            _ => LONG_IDLE_INTERVAL,
        };
        std::thread::park_timeout(interval);
    }
}

/// Looks at every instance and hands out tokens. Whether any is busy; `None` when there are none.
fn poll_once(shared: &Shared, tokens: &Sender<()>) -> Option<bool> {
    let mut any_busy = None;
    for client in shared.instances.lock().iter() {
        let polled = client.poll();
        if polled.urgency.is_some() {
            // Full: every worker already has something to look for.
            let _ = tokens.try_send(());
        }
        any_busy = Some(any_busy.unwrap_or(false) || polled.busy);
    }
    any_busy
}

/// A worker's life: a token, then everything there is to do.
fn work(shared: &Shared, tokens: &Receiver<()>) {
    while tokens.recv().is_ok() {
        while !shared.stop.load(Ordering::Acquire) {
            let Some(client) = pick(shared) else { break };
            client.serve(shared.turn.fetch_add(1, Ordering::Relaxed));
        }
    }
    super::latent::drop_pipelines();
}

/// The instance with the most urgent thing to do that no other worker serves.
fn pick(shared: &Shared) -> Option<Arc<PoolClient>> {
    let instances = shared.instances.lock();
    let urgent = instances.iter().filter_map(|client| Some((client.poll().urgency?, client.last_turn(), client)));
    let first: Option<(Urgency, u64, &Arc<PoolClient>)> = urgent.min_by_key(|(urgency, turn, _)| (*urgency, *turn));
    first.map(|(_, _, client)| client.clone())
}
