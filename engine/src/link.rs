//! The only connection between the audio thread and the worker.
//!
//! [`link`] makes three ends: [`AudioEnd`] belongs to the synth, [`WorkerEnd`] to the worker's part of the instance, [`MainEnd`] to the
//! main thread's handle. A thread may access only what its end holds.
//!
//! | what | direction | carrier |
//! |---|---|---|
//! | [`RequestBoard`], newest wins per slot | audio → worker | triple buffer |
//! | [`Delivery`]: a sound begins, a block, an end, a failure | worker → audio | queue of [`DELIVERY_CAPACITY`] messages |
//! | empty [`Block`]s | audio → worker | queue of [`MAX_BLOCKS`] blocks |
//! | [`SourceSet`]: the sources with their root keys, and which one plays | main → audio | triple buffer |
//! | [`Telemetry`]: meters and counters | audio → main and worker | atomics |
//!
//! **Allocation.** All queues are allocated in [`link`]. Blocks are allocated and freed by the worker alone while both ends live.
//!
//! **Wait-freedom.** Every method of [`AudioEnd`] is wait-free and neither allocates nor frees.
//!
//! **Full.** When the delivery queue is full, [`WorkerEnd::push`] returns the message, and the worker sends it later. When the audio side
//! has no room for a message, it leaves it in the queue. The queue of empty blocks cannot be full: the worker never lets more than
//! [`MAX_BLOCKS`] blocks exist. No block is lost.
//!
//! **Empty.** An empty delivery queue means that there is nothing new: the playing sound continues.
//!
//! **Order.** Messages arrive in the order in which they were sent. For one (slot, generation): `Begin`, then blocks, then `End` or
//! `Failed`. A generation may be begun again after an interruption; blocks that the audio side already has are then returned. The draft
//! of a request has a generation of its own, one below the request's, and no `End`.
//!
//! **Drop.** Either end may be dropped first. Blocks in a queue are freed with the last end of that queue, those in the synth with the
//! synth, which is therefore dropped off the audio thread.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::unreachable)
)]

mod assets;
mod request;
mod sound;
mod sources;
mod stretch;
mod sustain;
mod telemetry;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtrb::{Consumer, Producer, RingBuffer};
use triple_buffer::{Input, Output};

pub use assets::{AssetId, AssetMix, MIXED_ASSETS};
pub use request::{GENERATION_STEP, Request, RequestBoard};
pub use sound::{MAX_CHANNELS, Shaping, SoundHead, SoundSpec};
pub use sources::{MAX_ROOTS, MAX_SOURCES, SourceId, SourceInfo, SourceSet, Succession};
pub use stretch::StretchMap;
pub use sustain::{COURSE_POINTS, Exit, Exits, Landing, LevelCourse, MAX_EXITS, MAX_LANDINGS, SustainMap};
pub use telemetry::Telemetry;

/// Slots of an instance: the zones whose sounds it holds at once.
pub const SLOTS: usize = 16;
/// Sound buffers of a slot: one that plays, one that fades in, one that fills or drains, and one that fading voices still read.
pub const BUFFERS: usize = 4;
/// Samples in a block: 46 ms at 44.1 kHz. Smaller blocks make a first region available sooner; larger ones need fewer messages.
pub const BLOCK_SAMPLES: usize = 2048;
/// Longest sound, in samples at its own rate: 2 s at 48 kHz stretched four times, rounded up to whole blocks.
pub const MAX_SOUND_SAMPLES: usize = (4usize * 96_000).next_multiple_of(BLOCK_SAMPLES);
/// Blocks of the longest sound.
pub const MAX_SOUND_BLOCKS: usize = MAX_SOUND_SAMPLES.div_ceil(BLOCK_SAMPLES);
/// Capacity of the delivery queue in messages: the longest stereo sound (376 blocks) with its begin and end fits.
pub const DELIVERY_CAPACITY: usize = 512;
/// Blocks that may exist for one instance: every buffer full, and a full delivery queue.
pub const MAX_BLOCKS: usize = SLOTS * BUFFERS * MAX_CHANNELS * MAX_SOUND_BLOCKS + DELIVERY_CAPACITY;
/// Most empty blocks that the worker keeps for the next sound instead of freeing them: one mono sound of 2 s at 44.1 kHz, 43 blocks, and
/// one more.
const SPARE_BLOCKS: usize = 44;

/// A fixed-size piece of a sound. Moved, never copied, between the threads.
pub type Block = Box<[f32; BLOCK_SAMPLES]>;

/// A message from the worker.
#[derive(Debug)]
pub struct Delivery {
    /// Slot of the request.
    pub slot: usize,
    /// Generation of the request.
    pub generation: u64,
    /// The content of the message.
    pub part: Part,
}

/// What a [`Delivery`] carries.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "what the audio thread takes over is never freed there: no box")]
pub enum Part {
    /// A sound begins; its blocks follow.
    Begin(SoundHead),
    /// One block; the last one of a sound is padded with zeros.
    Block {
        /// Position in the sound, in blocks, below [`MAX_SOUND_BLOCKS`].
        index: usize,
        /// Channel, below the sound's number of channels.
        channel: usize,
        /// The samples.
        block: Block,
    },
    /// Every block of the sound has been sent; where held notes go on in it.
    End(SustainMap),
    /// The source failed; the reason is in the status of the instance.
    Failed,
}

/// Makes the three ends of one instance. Allocates all queues; not audio-thread safe.
pub fn link(sources: SourceSet) -> (AudioEnd, WorkerEnd, MainEnd) {
    let (board_in, board_out) = triple_buffer::triple_buffer(&[None; SLOTS]);
    let (sources_in, sources_out) = triple_buffer::triple_buffer(&sources);
    let (deliver, deliveries) = RingBuffer::new(DELIVERY_CAPACITY);
    let (give_back, empties) = RingBuffer::new(MAX_BLOCKS);
    let telemetry = Arc::new(Telemetry::default());
    telemetry.set_playhead(None);
    let audio = AudioEnd {
        board: board_in,
        deliveries,
        empties: give_back,
        sources: sources_out,
        telemetry: telemetry.clone(),
    };
    let worker = WorkerEnd {
        board: board_out,
        deliveries: deliver,
        empties,
        telemetry: telemetry.clone(),
        spare: Vec::new(),
        existing: 0,
    };
    (audio, worker, MainEnd { sources: sources_in, telemetry })
}

/// The audio thread's end. All methods are audio-thread safe.
pub struct AudioEnd {
    board: Input<RequestBoard>,
    deliveries: Consumer<Delivery>,
    empties: Producer<Block>,
    sources: Output<SourceSet>,
    telemetry: Arc<Telemetry>,
}

impl AudioEnd {
    /// Replaces the whole board. Audio-thread safe.
    pub fn publish(&mut self, board: &RequestBoard) {
        self.board.write(*board);
        // After the board: a thread that sees the new count also sees the new board.
        self.telemetry.published.fetch_add(1, Ordering::Release);
    }

    /// The next message, which stays in the queue; `None` if the queue is empty. Audio-thread safe.
    pub fn peek(&self) -> Option<&Delivery> {
        self.deliveries.peek().ok()
    }

    /// Removes and returns the next message; `None` if the queue is empty. Audio-thread safe.
    pub fn pop(&mut self) -> Option<Delivery> {
        self.deliveries.pop().ok()
    }

    /// Returns a block to the worker. Gives it back if the queue is full, which [`MAX_BLOCKS`] rules out. Audio-thread safe.
    pub fn give_back(&mut self, block: Block) -> Option<Block> {
        self.empties.push(block).err().map(|rtrb::PushError::Full(block)| block)
    }

    /// Whether another block can be returned now. Audio-thread safe.
    pub fn has_room_for_empties(&self) -> bool {
        !self.empties.is_full()
    }

    /// The newest set of sources. Audio-thread safe.
    pub fn sources(&mut self) -> SourceSet {
        *self.sources.read()
    }

    /// Whether the worker's end has been dropped. Audio-thread safe.
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

    /// Sends a message.
    ///
    /// # Errors
    /// The message itself when the queue is full.
    #[expect(
        clippy::result_large_err,
        reason = "the message is returned to be sent later; a box would be one more allocation"
    )]
    pub fn push(&mut self, delivery: Delivery) -> Result<(), Delivery> {
        self.deliveries.push(delivery).map_err(|rtrb::PushError::Full(delivery)| delivery)
    }

    /// A zeroed block; `None` while [`MAX_BLOCKS`] exist and none is spare.
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

    /// Takes back a block that was not sent: keeps it as a spare or frees it.
    pub fn put_back(&mut self, block: Block) {
        if self.spare.len() < SPARE_BLOCKS {
            self.spare.push(block);
        } else {
            self.existing -= 1;
        }
    }

    /// Takes the returned blocks, and frees those beyond the spare ones.
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

    /// Number of blocks that exist now, on either side or in a queue.
    pub fn existing_blocks(&self) -> usize {
        self.existing
    }

    /// Number of messages that the audio side has not taken yet.
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
    sources: Input<SourceSet>,
    telemetry: Arc<Telemetry>,
}

impl MainEnd {
    /// Publishes the sources to the audio thread.
    pub fn set_sources(&mut self, sources: SourceSet) {
        self.sources.write(sources);
    }

    /// Meters and counters to read.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }
}
