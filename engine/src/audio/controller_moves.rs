//! Parameters that learned MIDI controllers have moved. AUDIO THREAD.
//!
//! The audio thread cannot move a parameter of the host. A move therefore stands in place of the host's value until the host has followed
//! (the window, where one is open, moves its parameter there) or has moved the parameter itself: the last mover is heard.

use crate::params::{ControllerMap, Controls, ParamId, Scale, resting_controller};

use super::{Event, EventKind};

/// MIDI channels and controllers of each.
const CHANNELS: usize = 16;
const CONTROLLERS: usize = 128;
/// Places nearer than this on 0…1 are the same: hosts round what they keep, and the step of a controller is 80 times this.
const SAME: f32 = 1e-4;

/// A move of a parameter, both on the 0…1 of its scale.
#[derive(Clone, Copy, Debug)]
struct Move {
    place: f32,
    /// Where the host had the parameter, and has it as far as the move knows.
    host: f32,
}

/// The moves that are heard now.
#[derive(Debug)]
pub struct ControllerMoves {
    moves: [Option<Move>; ParamId::COUNT],
    /// Last value of each controller of each channel, [0, 1].
    last: [[f32; CONTROLLERS]; CHANNELS],
}

impl Default for ControllerMoves {
    fn default() -> Self {
        let resting = std::array::from_fn(|number| resting_controller(number as u8));
        Self { moves: [None; ParamId::COUNT], last: [resting; CHANNELS] }
    }
}

impl ControllerMoves {
    /// Forgets all moves, as for another project.
    pub fn clear(&mut self) {
        self.moves = [None; ParamId::COUNT];
    }

    /// Whether an event may move a parameter: what is rendered after it has other controls.
    pub fn heeds(map: &ControllerMap, event: &EventKind) -> bool {
        matches!(event, EventKind::Controller { controller, .. } if map.moves_any(*controller))
    }

    /// Takes the events that come before what is rendered next. `host` tells where the host has a parameter on 0…1. The controller that was
    /// moved last, if any. One that rests and is told to rest, as by a host that writes back all values, moves nothing.
    pub fn hear(&mut self, map: &ControllerMap, events: &[Event], host: impl Fn(ParamId) -> f32) -> Option<u8> {
        let mut moved = None;
        for event in events {
            let EventKind::Controller { channel, controller, value } = event.kind else { continue };
            let channel = self.last.get_mut(usize::from(channel));
            let Some(last) = channel.and_then(|numbers| numbers.get_mut(usize::from(controller))) else { continue };
            if !value.is_finite() {
                continue;
            }
            let rests = |value: f32| (value - resting_controller(controller)).abs() < SAME;
            if rests(std::mem::replace(last, value)) && rests(value) {
                continue;
            }
            moved = Some(controller);
            for id in map.moved_by(controller) {
                let scale = id.spec().scale;
                // A step lies where the host has it.
                let place = if let Scale::Steps { .. } = scale { scale.place(scale.value(value)) } else { value };
                if let Some(heard) = self.moves.get_mut(id.index()) {
                    *heard = Some(Move { place: place.clamp(0.0, 1.0), host: host(id) });
                }
            }
        }
        moved
    }

    /// Drops the moves that no controller of `map` makes any more, that the host has followed, and those of parameters that it has moved
    /// itself. `is_following` says of a parameter whether its new place comes from following an earlier part of the move.
    pub fn follow_host(
        &mut self,
        map: &ControllerMap,
        host: impl Fn(ParamId) -> f32,
        is_following: impl Fn(ParamId, f32) -> bool,
    ) {
        for (id, heard) in ParamId::all().zip(&mut self.moves) {
            let Some(moved) = heard else { continue };
            let now = host(id);
            let same = |a: f32, b: f32| (a - b).abs() < SAME;
            let is_taken_over = !same(now, moved.host) && !is_following(id, now);
            if is_taken_over || same(now, moved.place) || map.controller_of(id).is_none() {
                *heard = None;
            } else {
                moved.host = now;
            }
        }
    }

    /// Where a parameter is heard on 0…1, if a controller has moved it away from where the host has it.
    pub fn place(&self, id: ParamId) -> Option<f32> {
        self.moves.get(id.index()).copied().flatten().map(|moved| moved.place)
    }

    /// Puts the moved parameters in place of the host's; the host's modulation stays.
    pub fn apply(&self, controls: &mut Controls) {
        for (id, moved) in ParamId::all().zip(&self.moves) {
            if let Some(moved) = moved {
                let spec = id.spec();
                let value = spec.field(controls);
                let modulation = *value - spec.scale.value(moved.host);
                *value = spec.limited(spec.scale.value(moved.place) + modulation, spec.default);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: u8 = 21;

    fn event(value: f32) -> [Event; 1] {
        [Event { offset: 0, kind: EventKind::Controller { channel: 3, controller: NUMBER, value } }]
    }

    fn place_in(controls: &Controls) -> impl Fn(ParamId) -> f32 {
        let controls = *controls;
        move |id| id.spec().scale.place(id.spec().of(&controls))
    }

    #[test]
    fn every_parameter_is_swept_over_its_whole_range_and_nothing_else_moves() {
        for id in ParamId::all() {
            let map = ControllerMap::default().with(id, Some(NUMBER));
            let (host, mut moves, mut last) = (Controls::default(), ControllerMoves::default(), f32::NEG_INFINITY);
            for value in (0..128).map(|value| f32::from(value as u8) / 127.0) {
                assert_eq!(moves.hear(&map, &event(value), place_in(&host)), (value > 0.0).then_some(NUMBER));
                let mut controls = host;
                moves.apply(&mut controls);
                let now = id.spec().of(&controls);
                assert!(now >= last || value == 0.0, "{}: {now} after {last}", id.spec().id);
                last = if value == 0.0 { f32::NEG_INFINITY } else { now };
                id.spec().set(&mut controls, id.spec().of(&host));
                assert_eq!(controls, host, "{}", id.spec().id);
            }
            let width = id.spec().scale.max() - id.spec().scale.min();
            assert!((last - id.spec().scale.max()).abs() <= 1e-5 * width, "{}: {last}", id.spec().id);
            moves.hear(&map, &event(0.0), place_in(&host));
            let mut controls = host;
            moves.apply(&mut controls);
            let lowest = id.spec().of(&controls);
            assert!((lowest - id.spec().scale.min()).abs() <= 1e-5 * width, "{}: {lowest}", id.spec().id);
        }
    }

    #[test]
    fn the_last_mover_is_heard_and_what_the_host_has_followed_is_its_own() {
        let map = ControllerMap::default().with(ParamId::TILT, Some(NUMBER));
        let moved_to = |value| {
            let mut moves = ControllerMoves::default();
            moves.hear(&map, &event(value), |_| 0.5);
            moves
        };
        let never = |_, _| false;
        // Host's place, whether it follows, and what is heard.
        let cases = [(0.5, false, Some(0.75)), (0.2, false, None), (0.75, false, None), (0.6, true, Some(0.75))];
        for (host, follows, heard) in cases {
            let mut moves = moved_to(0.75);
            moves.follow_host(&map, |_| host, |_, now| follows && now == 0.6);
            assert_eq!(moves.place(ParamId::TILT), heard, "{host}");
        }
        let mut moves = moved_to(0.75);
        moves.follow_host(&ControllerMap::default(), |_| 0.5, never);
        assert_eq!(moves.place(ParamId::TILT), None, "it was forgotten");
        let mut moves = moved_to(0.75);
        moves.clear();
        assert_eq!(moves.place(ParamId::TILT), None);
        assert_eq!(moves.hear(&map, &event(0.75), |_| 0.5), Some(NUMBER), "told again, as when a song begins anew");
        assert_eq!(moves.place(ParamId::TILT), Some(0.75));
        assert_eq!(
            ControllerMoves::default().hear(&map, &event(0.0), |_| 0.5),
            None,
            "a host writes back what it has read"
        );
        assert_eq!(moves.hear(&map, &event(f32::NAN), |_| 0.5), None);
    }

    #[test]
    fn the_hosts_modulation_stays_and_the_range_is_kept() {
        let map = ControllerMap::default().with(ParamId::TILT, Some(NUMBER));
        let mut moves = ControllerMoves::default();
        let host = Controls::default();
        moves.hear(&map, &event(0.75), place_in(&host));
        for (modulation, wanted) in [(0.0, 3.0), (-1.0, 2.0), (9.0, 6.0)] {
            let mut controls = Controls { tilt_db_per_octave: host.tilt_db_per_octave + modulation, ..host };
            moves.apply(&mut controls);
            assert!((controls.tilt_db_per_octave - wanted).abs() < 1e-5, "{}", controls.tilt_db_per_octave);
        }
    }
}
