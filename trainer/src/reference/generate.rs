//! The report's ways to make sounds, on anything that encodes and decodes: each writes numbered WAV files into a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::import::{UNPITCHED_KEY, clear_key};
use engine::sample::{one_shot, read, write_wav};
use engine::spectral::SpectralShape;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::codec::SoundCodec;

/// Most files of one command.
const MOST_FILES: usize = 10_000;

/// Where the sounds go, and at which key they are decoded.
#[derive(Clone, Debug)]
pub struct Output {
    /// Folder, made when missing.
    pub folder: PathBuf,
    /// MIDI key for models that take one; without it, that of the sound they start from.
    pub key: Option<f32>,
}

impl Output {
    fn prepare(&self, files: usize) -> Result<()> {
        ensure!(files > 0, "nothing to make: the number of sounds is 0");
        ensure!(files <= MOST_FILES, "{files} sounds are too many at once; at most {MOST_FILES} are made");
        if let Some(key) = self.key {
            ensure!((0.0..=127.0).contains(&key), "key {key} is outside 0 to 127");
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make the folder {}", self.folder.display()))
    }

    /// Decodes at the wanted key, else at `own_key`.
    fn write(&self, name: &str, codec: &mut dyn SoundCodec, latent: &[f32], own_key: f32) -> Result<()> {
        let path = self.folder.join(format!("{name}.wav"));
        let samples = codec.decode(latent, self.key.unwrap_or(own_key))?;
        write_wav(&path, &samples, 1, SpectralShape::DEFAULT.sample_rate_hz)?;
        println!("{}", path.display());
        Ok(())
    }
}

/// The key that a sound is encoded at: that of its pitch where it has a clear one, as an import does.
fn own_key(sound: &[f32]) -> f32 {
    clear_key(sound, SpectralShape::DEFAULT.sample_rate_hz).unwrap_or(UNPITCHED_KEY)
}

/// All latents at 0 but one, which takes `values` in turn; of the first `axes` dimensions.
///
/// # Errors
/// Decoding or writing fails.
pub fn probe(codec: &mut dyn SoundCodec, axes: usize, values: &[f32], output: &Output) -> Result<()> {
    let axes = axes.min(codec.latent_len());
    ensure!(values.iter().all(|value| value.is_finite()), "an axis value is not a finite number");
    output.prepare(axes * values.len())?;
    for axis in 0..axes {
        for value in values {
            let mut latent = vec![0.0; codec.latent_len()];
            latent[axis] = *value;
            output.write(&format!("axis{}_{value:+.2}", axis + 1), codec, &latent, UNPITCHED_KEY)?;
        }
    }
    Ok(())
}

/// Latent vectors at random.
///
/// # Errors
/// Decoding or writing fails.
pub fn random(codec: &mut dyn SoundCodec, count: usize, seed: u64, output: &Output) -> Result<()> {
    output.prepare(count)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for number in 0..count {
        let latent = codec.random(&mut rng)?;
        output.write(&format!("random{number:03}"), codec, &latent, UNPITCHED_KEY)?;
    }
    Ok(())
}

/// Noise around a sound: `count` sounds for each amount, the deviation of the noise.
///
/// # Errors
/// Decoding or writing fails.
pub fn around(
    codec: &mut dyn SoundCodec,
    sound: &[f32],
    amounts: &[f32],
    count: usize,
    seed: u64,
    output: &Output,
) -> Result<()> {
    ensure!(amounts.iter().all(|amount| amount.is_finite() && *amount >= 0.0), "an amount of noise is below 0");
    output.prepare(amounts.len() * count)?;
    let key = own_key(sound);
    let centre = codec.encode(sound, key)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for amount in amounts {
        for number in 0..count {
            let noisy: Vec<f32> =
                centre.iter().map(|value| value + amount * rng.sample::<f32, _>(StandardNormal)).collect();
            output.write(&format!("around{amount:.2}_{number:03}"), codec, &noisy, key)?;
        }
    }
    Ok(())
}

/// A straight line between two sounds, both ends included.
///
/// # Errors
/// There are fewer than 2 steps, or decoding or writing fails.
pub fn between(codec: &mut dyn SoundCodec, from: &[f32], to: &[f32], steps: usize, output: &Output) -> Result<()> {
    ensure!(steps >= 2, "a line between two sounds needs at least 2 steps");
    output.prepare(steps)?;
    let key = own_key(from);
    let (from, to) = (codec.encode(from, key)?, codec.encode(to, own_key(to))?);
    for step in 0..steps {
        let latent = mixed(&from, &to, step as f32 / (steps - 1) as f32);
        output.write(&format!("step{step:03}"), codec, &latent, key)?;
    }
    Ok(())
}

/// `a` at part 0, `b` at part 1, a straight line between.
fn mixed(a: &[f32], b: &[f32], part: f32) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + (b - a) * part).collect()
}

/// An outside sound in the model's own style: draws of the encoder, decoded. The first file is the one without chance.
///
/// # Errors
/// Encoding, decoding or writing fails.
pub fn transfer(
    codec: &mut dyn SoundCodec,
    sound: &[f32],
    count: usize,
    spread: f32,
    seed: u64,
    output: &Output,
) -> Result<()> {
    ensure!(spread.is_finite() && spread >= 0.0, "the spread must not be below 0");
    output.prepare(count + 1)?;
    let key = own_key(sound);
    let mean = codec.encode(sound, key)?;
    output.write("mean", codec, &mean, key)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for number in 0..count {
        let latent = codec.draw(sound, key, spread, &mut rng)?;
        output.write(&format!("draw{number:03}"), codec, &latent, key)?;
    }
    Ok(())
}

/// A one-shot out of an audio file: from its onset, 2 s, peak 1.
///
/// # Errors
/// The file cannot be read or holds no sound.
pub fn read_sound(path: &Path) -> Result<Vec<f32>> {
    let shape = SpectralShape::DEFAULT;
    Ok(one_shot(read(path)?, shape.sample_rate_hz, shape.sound_samples())?.samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two latents: level, and nothing. Notes what it is asked.
    #[derive(Default)]
    struct Fake {
        decoded: Vec<Vec<f32>>,
        keys: Vec<[f32; 2]>,
        heard: f32,
    }

    impl SoundCodec for Fake {
        fn name(&self) -> String {
            "fake".to_owned()
        }

        fn latent_len(&self) -> usize {
            2
        }

        fn encode(&mut self, samples: &[f32], key: f32) -> Result<Vec<f32>> {
            self.heard = key;
            Ok(vec![samples[0], 0.0])
        }

        fn draw(&mut self, samples: &[f32], _: f32, spread: f32, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
            Ok(vec![samples[0] + spread * rng.random::<f32>(), 0.0])
        }

        fn random(&mut self, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
            Ok(vec![rng.random(), rng.random()])
        }

        fn decode(&mut self, latent: &[f32], key: f32) -> Result<Vec<f32>> {
            self.keys.push([self.heard, key]);
            self.decoded.push(latent.to_vec());
            Ok(vec![latent[0]; 16])
        }
    }

    fn output(folder: &tempfile::TempDir) -> Output {
        Output { folder: folder.path().join("sounds"), key: None }
    }

    fn files(output: &Output) -> usize {
        fs::read_dir(&output.folder).map_or(0, Iterator::count)
    }

    #[test]
    fn a_probe_moves_one_axis_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (mut fake, output) = (Fake::default(), output(&folder));
        probe(&mut fake, 9, &[-1.0, 1.0], &output).expect("probes are made");
        assert_eq!(fake.decoded, [[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]]);
        assert_eq!(files(&output), 4);
    }

    #[test]
    fn a_way_begins_and_ends_at_its_sounds_in_even_steps() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (mut fake, output) = (Fake::default(), output(&folder));
        between(&mut fake, &[0.0], &[1.0], 5, &output).expect("a way is made");
        let levels: Vec<f32> = fake.decoded.iter().map(|latent| latent[0]).collect();
        assert_eq!(levels, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert!(between(&mut fake, &[0.0], &[1.0], 1, &output).is_err());
    }

    #[test]
    fn a_sound_is_heard_at_its_own_key_and_made_there_or_where_it_is_wanted() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let step = std::f32::consts::TAU * 110.0 / 44_100.0;
        let tone: Vec<f32> = (0..88_200).map(|n| (step * n as f32).sin()).collect();
        for (wanted, made) in [(None, 45.0), (Some(72.0), 72.0)] {
            let (mut fake, output) = (Fake::default(), Output { key: wanted, ..output(&folder) });
            around(&mut fake, &tone, &[0.1], 1, 1, &output).expect("sounds are made");
            let [heard, decoded] = fake.keys[0];
            assert!((heard - 45.0).abs() < 0.1 && (decoded - made).abs() < 0.1, "{heard}, {decoded}");
        }
    }

    #[test]
    fn noise_grows_with_its_amount_and_a_seed_repeats_it() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let output = output(&folder);
        let run = || {
            let mut fake = Fake::default();
            around(&mut fake, &[0.5], &[0.0, 0.1, 1.0], 20, 7, &output).expect("sounds are made");
            fake.decoded
        };
        let made = run();
        assert_eq!(made, run());
        let spread = |range: std::ops::Range<usize>| made[range].iter().map(|z| (z[0] - 0.5).abs()).fold(0.0, f32::max);
        assert_eq!(spread(0..20), 0.0);
        assert!(spread(20..40) > 0.0 && spread(40..60) > 3.0 * spread(20..40));
    }

    #[test]
    fn a_transfer_draws_anew_each_time() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (mut fake, output) = (Fake::default(), output(&folder));
        transfer(&mut fake, &[0.5], 3, 0.2, 1, &output).expect("sounds are made");
        assert_eq!(fake.decoded.len(), 4);
        assert_eq!(fake.decoded[0], [0.5, 0.0]);
        assert!(fake.decoded[1] != fake.decoded[2] && fake.decoded[2] != fake.decoded[3]);
        random(&mut fake, 2, 1, &output).expect("sounds are made");
        assert!(random(&mut fake, 0, 1, &output).is_err(), "no sound at all is refused");
    }
}
