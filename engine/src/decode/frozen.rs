//! A source of frozen zones: the sounds that were saved with a project, played while its pack is missing. WORKER THREADS.
//!
//! Every latent point gives the same sound, since only that one was saved; the loop of an endless recording is in the document itself.

use std::sync::Arc;

use super::assets::Assets;
use super::endless::EndlessJob;
use super::source::{Focus, Job, Pace, Progress, Sink, Source, SourceError, SourceProperties, give_whole};
use crate::link::{MAX_SOUND_SAMPLES, SoundSpec, StretchMap};
use crate::state::{FrozenZone, StateError};

/// A source of the sounds of frozen zones; cheap to clone.
#[derive(Clone)]
pub struct FrozenSource {
    roots: Vec<u8>,
    sample_rate_hz: f32,
    sounds: Vec<Arc<[f32]>>,
}

impl FrozenSource {
    /// Decompresses the zones of a project.
    ///
    /// # Errors
    /// [`StateError`] if there is no zone, if one is damaged, or if their rates differ.
    pub fn new(zones: &[FrozenZone]) -> Result<Self, StateError> {
        let mut sorted: Vec<&FrozenZone> = zones.iter().collect();
        sorted.sort_by_key(|zone| zone.root_key);
        sorted.dedup_by_key(|zone| zone.root_key);
        let refuse = |key: u8, reason: &str| StateError::Frozen { key, reason: reason.to_owned() };
        let first = sorted.first().ok_or_else(|| refuse(0, "the project holds no frozen sound"))?;
        if let Some(other) = sorted.iter().find(|zone| zone.sample_rate_hz != first.sample_rate_hz) {
            return Err(refuse(other.root_key, "its sample rate differs from that of the other zones"));
        }
        let sounds = sorted.iter().map(|zone| zone.to_samples().map(Arc::from)).collect::<Result<_, _>>()?;
        Ok(Self {
            roots: sorted.iter().map(|zone| zone.root_key).collect(),
            sample_rate_hz: first.sample_rate_hz as f32,
            sounds,
        })
    }
}

impl Source for FrozenSource {
    fn roots(&self) -> &[u8] {
        &self.roots
    }

    fn properties(&self) -> SourceProperties {
        SourceProperties {
            sample_rate_hz: self.sample_rate_hz,
            channels: 1,
            longest_samples: self.sounds.iter().map(|sound| sound.len()).max().unwrap_or(1).min(MAX_SOUND_SAMPLES),
            is_shaped: false,
            pace: Pace::Interactive,
        }
    }

    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        if let Some(whole) = assets.whole_loop() {
            return Ok(Box::new(EndlessJob::new(whole.clone(), spec.key)));
        }
        let zone = self.roots.iter().position(|root| f32::from(*root) == spec.key);
        let sound = zone.and_then(|zone| self.sounds.get(zone));
        let sound = sound.ok_or_else(|| SourceError::Failed(format!("no sound was frozen for key {}", spec.key)))?;
        Ok(Box::new(FrozenJob(Arc::clone(sound))))
    }
}

/// Delivers a stored sound in one step.
struct FrozenJob(Arc<[f32]>);

impl Job for FrozenJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        give_whole(&self.0, StretchMap::NONE, focus.first_sample, sink)?;
        Ok(Progress::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::source::{SoundShape, Version};
    use crate::link::SourceId;

    struct Collect(Vec<f32>);

    impl Sink for Collect {
        fn begin(&mut self, _version: Version, _shape: SoundShape) -> Result<(), SourceError> {
            Ok(())
        }

        fn block(&mut self, _index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
            self.0.extend_from_slice(samples);
            Ok(())
        }
    }

    fn zone(root_key: u8, level: f32) -> FrozenZone {
        FrozenZone::from_samples(root_key, 44_100, &[level; 5000]).expect("a sound")
    }

    #[test]
    fn each_zone_gives_its_own_sound_in_any_order_of_zones() {
        let source = FrozenSource::new(&[zone(60, 0.5), zone(36, 0.25)]).expect("two zones");
        assert_eq!(source.roots(), [36, 60]);
        for (key, level) in [(36.0, 0.25), (60.0, 0.5)] {
            let mut sink = Collect(Vec::new());
            let spec = SoundSpec::new(SourceId(0), [0.0; 7], key);
            let mut job = source.begin(&spec, Assets::default()).expect("frozen");
            assert_eq!(job.advance(&Focus::default(), &mut sink), Ok(Progress::Done));
            assert_eq!(sink.0.len(), 5000);
            assert!(sink.0.iter().all(|sample| (sample - level).abs() < 1e-6));
        }
    }

    #[test]
    fn no_zones_and_different_rates_are_refused() {
        assert!(FrozenSource::new(&[]).is_err());
        let mut other = zone(48, 0.1);
        other.sample_rate_hz = 48_000;
        assert!(FrozenSource::new(&[zone(60, 0.5), other]).is_err());
    }
}
