//! The fade at the end of a sound. Pure arithmetic; any thread but the audio thread.

/// Length of the fade, 5.8 ms at 44.1 kHz, since a model may end at any value. Shorter clicks; longer cuts more of the sound.
pub const END_FADE_SAMPLES: usize = 256;

/// Gain of a sample that is followed by `left` − 1 others.
pub fn end_gain(left: usize) -> f32 {
    (left as f32 / END_FADE_SAMPLES as f32).min(1.0)
}

/// Fades out a whole sound of one channel.
pub fn fade_end(samples: &mut [f32]) {
    samples.iter_mut().rev().take(END_FADE_SAMPLES).zip(1..).for_each(|(sample, left)| *sample *= end_gain(left));
}
