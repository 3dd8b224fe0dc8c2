//! Plays single notes through the instrument itself, offline: what the plug-in plays is what the file holds.

use std::sync::Arc;

use engine::Latent;
use engine::audio::{Controls, Event, EventKind, Synth};
use engine::decode::Model;
use engine::decode::pool::Pool;
use engine::instrument::{Instance, create};

use crate::args::Playing;
use crate::failure::Failure;

/// Samples per call of the synth: one step of its own grid.
const BLOCK_SAMPLES: usize = 64;
/// Longest file, in seconds: the longest sound, stretched and played two octaves below its zone.
const MAX_SECONDS: usize = 60;
/// Fade where a sound is cut, in seconds.
const CUT_FADE_S: f32 = 0.005;

/// An instance of the instrument that renders offline.
pub(crate) struct Player {
    synth: Synth,
    instance: Instance,
    // Dropped last: its workers serve the instance.
    _pool: Arc<Pool>,
}

impl Player {
    pub(crate) fn new(model: Arc<Model>) -> Result<Self, Failure> {
        let pool = Pool::new(1).map_err(Failure::failed)?;
        let (mut synth, instance) = create(&pool, model);
        synth.set_offline(true);
        Ok(Self { synth, instance, _pool: pool })
    }

    /// Plays one note of the sound at `latent` at full velocity until the sound ends, or for the length asked for.
    pub(crate) fn play(&mut self, latent: &Latent, playing: &Playing) -> Result<Vec<f32>, Failure> {
        let controls = Controls {
            knobs: *latent,
            stretch: playing.stretch,
            formant_semitones: playing.formant,
            tilt_db_per_octave: playing.tilt,
            ..Controls::default()
        };
        let rate_hz = playing.rate as f32;
        self.synth.set_sample_rate(rate_hz);
        let wanted = playing.seconds.map(|seconds| (seconds * rate_hz).round() as usize);
        let longest = wanted.unwrap_or(MAX_SECONDS * playing.rate as usize);
        let note = Event { offset: 0, kind: EventKind::NoteOn { key: playing.key, velocity: 1.0, channel: 0 } };
        let mut block = [0.0; BLOCK_SAMPLES];
        self.synth.render(&[note], &controls, &mut block);
        let mut samples = block.to_vec();
        while samples.len() < longest {
            self.synth.render(&[], &controls, &mut block);
            // Voices are counted at the start of a block: without any, this one is silent.
            if self.instance.status().playing_voices == 0 {
                break;
            }
            samples.extend_from_slice(&block);
        }
        self.check()?;
        if samples.len() > longest {
            samples.truncate(longest);
            fade_out(&mut samples, (CUT_FADE_S * rate_hz) as usize);
        }
        samples.resize(wanted.unwrap_or(samples.len()), 0.0);
        Ok(samples)
    }

    /// Silence because of a failed decode is a failure, not a result.
    fn check(&mut self) -> Result<(), Failure> {
        match self.instance.status().failed {
            Some(reason) => Err(Failure::failed(reason)),
            None if self.synth.render_failed() => Err(Failure::failed("the sound could not be decoded")),
            None => Ok(()),
        }
    }
}

fn fade_out(samples: &mut [f32], length: usize) {
    for (i, sample) in samples.iter_mut().rev().take(length).enumerate() {
        *sample *= i as f32 / length as f32;
    }
}
