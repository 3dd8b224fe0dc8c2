//! The recorded path of the pad's point: how it is recorded, and how it is drawn. Main thread.

use egui::{Align2, Painter, Pos2, Rect, Stroke, Ui, pos2, vec2};
use engine::params::{LONGEST_PATH_S, PadPath, PathPoint};

use super::button::button;
use super::theme::{self, FAINT, TEAL};

/// Height of the button below the picture, in points.
const BUTTON: f32 = 20.0;

/// Whether the next drag on the pad becomes the path.
#[derive(Default)]
pub enum Recording {
    /// No.
    #[default]
    Off,
    /// It will.
    Armed,
    /// It does.
    On {
        /// When it began, in seconds.
        began_s: f64,
        /// The places so far.
        places: Vec<PathPoint>,
    },
}

impl Recording {
    /// Whether a drag is, or will be, recorded.
    pub fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Switches it.
    pub fn switch(&mut self) {
        *self = if self.is_on() { Self::Off } else { Self::Armed };
    }

    /// Looks at the pad at a time in seconds: whether its point is held, and where it is. The path, once it ends; a click is none, and the
    /// next drag is recorded.
    pub fn follow(&mut self, now_s: f64, is_held: bool, [x, y]: [f32; 2]) -> Option<PadPath> {
        if is_held && matches!(self, Self::Armed) {
            *self = Self::On { began_s: now_s, places: Vec::new() };
        }
        let Self::On { began_s, places } = self else { return None };
        let time_s = (now_s - *began_s) as f32;
        places.push(PathPoint { time_s, x, y });
        if is_held && time_s < LONGEST_PATH_S {
            return None;
        }
        let path = PadPath::recorded(places);
        *self = if path.is_empty() { Self::Armed } else { Self::Off };
        Some(path).filter(|path| !path.is_empty())
    }
}

/// Draws the path onto the pad's `range` from where its point stands, and what is being recorded.
pub fn paint(painter: &Painter, range: Rect, path: &PadPath, recording: &Recording, [x, y]: [f32; 2]) {
    if let Recording::On { places, .. } = recording {
        return line(painter, range, places.iter().map(|place| [place.x, place.y]), 0.9);
    }
    let [first_x, first_y] = path.start();
    line(painter, range, path.points().iter().map(|point| [x + point.x - first_x, y + point.y - first_y]), 0.5);
}

fn line(painter: &Painter, range: Rect, places: impl Iterator<Item = [f32; 2]>, strength: f32) {
    let on_screen = |[x, y]: [f32; 2]| -> Pos2 {
        pos2(egui::lerp(range.x_range(), x.clamp(0.0, 1.0)), egui::lerp(range.y_range(), y.clamp(0.0, 1.0)))
    };
    painter.line(places.map(on_screen).collect(), Stroke::new(1.5, theme::faded(TEAL, strength)));
}

/// Draws the path by itself, with its length, and a button that removes it; whether that was clicked.
pub fn picture(ui: &Ui, rect: Rect, path: &PadPath) -> bool {
    let (well, below) = rect.split_top_bottom_at_y(rect.max.y - BUTTON);
    let well = well.with_max_y(well.max.y - 6.0);
    theme::well(ui.painter(), well);
    let say = |place: Pos2, anchor: Align2, text: &str| {
        ui.painter().text(place, anchor, text, theme::body(11.0), FAINT);
    };
    if path.is_empty() {
        say(well.center() - vec2(0.0, 8.0), Align2::CENTER_CENTER, "Switch Record on,");
        say(well.center() + vec2(0.0, 8.0), Align2::CENTER_CENTER, "then drag the pad");
    } else {
        line(ui.painter(), well.shrink(8.0), path.points().iter().map(|point| [point.x, point.y]), 0.9);
        say(well.right_bottom() - vec2(5.0, 3.0), Align2::RIGHT_BOTTOM, &format!("{:.1} s", path.length_s()));
    }
    button(ui, below, "Remove path", !path.is_empty()).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_is_recorded_from_press_to_release_and_a_click_is_not() {
        let mut recording = Recording::default();
        assert!(recording.follow(1.0, true, [0.1; 2]).is_none() && !recording.is_on());
        recording.switch();
        assert!(recording.follow(2.0, false, [0.1; 2]).is_none());
        assert!(recording.follow(3.0, true, [0.1; 2]).is_none());
        assert!(recording.follow(3.02, false, [0.1; 2]).is_none() && recording.is_on(), "a click");
        for step in 0..30 {
            let place = 0.2 + 0.02 * step as f32;
            assert!(recording.follow(5.0 + f64::from(step) / 30.0, true, [place, 0.5]).is_none());
        }
        let path = recording.follow(6.0, false, [0.78, 0.5]).expect("a path");
        assert!((path.length_s() - 1.0).abs() < 1e-6 && path.start() == [0.2, 0.5], "{path:?}");
        assert!(!recording.is_on());
    }

    #[test]
    fn a_path_that_is_too_long_ends_by_itself() {
        let mut recording = Recording::Armed;
        let ended = (0..2_000).find_map(|n| recording.follow(f64::from(n) / 60.0, true, [n as f32 / 2_000.0, 0.0]));
        assert!(ended.is_some_and(|path| path.length_s() <= LONGEST_PATH_S));
        assert!(!recording.is_on());
    }
}
