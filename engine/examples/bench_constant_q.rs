//! Times the constant-Q transform, there and back, of 5 s of noise at 44.1 kHz with 24 bands to an octave, on one thread.
//!
//! `cargo run --release -p engine --example bench_constant_q [-- REPEATS]` prints medians in milliseconds, in f32 and in f64, and the error of
//! each; plans are made beforehand. `tests/python/constant_q_peers.py` sets `nsgt` and librosa beside it in one run.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use engine::spectral::constant_q::{ConstantQ, ConstantQShape};
use rustfft::FftNum;

const RATE_HZ: f64 = 44_100.0;
const LENGTH: usize = 220_500;
const LOW_HZ: f64 = 32.703_195_662_574_83;
const BINS_PER_OCTAVE: usize = 24;
const OCTAVES: usize = 9;

fn noise<T: FftNum>() -> Vec<T> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 30) as f64 - 1.0
    };
    (0..LENGTH).map(|_| T::from_f64(next()).unwrap_or_else(T::zero)).collect()
}

/// Median time in milliseconds and relative error of the energy.
fn measured<T: FftNum + Into<f64>>(repeats: usize) -> (f64, f64) {
    let shape =
        ConstantQShape::new(RATE_HZ, LOW_HZ, BINS_PER_OCTAVE, BINS_PER_OCTAVE * OCTAVES).expect("a valid shape");
    let mut transform = ConstantQ::<T>::new(&shape, LENGTH);
    let (samples, mut back, mut coefficients) = (noise::<T>(), vec![T::zero(); LENGTH], transform.zeros());
    let mut times_ms: Vec<f64> = (0..repeats.max(1))
        .map(|_| {
            let started = Instant::now();
            transform.forward(&samples, &mut coefficients);
            transform.inverse(&coefficients, &mut back);
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times_ms.sort_unstable_by(f64::total_cmp);
    let square = |value: f64| value * value;
    let error: f64 = samples.iter().zip(&back).map(|(a, b)| square((*a - *b).into())).sum();
    let power: f64 = samples.iter().map(|a| square((*a).into())).sum();
    (times_ms[times_ms.len() / 2], (error / power).sqrt())
}

fn main() -> Result<(), Box<dyn Error>> {
    let repeats = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    for (name, (ms, error)) in [("f32", measured::<f32>(repeats)), ("f64", measured::<f64>(repeats))] {
        writeln!(std::io::stdout(), "{name} {ms:.3} {error:.3e}")?;
    }
    Ok(())
}
