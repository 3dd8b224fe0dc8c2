//! The bands of a constant-Q transform: centres, windows, numbers of coefficients. Any thread; allocates.

use std::fmt;

/// Pitch range and resolution of a transform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConstantQShape {
    rate_hz: f64,
    low_hz: f64,
    bins_per_octave: usize,
    bands: usize,
    oversampling: usize,
    least_width_hz: f64,
}

/// Why a shape is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ShapeError {
    /// The sample rate is not a positive number below 10 MHz.
    Rate(f64),
    /// The lowest centre is not between 0 and half of the sample rate.
    Low(f64),
    /// The number of bins per octave is not in [1, 96].
    BinsPerOctave(usize),
    /// The number of bands is not in [1, 2048].
    Bands(usize),
    /// The oversampling is not in [1, 16].
    Oversampling(usize),
    /// The least width is not in [0, 1000] Hz.
    LeastWidth(f64),
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Rate(hz) => write!(f, "a sample rate of {hz} Hz is not between 0 and 10 MHz"),
            Self::Low(hz) => write!(f, "the lowest band at {hz} Hz is not between 0 and half of the sample rate"),
            Self::BinsPerOctave(count) => write!(f, "{count} bins per octave are not between 1 and 96"),
            Self::Bands(count) => write!(f, "{count} bands are not between 1 and 2048"),
            Self::Oversampling(factor) => write!(f, "an oversampling of {factor} is not between 1 and 16"),
            Self::LeastWidth(hz) => write!(f, "a least width of bands of {hz} Hz is not between 0 and 1000"),
        }
    }
}

impl std::error::Error for ShapeError {}

/// Frequency of C1, the lowest band by default, in hertz.
const C1_HZ: f64 = 32.703_195_662_574_83;

impl ConstantQShape {
    /// 16 bins in each of 9 octaves from C1, as in the footstep model's document.
    ///
    /// # Errors
    /// [`ShapeError`] if the sample rate is out of range.
    pub fn footsteps(rate_hz: f64) -> Result<Self, ShapeError> {
        Self::new(rate_hz, C1_HZ, 16, 144)
    }

    /// `bands` bands from `low_hz` hertz on, `bins_per_octave` to an octave. Bands above half of the sample rate are left out: the last one
    /// takes what is there.
    ///
    /// # Errors
    /// [`ShapeError`] for a value out of its range.
    pub fn new(rate_hz: f64, low_hz: f64, bins_per_octave: usize, bands: usize) -> Result<Self, ShapeError> {
        if !(rate_hz > 0.0 && rate_hz < 1e7) {
            return Err(ShapeError::Rate(rate_hz));
        }
        if !(low_hz > 0.0 && low_hz < rate_hz / 2.0) {
            return Err(ShapeError::Low(low_hz));
        }
        if !(1..=96).contains(&bins_per_octave) {
            return Err(ShapeError::BinsPerOctave(bins_per_octave));
        }
        if !(1..=2048).contains(&bands) {
            return Err(ShapeError::Bands(bands));
        }
        let below_nyquist = (rate_hz / 2.0 / low_hz).log2() * bins_per_octave as f64;
        let bands = bands.min((below_nyquist.ceil() as usize).max(1));
        Ok(Self { rate_hz, low_hz, bins_per_octave, bands, oversampling: 1, least_width_hz: 0.0 })
    }

    /// With `factor` times as many coefficients in each band: magnitudes alone then hold more of the sound.
    ///
    /// # Errors
    /// [`ShapeError::Oversampling`] for a factor out of [1, 16].
    pub fn oversampled(self, factor: usize) -> Result<Self, ShapeError> {
        if !(1..=16).contains(&factor) {
            return Err(ShapeError::Oversampling(factor));
        }
        Ok(Self { oversampling: factor, ..self })
    }

    /// With windows that fall to 0 no nearer than `hz` from their centres: low bands then tell times as well as higher ones do, at 1 / `hz`
    /// to either side, and overlap. The centres stay. This is the transform of variable Q (Schörkhuber and others 2014); 0 is constant Q.
    ///
    /// # Errors
    /// [`ShapeError::LeastWidth`] for a width out of [0, 1000] Hz.
    pub fn widened(self, hz: f64) -> Result<Self, ShapeError> {
        if !(0.0..=1000.0).contains(&hz) {
            return Err(ShapeError::LeastWidth(hz));
        }
        Ok(Self { least_width_hz: hz, ..self })
    }

    /// Sample rate in hertz.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// Number of bands between the lowest and the highest one.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// Centre of a band in hertz; the one below all is at 0, that above all at half of the sample rate. Band 0 is the one below all.
    pub fn centre_hz(&self, band: usize) -> f64 {
        match band {
            0 => 0.0,
            band if band > self.bands => self.rate_hz / 2.0,
            band => self.low_hz * ((band - 1) as f64 / self.bins_per_octave as f64).exp2(),
        }
    }

    /// How far the window of the lowest band reaches to either side in time, in samples: to the fourth zero of a Hann window's transform,
    /// beyond which it is 50 dB down.
    pub fn reach_samples(&self) -> usize {
        (4.0 * self.rate_hz / self.width_hz(1, 2)) as usize
    }

    /// How far in hertz the window of `band` reaches from its centre towards its neighbour, where it has the weight 0. None but that of band 0
    /// reaches below 0 Hz: a window that is cut there rings on for a second.
    pub(super) fn width_hz(&self, band: usize, neighbour: usize) -> f64 {
        let centre_hz = self.centre_hz(band);
        let width_hz = (self.centre_hz(neighbour) - centre_hz).abs().max(self.least_width_hz);
        if neighbour < band { width_hz.min(centre_hz) } else { width_hz }
    }

    /// The bands of a spectrum of `length` samples.
    pub(super) fn layout(&self, length: usize) -> Vec<Band> {
        let bins = length / 2 + 1;
        let bin_of = |hz: f64| hz / self.rate_hz * length as f64;
        (0..self.bands + 2)
            .map(|band| {
                let centre_hz = self.centre_hz(band);
                let before = (band > 0).then(|| bin_of(centre_hz - self.width_hz(band, band - 1)));
                let after = (band <= self.bands).then(|| bin_of(centre_hz + self.width_hz(band, band + 1)));
                Band::new(before, bin_of(centre_hz), after, bins, self.oversampling)
            })
            .collect()
    }
}

/// One band: a window on the bins of the spectrum, and its number of coefficients.
#[derive(Clone, Debug)]
pub(super) struct Band {
    /// First bin of the window.
    pub(super) first_bin: usize,
    /// Weights of the bins.
    pub(super) window: Vec<f64>,
    /// Number of coefficients, not less than the weights, or twice as many in a mirrored band; 0 if no bin lies in the window.
    pub(super) coefficients: usize,
    /// Whether the window reaches to 0 Hz. Its mirror image on the other side then belongs to it, and the coefficients are real: half a window
    /// rings on for seconds, since what a jump leaves falls with the inverse of the time alone. At the other end, where little sounds and
    /// real magnitudes tell less, the window is cut.
    pub(super) mirrored: bool,
}

impl Band {
    fn new(before: Option<f64>, centre: f64, after: Option<f64>, bins: usize, oversampling: usize) -> Self {
        // The ends have the weight 0.
        let first = before.map_or(0, |bin| bin.floor() as usize + 1);
        let end = after.map_or(bins, |bin| (bin.ceil() as usize).min(bins));
        let weight = |bin: usize| {
            let bin = bin as f64;
            let turn = if bin < centre {
                before.map_or(0.0, |before| (centre - bin) / (centre - before))
            } else {
                after.map_or(0.0, |after| (bin - centre) / (after - centre))
            };
            (0.5 * std::f64::consts::PI * turn.clamp(0.0, 1.0)).cos().powi(2)
        };
        let window: Vec<f64> = (first..end.max(first)).map(weight).collect();
        let mirrored = before.is_none();
        let bins = if mirrored { (2 * window.len()).saturating_sub(1) } else { window.len() };
        let coefficients = if window.is_empty() { 0 } else { next_smooth(bins * oversampling) };
        Self { first_bin: first, window, coefficients, mirrored }
    }
}

/// The least number from `least` on that has no prime factor above 5: transforms of such lengths are fast.
pub(super) fn next_smooth(least: usize) -> usize {
    let is_smooth = |mut number: usize| {
        for factor in [2, 3, 5] {
            while number.is_multiple_of(factor) {
                number /= factor;
            }
        }
        number == 1
    };
    (least.max(1)..).find(|number| is_smooth(*number)).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_has_weight() {
        for rate_hz in [8_000.0, 44_100.0, 384_000.0] {
            for bins_per_octave in [1, 16, 96] {
                for (length, width_hz) in
                    [(1, 0.0), (2, 40.0), (7, 0.0), (1_000, 40.0), (75_000, 0.0), (75_000, 1_000.0)]
                {
                    let shape = ConstantQShape::new(rate_hz, C1_HZ, bins_per_octave, 9 * bins_per_octave).unwrap();
                    let shape = shape.widened(width_hz).unwrap();
                    let mut sum = vec![0.0; length / 2 + 1];
                    for band in shape.layout(length) {
                        assert!(band.coefficients >= band.window.len());
                        for (weight, sum) in band.window.iter().zip(&mut sum[band.first_bin..]) {
                            *sum += weight * weight;
                        }
                    }
                    assert!(sum.iter().all(|sum| *sum > 0.49), "{rate_hz} Hz, {bins_per_octave}, {length}");
                }
            }
        }
    }

    #[test]
    fn shapes_out_of_range_are_refused_and_bands_beyond_nyquist_left_out() {
        assert_eq!(ConstantQShape::new(f64::NAN, 30.0, 12, 12).unwrap_err().to_string().lines().count(), 1);
        assert!(matches!(ConstantQShape::new(8e3, 4e3, 12, 12), Err(ShapeError::Low(_))));
        assert!(matches!(ConstantQShape::new(8e3, 30.0, 0, 12), Err(ShapeError::BinsPerOctave(0))));
        assert!(matches!(ConstantQShape::new(8e3, 30.0, 12, 0), Err(ShapeError::Bands(0))));
        assert!(matches!(ConstantQShape::footsteps(8e3).unwrap().widened(f64::NAN), Err(ShapeError::LeastWidth(_))));
        let shape = ConstantQShape::footsteps(8_000.0).unwrap();
        assert!(shape.bands() < 144 && shape.centre_hz(shape.bands()) < 4_000.0);
        assert_eq!(ConstantQShape::footsteps(44_100.0).unwrap().bands(), 144);
    }
}
