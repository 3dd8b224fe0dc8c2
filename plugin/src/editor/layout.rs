//! Where everything is: the window cut into regions on the grid of 8 points. Plain numbers.
//!
//! Sizes and parts were chosen by eye on the smallest window, 1120 × 736 points, in which the names of the knobs just fit.

use egui::{Rect, pos2, vec2};

use super::theme::GRID;

/// Between the window's edge and what is in it, in points; so are all sizes here.
pub const MARGIN: f32 = 2.0 * GRID;
/// Height of the head.
const HEADER: f32 = 7.0 * GRID;
/// Height of the status line.
const STATUS: f32 = 3.0 * GRID + 4.0;
/// Height of the keyboard.
const KEYS: f32 = 8.0 * GRID;
/// Height of the strip below the knobs: its tabs, and two rows of small knobs below a heading.
const STRIP: f32 = 27.0 * GRID;
/// Width of the browser: this part of the window, but at least and at most so many points. The least shows about thirty letters of a name.
const BROWSER_PART: f32 = 0.22;
const BROWSER_LEAST: f32 = 30.0 * GRID;
const BROWSER_MOST: f32 = 45.0 * GRID;
/// Part of the height beside the browser that the picture of the sound has.
const WAVE_PART: f32 = 0.36;
/// Width of the pad as a part of the room for knobs and pad: at least and at most, between which it is square.
const PAD_LEAST_PART: f32 = 0.375;
const PAD_MOST_PART: f32 = 0.45;

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
    /// Tabs, and the controls of the open one.
    pub strip: Rect,
    /// On-screen keyboard.
    pub keys: Rect,
    /// Status line.
    pub status: Rect,
}

impl Regions {
    /// Where knobs and pad are: room for the region editor, which is shown instead of them.
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
        let (browser, rest) = body.split_left_right_at_x(body.min.x + browser_width(body.width()));
        let rest = rest.with_min_x(rest.min.x + GRID);
        let (upper, strip) = split_down(rest, rest.height() - STRIP - GRID);
        let (wave, main) = split_down(upper, (upper.height() * WAVE_PART).round());
        let pad_width = (main.width() * PAD_LEAST_PART).max(main.height()).min(main.width() * PAD_MOST_PART);
        let (knobs, pad) = split_across(main, main.width() - pad_width - GRID);
        Self { header, browser, wave, knobs, pad, strip, keys, status }
    }
}

/// Width of the browser in a body of this width.
pub fn browser_width(body_width: f32) -> f32 {
    (body_width * BROWSER_PART).clamp(BROWSER_LEAST, BROWSER_MOST)
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
