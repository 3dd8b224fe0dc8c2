//! Sounds that are played from their end to their beginning. WORKER THREADS.
//!
//! A sound is reversed as a whole once its source has made it: what comes after it in the line (blocks, voices, held notes) knows nothing of
//! it. The beginning is the last moment that is heard. A loop by construction is turned whole: it repeats after the same number of samples, so
//! held notes go on between the same places.

use super::source::{Focus, Job, KnownLoop, Progress, Sink, SoundShape, SourceError, Version};
use crate::link::{BLOCK_SAMPLES, MAX_CHANNELS, MAX_SOUND_SAMPLES, StretchMap};

/// What lies below this level at the end of a sound, in dB below its peak, is left out: a note would begin with a silence as long as that.
const HEARD_BELOW_PEAK_DB: f32 = 60.0;
/// Rise at the beginning in samples, 5.8 ms at 44.1 kHz as the fade at the end of every sound: a sound may be cut off at any level.
const RISE_SAMPLES: usize = 256;

/// A job whose sound is reversed.
pub(super) struct Reversed {
    job: Box<dyn Job>,
    kept: Kept,
    stretch: StretchMap,
}

impl Reversed {
    /// Of a job for a sound of this length factor.
    pub(super) fn new(job: Box<dyn Job>, stretch: f32) -> Self {
        Self { job, kept: Kept::default(), stretch: StretchMap::uniform(stretch) }
    }
}

impl Job for Reversed {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        // The whole sound is needed before its last moment is known.
        let progress = self.job.advance(&Focus::default(), &mut self.kept)?;
        if progress == Progress::Done {
            let known_loop = self.kept.known_loop;
            let stretch = if known_loop.is_some() { StretchMap::NONE } else { self.stretch };
            give(&self.kept.reversed(), (stretch, known_loop), focus.first_sample, sink)?;
        }
        Ok(progress)
    }
}

/// Passes a sound to `sink`, the blocks from `first_sample` on before the others.
fn give(
    channels: &[Vec<f32>],
    (stretch, known_loop): (StretchMap, Option<KnownLoop>),
    first_sample: usize,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let length_samples = channels.first().map_or(0, Vec::len);
    sink.begin(Version::Whole, SoundShape { length_samples, channels: channels.len(), stretch, known_loop })?;
    let count = length_samples.div_ceil(BLOCK_SAMPLES);
    let first = first_sample.min(length_samples.saturating_sub(1)) / BLOCK_SAMPLES;
    for index in (first..count).chain(0..first) {
        for (channel, samples) in channels.iter().enumerate() {
            let end = length_samples.min((index + 1) * BLOCK_SAMPLES);
            sink.block(index, channel, samples.get(index * BLOCK_SAMPLES..end).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// The sound so far, as it was made.
#[derive(Default)]
struct Kept {
    /// Whether it is the sound itself that is being given, not a draft of it.
    is_whole: bool,
    known_loop: Option<KnownLoop>,
    channels: Vec<Vec<f32>>,
}

impl Kept {
    /// From the last moment that is heard to the beginning.
    fn reversed(&self) -> Vec<Vec<f32>> {
        let peak = self.channels.iter().flatten().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let least = peak * 10.0_f32.powf(-HEARD_BELOW_PEAK_DB / 20.0);
        let heard =
            |samples: &Vec<f32>| samples.iter().rposition(|sample| sample.abs() >= least).map_or(1, |last| last + 1);
        let length = match self.known_loop {
            Some(_) => self.channels.first().map_or(0, Vec::len),
            None => self.channels.iter().map(heard).max().unwrap_or(0),
        };
        let reversed = |samples: &Vec<f32>| {
            let mut turned: Vec<f32> = samples.iter().take(length).rev().copied().collect();
            for (place, sample) in turned.iter_mut().take(RISE_SAMPLES).enumerate() {
                // Half a cosine: without a bend at either end.
                *sample *= 0.5 - 0.5 * (std::f32::consts::PI * place as f32 / RISE_SAMPLES as f32).cos();
            }
            turned
        };
        self.channels.iter().map(reversed).collect()
    }
}

impl Sink for Kept {
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
        self.is_whole = version == Version::Whole;
        if self.is_whole {
            let SoundShape { length_samples, channels, known_loop, .. } = shape;
            let is_outside = |what, found, limit| Err(SourceError::OutOfBounds { what, found, limit });
            if !(1..=MAX_SOUND_SAMPLES).contains(&length_samples) {
                return is_outside("length in samples", length_samples, MAX_SOUND_SAMPLES);
            }
            if !(1..=MAX_CHANNELS).contains(&channels) {
                return is_outside("channels", channels, MAX_CHANNELS);
            }
            self.channels = vec![vec![0.0; length_samples]; channels];
            self.known_loop = known_loop;
        }
        Ok(())
    }

    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        if !self.is_whole {
            return Ok(());
        }
        let limit = self.channels.first().map_or(0, Vec::len).div_ceil(BLOCK_SAMPLES);
        let start = index.saturating_mul(BLOCK_SAMPLES);
        let place =
            self.channels.get_mut(channel).and_then(|kept| kept.get_mut(start..start.saturating_add(samples.len())));
        let Some(place) = place else {
            return Err(SourceError::OutOfBounds { what: "block index", found: index, limit });
        };
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(SourceError::NotFinite { block: index });
        }
        place.copy_from_slice(samples);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::SustainMap;

    /// Gives a sound of two channels, the second half of which is silent, in two steps.
    struct TwoSteps {
        length: usize,
        given: usize,
    }

    impl Job for TwoSteps {
        fn advance(&mut self, _focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
            let count = self.length.div_ceil(BLOCK_SAMPLES);
            if self.given == 0 {
                let shape = SoundShape {
                    length_samples: self.length,
                    channels: 2,
                    stretch: StretchMap::NONE,
                    known_loop: None,
                };
                sink.begin(Version::Draft, shape)?;
                sink.block(0, 0, &[9.0; BLOCK_SAMPLES])?;
                sink.begin(Version::Whole, shape)?;
            }
            for index in self.given..(self.given + count.div_ceil(2)).min(count) {
                let range = index * BLOCK_SAMPLES..self.length.min((index + 1) * BLOCK_SAMPLES);
                for channel in 0..2 {
                    let block: Vec<f32> = range.clone().map(|place| sound(place, channel, self.length)).collect();
                    sink.block(index, channel, &block)?;
                }
            }
            self.given += count.div_ceil(2);
            Ok(if self.given < count { Progress::Going(0.5) } else { Progress::Done })
        }
    }

    fn sound(place: usize, channel: usize, length: usize) -> f32 {
        let level = if channel == 0 { 0.5 } else { 0.25 };
        if place < length / 2 { level * ((place % 97) as f32 / 97.0 + 0.01) } else { 1e-5 }
    }

    #[test]
    fn a_sound_is_turned_from_its_last_heard_moment_to_its_beginning() {
        for length in [1, 500, BLOCK_SAMPLES, 3 * BLOCK_SAMPLES + 77] {
            let mut job = Reversed::new(Box::new(TwoSteps { length, given: 0 }), 1.0);
            let mut kept = Kept::default();
            while job.advance(&Focus { first_sample: 3_000, ..Focus::default() }, &mut kept).expect("a sound")
                != Progress::Done
            {}
            let heard = (length / 2).max(1);
            for (channel, samples) in kept.channels.iter().enumerate() {
                assert_eq!(samples.len(), heard, "of {length}");
                assert_eq!(samples[0], 0.0, "it rises from silence");
                let turned = samples.iter().enumerate().skip(RISE_SAMPLES);
                assert!(turned.clone().all(|(place, sample)| *sample == sound(heard - 1 - place, channel, length)));
            }
        }
    }

    #[test]
    fn a_loop_keeps_its_length_its_rate_and_where_it_goes_on() {
        let known =
            KnownLoop { sample_rate_hz: 32_000.0, sustain: SustainMap { is_steady: true, ..SustainMap::default() } };
        let shape = SoundShape { length_samples: 900, channels: 1, stretch: StretchMap::NONE, known_loop: Some(known) };
        let mut kept = Kept::default();
        kept.begin(Version::Whole, shape).expect("it fits");
        // Silent in its second half, which a loop needs as much as the first.
        kept.block(0, 0, &[[0.5; 450], [0.0; 450]].concat()).expect("it fits");
        let mut turned = Kept::default();
        give(&kept.reversed(), (StretchMap::NONE, kept.known_loop), 0, &mut turned).expect("it fits");
        assert_eq!((turned.channels[0].len(), turned.known_loop), (900, Some(known)));
        assert_eq!((turned.channels[0][400], turned.channels[0][500]), (0.0, 0.5));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut kept = Kept::default();
        let shape = |length_samples, channels| SoundShape {
            length_samples,
            channels,
            stretch: StretchMap::NONE,
            known_loop: None,
        };
        for (length, channels) in [(0, 1), (MAX_SOUND_SAMPLES + 1, 1), (5, 0), (5, 3)] {
            assert!(kept.begin(Version::Whole, shape(length, channels)).is_err());
        }
        kept.begin(Version::Whole, shape(5, 1)).expect("it fits");
        assert!(kept.block(0, 0, &[f32::NAN; 5]).is_err() && kept.block(1, 0, &[0.0; 5]).is_err());
        assert!(kept.block(usize::MAX, 0, &[0.0; 5]).is_err() && kept.block(0, 1, &[0.0; 5]).is_err());
    }
}
