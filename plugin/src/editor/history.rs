//! Points that the user left, for "Back". Main thread.

use std::sync::Arc;

use engine::Latent;
use engine::state::SoundState;

/// Most points that are kept. One takes about a hundred bytes and shares its sound, so the number is ample rather than tuned.
const MOST_POINTS: usize = 64;

/// Points that were left, newest last.
#[derive(Default)]
pub struct History(Vec<(Option<Arc<SoundState>>, Latent)>);

impl History {
    /// Remembers a point that is being left.
    pub fn leave(&mut self, sound: Option<Arc<SoundState>>, point: Latent) {
        if self.0.last().is_none_or(|(_, last)| *last != point) {
            self.0.push((sound, point));
        }
        let excess = self.0.len().saturating_sub(MOST_POINTS);
        self.0.drain(..excess);
    }

    /// The point left last.
    pub fn pop(&mut self) -> Option<(Option<Arc<SoundState>>, Latent)> {
        self.0.pop()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_points_are_kept_and_come_back_first() {
        let mut history = History::default();
        (0..=MOST_POINTS).for_each(|n| history.leave(None, [n as f32; 7]));
        history.leave(None, [MOST_POINTS as f32; 7]);
        let points: Vec<f32> = std::iter::from_fn(|| history.pop()).map(|(_, point)| point[0]).collect();
        assert_eq!((points.len(), points[0], points[MOST_POINTS - 1]), (MOST_POINTS, MOST_POINTS as f32, 1.0));
    }
}
