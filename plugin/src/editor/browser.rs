//! The browser at the left of the window: the pack's sounds by category with search, presets, the machine's audio files, and the packs. A
//! click sends a sound or file to the knobs, the letters A B C D beside it put it on a corner, dragging does either; a click on a preset
//! loads it. Main thread; folders, presets and packs are listed by jobs.

mod files;
mod neighbours;
mod packs;
mod preset_row;
mod presets;
mod row;
mod sounds;

use std::path::{Path, PathBuf};

use egui::{Margin, Rect, Response, ScrollArea, Ui, UiBuilder, vec2};
use engine::presets::{PresetEntry, PresetListing, Query};

use super::drag::Dragged;
use super::tabs::tab_button;
use super::theme::{self, FAINT, GRID};
use crate::catalogue::Catalogue;
use crate::folder::Listing;
use crate::jobs::PresetJob;
use crate::library::PackEntry;
use crate::target::Target;
use presets::Presets;

/// Height of the tabs in points.
const TAB_HEIGHT: f32 = 28.0;
/// Height in points of the search field, and of the line that names the folder.
const FIELD_HEIGHT: f32 = 26.0;

/// Which list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The pack's sounds.
    Sounds,
    /// Presets.
    Presets,
    /// Audio files.
    Files,
    /// Model packs.
    Packs,
}

/// What the user asked for.
pub enum BrowserAction {
    /// Put this there.
    Send(Dragged, Target),
    /// Play chosen sounds, or not.
    PlayChoice(bool),
    /// Show this folder.
    Open(PathBuf),
    /// List the packs.
    ListPacks,
    /// Play this pack.
    Change(PackEntry),
    /// Take this pack into the library and play it.
    Add(PathBuf),
    /// Take a scale or a keyboard map.
    Tune(PathBuf),
    /// Do this with presets.
    Preset(PresetAction),
}

/// What the user asked for in the list of presets.
pub enum PresetAction {
    /// Have this done.
    Run(PresetJob),
    /// Save the present sound over its preset.
    Save,
    /// Ask for a name, and save the present sound as a new preset.
    SaveAs,
    /// Ask for another name of a preset.
    Rename(Box<PresetEntry>),
}

/// What the browser shows.
#[derive(Debug, Clone, Copy)]
pub struct BrowserState<'a> {
    /// The loaded pack's sounds.
    pub catalogue: Option<&'a Catalogue>,
    /// Name of the sound on the knobs.
    pub current: &'a str,
    /// Where the user's packs lie.
    pub folder: &'a Path,
    /// Whether a chosen sound or preset is played.
    pub plays_choice: bool,
    /// Id of the preset that the project came from.
    pub preset: &'a str,
}

/// What the browser remembers from frame to frame.
pub struct Browser {
    /// The list that is shown.
    pub tab: Tab,
    search: String,
    presets: Presets,
    listing: Option<Listing>,
    has_asked_for_folder: bool,
    packs: Option<Vec<PackEntry>>,
    has_asked_for_packs: bool,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            tab: Tab::Sounds,
            search: String::new(),
            presets: Presets::default(),
            listing: None,
            has_asked_for_folder: false,
            packs: None,
            has_asked_for_packs: false,
        }
    }
}

impl Browser {
    /// Shows the files, with a folder whose listing is on its way.
    pub fn expect_folder(&mut self) {
        self.tab = Tab::Files;
        self.has_asked_for_folder = true;
    }

    /// Takes a folder's listing over.
    pub fn set_listing(&mut self, listing: Listing) {
        self.listing = Some(listing);
    }

    /// Takes the list of packs over.
    pub fn set_packs(&mut self, packs: Vec<PackEntry>) {
        self.packs = Some(packs);
    }

    /// Takes the list of presets over.
    pub fn set_presets(&mut self, listing: PresetListing) {
        self.presets.listing = Some(listing);
    }

    /// The presets, as far as they are listed.
    pub fn presets(&self) -> &[PresetEntry] {
        self.presets.listing.as_ref().map_or(&[], |listing| &listing.entries)
    }

    /// Which presets are shown; all while another list is.
    pub fn preset_query(&self) -> Query {
        if self.tab == Tab::Presets { self.presets.query() } else { Query::default() }
    }

    /// Draws the browser.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, now: &BrowserState<'_>) -> Option<BrowserAction> {
        let BrowserState { catalogue, current, folder, plays_choice, preset } = *now;
        theme::panel(ui.painter(), rect, "");
        let room = rect.shrink(GRID);
        self.tabs(ui, Rect::from_min_size(room.min, vec2(room.width(), TAB_HEIGHT)));
        let list = room.with_min_y(room.min.y + TAB_HEIGHT + GRID);
        match self.tab {
            Tab::Sounds => sounds::show(ui, list, &mut self.search, catalogue, current, plays_choice),
            Tab::Presets => self.presets.show(ui, list, preset, plays_choice),
            Tab::Files => self.files(ui, list),
            Tab::Packs => self.packs(ui, list, catalogue, folder),
        }
    }

    fn tabs(&mut self, ui: &Ui, rect: Rect) {
        let tabs = [(Tab::Sounds, "Sounds"), (Tab::Presets, "Presets"), (Tab::Files, "Files"), (Tab::Packs, "Packs")];
        for (cell, (tab, name)) in super::layout::cells(rect, tabs.len()).zip(tabs) {
            if tab_button(ui, cell, name, self.tab == tab).clicked() {
                self.tab = tab;
                // The user may have put packs and presets into their folders since they were listed.
                self.has_asked_for_packs = false;
                self.presets.has_asked = false;
            }
        }
    }

    /// The folder that was listed last; asks for the user's home when there is none yet.
    fn files(&mut self, ui: &mut Ui, rect: Rect) -> Option<BrowserAction> {
        let Some(listing) = &self.listing else {
            let asked = std::mem::replace(&mut self.has_asked_for_folder, true);
            return (!asked).then(|| BrowserAction::Open(engine::folders::home()));
        };
        files::show(ui, rect, listing)
    }

    fn packs(&mut self, ui: &mut Ui, rect: Rect, now: Option<&Catalogue>, folder: &Path) -> Option<BrowserAction> {
        let asked = std::mem::replace(&mut self.has_asked_for_packs, true);
        let action = packs::show(ui, rect, self.packs.as_deref(), now, folder);
        action.or((!asked).then_some(BrowserAction::ListPacks))
    }
}

/// The field for what is looked for; `label` is for screen readers.
fn search_field(ui: &mut Ui, rect: Rect, search: &mut String, label: &str) -> Response {
    let hint = egui::RichText::new("Search").color(FAINT);
    let response = ui.put(rect, egui::TextEdit::singleline(search).hint_text(hint).margin(Margin::symmetric(8, 4)));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, true, label));
    response
}

/// A place for a list: what is drawn in it is clipped to `rect`, rows follow each other without gaps.
fn child(ui: &mut Ui, rect: Rect) -> Ui {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing.y = 0.0;
    child
}

/// A list that scrolls in `rect`. `id` tells lists apart, so that each keeps its place.
fn scrolled(rect: Rect, id: impl egui::AsIdSalt) -> ScrollArea {
    ScrollArea::vertical().id_salt(id).max_height(rect.height()).auto_shrink(false)
}

fn paint_remark(ui: &Ui, rect: Rect, text: &str) {
    let galley = super::name::sentence(ui.ctx(), text, &theme::body(12.0), FAINT, rect.width() - 2.0 * GRID);
    ui.painter().galley(rect.min + vec2(GRID, GRID), galley, FAINT);
}
