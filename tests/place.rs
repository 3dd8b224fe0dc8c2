//! A source whose samples show their place in the sound: a line that rises by the same for each sample, whatever the key. The first latent
//! lifts the whole line.

use std::sync::Arc;

use engine::audio::Synth;
use engine::decode::Pool;
use engine::decode::assets::Assets;
use engine::decode::source::{
    Focus, Job, KnownLoop, Pace, Progress, Sink, SoundShape, Source, SourceError, SourceProperties, Version,
    give_channels,
};
use engine::instrument::{self, Instance};
use engine::link::{Exit, Exits, Landing, SoundSpec, StretchMap, SustainMap};
use support::fake::{FAKE_LENGTH, FAKE_RATE_HZ};

/// Level that the line rises by over a sound.
const RISE: f32 = 0.5;
/// Level by which a σ of the first latent lifts the line.
pub const LIFT: f32 = 0.25;
/// Loop of [`known_loop_rig`], in samples of the sound.
const KNOWN_LOOP: [usize; 2] = [30_000, 60_000];

/// The source.
struct Place {
    is_loop: bool,
}

/// One sound of it.
struct PlaceJob {
    samples: Vec<f32>,
    stretch: StretchMap,
    known_loop: Option<KnownLoop>,
}

impl Source for Place {
    fn roots(&self) -> &[u8] {
        &[60]
    }

    fn properties(&self) -> SourceProperties {
        SourceProperties {
            sample_rate_hz: FAKE_RATE_HZ,
            channels: 1,
            longest_samples: 4 * FAKE_LENGTH,
            is_shaped: true,
            pace: Pace::Interactive,
        }
    }

    fn begin(&self, spec: &SoundSpec, _assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        let length = (FAKE_LENGTH as f32 * spec.shaping.stretch).round() as usize;
        let sample = |index: usize| RISE * index as f32 / length as f32 + LIFT * spec.controls[0];
        let landing = Landing { sample: KNOWN_LOOP[0] as u32, correlation: 1.0, gain: 1.0 };
        let exits = Exits::new(&[Exit::new(KNOWN_LOOP[1] as u32, &[landing])]);
        let sustain = SustainMap { sustain: exits, is_steady: true, ..SustainMap::default() };
        let known_loop = self.is_loop.then_some(KnownLoop { sample_rate_hz: FAKE_RATE_HZ, sustain });
        let stretch = StretchMap::uniform(spec.shaping.stretch);
        Ok(Box::new(PlaceJob { samples: (0..length).map(sample).collect(), stretch, known_loop }))
    }
}

impl Job for PlaceJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        let (length_samples, stretch, known_loop) = (self.samples.len(), self.stretch, self.known_loop);
        sink.begin(Version::Whole, SoundShape { length_samples, channels: 1, stretch, known_loop })?;
        give_channels(&[&self.samples], focus.first_sample, sink)?;
        Ok(Progress::Done)
    }
}

/// An instance that plays the source.
pub struct PlaceRig {
    /// The audio side.
    pub synth: Synth,
    _instance: Instance,
    _pool: Arc<Pool>,
}

fn rig(is_loop: bool, rate_hz: f32) -> PlaceRig {
    let pool = Pool::new(1).expect("threads");
    let (mut synth, instance) = instrument::create_with_source(&pool, Arc::new(Place { is_loop }), Arc::default());
    synth.set_sample_rate(rate_hz);
    synth.set_offline(true);
    synth.reset();
    PlaceRig { synth, _instance: instance, _pool: pool }
}

/// An offline instance of the source at a host rate.
pub fn place_rig(rate_hz: f32) -> PlaceRig {
    rig(false, rate_hz)
}

/// The same with a source whose sounds are known to be a loop.
pub fn known_loop_rig(rate_hz: f32) -> PlaceRig {
    rig(true, rate_hz)
}

/// Place in the sound that a level shows, in samples, at a first latent of `first`.
pub fn place(level: f32, first: f32) -> f64 {
    f64::from((level - LIFT * first) / RISE) * FAKE_LENGTH as f64
}

/// Playback ratio against a note at the root, over pieces of 32 samples: with the samples in their middles.
pub fn ratios(played: &[f32], rate_hz: f32) -> Vec<(f64, f64)> {
    const PIECE: usize = 32;
    let at_root = f64::from(FAKE_RATE_HZ / rate_hz);
    (0..played.len() - PIECE)
        .step_by(PIECE / 2)
        .map(|first| {
            let way = place(played[first + PIECE], 0.0) - place(played[first], 0.0);
            (first as f64 + PIECE as f64 / 2.0, way / PIECE as f64 / at_root)
        })
        .collect()
}
