//! An axis of quarter tones above the key, and where its places lie among the mel bands.
//!
//! Partials move with the key, formants and noise do not. A network that gets the key as one number must learn every
//! partial's band at every key by heart; with this axis it writes a partial once, and the key puts it into its band.

use engine::decode::pipeline::{KEY_SCALE, MIDDLE_KEY};
use engine::spectral::SpectralShape;
use engine::units::key_to_hz;
use tch::{Device, Kind, Tensor};

/// Places on the axis.
pub const PLACES: i64 = 145;
/// The first place, in octaves above the key's fundamental.
const FIRST_OCTAVE: f64 = -1.0;
const PLACES_PER_OCTAVE: f64 = 24.0;
/// Harmonics that a comb has. At every key the harmonics above it lie closer together than the bands resolve.
pub const HARMONICS: i64 = 32;
/// A partial spreads over bands like a bell of this deviation: a part of the distance of the bands' centres, and the main lobe of
/// the analysis window.
const SPREAD_BANDS: f64 = 0.8;
const SPREAD_HZ: f64 = 25.0;
/// A comb fades out where the deviation is this part of the distance of harmonics.
const RESOLVED: f64 = 0.4;

/// The constants of the axis. Logarithms are natural, of frequencies in hertz.
#[derive(Debug)]
pub struct KeyAxis {
    /// Logarithm of each band's centre, `[bands, 1]`.
    pub log_centres: Tensor,
    /// Reciprocal deviation of a partial in each band, `[bands, 1]`: per unit of logarithm.
    pub sharpness: Tensor,
    /// Logarithm of each place's frequency at key 60, `[1, places]`.
    pub log_places: Tensor,
    /// Logarithm of each harmonic's frequency at key 60, `[1, harmonics]`.
    pub log_harmonics: Tensor,
    /// Reciprocal root of how many places share a band, `[bands, 1]`.
    pub evenness: Tensor,
    /// Deviation of a partial over [`RESOLVED`] of the distance of the harmonics of key 60, `[bands, 1]`.
    pub blur: Tensor,
    /// Change of a logarithm per unit of the key input.
    pub log_per_unit: f64,
}

impl KeyAxis {
    /// The axis for frames of `shape`, which have at least two bands.
    pub fn new(shape: &SpectralShape, device: Device) -> Self {
        let bank = shape.mel_bank();
        let centres_hz = bank.centres_hz();
        let deviations_hz: Vec<f64> = (0..centres_hz.len()).map(|band| deviation_hz(centres_hz, band)).collect();
        let sharpness: Vec<f64> =
            centres_hz.iter().zip(&deviations_hz).map(|(centre, spread)| centre / spread).collect();
        let place_width = std::f64::consts::LN_2 / PLACES_PER_OCTAVE;
        let sharing = |sharp: &f64| (std::f64::consts::TAU.sqrt() / (sharp * place_width)).max(1.0);
        // The key input is 0 there.
        let middle_hz = key_to_hz(f64::from(MIDDLE_KEY));
        let first = middle_hz.ln() + FIRST_OCTAVE * std::f64::consts::LN_2;
        let column = |values: Vec<f64>| Tensor::from_slice(&values).to_kind(Kind::Float).to_device(device).unsqueeze(1);
        let row = |values: Vec<f64>| column(values).transpose(0, 1);
        Self {
            log_centres: column(centres_hz.iter().map(|hz| hz.ln()).collect()),
            evenness: column(sharpness.iter().map(|sharp| sharing(sharp).sqrt().recip()).collect()),
            sharpness: column(sharpness),
            log_places: row((0..PLACES).map(|place| first + place as f64 * place_width).collect()),
            log_harmonics: row((1..=HARMONICS).map(|harmonic| (middle_hz * harmonic as f64).ln()).collect()),
            blur: column(deviations_hz.iter().map(|spread| spread / (RESOLVED * middle_hz)).collect()),
            log_per_unit: f64::from(KEY_SCALE) / 12.0 * std::f64::consts::LN_2,
        }
    }

    /// How much each place on the axis of a key gives to each band: `[batch, 1]` → `[batch, bands, places]`.
    pub fn places(&self, key: &Tensor) -> Tensor {
        self.bells(key, &self.log_places) * &self.evenness
    }

    /// 1 where a harmonic of the key lies, 0 between harmonics and where bands do not resolve them:
    /// `[batch, 1]` → `[batch, bands, 1]`.
    pub fn comb(&self, key: &Tensor) -> Tensor {
        let sum = self.bells(key, &self.log_harmonics).sum_dim_intlist([2i64].as_slice(), true, Kind::Float);
        let blur = (key.unsqueeze(2) * -self.log_per_unit).exp() * &self.blur;
        sum * (blur.square().square() * -1.0).exp()
    }

    fn bells(&self, key: &Tensor, logs: &Tensor) -> Tensor {
        let distance = &self.log_centres - logs - key.unsqueeze(2) * self.log_per_unit;
        ((distance * &self.sharpness).square() * -0.5).exp()
    }
}

fn deviation_hz(centres_hz: &[f64], band: usize) -> f64 {
    let next = (band + 1).min(centres_hz.len() - 1).max(1);
    (SPREAD_BANDS * (centres_hz[next] - centres_hz[next - 1])).hypot(SPREAD_HZ)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn centres_hz() -> Vec<f64> {
        SHAPE.mel_bank().centres_hz().to_vec()
    }

    fn key(key: f32) -> Tensor {
        Tensor::from_slice(&[engine::decode::pipeline::key_input(key)]).unsqueeze(1)
    }

    fn nearest_band(hz: f64) -> i64 {
        let distance = |centre: &f64| (centre.ln() - hz.ln()).abs();
        let centres = centres_hz();
        let found = centres.iter().enumerate().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
        found.expect("bands").0 as i64
    }

    #[test]
    fn a_place_moves_with_the_key() {
        let axis = KeyAxis::new(&SHAPE, Device::Cpu);
        for midi in [36.0, 48.0, 60.0, 72.0, 84.0] {
            let places = axis.places(&key(midi));
            assert_eq!(places.size(), [1, 128, PLACES]);
            for octaves in [0.0, 1.0, 2.0, 3.5] {
                let hz = engine::units::key_to_hz(f64::from(midi) + 12.0 * octaves);
                let place = ((octaves - FIRST_OCTAVE) * PLACES_PER_OCTAVE) as i64;
                let column = places.get(0).select(1, place) / axis.evenness.squeeze();
                let found = column.argmax(0, false).int64_value(&[]);
                assert!((found - nearest_band(hz)).abs() <= 1, "key {midi}, {octaves} octaves: band {found}");
            }
        }
    }

    #[test]
    fn a_comb_has_its_teeth_at_harmonics_and_none_where_bands_are_too_wide() {
        let axis = KeyAxis::new(&SHAPE, Device::Cpu);
        let comb = |midi: f32| Vec::<f32>::try_from(axis.comb(&key(midi)).view(-1)).expect("128 bands");
        let high = comb(84.0);
        for harmonic in 1..8 {
            let band = nearest_band(1046.5 * f64::from(harmonic)) as usize;
            let valley = nearest_band(1046.5 * (f64::from(harmonic) + 0.5)) as usize;
            assert!(high[band] > 0.7 && high[valley] < 0.3, "harmonic {harmonic}: {} {}", high[band], high[valley]);
        }
        assert!(comb(24.0).iter().all(|value| (0.0..0.2).contains(value)), "{:?}", comb(24.0));
        assert!(comb(60.0)[100..].iter().all(|value| *value < 0.1));
    }
}
