//! The browser's list of the pack's sounds, by category and narrowed by the search field. Main thread.

use egui::{Align2, Margin, Rect, Ui, pos2, vec2};
use engine::pack::NamedSound;

use super::row::{ROW_HEIGHT, sendable};
use super::{BrowserAction, FIELD_HEIGHT, child, paint_remark, scrolled};
use crate::catalogue::Catalogue;
use crate::editor::drag::Dragged;
use crate::editor::name;
use crate::editor::theme::{self, AMBER, FAINT, GRID};

enum Row<'a> {
    /// A category, with how many of its sounds are shown.
    Category(&'a str, usize),
    Sound(&'a NamedSound),
}

/// Draws search field and list. `current` is the name of the sound on the knobs.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    search: &mut String,
    catalogue: Option<&Catalogue>,
    current: &str,
) -> Option<BrowserAction> {
    let field = Rect::from_min_size(rect.min, vec2(rect.width(), FIELD_HEIGHT));
    let hint = egui::RichText::new("Search").color(FAINT);
    let edit = egui::TextEdit::singleline(search).hint_text(hint).margin(Margin::symmetric(8, 4));
    let response = ui.put(field, edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, true, "Search sounds"));
    let list = rect.with_min_y(field.max.y + GRID);
    let Some(catalogue) = catalogue else {
        paint_remark(ui, list, "Loading the pack …");
        return None;
    };
    let rows = rows_of(catalogue, search);
    if rows.is_empty() {
        paint_remark(ui, list, "No sound has that in its name.");
    }
    let mut action = None;
    scrolled(list, "sounds").show_rows(&mut child(ui, list), ROW_HEIGHT, rows.len(), |ui, range| {
        for row in &rows[range] {
            let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
            match row {
                Row::Category(name, count) => paint_category(ui, rect, name, *count),
                Row::Sound(sound) => action = action.take().or(sound_row(ui, rect, sound, sound.name == current)),
            }
        }
    });
    action
}

/// The sounds that have the search's text in their name or category, below their categories.
fn rows_of<'a>(catalogue: &'a Catalogue, search: &str) -> Vec<Row<'a>> {
    let wanted = search.trim().to_lowercase();
    let fits = |sound: &&NamedSound| {
        [&sound.name, &sound.category].into_iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let mut rows = Vec::new();
    for category in catalogue.categories() {
        let sounds: Vec<&NamedSound> =
            catalogue.sounds.iter().filter(|sound| sound.category == category).filter(fits).collect();
        if !sounds.is_empty() {
            rows.push(Row::Category(category, sounds.len()));
            rows.extend(sounds.into_iter().map(Row::Sound));
        }
    }
    rows
}

fn paint_category(ui: &Ui, rect: Rect, category: &str, count: usize) {
    let y = rect.max.y - 7.0;
    let count_place = pos2(rect.max.x - GRID, y);
    let count = ui.painter().text(count_place, Align2::RIGHT_CENTER, count.to_string(), theme::body(10.5), FAINT);
    let place = pos2(rect.min.x + 4.0, y);
    let width = count.min.x - place.x - GRID;
    name::show(ui, place, Align2::LEFT_CENTER, &category.to_uppercase(), theme::bold(10.5), AMBER, width);
}

fn sound_row(ui: &mut Ui, rect: Rect, sound: &NamedSound, is_current: bool) -> Option<BrowserAction> {
    let what = || Dragged::Sound { name: sound.name.clone(), latent: sound.latent };
    sendable(ui, rect, &sound.name, is_current, what)
}
