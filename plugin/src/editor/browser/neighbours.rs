//! Arrow keys in a list: from the row that has the focus to the one above or below it, which is chosen. Main thread.

use egui::{EventFilter, Key, Rect, Ui, vec2};

use super::row::{ROW_HEIGHT, row_id};

/// The rows that can be chosen, and the way that the keys go in this frame.
pub struct Neighbours<'a, T> {
    /// What tells a row from others, its place in the list, and what is chosen with it.
    rows: Vec<(&'a str, usize, T)>,
    /// Rows down, or up below 0.
    step: isize,
    /// What was chosen.
    pub chosen: Option<T>,
}

impl<'a, T: Copy> Neighbours<'a, T> {
    /// Of the rows that can be chosen, in order.
    pub fn new(ui: &Ui, rows: impl Iterator<Item = (&'a str, usize, T)>) -> Self {
        let presses = |key| ui.input(|input| input.num_presses(key)) as isize;
        Self { rows: rows.collect(), step: presses(Key::ArrowDown) - presses(Key::ArrowUp), chosen: None }
    }

    /// Moves on if the row that is known by `key`, at `rect`, has the focus.
    pub fn follow(&mut self, ui: &Ui, rect: Rect, key: &str) {
        let id = row_id(ui, key);
        if self.chosen.is_some() || !ui.memory(|memory| memory.has_focus(id)) {
            return;
        }
        // The arrow keys are the list's: egui would move the focus alone.
        let keys = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keys));
        let Some(at) = self.rows.iter().position(|(known, ..)| *known == key) else { return };
        let Some(next) = at.checked_add_signed(self.step).filter(|next| *next < self.rows.len() && *next != at) else {
            return;
        };
        let ((_, from, _), (chosen, to, what)) = (self.rows[at], self.rows[next]);
        let down = (to as f32 - from as f32) * ROW_HEIGHT;
        ui.scroll_to_rect(rect.translate(vec2(0.0, down)), None);
        ui.memory_mut(|memory| memory.request_focus(row_id(ui, chosen)));
        self.chosen = Some(what);
    }
}
