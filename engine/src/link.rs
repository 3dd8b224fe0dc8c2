//! The only crossing between the audio thread and the worker.
//!
//! [`link`] makes three ends together, which then move apart: [`AudioEnd`] lives in the synth, [`WorkerEnd`] in the worker's half of
//! the instance, [`MainEnd`] in the main thread's handle. What an end holds is what its thread may touch.
//!
//! | what | way | carrier |
//! |---|---|---|
//! | [`RequestBoard`], newest wins per slot | audio → worker | triple buffer |
//! | [`Delivery`]: a sound begins, a block, an end, a failure | worker → audio | queue of [`DELIVERY_CAPACITY`] messages |
//! | empty [`Block`]s | audio → worker | queue of [`MAX_BLOCKS`] blocks |
//! | [`Zones`]: root keys, and that the source has changed | main → audio | triple buffer |
//! | [`Telemetry`]: meters and counters | audio → main and worker | atomics |
//!
//! **Allocation.** All queues are allocated in [`link`]. Blocks are allocated and freed by the worker alone while both ends live.
//!
//! **Wait-freedom.** Every method of [`AudioEnd`] is wait-free and neither allocates nor frees.
//!
//! **Full.** When the delivery queue is full, [`WorkerEnd::push`] hands the message back and the worker keeps it for its next turn.
//! When the audio side has no room for a message, it leaves it in the queue. The queue of empties cannot be full: the worker
//! never lets more than [`MAX_BLOCKS`] blocks exist. No block is ever lost on the way.
//!
//! **Empty.** An empty delivery queue means "nothing new": the playing sound goes on.
//!
//! **Order.** Messages arrive in the order in which they were sent. For one (slot, generation): `Begin`, then blocks, then `End` or
//! `Failed`. A generation may be begun again after it was interrupted; blocks that are already there are then handed back.
//!
//! **Drop.** Either end may go first. Blocks that are then in a queue are freed with the last end of that queue, and those in the
//! synth with the synth, which is for that reason dropped off the audio thread.

mod mix;
mod telemetry;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtrb::{Consumer, Producer, RingBuffer};
use triple_buffer::{Input, Output};

use crate::units::Latent;

pub use mix::{RESIDUALS, ResidualMix};
pub use telemetry::Telemetry;

/// Sounds that an instance can hold at once.
pub const SLOTS: usize = 16;
/// Banks of a slot: one that plays, one that fades in, one that fills or drains, and one under voices that are on their way out.
pub const BANKS: usize = 4;
/// Samples in a block: 46 ms at 44.1 kHz.
pub const BLOCK_SAMPLES: usize = 2048;
/// Longest sound, in samples at its own rate: 2 s stretched four times.
pub const MAX_SOUND_SAMPLES: usize = 4 * 88_064;
/// Blocks of the longest sound.
pub const MAX_SOUND_BLOCKS: usize = MAX_SOUND_SAMPLES.div_ceil(BLOCK_SAMPLES);
/// Messages that may wait for the audio thread.
pub const DELIVERY_CAPACITY: usize = 512;
/// Blocks that may exist for one instance: every bank full, and a full delivery queue.
pub const MAX_BLOCKS: usize = SLOTS * BANKS * MAX_SOUND_BLOCKS + DELIVERY_CAPACITY;
/// Most root keys that an instance tells apart.
pub const MAX_ROOTS: usize = 32;
/// Empty blocks that the worker keeps for the next sound instead of freeing them: one sound of 2 s.
const SPARE_BLOCKS: usize = 44;

/// A fixed-size piece of a sound. Moved, never copied, between the threads.
pub type Block = Box<[f32; BLOCK_SAMPLES]>;

/// What is done to the frames between decoder and vocoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shaping {
    /// Length factor, [0.25, 4]; pitch stays.
    pub stretch: f32,
    /// Shift of the spectral envelope in semitones, [−12, 12]; harmonics stay.
    pub formant_semitones: f32,
    /// Slope of the spectrum in dB per octave, [−6, 6].
    pub tilt_db_per_octave: f32,
}

impl Default for Shaping {
    fn default() -> Self {
        Self { stretch: 1.0, formant_semitones: 0.0, tilt_db_per_octave: 0.0 }
    }
}

/// All that determines a sound: a source gives the same samples for the same spec.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundSpec {
    /// Point of the latent space, in σ units.
    pub latent: Latent,
    /// Key at which the sound is decoded (the root of its zone).
    pub key: f32,
    /// Frame shaping.
    pub shaping: Shaping,
    /// What is added of recordings.
    pub residual: ResidualMix,
    /// Seed of sources that draw at random.
    pub seed: u64,
    /// Which of several pre-decoded variations.
    pub variation: u32,
}

impl SoundSpec {
    /// Whether the two are told apart by nothing but rounding. A sweep is never quantised: the bound is far below what is heard.
    pub fn is_near(&self, other: &SoundSpec) -> bool {
        const EPSILON: f32 = 1e-5;
        let near = |a: f32, b: f32| (a - b).abs() <= EPSILON;
        self.latent.iter().zip(&other.latent).all(|(a, b)| near(*a, *b))
            && near(self.key, other.key)
            && near(self.shaping.stretch, other.shaping.stretch)
            && near(self.shaping.formant_semitones, other.shaping.formant_semitones)
            && near(self.shaping.tilt_db_per_octave, other.shaping.tilt_db_per_octave)
            && self.residual.is_near(&other.residual, EPSILON)
            && self.seed == other.seed
            && self.variation == other.variation
    }
}

/// A sound that the audio thread wants in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Grows with every request of the instance; names the sound in all deliveries.
    pub generation: u64,
    /// The wanted sound.
    pub spec: SoundSpec,
    /// The smaller, the sooner: 0 for a slot that sounds now.
    pub urgency: u32,
    /// Where the first of the listening voices is, in samples of the sound: blocks from here on come first.
    pub cursor_sample: u32,
    /// Where the last of them is: a render does not yield before the region from the first to beyond this one is given.
    pub last_cursor_sample: u32,
    /// Whether this is the sound that the editor shows.
    pub main: bool,
}

/// The newest request of every slot. `None`: the slot is not in use.
pub type RequestBoard = [Option<Request>; SLOTS];

/// A message from the worker.
#[derive(Debug)]
pub struct Delivery {
    /// Slot of the request.
    pub slot: usize,
    /// Generation of the request.
    pub generation: u64,
    /// What has happened.
    pub part: Part,
}

/// What a [`Delivery`] carries.
#[derive(Debug)]
pub enum Part {
    /// The sound's first samples exist.
    Begin(SoundHead),
    /// One block; the last one of a sound is padded with zeros.
    Block {
        /// Position in the sound, in blocks, below [`MAX_SOUND_BLOCKS`].
        index: usize,
        /// The samples.
        block: Block,
    },
    /// Every block has been sent.
    End,
    /// The source gave no sound; the reason is in the status of the instance.
    Failed,
}

/// What is known of a sound before its blocks.
#[derive(Clone, Copy, Debug)]
pub struct SoundHead {
    /// The request's sound.
    pub spec: SoundSpec,
    /// Length in samples, at most [`MAX_SOUND_SAMPLES`].
    pub length_samples: usize,
    /// Rate of the samples in hertz.
    pub sample_rate_hz: f32,
    /// Correlation with the slot's previous sound near the cursor, [0, 1].
    pub correlation: f32,
}

/// Root keys of the source, ascending, and a count of source changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zones {
    roots: [u8; MAX_ROOTS],
    count: usize,
    /// Grows when the source is replaced: every sound is then stale.
    pub source_epoch: u64,
}

impl Zones {
    /// Keeps the first [`MAX_ROOTS`] of `roots`, sorted, without repeats; key 60 when there are none.
    pub fn new(roots: &[u8], source_epoch: u64) -> Self {
        let mut sorted: Vec<u8> = roots.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.is_empty() {
            sorted.push(60);
        }
        let mut zones = Self { roots: [0; MAX_ROOTS], count: sorted.len().min(MAX_ROOTS), source_epoch };
        for (root, from) in zones.roots.iter_mut().zip(&sorted) {
            *root = *from;
        }
        zones
    }

    /// The root keys, ascending, at least one.
    pub fn roots(&self) -> &[u8] {
        self.roots.get(..self.count).unwrap_or(&[])
    }
}

/// Makes the three ends of one instance.
pub fn link(zones: Zones) -> (AudioEnd, WorkerEnd, MainEnd) {
    let (board_in, board_out) = triple_buffer::triple_buffer(&[None; SLOTS]);
    let (zones_in, zones_out) = triple_buffer::triple_buffer(&zones);
    let (deliver, deliveries) = RingBuffer::new(DELIVERY_CAPACITY);
    let (give_back, empties) = RingBuffer::new(MAX_BLOCKS);
    let telemetry = Arc::new(Telemetry::default());
    telemetry.set_playhead(None);
    let audio =
        AudioEnd { board: board_in, deliveries, empties: give_back, zones: zones_out, telemetry: telemetry.clone() };
    let worker = WorkerEnd {
        board: board_out,
        deliveries: deliver,
        empties,
        telemetry: telemetry.clone(),
        spare: Vec::new(),
        existing: 0,
    };
    (audio, worker, MainEnd { zones: zones_in, telemetry })
}

/// The audio thread's end. All methods are audio-thread safe.
pub struct AudioEnd {
    board: Input<RequestBoard>,
    deliveries: Consumer<Delivery>,
    empties: Producer<Block>,
    zones: Output<Zones>,
    telemetry: Arc<Telemetry>,
}

impl AudioEnd {
    /// Replaces the whole board. Audio-thread safe.
    pub fn publish(&mut self, board: &RequestBoard) {
        self.board.write(*board);
        // After the board: whoever sees the count finds the board at the latest at its next look.
        self.telemetry.published.fetch_add(1, Ordering::Release);
    }

    /// The next message, which stays in the queue. Audio-thread safe.
    pub fn peek(&self) -> Option<&Delivery> {
        self.deliveries.peek().ok()
    }

    /// Takes the next message. Audio-thread safe.
    pub fn pop(&mut self) -> Option<Delivery> {
        self.deliveries.pop().ok()
    }

    /// Hands a block back to the worker; returns it if there is no room, which [`MAX_BLOCKS`] rules out. Audio-thread safe.
    pub fn give_back(&mut self, block: Block) -> Option<Block> {
        self.empties.push(block).err().map(|rtrb::PushError::Full(block)| block)
    }

    /// Whether another block can be handed back now. Audio-thread safe.
    pub fn has_room_for_empties(&self) -> bool {
        !self.empties.is_full()
    }

    /// The newest zones. Audio-thread safe.
    pub fn zones(&mut self) -> Zones {
        *self.zones.read()
    }

    /// Whether the worker's end has gone for good. Audio-thread safe.
    pub fn worker_is_gone(&self) -> bool {
        self.deliveries.is_abandoned()
    }

    /// Meters and counters to write. Audio-thread safe.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}

/// The worker's end. Methods may allocate; none waits.
pub struct WorkerEnd {
    board: Output<RequestBoard>,
    deliveries: Producer<Delivery>,
    empties: Consumer<Block>,
    telemetry: Arc<Telemetry>,
    spare: Vec<Block>,
    existing: usize,
}

impl WorkerEnd {
    /// Whether the audio side has published since the last call of [`Self::board`].
    pub fn has_new_board(&self) -> bool {
        self.board.updated()
    }

    /// The newest requests.
    pub fn board(&mut self) -> &RequestBoard {
        self.board.read()
    }

    /// Sends a message, or returns it when the queue is full.
    #[expect(
        clippy::result_large_err,
        reason = "the message itself goes back to be kept; a box would be one allocation more"
    )]
    pub fn push(&mut self, delivery: Delivery) -> Result<(), Delivery> {
        self.deliveries.push(delivery).map_err(|rtrb::PushError::Full(delivery)| delivery)
    }

    /// A zeroed block, or `None` while [`MAX_BLOCKS`] are out.
    pub fn take_block(&mut self) -> Option<Block> {
        self.collect_empties();
        if let Some(mut block) = self.spare.pop() {
            block.fill(0.0);
            return Some(block);
        }
        if self.existing >= MAX_BLOCKS {
            return None;
        }
        let block = vec![0.0; BLOCK_SAMPLES].into_boxed_slice().try_into().ok()?;
        self.existing += 1;
        Some(block)
    }

    /// Takes back a block that was never sent.
    pub fn put_back(&mut self, block: Block) {
        if self.spare.len() < SPARE_BLOCKS {
            self.spare.push(block);
        } else {
            self.existing -= 1;
        }
    }

    /// Takes the returned blocks and frees those that are more than a spare sound.
    pub fn collect_empties(&mut self) {
        while let Ok(block) = self.empties.pop() {
            self.put_back(block);
        }
    }

    /// Frees the spare blocks.
    pub fn free_spare(&mut self) {
        self.existing -= self.spare.len();
        self.spare = Vec::new();
    }

    /// Meters and counters to read.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// Blocks that exist now, wherever they are.
    pub fn existing_blocks(&self) -> usize {
        self.existing
    }

    /// Messages that the audio side has not taken yet.
    pub fn waiting_messages(&self) -> usize {
        DELIVERY_CAPACITY - self.deliveries.slots()
    }

    /// Whether the synth has been dropped.
    pub fn audio_is_gone(&self) -> bool {
        self.deliveries.is_abandoned()
    }
}

/// The main thread's end.
pub struct MainEnd {
    zones: Input<Zones>,
    telemetry: Arc<Telemetry>,
}

impl MainEnd {
    /// Tells the audio thread the root keys of a new source.
    pub fn set_zones(&mut self, zones: Zones) {
        self.zones.write(zones);
    }

    /// Meters and counters to read.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }
}
