//! Motors. Combustion: a pulse for every firing, uneven from cylinder to cylinder, through the exhaust's pipe (Baldan, Lachambre,
//! Delle Monache and Boussard, "Physically informed car engine sound synthesis for virtual and augmented environments", 2015).
//! Electric: slots and gears whine in proportion to speed over the noise of the brushes (Farnell, "Designing Sound", 2010).

use super::SAMPLE_RATE_HZ;
use super::envelope::{Adsr, decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::note::{Note, unpitched};
use super::rng::SoundRng;
use super::wave::{HIGHEST_PARTIAL_HZ, Phase, sine};

/// Length of the sounds of [`draw`], in seconds.
const USUAL_S: f64 = 2.0;

/// How the speed moves within the sound.
#[derive(Clone, Copy)]
struct Speed {
    turns_hz: f64,
    /// Speed at the start and at the end over the middle one.
    start: f64,
    end: f64,
    wobble: f64,
}

impl Speed {
    fn at(&self, time_s: f64) -> f64 {
        let from_start = self.start + (1.0 - self.start) * rise(time_s, 0.7);
        let to_end = 1.0 + (self.end - 1.0) * rise(time_s - 0.8, 1.2);
        self.turns_hz * from_start * to_end * (1.0 + self.wobble * sine(3.1 * time_s))
    }
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    if turn.is_multiple_of(2) { combustion(rng, turn / 2, USUAL_S) } else { electric(rng, turn / 2) }
}

/// Draws a combustion engine that runs for `seconds`.
pub fn vehicle(rng: &mut SoundRng, turn: usize, seconds: f64) -> Instrument {
    combustion(rng, turn, seconds)
}

struct Engine {
    speed: Speed,
    /// Strength of each cylinder.
    cylinders: Vec<f64>,
    pulse_s: f64,
    pipe_s: f64,
    pipe: f64,
    rough: f64,
    intake: f64,
    muffler_hz: f64,
}

fn combustion(rng: &mut SoundRng, turn: usize, seconds: f64) -> Instrument {
    let (label, cylinders, turns) = in_turn(
        turn,
        &[
            ("Car engine", 4, [11.0, 55.0]),
            ("Motorcycle", 2, [14.0, 80.0]),
            ("Lorry engine", 6, [8.0, 25.0]),
            ("Moped", 1, [35.0, 110.0]),
            ("Eight-cylinder engine", 8, [10.0, 60.0]),
        ],
    );
    let (start, end) = rng.choose(&[(1.0, 1.0), (0.35, 1.0), (1.0, 2.0), (1.0, 0.5), (0.5, 2.0)]);
    let engine = Engine {
        speed: Speed { turns_hz: rng.ratio_between(turns[0], turns[1]), start, end, wobble: rng.between(0.0, 0.02) },
        cylinders: (0..cylinders).map(|_| rng.between(0.65, 1.0)).collect(),
        pulse_s: rng.ratio_between(0.0006, 0.006),
        pipe_s: rng.ratio_between(0.003, 0.014),
        pipe: rng.between(0.3, 0.75),
        rough: rng.between(0.1, 0.6),
        intake: rng.between(0.1, 0.9),
        muffler_hz: rng.ratio_between(400.0, 9000.0),
    };
    Instrument::new("Motor", label, unpitched(rng), move |note, rng| {
        let firings = firings(&engine, note, seconds, rng);
        exhaust(&engine, note, seconds, &firings)
    })
}

/// Pressure at the valves: a short pulse per firing, a bang of noise in it, and the hiss of the intake in step.
fn firings(engine: &Engine, note: Note, seconds: f64, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let count = engine.cylinders.len() as f64;
    let mut crank = Phase::new(0.0);
    let mut intake = Svf::default();
    let (mut previous, mut jitter, mut since_s) = (f64::MAX, 1.0, 1.0);
    let pulse_s = engine.pulse_s / ratio;
    render(seconds, |time_s| {
        // A four-stroke cylinder fires once in two turns.
        let place = crank.advance(0.5 * ratio * engine.speed.at(time_s)) * count;
        let cylinder = place as usize;
        if place < previous || cylinder > previous as usize {
            jitter = 1.0 + engine.rough * rng.normal() * 0.5;
            since_s = 0.0;
        }
        previous = place;
        let strength = engine.cylinders[cylinder.min(engine.cylinders.len() - 1)] * jitter;
        let pulse = rise(since_s, 0.2 * pulse_s) * decay(since_s, 3.0 * pulse_s);
        since_s += 1.0 / SAMPLE_RATE_HZ;
        let noise = rng.noise();
        let hiss = intake.band(noise, 1800.0 * ratio, 0.7) * engine.intake * force * (0.3 + 0.7 * decay(since_s, 0.02));
        strength * pulse * (1.0 + engine.rough * noise) + 0.5 * hiss
    })
}

/// A pipe, open at the far end, that returns each pulse upside down, and the muffler.
fn exhaust(engine: &Engine, note: Note, seconds: f64, firings: &[f64]) -> Vec<f64> {
    let ratio = note.ratio();
    let length = ((engine.pipe_s / ratio * SAMPLE_RATE_HZ) as usize).max(2);
    let mut pipe = vec![0.0; length];
    let (mut wall, mut muffler, mut rumble) = (Svf::default(), Svf::default(), Svf::default());
    let muffler_hz = engine.muffler_hz * ratio * (0.4 + 0.6 * note.force());
    let mut samples = firings.iter().enumerate();
    render(seconds, |time_s| {
        let (n, input) = samples.next().unwrap_or((0, &0.0));
        let back = wall.low(pipe[n % length], 2500.0 * ratio, FLAT_Q);
        let sound = input - engine.pipe * back;
        pipe[n % length] = sound;
        let open = rumble.high(muffler.low(sound, muffler_hz, 1.4) + 0.25 * sound, 28.0, FLAT_Q);
        open * rise(time_s, 0.01) * rise(seconds - time_s, 0.3)
    })
}

/// Whine at a multiple of the speed with its level.
type Whine = (f64, f64);

fn electric(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, turns) = in_turn(
        turn,
        &[("Drill", [25.0, 70.0]), ("Fan", [15.0, 45.0]), ("Servo", [40.0, 120.0]), ("Tram motor", [12.0, 40.0])],
    );
    let (slots, teeth) = (rng.whole(7, 24) as f64, rng.whole(9, 40) as f64);
    let mut whines: Vec<Whine> = vec![(1.0, rng.between(0.1, 0.5)), (2.0, rng.between(0.1, 0.4))];
    for harmonic in 1..=5 {
        let number = f64::from(harmonic);
        whines.push((slots * number, rng.between(0.2, 1.0) / number));
        whines.push((teeth * number, rng.between(0.0, 0.8) / number));
    }
    let (start, end) = if label == "Fan" { (0.9, 1.0) } else { rng.choose(&[(0.15, 1.0), (0.15, 0.2), (0.5, 1.5)]) };
    let speed = Speed { turns_hz: rng.ratio_between(turns[0], turns[1]), start, end, wobble: rng.between(0.0, 0.01) };
    let brushes = rng.between(0.1, 0.6);
    let brushes_hz = rng.ratio_between(1500.0, 6000.0);
    let hold_s = rng.between(0.8, 1.7);
    Instrument::new("Motor", label, unpitched(rng), move |note, rng| {
        let ratio = note.ratio();
        let amp = Adsr { attack_s: 0.05, decay_s: 1.0, sustain: 1.0, hold_s, release_s: 0.5 };
        let mut whole = normalised(whine(&whines, speed, note));
        let (mut colour, mut turn) = (Svf::default(), Phase::new(0.0));
        let noise = render(2.0, |time_s| {
            let commutator = 0.6 + 0.4 * sine(turn.advance(2.0 * ratio * speed.at(time_s)));
            colour.band(rng.noise(), brushes_hz * ratio, 0.6)
                * commutator
                * (speed.at(time_s) / speed.turns_hz).min(1.5)
        });
        lay(&mut whole, &noise, 0.0, brushes * (0.5 + 0.5 * note.force()));
        let mut samples = whole.into_iter();
        render(2.0, |time_s| samples.next().unwrap_or(0.0) * amp.at(time_s))
    })
}

fn whine(whines: &[Whine], speed: Speed, note: Note) -> Vec<f64> {
    let mut sum = Vec::new();
    for (number, (multiple, level)) in whines.iter().enumerate() {
        let mut phase = Phase::new(0.31 * number as f64);
        let shade = (0.5 + 0.5 * note.force()).powf(number as f64 / 3.0);
        let tone = render(2.0, |time_s| {
            let frequency_hz = multiple * note.ratio() * speed.at(time_s);
            let audible = if frequency_hz < HIGHEST_PARTIAL_HZ { 1.0 } else { 0.0 };
            audible * sine(phase.advance(frequency_hz))
        });
        lay(&mut sum, &tone, 0.0, level * shade);
    }
    sum
}
