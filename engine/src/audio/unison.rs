//! The voices of one note: their places in pitch, in the stereo field and in level. AUDIO THREAD: plain arithmetic.

use super::channel::ChannelMix;
use super::tick::ratio;
use crate::params::VoiceControls;

/// Most voices of one note.
pub(super) const MOST_UNISON: usize = 8;
/// Largest distance between the starts of a note's voices in their sound, in seconds: enough to keep equal sounds from adding up in phase, too
/// little to be heard as a flam. Not compared with other values.
const LARGEST_START_S: f64 = 0.002;
/// Part of a turn by which successive starts differ: the golden ratio's, which spreads any number of them evenly.
const GOLDEN_PART: f64 = 0.618_033_988_749_895;

/// One voice of a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UnisonPlace {
    /// Playback ratio of its detuning.
    pub(super) ratio: f64,
    /// Its level and pan.
    pub(super) mix: ChannelMix,
    /// Where in the sound it starts, in seconds.
    pub(super) start_s: f64,
}

impl UnisonPlace {
    /// The only voice of a note.
    pub(super) const ONLY: Self = Self { ratio: 1.0, mix: ChannelMix::NEUTRAL, start_s: 0.0 };

    /// Voice `index` of a note. Places are symmetric around pitch and centre. The sum of the squared gains is 1: detuned voices are soon out of
    /// phase, and then the note has the loudness of one voice.
    pub(super) fn new(controls: &VoiceControls, index: usize) -> Self {
        let count = voices(controls);
        if count < 2 {
            return Self::ONLY;
        }
        let place = |index: usize| 2.0 * index as f32 / (count - 1) as f32 - 1.0;
        // Of an even number the two innermost are the middle.
        let inner = if count.is_multiple_of(2) { 1.0 / (count - 1) as f32 } else { 0.0 };
        let outwards = |index: usize| if count > 2 { (place(index).abs() - inner) / (1.0 - inner) } else { 0.0 };
        let level = |index: usize| 1.0 - (1.0 - controls.unison_blend) * outwards(index);
        let power: f32 = (0..count).map(|index| level(index) * level(index)).sum();
        let pan = place(index) * controls.unison_spread;
        Self {
            ratio: ratio(f64::from(place(index) * controls.unison_detune_cents) / 100.0),
            mix: ChannelMix { gain: level(index) / power.sqrt(), pan },
            start_s: LARGEST_START_S * (index as f64 * GOLDEN_PART).fract(),
        }
    }
}

/// Number of voices of a note.
pub(super) fn voices(controls: &VoiceControls) -> usize {
    (controls.unison.round() as usize).clamp(1, MOST_UNISON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_symmetric_and_their_power_is_one() {
        for unison in 1..=8 {
            for blend in [0.0, 0.5, 1.0] {
                let controls = VoiceControls {
                    unison: unison as f32,
                    unison_detune_cents: 20.0,
                    unison_spread: 0.7,
                    unison_blend: blend,
                    ..VoiceControls::default()
                };
                let places: Vec<UnisonPlace> = (0..unison).map(|index| UnisonPlace::new(&controls, index)).collect();
                for (low, high) in places.iter().zip(places.iter().rev()) {
                    assert!((low.ratio * high.ratio - 1.0).abs() < 1e-6 && (low.mix.pan + high.mix.pan).abs() < 1e-6);
                    assert!((low.mix.gain - high.mix.gain).abs() < 1e-6);
                }
                let power: f32 = places.iter().map(|place| place.mix.gain.powi(2)).sum();
                assert!((power - 1.0).abs() < 1e-5, "{unison}, {blend}: {power}");
                assert!(places.iter().all(|place| place.mix.gain.is_finite()));
            }
        }
    }
}
