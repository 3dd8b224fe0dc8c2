//! Clips of seven classes of everyday sounds, 4 s each: events of one drawn source, laid out in time as that source makes them, near or far,
//! in a room or in the open.

use std::collections::BTreeMap;

use anyhow::Result;
use engine::sample::Recording;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::envelope::rise;
use super::filter::{FLAT_Q, Svf};
use super::instrument::Instrument;
use super::mix::{lay, low_passed, normalised, render};
use super::note::Note;
use super::rng::SoundRng;
use super::{SAMPLE_RATE_HZ, SOURCE, dog, footsteps, gunshot, motor, rain, samples_of, sneeze, typing, without_offset};
use crate::corpus::CLASS_LABEL;
use crate::corpus::augment::room::{Room, convolved};
use crate::corpus::writer::{CorpusWriter, Description};

/// Frames of a clip: 176 128 samples at 44.1 kHz.
pub const FRAMES: usize = 344;
/// Length of a clip in seconds, with room for its end to be cut.
const CLIP_S: f64 = 4.0;
/// A vehicle sounds longer than a clip, since what comes nearer is heard faster.
const VEHICLE_S: f64 = 4.5;
const END_FADE_S: f64 = 0.03;
const SOUND_M_S: f64 = 343.0;
/// Random streams of a clip, and the mark of its recording.
const STREAMS: u64 = 4;
const RECORDING_MARK: u64 = 1 << 43;
const KEY: u8 = 60;

/// A class: its name, how its sources are drawn, how events follow each other, and how often they are in a room or far away.
struct Class {
    name: &'static str,
    draw: fn(&mut SoundRng, usize) -> Instrument,
    events: fn(&mut SoundRng) -> Events,
    in_room: f64,
    far: f64,
}

/// How events follow each other.
struct Events {
    count: usize,
    /// From the start of one to the start of the next, in seconds; with `after_end`, from the end of one.
    gap_s: f64,
    after_end: bool,
    /// Deviation of the logarithm of a gap.
    jitter: f64,
    /// Least and largest velocity.
    velocities: [usize; 2],
}

const CLASSES: [Class; 7] = [
    Class { name: "dog-bark", draw: dog::draw, events: barks, in_room: 0.35, far: 0.3 },
    Class { name: "footstep", draw: footsteps::draw, events: steps, in_room: 0.5, far: 0.15 },
    Class { name: "gunshot", draw: gunshot::draw, events: shots, in_room: 0.2, far: 0.3 },
    Class { name: "keyboard", draw: typing::draw, events: strokes, in_room: 0.7, far: 0.1 },
    Class { name: "motor-vehicle", draw: vehicle, events: one, in_room: 0.0, far: 0.3 },
    Class { name: "rain", draw: shower, events: one, in_room: 0.05, far: 0.2 },
    Class { name: "sneeze-cough", draw: sneeze::draw, events: sneezes, in_room: 0.7, far: 0.1 },
];

fn vehicle(rng: &mut SoundRng, turn: usize) -> Instrument {
    motor::vehicle(rng, turn, VEHICLE_S)
}

fn shower(rng: &mut SoundRng, turn: usize) -> Instrument {
    rain::shower(rng, turn, CLIP_S + 0.3)
}

fn barks(rng: &mut SoundRng) -> Events {
    Events {
        count: rng.whole(1, 6),
        gap_s: rng.ratio_between(0.1, 0.9),
        after_end: true,
        jitter: 0.3,
        velocities: [70, 120],
    }
}

fn steps(rng: &mut SoundRng) -> Events {
    Events {
        count: rng.whole(3, 12),
        gap_s: rng.ratio_between(0.32, 0.8),
        after_end: false,
        jitter: 0.05,
        velocities: [75, 115],
    }
}

fn shots(rng: &mut SoundRng) -> Events {
    let (count, gap_s, jitter) = match rng.whole(0, 3) {
        0 | 1 => (1, 1.0, 0.0),
        2 => (rng.whole(2, 5), rng.ratio_between(0.3, 1.2), 0.25),
        _ => (rng.whole(3, 16), rng.ratio_between(0.07, 0.15), 0.03),
    };
    Events { count, gap_s, after_end: false, jitter, velocities: [85, 120] }
}

fn strokes(rng: &mut SoundRng) -> Events {
    Events {
        count: rng.whole(4, 30),
        gap_s: rng.ratio_between(0.02, 0.2),
        after_end: true,
        jitter: 0.5,
        velocities: [50, 115],
    }
}

fn sneezes(rng: &mut SoundRng) -> Events {
    Events {
        count: rng.whole(1, 3),
        gap_s: rng.ratio_between(0.15, 1.0),
        after_end: true,
        jitter: 0.3,
        velocities: [75, 120],
    }
}

fn one(_: &mut SoundRng) -> Events {
    Events { count: 1, gap_s: CLIP_S, after_end: false, jitter: 0.0, velocities: [60, 120] }
}

/// Adds `count` clips of each class to the corpus.
///
/// # Errors
/// The corpus cannot be written, or a room cannot be computed.
pub fn generate(count: usize, seed: u64, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    writer.add_source(format!("{SOURCE}, {count} clips of each of seven classes of seed {seed}"));
    for (number, index) in (0..count * CLASSES.len()).enumerate() {
        let (class, turn) = (&CLASSES[index % CLASSES.len()], index / CLASSES.len());
        let (samples, label) = clip(class, turn, seed, index as u64)?;
        let name = format!("{label} {}", turn + 1);
        progress(&name);
        let description = Description {
            name,
            category: class.name.to_owned(),
            instrument: format!("clip-{number:05}"),
            key: KEY,
            velocity: 100,
            source: format!("procedural clip {index}, seed {seed}"),
            recordings: vec![RECORDING_MARK + index as u64],
        };
        let labels = BTreeMap::from([(CLASS_LABEL.to_owned(), class.name.to_owned())]);
        writer.add_labelled(description, labels, Recording::new(samples, SAMPLE_RATE_HZ as u32))?;
    }
    Ok(())
}

/// Samples of a clip, and what it is of.
fn clip(class: &Class, turn: usize, seed: u64, index: u64) -> Result<(Vec<f32>, String)> {
    let streams = RECORDING_MARK + index * STREAMS;
    let source = (class.draw)(&mut SoundRng::new(seed, streams), turn);
    let mut rng = SoundRng::new(seed, streams + 1);
    let mut sound = laid_out(&source, &(class.events)(&mut rng), &mut rng);
    if class.name == "motor-vehicle" {
        sound = passing(sound, &mut rng);
    }
    sound.truncate(samples_of(CLIP_S));
    let is_far = rng.chance(class.far);
    if is_far {
        sound = low_passed(&sound, rng.ratio_between(1200.0, 7000.0));
    }
    let mut samples: Vec<f32> = normalised(without_offset(&sound)).into_iter().map(|sample| sample as f32).collect();
    if rng.chance(class.in_room) || (is_far && rng.chance(0.3)) {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(streams + 2);
        samples = convolved(&samples, &Room::draw(&mut generator).impulse_response(SAMPLE_RATE_HZ))?;
    }
    let length_s = samples.len() as f64 / SAMPLE_RATE_HZ;
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample *= rise(length_s - n as f64 / SAMPLE_RATE_HZ, END_FADE_S) as f32;
    }
    Ok((samples, source.label))
}

/// The events of a source, one after the other.
fn laid_out(source: &Instrument, events: &Events, rng: &mut SoundRng) -> Vec<f64> {
    let key = rng.choose(&[55, 58, 60, 60, 62, 65]);
    let mut whole = Vec::new();
    let mut at_s = 0.0;
    for _ in 0..events.count {
        if at_s > CLIP_S - 0.1 {
            break;
        }
        let velocity = rng.whole(events.velocities[0], events.velocities[1]) as u8;
        let note = Note { key, velocity };
        let sound = normalised((source.play)(note, rng));
        lay(&mut whole, &sound, at_s, 0.25 + 0.75 * note.force());
        let length_s = if events.after_end { heard_s(&sound) } else { 0.0 };
        at_s += length_s + events.gap_s * (events.jitter * rng.normal()).exp();
    }
    whole
}

/// When a sound has fallen to a thirtieth of its peak.
fn heard_s(sound: &[f64]) -> f64 {
    sound.iter().rposition(|sample| sample.abs() > 1.0 / 30.0).unwrap_or(0) as f64 / SAMPLE_RATE_HZ
}

/// A vehicle with the noise of its tyres that stands, or drives by: the sound of where it was when it left reaches the listener late and
/// weaker with distance, which gives the Doppler effect as well.
fn passing(mut sound: Vec<f64>, rng: &mut SoundRng) -> Vec<f64> {
    let (mut low, mut high) = (Svf::default(), Svf::default());
    let (tyres, tyres_hz) = (rng.between(0.05, 0.5), rng.ratio_between(500.0, 1800.0));
    let noise = render(VEHICLE_S, |_| high.high(low.low(rng.noise(), tyres_hz, FLAT_Q), 80.0, FLAT_Q));
    lay(&mut sound, &normalised(noise), 0.0, tyres);
    if rng.chance(0.35) {
        return sound;
    }
    let (nearest_m, speed_m_s) = (rng.ratio_between(3.0, 20.0), rng.ratio_between(5.0, 25.0));
    let nearest_at_s = rng.between(0.5, 3.5);
    let distance_m = |time_s: f64| nearest_m.hypot(speed_m_s * (time_s - nearest_at_s));
    let first_m = distance_m(0.0);
    render(CLIP_S, |time_s| {
        let way_m = distance_m(time_s);
        let place = (time_s - (way_m - first_m) / SOUND_M_S).max(0.0) * SAMPLE_RATE_HZ;
        let (whole, part) = (place as usize, place.fract());
        let at = |index: usize| sound.get(index).copied().unwrap_or(0.0);
        (at(whole) * (1.0 - part) + at(whole + 1) * part) * nearest_m / way_m
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_seeded_finite_and_as_long_as_their_class_says() {
        for (index, class) in CLASSES.iter().enumerate() {
            let (samples, label) = clip(class, 3, 5, index as u64).expect("a clip");
            assert_eq!(samples, clip(class, 3, 5, index as u64).expect("the same").0, "{label}");
            assert_ne!(samples, clip(class, 3, 6, index as u64).expect("another").0, "{label}");
            assert!(samples.iter().all(|sample| sample.is_finite()) && samples.len() <= samples_of(CLIP_S), "{label}");
            let peak = |part: &[f32]| part.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak(&samples) > 0.1 && peak(&samples[samples.len() - 20..]) < 0.01 * peak(&samples), "{label}");
            if matches!(class.name, "motor-vehicle" | "rain") {
                assert_eq!(samples.len(), samples_of(CLIP_S), "{label} goes on for the whole clip");
            }
        }
    }
}
