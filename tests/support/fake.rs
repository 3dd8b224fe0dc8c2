//! A source without a network, at the border of the worker: it counts, delays, stays silent, fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine::audio::Synth;
use engine::decode::Pool;
use engine::decode::source::{Flow, Sink, Source, SourceError};
use engine::instrument::{self, Instance};
use engine::link::{BLOCK_SAMPLES, SoundSpec};
use engine::units::key_to_hz;

use crate::wait::wait_until;

/// Rate of every fake sound.
pub const FAKE_RATE_HZ: f32 = 44_100.0;
/// Length of an unstretched fake sound.
pub const FAKE_LENGTH: usize = 88_064;
/// Level of the fake's sine and noise.
pub const FAKE_AMPLITUDE: f32 = 0.5;
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

/// What the test may change while the fake runs.
#[derive(Debug, Default)]
pub struct FakeControl {
    /// Renders begun.
    pub renders: AtomicU64,
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
    control: Arc<FakeControl>,
}

impl Fake {
    /// A fake, and the handle that controls it.
    pub fn new(timbre: Timbre) -> (Fake, Arc<FakeControl>) {
        let control = Arc::new(FakeControl::default());
        (Fake { timbre, control: control.clone() }, control)
    }

    /// A fake that shares the handle of another.
    pub fn sharing(timbre: Timbre, control: &Arc<FakeControl>) -> Fake {
        Fake { timbre, control: control.clone() }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.control.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// The samples of a fake sound, without the end fade of the pool.
pub fn fake_samples(timbre: Timbre, spec: &SoundSpec) -> Vec<f32> {
    let length = (FAKE_LENGTH as f32 * spec.shaping.stretch).round() as usize;
    let sine =
        |hz: f64, index: usize| (std::f64::consts::TAU * hz * index as f64 / f64::from(FAKE_RATE_HZ)).sin() as f32;
    let hz = key_to_hz(f64::from(spec.key));
    let seed = spec.latent.iter().fold(spec.seed, |seed, value| mix(seed ^ u64::from(value.to_bits())));
    let sample = |index: usize| match timbre {
        Timbre::Sine => FAKE_AMPLITUDE * (sine(hz, index) + 0.02 * spec.latent[0] * sine(2.0 * hz, index)),
        Timbre::Fixed(hz) => FAKE_AMPLITUDE * sine(f64::from(hz), index),
        Timbre::Noise => FAKE_AMPLITUDE * ((mix(seed ^ index as u64) >> 40) as f32 / (1u64 << 23) as f32 - 1.0),
        Timbre::Constant => spec.latent[0],
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

    fn sample_rate_hz(&self) -> f32 {
        FAKE_RATE_HZ
    }

    fn render(&mut self, spec: &SoundSpec, first_sample: usize, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let control = &self.control;
        control.renders.fetch_add(1, Ordering::SeqCst);
        pause(control.render_pause_us.load(Ordering::SeqCst));
        if control.fails.load(Ordering::SeqCst) {
            return Err(SourceError::Failed("the fake was told to fail".to_owned()));
        }
        assert!(!control.panics.load(Ordering::SeqCst), "the fake was told to panic");
        let samples = fake_samples(self.timbre, spec);
        if sink.begin(samples.len()) == Flow::Stop {
            return Ok(());
        }
        let count = samples.len().div_ceil(BLOCK_SAMPLES);
        let first = first_sample / BLOCK_SAMPLES;
        for (given, index) in (first..count).chain(0..first.min(count)).enumerate() {
            while control.silent.load(Ordering::SeqCst)
                || (control.stingy.load(Ordering::SeqCst)
                    && given as u64 >= control.stingy_blocks.load(Ordering::SeqCst))
            {
                if sink.cancelled() {
                    return Ok(());
                }
                pause(200);
            }
            pause(control.block_pause_us.load(Ordering::SeqCst));
            let mut block = samples[index * BLOCK_SAMPLES..((index + 1) * BLOCK_SAMPLES).min(samples.len())].to_vec();
            if control.gives_nan.load(Ordering::SeqCst) {
                block[0] = f32::NAN;
            }
            control.blocks.fetch_add(1, Ordering::SeqCst);
            if sink.block(index, &block) == Flow::Stop {
                return Ok(());
            }
        }
        Ok(())
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
}

impl Rig {
    /// At the given host rate, live.
    pub fn new(timbre: Timbre, rate_hz: f32) -> Rig {
        let pool = Pool::new(1).expect("threads");
        let (fake, control) = Fake::new(timbre);
        let (mut synth, instance) = instrument::create_with_source(&pool, Box::new(fake));
        synth.set_sample_rate(rate_hz);
        Rig { synth, instance, control, pool }
    }

    /// Waits until the worker has finished `at_least` decodes.
    pub fn wait_for_decodes(&self, at_least: u64) {
        wait_until("the worker decodes", || self.instance.status().decodes >= at_least);
    }
}
