//! The sound of an endless recording alone. WORKER THREADS.
//!
//! A loop is played as it is, at a rate that puts it at the root key of its zone: stretch, formant and tilt, which shape frames, do not
//! change it. Where it goes on is known and need not be searched for.

use super::keyed_loop::{KeyedLoop, LEAD_SAMPLES, TAIL_SAMPLES};
use super::source::{Focus, Job, KnownLoop, Progress, Sink, SoundShape, SourceError, Version, give_channels};
use crate::link::{Exit, Exits, Landing, StretchMap, SustainMap};

/// Samples at the start that fade in, since a texture begins at full level: 4.5 ms at 44.1 kHz. Only the start of a note plays them.
const RISE_SAMPLES: usize = 200;

/// Delivers the loop in one step, at the rate that puts it at a root key.
pub(super) struct EndlessJob {
    sound: KeyedLoop,
    root: f32,
}

impl EndlessJob {
    pub(super) fn new(sound: KeyedLoop, root: f32) -> Self {
        Self { sound, root }
    }
}

impl Job for EndlessJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        let samples = self.sound.samples()?;
        let channels: Vec<Vec<f32>> = samples.channels.iter().map(|channel| with_ends(channel)).collect();
        let shape = SoundShape {
            length_samples: channels.first().map_or(0, Vec::len),
            channels: channels.len(),
            stretch: StretchMap::NONE,
            known_loop: Some(KnownLoop {
                sample_rate_hz: (samples.rate_hz as f32) * ((self.root - self.sound.key) / 12.0).exp2(),
                sustain: whole(samples.channels.first().map_or(0, Vec::len)),
            }),
        };
        sink.begin(Version::Whole, shape)?;
        give_channels(&channels, focus.first_sample, sink)?;
        Ok(Progress::Done)
    }
}

/// The loop with a rise before its beginning is heard again, and with its beginning behind its end.
fn with_ends(channel: &[f32]) -> Vec<f32> {
    let mut samples: Vec<f32> =
        channel.iter().copied().cycle().take(channel.len() + LEAD_SAMPLES + TAIL_SAMPLES).collect();
    for (at, sample) in samples.iter_mut().take(RISE_SAMPLES).enumerate() {
        *sample *= at as f32 / RISE_SAMPLES as f32;
    }
    samples
}

/// One exit, one landing: the same samples follow both.
fn whole(length: usize) -> SustainMap {
    let landing = Landing { sample: LEAD_SAMPLES as u32, correlation: 1.0, gain: 1.0 };
    let sustain = Exits::new(&[Exit::new((LEAD_SAMPLES + length) as u32, &[landing])]);
    SustainMap { sustain, is_steady: true, ..SustainMap::default() }
}
