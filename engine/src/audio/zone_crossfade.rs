//! The zones that a note plays in, and how loud in each: the zone of its key, and with a crossfade the next one on the other side of the key.
//! AUDIO THREAD: plain arithmetic.

use std::f64::consts::FRAC_PI_2;

/// One of the two zones between whose roots a key lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ZoneSide {
    /// The one whose root is nearest to the key.
    #[default]
    Nearest,
    /// The other one; for a key beyond the outermost roots there is none, and the nearest one stands for it.
    Neighbour,
}

/// A zone that a note plays in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoteZone {
    pub(super) side: ZoneSide,
    /// Its slot.
    pub(super) slot: usize,
    /// Linear gain of the note there, [0, 1].
    pub(super) gain: f32,
}

/// The zones that a note plays in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoteZones {
    pub(super) nearest: NoteZone,
    pub(super) neighbour: Option<NoteZone>,
}

impl NoteZones {
    pub(super) fn iter(&self) -> impl Iterator<Item = NoteZone> {
        [Some(self.nearest), self.neighbour].into_iter().flatten()
    }

    pub(super) fn count(&self) -> usize {
        self.iter().count()
    }

    /// That of a side.
    pub(super) fn of(&self, side: ZoneSide) -> Option<NoteZone> {
        self.iter().find(|zone| zone.side == side)
    }
}

/// Linear gains in the nearest and in the neighbouring zone, whose squares add up to 1: their sounds are decoded apart, and partials of both
/// differ in phase. `crossfade`, [0, 1], is the part of the way between the two roots over which the gains change; `key` is a MIDI key, also between two.
pub(super) fn gains(key: f64, nearest_root: u8, neighbour_root: Option<u8>, crossfade: f32) -> [f32; 2] {
    let Some(neighbour_root) = neighbour_root.filter(|_| crossfade > 0.0) else { return [1.0, 0.0] };
    let (nearest, neighbour) = (f64::from(nearest_root), f64::from(neighbour_root));
    let way = (key - nearest) / (neighbour - nearest);
    let part = ((way - 0.5) / f64::from(crossfade) + 0.5).clamp(0.0, 1.0);
    if part == 0.0 {
        return [1.0, 0.0];
    }
    [(part * FRAC_PI_2).cos() as f32, (part * FRAC_PI_2).sin() as f32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_keep_the_power_and_meet_half_way() {
        for crossfade in [0.05, 0.25, 0.5, 1.0] {
            for step in 0..=120 {
                let key = 48.0 + f64::from(step) / 10.0;
                let [lower, upper] = gains(key, 48, Some(60), crossfade);
                assert!((lower * lower + upper * upper - 1.0).abs() < 1e-6);
                let mirrored = gains(108.0 - key, 60, Some(48), crossfade);
                assert!((mirrored[0] - lower).abs() < 1e-6 && (mirrored[1] - upper).abs() < 1e-6);
            }
            let [lower, upper] = gains(54.0, 48, Some(60), crossfade);
            assert!((lower - upper).abs() < 1e-6, "both are equal half-way between the roots");
            assert_eq!(gains(48.0, 48, Some(60), crossfade), [1.0, 0.0], "a root plays alone");
        }
    }

    #[test]
    fn without_a_crossfade_or_a_neighbour_the_nearest_zone_plays_alone() {
        for step in 0..=60 {
            let key = 48.0 + f64::from(step) / 10.0;
            assert_eq!(gains(key, 48, Some(60), 0.0), [1.0, 0.0]);
            assert_eq!(gains(key, 48, None, 1.0), [1.0, 0.0]);
        }
    }
}
