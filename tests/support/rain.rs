//! A recording of something like rain: noise with crackle.

use crate::Random;

/// Channels of noise of their own, each with crackle, at about −20 dB.
pub fn rain(channels: usize, seconds: f64, rate_hz: u32) -> Vec<Vec<f32>> {
    let length = (seconds * f64::from(rate_hz)) as usize;
    let channel = |seed: usize| {
        let (mut random, mut low, mut click) = (Random::new(seed as u64 + 1), 0.0_f32, 0.0_f32);
        let mut noise = move || random.below(1 << 16) as f32 / 32_768.0 - 1.0;
        let sample = move |_| {
            low += 0.2 * (noise() - low);
            click = if noise().abs() < 30.0 / rate_hz as f32 { 0.4 } else { click * 0.98 };
            0.2 * low + click * 0.5 * noise()
        };
        (0..length).map(sample).collect()
    };
    (0..channels).map(channel).collect()
}
