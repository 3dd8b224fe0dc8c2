//! Rectangular rooms: impulse responses by image sources (Allen and Berkley, "Image method for efficiently simulating small-room
//! acoustics", 1979).

use anyhow::{Result, anyhow};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use realfft::RealFftPlanner;

/// Speed of sound in m/s.
const SPEED_M_S: f64 = 343.0;
/// Edges of rooms in metres, from a closet to a hall.
const EDGE_M: (f64, f64) = (1.5, 14.0);
const HEIGHT_M: (f64, f64) = (2.2, 6.0);
/// Part of the pressure that a wall reflects: from heavy curtains to bare concrete.
const REFLECTION: (f64, f64) = (0.3, 0.92);
/// Distance of sound and microphone from the walls, in metres.
const WALL_M: f64 = 0.4;
/// Images are followed for this time after the direct sound, in seconds: late reverberation is cut, not the first echoes.
const LONGEST_S: f64 = 0.6;
/// The end of the response is faded over this part.
const FADED_PART: f64 = 0.3;
/// The most images along one edge, either way: with the shortest edge this is the whole of [`LONGEST_S`] but for images at grazing angles.
const MOST_IMAGES: i32 = 24;
/// Reflections below this part of the direct sound are left out: −60 dB.
const FAINTEST: f64 = 1e-3;

/// A room with a sound and a microphone in it.
#[derive(Clone, Debug)]
pub struct Room {
    size_m: [f64; 3],
    sound_m: [f64; 3],
    microphone_m: [f64; 3],
    reflection: f64,
}

impl Room {
    /// A random room.
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut edge = |(low, high): (f64, f64)| low * (high / low).powf(rng.random::<f64>());
        let size_m = [edge(EDGE_M), edge(EDGE_M), edge(HEIGHT_M)];
        let mut place = || size_m.map(|edge| rng.random_range(WALL_M..edge - WALL_M));
        let (sound_m, microphone_m) = (place(), place());
        Self { size_m, sound_m, microphone_m, reflection: rng.random_range(REFLECTION.0..REFLECTION.1) }
    }

    /// What it is, for the name of a sound.
    pub fn describe(&self) -> String {
        let [x, y, z] = self.size_m;
        format!("room {x:.1} × {y:.1} × {z:.1} m, reflection {:.2}", self.reflection)
    }

    /// Pressure at the microphone from an impulse, the direct sound 1 and at the first sample.
    pub fn impulse_response(&self, rate_hz: f64) -> Vec<f32> {
        let direct_m = distance(&self.sound_m, &self.microphone_m).max(0.1);
        let mut response = vec![0.0_f64; (LONGEST_S * rate_hz) as usize];
        let reach_m = direct_m + LONGEST_S * SPEED_M_S;
        let along: [Vec<(f64, i32)>; 3] = std::array::from_fn(|axis| self.images(axis, reach_m));
        for (x, bounces_x) in &along[0] {
            for (y, bounces_y) in &along[1] {
                for (z, bounces_z) in &along[2] {
                    let way_m = distance(&[*x, *y, *z], &self.microphone_m);
                    let gain = self.reflection.powi(bounces_x + bounces_y + bounces_z) * direct_m / way_m.max(direct_m);
                    if gain >= FAINTEST {
                        add(&mut response, (way_m - direct_m) / SPEED_M_S * rate_hz, gain);
                    }
                }
            }
        }
        let length = response.len() as f64;
        let faded = |n: usize| ((length - n as f64) / (FADED_PART * length)).min(1.0);
        response.iter().enumerate().map(|(n, value)| (value * faded(n)) as f32).collect()
    }

    /// Places of the sound's images along one edge, each with the number of walls that it was mirrored at.
    fn images(&self, axis: usize, reach_m: f64) -> Vec<(f64, i32)> {
        let (edge, at) = (self.size_m[axis], self.sound_m[axis]);
        let most = ((reach_m / (2.0 * edge)).ceil() as i32).min(MOST_IMAGES);
        let pair = |n: i32| {
            let shift = 2.0 * f64::from(n) * edge;
            [(shift + at, (2 * n).abs()), (shift - at, (2 * n - 1).abs())]
        };
        (-most..=most).flat_map(pair).collect()
    }
}

fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Adds an impulse between two samples to both, in proportion.
fn add(response: &mut [f64], position: f64, gain: f64) {
    let (whole, part) = (position.max(0.0) as usize, position.max(0.0).fract());
    for (index, weight) in [(whole, 1.0 - part), (whole + 1, part)] {
        if let Some(value) = response.get_mut(index) {
            *value += gain * weight;
        }
    }
}

/// A sound through an impulse response, as long as the sound.
///
/// # Errors
/// The transform refuses the lengths.
pub fn convolved(samples: &[f32], response: &[f32]) -> Result<Vec<f32>> {
    let size = (samples.len() + response.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let spectrum = |samples: &[f32]| {
        let (mut padded, mut bins) = (samples.to_vec(), forward.make_output_vec());
        padded.resize(size, 0.0);
        forward.process(&mut padded, &mut bins).map(|()| bins).map_err(|error| anyhow!("cannot transform: {error}"))
    };
    let mut product = spectrum(samples)?;
    product.iter_mut().zip(spectrum(response)?).for_each(|(bin, other)| *bin *= other / size as f32);
    let mut out = inverse.make_output_vec();
    inverse.process(&mut product, &mut out).map_err(|error| anyhow!("cannot transform back: {error}"))?;
    out.truncate(samples.len());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const RATE_HZ: f64 = 44_100.0;

    #[test]
    fn the_direct_sound_comes_first_and_the_first_echo_when_geometry_says() {
        // The floor is nearest: its image lies 2 m below the sound, which is 3 m from the microphone.
        let room = Room {
            size_m: [14.0, 14.0, 14.0],
            sound_m: [6.0, 7.0, 1.0],
            microphone_m: [9.0, 7.0, 1.0],
            reflection: 0.5,
        };
        let response = room.impulse_response(RATE_HZ);
        assert!((response[0] - 1.0).abs() < 1e-6);
        let echo = ((13f64.sqrt() - 3.0) / SPEED_M_S * RATE_HZ) as usize;
        assert!(response[1..echo].iter().all(|value| *value == 0.0));
        let gain = response[echo] + response[echo + 1];
        assert!((f64::from(gain) - 0.5 * 3.0 / 13f64.sqrt()).abs() < 1e-3, "{gain}");
    }

    #[test]
    fn harder_walls_ring_longer() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let room = Room::draw(&mut rng);
        let late = |reflection: f64| {
            let response = Room { reflection, ..room.clone() }.impulse_response(RATE_HZ);
            response[4410..].iter().map(|value| f64::from(value * value)).sum::<f64>()
        };
        assert!(late(0.4) < 0.2 * late(0.9));
    }

    #[test]
    fn convolution_with_an_impulse_delays() {
        let sound: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.1).sin()).collect();
        let mut impulse = vec![0.0; 50];
        impulse[7] = 0.5;
        let moved = convolved(&sound, &impulse).expect("a sound");
        assert_eq!(moved.len(), sound.len());
        assert!(
            (7..1000).all(|n| (moved[n] - 0.5 * sound[n - 7]).abs() < 1e-5)
                && moved[..7].iter().all(|x| x.abs() < 1e-5)
        );
    }
}
