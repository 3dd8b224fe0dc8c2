//! The values of all controls, and the sound that follows from them. AUDIO THREAD: plain arithmetic on `Copy` values.

use super::{
    AmpControls, ArpControls, EnvelopeControls, FIRST_ROUTES, FilterControls, LearnedElsewhere, LoopControls,
    MotionControls, PadPath, Routes, SpaceControls, StepLevels, TABLE, Transport, VariationControls, VoiceControls,
};
use crate::link::{AssetId, AssetMix, MIXED_ASSETS, Shaping, SoundSpec, SourceId};
use crate::units::{LATENT_LIMIT, Latent};

/// Distance of the knobs from their sound's point at which the weight of its residual is 0, in σ. Larger keeps the recording's detail at
/// points that it was not made for; smaller makes the first part of a knob's travel change the sound faster.
const RECORDING_REACH_SIGMA: f32 = 0.5;

/// The assets of the mixed sounds, and the prime.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AssetSet {
    /// Assets of corners A to D, then of the knobs' sound.
    pub ids: [AssetId; MIXED_ASSETS],
    /// Point of the knobs' sound, in σ units.
    pub knobs_point: Latent,
    /// What all sounds go on from, in packs that take a prime.
    pub prime: AssetId,
}

/// Values of all controls; their ranges are in the table of parameters. Constant during a call of the synth, which reads them on its
/// 64-sample grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controls {
    /// Seven knobs, in σ units, [−3, 3].
    pub knobs: Latent,
    /// Corner sounds of the pad: A (x 0, y 0), B (1, 0), C (0, 1), D (1, 1), in σ units.
    pub corners: [Latent; 4],
    /// Horizontal pad position, [0, 1].
    pub pad_x: f32,
    /// Vertical pad position, [0, 1].
    pub pad_y: f32,
    /// Mix of the knobs' sound (0) and the pad's (1).
    pub morph: f32,
    /// Weight of the recordings' residuals, [0, 1]; 0 is the model alone.
    pub fidelity: f32,
    /// Assets of the mixed sounds.
    pub assets: AssetSet,
    /// Length factor, [0.25, 4].
    pub stretch: f32,
    /// Shift of the spectral envelope in semitones, [−12, 12].
    pub formant_semitones: f32,
    /// Slope added to the spectrum in dB per octave, [−6, 6].
    pub tilt_db_per_octave: f32,
    /// Whether sounds are played from their end to their beginning: 0 no, 1 yes.
    pub reverse: f32,
    /// Factor on the temperature at which the pack's network draws its sounds, [0.5, 1.5]; only networks that draw have one.
    pub temperature: f32,
    /// Time from silence to full level in seconds, [0, 5].
    pub attack_s: f32,
    /// Time in seconds in which the distance to the sustain level falls by 60 dB, [0, 10].
    pub decay_s: f32,
    /// Sustain level, [0, 1], linear.
    pub sustain: f32,
    /// Time in seconds in which a released note falls by 60 dB, [0, 10].
    pub release_s: f32,
    /// Coarse tuning in semitones, [−24, 24].
    pub coarse_semitones: f32,
    /// Fine tuning in cents, [−100, 100].
    pub fine_cents: f32,
    /// Output gain in dB, [−60, 12].
    pub gain_db: f32,
    /// How much darker softer notes are, [0, 2]: 0 not at all, 1 as measured. Read at note-on.
    pub touch: f32,
    /// How long a note sounds, read at note-on: 0 one-shot, 1 gated, 2 sustained, 3 auto.
    pub hold: f32,
    /// How notes become voices.
    pub voices: VoiceControls,
    /// Further parts of the amplitude envelope.
    pub amp: AmpControls,
    /// Loop of held notes.
    pub looping: LoopControls,
    /// Filter of each voice.
    pub filter: FilterControls,
    /// Second envelope.
    pub env2: EnvelopeControls,
    /// LFOs, macros and amounts of routes.
    pub motion: MotionControls,
    /// Sources and destinations of the routes, whose amounts are in `motion`.
    pub routes: Routes,
    /// Levels of the step source, whose other controls are in `motion`.
    pub steps: StepLevels,
    /// Recorded path of the pad's point, whose other controls are in `motion`.
    pub pad_path: PadPath,
    /// Effects.
    pub space: SpaceControls,
    /// Arpeggiator.
    pub arp: ArpControls,
    /// How notes vary.
    pub variation: VariationControls,
    /// Which controllers have learned something else than what they move by themselves.
    pub learned: LearnedElsewhere,
    /// Tempo and position.
    pub transport: Transport,
    /// Seed of the sources' random numbers.
    pub seed: u64,
}

impl Default for Controls {
    /// Every parameter at its default.
    fn default() -> Self {
        let mut controls = Self {
            knobs: [0.0; 7],
            corners: [[0.0; 7]; 4],
            pad_x: 0.0,
            pad_y: 0.0,
            morph: 0.0,
            fidelity: 0.0,
            assets: AssetSet::default(),
            stretch: 0.0,
            formant_semitones: 0.0,
            tilt_db_per_octave: 0.0,
            reverse: 0.0,
            temperature: 0.0,
            attack_s: 0.0,
            decay_s: 0.0,
            sustain: 0.0,
            release_s: 0.0,
            coarse_semitones: 0.0,
            fine_cents: 0.0,
            gain_db: 0.0,
            touch: 0.0,
            hold: 0.0,
            voices: VoiceControls::default(),
            amp: AmpControls::default(),
            looping: LoopControls::default(),
            filter: FilterControls::default(),
            env2: EnvelopeControls::default(),
            motion: MotionControls::default(),
            routes: FIRST_ROUTES,
            steps: StepLevels::FIRST,
            pad_path: PadPath::NONE,
            space: SpaceControls::default(),
            arp: ArpControls::default(),
            variation: VariationControls::default(),
            learned: LearnedElsewhere::default(),
            transport: Transport::default(),
            seed: 0,
        };
        TABLE.iter().for_each(|row| row.set(&mut controls, row.default));
        controls
    }
}

impl Controls {
    /// The point that is decoded: (1 − m)·K + m·P, P the bilinear mix of the corners.
    pub fn point(&self) -> Latent {
        let (x, y, m) = (self.pad_x, self.pad_y, self.morph);
        let [a, b, c, d] = &self.corners;
        let mut point = [0.0; 7];
        let corners = a.iter().zip(b).zip(c).zip(d);
        for ((out, knob), (((a, b), c), d)) in point.iter_mut().zip(&self.knobs).zip(corners) {
            let pad = (a * (1.0 - x) + b * x) * (1.0 - y) + (c * (1.0 - x) + d * x) * y;
            *out = knob * (1.0 - m) + pad * m;
        }
        point
    }

    /// Weights of the residuals: those of the latent mix times fidelity. The weight of the knobs' sound falls linearly to 0 at half a σ
    /// from its point, so that turning a knob changes the sound without a step. The prime has no weight.
    pub fn asset_mix(&self) -> AssetMix {
        let (x, y, m) = (self.pad_x, self.pad_y, self.morph);
        let nearness = nearness(&self.knobs, &self.assets.knobs_point);
        let shares = [(1.0 - x) * (1.0 - y) * m, x * (1.0 - y) * m, (1.0 - x) * y * m, x * y * m, (1.0 - m) * nearness];
        AssetMix::new(self.assets.ids, shares.map(|share| share * self.fidelity)).with_prime(self.assets.prime)
    }

    /// Frame shaping of the decoded sound.
    pub fn shaping(&self) -> Shaping {
        Shaping {
            stretch: self.stretch,
            formant_semitones: self.formant_semitones,
            tilt_db_per_octave: self.tilt_db_per_octave,
            is_reversed: self.reverse >= 0.5,
        }
    }

    /// The sound to request from `source` in the zone of root key `key`.
    pub fn spec(&self, source: SourceId, key: f32) -> SoundSpec {
        let (shaping, assets) = (self.shaping(), self.asset_mix());
        let (temperature, seed) = (self.temperature, self.seed);
        SoundSpec { shaping, assets, temperature, seed, ..SoundSpec::new(source, self.point(), key) }
    }

    /// Every value clamped to its range; a value that is not finite is replaced by that of `last`. Audio-thread safe.
    pub fn checked(&self, last: &Controls) -> Controls {
        let (mut checked, mut last) = (*self, *last);
        for row in &TABLE {
            let value = row.field(&mut checked);
            *value = row.limited(*value, *row.field(&mut last));
        }
        let points = checked.corners.iter_mut().zip(&last.corners);
        for (point, last) in points.chain([(&mut checked.assets.knobs_point, &last.assets.knobs_point)]) {
            limit(point, last);
        }
        checked.transport = self.transport.checked(&last.transport);
        checked
    }
}

/// Clamps a point to the latent space; a coordinate that is not finite is replaced by that of `last`.
fn limit(point: &mut Latent, last: &Latent) {
    for (now, last) in point.iter_mut().zip(last) {
        *now = if now.is_finite() { now.clamp(-LATENT_LIMIT, LATENT_LIMIT) } else { *last };
    }
}

/// Weight of a recording's residual with the knobs at `knobs` and the recording at `point`: 1 at the point, 0 from half a σ on.
fn nearness(knobs: &Latent, point: &Latent) -> f32 {
    let distance = knobs.iter().zip(point).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
    (1.0 - distance / RECORDING_REACH_SIGMA).max(0.0)
}

/// Whether the residual of a recording at `point` has a weight with the knobs at `knobs`.
pub fn is_within_recording(point: &Latent, knobs: &Latent) -> bool {
    nearness(knobs, point) > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controls(pad_x: f32, pad_y: f32, morph: f32) -> Controls {
        let assets = AssetSet { ids: [1, 2, 3, 4, 5].map(AssetId::new), ..AssetSet::default() };
        Controls { pad_x, pad_y, morph, assets, ..Controls::default() }
    }

    #[test]
    fn residuals_have_the_weights_of_the_mix() {
        for (x, y, m) in [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (0.3, 0.6, 0.7), (0.5, 0.5, 0.0)] {
            let mix = controls(x, y, m).asset_mix();
            assert!((mix.weights().iter().sum::<f32>() - 1.0).abs() < 1e-6, "{mix:?}");
            let scaled = Controls { fidelity: 0.25, ..controls(x, y, m) }.asset_mix();
            assert!(mix.weights().iter().zip(scaled.weights()).all(|(a, b)| (a * 0.25 - b).abs() < 1e-6));
        }
        assert_eq!(controls(1.0, 1.0, 1.0).asset_mix().weights(), &[0.0, 0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn turning_a_knob_fades_its_residual_out_without_a_step() {
        let weight = |knob: f32| {
            let mut controls = controls(0.0, 0.0, 0.0);
            controls.knobs[2] = knob;
            controls.asset_mix().weights()[4]
        };
        let steps: Vec<f32> = (0..=100).map(|step| weight(step as f32 * 0.01)).collect();
        assert_eq!((steps[0], steps[100]), (1.0, 0.0));
        assert!(steps.is_sorted_by(|a, b| a >= b) && steps.windows(2).all(|pair| pair[0] - pair[1] < 0.03));
    }

    #[test]
    fn zero_fidelity_gives_the_empty_mix() {
        let silent = Controls { fidelity: 0.0, ..controls(0.2, 0.2, 1.0) };
        assert_eq!(silent.asset_mix(), AssetMix::default());
    }
}
