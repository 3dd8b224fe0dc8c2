//! The head of the window: mark, the preset, the sound's name, actions, scale, level. Main thread.

use std::borrow::Cow;

use egui::{Align2, Color32, Pos2, Rect, Response, Stroke, Ui, pos2, vec2};

use super::button::{button, ink, sign_button};
use super::layout::{MARGIN, browser_width};
use super::name;
use super::preset_line;
use super::theme::{self, AMBER, FAINT, GRID, RED, TEXT};
use crate::session::PresetTitle;

/// Levels at the meter's ends, in decibels of full scale. Below the lower one a sound of this instrument is hardly heard beside others;
/// the upper one leaves room to see by how much full scale is passed.
const METER_FLOOR_DB: f32 = -48.0;
const METER_CEILING_DB: f32 = 6.0;
/// How fast the bar falls. Between notes a quarter of a second apart that is 15 points of the bar, enough to see each of them.
const FALL_DB_PER_S: f32 = 30.0;
/// Peak that is taken for silence: it is below the meter's lower end, and has a logarithm.
const SILENT_PEAK: f32 = 1e-6;
/// Enlargements of the window that are offered; a screen that needs more scales the window itself.
const SCALES: [f32; 5] = [1.0, 1.25, 1.5, 1.75, 2.0];
/// Width and height of the meter, and width of the scale button, in points.
const METER_WIDTH: f32 = 112.0;
const METER_HEIGHT: f32 = 12.0;
const SCALE_WIDTH: f32 = 64.0;
/// Numbers of takes that can be exported at once, and width of the menu that offers them, in points.
const TAKES: [usize; 4] = [4, 12, 48, 200];
const TAKES_WIDTH: f32 = 196.0;
/// Width of the buttons that undo and redo, in points.
const STEP_WIDTH: f32 = 32.0;
const BUTTON_HEIGHT: f32 = 28.0;
/// From the window's upper edge to the line of the preset, and from the head's lower edge to the middle of the sound's name, in points.
const PRESET_TOP: f32 = 7.0;
const NAMES_BOTTOM: f32 = 13.0;
/// Least width in points of a remark: a shorter one would be nothing but dots.
const LEAST_REMARK: f32 = 60.0;
/// Between the names of the two sounds that are mixed.
const SEPARATOR: &str = " › ";

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// Take the last step back.
    Undo,
    /// Take it again.
    Redo,
    /// Load the preset so many places further in the list.
    StepPreset(isize),
    /// Show the presets.
    ShowPresets,
    /// A random point.
    Random,
    /// A point near this one, or another take of a sound of chance.
    Vary,
    /// Show audio files to import.
    Import,
    /// Write the current sound to a file.
    Export,
    /// Write so many takes of it, which chance makes, to files.
    ExportTakes(usize),
    /// Enlarge the window.
    Scale(f32),
}

/// What the head shows.
pub struct HeaderState<'a> {
    /// The preset that the project came from.
    pub preset: Option<&'a PresetTitle>,
    /// Name of the sound.
    pub name: &'a str,
    /// Name of the sound that it is mixed with.
    pub mixed_with: Option<&'a str>,
    /// What is written behind it, where there is room.
    pub remark: &'a str,
    /// Colour of the sound.
    pub color: Color32,
    /// Names of what would be undone and redone.
    pub steps: &'a [Option<String>; 2],
    /// Seed of the sound, where chance makes it.
    pub seed: Option<u64>,
    /// Whether there is a sound to export.
    pub can_export: bool,
    /// Present scale.
    pub scale: f32,
}

/// The meter's falling bar.
pub struct Meter {
    level_db: f32,
}

impl Default for Meter {
    fn default() -> Self {
        Self { level_db: METER_FLOOR_DB }
    }
}

impl Meter {
    /// Follows a peak: up at once, down slowly.
    pub fn follow(&mut self, peak: f32, elapsed_s: f32) {
        let now_db = engine::units::gain_to_db(peak.max(SILENT_PEAK)).clamp(METER_FLOOR_DB, METER_CEILING_DB);
        self.level_db = now_db.max(self.level_db - FALL_DB_PER_S * elapsed_s).max(METER_FLOOR_DB);
    }

    /// Whether the bar is above its left end.
    pub fn is_moving(&self) -> bool {
        self.level_db > METER_FLOOR_DB
    }

    fn show(&self, ui: &Ui, rect: Rect) {
        let painter = ui.painter();
        theme::well(painter, rect);
        let room = rect.shrink(3.0);
        let place = |level_db: f32| egui::remap_clamp(level_db, METER_FLOOR_DB..=METER_CEILING_DB, 0.0..=1.0);
        let (part, full) = (place(self.level_db), place(0.0));
        let bar = |from: f32, to: f32| {
            Rect::from_x_y_ranges(egui::lerp(room.x_range(), from)..=egui::lerp(room.x_range(), to), room.y_range())
        };
        painter.rect_filled(bar(0.0, part.min(full)), 2.0, AMBER);
        if part > full {
            painter.rect_filled(bar(full, part), 2.0, RED);
        }
        let mark = egui::lerp(room.x_range(), full);
        painter.vline(mark, rect.y_range(), Stroke::new(1.0, theme::faded(TEXT, 0.35)));
    }
}

/// Draws the head.
pub fn show(ui: &mut Ui, rect: Rect, head: &HeaderState<'_>, meter: &Meter) -> Option<Action> {
    let painter = ui.painter();
    let y = rect.center().y;
    theme::mark(painter, pos2(rect.min.x + 34.0, y), 15.0);
    painter.text(pos2(rect.min.x + 60.0, y), Align2::LEFT_CENTER, "HEPTODE", theme::bold(20.0), TEXT);
    let right = rect.max.x - MARGIN;
    let meter_size = vec2(METER_WIDTH, METER_HEIGHT);
    meter.show(ui, Rect::from_center_size(pos2(right - METER_WIDTH / 2.0, y), meter_size));
    let (action, buttons_left) = buttons(ui, right - METER_WIDTH - 2.0 * GRID, y, head);
    // The names begin where the browser below them ends.
    let left = rect.min.x + MARGIN + browser_width(rect.width() - 2.0 * MARGIN) + GRID;
    let width = buttons_left - left - 2.0 * GRID;
    let line = Rect::from_min_size(pos2(left, rect.min.y + PRESET_TOP), vec2(width, preset_line::HEIGHT));
    let asked = match preset_line::show(ui, line, head.preset) {
        Some(preset_line::Action::Step(by)) => Some(Action::StepPreset(by)),
        Some(preset_line::Action::Show) => Some(Action::ShowPresets),
        None => None,
    };
    let y = rect.max.y - NAMES_BOTTOM;
    let end = show_names(ui, pos2(left, y), head, width);
    let room = left + width - end - GRID;
    let remark = match head.seed {
        Some(seed) => Cow::Owned(format!("{}, seed {seed}", head.remark)),
        None => Cow::Borrowed(head.remark),
    };
    if room >= LEAST_REMARK {
        name::show(ui, pos2(end + GRID, y + 1.0), Align2::LEFT_CENTER, &remark, theme::body(12.0), FAINT, room);
    }
    action.or(asked)
}

/// Draws the sound's name, or the two names of a mix, and returns where they end. Each of the two has half the width, or what the other
/// leaves of it.
fn show_names(ui: &Ui, place: Pos2, head: &HeaderState<'_>, width: f32) -> f32 {
    let font = || theme::bold(16.0);
    let put = |x: f32, text: &str, width: f32| {
        name::show(ui, pos2(x, place.y), Align2::LEFT_CENTER, text, font(), head.color, width).max.x
    };
    let Some(second) = head.mixed_with else {
        return put(place.x, head.name, width);
    };
    let whole = |text: &str| name::line(ui.ctx(), text, &font(), head.color, f32::INFINITY).galley().size().x;
    let free = width - whole(SEPARATOR);
    let x = put(place.x, head.name, (free / 2.0).max(free - whole(second)));
    let separator = ui.painter().text(pos2(x, place.y), Align2::LEFT_CENTER, SEPARATOR, font(), head.color);
    put(separator.max.x, second, place.x + width - separator.max.x)
}

/// Draws the buttons from `right` to the left; what was pressed, and where they end.
fn buttons(ui: &mut Ui, mut right: f32, y: f32, head: &HeaderState<'_>) -> (Option<Action>, f32) {
    let mut action = scale_button(ui, place_left(&mut right, y, SCALE_WIDTH), head.scale);
    right -= GRID;
    let vary = match head.seed {
        Some(_) => "Another take of the same classes: the next seed",
        None => "Move all seven knobs a little",
    };
    let buttons = [
        ("Export", 68.0, head.can_export, Action::Export, "Write the current sound to a WAV file"),
        ("Import", 68.0, true, Action::Import, "Choose an audio file, then drag it to a corner"),
        ("Vary", 56.0, true, Action::Vary, vary),
        ("Random", 76.0, true, Action::Random, "Go to a random point"),
    ];
    for (name, width, enabled, pressed, hint) in buttons {
        let response = button(ui, place_left(&mut right, y, width), name, enabled);
        if pressed == Action::Export && head.seed.is_some() {
            action = action.or(take_menu(&response));
            continue;
        }
        if response.on_hover_text(hint).clicked() {
            action = Some(pressed);
        }
    }
    for (name, step, pressed) in [("Redo", &head.steps[1], Action::Redo), ("Undo", &head.steps[0], Action::Undo)] {
        let rect = place_left(&mut right, y, STEP_WIDTH);
        let hint = step
            .as_ref()
            .map_or_else(|| format!("Nothing to {}", name.to_lowercase()), |step| format!("{name} {step}"));
        let response = sign_button(ui, rect, "", name, step.is_some());
        paint_turn(ui, rect.center(), pressed == Action::Undo, &response, step.is_some());
        if response.on_hover_text(hint).clicked() {
            action = Some(pressed);
        }
    }
    (action, right + GRID)
}

/// What the button offers where the next takes of a sound are others.
fn take_menu(export: &Response) -> Option<Action> {
    let mut action = None;
    egui::Popup::menu(export).width(TAKES_WIDTH).show(|ui| {
        if ui.selectable_label(false, "This take").clicked() {
            action = Some(Action::Export);
        }
        for count in TAKES {
            if ui.selectable_label(false, format!("{count} takes, from this seed on")).clicked() {
                action = Some(Action::ExportTakes(count));
            }
        }
    });
    action
}

/// An arrow that turns back to the left, or to the right.
fn paint_turn(ui: &Ui, center: Pos2, is_left: bool, response: &Response, enabled: bool) {
    let side = if is_left { 1.0 } else { -1.0 };
    let stroke = Stroke::new(1.8, ink(ui, response, enabled));
    let at = |x: f32, y: f32| center + vec2(side * x, y);
    // A line from the tip to the right, and half a turn back below it.
    let turn = theme::arc(pos2(0.0, 0.0), 4.0, -std::f32::consts::FRAC_PI_2, std::f32::consts::FRAC_PI_2);
    let mut line = vec![at(-6.0, -2.0)];
    line.extend(turn.into_iter().map(|place| at(2.0 + place.x, 2.0 + place.y)));
    line.push(at(-3.0, 6.0));
    ui.painter().line(line, stroke);
    ui.painter().line(vec![at(-2.5, -5.5), at(-6.0, -2.0), at(-2.5, 1.5)], stroke);
}

/// A button's place at the left of `right`, which moves on to the next one's.
fn place_left(right: &mut f32, y: f32, width: f32) -> Rect {
    let rect = Rect::from_center_size(pos2(*right - width / 2.0, y), vec2(width, BUTTON_HEIGHT));
    *right -= width + GRID;
    rect
}

fn scale_button(ui: &Ui, rect: Rect, scale: f32) -> Option<Action> {
    let response = button(ui, rect, &format!("{:.0} %", scale * 100.0), true);
    let mut action = None;
    egui::Popup::menu(&response).width(72.0).show(|ui| {
        for choice in SCALES {
            if ui.selectable_label((choice - scale).abs() < 0.01, format!("{:.0} %", choice * 100.0)).clicked() {
                action = Some(Action::Scale(choice));
            }
        }
    });
    action
}
