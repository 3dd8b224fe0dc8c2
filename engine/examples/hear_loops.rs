//! How named sounds go on while a key is held: `cargo run --release -p engine --example hear_loops -- [EVERY]`.
//!
//! Plays every `EVERY`-th named sound (3 if it is not given) of the factory pack, with its recordings, at key 60 for ten seconds through the
//! synth, offline. With *auto*, a sound goes on if seconds 4 to 6 are within 30 dB of its loudest second, and is expected to if its category is
//! bowed, blown, sung, organ, pad, lead, rain or motor. Of those that are to go on, held with *sustained*: how far the level of a second
//! strays from the mean of seconds 2 to 10; the highest autocorrelation between a quarter of a second and two seconds (of
//! noisy sounds, whose neighbouring periods are unlike); and the largest spectral change from frame to frame in seconds 2 to 10, against
//! that of the same sound from 0.3 to 1.8 s, where no loop is.

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::sync::Arc;

use engine::audio::{Event, EventKind, NoteAddress, Synth};
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::instrument::{self, Pool};
use engine::pack::Pack;
use engine::params::{Controls, Hold};
use engine::scene;
use engine::state::SoundState;
use realfft::{RealFftPlanner, RealToComplex};

const RATE: usize = 44_100;
const SECONDS: usize = 10;
const KEY: u8 = 60;
/// Categories whose sounds are expected to go on.
const LASTING: [&str; 12] =
    ["strings", "ensemble", "voice", "choir", "brass", "reed", "pipe", "organ", "pad", "lead", "rain", "motor"];
/// Words in names of those categories whose sounds decay.
const DECAYING: [&str; 4] = ["pizzicato", "harp", "timpani", "hit"];
/// Names of other categories whose sounds last.
const ALSO_LASTING: [&str; 2] = ["shenai", "applause"];
/// A sound goes on if it stays this near to its loudest second, in dB.
const GOES_ON_DB: f64 = 30.0;
/// Limits that are counted: strays in dB, and autocorrelation.
const STRAY_DB: f64 = 1.5;
const ALIKE: f64 = 0.9;
/// The same, of the largest spectral change against that of the sound itself.
const LARGEST_SEAM: f64 = 1.2;
/// Samples of a spectrum, and the bands in which it is compared.
const FRAME: usize = 2_048;
const BANDS: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let every = std::env::args().nth(1).map_or(Ok(3), |text| text.parse())?;
    let model = Arc::new(Model::load(&Pack::factory()?)?);
    let table = Arc::<AssetTable>::default();
    let (mut synth, _instance) = instrument::create(&Pool::global()?, Arc::clone(&model), Arc::clone(&table));
    synth.set_sample_rate(RATE as f32);
    synth.set_offline(true);
    let fft = RealFftPlanner::new().plan_fft_forward(FRAME);
    let (mut sounds, mut agreeing, mut lasting, mut noisy) = (0, 0, 0, 0);
    let (mut level, mut unlike, mut seamless) = (0, 0, 0);
    for sound in model.sounds().iter().step_by(every) {
        let state = SoundState::new(&sound.name, sound.latent);
        let corners: [SoundState; 4] = Default::default();
        let assets = scene::assets(corners.each_ref(), Some(&state), Some(model.residuals()), None, &table);
        let held = |hold: Hold| Controls { knobs: sound.latent, assets, hold: hold.value(), ..Controls::default() };
        let auto = play(&mut synth, &held(Hold::Auto));
        let goes_on = level_db(&auto[4 * RATE..6 * RATE]) > loudest_db(&auto) - GOES_ON_DB;
        let name = sound.name.to_lowercase();
        let is_named = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let expected = is_named(&ALSO_LASTING)
            || (LASTING.contains(&sound.category.to_lowercase().as_str()) && !is_named(&DECAYING));
        sounds += 1;
        agreeing += usize::from(goes_on == expected);
        let remark = if goes_on == expected { "" } else { "  auto disagrees" };
        if !expected {
            if goes_on != expected {
                println!("{:30} {:12}{remark}", sound.name, sound.category);
            }
            continue;
        }
        let out = play(&mut synth, &held(Hold::Sustained));
        let stray_db = stray_db(&out[2 * RATE..]);
        let (alike, is_noisy) = likeness(&out[2 * RATE..6 * RATE])?;
        let changes = changes(&out, &*fft)?;
        let frame = |seconds: f64| (seconds * RATE as f64 / FRAME as f64) as usize;
        let most = |changes: &[f64]| changes.iter().copied().fold(0.0, f64::max);
        let seam = most(&changes[frame(2.0)..]) / most(&changes[frame(0.3)..frame(1.8)]);
        lasting += 1;
        noisy += usize::from(is_noisy);
        level += usize::from(stray_db <= STRAY_DB);
        unlike += usize::from(is_noisy && alike <= ALIKE);
        seamless += usize::from(seam <= LARGEST_SEAM);
        println!(
            "{:30} {:12} strays {stray_db:4.1} dB  alike {alike:.2}{}  largest change {seam:.2}{remark}",
            sound.name,
            sound.category,
            if is_noisy { " (noisy)" } else { "        " }
        );
    }
    println!("auto agrees with {agreeing} of {sounds}");
    println!(
        "of {lasting} that last: within {STRAY_DB} dB {level}; of {noisy} noisy ones at most {ALIKE} alike {unlike}; largest change at \
         most {LARGEST_SEAM} of that without a loop {seamless}"
    );
    Ok(())
}

fn play(synth: &mut Synth, controls: &Controls) -> Vec<f32> {
    synth.reset();
    let note = Event { offset: 0, kind: EventKind::NoteOn { note: NoteAddress::key(0, KEY), velocity: 1.0 } };
    let (mut left, mut right) = (vec![0.0; SECONDS * RATE], vec![0.0; SECONDS * RATE]);
    synth.render(&[note], controls, &mut left, &mut right);
    left
}

fn level_db(samples: &[f32]) -> f64 {
    let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64;
    10.0 * power.max(1e-12).log10()
}

fn loudest_db(samples: &[f32]) -> f64 {
    samples.chunks_exact(RATE).map(level_db).fold(f64::NEG_INFINITY, f64::max)
}

/// Largest distance of a second's level from that of all, in dB.
fn stray_db(samples: &[f32]) -> f64 {
    let mean = level_db(samples);
    samples.chunks_exact(RATE).map(|second| (level_db(second) - mean).abs()).fold(0.0, f64::max)
}

/// Highest normalised autocorrelation of the samples at lags from a quarter of a second to two seconds, and whether they are noisy: unlike at
/// every lag from 2 to 25 ms.
fn likeness(samples: &[f32]) -> Result<(f64, bool), Box<dyn Error>> {
    const NOISY: f64 = 0.5;
    let size = (2 * samples.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let (mut time, mut bins) = (forward.make_input_vec(), forward.make_output_vec());
    time[..samples.len()].copy_from_slice(samples);
    forward.process(&mut time, &mut bins)?;
    bins.iter_mut().for_each(|bin| *bin *= bin.conj());
    inverse.process(&mut bins, &mut time)?;
    let mut energies = vec![0.0];
    energies.extend(samples.iter().scan(0.0, |sum, sample| {
        *sum += f64::from(sample * sample);
        Some(*sum)
    }));
    let all = energies[samples.len()];
    let at = |lag: usize| {
        let (front, back) = (energies[samples.len() - lag], all - energies[lag]);
        f64::from(time[lag]) / size as f64 / (front * back).sqrt().max(1e-12)
    };
    let most = |lags: std::ops::Range<usize>| lags.map(at).fold(f64::NEG_INFINITY, f64::max);
    Ok((most(RATE / 4..2 * RATE), most(RATE / 500..RATE / 40) < NOISY))
}

/// Change of the spectrum from each frame to the next: mean distance of band levels in dB.
fn changes(samples: &[f32], fft: &dyn RealToComplex<f32>) -> Result<Vec<f64>, Box<dyn Error>> {
    let spectra: Vec<Vec<f64>> =
        samples.chunks_exact(FRAME).map(|frame| bands(frame, fft)).collect::<Result<_, _>>()?;
    let change = |pair: &[Vec<f64>]| {
        pair[0].iter().zip(&pair[1]).map(|(a, b)| (a - b).abs()).sum::<f64>() / pair[0].len() as f64
    };
    Ok(spectra.windows(2).map(change).collect())
}

/// Levels of bands of equal width on a logarithmic scale, in dB.
fn bands(frame: &[f32], fft: &dyn RealToComplex<f32>) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut windowed: Vec<f32> = frame.to_vec();
    for (place, sample) in windowed.iter_mut().enumerate() {
        *sample *= 0.5 - 0.5 * (std::f32::consts::TAU * place as f32 / FRAME as f32).cos();
    }
    let mut bins = fft.make_output_vec();
    fft.process(&mut windowed, &mut bins)?;
    let edge = |band: usize| (4.0 * (bins.len() as f64 / 4.0).powf(band as f64 / BANDS as f64)) as usize;
    let level = |band: usize| {
        let (from, to) = (edge(band), edge(band + 1).max(edge(band) + 1).min(bins.len()));
        let power: f64 = bins[from..to].iter().map(|bin| f64::from(bin.norm_sqr())).sum();
        10.0 * (power + 1e-7).log10()
    };
    Ok((0..BANDS).map(level).collect())
}
