//! Laws of the filter: cut-off, slopes, resonance, stability. Test code.

use std::f64::consts::TAU;

use super::*;
use FilterKind::{Band12, Band24, High12, High24, Low12, Low24, Notch};

const RATES_HZ: [f32; 6] = [8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0, 384_000.0];
const ALL: [FilterKind; 7] = [Low12, Low24, Band12, Band24, High12, High24, Notch];
/// Distance of the cut-off from what was asked for, as a factor.
const CUTOFF_TOLERANCE: f32 = 0.01;
const LEVEL_TOLERANCE_DB: f32 = 0.15;

fn settings(cutoff_hz: f32, resonance: f32) -> FilterSettings {
    FilterSettings { cutoff_hz, resonance, drive_db: 0.0 }
}

fn filter(filter: &mut VoiceFilter, samples: &mut [f32], mut each_tick: impl FnMut(&mut VoiceFilter)) {
    for samples in samples.chunks_mut(TICK_SAMPLES) {
        each_tick(filter);
        let mut piece = [[0.0; TICK_SAMPLES]; MAX_CHANNELS];
        piece[0][..samples.len()].copy_from_slice(samples);
        filter.process(&mut piece, 1, samples.len(), 0);
        samples.copy_from_slice(&piece[0][..samples.len()]);
    }
}

/// Level of a sine behind the filter in dB, once it has settled.
fn level_db(kind: FilterKind, settings: FilterSettings, rate_hz: f32, hz: f32) -> f32 {
    let mut voice = VoiceFilter::new(kind, &settings, rate_hz);
    let settling = (rate_hz * (0.02 + 40.0 / settings.cutoff_hz)) as usize;
    // Whole periods, nearly.
    let count = (rate_hz / hz * (hz * 0.05).ceil().max(8.0)).round() as usize;
    let sine = |n: usize| (TAU * f64::from(hz / rate_hz) * n as f64).sin() as f32;
    let mut samples: Vec<f32> = (0..settling + count).map(sine).collect();
    filter(&mut voice, &mut samples, |_| {});
    let power: f64 = samples[settling..].iter().map(|x| f64::from(*x).powi(2)).sum();
    (10.0 * (2.0 * power / count as f64).max(1e-12).log10()) as f32
}

fn cutoffs(rate_hz: f32) -> impl Iterator<Item = f32> {
    [60.0, 440.0, 2_500.0, 9_000.0, 18_000.0, 60_000.0].into_iter().filter(move |hz| *hz < 0.45 * rate_hz)
}

#[test]
fn low_and_high_pass_are_3_db_down_at_the_cutoff_at_every_rate() {
    for rate_hz in RATES_HZ {
        for cutoff_hz in cutoffs(rate_hz) {
            for (kind, side) in [(Low12, 1.0), (Low24, 1.0), (High12, -1.0), (High24, -1.0)] {
                let at = |part: f32| level_db(kind, settings(cutoff_hz, 0.0), rate_hz, cutoff_hz * part);
                let [below, above] = [at(1.0 - side * CUTOFF_TOLERANCE), at(1.0 + side * CUTOFF_TOLERANCE)];
                let half_power_db = -3.0103;
                assert!(
                    below > half_power_db && half_power_db > above,
                    "{kind:?} {cutoff_hz} Hz at {rate_hz} Hz: {below} dB, {above} dB"
                );
            }
        }
    }
}

#[test]
fn band_passes_peak_and_the_notch_is_deepest_at_the_centre() {
    for rate_hz in RATES_HZ {
        for centre_hz in cutoffs(rate_hz) {
            let at = |kind, part: f32| level_db(kind, settings(centre_hz, 0.6), rate_hz, centre_hz * part);
            for kind in [Band12, Band24] {
                let [below, here, above] = [at(kind, 0.97), at(kind, 1.0), at(kind, 1.03)];
                assert!(here.abs() < LEVEL_TOLERANCE_DB, "{kind:?} {centre_hz} Hz at {rate_hz} Hz: {here} dB");
                assert!(below < here - 0.02 && above < here - 0.02, "{kind:?}: {below}, {here}, {above} dB");
            }
            let [below, here, above] = [at(Notch, 0.99), at(Notch, 1.0), at(Notch, 1.01)];
            assert!(here < -30.0 && here < below && here < above, "{centre_hz} Hz at {rate_hz} Hz: {here} dB");
        }
    }
}

#[test]
fn slopes_are_those_of_their_order() {
    for (kind, direction, wanted_db) in [
        (Low12, 1.0, -12.0),
        (Low24, 1.0, -24.0),
        (High12, -1.0, -12.0),
        (High24, -1.0, -24.0),
        (Band12, 1.0, -6.0),
        (Band24, 1.0, -12.0),
    ] {
        let at =
            |octaves: f32| level_db(kind, settings(1_000.0, 0.0), 384_000.0, 1_000.0 * (direction * octaves).exp2());
        let found_db = (at(3.0) - at(2.0)) / 1.0;
        assert!((found_db - wanted_db).abs() < 0.3, "{kind:?}: {found_db} dB per octave");
    }
}

#[test]
fn resonance_raises_the_peak_evenly() {
    for kind in [Low12, Low24, High12, High24] {
        let at = |resonance| level_db(kind, settings(1_000.0, resonance), 48_000.0, 1_000.0);
        let [none, half] = [at(0.0), at(0.5)];
        let [.., damping] = kind.dampings();
        let wanted_db = 10.0 * (damping / LEAST_DAMPING).log10();
        assert!((half - none - wanted_db).abs() < LEVEL_TOLERANCE_DB, "{kind:?}: {none} dB, {half} dB");
    }
}

/// White noise, uniform in [−1, 1).
fn noise(count: usize) -> Vec<f32> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn random_modulation_of_noise_stays_finite_and_bounded() {
    // The input at most 1, times the peak of full resonance in each section that has it, and the transients of its moves.
    let limit = 8.0 / LEAST_DAMPING;
    for rate_hz in RATES_HZ {
        for kind in ALL {
            let (mut samples, places) = (noise(64 * 600), noise(3 * 600));
            let mut places = places.iter().map(|place| 0.5 + 0.5 * place);
            let mut voice = VoiceFilter::new(kind, &settings(1_000.0, 0.5), rate_hz);
            filter(&mut voice, &mut samples, |voice| {
                let mut next = || places.next().unwrap_or(0.0);
                let cutoff_hz = 1e6_f32.powf(next()) * 0.5;
                let moved = FilterSettings { cutoff_hz, resonance: next(), drive_db: 36.0 * next() };
                voice.begin_tick(&moved, rate_hz);
            });
            let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            assert!(samples.iter().all(|x| x.is_finite()) && peak < limit, "{kind:?} at {rate_hz} Hz: {peak}");
        }
    }
}

#[test]
fn off_changes_no_bit_and_the_split_of_a_tick_neither() {
    let before = noise(6_400);
    let mut after = before.clone();
    filter(&mut VoiceFilter::default(), &mut after, |voice| voice.begin_tick(&settings(500.0, 0.5), 48_000.0));
    assert_eq!(before, after);

    let play = |split: usize| {
        let mut voice = VoiceFilter::new(Low24, &settings(300.0, 0.3), 48_000.0);
        let mut samples = before.clone();
        for (tick, samples) in samples.chunks_mut(TICK_SAMPLES).enumerate() {
            let moved = FilterSettings { drive_db: (tick % 20) as f32, ..settings(300.0 + 40.0 * tick as f32, 0.7) };
            voice.begin_tick(&moved, 48_000.0);
            for (part, samples) in samples.chunks_mut(split).enumerate() {
                let mut piece = [[0.0; TICK_SAMPLES]; MAX_CHANNELS];
                piece[0][..samples.len()].copy_from_slice(samples);
                voice.process(&mut piece, 1, samples.len(), part * split);
                samples.copy_from_slice(&piece[0][..samples.len()]);
            }
        }
        samples
    };
    let whole = play(64);
    assert!([1, 7, 33].into_iter().all(|split| play(split) == whole));
}

#[test]
fn drive_compresses_and_keeps_full_scale() {
    let level = |drive_db: f32, amplitude: f32| {
        let settings = FilterSettings { drive_db, ..settings(20_000.0, 0.0) };
        let mut voice = VoiceFilter::new(Low12, &settings, 48_000.0);
        let mut samples: Vec<f32> = (0..4_800).map(|n| amplitude * (0.02 * n as f32).sin()).collect();
        filter(&mut voice, &mut samples, |_| {});
        samples[2_400..].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))
    };
    for drive_db in [6.0, 18.0, 36.0] {
        assert!((level(drive_db, 1.0) - 1.0).abs() < 0.02, "{drive_db} dB: {}", level(drive_db, 1.0));
        assert!(level(drive_db, 0.1) > level(0.0, 0.1) * 1.3, "{drive_db} dB");
    }
    assert!((level(0.001, 0.5) - level(0.0, 0.5)).abs() < 1e-3, "it sets in without a step");
}
