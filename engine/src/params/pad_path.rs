//! A recorded path of the pad's point: places over time. AUDIO THREAD: a plain `Copy` value, valid by construction; recording and thinning
//! happen on the main thread.

use serde::{Deserialize, Serialize};

/// Most points of a path: eight a second of the longest one, twice as many as a hand changes its direction.
pub const PATH_POINTS: usize = 128;
/// Longest path in seconds. What is recorded beyond it is left out.
pub const LONGEST_PATH_S: f32 = 16.0;
/// Shortest path in seconds: a click is none.
pub const SHORTEST_PATH_S: f32 = 0.1;
/// Distance from the recorded path, as a part of the pad, below which points are left out: half a point of the screen on the pad of the
/// smallest window.
const THINNING: f32 = 0.002;

/// A place on the pad at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 3]", into = "[f32; 3]")]
pub struct PathPoint {
    /// Seconds from the start of the path.
    pub time_s: f32,
    /// Horizontal place, [0, 1].
    pub x: f32,
    /// Vertical place, [0, 1].
    pub y: f32,
}

impl From<[f32; 3]> for PathPoint {
    fn from([time_s, x, y]: [f32; 3]) -> Self {
        Self { time_s, x, y }
    }
}

impl From<PathPoint> for [f32; 3] {
    fn from(point: PathPoint) -> Self {
        [point.time_s, point.x, point.y]
    }
}

/// The path: none, or 2 to [`PATH_POINTS`] points whose times rise from 0 to its length, between [`SHORTEST_PATH_S`] and [`LONGEST_PATH_S`].
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PathPoint>", into = "Vec<PathPoint>")]
pub struct PadPath {
    points: [PathPoint; PATH_POINTS],
    count: usize,
}

impl PadPath {
    /// No path.
    pub const NONE: Self = Self { points: [PathPoint { time_s: 0.0, x: 0.0, y: 0.0 }; PATH_POINTS], count: 0 };

    /// The path of recorded places, thinned: no point that is left out lies farther from it than need be. Times count from the first place;
    /// places that do not come after the one before, or after [`LONGEST_PATH_S`], are left out. None if it is shorter than a path may be.
    #[must_use]
    pub fn recorded(places: &[PathPoint]) -> Self {
        let Some(first) = places.first() else { return Self::NONE };
        let mut kept: Vec<PathPoint> = Vec::with_capacity(places.len());
        for place in places {
            let point = limited(PathPoint { time_s: place.time_s - first.time_s, ..*place });
            let comes_after = kept.last().is_none_or(|last| point.time_s > last.time_s);
            if comes_after && point.time_s <= LONGEST_PATH_S {
                kept.push(point);
            }
        }
        Self::try_from(thinned(&kept)).unwrap_or(Self::NONE)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Its points.
    #[must_use]
    pub fn points(&self) -> &[PathPoint] {
        self.points.get(..self.count).unwrap_or_default()
    }

    /// Its length in seconds; 0 for none.
    #[must_use]
    pub fn length_s(&self) -> f32 {
        self.points().last().map_or(0.0, |point| point.time_s)
    }

    /// Its first place; the middle of the pad for none.
    #[must_use]
    pub fn start(&self) -> [f32; 2] {
        self.points().first().map_or([0.5; 2], |point| [point.x, point.y])
    }

    /// How far its place at the part `part`, [0, 1], of its length lies from its first one, [−1, 1] each; 0 for none. Audio-thread safe.
    #[must_use]
    pub fn offset(&self, part: f64) -> [f32; 2] {
        let time_s = (part * f64::from(self.length_s())) as f32;
        let points = self.points();
        let next = points.partition_point(|point| point.time_s <= time_s).min(points.len().saturating_sub(1));
        let (Some(to), Some(from)) = (points.get(next), points.get(next.saturating_sub(1))) else { return [0.0; 2] };
        let span_s = to.time_s - from.time_s;
        let part = if span_s > 0.0 { ((time_s - from.time_s) / span_s).clamp(0.0, 1.0) } else { 1.0 };
        let [x, y] = self.start();
        [from.x + (to.x - from.x) * part - x, from.y + (to.y - from.y) * part - y]
    }
}

impl Default for PadPath {
    fn default() -> Self {
        Self::NONE
    }
}

impl std::fmt::Debug for PadPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.points()).finish()
    }
}

impl TryFrom<Vec<PathPoint>> for PadPath {
    type Error = String;

    /// Of points whose times rise from 0; places are clamped to the pad.
    fn try_from(list: Vec<PathPoint>) -> Result<Self, String> {
        let mut path = Self::NONE;
        let Some(last) = list.last() else { return Ok(path) };
        if list.len() > PATH_POINTS {
            return Err(format!("a path of {} points, at most {PATH_POINTS} are possible", list.len()));
        }
        let rises = list[0].time_s == 0.0 && list.windows(2).all(|pair| pair[0].time_s < pair[1].time_s);
        if !rises {
            return Err("the times of a path do not rise from 0".to_owned());
        }
        if !(SHORTEST_PATH_S..=LONGEST_PATH_S).contains(&last.time_s) {
            let length_s = last.time_s;
            return Err(format!("a path of {length_s} s, not of {SHORTEST_PATH_S} to {LONGEST_PATH_S} s"));
        }
        path.count = list.len();
        path.points.iter_mut().zip(list).for_each(|(point, saved)| *point = limited(saved));
        Ok(path)
    }
}

impl From<PadPath> for Vec<PathPoint> {
    fn from(path: PadPath) -> Self {
        path.points().to_vec()
    }
}

/// A point whose place is on the pad; one that is not finite is in its middle.
fn limited(point: PathPoint) -> PathPoint {
    let on_pad = |place: f32| if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.5 };
    PathPoint { x: on_pad(point.x), y: on_pad(point.y), ..point }
}

/// The ends of `points`, and between them, one by one, the point that lies farthest from the path so far, until none is noticed or there are
/// enough (Douglas and Peucker 1973, with places compared at equal times).
fn thinned(points: &[PathPoint]) -> Vec<PathPoint> {
    let Some(last) = points.len().checked_sub(1) else { return Vec::new() };
    let mut kept = vec![0, last];
    kept.dedup();
    while kept.len() < PATH_POINTS {
        let spans = kept.windows(2).enumerate();
        let farthest = spans.filter_map(|(span, ends)| {
            let between = (ends[0] + 1)..ends[1];
            let off = between.map(|at| (distance(&points[at], &points[ends[0]], &points[ends[1]]), at));
            off.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(distance, at)| (distance, span, at))
        });
        match farthest.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((distance, span, at)) if distance > THINNING => kept.insert(span + 1, at),
            _ => break,
        }
    }
    kept.into_iter().map(|at| points[at]).collect()
}

/// Distance of a point from where the way between two others is at its time.
fn distance(point: &PathPoint, from: &PathPoint, to: &PathPoint) -> f32 {
    let part = (point.time_s - from.time_s) / (to.time_s - from.time_s);
    let off = |place: f32, from: f32, to: f32| place - (from + (to - from) * part);
    off(point.x, from.x, to.x).hypot(off(point.y, from.y, to.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far a path of all its points may lie from what was recorded, as a part of the pad.
    const PATH_TOLERANCE: f32 = 0.01;

    fn drag(count: usize, place: impl Fn(f32) -> [f32; 2]) -> Vec<PathPoint> {
        let at = |n: usize| {
            let time_s = 3.0 + n as f32 / 60.0;
            let [x, y] = place(time_s - 3.0);
            PathPoint { time_s, x, y }
        };
        (0..count).map(at).collect()
    }

    #[test]
    fn a_thinned_path_keeps_its_way_and_its_bound() {
        let circle = drag(300, |t| [0.5 + 0.4 * (2.0 * t).cos(), 0.5 + 0.3 * (3.0 * t).sin()]);
        let path = PadPath::recorded(&circle);
        assert!((3..=PATH_POINTS).contains(&path.points().len()), "{}", path.points().len());
        let [x, y] = path.start();
        for place in &circle {
            let [dx, dy] = path.offset(f64::from((place.time_s - 3.0) / path.length_s()));
            assert!((x + dx - place.x).hypot(y + dy - place.y) < PATH_TOLERANCE, "{place:?}");
        }
        let wild = drag(950, |t| [(37.0 * t).sin().abs(), (53.0 * t).cos().abs()]);
        assert_eq!(PadPath::recorded(&wild).points().len(), PATH_POINTS);
        let still = PadPath::recorded(&drag(60, |_| [0.2, 0.9]));
        assert_eq!((still.points().len(), still.offset(0.7)), (2, [0.0; 2]));
    }

    #[test]
    fn what_is_no_path_is_none_and_what_is_too_long_ends() {
        assert!(PadPath::recorded(&[]).is_empty());
        assert!(PadPath::recorded(&drag(3, |t| [t, t])).is_empty(), "a click");
        let odd = [[0.0, f32::NAN, 0.0], [f32::NAN, 0.0, 0.0], [0.0, 1.0, 1.0], [0.5, 7.0, -1.0]].map(PathPoint::from);
        assert_eq!(PadPath::recorded(&odd).points()[1], PathPoint { time_s: 0.5, x: 1.0, y: 0.0 });
        let long = PadPath::recorded(&drag(2_000, |t| [(t / 3.0).sin().abs(), 0.1]));
        assert!((LONGEST_PATH_S - long.length_s()).abs() < 0.1, "{}", long.length_s());
    }

    #[test]
    fn a_path_reads_back_and_a_bad_one_is_refused() {
        let path = PadPath::recorded(&drag(100, |t| [t.fract(), (2.0 * t).fract()]));
        let text = serde_json::to_string(&path).unwrap();
        assert_eq!(serde_json::from_str::<PadPath>(&text).unwrap(), path);
        for (bad, why) in [
            ("[[0.0, 0, 0], [0.5, 1, 1], [0.4, 1, 1]]", "do not rise"),
            ("[[0.1, 0, 0], [0.5, 1, 1]]", "do not rise"),
            ("[[0.0, 0, 0], [99, 1, 1]]", "99 s"),
            ("[[0.0, 0, 0]]", "0 s"),
            ("[[0.0, 0]]", "length"),
        ] {
            let error = serde_json::from_str::<PadPath>(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
        assert!(serde_json::from_str::<PadPath>("[]").unwrap().is_empty());
    }
}
