//! One row of the list of presets: name, star, and while it is used the buttons for its name and the trash. Main thread.

use egui::{Color32, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};
use engine::presets::PresetEntry;

use super::row::{Look, paint, row_id};
use crate::editor::theme::{AMBER, DIM, FAINT, RED, TEXT};

/// Side of a button and distance from one to the next, in points.
const BUTTON: f32 = 18.0;
const STEP: f32 = 20.0;
/// Points between the buttons and the row's right end.
const EDGE: f32 = 8.0;

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAction {
    /// Load it.
    Load,
    /// Mark it as a favourite, or take the mark away.
    Mark,
    /// Give it another name.
    Rename,
    /// Move it to the trash.
    Delete,
}

/// Draws the row of a preset with this id.
pub fn show(ui: &Ui, rect: Rect, entry: &PresetEntry, id: &str, is_current: bool) -> Option<RowAction> {
    let name = &entry.label.name;
    let response = ui.interact(rect, row_id(ui, id), Sense::click());
    if response.clicked() {
        response.request_focus();
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_current, name));
    // The built-in ones can be marked alone.
    let all = [RowAction::Mark, RowAction::Rename, RowAction::Delete];
    let actions = if entry.place.file().is_some() { &all[..] } else { &all[..1] };
    let id_of = |action: RowAction| ui.scope_id().with(("preset button", id, action.word()));
    let is_focused =
        response.has_focus() || ui.memory(|memory| actions.iter().any(|action| memory.has_focus(id_of(*action))));
    let is_near = ui.rect_contains_pointer(rect) || is_focused;
    let shown = if is_near { actions } else { &all[..usize::from(entry.is_favourite)] };
    let reserved = if is_near { STEP * actions.len() as f32 } else { STEP * shown.len() as f32 };
    paint(ui, rect, name, Look::of(is_current, is_near), reserved);
    let mut asked = response.clicked().then_some(RowAction::Load);
    for (place, action) in shown.iter().enumerate() {
        let center = pos2(rect.max.x - EDGE - STEP * place as f32 - BUTTON / 2.0, rect.center().y);
        let response = ui.interact(Rect::from_center_size(center, Vec2::splat(BUTTON)), id_of(*action), Sense::click());
        response.widget_info(|| {
            let label = format!("{} {name}", action.label(entry.is_favourite));
            egui::WidgetInfo::labeled(egui::Role::Button, true, label)
        });
        action.paint(ui, center, entry.is_favourite, &response);
        if response.on_hover_text(action.label(entry.is_favourite)).clicked() {
            asked = Some(*action);
        }
    }
    let notes = entry.label.notes.trim();
    if !notes.is_empty() && asked.is_none() {
        response.on_hover_text(notes);
    }
    asked
}

impl RowAction {
    fn word(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Mark => "mark",
            Self::Rename => "rename",
            Self::Delete => "delete",
        }
    }

    fn label(self, is_favourite: bool) -> &'static str {
        match self {
            Self::Load => "Load",
            Self::Mark if is_favourite => "No favourite any more:",
            Self::Mark => "Favourite:",
            Self::Rename => "Rename",
            Self::Delete => "Delete",
        }
    }

    fn paint(self, ui: &Ui, center: Pos2, is_favourite: bool, response: &Response) {
        let is_lit = response.hovered() || response.has_focus();
        let ink = match self {
            Self::Mark if is_favourite || is_lit => AMBER,
            Self::Delete if is_lit => RED,
            _ if is_lit => TEXT,
            Self::Mark => FAINT,
            _ => DIM,
        };
        let stroke = Stroke::new(1.4, ink);
        match self {
            Self::Load => {}
            Self::Mark => star(ui, center, is_favourite, ink),
            Self::Rename => pencil(ui, center, stroke),
            Self::Delete => bin(ui, center, stroke),
        }
    }
}

/// A star with five rays, filled where it is set.
fn star(ui: &Ui, center: Pos2, is_filled: bool, ink: Color32) {
    let points: Vec<Pos2> = (0..10)
        .map(|corner| {
            let radius = if corner % 2 == 0 { 6.0 } else { 2.6 };
            center + radius * Vec2::angled(std::f32::consts::TAU * (corner as f32 / 10.0 - 0.25))
        })
        .collect();
    if is_filled {
        // The rays are no convex shape: each is one, with the middle.
        for ray in (0..10).step_by(2) {
            let corners = [points[(ray + 9) % 10], points[ray], points[ray + 1], center];
            ui.painter().add(Shape::convex_polygon(corners.to_vec(), ink, Stroke::NONE));
        }
    }
    ui.painter().add(Shape::closed_line(points, Stroke::new(1.0, ink)));
}

/// A pencil that writes a line.
fn pencil(ui: &Ui, center: Pos2, stroke: Stroke) {
    let at = |x: f32, y: f32| center + vec2(x, y);
    ui.painter()
        .line(vec![at(-5.0, 3.0), at(2.5, -4.5), at(5.0, -2.0), at(-2.5, 5.5), at(-5.5, 5.5), at(-5.0, 3.0)], stroke);
}

/// A bin with its lid.
fn bin(ui: &Ui, center: Pos2, stroke: Stroke) {
    let at = |x: f32, y: f32| center + vec2(x, y);
    ui.painter().line(vec![at(-3.8, -2.0), at(-3.0, 5.5), at(3.0, 5.5), at(3.8, -2.0)], stroke);
    ui.painter().line_segment([at(-5.5, -3.5), at(5.5, -3.5)], stroke);
    ui.painter().line_segment([at(-1.8, -5.5), at(1.8, -5.5)], stroke);
}
