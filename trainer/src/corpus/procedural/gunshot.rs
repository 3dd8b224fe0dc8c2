//! Gunshots: the muzzle blast as Friedlander's wave, the bullet's shock as an N-wave ahead of it, the ground's reflection,
//! echoes and a tail that darkens (Maher, "Acoustical characterization of gunshots", 2007), and the action's metal.

use super::envelope::{decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, low_passed, normalised, render};
use super::modes::{Mode, strike};
use super::note::{Note, unpitched};
use super::rng::SoundRng;
use super::wave::HIGHEST_PARTIAL_HZ;

struct Gun {
    /// Duration of the blast's positive phase.
    blast_s: f64,
    /// Level of the shock wave, and its length.
    shock: f64,
    shock_s: f64,
    /// Turbulence of the gas.
    gas: f64,
    gas_s: f64,
    gas_hz: f64,
    /// Delay and level of each reflection.
    echoes: Vec<(f64, f64)>,
    tail: f64,
    tail_s: f64,
    /// How far the recording is driven into saturation, as close ones are.
    overload: f64,
    /// What the air leaves of the highs.
    air_hz: f64,
    action: Vec<Mode>,
    action_gain: f64,
    action_at_s: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, blast, shock, gas_hz, air_hz, tail) = in_turn(
        turn,
        &[
            ("Pistol", [0.0006, 0.0012], 0.0, 1600.0, 18_000.0, [0.15, 0.4]),
            ("Rifle", [0.0010, 0.0025], 0.8, 1100.0, 18_000.0, [0.2, 0.5]),
            ("Shotgun", [0.0020, 0.0040], 0.0, 600.0, 15_000.0, [0.2, 0.5]),
            ("Silenced pistol", [0.0008, 0.0015], 0.0, 2500.0, 5000.0, [0.01, 0.05]),
            ("Distant shot", [0.0040, 0.0080], 0.2, 350.0, 1800.0, [0.5, 0.9]),
            ("Cannon", [0.0060, 0.0120], 0.0, 250.0, 7000.0, [0.3, 0.7]),
        ],
    );
    let outdoors = rng.chance(0.6);
    let spread_s = if outdoors { 0.35 } else { 0.05 };
    let echo = |_| {
        let at_s = rng.between(0.004, spread_s);
        (at_s, rng.between(0.1, 0.6) * (-2.0 * at_s / spread_s).exp())
    };
    let echoes = (0..7).map(echo).collect();
    let mode = |_| Mode {
        frequency_hz: rng.ratio_between(1500.0, 8000.0),
        t60_s: rng.between(0.02, 0.12),
        gain: rng.between(0.2, 1.0),
    };
    let action = (0..8).map(mode).collect();
    let gun = Gun {
        blast_s: rng.ratio_between(blast[0], blast[1]),
        shock,
        shock_s: rng.between(0.0002, 0.0005),
        gas: rng.between(0.4, 1.0),
        gas_s: rng.ratio_between(0.05, 0.25),
        gas_hz: gas_hz * rng.between(0.7, 1.4),
        echoes,
        tail: rng.between(tail[0], tail[1]),
        tail_s: if outdoors { rng.between(0.9, 2.2) } else { rng.between(0.3, 0.9) },
        overload: rng.ratio_between(0.6, 8.0),
        air_hz,
        action,
        action_gain: if label == "Silenced pistol" { 0.35 } else { rng.between(0.0, 0.06) },
        action_at_s: rng.between(0.04, 0.12),
    };
    Instrument::new("Gunshot", label, unpitched(rng), move |note, rng| play(&gun, note, rng))
}

fn play(gun: &Gun, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let direct = direct(gun, ratio, force, rng);
    let mut sound = direct.clone();
    for (at_s, gain) in &gun.echoes {
        let dark = low_passed(&direct, (6000.0 * ratio / (1.0 + 8.0 * at_s)).min(HIGHEST_PARTIAL_HZ));
        lay(&mut sound, &dark, at_s * rng.between(0.97, 1.03) * ratio.powf(-0.3), *gain);
    }
    lay(&mut sound, &tail(gun, ratio, rng), 0.006, gun.tail);
    let tune = |mode: &Mode| Mode { frequency_hz: mode.frequency_hz * ratio, ..*mode };
    let action: Vec<Mode> = gun.action.iter().map(tune).collect();
    lay(&mut sound, &normalised(strike(&action, 0.0003, 0.3)), gun.action_at_s, gun.action_gain);
    let driven = normalised(sound).into_iter().map(|sample| (gun.overload * sample).tanh());
    driven.collect()
}

/// Shock, blast and gas, as they reach the ear without a detour.
fn direct(gun: &Gun, ratio: f64, force: f64, rng: &mut SoundRng) -> Vec<f64> {
    let blast_s = gun.blast_s / ratio * (1.3 - 0.3 * force);
    let friedlander = |time_s: f64| {
        let part = time_s / blast_s;
        if time_s < 0.0 { 0.0 } else { (1.0 - part) * (-part).exp() }
    };
    let n_wave = |time_s: f64| {
        let part = time_s / (gun.shock_s / ratio);
        if (0.0..1.0).contains(&part) { 1.0 - 2.0 * part } else { 0.0 }
    };
    // The bullet is ahead of its report.
    let lead_s = if gun.shock > 0.0 { 0.006 } else { 0.0 };
    let (mut gas, mut air) = (Svf::default(), Svf::default());
    let rough = render(0.6, |time_s| {
        let since_s = time_s - lead_s;
        let turbulence = gas.low(rng.noise(), gun.gas_hz * ratio * (1.0 + 5.0 * decay(since_s, 0.03)), 0.8);
        let report = friedlander(since_s) + gun.gas * turbulence * decay(since_s, gun.gas_s) * rise(since_s, 0.001);
        report + force * gun.shock * n_wave(time_s)
    });
    let highs_hz = gun.air_hz * (0.4 + 0.6 * force) * ratio.sqrt();
    rough.iter().map(|sample| air.low(*sample, highs_hz, FLAT_Q)).collect()
}

/// Reverberation: noise whose highs die first.
fn tail(gun: &Gun, ratio: f64, rng: &mut SoundRng) -> Vec<f64> {
    let (mut dark, mut rumble) = (Svf::default(), Svf::default());
    let air_hz = gun.air_hz.min(5000.0) * ratio;
    render(1.9, |time_s| {
        let cutoff_hz = 250.0 * ratio + air_hz * decay(time_s, 1.5 * gun.tail_s);
        let noise = rumble.high(dark.low(rng.noise(), cutoff_hz, FLAT_Q), 60.0 * ratio, FLAT_Q);
        noise * decay(time_s, gun.tail_s) * rise(time_s, 0.02)
    })
}
