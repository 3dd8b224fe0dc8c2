//! Band-limited interpolation: a Kaiser-windowed sinc for every twelfth of an octave of transposition. AUDIO THREAD: reads only;
//! the tables are made once per process, off the audio thread.
//!
//! A playback ratio up to 1 uses the kernel whose zeros lie on whole samples, so that the root key at the model's rate reproduces the
//! model's samples. A larger ratio uses a kernel that is longer by this factor, with its cut-off lowered by it.

use std::f64::consts::PI;
use std::sync::OnceLock;

/// Zero crossings on each side, at ratio 1: 16 give 80 dB of rejection with a transition of 0.16 of the rate.
const CROSSINGS: usize = 16;
/// Shape of the Kaiser window; 8 gives side lobes of about −80 dB.
const KAISER_BETA: f64 = 8.0;
/// Sub-sample positions at ratio 1. Between them coefficients are interpolated: error −82 dB at the highest frequency.
const PHASES: usize = 128;
/// Kernels per octave of ratio.
const STEPS_PER_OCTAVE: usize = 12;
/// Octaves of ratio with a kernel of their own; beyond them the last kernel serves, and work stays bounded.
const OCTAVES: usize = 5;
/// Cut-off of kernels above ratio 1, relative to half the output rate: aliases lie above 19.6 kHz at 44.1 kHz.
const CUTOFF: f64 = 0.95;
/// Points per zero crossing of the prototype from which all kernels are read.
const PROTOTYPE_DENSITY: usize = 2048;
/// Longest kernel in samples: 2·16·2⁵/0.95, rounded up.
pub(super) const MAX_TAPS: usize = 1080;

/// Kernels for all ratios.
pub(super) struct Kernels {
    kernels: Vec<Kernel>,
}

/// One interpolation kernel: `phases + 1` rows of `taps` coefficients.
pub(super) struct Kernel {
    taps: usize,
    phases: usize,
    rows: Vec<f32>,
}

impl Kernels {
    /// The tables of the process. The first call takes milliseconds and allocates: not for the audio thread.
    pub(super) fn shared() -> &'static Kernels {
        static KERNELS: OnceLock<Kernels> = OnceLock::new();
        KERNELS.get_or_init(Kernels::new)
    }

    fn new() -> Self {
        let prototype = Prototype::new();
        let steps = STEPS_PER_OCTAVE * OCTAVES;
        let kernels = (0..=steps).map(|step| {
            let ratio = (step as f64 / STEPS_PER_OCTAVE as f64).exp2();
            let cutoff = if step == 0 { 1.0 } else { CUTOFF / ratio };
            Kernel::new(&prototype, ratio, cutoff)
        });
        Self { kernels: kernels.collect() }
    }

    /// The kernel for a playback ratio (sound samples per output sample). Never `None` for the shared tables.
    pub(super) fn for_ratio(&self, ratio: f64) -> Option<&Kernel> {
        if ratio <= 1.0 {
            return self.kernels.first();
        }
        // Keeps the rounding error of a ratio that lies on a step from selecting the next one.
        const SLACK_STEPS: f64 = 1e-6;
        let step = (ratio.log2() * STEPS_PER_OCTAVE as f64 - SLACK_STEPS).ceil().max(0.0) as usize;
        self.kernels.get(step.min(self.kernels.len().saturating_sub(1)))
    }
}

impl Kernel {
    fn new(prototype: &Prototype, ratio: f64, cutoff: f64) -> Self {
        // A multiple of 8, for the eight lanes of the dot product.
        let taps = ((2.0 * CROSSINGS as f64 / cutoff).ceil() as usize).next_multiple_of(8).min(MAX_TAPS);
        let phases = ((PHASES as f64 / ratio).ceil() as usize).max(8);
        let mut rows = Vec::with_capacity((phases + 1) * taps);
        for phase in 0..=phases {
            let fraction = phase as f64 / phases as f64;
            let before = (taps / 2 - 1) as f64;
            let row: Vec<f64> = (0..taps).map(|tap| prototype.at((tap as f64 - before - fraction) * cutoff)).collect();
            let sum: f64 = row.iter().sum();
            rows.extend(row.iter().map(|coefficient| (coefficient / sum) as f32));
        }
        Self { taps, phases, rows }
    }

    /// Number of coefficients: the samples that contribute to one output sample.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// Distance in samples from the first tap to the integer part of the position.
    pub(super) fn lead(&self) -> usize {
        self.taps / 2 - 1
    }

    /// Sub-sample positions from one sample to the next.
    pub(super) fn phases(&self) -> usize {
        self.phases
    }

    /// The coefficients, one row of [`Self::taps`] for each sub-sample position, and one more for the next sample.
    pub(super) fn rows(&self) -> &[f32] {
        &self.rows
    }
}

/// Windowed sinc over [0, CROSSINGS], read by linear interpolation.
struct Prototype {
    values: Vec<f64>,
}

impl Prototype {
    fn new() -> Self {
        let count = CROSSINGS * PROTOTYPE_DENSITY + 2;
        let at = |index: usize| {
            let x = index as f64 / PROTOTYPE_DENSITY as f64;
            let sinc = if index == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
            let inside = (1.0 - (x / CROSSINGS as f64).powi(2)).max(0.0);
            sinc * bessel_i0(KAISER_BETA * inside.sqrt()) / bessel_i0(KAISER_BETA)
        };
        Self { values: (0..count).map(at).collect() }
    }

    /// Value at `x` zero crossings from the centre.
    fn at(&self, x: f64) -> f64 {
        let position = x.abs() * PROTOTYPE_DENSITY as f64;
        let index = position as usize;
        match (self.values.get(index), self.values.get(index + 1)) {
            (Some(a), Some(b)) if x.abs() <= CROSSINGS as f64 => a + (b - a) * position.fract(),
            _ => 0.0,
        }
    }
}

/// Modified Bessel function of the first kind, order 0, by its power series (Abramowitz and Stegun 9.6.12).
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-12 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
