//! Mix buses of the voices: one for signals that are equal on both sides, two for stereo and panned signals. AUDIO THREAD.

use super::playback::Piece;
use super::tick::{Ramp, TICK_SAMPLES};

/// Pan of a voice over a tick, from sample `offset` of the tick on.
pub(super) struct Pan {
    /// Factors of left and right.
    pub(super) sides: [Ramp; 2],
    /// Sample of the tick at which the piece begins.
    pub(super) offset: usize,
}

impl Pan {
    fn factor(&self, side: usize, index: usize) -> f32 {
        self.sides.get(side).map_or(1.0, |ramp| ramp.at(self.offset + index) as f32)
    }
}

/// The sum of all voices over one tick. A centred mono voice is added once, to the middle bus, which costs half as much.
pub(super) struct Buses {
    middle: [f32; TICK_SAMPLES],
    sides: Piece,
    /// Whether a voice was added to `sides` since the last clear.
    is_stereo: bool,
}

impl Buses {
    pub(super) fn new() -> Self {
        Self { middle: [0.0; TICK_SAMPLES], sides: [[0.0; TICK_SAMPLES]; 2], is_stereo: false }
    }

    /// Sets all buses to 0.
    pub(super) fn clear(&mut self) {
        self.middle.fill(0.0);
        if std::mem::take(&mut self.is_stereo) {
            self.sides.iter_mut().for_each(|side| side.fill(0.0));
        }
    }

    /// Adds `sound` to the buses from sample `start` on, one sample for each of `gains`.
    pub(super) fn add(&mut self, start: usize, sound: &Piece, channels: usize, gains: &[f32], pan: Option<&Pan>) {
        let end = start + gains.len();
        let [left, right] = sound;
        if channels == 1 && pan.is_none() {
            add_scaled(self.middle.get_mut(start..end).unwrap_or_default(), left, gains, |_| 1.0);
            return;
        }
        self.is_stereo = true;
        let right = if channels == 1 { left } else { right };
        for (side, (bus, sound)) in self.sides.iter_mut().zip([left, right]).enumerate() {
            let factor = |index: usize| pan.map_or(1.0, |pan| pan.factor(side, index));
            add_scaled(bus.get_mut(start..end).unwrap_or_default(), sound, gains, factor);
        }
    }

    /// The first `count` samples of the middle bus.
    pub(super) fn middle(&self, count: usize) -> &[f32] {
        self.middle.get(..count).unwrap_or_default()
    }

    /// Adds a signal to the left and subtracts it from the right, from the first sample on.
    pub(super) fn spread(&mut self, side: &[f32]) {
        self.is_stereo = true;
        let [left, right] = &mut self.sides;
        left.iter_mut().zip(side).for_each(|(left, side)| *left += side);
        right.iter_mut().zip(side).for_each(|(right, side)| *right -= side);
    }

    /// Writes the sum of the buses to `left` and `right`, multiplied by the gain of each sample.
    pub(super) fn write(&self, left: &mut [f32], right: &mut [f32], gain: impl Fn(usize) -> f32) {
        let outs = left.iter_mut().zip(right.iter_mut()).zip(&self.middle).enumerate();
        for (index, ((left, right), middle)) in outs {
            let gain = gain(index);
            *left = middle * gain;
            *right = *left;
        }
        if self.is_stereo {
            for (out, side) in [left, right].into_iter().zip(&self.sides) {
                out.iter_mut().zip(side).enumerate().for_each(|(index, (out, side))| *out += side * gain(index));
            }
        }
    }
}

fn add_scaled(bus: &mut [f32], sound: &[f32], gains: &[f32], factor: impl Fn(usize) -> f32) {
    for (index, ((bus, sample), gain)) in bus.iter_mut().zip(sound).zip(gains).enumerate() {
        *bus += sample * gain * factor(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(channels: usize, pan: Option<[f64; 2]>) -> [f32; 2] {
        let pan = pan.map(|sides| Pan { sides: sides.map(Ramp::still), offset: 0 });
        let mut buses = Buses::new();
        let sound = [[0.25; TICK_SAMPLES], [0.5; TICK_SAMPLES]];
        buses.add(3, &sound, channels, &[0.5; 8], pan.as_ref());
        let (mut left, mut right) = ([9.0; TICK_SAMPLES], [9.0; TICK_SAMPLES]);
        buses.write(&mut left, &mut right, |_| 2.0);
        assert_eq!((left[2], right[2], left[11], right[11]), (0.0, 0.0, 0.0, 0.0));
        [left[3], right[10]]
    }

    #[test]
    fn mono_is_the_same_on_both_sides_and_stereo_is_not() {
        assert_eq!(written(1, None), [0.25, 0.25]);
        assert_eq!(written(2, None), [0.25, 0.5]);
        assert_eq!(written(1, Some([0.0, 2.0])), [0.0, 0.5]);
    }

    #[test]
    fn cleared_buses_are_silent() {
        let mut buses = Buses::new();
        buses.add(0, &[[1.0; TICK_SAMPLES]; 2], 2, &[1.0; TICK_SAMPLES], None);
        buses.clear();
        let (mut left, mut right) = ([1.0; 4], [1.0; 4]);
        buses.write(&mut left, &mut right, |_| 1.0);
        assert_eq!((left, right), ([0.0; 4], [0.0; 4]));
    }
}
