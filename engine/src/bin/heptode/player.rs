//! Plays single notes offline through the same engine as the plug-in. Main thread.

use std::sync::Arc;

use engine::Latent;
use engine::audio::{Event, EventKind, NoteAddress, Synth};
use engine::decode::PackModel;
use engine::decode::assets::AssetTable;
use engine::decode::pool::Pool;
use engine::instrument::{Instance, create_with_source};
use engine::params::{Controls, Hold};
use engine::state::StateDocument;

use crate::args::Playing;
use crate::failure::Failure;
use crate::rig::Rig;
use crate::studio::Named;

/// Samples per call of the synth: one step of its own grid.
const BLOCK_SAMPLES: usize = 64;
/// Longest render without `--seconds`, in seconds: the longest sound, stretched and played two octaves below its zone.
const MAX_SECONDS: usize = 60;
/// Fade where a sound is cut, in seconds.
const CUT_FADE_S: f32 = 0.005;

/// Positions of the knobs and the morph slider for one note.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The knobs, in σ.
    pub(crate) knobs: Latent,
    /// 0: the knobs' sound; 1: the sound on the pad.
    pub(crate) morph: f32,
}

impl Place {
    /// The knobs alone.
    pub(crate) fn at(knobs: Latent) -> Self {
        Self { knobs, morph: 0.0 }
    }
}

/// An instance of the instrument that renders offline.
pub(crate) struct Player {
    synth: Synth,
    sounds: Controls,
    instance: Instance,
    // Dropped last: its workers serve the instance. None where a rig has them.
    _pool: Option<Arc<Pool>>,
}

impl Player {
    /// With `knobs` as the sound that the knobs are set to, and `pad` on all corners of the pad.
    pub(crate) fn new(model: Arc<dyn PackModel>, knobs: Option<&Named>, pad: Option<&Named>) -> Result<Self, Failure> {
        let pool = Pool::new(1).map_err(Failure::failed)?;
        let table = Arc::<AssetTable>::default();
        let zones = |sound: Option<&Named>| sound.map(|sound| sound.residuals.clone()).unwrap_or_default();
        let (of_knobs, of_pad) = (zones(knobs), zones(pad));
        // The pad rests on its first corner.
        let mixed = [of_pad.as_slice(), &[], &[], &[], &of_knobs];
        let point = |sound: Option<&Named>| sound.map(|sound| sound.latent).unwrap_or_default();
        let assets = table.set_residuals(mixed, point(knobs));
        let corners = [point(pad); 4];
        let mut sounds = Controls { corners, assets, pad_x: 0.0, pad_y: 0.0, gain_db: 0.0, ..Controls::default() };
        // A file holds the sound itself: mono, without effects.
        sounds.voices.width = 0.0;
        let (mut synth, instance) = create_with_source(&pool, model.source(), table);
        synth.set_offline(true);
        Ok(Self { synth, sounds, instance, _pool: Some(pool) })
    }

    /// As a document describes it; `rig` serves it.
    pub(crate) fn of_document(rig: &Rig, document: &StateDocument) -> Result<Self, Failure> {
        let (mut synth, instance, sounds) = rig.instance(document)?;
        synth.set_offline(true);
        Ok(Self { synth, sounds, instance, _pool: None })
    }

    /// The point that is decoded there.
    pub(crate) fn point(&self, place: &Place) -> Latent {
        Controls { knobs: place.knobs, morph: place.morph, ..self.sounds }.point()
    }

    /// Plays one note at full velocity until the sound ends, or for the length asked for.
    pub(crate) fn play(&mut self, place: &Place, playing: &Playing) -> Result<Vec<f32>, Failure> {
        let controls = Controls {
            knobs: place.knobs,
            morph: place.morph,
            fidelity: playing.fidelity,
            stretch: playing.stretch,
            formant_semitones: playing.formant,
            tilt_db_per_octave: playing.tilt,
            hold: playing.hold.hold().value(),
            ..self.sounds
        };
        let [left, _] = self.render(&controls, playing)?;
        // The right side of a mono sound in the middle is the left one.
        Ok(left)
    }

    /// Plays one note at full velocity with the preset's own controls. Without a length its note ends with its sound.
    pub(crate) fn play_preset(&mut self, playing: &Playing) -> Result<[Vec<f32>; 2], Failure> {
        let hold = if playing.seconds.is_some() { self.sounds.hold } else { Hold::Gated.value() };
        self.render(&Controls { hold, ..self.sounds }, playing)
    }

    fn render(&mut self, controls: &Controls, playing: &Playing) -> Result<[Vec<f32>; 2], Failure> {
        let rate_hz = playing.rate as f32;
        self.synth.set_sample_rate(rate_hz);
        let wanted = playing.seconds.map(|seconds| (f64::from(seconds) * f64::from(playing.rate)).round() as usize);
        let longest = wanted.unwrap_or(MAX_SECONDS * playing.rate as usize);
        let note =
            Event { offset: 0, kind: EventKind::NoteOn { note: NoteAddress::key(0, playing.key), velocity: 1.0 } };
        let mut block = [[0.0; BLOCK_SAMPLES]; 2];
        let mut sides = [Vec::new(), Vec::new()];
        let mut events: &[Event] = &[note];
        while sides[0].len() < longest {
            let [left, right] = &mut block;
            self.synth.render(events, controls, left, right);
            // Voices are counted at the start of a block: without any, this one is silent.
            if events.is_empty() && self.instance.status().playing_voices == 0 {
                break;
            }
            events = &[];
            sides.iter_mut().zip(&block).for_each(|(side, block)| side.extend_from_slice(block));
        }
        self.check()?;
        for side in &mut sides {
            if side.len() > longest {
                side.truncate(longest);
                fade_out(side, (CUT_FADE_S * rate_hz) as usize);
            }
            side.resize(wanted.unwrap_or(side.len()), 0.0);
        }
        Ok(sides)
    }

    /// An error when a decode failed: its silence is not a result.
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
