//! Where everything is: the window cut into regions on the grid of 8 points.

use egui::{Rect, pos2, vec2};

use super::theme::GRID;

const MARGIN: f32 = 2.0 * GRID;
const HEADER: f32 = 7.0 * GRID;
const STATUS: f32 = 3.0 * GRID + 4.0;
const KEYS: f32 = 8.0 * GRID;
const STRIP: f32 = 18.0 * GRID;
const BROWSER: f32 = 30.0 * GRID;
const BROWSER_MOST: f32 = 45.0 * GRID;
const FOUR_KNOBS: f32 = 31.5 * GRID;

/// The regions of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regions {
    /// Mark, name of the sound, actions, meter.
    pub header: Rect,
    /// Sounds and files.
    pub browser: Rect,
    /// The sound as a picture.
    pub wave: Rect,
    /// Seven knobs and the morph slider.
    pub knobs: Rect,
    /// The pad.
    pub pad: Rect,
    /// Stretch, formant, tilt.
    pub shape: Rect,
    /// Envelope.
    pub envelope: Rect,
    /// Touch, tuning and level.
    pub output: Rect,
    /// On-screen keyboard.
    pub keys: Rect,
    /// Status line.
    pub status: Rect,
}

impl Regions {
    /// Where knobs and pad are: room for a region_editor that is shown instead of them.
    pub fn region_editor(&self) -> Rect {
        self.knobs.union(self.pad)
    }

    /// Cuts a window. Beyond the smallest size the browser takes some of the width, picture and pad the rest.
    pub fn of(window: Rect) -> Self {
        let header = Rect::from_min_size(window.min, vec2(window.width(), HEADER));
        let status = Rect::from_min_max(pos2(window.min.x, window.max.y - STATUS), window.max);
        let left = window.min.x + MARGIN;
        let right = window.max.x - MARGIN;
        let keys = Rect::from_min_max(pos2(left, status.min.y - KEYS), pos2(right, status.min.y));
        let body = Rect::from_min_max(pos2(left, header.max.y), pos2(right, keys.min.y - GRID));
        let browser_width = (body.width() * 0.22).clamp(BROWSER, BROWSER_MOST);
        let (browser, rest) = body.split_left_right_at_x(body.min.x + browser_width);
        let rest = rest.with_min_x(rest.min.x + GRID);
        let (upper, strip) = split_down(rest, rest.height() - STRIP - GRID);
        let (wave, main) = split_down(upper, (upper.height() * 0.4).round());
        let pad_width = (main.width() * 0.375).max(main.height()).min(main.width() * 0.45);
        let (knobs, pad) = split_across(main, main.width() - pad_width - GRID);
        let (shape, strip) = split_across(strip, FOUR_KNOBS);
        let (envelope, output) = split_across(strip, strip.width() - FOUR_KNOBS - GRID);
        Self { header, browser, wave, knobs, pad, shape, envelope, output, keys, status }
    }
}

fn split_down(rect: Rect, upper_height: f32) -> (Rect, Rect) {
    let (upper, lower) = rect.split_top_bottom_at_y(rect.min.y + upper_height);
    (upper, lower.with_min_y(lower.min.y + GRID))
}

fn split_across(rect: Rect, left_width: f32) -> (Rect, Rect) {
    let (left, right) = rect.split_left_right_at_x(rect.min.x + left_width);
    (left, right.with_min_x(right.min.x + GRID))
}

/// What is inside a panel, below its heading.
pub fn inside(panel: Rect) -> Rect {
    Rect::from_min_max(panel.min + vec2(12.0, 3.5 * GRID), panel.max - vec2(12.0, GRID))
}

/// `count` equal cells side by side.
pub fn cells(rect: Rect, count: usize) -> impl Iterator<Item = Rect> {
    let width = rect.width() / count as f32;
    (0..count)
        .map(move |cell| Rect::from_min_size(rect.min + vec2(width * cell as f32, 0.0), vec2(width, rect.height())))
}
