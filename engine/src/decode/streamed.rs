//! Sounds that take long, delivered from their beginning to their end, block by block as they are made. WORKER THREADS.
//!
//! A note is heard once the blocks at its beginning are there; a stream without samples for long may tell its beginning ahead, which is delivered as a
//! draft. A finished sound is kept, so that it is made once only. Samples do not depend on where a step ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::assets::Assets;
use super::made::{MadeSounds, SoundKey};
use super::source::{Focus, Job, Progress, Sink, SoundShape, SourceError, Version, give_channels};
use crate::link::{BLOCK_SAMPLES, StretchMap};

/// Duration of a step of work that can be put aside at nearly any time. Longer lets interactive jobs wait longer; shorter has the pool look at all instances more
/// often, which takes some microseconds.
pub(super) const STEP: Duration = Duration::from_millis(2);
/// Samples that are made between two looks at the clock.
const CHUNK_SAMPLES: usize = 32;

/// What a stream can tell ahead of its samples.
pub(super) enum Ahead {
    Nothing,
    /// Something is being made: to be asked again before the next step.
    Going,
    /// Samples close to the first ones, for a draft; each time more of them.
    Beginning(Vec<f32>),
}

/// Makes a mono sound from its beginning on.
pub(super) trait Stream: Send {
    /// Works for a few milliseconds on what can be told of the sound's beginning before [`Stream::step`] gives samples.
    ///
    /// # Errors
    /// [`SourceError`] if there is no sound.
    fn ahead(&mut self) -> Result<Ahead, SourceError> {
        Ok(Ahead::Nothing)
    }

    /// Works for a few milliseconds, and appends the samples that are ready to those `made` so far, up to `length` in all. Returns the part of
    /// the work that is done, [0, 1].
    ///
    /// # Errors
    /// [`SourceError`] if there is no sound.
    fn step(&mut self, made: &mut Vec<f32>, length: usize) -> Result<f32, SourceError>;
}

/// One step of a stream that can give any number of samples: for about [`STEP`], and to the end of a block at most, so that no block waits for
/// the end of the step. Returns the part of the sound that is made.
pub(super) fn fill_step(made: &mut Vec<f32>, length: usize, mut fill: impl FnMut(&mut [f32])) -> f32 {
    let until = Instant::now() + STEP;
    let block_end = ((made.len() / BLOCK_SAMPLES + 1) * BLOCK_SAMPLES).min(length);
    while made.len() < block_end {
        let start = made.len();
        made.resize((start + CHUNK_SAMPLES).min(block_end), 0.0);
        fill(&mut made[start..]);
        if Instant::now() >= until {
            break;
        }
    }
    made.len() as f32 / length as f32
}

/// What sound a job makes.
pub(super) struct Streamed {
    /// Length in samples, at least 1.
    pub(super) length_samples: usize,
    /// Rate in hertz.
    pub(super) sample_rate_hz: f32,
    /// Key of the zone.
    pub(super) root: f32,
    /// Loops that are mixed in.
    pub(super) assets: Assets,
    /// Where the finished sound is kept, and by what it is found there.
    pub(super) kept: (Arc<MadeSounds>, SoundKey),
}

/// Delivers a sound as it is made.
pub(super) struct StreamJob<S> {
    sound: Streamed,
    /// `None` for a sound that was kept.
    stream: Option<S>,
    made: Vec<f32>,
    /// Blocks that have been delivered.
    given: usize,
    /// Blocks of a draft that have been delivered.
    drafted: usize,
    /// Part of the work that was done after the last step.
    part: f32,
}

impl<S: Stream> StreamJob<S> {
    /// A sound that `begin` makes, unless it is kept from before.
    pub(super) fn new(sound: Streamed, begin: impl FnOnce() -> Result<S, SourceError>) -> Result<Self, SourceError> {
        let found = sound.kept.0.find(&sound.kept.1).filter(|found| found.len() == sound.length_samples);
        let (stream, made) = match found {
            Some(found) => (None, found.to_vec()),
            None => (Some(begin()?), Vec::with_capacity(sound.length_samples)),
        };
        Ok(Self { sound, stream, made, given: 0, drafted: 0, part: 0.0 })
    }

    fn is_whole(&self) -> bool {
        self.made.len() >= self.sound.length_samples
    }

    /// Works on a draft of the beginning, which a voice waits for there; `false` if there is nothing to be done. A draft would lack the loops that are
    /// mixed in.
    fn draft(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<bool, SourceError> {
        let is_wanted = focus.wants_draft && focus.first_sample < BLOCK_SAMPLES && self.made.is_empty();
        let Some(stream) = self.stream.as_mut().filter(|_| is_wanted && !self.sound.assets.has_loops()) else {
            return Ok(false);
        };
        let samples = match stream.ahead()? {
            Ahead::Nothing => return Ok(false),
            Ahead::Going => return Ok(true),
            Ahead::Beginning(samples) => samples,
        };
        if self.drafted == 0 {
            sink.begin(Version::Draft, shape(self.sound.length_samples, 1))?;
        }
        for (index, block) in samples.chunks_exact(BLOCK_SAMPLES).enumerate().skip(self.drafted) {
            sink.block(index, 0, block)?;
            self.drafted = index + 1;
        }
        Ok(true)
    }

    /// Delivers the blocks that are complete.
    fn give(&mut self, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let is_whole = self.is_whole();
        for (index, block) in self.made.chunks(BLOCK_SAMPLES).enumerate().skip(self.given) {
            if block.len() < BLOCK_SAMPLES && !is_whole {
                break;
            }
            if index == 0 {
                sink.begin(Version::Whole, shape(self.sound.length_samples, 1))?;
            }
            sink.block(index, 0, block)?;
            self.given = index + 1;
        }
        Ok(())
    }

    /// Delivers the whole sound with the loops that are mixed in.
    fn give_mixed(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let Streamed { root, sample_rate_hz, assets, .. } = &self.sound;
        let channels = assets.mix_loops(self.made.clone(), *root, *sample_rate_hz)?;
        sink.begin(Version::Whole, shape(self.sound.length_samples, channels.len()))?;
        give_channels(&channels, focus.first_sample, sink)
    }
}

impl<S: Stream> Job for StreamJob<S> {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        if self.draft(focus, sink)? {
            return Ok(Progress::Going(self.part));
        }
        self.part = match &mut self.stream {
            Some(stream) => stream.step(&mut self.made, self.sound.length_samples)?,
            None => 1.0,
        };
        let is_mixed = self.sound.assets.has_loops();
        if !is_mixed {
            self.give(sink)?;
        }
        if !self.is_whole() {
            return Ok(Progress::Going(self.part));
        }
        if is_mixed {
            self.give_mixed(focus, sink)?;
        }
        if self.stream.take().is_some() {
            self.sound.kept.0.keep(self.sound.kept.1, &self.made);
        }
        Ok(Progress::Done)
    }
}

fn shape(length_samples: usize, channels: usize) -> SoundShape {
    SoundShape { length_samples, channels, stretch: StretchMap::NONE, known_loop: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::AssetId;

    const LENGTH: usize = 3 * BLOCK_SAMPLES + 77;

    /// Counts, as slowly as is asked for.
    struct Counter(usize, Duration);

    impl Stream for Counter {
        #[expect(clippy::disallowed_methods, reason = "a worker thread may wait")]
        fn step(&mut self, made: &mut Vec<f32>, length: usize) -> Result<f32, SourceError> {
            Ok(fill_step(made, length, |samples| {
                std::thread::sleep(self.1);
                samples.iter_mut().for_each(|sample| {
                    *sample = self.0 as f32;
                    self.0 += 1;
                });
            }))
        }
    }

    #[derive(Default)]
    struct Collect(Vec<(usize, Vec<f32>)>);

    impl Sink for Collect {
        fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
            assert_eq!((version, shape.length_samples, shape.channels), (Version::Whole, LENGTH, 1));
            Ok(())
        }

        fn block(&mut self, index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
            self.0.push((index, samples.to_vec()));
            Ok(())
        }
    }

    fn sound(kept: &Arc<MadeSounds>) -> Streamed {
        let key = SoundKey { controls: [0.0; 7], temperature: 1.0, seed: 1, variation: 0, prime: AssetId::NONE };
        Streamed {
            length_samples: LENGTH,
            sample_rate_hz: 8_000.0,
            root: 60.0,
            assets: Assets::default(),
            kept: (Arc::clone(kept), key),
        }
    }

    #[test]
    fn blocks_are_delivered_in_order_as_they_are_made_and_the_sound_is_kept() {
        let kept = Arc::<MadeSounds>::default();
        for pause in [Duration::ZERO, Duration::from_micros(300)] {
            let kept = Arc::<MadeSounds>::default();
            let mut job = StreamJob::new(sound(&kept), || Ok(Counter(0, pause))).expect("it begins");
            let (mut sink, mut steps, mut last) = (Collect::default(), 1, 0.0);
            while let Progress::Going(part) = job.advance(&Focus::default(), &mut sink).expect("it counts") {
                assert!(part >= last && part < 1.0);
                assert_eq!(sink.0.len(), (part * LENGTH as f32).round() as usize / BLOCK_SAMPLES, "none waits");
                (last, steps) = (part, steps + 1);
            }
            assert!(steps >= 4, "a step ends with a block at the latest");
            let indices: Vec<usize> = sink.0.iter().map(|(index, _)| *index).collect();
            assert_eq!(indices, [0, 1, 2, 3]);
            let samples: Vec<f32> = sink.0.into_iter().flat_map(|(_, block)| block).collect();
            assert!(samples.iter().enumerate().all(|(place, sample)| *sample == place as f32));
            assert_eq!(samples.len(), LENGTH);
        }
        kept.keep(sound(&kept).kept.1, &vec![7.0; LENGTH]);
        let again = StreamJob::<Counter>::new(sound(&kept), || Err(SourceError::AssetMissing));
        let mut sink = Collect::default();
        assert_eq!(again.expect("it is kept").advance(&Focus::default(), &mut sink), Ok(Progress::Done));
        assert!(sink.0.len() == 4 && sink.0.iter().all(|(_, block)| block.iter().all(|sample| *sample == 7.0)));
    }
}
