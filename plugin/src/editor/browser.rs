//! The browser: the pack's sounds by category with search, the machine's audio files, and the packs. A click goes to a sound
//! with the knobs, A B C D put it on a corner, dragging does either.

mod packs;

use std::path::{Path, PathBuf};

use egui::{Align2, Rect, Response, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use engine::pack::NamedSound;

use super::drag::Dragged;
use super::theme::{self, AMBER, DIM, FAINT, TEAL, TEXT};
use crate::catalogue::Catalogue;
use crate::folder::{Entry, Listing};
use crate::library::PackEntry;
use crate::target::CORNERS;
use crate::target::{Target, corner_letter};

pub(super) const ROW: f32 = 24.0;
const TAB: f32 = 28.0;

/// Which list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The pack's sounds.
    Sounds,
    /// Audio files.
    Files,
    /// Model packs.
    Packs,
}

/// What the user asked for.
pub enum BrowserAction {
    /// Put this there.
    Send(Dragged, Target),
    /// Show this folder.
    Open(PathBuf),
    /// List the packs.
    ListPacks,
    /// Play this pack.
    Change(PackEntry),
    /// Take this pack into the library and play it.
    Add(PathBuf),
}

/// The browser's own state.
pub struct Browser {
    /// The list that is shown.
    pub tab: Tab,
    search: String,
    listing: Option<Listing>,
    asked: bool,
    packs: Option<Vec<PackEntry>>,
    asked_packs: bool,
}

impl Default for Browser {
    fn default() -> Self {
        Self { tab: Tab::Sounds, search: String::new(), listing: None, asked: false, packs: None, asked_packs: false }
    }
}

impl Browser {
    /// Takes a folder's listing over.
    pub fn set_listing(&mut self, listing: Listing) {
        self.listing = Some(listing);
    }

    /// Takes the list of packs over.
    pub fn set_packs(&mut self, packs: Vec<PackEntry>) {
        self.packs = Some(packs);
    }

    /// Draws the browser. `current` is the name of the sound on the knobs, `folder` where the user's packs lie.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        catalogue: Option<&Catalogue>,
        current: &str,
        folder: &Path,
    ) -> Option<BrowserAction> {
        theme::panel(ui.painter(), rect, "");
        let room = rect.shrink(8.0);
        self.tabs(ui, Rect::from_min_size(room.min, vec2(room.width(), TAB)));
        let list = room.with_min_y(room.min.y + TAB + 8.0);
        match self.tab {
            Tab::Sounds => self.sounds(ui, list, catalogue, current),
            Tab::Files => self.files(ui, list),
            Tab::Packs => self.packs(ui, list, catalogue, folder),
        }
    }

    fn tabs(&mut self, ui: &Ui, rect: Rect) {
        let tabs = [(Tab::Sounds, "Sounds"), (Tab::Files, "Files"), (Tab::Packs, "Packs")];
        for (cell, (tab, name)) in super::layout::cells(rect, tabs.len()).zip(tabs) {
            let response = ui.interact(cell, ui.scope_id().with(("tab", name)), Sense::click());
            response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, self.tab == tab, name));
            if response.clicked() {
                self.tab = tab;
                // What lies in the folder may have changed since.
                self.asked_packs = false;
            }
            let chosen = ui.ctx().animate_bool(response.id, self.tab == tab);
            let color = (if response.hovered() { DIM } else { FAINT }).lerp_to_gamma(TEXT, chosen);
            ui.painter().text(cell.center(), Align2::CENTER_CENTER, name, theme::bold(13.0), color);
            let line = Stroke::new(2.0, theme::LINE.lerp_to_gamma(AMBER, chosen));
            ui.painter().hline(cell.x_range(), cell.max.y - 1.0, line);
        }
    }

    fn sounds(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        catalogue: Option<&Catalogue>,
        current: &str,
    ) -> Option<BrowserAction> {
        let field = Rect::from_min_size(rect.min, vec2(rect.width(), 26.0));
        let hint = egui::RichText::new("Search").color(FAINT);
        let search = egui::TextEdit::singleline(&mut self.search).hint_text(hint).margin(egui::Margin::symmetric(8, 4));
        let response = ui.put(field, search);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, true, "Search sounds"));
        let list = rect.with_min_y(field.max.y + 8.0);
        let Some(catalogue) = catalogue else {
            paint_remark(ui, list, "Loading the pack …");
            return None;
        };
        let rows = rows_of(catalogue, &self.search);
        if rows.is_empty() {
            paint_remark(ui, list, "No sound has that in its name.");
        }
        let mut action = None;
        scrolled(list, "sounds").show_rows(&mut child(ui, list), ROW, rows.len(), |ui, range| {
            for row in &rows[range] {
                let rect = ui.allocate_space(vec2(ui.available_width(), ROW)).1;
                match row {
                    Row::Category(name, count) => paint_category(ui, rect, name, *count),
                    Row::Sound(sound) => action = action.take().or(sound_row(ui, rect, sound, sound.name == current)),
                }
            }
        });
        action
    }

    fn files(&mut self, ui: &mut Ui, rect: Rect) -> Option<BrowserAction> {
        let Some(listing) = &self.listing else {
            return (!std::mem::replace(&mut self.asked, true)).then(|| BrowserAction::Open(crate::folder::home()));
        };
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 26.0));
        let list = rect.with_min_y(bar.max.y + 8.0);
        let mut action = folder_bar(ui, bar, &listing.folder);
        let entries = match &listing.entries {
            Ok(entries) => entries,
            Err(error) => {
                paint_remark(ui, list, error);
                return action;
            }
        };
        if entries.is_empty() {
            paint_remark(ui, list, "No folders, no WAV, AIFF or FLAC files and no packs here.");
        }
        scrolled(list, "files").show_rows(&mut child(ui, list), ROW, entries.len(), |ui, range| {
            for entry in &entries[range] {
                let rect = ui.allocate_space(vec2(ui.available_width(), ROW)).1;
                action = action.take().or(match entry {
                    Entry::Folder(path) => folder_row(ui, rect, path),
                    Entry::Audio(path) => file_row(ui, rect, path),
                    Entry::Pack(path) => pack_row(ui, rect, path),
                });
            }
        });
        action
    }

    fn packs(&mut self, ui: &mut Ui, rect: Rect, now: Option<&Catalogue>, folder: &Path) -> Option<BrowserAction> {
        let asked = std::mem::replace(&mut self.asked_packs, true);
        let action = packs::show(ui, rect, self.packs.as_deref(), now, folder);
        action.or((!asked).then_some(BrowserAction::ListPacks))
    }
}

enum Row<'a> {
    Category(&'a str, usize),
    Sound(&'a NamedSound),
}

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

pub(super) fn child(ui: &mut Ui, rect: Rect) -> Ui {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing.y = 0.0;
    child
}

pub(super) fn scrolled(rect: Rect, name: &str) -> ScrollArea {
    ScrollArea::vertical().id_salt(name).max_height(rect.height()).auto_shrink(false)
}

fn paint_category(ui: &Ui, rect: Rect, name: &str, count: usize) {
    let painter = ui.painter();
    let y = rect.max.y - 7.0;
    painter.text(pos2(rect.min.x + 4.0, y), Align2::LEFT_CENTER, name.to_uppercase(), theme::bold(10.5), AMBER);
    painter.text(pos2(rect.max.x - 8.0, y), Align2::RIGHT_CENTER, count.to_string(), theme::body(10.5), FAINT);
}

pub(super) fn paint_remark(ui: &Ui, rect: Rect, text: &str) {
    let galley = ui.painter().layout(text.to_owned(), theme::body(12.0), FAINT, rect.width() - 16.0);
    ui.painter().galley(rect.min + vec2(8.0, 8.0), galley, FAINT);
}

fn sound_row(ui: &mut Ui, rect: Rect, sound: &NamedSound, is_current: bool) -> Option<BrowserAction> {
    let what = || Dragged::Sound { name: sound.name.clone(), latent: sound.latent };
    sendable(ui, rect, &sound.name, is_current, what)
}

fn file_row(ui: &mut Ui, rect: Rect, path: &Path) -> Option<BrowserAction> {
    sendable(ui, rect, &file_name(path), false, || Dragged::File(path.to_owned()))
}

/// A row that can go to the knobs or to a corner.
fn sendable(
    ui: &mut Ui,
    rect: Rect,
    name: &str,
    is_current: bool,
    what: impl Fn() -> Dragged,
) -> Option<BrowserAction> {
    let response = ui.interact(rect, ui.scope_id().with(("row", name)), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_current, name));
    if response.drag_started() {
        response.dnd_set_drag_payload(what());
    }
    let near = ui.rect_contains_pointer(rect) && egui::DragAndDrop::payload::<Dragged>(ui.ctx()).is_none();
    let letters = if near { 4.0 * 20.0 + 4.0 } else { 0.0 };
    paint_row(ui, rect, name, is_current, near, letters);
    let corner = if near { corner_buttons(ui, rect, name) } else { None };
    if let Some(corner) = corner {
        return Some(BrowserAction::Send(what(), Target::Corner(corner)));
    }
    response.clicked().then(|| BrowserAction::Send(what(), Target::Knobs))
}

pub(super) fn paint_row(ui: &Ui, rect: Rect, name: &str, is_current: bool, near: bool, reserved: f32) {
    let painter = ui.painter();
    if near || is_current {
        let fill = if is_current { theme::faded(AMBER, 0.16) } else { theme::RAISED };
        painter.rect_filled(rect.with_max_x(rect.max.x - 4.0), theme::ITEM_ROUND, fill);
    }
    let color = if is_current {
        AMBER
    } else if near {
        TEXT
    } else {
        DIM
    };
    let place = pos2(rect.min.x + 10.0, rect.center().y);
    theme::clipped_text(
        painter,
        place,
        Align2::LEFT_CENTER,
        name,
        theme::body(13.0),
        color,
        rect.width() - 24.0 - reserved,
    );
}

fn corner_buttons(ui: &Ui, row: Rect, name: &str) -> Option<usize> {
    let mut chosen = None;
    for corner in 0..CORNERS {
        let x = row.max.x - 8.0 - 20.0 * (CORNERS - corner) as f32;
        let rect = Rect::from_min_size(pos2(x, row.min.y + 3.0), vec2(18.0, 18.0));
        let letter = corner_letter(corner);
        let response = ui.interact(rect, ui.scope_id().with(("corner", name, corner)), Sense::click());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Put {name} on corner {letter}"))
        });
        let fill = if response.hovered() { TEAL } else { theme::faded(TEAL, 0.18) };
        let ink = if response.hovered() { theme::WELL } else { TEAL };
        ui.painter().rect_filled(rect, theme::ITEM_ROUND, fill);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, letter, theme::bold(11.0), ink);
        if response.clicked() {
            chosen = Some(corner);
        }
    }
    chosen
}

fn folder_bar(ui: &Ui, rect: Rect, folder: &Path) -> Option<BrowserAction> {
    let (up, name) = rect.split_left_right_at_x(rect.min.x + 28.0);
    let response = ui.interact(up, ui.scope_id().with("folder up"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Folder above"));
    let color = if response.hovered() { AMBER } else { DIM };
    let tip = up.center() - vec2(0.0, 5.0);
    let arrow =
        [(vec2(-4.0, 4.0), vec2(0.0, 0.0)), (vec2(4.0, 4.0), vec2(0.0, 0.0)), (vec2(0.0, 11.0), vec2(0.0, 0.0))];
    for (from, to) in arrow {
        ui.painter().line_segment([tip + from, tip + to], Stroke::new(1.5, color));
    }
    let place = pos2(name.min.x + 4.0, name.center().y);
    theme::clipped_text(
        ui.painter(),
        place,
        Align2::LEFT_CENTER,
        &file_name(folder),
        theme::bold(12.0),
        TEXT,
        name.width(),
    );
    let parent = folder.parent()?;
    response.clicked().then(|| BrowserAction::Open(parent.to_owned()))
}

fn folder_row(ui: &Ui, rect: Rect, path: &Path) -> Option<BrowserAction> {
    let name = file_name(path);
    let response: Response = ui.interact(rect, ui.scope_id().with(("folder", path)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    paint_row(ui, rect, &format!("{name} ›"), false, response.hovered(), 0.0);
    response.clicked().then(|| BrowserAction::Open(path.to_owned()))
}

fn pack_row(ui: &Ui, rect: Rect, path: &Path) -> Option<BrowserAction> {
    let name = file_name(path);
    let response: Response = ui.interact(rect, ui.scope_id().with(("pack file", path)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Use the pack {name}")));
    paint_row(ui, rect, &name, false, response.hovered(), 0.0);
    response.clicked().then(|| BrowserAction::Add(path.to_owned()))
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
