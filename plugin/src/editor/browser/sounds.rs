//! The browser's list of the pack's sounds, by category and narrowed by the search field. Main thread.

use egui::{Align2, EventFilter, Key, Margin, Rect, Ui, pos2, vec2};
use engine::pack::NamedSound;

use super::row::{ROW_HEIGHT, row_id, sendable};
use super::{BrowserAction, FIELD_HEIGHT, child, paint_remark, scrolled};
use crate::catalogue::Catalogue;
use crate::editor::drag::Dragged;
use crate::editor::name;
use crate::editor::switch;
use crate::editor::theme::{self, AMBER, FAINT, GRID};
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
    let mut action = switched;
    let mut neighbours = Neighbours::new(ui, &rows);
    scrolled(list, "sounds").show_rows(&mut child(ui, list), ROW_HEIGHT, rows.len(), |ui, range| {
        for row in &rows[range] {
            let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
            match row {
                Row::Category(name, count) => paint_category(ui, rect, name, *count),
                Row::Sound(sound) => {
                    let row = sound_row(ui, rect, sound, sound.name == current);
                    neighbours.follow(ui, rect, sound);
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

fn paint_category(ui: &Ui, rect: Rect, category: &str, count: usize) {
    let y = rect.max.y - 7.0;
    let count_place = pos2(rect.max.x - GRID, y);
    let count = ui.painter().text(count_place, Align2::RIGHT_CENTER, count.to_string(), theme::body(10.5), FAINT);
    let place = pos2(rect.min.x + 4.0, y);
    let width = count.min.x - place.x - GRID;
    name::show(ui, place, Align2::LEFT_CENTER, &category.to_uppercase(), theme::bold(10.5), AMBER, width);
}

fn sound_row(ui: &mut Ui, rect: Rect, sound: &NamedSound, is_current: bool) -> Option<BrowserAction> {
    sendable(ui, rect, &sound.name, is_current, || dragged(sound))
}

fn dragged(sound: &NamedSound) -> Dragged {
    Dragged::Sound { name: sound.name.clone(), latent: sound.latent }
}

/// Arrow keys in the list: from the sound that has the focus to the one above or below it, which is chosen.
struct Neighbours<'a> {
    sounds: Vec<(&'a NamedSound, usize)>,
    /// Sounds down, or up below 0.
    step: isize,
    chosen: Option<&'a NamedSound>,
}

impl<'a> Neighbours<'a> {
    fn new(ui: &Ui, rows: &[Row<'a>]) -> Self {
        let presses = |key| ui.input(|input| input.num_presses(key)) as isize;
        let sounds = rows.iter().enumerate().filter_map(|(place, row)| match row {
            Row::Sound(sound) => Some((*sound, place)),
            Row::Category(..) => None,
        });
        Self { sounds: sounds.collect(), step: presses(Key::ArrowDown) - presses(Key::ArrowUp), chosen: None }
    }

    /// Moves on if the row of `sound`, at `rect`, has the focus.
    fn follow(&mut self, ui: &Ui, rect: Rect, sound: &NamedSound) {
        let id = row_id(ui, &sound.name);
        if self.chosen.is_some() || !ui.memory(|memory| memory.has_focus(id)) {
            return;
        }
        // The arrow keys are the list's: egui would move the focus alone.
        let keys = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keys));
        let Some(at) = self.sounds.iter().position(|(known, _)| known.name == sound.name) else { return };
        let Some(next) = at.checked_add_signed(self.step).filter(|next| *next < self.sounds.len() && *next != at)
        else {
            return;
        };
        let ((_, from), (chosen, to)) = (self.sounds[at], self.sounds[next]);
        let down = (to as f32 - from as f32) * ROW_HEIGHT;
        ui.scroll_to_rect(rect.translate(vec2(0.0, down)), None);
        ui.memory_mut(|memory| memory.request_focus(row_id(ui, &chosen.name)));
        self.chosen = Some(chosen);
    }
}
