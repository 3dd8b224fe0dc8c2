//! The modulation matrix: one row for each route, with what moves, what scales it, what is moved and by how much. Main thread.

use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};
use engine::params::{ModDestination, ModSource, Routes};

use super::tables::AMOUNTS;
use crate::editor::choice::{paint_button, pick};
use crate::editor::gestures::ParamGestures;
use crate::editor::theme::{self, DIM, FAINT, TEXT};
use crate::editor::typing::Typing;
use crate::editor::{bar, name};
use crate::params::ParamId;

/// Height of a row and of what stands in it, in points.
const ROW: f32 = 21.0;
const CELL: f32 = 18.0;
/// Width of a row's number, of the scroll bar, and between cells, in points.
const NUMBER: f32 = 18.0;
const SCROLL: f32 = 10.0;
const GAP: f32 = 4.0;
/// Height of the line that names the columns, in points; it stands beside the panel's heading.
const HEADING: f32 = 16.0;
const COLUMNS: [&str; 4] = ["Source", "Via", "Destination", "Amount"];

/// Draws the matrix; the routes as the user wants them.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    routes: &Routes,
    gestures: &mut ParamGestures,
    typing: &mut Option<Typing>,
) -> Option<Routes> {
    let row = |y: f32| Rect::from_min_size(pos2(rect.min.x, y), vec2(rect.width(), ROW));
    for (cell, heading) in columns(row(rect.min.y - 4.0)).into_iter().zip(COLUMNS) {
        ui.painter().text(cell.left_center(), Align2::LEFT_CENTER, heading, theme::body(11.0), FAINT);
    }
    let list = rect.with_min_y(rect.min.y + HEADING);
    let mut child = ui.new_child(UiBuilder::new().max_rect(list));
    child.set_clip_rect(list.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing.y = 0.0;
    let mut wanted = None;
    ScrollArea::vertical().id_salt("matrix").max_height(list.height()).auto_shrink(false).show(&mut child, |ui| {
        for (number, amount) in AMOUNTS.into_iter().enumerate() {
            let place = ui.allocate_space(vec2(list.width(), ROW)).1;
            wanted = wanted.take().or(route(ui, place, number, routes));
            if let Some(id) = ParamId::named(amount) {
                bar::show(ui, columns(place)[3], id, gestures, typing);
            }
        }
    });
    wanted
}

/// Draws the menus of one route.
fn route(ui: &Ui, row: Rect, number: usize, routes: &Routes) -> Option<Routes> {
    let title = number + 1;
    let place = row.left_center();
    ui.painter().text(place, Align2::LEFT_CENTER, title.to_string(), theme::body(11.0), FAINT);
    let [source, via, destination, _] = columns(row);
    let (mut wanted, now) = (*routes, routes[number]);
    let next = &mut wanted[number];
    let sources = || ModSource::ALL.iter().map(|source| source.name());
    let place_of = |source: ModSource| ModSource::ALL.iter().position(|known| *known == source).unwrap_or(0);
    let mut is_changed = false;
    let mut take = |picked: Option<usize>, set: &mut dyn FnMut(usize)| {
        if let Some(picked) = picked {
            set(picked);
            is_changed = true;
        }
    };
    let picked = menu(ui, source, &format!("Route {title} source"), sources(), place_of(now.source));
    take(picked, &mut |place| next.source = ModSource::ALL[place]);
    let picked = menu(ui, via, &format!("Route {title} via"), sources(), place_of(now.via));
    take(picked, &mut |place| next.via = ModSource::ALL[place]);
    let destinations = ModDestination::ALL.iter().map(|destination| destination.name());
    let at = ModDestination::ALL.iter().position(|known| *known == now.destination).unwrap_or(0);
    let picked = menu(ui, destination, &format!("Route {title} destination"), destinations, at);
    take(picked, &mut |place| next.destination = ModDestination::ALL[place]);
    is_changed.then_some(wanted)
}

/// A button that shows what is chosen and opens a menu; the place of what was picked.
fn menu(
    ui: &Ui,
    rect: Rect,
    title: &str,
    mut names: impl Iterator<Item = &'static str> + Clone,
    now: usize,
) -> Option<usize> {
    let response = ui.interact(rect, ui.scope_id().with(("route", title)), Sense::click());
    let shown = names.clone().nth(now).unwrap_or_default();
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, title);
        info.current_text_value = Some(shown.to_owned());
        info
    });
    paint_button(ui, rect, &response);
    let ink = match now {
        0 => FAINT,
        _ if response.hovered() => TEXT,
        _ => DIM,
    };
    let place = pos2(rect.min.x + 6.0, rect.center().y);
    name::show(ui, place, Align2::LEFT_CENTER, shown, theme::body(11.0), ink, rect.width() - 10.0);
    pick(&response, &mut names, now)
}

/// Cells of source, via, destination and amount in a row.
fn columns(row: Rect) -> [Rect; 4] {
    let room = row.with_min_x(row.min.x + NUMBER).with_max_x(row.max.x - SCROLL);
    let width = room.width() / 4.0;
    std::array::from_fn(|column| {
        let left = room.min.x + width * column as f32;
        Rect::from_min_size(pos2(left, row.center().y - CELL / 2.0), vec2(width - GAP, CELL))
    })
}
