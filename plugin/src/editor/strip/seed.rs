//! The seed of variations and of chance, in the heading of the panel of variation. Main thread.

use egui::{Rect, Ui, pos2, vec2};

use crate::editor::button::sign_button;

/// Size of the button in points, and its distance from the panel's edges.
const WIDTH: f32 = 34.0;
const HEIGHT: f32 = 17.0;
const MARGIN: f32 = 6.0;
/// Largest seed that the button has room for; a larger one is told by its help.
const LARGEST_SHOWN: u64 = 999;

/// Draws the seed at the upper right of a panel. Returns the next one if that is asked for.
pub fn show(ui: &Ui, panel: Rect, seed: u64) -> Option<u64> {
    let corner = pos2(panel.max.x - MARGIN - WIDTH, panel.min.y + MARGIN);
    let place = Rect::from_min_size(corner, vec2(WIDTH, HEIGHT));
    let sign = if seed <= LARGEST_SHOWN { format!("#{seed}") } else { "#…".to_owned() };
    let help = format!(
        "Seed {seed}: chance decides by it on variations, random sources and takes. A click goes on to the next one."
    );
    sign_button(ui, place, &sign, "Next seed", true).on_hover_text(help).clicked().then(|| seed.wrapping_add(1))
}
