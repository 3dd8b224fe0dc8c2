//! The browser's list of the pack's sounds, by category and narrowed by the search field. Main thread.

use egui::{Rect, Ui, vec2};
use engine::pack::NamedSound;

use super::neighbours::Neighbours;
use super::row::{ROW_HEIGHT, paint_category, sendable};
use super::{BrowserAction, FIELD_HEIGHT, child, paint_remark, scrolled, search_field};
use crate::catalogue::Catalogue;
use crate::editor::drag::Dragged;
use crate::editor::switch;
use crate::editor::theme::GRID;
use crate::target::Target;

/// Width in points of the switch beside the search field.
const SWITCH_WIDTH: f32 = 52.0;

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
    plays_choice: bool,
) -> Option<BrowserAction> {
    let field = Rect::from_min_size(rect.min, vec2(rect.width() - SWITCH_WIDTH - GRID, FIELD_HEIGHT));
    let switch = Rect::from_min_size(field.right_top() + vec2(GRID, 0.0), vec2(SWITCH_WIDTH, FIELD_HEIGHT));
    let played =
        switch::show(ui, switch, "Hear", plays_choice).on_hover_text("Play the sound that is chosen in the list");
    let switched = played.clicked().then_some(BrowserAction::PlayChoice(!plays_choice));
    search_field(ui, field, search, "Search sounds");
    let list = rect.with_min_y(field.max.y + GRID);
    let Some(catalogue) = catalogue else {
        paint_remark(ui, list, "Loading the pack …");
        return None;
    };
    let rows = rows_of(catalogue, search);
    if rows.is_empty() {
        paint_remark(ui, list, "No sound has that in its name.");
    }
    let mut action = switched;
    let sounds = rows.iter().enumerate().filter_map(|(place, row)| match row {
        Row::Sound(sound) => Some((sound.name.as_str(), place, *sound)),
        Row::Category(..) => None,
    });
    let mut neighbours = Neighbours::new(ui, sounds);
    scrolled(list, "sounds").show_rows(&mut child(ui, list), ROW_HEIGHT, rows.len(), |ui, range| {
        for row in &rows[range] {
            let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
            match row {
                Row::Category(name, count) => paint_category(ui, rect, name, *count),
                Row::Sound(sound) => {
                    let row = sound_row(ui, rect, sound, sound.name == current);
                    neighbours.follow(ui, rect, &sound.name);
                    action = action.take().or(row);
                }
            }
        }
    });
    action.or(neighbours.chosen.map(|sound| BrowserAction::Send(dragged(sound), Target::Knobs)))
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

fn sound_row(ui: &mut Ui, rect: Rect, sound: &NamedSound, is_current: bool) -> Option<BrowserAction> {
    sendable(ui, rect, &sound.name, is_current, || dragged(sound))
}

fn dragged(sound: &NamedSound) -> Dragged {
    Dragged::Sound { name: sound.name.clone(), latent: sound.latent }
}
