//! How evenly the colour of named sounds changes from key to key: `cargo run --release -p engine --example key_colour -- [EVERY [ZONE_CROSSFADE]]`.
//!
//! Plays every `EVERY`-th named sound (16 if it is not given) of the factory pack, with a zone crossfade in percent (0 if it is not given), each with its recordings, at keys 30 to 90 through the synth, offline. The
//! colour is the spectral centroid of the first 0.74 s, whose window falls from 1 to 0: by magnitudes, and by powers. Prints of each sound
//! the largest step between neighbouring keys, then how many sounds and how many steps stay within 6 %.

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

const RATE_HZ: f32 = 44_100.0;
const LENGTH: usize = 32_768;
const KEYS: std::ops::RangeInclusive<u8> = 30..=90;
/// Largest step that counts as even.
const EVEN: f64 = 0.06;

fn main() -> Result<(), Box<dyn Error>> {
    let every = std::env::args().nth(1).map_or(Ok(16), |text| text.parse())?;
    let percent: f32 = std::env::args().nth(2).map_or(Ok(0.0), |text| text.parse())?;
    let model = Arc::new(Model::load(&Pack::factory()?)?);
    let table = Arc::<AssetTable>::default();
    let (mut synth, _instance) = instrument::create(&Pool::global()?, Arc::clone(&model), Arc::clone(&table));
    synth.set_sample_rate(RATE_HZ);
    synth.set_offline(true);
    let fft = RealFftPlanner::new().plan_fft_forward(LENGTH);
    let (mut sounds, mut steps, mut even_sounds, mut even_steps) = (0, 0, [0; 2], [0; 2]);
    for sound in model.sounds().iter().step_by(every) {
        let state = SoundState::new(&sound.name, sound.latent);
        let corners: [SoundState; 4] = Default::default();
        let assets = scene::assets(corners.each_ref(), Some(&state), Some(model.residuals()), None, &table);
        let hold = Hold::Gated.value();
        let mut controls = Controls { knobs: sound.latent, assets, hold, ..Controls::default() };
        controls.voices.width = 0.0;
        controls.voices.zone_crossfade = percent / 100.0;
        let centroids: Vec<[f64; 2]> =
            KEYS.map(|key| centroids(play(&mut synth, &controls, key), &*fft)).collect::<Result<_, _>>()?;
        let changes = |way: usize| centroids.windows(2).map(move |pair| (pair[1][way] / pair[0][way] - 1.0).abs());
        let largest = [0, 1].map(|way| changes(way).fold(0.0, f64::max));
        for way in 0..2 {
            even_sounds[way] += usize::from(largest[way] <= EVEN);
            even_steps[way] += changes(way).filter(|change| *change <= EVEN).count();
        }
        (sounds, steps) = (sounds + 1, steps + centroids.len() - 1);
        let [magnitude, power] = largest.map(|change| change * 100.0);
        println!("{:30} {:12} magnitudes {magnitude:5.1} %  powers {power:5.1} %", sound.name, sound.category);
    }
    println!(
        "within 6 %, by magnitudes and powers: {even_sounds:?} of {sounds} sounds, {even_steps:?} of {steps} steps"
    );
    Ok(())
}

fn play(synth: &mut Synth, controls: &Controls, key: u8) -> Vec<f32> {
    synth.reset();
    let note = Event { offset: 0, kind: EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: 1.0 } };
    let (mut left, mut right) = (vec![0.0; LENGTH], vec![0.0; LENGTH]);
    synth.render(&[note], controls, &mut left, &mut right);
    left
}

/// Centroid in hertz by magnitudes, and by powers.
fn centroids(mut samples: Vec<f32>, fft: &dyn RealToComplex<f32>) -> Result<[f64; 2], Box<dyn Error>> {
    for (place, sample) in samples.iter_mut().enumerate() {
        *sample *= 0.5 + 0.5 * (std::f32::consts::PI * place as f32 / LENGTH as f32).cos();
    }
    let mut bins = fft.make_output_vec();
    fft.process(&mut samples, &mut bins)?;
    Ok([1, 2].map(|exponent| {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for (bin, value) in bins.iter().enumerate() {
            let level = f64::from(value.norm()).powi(exponent);
            sum += level;
            weighted += level * bin as f64 * f64::from(RATE_HZ) / LENGTH as f64;
        }
        weighted / sum
    }))
}
