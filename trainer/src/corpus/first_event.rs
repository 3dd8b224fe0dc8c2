//! Ends a sound after its first event. Sounds that come back after silence (the second stroke of a keyboard, drops, the tail of a
//! crash) are few, but a model of seven numbers then lets others come back too.

use crate::eval::artefacts::returns::silent_before_return;

/// Categories whose sound is a repetition: they keep all events.
const REPEATED: [&str; 4] = ["Rain", "Water", "Typing", "Motor"];
/// Fade to the end, in seconds. What fades is more than 60 dB below the loudest place.
const FADE_S: f64 = 0.01;

/// Silences a sound from the silence before its first return on, unless it belongs to a category that repeats or its loudest event
/// comes later. Returns whether it did.
pub fn end_after_first(samples: &mut [f32], rate_hz: f64, category: &str) -> bool {
    if REPEATED.contains(&category) {
        return false;
    }
    let Some(end) = silent_before_return(samples, rate_hz) else { return false };
    let loudest = |part: &[f32]| part.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    if loudest(&samples[end..]) > loudest(&samples[..end]) {
        return false;
    }
    let fade = (FADE_S * rate_hz) as usize;
    for (n, sample) in samples.iter_mut().enumerate().skip(end.saturating_sub(fade)) {
        *sample *= end.saturating_sub(n) as f32 / fade.max(1) as f32;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 44_100.0;

    /// Two decaying strokes, the second one after a second.
    fn twice() -> Vec<f32> {
        let stroke = |seconds: f64| if seconds < 0.0 { 0.0 } else { (-20.0 * seconds).exp() };
        let sample = |n: usize| {
            let seconds = n as f64 / RATE_HZ;
            ((stroke(seconds) + 0.5 * stroke(seconds - 1.0)) * (2000.0 * seconds).sin()) as f32
        };
        (0..88_064).map(sample).collect()
    }

    #[test]
    fn only_the_first_event_stays_but_where_repetition_is_the_sound() {
        let (mut drum, mut typing) = (twice(), twice());
        assert!(end_after_first(&mut drum, RATE_HZ, "Snare") && !end_after_first(&mut typing, RATE_HZ, "Typing"));
        assert_eq!(typing, twice());
        assert_eq!(drum[..20_000], twice()[..20_000]);
        assert!(drum[44_100..].iter().all(|sample| *sample == 0.0));
        assert!(!end_after_first(&mut drum, RATE_HZ, "Snare"), "nothing returns any more");
        let mut late: Vec<f32> =
            twice().iter().enumerate().map(|(n, x)| if n < 40_000 { x * 0.1 } else { *x }).collect();
        assert!(!end_after_first(&mut late, RATE_HZ, "Snare"), "the second event is the sound");
    }
}
