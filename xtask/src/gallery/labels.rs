//! Places names beside their points, so that no two meet and few points are hidden.

use crate::canvas::{Area, Place};

/// Pixels that stay free between two labels.
const APART: f32 = 7.0;
/// Radius of a point in pixels.
const DOT: f32 = 6.0;
/// Pixels from a point to its label.
const GAP: f32 = 9.0;

/// A name that may be written.
pub struct Candidate {
    /// Its point, by its place in the list of all.
    pub point: usize,
    /// Pixels that its text takes.
    pub width: f32,
    /// It is left out if it would hide more points than this.
    pub most_hidden: usize,
}

/// Names in order of importance, among all points of the picture.
pub struct Task<'a> {
    pub points: &'a [Place],
    pub candidates: &'a [Candidate],
    /// Height of a label in pixels.
    pub height: f32,
    /// Where labels may stand.
    pub within: Area,
    /// Most labels.
    pub most: usize,
}

impl Task<'_> {
    /// The candidates that found room, each with its area.
    pub fn place(&self) -> Vec<(usize, Area)> {
        let mut placed: Vec<(usize, Area)> = Vec::new();
        for (index, candidate) in self.candidates.iter().enumerate() {
            if placed.len() == self.most {
                break;
            }
            if let Some(area) = self.best(candidate, &placed) {
                placed.push((index, area));
            }
        }
        placed
    }

    /// The area beside the point that hides fewest others, unless the point is hidden itself. Earlier places read better.
    fn best(&self, candidate: &Candidate, placed: &[(usize, Area)]) -> Option<Area> {
        let [x, y] = self.points[candidate.point];
        if placed.iter().any(|(_, other)| other.grown(APART).holds([x, y])) {
            return None;
        }
        let (width, height) = (candidate.width, self.height);
        let (right, left, middle) = (x + GAP, x - GAP - width, x - width / 2.0);
        let (level, above, below) = (y - height / 2.0, y - GAP - height, y + GAP);
        let corners = [
            [right, level],
            [left, level],
            [middle, above],
            [middle, below],
            [right - GAP / 2.0, above + GAP / 2.0],
            [right - GAP / 2.0, below - GAP / 2.0],
            [left + GAP / 2.0, above + GAP / 2.0],
            [left + GAP / 2.0, below - GAP / 2.0],
        ];
        let areas = corners.map(|[left, top]| Area { left, top, width, height });
        let free = areas.into_iter().filter(|area| self.is_free(area, placed));
        let hidden = free.map(|area| (self.hidden(&area, candidate.point), area));
        let (fewest, area) = hidden.min_by_key(|(hidden, _)| *hidden)?;
        (fewest <= candidate.most_hidden).then_some(area)
    }

    fn is_free(&self, area: &Area, placed: &[(usize, Area)]) -> bool {
        let wide = area.grown(APART);
        let hides_named = |index: usize| wide.holds(self.points[self.candidates[index].point]);
        self.within.covers(area) && !placed.iter().any(|(index, other)| wide.meets(other) || hides_named(*index))
    }

    fn hidden(&self, area: &Area, own: usize) -> usize {
        let wide = area.grown(DOT);
        self.points.iter().enumerate().filter(|(index, point)| *index != own && wide.holds(**point)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_inside_and_never_meet() {
        let points: Vec<Place> = (0..200).map(|n| [(n * 71 % 500) as f32, (n * 37 % 400) as f32]).collect();
        let candidates: Vec<Candidate> = (0..points.len())
            .map(|point| Candidate { point, width: 40.0 + (point % 7) as f32 * 15.0, most_hidden: 2 })
            .collect();
        let within = Area { left: 0.0, top: 0.0, width: 500.0, height: 400.0 };
        let task = Task { points: &points, candidates: &candidates, height: 20.0, within, most: 30 };
        let placed = task.place();
        assert!(placed.len() > 10, "{} labels", placed.len());
        for (n, (index, area)) in placed.iter().enumerate() {
            assert!(within.covers(area));
            assert!(task.hidden(area, candidates[*index].point) <= 2);
            assert!(placed[..n].iter().all(|(_, other)| !other.meets(area)));
        }
    }
}
