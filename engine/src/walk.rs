//! A walk: a series of footsteps near named sounds of one floor, equal for equal seeds. Plain arithmetic; any thread but the audio thread.
//!
//! Both feet lie a little apart from the sound of the walker. Each step wanders from its foot's point by a bounded, seeded amount, so that
//! no two are equal and none is another floor. Gait jitters in time and in level (Hausdorff and others 1995 find 2 to 4 % of the stride).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Distribution as _, StandardNormal};

use crate::pack::{Manifest, NamedSound};
use crate::units::{LATENT_LIMIT, Latent};

/// Distance of each foot from the walker's sound: standard deviation of each latent in σ.
const FOOT_SIGMA: f32 = 0.12;
/// How far steps of one foot scatter round it, likewise, and the most, in standard deviations.
const STEP_SIGMA: f32 = 0.15;
const MOST_DEVIATIONS: f32 = 2.0;
/// Jitter of the time between steps, as a part of it, and how much later one foot comes.
const JITTER: f32 = 0.03;
const LIMP: f32 = 0.012;
/// Scatter of the level, in dB.
const LEVEL_DB: f32 = 1.2;
/// Place of the feet between the channels, −1 (left) to 1, and its scatter.
const FOOT_PAN: f32 = 0.22;
const PAN_SCATTER: f32 = 0.03;
/// Steps a second from which a walker runs.
const RUN_PACE: f32 = 2.4;
/// When the first step comes, in seconds.
const FIRST_S: f64 = 0.05;

/// What a walk is.
#[derive(Clone, Debug, PartialEq)]
pub struct WalkSettings {
    /// Steps a second.
    pub pace: f32,
    /// Length in seconds.
    pub seconds: f64,
    /// Equal seeds give equal walks.
    pub seed: u64,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Footfall {
    /// When, in seconds.
    pub at_s: f64,
    /// Its sound.
    pub latent: Latent,
    /// Factor on its level.
    pub gain: f32,
    /// Place between the channels, −1 (left) to 1.
    pub pan: f32,
}

/// The sounds of a floor: footsteps whose name holds the word; case does not matter. Of sounds that tell an action, those of a runner from 2.4
/// steps a second on, else those of a walker.
pub fn sounds_of<'a>(manifest: &'a Manifest, floor: &str, pace: f32) -> Vec<&'a NamedSound> {
    let floor = floor.to_lowercase();
    let is_of_floor = |sound: &&NamedSound| {
        tells_floor(&floor, &sound.name) || is_footstep(sound) && words(&sound.name).any(|word| word == floor)
    };
    let all: Vec<&NamedSound> = manifest.sounds.iter().filter(is_of_floor).collect();
    let wanted = if pace >= RUN_PACE { "run" } else { "step" };
    let telling: Vec<&NamedSound> =
        all.iter().copied().filter(|sound| words(&sound.name).any(|word| word == wanted)).collect();
    if telling.is_empty() { all } else { telling }
}

/// The floors that a pack has footsteps on, in the order of their first sound.
pub fn floors_of(manifest: &Manifest) -> Vec<String> {
    let mut floors: Vec<String> = Vec::new();
    for sound in &manifest.sounds {
        let floor = match is_footstep(sound) {
            true => words(&sound.name).filter(|word| word.parse::<u32>().is_err()).last(),
            false => Some(sound.category.to_lowercase()).filter(|floor| tells_floor(floor, &sound.name)),
        };
        floors.extend(floor.filter(|floor| !floors.contains(floor)));
    }
    floors
}

/// Words by which a footstep's name tells its action.
const ACTIONS: [&str; 5] = ["step", "run", "scuff", "jump", "land"];

/// Whether a name is that of a footstep on `floor`, which is also its category: "Gravel step, boot" on "gravel". Small letters.
pub fn tells_floor(floor: &str, name: &str) -> bool {
    let mut said = words(name);
    said.next().is_some_and(|word| word == floor) && said.next().is_some_and(|word| ACTIONS.contains(&word.as_str()))
}

fn is_footstep(sound: &NamedSound) -> bool {
    sound.category.eq_ignore_ascii_case("footsteps")
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
        .filter(|word| !word.is_empty())
}

/// The steps of a walk of one of `sounds`, which the seed chooses; none without sounds.
pub fn plan(settings: &WalkSettings, sounds: &[&NamedSound]) -> Vec<Footfall> {
    let mut random = Random(ChaCha8Rng::seed_from_u64(settings.seed));
    let Some(walker) = sounds.get(random.below(sounds.len())) else { return Vec::new() };
    let feet = [random.near(&walker.latent, FOOT_SIGMA), random.near(&walker.latent, FOOT_SIGMA)];
    let loud = [random.normal() * 0.3, random.normal() * 0.3];
    let interval_s = 1.0 / f64::from(settings.pace.max(0.01));
    let mut steps = Vec::new();
    for number in 0.. {
        let foot = number % 2;
        let late = JITTER * random.normal() + if foot == 1 { LIMP } else { 0.0 };
        let at_s = (FIRST_S + interval_s * (number as f64 + f64::from(late))).max(0.0);
        if at_s >= settings.seconds {
            return steps;
        }
        let side = if foot == 0 { -1.0 } else { 1.0 };
        let level_db = LEVEL_DB * random.normal() + loud[foot];
        steps.push(Footfall {
            at_s,
            latent: random.near(&feet[foot], STEP_SIGMA),
            gain: 10f32.powf(level_db / 20.0),
            pan: side * FOOT_PAN + PAN_SCATTER * random.normal(),
        });
    }
    steps
}

struct Random(ChaCha8Rng);

impl Random {
    /// A normal deviate within ±[`MOST_DEVIATIONS`].
    fn normal(&mut self) -> f32 {
        let value: f32 = StandardNormal.sample(&mut self.0);
        value.clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS)
    }

    fn near(&mut self, centre: &Latent, sigma: f32) -> Latent {
        centre.map(|coordinate| (coordinate + sigma * self.normal()).clamp(-LATENT_LIMIT, LATENT_LIMIT))
    }

    /// A whole number below `count`; 0 if that is 0.
    fn below(&mut self, count: usize) -> usize {
        use rand_chacha::rand_core::Rng as _;
        (self.0.next_u64() % count.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(name: &str, category: &str, latent: f32) -> NamedSound {
        NamedSound { name: name.into(), category: category.into(), latent: [latent; 7], key: 60 }
    }

    fn settings(seed: u64) -> WalkSettings {
        WalkSettings { pace: 1.8, seconds: 200.0, seed }
    }

    #[test]
    fn a_walk_is_its_seed_s_and_no_step_comes_twice() {
        let (a, b) = (sound("Gravel step, boot", "Gravel", 0.5), sound("Gravel step, soft", "Gravel", -0.5));
        let steps = plan(&settings(3), &[&a, &b]);
        assert_eq!(steps, plan(&settings(3), &[&a, &b]));
        assert_ne!(steps, plan(&settings(4), &[&a, &b]));
        assert_eq!(steps.len(), 360);
        for (number, step) in steps.iter().enumerate() {
            assert!(steps[..number].iter().all(|other| other.latent != step.latent && other.at_s < step.at_s));
        }
        assert!(plan(&settings(3), &[]).is_empty());
    }

    #[test]
    fn steps_are_bounded_and_the_feet_differ() {
        let walker = sound("Snow step", "Snow", 0.0);
        let steps = plan(&settings(7), &[&walker]);
        let bound = MOST_DEVIATIONS * (FOOT_SIGMA + STEP_SIGMA);
        assert!(steps.iter().all(|step| step.latent.iter().all(|z| z.abs() <= bound)));
        let mean = |foot: usize, of: &dyn Fn(&Footfall) -> f32| {
            steps.iter().skip(foot).step_by(2).map(of).sum::<f32>() / (steps.len() / 2) as f32
        };
        assert!(mean(0, &|step| step.pan) < -0.15 && mean(1, &|step| step.pan) > 0.15);
        let apart: f32 = (0..7).map(|axis| (mean(0, &|s| s.latent[axis]) - mean(1, &|s| s.latent[axis])).powi(2)).sum();
        assert!(apart.sqrt() > 0.05, "{apart}");
        let late = steps.windows(2).map(|pair| (pair[1].at_s - pair[0].at_s) * 1.8);
        assert!(late.into_iter().all(|part| (0.8..1.2).contains(&part)));
    }
}
