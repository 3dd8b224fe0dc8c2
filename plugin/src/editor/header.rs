//! The head of the window: mark, the sound's name, actions, scale, level.

use egui::{Align2, Color32, Painter, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::theme::{self, AMBER, DIM, FAINT, RED, TEXT};

/// Decibels at the meter's left end.
const METER_FLOOR_DB: f32 = -48.0;
/// How fast the meter falls.
const FALL_DB_PER_S: f32 = 30.0;
const SCALES: [f32; 5] = [1.0, 1.25, 1.5, 1.75, 2.0];

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// Return to the point before.
    Back,
    /// A random point.
    Random,
    /// A point near this one.
    Vary,
    /// Show audio files to import.
    Import,
    /// Write the current sound to a file.
    Export,
    /// Enlarge the window.
    Scale(f32),
}

/// What the head shows.
pub struct HeaderState<'a> {
    /// Name of the sound.
    pub name: &'a str,
    /// A line below it.
    pub remark: &'a str,
    /// Colour of the sound.
    pub color: Color32,
    /// Whether there is a point to return to.
    pub can_go_back: bool,
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
        let now_db = engine::units::gain_to_db(peak.max(1e-6)).max(METER_FLOOR_DB);
        self.level_db = now_db.max(self.level_db.min(12.0) - FALL_DB_PER_S * elapsed_s).max(METER_FLOOR_DB);
    }

    /// Whether the bar is above its left end.
    pub fn is_moving(&self) -> bool {
        self.level_db > METER_FLOOR_DB
    }

    fn show(&self, ui: &Ui, rect: Rect) {
        let painter = ui.painter();
        theme::well(painter, rect);
        let room = rect.shrink(3.0);
        let part = egui::remap_clamp(self.level_db, METER_FLOOR_DB..=6.0, 0.0..=1.0);
        let full = egui::remap_clamp(0.0, METER_FLOOR_DB..=6.0, 0.0..=1.0);
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
    let name_x = rect.min.x + 16.0 + (rect.width() * 0.22).clamp(240.0, 360.0) + 8.0;
    let room = 300.0;
    theme::clipped_text(
        painter,
        pos2(name_x, y - 8.0),
        Align2::LEFT_CENTER,
        head.name,
        theme::bold(18.0),
        head.color,
        room,
    );
    theme::clipped_text(
        painter,
        pos2(name_x, y + 12.0),
        Align2::LEFT_CENTER,
        head.remark,
        theme::body(12.0),
        FAINT,
        room,
    );
    meter.show(ui, Rect::from_center_size(pos2(rect.max.x - 16.0 - 56.0, y), vec2(112.0, 12.0)));
    let mut right = rect.max.x - 16.0 - 112.0 - 16.0;
    let mut action = scale_button(ui, place_left(&mut right, y, 64.0), head.scale);
    right -= 8.0;
    let buttons = [
        ("Export", 68.0, head.can_export, Action::Export, "Write the current sound to a WAV file"),
        ("Import", 68.0, true, Action::Import, "Choose an audio file, then drag it to a corner"),
        ("Vary", 56.0, true, Action::Vary, "Move all seven knobs a little"),
        ("Random", 76.0, true, Action::Random, "Go to a random point"),
        ("Back", 56.0, head.can_go_back, Action::Back, "Return to the point before"),
    ];
    for (name, width, enabled, pressed, hint) in buttons {
        let response = button(ui, place_left(&mut right, y, width), name, enabled).on_hover_text(hint);
        if response.clicked() {
            action = Some(pressed);
        }
    }
    action
}

fn place_left(right: &mut f32, y: f32, width: f32) -> Rect {
    let rect = Rect::from_min_max(pos2(*right - width, y - 14.0), pos2(*right, y + 14.0));
    *right -= width + 8.0;
    rect
}

/// A flat button with hover, focus, pressed and disabled looks.
pub fn button(ui: &Ui, rect: Rect, name: &str, enabled: bool) -> Response {
    sign_button(ui, rect, name, name, enabled)
}

/// A button that shows a sign for what it is called.
pub fn sign_button(ui: &Ui, rect: Rect, sign: &str, name: &str, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(("button", name)), sense);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    paint_button(ui, ui.painter(), rect, sign, &response, enabled);
    response
}

/// Draws a button as its response stands, on any layer.
pub fn paint_button(ui: &Ui, painter: &Painter, rect: Rect, sign: &str, response: &Response, enabled: bool) {
    let lit = ui.ctx().animate_bool(response.id, enabled && response.hovered());
    let pressed = enabled && response.is_pointer_button_down_on();
    let fill = if enabled { theme::RAISED.lerp_to_gamma(theme::RAISED_HOVER, lit) } else { theme::PANEL };
    let rim =
        if pressed || response.has_focus() { AMBER } else { theme::LINE.lerp_to_gamma(theme::faded(AMBER, 0.6), lit) };
    let rect = if pressed { rect.translate(vec2(0.0, 1.0)) } else { rect };
    painter.rect(rect, theme::ITEM_ROUND, fill, Stroke::new(1.0, rim), StrokeKind::Inside);
    let ink = if enabled { DIM.lerp_to_gamma(TEXT, lit) } else { theme::faded(FAINT, 0.5) };
    painter.text(rect.center(), Align2::CENTER_CENTER, sign, theme::bold(13.0), ink);
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
