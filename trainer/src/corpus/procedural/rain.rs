//! Rain and drops: a drop that falls into water closes a bubble that sings at 3 m/s over its radius, damped and rising (van den
//! Doel, "Physically based models for liquid sounds", 2005); rain is a Poisson stream of drops over a bed of far ones.

use std::f64::consts::TAU;

use super::SAMPLE_RATE_HZ;
use super::envelope::{bump, decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::grains::{Grain, collisions};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::modes::{Mode, strike};
use super::note::{Note, unpitched};
use super::rng::SoundRng;

/// Length of the rains of [`draw`], in seconds.
const USUAL_S: f64 = 2.0;

/// What the drops fall on.
#[derive(Clone, Copy)]
struct Surface {
    label: &'static str,
    drops_per_s: [f64; 2],
    /// Ticks of the impact: range and ringing.
    tick_hz: [f64; 2],
    periods: f64,
    /// Chance that a drop makes a bubble, and the bubbles' radii.
    bubbles: f64,
    radius_m: [f64; 2],
    /// Ringing sheet under the drops.
    sheet_s: f64,
    bed: [f64; 2],
    bed_hz: f64,
}

const SURFACES: [Surface; 5] = [
    Surface {
        label: "Rain on leaves",
        drops_per_s: [40.0, 200.0],
        tick_hz: [1500.0, 6000.0],
        periods: 3.0,
        bubbles: 0.0,
        radius_m: [0.001, 0.002],
        sheet_s: 0.0,
        bed: [0.03, 0.1],
        bed_hz: 4500.0,
    },
    Surface {
        label: "Rain on water",
        drops_per_s: [60.0, 300.0],
        tick_hz: [3000.0, 9000.0],
        periods: 2.0,
        bubbles: 0.4,
        radius_m: [0.0007, 0.003],
        sheet_s: 0.0,
        bed: [0.02, 0.1],
        bed_hz: 6000.0,
    },
    Surface {
        label: "Rain on a tin roof",
        drops_per_s: [30.0, 150.0],
        tick_hz: [900.0, 6000.0],
        periods: 14.0,
        bubbles: 0.0,
        radius_m: [0.001, 0.002],
        sheet_s: 0.12,
        bed: [0.02, 0.08],
        bed_hz: 2800.0,
    },
    Surface {
        label: "Rain on pavement",
        drops_per_s: [150.0, 600.0],
        tick_hz: [3000.0, 12_000.0],
        periods: 1.5,
        bubbles: 0.1,
        radius_m: [0.0006, 0.0015],
        sheet_s: 0.0,
        bed: [0.06, 0.2],
        bed_hz: 7000.0,
    },
    Surface {
        label: "Downpour",
        drops_per_s: [500.0, 1200.0],
        tick_hz: [1500.0, 10_000.0],
        periods: 2.0,
        bubbles: 0.1,
        radius_m: [0.0006, 0.003],
        sheet_s: 0.0,
        bed: [0.2, 0.5],
        bed_hz: 3500.0,
    },
];

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    if turn.is_multiple_of(2) { shower(rng, turn / 2, USUAL_S) } else { drip(rng, turn / 2) }
}

/// Draws a rain that falls for `seconds`.
pub fn shower(rng: &mut SoundRng, turn: usize, seconds: f64) -> Instrument {
    let surface = in_turn(turn, &SURFACES);
    let drops_per_s = rng.ratio_between(surface.drops_per_s[0], surface.drops_per_s[1]);
    let bed = rng.ratio_between(surface.bed[0], surface.bed[1]);
    let gusts_hz = rng.between(0.2, 1.2);
    let sheet: Vec<Mode> = (0..12)
        .map(|_| Mode {
            frequency_hz: rng.ratio_between(250.0, 5000.0),
            t60_s: surface.sheet_s,
            gain: rng.between(0.1, 0.5),
        })
        .collect();
    Instrument::new("Rain", surface.label, unpitched(rng), move |note, rng| {
        let drops_per_s = drops_per_s * (0.4 + 0.6 * note.force());
        let mut sound = drops(&surface, &sheet, (drops_per_s, seconds), note, rng);
        let (mut low, mut high) = (Svf::default(), Svf::default());
        let gust_phase = rng.between(0.0, 1.0);
        let far = render(seconds, |time_s| {
            let gust = 1.0 + 0.3 * (TAU * (gusts_hz * time_s + gust_phase)).sin();
            let noise = low.low(rng.noise(), 2.0 * surface.bed_hz * note.ratio(), 0.6);
            high.high(noise, 0.12 * surface.bed_hz * note.ratio(), FLAT_Q) * gust
        });
        lay(&mut sound, &far, 0.0, bed);
        let mut samples = sound.into_iter();
        render(seconds, |time_s| samples.next().unwrap_or(0.0) * rise(time_s, 0.02) * rise(seconds - time_s, 0.25))
    })
}

/// The near drops: a tick each, a bubble for some, and a sheet that they make ring. Scaled to a peak of 1.
fn drops(
    surface: &Surface,
    sheet: &[Mode],
    (drops_per_s, seconds): (f64, f64),
    note: Note,
    rng: &mut SoundRng,
) -> Vec<f64> {
    let grain = Grain {
        low_hz: surface.tick_hz[0] * note.ratio(),
        high_hz: surface.tick_hz[1] * note.ratio(),
        periods: surface.periods,
        spread: 2.5,
    };
    let mut sound = collisions(rng, grain, seconds, |_| drops_per_s, |_| 1.0);
    if surface.sheet_s > 0.0 {
        let tune = |mode: &Mode| Mode { frequency_hz: mode.frequency_hz * note.ratio(), ..*mode };
        let modes: Vec<Mode> = sheet.iter().map(tune).collect();
        let ringing = super::modes::resonate(&modes, &sound, seconds);
        lay(&mut sound, &normalised(ringing), 0.0, 0.6);
    }
    let mut sound = normalised(sound);
    let bubbles = (seconds * drops_per_s * surface.bubbles) as usize;
    for _ in 0..bubbles {
        let radius_m = rng.ratio_between(surface.radius_m[0], surface.radius_m[1]) / note.ratio();
        let bubble = bubble(radius_m, rng.between(0.0, 0.1));
        let gain = 0.8 * rng.between(0.1, 1.0).powi(2);
        lay(&mut sound, &bubble, rng.between(0.0, seconds - 0.1), gain);
    }
    sound
}

/// A bubble of a radius: frequency 3/r, damping 0.13/r + 0.0072 r^-1.5, and a pitch that rises in proportion to the damping.
fn bubble(radius_m: f64, rise_share: f64) -> Vec<f64> {
    let frequency_hz = 3.0 / radius_m;
    let damping = 0.13 / radius_m + 0.0072 * radius_m.powf(-1.5);
    let mut phase = 0.0;
    render((7.0 / damping).min(1.0), |time_s| {
        let pitch_hz = (frequency_hz * (1.0 + rise_share * damping * time_s)).min(15_000.0);
        phase += TAU * pitch_hz / SAMPLE_RATE_HZ;
        phase.sin() * (-damping * time_s).exp() * rise(time_s, 0.0005)
    })
}

/// Single drops into a vessel: the tick of the impact, one large bubble, some small ones, and the vessel's air.
fn drip(rng: &mut SoundRng, turn: usize) -> Instrument {
    let label = in_turn(turn, &["Water drop", "Drops in a cave", "Drops in a bucket"]);
    let radius_m = rng.ratio_between(0.0015, 0.008);
    let rise_share = rng.between(0.03, 0.2);
    let count = if label == "Water drop" { 1 } else { rng.whole(2, 4) };
    let vessel_hz = rng.ratio_between(250.0, 1400.0);
    let tail_s = if label == "Drops in a cave" { rng.between(0.8, 1.8) } else { rng.between(0.08, 0.4) };
    let tail = rng.between(0.005, 0.04);
    Instrument::new("Water", label, unpitched(rng), move |note, rng| {
        let mut sound = Vec::new();
        for drop in 0..count {
            let at_s = 1.6 * (drop as f64 + rng.between(0.0, 0.4)) / count as f64 * f64::from(u8::from(drop > 0));
            let single = splash(radius_m / note.ratio() * rng.between(0.8, 1.25), rise_share, note.force(), rng);
            lay(&mut sound, &single, at_s, rng.between(0.6, 1.0));
            let vessel = [Mode { frequency_hz: vessel_hz * note.ratio(), t60_s: 0.4 * tail_s, gain: 1.0 }];
            lay(&mut sound, &normalised(strike(&vessel, 0.002, 0.6)), at_s, 0.15);
            let mut air = Svf::default();
            let room =
                render(tail_s.min(1.4), |time_s| air.band(rng.noise(), 3.0 * vessel_hz, 0.5) * decay(time_s, tail_s));
            lay(&mut sound, &room, at_s + 0.015, tail);
        }
        sound
    })
}

fn splash(radius_m: f64, rise_share: f64, force: f64, rng: &mut SoundRng) -> Vec<f64> {
    let mut high = Svf::default();
    let mut sound = render(0.02, |time_s| 0.5 * force * high.high(rng.noise(), 3500.0, FLAT_Q) * bump(time_s, 0.004));
    lay(&mut sound, &bubble(radius_m, rise_share), rng.between(0.004, 0.02), 1.0);
    for _ in 0..rng.whole(0, 4) {
        let small = bubble(radius_m * rng.between(0.2, 0.6), rise_share);
        lay(&mut sound, &small, rng.between(0.01, 0.12), rng.between(0.05, 0.3));
    }
    sound
}
