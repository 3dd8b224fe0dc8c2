//! A source without a network, at the border of the worker: it counts, delays, stays silent, fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine::audio::Synth;
use engine::decode::Pool;
use engine::decode::assets::{AssetTable, Assets};
use engine::decode::source::{
    Focus, Job, Pace, Progress, Sink, SoundShape, Source, SourceError, SourceProperties, Version,
};
use engine::instrument::{self, Instance};
use engine::link::{BLOCK_SAMPLES, MAX_SOUND_SAMPLES, SoundSpec, StretchMap, Succession};
use engine::units::key_to_hz;

use crate::wait::wait_until;

/// Rate of every fake sound.
pub const FAKE_RATE_HZ: f32 = 44_100.0;
/// Length of an unstretched fake sound.
pub const FAKE_LENGTH: usize = 88_064;
/// Level of the fake's sine and noise.
pub const FAKE_AMPLITUDE: f32 = 0.5;
/// Time of a step in which the fake gives nothing, in microseconds: a worker that waits for it does not spin.
const SILENT_STEP_US: u64 = 200;
/// Root keys of the fake.
pub const FAKE_ROOTS: [u8; 5] = [36, 48, 60, 72, 84];

/// What the fake sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timbre {
    /// A sine at the root key; the first latent changes only the level of a weak octave above it.
    Sine,
    /// Noise that is another one for every point: neighbours are uncorrelated.
    Noise,
    /// A sine at an absolute frequency in hertz, whatever the key.
    Fixed(u32),
    /// The first latent itself, as a constant: shows which point is heard.
    Constant,
}

/// What sort of source the fake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// One channel, as soon as it can.
    Mono,
    /// Two channels; the right one is the left one at a quarter of the level.
    Stereo,
    /// A block for each step, in the slow lane.
    Slow,
    /// No sound.
    Failing,
    /// The longest sound that an instance holds, in two channels, whatever the stretch.
    Longest,
    /// Footsteps: each note is another step.
    Walking,
    /// Each note is another take, by its seed and number.
    Takes,
}

/// By how much the samples of a take lie above those of the take before.
pub const TAKE_STEP: f32 = 0.01;
/// Level of the right channel of a stereo fake against the left one.
pub const RIGHT_LEVEL: f32 = 0.25;

/// What the test may change while the fake runs.
#[derive(Debug, Default)]
pub struct FakeControl {
    /// Jobs begun.
    pub renders: AtomicU64,
    /// Steps of jobs.
    pub steps: AtomicU64,
    /// Blocks given.
    pub blocks: AtomicU64,
    /// Pause before each render, in microseconds.
    pub render_pause_us: AtomicU64,
    /// Pause before each block, in microseconds.
    pub block_pause_us: AtomicU64,
    /// While set, nothing is given.
    pub silent: AtomicBool,
    /// Blocks given per render before it goes silent while [`Self::stingy`] is set.
    pub stingy_blocks: AtomicU64,
    /// Whether renders go silent after some blocks.
    pub stingy: AtomicBool,
    /// The next renders fail.
    pub fails: AtomicBool,
    /// The next renders panic.
    pub panics: AtomicBool,
    /// The next renders give a sample that is not a number.
    pub gives_nan: AtomicBool,
    /// Fakes that were dropped.
    pub dropped: AtomicU64,
}

/// The source.
pub struct Fake {
    timbre: Timbre,
    sort: Sort,
    control: Arc<FakeControl>,
}

impl Fake {
    /// A mono fake, and the handle that controls it.
    pub fn new(timbre: Timbre) -> (Fake, Arc<FakeControl>) {
        Self::of_sort(Sort::Mono, timbre)
    }

    /// A fake of any sort, and the handle that controls it.
    pub fn of_sort(sort: Sort, timbre: Timbre) -> (Fake, Arc<FakeControl>) {
        let control = Arc::new(FakeControl::default());
        (Fake { timbre, sort, control: control.clone() }, control)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.control.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// The samples of a mono fake sound, without the end fade of the pool.
pub fn fake_samples(timbre: Timbre, spec: &SoundSpec) -> Vec<f32> {
    samples_of_length(timbre, spec, (FAKE_LENGTH as f32 * spec.shaping.stretch).round() as usize)
}

fn samples_of_length(timbre: Timbre, spec: &SoundSpec, length: usize) -> Vec<f32> {
    let sine =
        |hz: f64, index: usize| (std::f64::consts::TAU * hz * index as f64 / f64::from(FAKE_RATE_HZ)).sin() as f32;
    let hz = key_to_hz(f64::from(spec.key));
    let seed = spec.controls.iter().fold(spec.seed, |seed, value| mix(seed ^ u64::from(value.to_bits())));
    let sample = |index: usize| match timbre {
        Timbre::Sine => FAKE_AMPLITUDE * (sine(hz, index) + 0.02 * spec.controls[0] * sine(2.0 * hz, index)),
        Timbre::Fixed(hz) => FAKE_AMPLITUDE * sine(f64::from(hz), index),
        Timbre::Noise => FAKE_AMPLITUDE * ((mix(seed ^ index as u64) >> 40) as f32 / (1u64 << 23) as f32 - 1.0),
        Timbre::Constant => spec.controls[0],
    };
    (0..length).map(sample).collect()
}

/// SplitMix64's output function.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

impl Source for Fake {
    fn roots(&self) -> &[u8] {
        &FAKE_ROOTS
    }

    fn succession(&self) -> Succession {
        match self.sort {
            Sort::Walking => Succession::Walk,
            Sort::Takes => Succession::Takes,
            _ => Succession::Variations,
        }
    }

    fn properties(&self) -> SourceProperties {
        SourceProperties {
            sample_rate_hz: FAKE_RATE_HZ,
            channels: self.channels(),
            longest_samples: if self.sort == Sort::Longest { MAX_SOUND_SAMPLES } else { 4 * FAKE_LENGTH },
            is_shaped: self.sort != Sort::Longest,
            pace: if self.sort == Sort::Slow { Pace::Slow } else { Pace::Interactive },
        }
    }

    fn begin(&self, spec: &SoundSpec, _assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        self.control.renders.fetch_add(1, Ordering::SeqCst);
        if self.sort == Sort::Failing {
            return Err(SourceError::Failed("the fake fails always".to_owned()));
        }
        let left = match self.sort {
            Sort::Longest => samples_of_length(self.timbre, spec, MAX_SOUND_SAMPLES),
            Sort::Takes => {
                let higher = TAKE_STEP * spec.variation as f32;
                fake_samples(self.timbre, spec).into_iter().map(|sample| sample + higher).collect()
            }
            _ => fake_samples(self.timbre, spec),
        };
        let right: Vec<f32> = left.iter().map(|sample| RIGHT_LEVEL * sample).collect();
        let stretch =
            if self.sort == Sort::Longest { StretchMap::NONE } else { StretchMap::uniform(spec.shaping.stretch) };
        let channels = [left, right].into_iter().take(self.channels()).collect();
        Ok(Box::new(FakeJob { sort: self.sort, control: self.control.clone(), channels, stretch, given: None }))
    }
}

impl Fake {
    fn channels(&self) -> usize {
        if matches!(self.sort, Sort::Stereo | Sort::Longest) { 2 } else { 1 }
    }
}

/// One sound of the fake.
struct FakeJob {
    sort: Sort,
    control: Arc<FakeControl>,
    channels: Vec<Vec<f32>>,
    stretch: StretchMap,
    /// Blocks given of each channel; `None` before the sound has begun.
    given: Option<usize>,
}

impl FakeJob {
    fn length(&self) -> usize {
        self.channels[0].len()
    }

    /// While set, the fake gives nothing more.
    fn is_silent(&self, given: usize) -> bool {
        let is_stingy = self.control.stingy.load(Ordering::SeqCst)
            && given as u64 >= self.control.stingy_blocks.load(Ordering::SeqCst);
        self.control.silent.load(Ordering::SeqCst) || is_stingy
    }

    fn give(&self, given: usize, focus: &Focus, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let count = self.length().div_ceil(BLOCK_SAMPLES);
        let index = (focus.first_sample.min(self.length() - 1) / BLOCK_SAMPLES + given) % count;
        pause(self.control.block_pause_us.load(Ordering::SeqCst));
        self.control.blocks.fetch_add(1, Ordering::SeqCst);
        for (channel, samples) in self.channels.iter().enumerate() {
            let mut block = samples[index * BLOCK_SAMPLES..((index + 1) * BLOCK_SAMPLES).min(samples.len())].to_vec();
            if self.control.gives_nan.load(Ordering::SeqCst) {
                block[0] = f32::NAN;
            }
            sink.block(index, channel, &block)?;
        }
        Ok(())
    }
}

impl Job for FakeJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        let control = &self.control;
        control.steps.fetch_add(1, Ordering::SeqCst);
        let Some(mut given) = self.given else {
            pause(control.render_pause_us.load(Ordering::SeqCst));
            if control.fails.load(Ordering::SeqCst) {
                return Err(SourceError::Failed("the fake was told to fail".to_owned()));
            }
            assert!(!control.panics.load(Ordering::SeqCst), "the fake was told to panic");
            let (length_samples, channels) = (self.length(), self.channels.len());
            let shape = SoundShape { length_samples, channels, stretch: self.stretch, known_loop: None };
            sink.begin(Version::Whole, shape)?;
            self.given = Some(0);
            return Ok(Progress::Going(0.0));
        };
        let count = self.length().div_ceil(BLOCK_SAMPLES);
        let blocks_per_step = if self.sort == Sort::Slow { 1 } else { 4 };
        for _ in 0..blocks_per_step {
            if self.is_silent(given) {
                pause(SILENT_STEP_US);
                break;
            }
            if given < count {
                self.give(given, focus, sink)?;
                given += 1;
            }
        }
        self.given = Some(given);
        Ok(if given == count { Progress::Done } else { Progress::Going(given as f32 / count as f32) })
    }
}

fn pause(time_us: u64) {
    if time_us > 0 {
        std::thread::sleep(Duration::from_micros(time_us));
    }
}

/// An instance with a fake source and a pool of its own.
pub struct Rig {
    /// The audio side.
    pub synth: Synth,
    /// The main thread's handle.
    pub instance: Instance,
    /// The fake's handle.
    pub control: Arc<FakeControl>,
    /// Its pool.
    pub pool: Arc<Pool>,
    /// The residuals that requests may name.
    pub assets: Arc<AssetTable>,
}

impl Rig {
    /// Of a mono fake at the given host rate, live.
    pub fn new(timbre: Timbre, rate_hz: f32) -> Rig {
        Self::of_sort(Sort::Mono, timbre, rate_hz)
    }

    /// Of a fake of any sort at the given host rate, live.
    pub fn of_sort(sort: Sort, timbre: Timbre, rate_hz: f32) -> Rig {
        let pool = Pool::new(1).expect("threads");
        let (fake, control) = Fake::of_sort(sort, timbre);
        let assets = Arc::<AssetTable>::default();
        let (mut synth, instance) = instrument::create_with_source(&pool, Arc::new(fake), Arc::clone(&assets));
        synth.set_sample_rate(rate_hz);
        Rig { synth, instance, control, pool, assets }
    }

    /// Waits until the worker has finished `at_least` decodes.
    pub fn wait_for_decodes(&self, at_least: u64) {
        wait_until("the worker decodes", || self.instance.status().decodes >= at_least);
    }
}
