//! Where the region may begin, and which part of the file the picture shows. Plain numbers; any thread.

/// A region begins at least this long before the file ends, in seconds: enough for a click to be heard.
const SHORTEST_S: f64 = 0.1;
/// Least that the picture shows, in seconds: a slow attack fits in it, and a millisecond is still several points wide.
const CLOSEST_S: f64 = 0.1;
/// The picture moves when the region comes nearer to its edge than this part of its width, so that the region's start stays in sight.
const EDGE: f64 = 0.05;

/// The nearest place to `start_s` where a region of a file may begin.
pub fn limited_start(start_s: f64, length_s: f64) -> f64 {
    start_s.clamp(0.0, (length_s - SHORTEST_S).max(0.0))
}

/// The part of a file that the picture shows, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisibleRange {
    /// Its left edge.
    pub from_s: f64,
    /// Its right edge.
    pub to_s: f64,
    whole_s: f64,
}

impl VisibleRange {
    /// All of a file, and at least one whole region.
    pub fn whole(length_s: f64, region_s: f64) -> Self {
        let whole_s = length_s.max(region_s);
        Self { from_s: 0.0, to_s: whole_s, whole_s }
    }

    fn span_s(self) -> f64 {
        self.to_s - self.from_s
    }

    /// Where a time is, 0 at the left edge and 1 at the right one.
    pub fn place(self, time_s: f64) -> f32 {
        ((time_s - self.from_s) / self.span_s()) as f32
    }

    /// The time at a place.
    pub fn time_s(self, place: f32) -> f64 {
        self.from_s + f64::from(place) * self.span_s()
    }

    /// Enlarged `factor` times around a place that stays where it is.
    pub fn zoomed(self, place: f32, factor: f64) -> Self {
        let around_s = self.time_s(place);
        let span_s = (self.span_s() / factor).clamp(CLOSEST_S.min(self.whole_s), self.whole_s);
        self.spanning(around_s - f64::from(place) * span_s, span_s)
    }

    /// Moved by a part of its width.
    pub fn moved(self, part: f64) -> Self {
        self.spanning(self.from_s + part * self.span_s(), self.span_s())
    }

    /// Moved no farther than it takes to show `time_s` with a little around it.
    pub fn showing(self, time_s: f64) -> Self {
        let edge_s = EDGE * self.span_s();
        let from_s = self.from_s.min(time_s - edge_s).max(time_s + edge_s - self.span_s());
        self.spanning(from_s, self.span_s())
    }

    fn spanning(self, from_s: f64, span_s: f64) -> Self {
        let from_s = from_s.clamp(0.0, self.whole_s - span_s);
        Self { from_s, to_s: from_s + span_s, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_begins_within_its_file() {
        assert_eq!(limited_start(-3.0, 10.0), 0.0);
        assert_eq!(limited_start(4.2, 10.0), 4.2);
        assert_eq!(limited_start(12.0, 10.0), 9.9, "the last sound of a file can be taken");
        assert_eq!(limited_start(0.3, 0.05), 0.0);
    }

    #[test]
    fn places_and_times_are_each_others_inverse() {
        let visible = VisibleRange::whole(20.0, 2.0).zoomed(0.25, 4.0);
        assert_eq!((visible.from_s, visible.to_s), (3.75, 8.75));
        for place in [0.0, 0.25, 1.0] {
            assert!((visible.place(visible.time_s(place)) - place).abs() < 1e-6);
        }
        assert_eq!(visible.time_s(0.25), 5.0, "what is pointed at stays");
    }

    #[test]
    fn the_picture_never_leaves_the_file() {
        let whole = VisibleRange::whole(20.0, 2.0);
        assert_eq!(whole.zoomed(0.5, 0.1), whole);
        assert_eq!(whole.moved(0.5), whole);
        let near = whole.zoomed(1.0, 10.0);
        assert_eq!((near.from_s, near.to_s, near.moved(3.0)), (18.0, 20.0, near));
        assert_eq!(near.moved(-0.5).from_s, 17.0);
        assert!((whole.zoomed(0.5, 1e9).span_s() - CLOSEST_S).abs() < 1e-9);
        assert_eq!(VisibleRange::whole(0.5, 2.0).span_s(), 2.0, "a short file leaves room for its silence");
    }

    #[test]
    fn the_picture_follows_the_region_no_farther_than_needed() {
        let near = VisibleRange::whole(20.0, 2.0).zoomed(0.0, 10.0);
        assert_eq!(near.showing(1.0), near);
        let followed = near.showing(5.0);
        assert!((followed.to_s - 5.1).abs() < 1e-9);
        assert_eq!(followed.showing(0.0).from_s, 0.0);
    }
}
