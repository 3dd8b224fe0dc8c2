//! The strip below the large knobs: tabs, and the panels of the open one. Everything in it is drawn from [`tables`]. Main thread.

mod matrix;
mod prime;
mod seed;
pub mod tables;
mod tuning;

use egui::{Color32, Rect, Ui, pos2, vec2};
use engine::params::{PadPath, Routes, StepLevels};
use engine::tuning::Tuning;

use super::choice;
use super::envelope;
use super::filter;
use super::gestures::ParamGestures;
use super::knob::{self, Knob};
use super::layout::cells;
use super::path;
use super::steps;
use super::tabs::tab_button;
use super::theme::{self, GRID};
use super::typing::Typing;
use crate::params::ParamId;
use crate::project::StripTab;
use tables::{Control, Kind, Panel, Picture};

pub use prime::{PrimeAction, PrimeState};
pub use tuning::TuningAction;

/// Height of the tabs, and width of one, in points.
const TABS: f32 = 26.0;
const TAB_WIDTH: f32 = 74.0;
/// Radius of knobs in points, in panels of one row and of two.
const LARGE: f32 = 24.0;
const SMALL: f32 = 14.5;
/// Points between a panel's edge and what is in it, at the sides, below its heading and at the bottom.
const SIDE: f32 = 8.0;
const HEAD: f32 = 25.0;
const FOOT: f32 = 3.0;
/// Colour of knobs that belong to neither the knobs' sound nor the pad's.
const NEUTRAL: Color32 = Color32::from_rgb(0xe4, 0xc9, 0xa4);

/// What the user asked for.
pub enum StripAction {
    /// Show this tab.
    Open(StripTab),
    /// Let the routes be these.
    Route(Routes),
    /// Let the levels of the steps be these.
    Steps(StepLevels),
    /// Remove the recorded path.
    RemovePath,
    /// Do something with the tuning.
    Tuning(TuningAction),
    /// Do something with the prime.
    Prime(PrimeAction),
    /// Let chance go by this seed.
    Seed(u64),
}

/// What the strip shows beside the parameters.
pub struct StripState<'a> {
    /// Routes of the matrix.
    pub routes: &'a Routes,
    /// Levels of the steps.
    pub steps: &'a StepLevels,
    /// Recorded path of the pad's point.
    pub path: &'a PadPath,
    /// Scale and keyboard map.
    pub tuning: &'a Tuning,
    /// Seed of what chance decides.
    pub seed: u64,
    /// The prime, where the pack takes one.
    pub prime: Option<PrimeState<'a>>,
}

/// Draws the strip.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    tab: StripTab,
    now: &StripState,
    gestures: &mut ParamGestures,
    typing: &mut Option<Typing>,
) -> Option<StripAction> {
    let (bar, room) = rect.split_top_bottom_at_y(rect.min.y + TABS);
    let bar = bar.with_max_x(bar.min.x + TAB_WIDTH * StripTab::ALL.len() as f32);
    let mut action = None;
    for (cell, choice) in cells(bar, StripTab::ALL.len()).zip(StripTab::ALL) {
        if tab_button(ui, cell, choice.name(), choice == tab).clicked() {
            action = Some(StripAction::Open(choice));
        }
    }
    let beside = Rect::from_min_max(pos2(bar.max.x + GRID, rect.min.y), pos2(rect.max.x, bar.max.y));
    if let (StripTab::Sound, Some(now)) = (tab, now.prime) {
        action = prime::show(ui, beside, now).map(StripAction::Prime).or(action);
    }
    if tab == StripTab::Play {
        action = tuning::show(ui, beside, now.tuning).map(StripAction::Tuning).or(action);
    }
    let room = room.with_min_y(room.min.y + 4.0);
    for (place, panel) in places(room, tables::panels(tab)) {
        theme::panel(ui.painter(), place, panel.heading);
        if panel.heading == tables::VARIATION {
            action = seed::show(ui, place, now.seed).map(StripAction::Seed).or(action);
        }
        let inside = Rect::from_min_max(place.min + vec2(SIDE, HEAD), place.max - vec2(SIDE, FOOT));
        let share = panel.picture_cells / (panel.picture_cells + panel.columns as f32);
        let (picture, controls) = inside.split_left_right_at_fraction(share);
        let well = picture.with_max_y(picture.max.y - 6.0);
        match &panel.picture {
            Picture::None => {}
            Picture::Envelope(stages) => envelope::show(ui, well.with_max_x(well.max.x - SIDE), stages, gestures),
            Picture::SmallEnvelope(stages) => {
                envelope::picture(ui, well.with_max_x(well.max.x - 4.0), stages, gestures)
            }
            Picture::Filter => filter::show(ui, well.with_max_x(well.max.x - SIDE), gestures),
            Picture::Steps => {
                let count = ParamId::named("steps_count").map_or(0.0, |id| gestures.plain(id));
                let drawn = steps::show(ui, well.with_max_x(well.max.x - SIDE), now.steps, count.round() as usize);
                action = drawn.map(StripAction::Steps).or(action);
            }
            Picture::Path => {
                if path::picture(ui, well.with_max_x(well.max.x - SIDE), now.path) {
                    action = Some(StripAction::RemovePath);
                }
            }
            Picture::Matrix => {
                action = matrix::show(ui, picture, now.routes, gestures, typing).map(StripAction::Route).or(action);
            }
        }
        show_controls(ui, controls, panel, gestures, typing);
    }
    action
}

/// The panels side by side; each has the width of its cells, all of which are equally wide.
fn places(room: Rect, panels: &'static [Panel]) -> impl Iterator<Item = (Rect, &'static Panel)> {
    let cells_of = |panel: &Panel| panel.picture_cells + panel.columns as f32;
    let all_cells: f32 = panels.iter().map(cells_of).sum();
    let edges = GRID * (panels.len() - 1) as f32 + 2.0 * SIDE * panels.len() as f32;
    let cell = (room.width() - edges) / all_cells;
    let mut left = room.min.x;
    panels.iter().map(move |panel| {
        let width = cell * cells_of(panel) + 2.0 * SIDE;
        let place = Rect::from_min_size(pos2(left, room.min.y), vec2(width, room.height()));
        left += width + GRID;
        (place, panel)
    })
}

fn show_controls(ui: &mut Ui, room: Rect, panel: &Panel, gestures: &mut ParamGestures, typing: &mut Option<Typing>) {
    let rows = panel.controls.len().div_ceil(panel.columns.max(1));
    let radius = if rows > 1 { SMALL } else { LARGE };
    for (row, controls) in panel.controls.chunks(panel.columns.max(1)).enumerate() {
        let height = room.height() / rows as f32;
        let line = Rect::from_min_size(room.min + vec2(0.0, height * row as f32), vec2(room.width(), height));
        // A single row stands in the middle of its panel.
        let line = Rect::from_center_size(line.center(), vec2(line.width(), knob::height(radius)));
        for (cell, control) in cells(line, panel.columns).zip(controls) {
            show_control(ui, cell, control, radius, gestures, typing);
        }
    }
}

fn show_control(
    ui: &mut Ui,
    cell: Rect,
    control: &Control,
    radius: f32,
    gestures: &mut ParamGestures,
    typing: &mut Option<Typing>,
) {
    let Some(id) = ParamId::named(control.id) else { return };
    let label = control.label;
    match control.kind {
        Kind::Choice(face) => choice::show(ui, cell, id, label, radius, face, gestures),
        Kind::Knob | Kind::FromMiddle => {
            let from_middle = control.kind == Kind::FromMiddle;
            Knob { id, label, color: NEUTRAL, radius, from_middle }.show(ui, cell, gestures, typing);
        }
    }
}
