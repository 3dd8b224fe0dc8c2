//! What a source that takes long delivers of a mono sound, from its first block to its last.

use engine::decode::assets::Assets;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, Source, SourceError, Version};
use engine::link::SoundSpec;

/// The blocks of a sound in the order of their delivery, and the number of steps.
#[derive(Default)]
pub struct Delivered {
    /// Numbers of the blocks.
    pub indices: Vec<usize>,
    /// Their samples.
    pub samples: Vec<f32>,
    /// Steps before the last.
    pub steps: usize,
}

impl Sink for Delivered {
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
        assert_eq!((version, shape.channels), (Version::Whole, 1));
        Ok(())
    }

    fn block(&mut self, index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        self.indices.push(index);
        self.samples.extend_from_slice(samples);
        Ok(())
    }
}

/// Makes the sound of a request without assets.
///
/// # Panics
/// There is no such sound, or its progress falls or reaches 1 before the end.
pub fn made(source: &dyn Source, spec: &SoundSpec) -> Delivered {
    let mut job = source.begin(spec, Assets::default()).expect("a job");
    let (mut delivered, mut last) = (Delivered::default(), 0.0);
    while let Progress::Going(part) = job.advance(&Focus::default(), &mut delivered).expect("it plays") {
        assert!(part >= last && part < 1.0, "progress from {last} to {part}");
        delivered.steps += 1;
        last = part;
    }
    delivered
}
