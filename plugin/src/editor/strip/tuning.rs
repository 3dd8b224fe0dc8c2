//! The tuning, beside the tabs while the tab of playing is open: the names of scale and keyboard map, each with a button that removes it,
//! and one that leads to the files. Main thread.

use egui::{Align2, Rect, Ui, pos2, vec2};
use engine::tuning::{Tuning, TuningKind};

use crate::editor::button::{button, sign_button};
use crate::editor::name;
use crate::editor::theme::{self, DIM, FAINT, TEXT};

/// Width of the heading, of the button that leads to the files and of those that remove a file, and height of all buttons, in points.
const HEADING: f32 = 52.0;
const CHOOSE: f32 = 64.0;
const REMOVE: f32 = 18.0;
const HEIGHT: f32 = 20.0;
const GAP: f32 = 6.0;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TuningAction {
    /// Show the files.
    Choose,
    /// Go on without the file of this kind.
    Remove(TuningKind),
}

/// Draws the tuning.
pub fn show(ui: &Ui, rect: Rect, tuning: &Tuning) -> Option<TuningAction> {
    let middle = rect.center().y;
    let text = |place, text: &str, ink, width| {
        name::show(ui, pos2(place, middle), Align2::LEFT_CENTER, text, theme::body(11.0), ink, width);
    };
    text(rect.min.x, "Tuning", FAINT, HEADING);
    let choose =
        Rect::from_min_max(pos2(rect.max.x - CHOOSE, middle - HEIGHT / 2.0), pos2(rect.max.x, middle + HEIGHT / 2.0));
    let mut action = button(ui, choose, "Scala …", true)
        .on_hover_text("Choose a scale (.scl) or a keyboard map (.kbm) among the files, or drop it on the window.")
        .clicked()
        .then_some(TuningAction::Choose);
    let room = Rect::from_x_y_ranges(rect.min.x + HEADING..=choose.min.x - GAP, rect.y_range());
    if tuning.is_none() {
        text(room.min.x, &tuning.title(), DIM, room.width());
        return action;
    }
    let kinds = [(TuningKind::Scale, "scale"), (TuningKind::KeyboardMap, "keyboard map")];
    let loaded = || kinds.into_iter().filter_map(|(kind, word)| Some((kind, word, tuning.name(kind)?)));
    let width = room.width() / loaded().count().max(1) as f32;
    for (place, (kind, word, title)) in loaded().enumerate() {
        let left = room.min.x + width * place as f32;
        text(left, title, TEXT, width - REMOVE - 2.0 * GAP);
        let remove = Rect::from_center_size(pos2(left + width - GAP - REMOVE / 2.0, middle), vec2(REMOVE, REMOVE));
        if sign_button(ui, remove, "×", &format!("Remove the {word} {title}"), true).clicked() {
            action = Some(TuningAction::Remove(kind));
        }
    }
    action
}
