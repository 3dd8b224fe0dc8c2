//! Second stage: the decoder alone learns its own frames again, at points of the whole space, but without second events
//! (`second_events`) where no sound of the corpus has one.
//!
//! The encoder stays as it is, and so does what every latent means. A law in the first stage that does the same pulls against sounds
//! whose points move while it does; here all that is to stay is known, so minutes are enough.

use anyhow::Result;
use engine::spectral::SpectralShape;
use engine::units::LATENT_LIMIT;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::ending_loss::units;
use super::interpolation_loss::{InterpolationLoss, LINES};
use super::second_events::{attenuation, height_db};
use super::stage::{Figures, Stage};
use super::vae_stage::{LEAST_SPREAD, spread};
use super::{axis_loss, checkpoint, latent_space_loss};
use crate::features::Dataset;
use crate::loss::frames::{FramesCriterion, Silence, distances_db};
use crate::model::Decoder;
use crate::model::vae::LATENTS;

/// Sounds, and points drawn as sounds are spread, of one batch; beside them come the points of [`latent_space_loss`].
const SOUNDS: usize = 8;
const NORMAL_POINTS: i64 = 8;
/// Factor on the spread of the points that are drawn as sounds are.
const WIDENING: f64 = 1.2;
/// Keys of points that are no sounds, in units of a network's input: two octaves and a half up and down.
const KEYS: f64 = 1.25;
/// A sound whose true frames have a second event as high as this keeps what the decoder gives of it, in dB.
const OWN_EVENT_DB: f64 = 3.0;
/// Second events of points within the first distance from such a sound stay, in σ; beyond the second they go.
const OWN_DISTANCE: (f64, f64) = (0.5, 1.2);
/// Part of the batches with a loss of straight lines, half of them between sounds and half along one knob.
const STRAIGHT_PART: f64 = 0.5;
/// Random points of an evaluation, always the same ones, and how high a second event is that counts there, in dB.
const EVALUATED: i64 = 256;
const COUNTED_DB: f64 = 10.0;
/// Sounds of an evaluation.
const EVALUATED_SOUNDS: i64 = 128;

/// What the stage begins with.
#[derive(Debug)]
pub struct Start<'a> {
    /// The sounds that it is trained on.
    pub data: &'a Dataset,
    /// Their points, `[sound, 7]`.
    pub means: Tensor,
    /// The store with the decoder that the first stage has trained.
    pub trained: &'a VarStore,
    /// Where silence begins and how much it counts.
    pub silence: Silence,
}

/// The decoder stage.
#[derive(Debug)]
pub struct DecoderStage {
    decoder: Decoder,
    /// The decoder as the stage begins.
    before: Decoder,
    points: Points,
    criterion: FramesCriterion,
    lines: InterpolationLoss,
    shape: SpectralShape,
}

/// Where sounds lie, and which of them have a second event.
#[derive(Debug)]
struct Points {
    /// Points of the sounds, `[sound, 7]`, and their keys, `[sound, 1]`.
    means: Tensor,
    keys: Tensor,
    /// 1 where a sound has a second event of its own, `[sound]`, and the points of those.
    has_own: Tensor,
    own: Tensor,
    /// σ of the points, `[1, 7]`, their mean, `[1, 7]`, and the lower factor of their covariance, `[7, 7]`.
    spread: Tensor,
    centre: Tensor,
    factor: Tensor,
}

/// Some points, `[point, 7]`, their keys, `[point, 1]`, and how much of a second event is to go at each, 0 to 1, `[point, 1]`.
struct Drawn {
    latents: Tensor,
    keys: Tensor,
    removed: Tensor,
}

impl Points {
    fn new(start: &Start, shape: &SpectralShape, device: Device) -> Self {
        let (data, means) = (start.data, start.means.to_device(device));
        let has_own = height_db(&data.frames, shape).gt(OWN_EVENT_DB).to_device(device);
        let centre = means.mean_dim([0i64].as_slice(), true, Kind::Float);
        Self {
            own: means.index_select(0, &has_own.nonzero().view(-1)),
            has_own: has_own.to_kind(Kind::Float),
            keys: data.keys.to_device(device),
            spread: spread(&means),
            factor: covariance_factor(&(&means - &centre)),
            centre,
            means,
        }
    }

    /// Sounds at their keys; then points that are drawn as sounds are, and points of the whole space, at any key.
    fn draw(&self, rng: &mut ChaCha8Rng) -> Drawn {
        let device = self.means.device();
        let sounds: Vec<i64> = (0..SOUNDS).map(|_| rng.random_range(0..self.means.size()[0])).collect();
        let sounds = Tensor::from_slice(&sounds).to_device(device);
        let means = self.means.index_select(0, &sounds);
        let anywhere = Tensor::cat(
            &[self.normal(NORMAL_POINTS), latent_space_loss::points(&means.repeat([2, 1]), &self.spread)],
            0,
        );
        let keys = (Tensor::rand([anywhere.size()[0], 1], (Kind::Float, device)) * 2.0 - 1.0) * KEYS;
        let is_removed = 1.0 - self.has_own.index_select(0, &sounds).unsqueeze(1);
        Drawn {
            removed: Tensor::cat(&[is_removed, self.removed(&anywhere)], 0),
            latents: Tensor::cat(&[means, anywhere], 0),
            keys: Tensor::cat(&[self.keys.index_select(0, &sounds), keys], 0),
        }
    }

    /// `[count, 7]`.
    fn normal(&self, count: i64) -> Tensor {
        let deviates = Tensor::randn([count, LATENTS], (Kind::Float, self.means.device())) * WIDENING;
        &self.centre + deviates.matmul(&self.factor.transpose(0, 1))
    }

    /// Ends of lines along one knob: the first of `sounds`, `[sound, 7]`, with it at its lower end, then with it at its upper end.
    fn knob_ends(&self, sounds: &Tensor, rng: &mut ChaCha8Rng) -> Tensor {
        let knob = rng.random_range(0..LATENTS);
        let reach = self.spread.narrow(1, knob, 1).double_value(&[0, 0]) * f64::from(LATENT_LIMIT);
        let ends = sounds.narrow(0, 0, LINES).repeat([2, 1]);
        let _ = ends.narrow(0, 0, LINES).narrow(1, knob, 1).fill_(-reach);
        let _ = ends.narrow(0, LINES, LINES).narrow(1, knob, 1).fill_(reach);
        ends
    }

    /// How much of a second event is to go at `latents`, `[point, 7]`: 0 near a sound that has one of its own, 1 far from all of them.
    fn removed(&self, latents: &Tensor) -> Tensor {
        if self.own.size()[0] == 0 {
            return Tensor::ones([latents.size()[0], 1], (Kind::Float, latents.device()));
        }
        let distances = Tensor::cdist(&(latents / &self.spread), &(&self.own / &self.spread), 2.0, None::<i64>);
        let nearest = distances.amin([1i64].as_slice(), true);
        ((nearest - OWN_DISTANCE.0) / (OWN_DISTANCE.1 - OWN_DISTANCE.0)).clamp(0.0, 1.0)
    }
}

impl DecoderStage {
    /// The stage that goes on from `start`; its decoder is in `store`.
    ///
    /// # Errors
    /// The trained weights are not those of a decoder.
    pub fn new(store: &VarStore, start: &Start) -> Result<Self> {
        let (device, shape) = (store.device(), SpectralShape::DEFAULT);
        let mut before_store = VarStore::new(device);
        let [decoder, before] = [store, &before_store].map(|store| Decoder::new(&(store.root() / "decoder")));
        checkpoint::copy_shared(start.trained, store)?;
        checkpoint::copy_shared(start.trained, &before_store)?;
        before_store.freeze();
        Ok(Self {
            decoder,
            before,
            points: Points::new(start, &shape, device),
            criterion: FramesCriterion::new(&shape, start.silence, device),
            lines: InterpolationLoss::new(&shape, device),
            shape,
        })
    }

    /// What the decoder is to give: what it gave as the stage began, less its second events.
    fn target(&self, drawn: &Drawn) -> Tensor {
        let made = self.before.forward(&drawn.latents, &drawn.keys);
        let attenuation = attenuation(&made, &self.shape) * &drawn.removed;
        made - attenuation.unsqueeze(1)
    }
}

impl Stage for DecoderStage {
    const NAME: &'static str = "decoder";
    const RATE: f64 = 6e-4;

    fn loss(&self, _: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let drawn = self.points.draw(rng);
        let target = tch::no_grad(|| self.target(&drawn));
        let error = self.criterion.loss(&self.decoder.forward(&drawn.latents, &drawn.keys), &target);
        let mut loss = error.total;
        if rng.random_bool(STRAIGHT_PART) {
            let [sounds, keys] = [&drawn.latents, &drawn.keys].map(|x| x.narrow(0, 0, SOUNDS as i64));
            let ends = if rng.random_bool(0.5) { sounds } else { self.points.knob_ends(&sounds, rng) };
            loss += self.lines.excess(&self.decoder, &ends, &keys);
        }
        if rng.random_bool(axis_loss::PART) {
            let key = drawn.keys.narrow(0, 0, 1);
            loss +=
                axis_loss::distance(&self.decoder, &key, &self.points.spread, axis_loss::POINTS) * axis_loss::WEIGHT;
        }
        (loss, vec![("weighted_db", error.levels.detach() / units(1.0, &self.shape))])
    }

    /// Change of the sounds without a second event against the beginning of the stage, and random points with a second event.
    fn evaluate(&self) -> Figures {
        let Points { means, keys, has_own, .. } = &self.points;
        let plain = has_own.eq(0.0).nonzero().view(-1);
        let every = (plain.size()[0] / EVALUATED_SOUNDS).max(1);
        let chosen = plain.slice(0, 0, EVALUATED_SOUNDS * every, every);
        let [now, before] = [&self.decoder, &self.before]
            .map(|decoder| decoder.decode(&means.index_select(0, &chosen), &keys.index_select(0, &chosen)));
        let before_without = &before - attenuation(&before, &self.shape).unsqueeze(1);
        let changes_db = distances_db(&now, &before_without, &self.shape);
        let change_db = changes_db.sum(Kind::Float).double_value(&[]) / chosen.size()[0].max(1) as f64;
        tch::manual_seed(0);
        let random = self.points.normal(EVALUATED);
        let made = self.decoder.decode(&random, &Tensor::zeros([EVALUATED, 1], (Kind::Float, random.device())));
        let counted = height_db(&made, &self.shape).gt(COUNTED_DB).to_kind(Kind::Float);
        let middle_key = Tensor::zeros([1, 1], (Kind::Float, random.device()));
        let followed =
            1.0 - axis_loss::distance(&self.decoder, &middle_key, &self.points.spread, EVALUATED).double_value(&[]);
        vec![
            ("knobs", followed),
            ("change_db", change_db),
            ("second_events_percent", 100.0 * counted.mean(Kind::Float).double_value(&[])),
        ]
    }
}

/// Lower factor of the covariance of points around 0, `[point, 7]` → `[7, 7]`; never singular.
fn covariance_factor(points: &Tensor) -> Tensor {
    let covariance = points.transpose(0, 1).matmul(points) / points.size()[0] as f64;
    let least = Tensor::eye(LATENTS, (Kind::Float, points.device())) * (LEAST_SPREAD * LEAST_SPREAD);
    (covariance + least).linalg_cholesky(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vae::{BANDS, FRAMES};

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;
    const SOUND_COUNT: i64 = 12;
    /// Sounds from this one on have a second event of their own.
    const FIRST_OWN: i64 = 10;

    /// Sounds that decay, and from `first_own` on such that begin again.
    fn sounds(first_own: i64) -> Dataset {
        let level_db = |number: i64, frame: i64| match number >= first_own && (100..120).contains(&frame) {
            true => -20.0,
            false => -0.6 * frame as f32,
        };
        let values: Vec<f32> = (0..SOUND_COUNT)
            .flat_map(|number| {
                let of_band =
                    move |band| (0..FRAMES).map(move |frame| if band == 20 { level_db(number, frame) } else { -90.0 });
                (0..BANDS).flat_map(of_band)
            })
            .map(|db| SHAPE.normalise_db(db))
            .collect();
        Dataset {
            items: Vec::new(),
            samples: Tensor::from_slice::<i16>(&[]),
            frames: Tensor::from_slice(&values).view([SOUND_COUNT, BANDS, FRAMES]),
            keys: Tensor::zeros([SOUND_COUNT, 1], tch::kind::FLOAT_CPU),
            siblings: (0..SOUND_COUNT as usize).map(|index| vec![index]).collect(),
        }
    }

    /// A stage whose decoder gives a second event at every point, and whose sounds lie two units apart along the first axis.
    fn stage(first_own: i64) -> DecoderStage {
        let trained = VarStore::new(Device::Cpu);
        let decoder = Decoder::new(&(trained.root() / "decoder"));
        tch::no_grad(|| make_a_second_event(&decoder));
        let data = sounds(first_own);
        let along = Tensor::arange(SOUND_COUNT, tch::kind::FLOAT_CPU).unsqueeze(1) * 2.0;
        let means = along.constant_pad_nd([0, LATENTS - 1]);
        let silence = Silence { below_db: -84.0, weight: 0.15 };
        let start = Start { data: &data, means, trained: &trained, silence };
        DecoderStage::new(&VarStore::new(Device::Cpu), &start).expect("the weights fit")
    }

    /// Weights of one sign, so that a loud coarse frame is loud in all bands: the first and the seventh are, whatever the point.
    fn make_a_second_event(decoder: &Decoder) {
        let coarse = Tensor::full([384, 11], -3.0, tch::kind::FLOAT_CPU);
        let _ = coarse.narrow(1, 0, 1).fill_(3.0);
        let _ = coarse.narrow(1, 6, 1).fill_(2.5);
        let _ = decoder.spread.weight.shallow_clone().zero_();
        decoder.spread.bias.shallow_clone().copy_(&coarse.view(-1));
        for block in &decoder.blocks {
            for conv in [&block.conv, &block.residual] {
                let fan_in = (conv.weight.size()[1] * conv.weight.size()[2]) as f64;
                let _ = conv.weight.shallow_clone().fill_(1.0 / fan_in);
            }
        }
        let _ = decoder.output.weight.shallow_clone().fill_(0.001);
        let _ = decoder.output.bias.shallow_clone().fill_(-1.0);
    }

    #[test]
    fn a_second_event_goes_but_where_a_sound_has_its_own() {
        let stage = stage(FIRST_OWN);
        let heights = |frames: &Tensor| Vec::<f32>::try_from(height_db(frames, &SHAPE)).expect("a height a sound");
        let points = &stage.points;
        let latents = Tensor::cat(&[points.means.narrow(0, 0, 2), points.own.shallow_clone()], 0);
        let keys = Tensor::zeros([latents.size()[0], 1], tch::kind::FLOAT_CPU);
        let drawn = Drawn { removed: points.removed(&latents), latents, keys };
        tch::no_grad(|| {
            let before = heights(&stage.before.forward(&drawn.latents, &drawn.keys));
            assert!(before.iter().all(|height| f64::from(*height) > COUNTED_DB), "{before:?}");
            let target = heights(&stage.target(&drawn));
            assert!(target[..2].iter().all(|height| *height < 0.1), "{target:?}");
            assert!(target[2..].iter().zip(&before[2..]).all(|(target, before)| target == before), "{target:?}");
        });
    }

    #[test]
    fn corpora_of_nothing_but_second_events_and_of_none_are_evaluated() {
        for first_own in [0, SOUND_COUNT] {
            let figures = tch::no_grad(|| stage(first_own).evaluate());
            assert!(figures.iter().all(|(_, value)| value.is_finite()), "{figures:?}");
        }
    }
}
