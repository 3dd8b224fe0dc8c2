//! The routes that are in use, with their smoothed amounts. AUDIO THREAD: plain arithmetic, once per tick.
//!
//! A place of the matrix that is given another route under a sounding note lets the route that it had fade out beside the new one, which
//! fades in: what a route adds is then lost in no single tick.

use super::tick::Smoothed;
use crate::params::{ModDestination, ModSource, ROUTES, Route, Routes};

/// Most routes that are heard at once: those in use, and those that fade out.
const MOST: usize = 2 * ROUTES;

/// A route that is in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct ActiveRoute {
    pub(super) source: ModSource,
    pub(super) via: ModSource,
    pub(super) destination: ModDestination,
    /// [−1, 1], never 0.
    pub(super) amount: f32,
}

impl ActiveRoute {
    const NONE: Self =
        Self { source: ModSource::None, via: ModSource::None, destination: ModDestination::None, amount: 0.0 };
}

/// A route and its amount.
#[derive(Clone, Copy, Debug)]
struct Weighted {
    route: Route,
    amount: Smoothed,
}

impl Weighted {
    const NONE: Self = Self {
        route: Route { source: ModSource::None, via: ModSource::None, destination: ModDestination::None },
        amount: Smoothed::new(),
    };

    fn is_heard(&self) -> bool {
        self.amount.now() as f32 != 0.0 && !self.route.is_empty()
    }

    /// Whether its end or beginning would be a step: what is decoded crossfades by itself.
    fn is_fading(&self) -> bool {
        !self.route.is_empty() && !self.route.destination.is_decoded()
    }
}

/// The matrix as it is heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Routing {
    active: [ActiveRoute; MOST],
    count: usize,
    places: [Weighted; ROUTES],
    leaving: [Weighted; ROUTES],
}

impl Default for Routing {
    /// Without a route; the first ones are heard at once.
    fn default() -> Self {
        Self {
            active: [ActiveRoute::NONE; MOST],
            count: 0,
            places: [Weighted::NONE; ROUTES],
            leaving: [Weighted::NONE; ROUTES],
        }
    }
}

impl Routing {
    /// Takes the routes of a tick with their amounts; `pace` is the part of the way to an amount that a tick covers.
    pub(super) fn begin_tick(&mut self, routes: &Routes, amounts: &[f32; ROUTES], pace: f64, is_sounding: bool) {
        self.count = 0;
        let wanted = routes.iter().zip(amounts);
        for ((place, leaving), (route, amount)) in self.places.iter_mut().zip(&mut self.leaving).zip(wanted) {
            leaving.amount.step(0.0, pace);
            let mut target = *amount;
            if place.route != *route {
                let next = Weighted { route: *route, amount: place.amount };
                match is_sounding {
                    // Two at once have no room: the new one waits.
                    true if leaving.is_heard() && place.is_heard() => target = 0.0,
                    true => change(place, leaving, next),
                    false => *place = next,
                }
            }
            place.amount.step(f64::from(target), pace);
        }
        for place in self.places.iter().chain(&self.leaving).filter(|place| place.is_heard()) {
            if let Some(active) = self.active.get_mut(self.count) {
                let Route { source, via, destination } = place.route;
                *active = ActiveRoute { source, via, destination, amount: place.amount.now() as f32 };
                self.count += 1;
            }
        }
    }

    /// The routes that are heard.
    pub(super) fn active(&self) -> &[ActiveRoute] {
        self.active.get(..self.count).unwrap_or_default()
    }
}

/// Puts `next` in a place whose route leaves.
fn change(place: &mut Weighted, leaving: &mut Weighted, next: Weighted) {
    if place.is_heard() && place.is_fading() {
        *leaving = *place;
    }
    *place = next;
    if place.is_fading() {
        place.amount = Smoothed::at(0.0);
    }
}
