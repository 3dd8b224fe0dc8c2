//! The browser's list of presets: the built-in ones, then the user's, each by category, narrowed by the search field and to favourites. A
//! click or Enter loads one; a row in use has buttons for its mark, its name and the trash. Main thread; files are read and written by jobs.

use egui::{Key, Rect, Sense, Ui, vec2};
use engine::presets::{PresetEntry, PresetListing, Query};

use super::neighbours::Neighbours;
use super::preset_row::{self, RowAction};
use super::row::{Look, ROW_HEIGHT, paint, paint_category, row_id};
use super::{BrowserAction, FIELD_HEIGHT, PresetAction, child, paint_remark, scrolled, search_field};
use crate::editor::button::button;
use crate::editor::switch;
use crate::editor::theme::GRID;
use crate::jobs::PresetJob;

/// Width in points of the switches beside the search field.
const HEAR_WIDTH: f32 = 52.0;
const STARS_WIDTH: f32 = 46.0;
/// Height in points of the buttons below the list.
const FOOT: f32 = 28.0;

/// What the list remembers from frame to frame.
#[derive(Default)]
pub struct Presets {
    /// The presets that there are; none before they were listed.
    pub listing: Option<PresetListing>,
    /// Whether they were asked for since the list was opened.
    pub has_asked: bool,
    search: String,
    favourites_only: bool,
}

enum Row<'a> {
    /// A category, with how many of its presets are shown.
    Category(String, usize),
    /// A preset with its id.
    Preset(&'a PresetEntry, String),
    /// What is wrong with a file.
    Fault(&'a str),
}

impl Presets {
    /// Draws search field, list and buttons. `current` is the id of the preset that the project came from.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, current: &str, plays_choice: bool) -> Option<BrowserAction> {
        let asked = std::mem::replace(&mut self.has_asked, true);
        let mut action = (!asked).then_some(run(PresetJob::List));
        let (head, rest) = rect.split_top_bottom_at_y(rect.min.y + FIELD_HEIGHT);
        action = self.head(ui, head, plays_choice).or(action);
        let (list, foot) = rest.with_min_y(rest.min.y + GRID).split_top_bottom_at_y(rest.max.y - FOOT);
        action = buttons(ui, foot).or(action);
        self.list(ui, list.with_max_y(list.max.y - GRID), current).or(action)
    }

    fn head(&mut self, ui: &mut Ui, rect: Rect, plays_choice: bool) -> Option<BrowserAction> {
        let hear = Rect::from_min_max(rect.max - vec2(HEAR_WIDTH, rect.height()), rect.max);
        let stars = Rect::from_min_size(hear.min - vec2(STARS_WIDTH + GRID, 0.0), vec2(STARS_WIDTH, rect.height()));
        search_field(ui, rect.with_max_x(stars.min.x - GRID), &mut self.search, "Search presets");
        let narrowed = switch::show(ui, stars, "Fav", self.favourites_only).on_hover_text("Show favourites alone");
        if narrowed.clicked() {
            self.favourites_only = !self.favourites_only;
        }
        let played = switch::show(ui, hear, "Hear", plays_choice).on_hover_text("Play the preset that is loaded");
        played.clicked().then_some(BrowserAction::PlayChoice(!plays_choice))
    }

    fn list(&self, ui: &mut Ui, rect: Rect, current: &str) -> Option<BrowserAction> {
        let Some(listing) = &self.listing else {
            paint_remark(ui, rect, "Reading the presets …");
            return None;
        };
        let rows = self.rows(listing);
        if rows.is_empty() {
            paint_remark(ui, rect, "No preset is like that.");
        }
        let presets = rows.iter().enumerate().filter_map(|(place, row)| match row {
            Row::Preset(entry, id) => Some((id.as_str(), place, *entry)),
            Row::Category(..) | Row::Fault(_) => None,
        });
        let mut neighbours = Neighbours::new(ui, presets);
        let mut action = None;
        scrolled(rect, "presets").show_rows(&mut child(ui, rect), ROW_HEIGHT, rows.len(), |ui, range| {
            for row in &rows[range] {
                let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
                match row {
                    Row::Category(name, count) => paint_category(ui, rect, name, *count),
                    Row::Preset(entry, id) => {
                        let asked = preset_row::show(ui, rect, entry, id, id == current).or_else(|| keys(ui, id));
                        neighbours.follow(ui, rect, id);
                        action = action.take().or(asked.map(|asked| action_of(asked, entry)));
                    }
                    Row::Fault(fault) => fault_row(ui, rect, fault),
                }
            }
        });
        action.or(neighbours.chosen.map(|entry| run(PresetJob::Load(entry.place.clone()))))
    }

    /// What search field and switch look for.
    pub fn query(&self) -> Query {
        Query { text: self.search.clone(), favourites_only: self.favourites_only, ..Query::default() }
    }

    /// The presets that are looked for below their categories, and at the end the files that are none.
    fn rows<'a>(&self, listing: &'a PresetListing) -> Vec<Row<'a>> {
        let query = self.query();
        let found: Vec<&PresetEntry> = listing.entries.iter().filter(|entry| query.matches(entry)).collect();
        let mut rows = Vec::new();
        for group in found.chunk_by(|a, b| heading(a) == heading(b)) {
            rows.push(Row::Category(heading(group[0]), group.len()));
            rows.extend(group.iter().map(|entry| Row::Preset(entry, entry.place.id())));
        }
        let words = self.search.to_lowercase();
        let is_sought = |fault: &&String| words.split_whitespace().all(|word| fault.to_lowercase().contains(word));
        let faults: Vec<&String> = listing.faults.iter().filter(is_sought).filter(|_| !self.favourites_only).collect();
        if !faults.is_empty() {
            rows.push(Row::Category("Not readable".to_owned(), faults.len()));
            rows.extend(faults.into_iter().map(|fault| Row::Fault(fault)));
        }
        rows
    }
}

/// What a preset is listed under.
fn heading(entry: &PresetEntry) -> String {
    let category = entry.label.category.trim();
    match (entry.place.file().is_some(), category.is_empty()) {
        (true, true) => "Yours".to_owned(),
        (true, false) => format!("Yours · {category}"),
        (false, _) => category.to_owned(),
    }
}

fn action_of(asked: RowAction, entry: &PresetEntry) -> BrowserAction {
    let place = || entry.place.clone();
    match asked {
        RowAction::Load => run(PresetJob::Load(place())),
        RowAction::Mark => run(PresetJob::Mark(place(), !entry.is_favourite)),
        RowAction::Rename => BrowserAction::Preset(PresetAction::Rename(Box::new(entry.clone()))),
        RowAction::Delete => run(PresetJob::Delete(place())),
    }
}

/// A file that is no preset: what is wrong with it, whole in a tooltip.
fn fault_row(ui: &Ui, rect: Rect, fault: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("fault", fault)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, false, fault));
    paint(ui, rect, fault, Look::Off, 0.0);
}

fn run(job: PresetJob) -> BrowserAction {
    BrowserAction::Preset(PresetAction::Run(job))
}

/// F2 and Delete on the row that has the focus.
fn keys(ui: &Ui, id: &str) -> Option<RowAction> {
    if !ui.memory(|memory| memory.has_focus(row_id(ui, id))) {
        return None;
    }
    let keys = [(Key::F2, RowAction::Rename), (Key::Delete, RowAction::Delete)];
    keys.into_iter().find(|(key, _)| ui.input(|input| input.key_pressed(*key))).map(|(_, action)| action)
}

fn buttons(ui: &Ui, rect: Rect) -> Option<BrowserAction> {
    let (left, right) = rect.split_left_right_at_fraction(0.4);
    let save = button(ui, left.with_max_x(left.max.x - GRID / 2.0), "Save", true);
    let save = save.on_hover_text("Save over the preset that was loaded; a built-in one under another name");
    let save_as = button(ui, right.with_min_x(right.min.x + GRID / 2.0), "Save as …", true);
    let save_as = save_as.on_hover_text("Save what is heard now as a new preset");
    let saved = save.clicked().then_some(PresetAction::Save);
    saved.or(save_as.clicked().then_some(PresetAction::SaveAs)).map(BrowserAction::Preset)
}
